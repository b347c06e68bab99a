"""Scores weighed: ratios rise, know their limits, and are no probabilities."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.detection import Detection
from models.inference import _weighed
from models.likelihood import Step, ratio_of, steps
from models.passport import WILDLIFE_MODEL, load

scores = st.lists(st.floats(0.0, 1.0), min_size=30, max_size=90)


@settings(deadline=None)  # a busy machine is no mistake of ours
@given(scores, scores)
def test_ratios_rise_with_the_score(threats: list[float], harmless: list[float]) -> None:
    """And every score from 0 on has one, inside its interval."""
    found = steps(threats, harmless)
    ratios = [step.ratio for step in found]
    assert ratios == sorted(ratios)
    assert found[0].score == 0.0
    for step in found:
        assert step.low <= step.ratio + 1e-3
        assert step.high is None or step.ratio <= step.high + 1e-3


def test_ratio_is_how_much_more_often_bags_with_it_say_so() -> None:
    """Loud in 80 of 100 with it and in 10 of 100 without: about eight."""
    found = steps([0.9] * 80 + [0.1] * 20, [0.9] * 10 + [0.1] * 90)
    loud, quiet = ratio_of(found, 0.95), ratio_of(found, 0.2)
    assert loud is not None
    assert quiet is not None
    assert loud.ratio == pytest.approx(8, rel=0.1)
    assert quiet.ratio == pytest.approx(2 / 9, rel=0.1)


def test_where_no_harmless_bag_was_ever_so_loud_there_is_no_upper_limit() -> None:
    """The data end there, and the step says so."""
    found = steps(list(np.linspace(0.5, 1, 50)), list(np.linspace(0, 0.6, 50)))
    assert found[-1].high is None
    assert found[-1].low > 1
    assert all(step.high is not None for step in found[:-1])


def test_few_bags_say_nothing() -> None:
    """Less than thirty of a kind make no steps."""
    assert steps([0.9] * 29, [0.1] * 500) == ()


def test_below_the_first_step_there_is_none() -> None:
    """A score below 0 cannot be."""
    assert ratio_of((), 0.5) is None


def test_a_class_is_weighed_once_by_its_loudest_box() -> None:
    """A second tusk is not more evidence; a class of which nothing is known stays unweighed."""
    step = Step(0.2, 8.0, 5.0, 12.0)
    passport = replace(load(WILDLIFE_MODEL)[0], likelihood={"bird": (step,)})
    box = (0.0, 0.0, 1.0, 1.0)
    seen = tuple(
        Detection(kind, score, box)
        for kind, score in (("bird", 0.9), ("eggs", 0.8), ("bird", 0.7), ("bird", 0.1))
    )
    assert [one.likelihood for one in _weighed(seen, passport)] == [step, None, None, None]
