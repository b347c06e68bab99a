"""A detection rate is never seen without its false alarms."""

import pytest

from models.evaluation import Look, figures, found_in, rate_of
from models.rates import Figure, wilson
from models.xray.bag import Truth

BOX = (10.0, 10.0, 50.0, 50.0)


def test_rate_alone_has_no_text() -> None:
    """Neither printed, nor formatted, nor joined."""
    rate = wilson(9, 10)
    with pytest.raises(TypeError, match="Figure"):
        str(rate)
    with pytest.raises(TypeError, match="Figure"):
        f"{rate}"


def test_figure_has_both_rates_with_the_interval_before_each() -> None:
    """As text, as cells of a table, and as JSON."""
    figure = Figure(wilson(81, 263), wilson(0, 20))
    assert str(figure).startswith("found [25.5%, 36.6%] 30.8% at false alarms [0.0%, 16.1%] 0.0%")
    assert figure.cells() == ("[25.5%, 36.6%] 30.8%", "[0.0%, 16.1%] 0.0%")
    said = figure.as_dict()
    assert set(said) == {"detection", "false_alarms_per_bag"}
    assert next(iter(said["detection"])) == "interval95"


def test_one_picture_looked_at_often_counts_as_one() -> None:
    """Forty items in two pictures say less than forty items in forty pictures."""
    truth = (Truth("bird", BOX),)
    alike = [Look(truth, (), name=f"{i % 2}") for i in range(40)]
    apart = [Look(truth, (), name=f"{i}") for i in range(40)]
    threshold = {"bird": 0.5}
    one, other = (rate_of(found_in(looks, threshold)) for looks in (alike, apart))
    assert one.of == other.of == 40
    assert one.high >= other.high
    assert figures(alike, threshold)["any"].detection == one
