"""Figures that can be trusted: the interval, the thresholds, the pairing of rates."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.detection import Detection
from models.evaluation import FLOOR, Look, figures, report, thresholds, wilson
from models.xray.bag import CLASSES, Truth

BOX = (10.0, 10.0, 50.0, 50.0)
HALF = (10.0, 10.0, 30.0, 50.0)
ASIDE = (200.0, 200.0, 240.0, 240.0)


def said(kind: str, score: float, box: tuple[float, float, float, float] = BOX) -> Detection:
    """One detection."""
    return Detection(kind, score, box)


def test_wilson_agrees_with_published_values() -> None:
    """Newcombe 1998, table I: 81 of 263, 15 of 148, 0 of 20, 1 of 29."""
    for hits, of, low, high in (
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ):
        rate = wilson(hits, of)
        assert (rate.low, rate.high) == pytest.approx((low, high), abs=1e-4)


@settings(deadline=None)  # a busy machine is no mistake of ours
@given(st.integers(0, 500), st.integers(0, 500))
def test_interval_holds_the_rate(hits: int, misses: int) -> None:
    """Always inside 0 to 1."""
    rate = wilson(hits, hits + misses)
    assert 0.0 <= rate.low <= rate.value + 1e-12
    assert rate.value - 1e-12 <= rate.high <= 1.0


@settings(deadline=None)  # a busy machine is no mistake of ours
@given(st.lists(st.floats(0.02, 0.98), min_size=120, max_size=120), st.floats(0.0, 1.0))
def test_thresholds_keep_to_their_share_of_false_alarms(
    scores: list[float], allowed: float
) -> None:
    """On the bags they were chosen on, whatever the scores."""
    looks = [Look((), (said("bird", score),)) for score in scores]
    chosen = thresholds(looks, allowed)
    alarms = sum(score >= chosen["bird"] for score in scores)
    assert alarms <= allowed / len(CLASSES) * len(scores) + 1e-9
    assert all(FLOOR <= score < 1.0 for score in chosen.values())


def test_found_means_right_class_and_right_place() -> None:
    """And an honest bag with two alarms was stopped once."""
    floor = dict.fromkeys(CLASSES, 0.5)
    tusk = (Truth("elephant_tusk", BOX),)
    looks = [
        Look(tusk, (said("elephant_tusk", 0.9),)),
        Look(tusk, (said("elephant_tusk", 0.9, HALF),)),
        Look(tusk, (said("elephant_tusk", 0.9, ASIDE),)),
        Look(tusk, (said("bird", 0.9),)),
        Look(tusk, (said("elephant_tusk", 0.4),)),
        Look((), (said("bird", 0.9), said("bird", 0.8, ASIDE), said("rhino_horn", 0.7))),
        Look((), ()),
    ]
    table = figures(looks, floor)
    assert (table["elephant_tusk"].detection.hits, table["elephant_tusk"].detection.of) == (2, 5)
    assert table["bird"].false_alarm.hits == 1
    assert (table["any"].false_alarm.hits, table["any"].false_alarm.of) == (1, 2)


def test_no_detection_rate_without_its_false_alarm_rate() -> None:
    """In the report every row that has the one has the other, with how many were looked at."""
    table = figures([Look((), ())], dict.fromkeys(CLASSES, 0.5))
    rows = report(table).splitlines()
    assert "found" in rows[0]
    assert "false alarms" in rows[0]
    assert len(rows) == 2 + len(CLASSES) + 1
    assert all(row.count("%") == 6 for row in rows[2:])
