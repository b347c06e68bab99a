"""Thresholds from few pictures keep their promise; parts of a folder share no block."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.blocks import parts_of
from models.calibration import calibrate, levelled
from models.detection import Detection
from models.evaluation import Look, announced

BASE = {"bird": 0.3, "elephant_tusk": 0.6}
BOX = (0.0, 0.0, 9.0, 9.0)


def harmless(score: float, kind: str = "bird") -> Look:
    """A bag in which something was said in vain."""
    return Look((), (Detection(kind, score, BOX),))


@given(
    st.lists(st.tuples(st.floats(0.03, 0.97), st.sampled_from(sorted(BASE))), min_size=20),
    st.floats(0.01, 0.5),
)
def test_no_more_bags_are_stopped_than_were_allowed(
    said: list[tuple[float, str]], wanted: float
) -> None:
    """Whatever the scores; and new bags are expected to be stopped no more often than wanted."""
    looks = [harmless(*one) for one in said]
    chosen = calibrate(looks, BASE, wanted)
    stopped = sum(bool(announced(one, chosen.thresholds)) for one in looks)
    assert stopped <= chosen.allowed
    assert chosen.allowed == 0 or chosen.expected <= wanted


def test_new_bags_are_stopped_as_rarely_as_expected() -> None:
    """Two hundred times a hundred bags, then as many new ones."""
    rng = np.random.default_rng(5)
    rates = []
    for _ in range(200):
        old, new = (rng.beta(2, 9, 100) for _ in range(2))
        chosen = calibrate([harmless(float(s)) for s in old], BASE, 0.05)
        rates.append(np.mean(new >= chosen.thresholds["bird"]))
    assert np.mean(rates) == pytest.approx(chosen.expected, abs=0.01)


def test_too_few_bags_say_what_they_can_promise() -> None:
    """Thirty cannot promise 1 %: above the loudest, and one in thirty-one is expected."""
    chosen = calibrate([harmless(0.1 + i / 100) for i in range(30)], BASE, 0.01)
    assert chosen.allowed == 0
    assert chosen.expected == pytest.approx(1 / 31)
    with pytest.raises(ValueError, match="no harmless"):
        calibrate([], BASE, 0.01)


def test_no_class_stands_far_from_the_others() -> None:
    """One that was never cried on few pictures is not let through at any score."""
    level = levelled({"a": 0.02, "b": 0.5, "c": 0.55})
    assert level["a"] > 0.15
    assert level["b"] == pytest.approx(0.5)


def test_views_of_one_bag_are_in_one_part() -> None:
    """Blocks of successive ids are never split, and every picture is in exactly one part."""
    names = [f"t_N{i:07d}.jpg" for i in range(400)] + [f"st_P{i:04d}.jpg" for i in range(60)]
    parts = parts_of(names)
    together = [*parts.fit, *parts.calibrate, *parts.report]
    assert sorted(together) == list(range(len(names)))
    blocks = [
        {(names[i][:3], int(names[i].split(".")[0][-4:]) // 25) for i in part}
        for part in (parts.fit, parts.calibrate, parts.report)
    ]
    assert not blocks[0] & blocks[1]
    assert not blocks[1] & blocks[2]
    assert not blocks[0] & blocks[2]
    assert len(parts.fit) > len(parts.report) > 0


def test_small_folder_has_all_three_parts() -> None:
    """Twenty pictures, also without numbers in their names."""
    for names in ([f"{i}.png" for i in range(20)], [f"{chr(97 + i)}.png" for i in range(20)]):
        parts = parts_of(names)
        assert min(len(parts.fit), len(parts.calibrate), len(parts.report)) >= 4
