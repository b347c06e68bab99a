"""Thresholds that share one allowance of false alarms, and keep to it on new bags."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from models.detection import Detection
from models.evaluation import FLOOR, Look, figures, thresholds
from models.operating import operating_point, weigh
from models.xray.bag import Truth

BOX = (10.0, 10.0, 50.0, 50.0)
KINDS = ("bird", "eggs")


def bags(rng: np.random.Generator, count: int, apart: dict[str, float]) -> list[Look]:
    """Bags in turn honest and not; a hidden thing is louder by `apart` than an honest bag."""
    looks = []
    for place in range(count):
        hidden = KINDS[place // 2 % 2] if place % 2 else None
        said = tuple(
            Detection(kind, _score(rng.normal() + apart[kind] * (kind == hidden)), BOX)
            for kind in KINDS
        )
        looks.append(Look((Truth(hidden, BOX),) if hidden else (), said))
    return looks


def _score(logit: float) -> float:
    return float(1.0 / (1.0 + np.exp(-logit)))


def test_more_is_found_than_with_equal_shares() -> None:
    """One class is easy, one hopeless: false alarms spent on the second are wasted."""
    rng = np.random.default_rng(1)
    looks = bags(rng, 8000, {"bird": 2.0, "eggs": 0.0})
    fresh = bags(rng, 8000, {"bird": 2.0, "eggs": 0.0})
    shared = figures(fresh, thresholds(looks, 0.05, KINDS))["any"]
    chosen = figures(fresh, operating_point(looks, 0.05, KINDS))["any"]
    assert chosen.detection.value > shared.detection.value + 0.02
    assert chosen.false_alarm.value < shared.false_alarm.value + 0.01


def test_new_bags_are_stopped_as_often_as_allowed() -> None:
    """The mean over forty choices on few bags, judged by many: at most 5 %, and not idle."""
    rng = np.random.default_rng(2)
    apart = {"bird": 1.5, "eggs": 1.0}
    fresh = bags(rng, 4000, apart)
    rates = [
        figures(fresh, operating_point(bags(rng, 400, apart), 0.05, KINDS))["any"].false_alarm.value
        for _ in range(40)
    ]
    assert 0.03 < float(np.mean(rates)) < 0.06


def test_with_too_few_bags_no_honest_one_of_them_is_stopped() -> None:
    """A wish that they cannot grant is met as nearly as can be."""
    looks = bags(np.random.default_rng(3), 20, {"bird": 3.0, "eggs": 3.0})
    assert figures(looks, weigh(looks, 0.01, KINDS))["any"].false_alarm.hits == 0


@settings(deadline=None, max_examples=40)  # a busy machine is no mistake of ours
@given(st.integers(0, 2**31), st.floats(0.0, 1.0))
def test_the_allowance_holds_on_the_bags_it_was_chosen_on(seed: int, allowed: float) -> None:
    """Whatever the scores and the wish; no threshold lies below the floor or reaches 1."""
    looks = bags(np.random.default_rng(seed), 60, {"bird": 1.0, "eggs": 0.5})
    chosen = weigh(looks, allowed, KINDS)
    assert figures(looks, chosen)["any"].false_alarm.hits <= allowed * 30
    assert all(FLOOR <= score < 1.0 for score in chosen.values())
