"""Average precision: values that can be worked out by hand."""

import pytest

from models.detection import Detection
from models.evaluation import Look
from models.precision import Precision, gained, precisions
from models.xray.bag import Truth

BOX = (10.0, 10.0, 50.0, 50.0)
MOST = (10.0, 10.0, 42.0, 50.0)  # overlaps by 0.8
ASIDE = (60.0, 60.0, 90.0, 90.0)


def look(*said: tuple[float, tuple[float, float, float, float]]) -> Look:
    """A picture with a bird in it, of which this was said."""
    return Look((Truth("bird", BOX),), tuple(Detection("bird", s, box) for s, box in said))


def test_all_found_and_nothing_else_is_one() -> None:
    """At every overlap."""
    found = precisions([look((0.9, BOX)), look((0.8, BOX))], ("bird", "egg"))
    assert found["ap50"].value == pytest.approx(1.0)
    assert found["ap50_95"].value == pytest.approx(1.0)
    assert found["ap50_of"] == {"bird": pytest.approx(1.0)}


def test_surer_mistake_halves_the_precision() -> None:
    """One thing, found second: precision 1/2 at every recall."""
    found = precisions([look((0.9, ASIDE), (0.5, BOX))], ("bird",))
    assert found["ap50"].value == pytest.approx(0.5)


def test_half_found_is_half() -> None:
    """COCO asks at 101 recalls, of which 51 are reached."""
    found = precisions([look((0.9, BOX)), look()], ("bird",))
    assert found["ap50"].value == pytest.approx(51 / 101)


def test_loose_box_counts_up_to_its_overlap() -> None:
    """0.8: found at .50 to .80, seven of ten."""
    found = precisions([look((0.9, MOST))], ("bird",))
    assert found["ap50"].value == pytest.approx(1.0)
    assert found["ap50_95"].value == pytest.approx(0.7)


def test_interval_holds_the_value_and_stands_before_it() -> None:
    """Bootstrap over pictures."""
    looks = [look((0.9, BOX)) if i % 3 else look((0.4, ASIDE)) for i in range(30)]
    ap = precisions(looks, ("bird",))["ap50"]
    assert ap.low <= ap.value <= ap.high
    assert ap.high - ap.low > 0.1
    assert str(Precision(0.1, 0.3, 0.2)) == "[0.100, 0.300] 0.200"


def test_nothing_to_find_is_no_precision() -> None:
    """Rather than a zero."""
    assert precisions([Look((), ())], ("bird",)) == {}


def test_gain_is_told_on_the_same_pictures() -> None:
    """Half found, then all: what one finds more is gained, and nothing over itself."""
    before, after = [look((0.9, BOX)), look()] * 8, [look((0.9, BOX))] * 16
    gain = gained(before, after, ("bird",))
    assert gain.value == pytest.approx(1.0 - 51 / 101)
    assert 0.0 < gain.low < gain.value < gain.high
    assert gained(after, after, ("bird",)) == Precision(0.0, 0.0, 0.0)
    with pytest.raises(ValueError, match="same pictures"):
        gained(before, after[1:], ("bird",))
