"""A bag is its seed."""

import subprocess
import sys
from collections import Counter
from itertools import pairwise

import numpy as np
import pytest

from models.splits import DEMO, LESSON_SHARES, TEST, TRAIN, TUNE, bag, lesson
from models.xray.bag import CLASSES, LOOKALIKE_SHARE, pack, render
from models.xray.concealment import CONCEALMENTS
from models.xray.contents import LOOKALIKES


def test_same_seed_same_bytes() -> None:
    """The ground of every other promise."""
    one, two = render(7, threat="bird"), render(7, threat="bird")
    assert np.array_equal(one.pixels, two.pixels)
    assert one.truths == two.truths


def test_another_seed_is_another_bag() -> None:
    """And another size another bag too."""
    assert not np.array_equal(render(1).pixels, render(2).pixels)
    assert render(1, size=(640, 480)).pixels.shape == (480, 640, 3)


@pytest.mark.parametrize("threat", CLASSES)
@pytest.mark.parametrize("seed", range(5))
def test_truth_goes_round_what_is_hidden(threat: str, seed: int) -> None:
    """Every pixel of the silhouette is in a box, and boxes are in the picture."""
    picture = render(seed, threat=threat, size=(320, 240))
    assert picture.pixels.dtype == np.uint8
    inside = np.zeros((240, 320), dtype=bool)
    for truth in picture.truths:
        assert truth.kind == threat
        x1, y1, x2, y2 = (round(edge) for edge in truth.box)
        assert 0 <= x1 < x2 <= 320
        assert 0 <= y1 < y2 <= 240
        inside[y1:y2, x1:x2] = True
    hidden = picture.silhouette > 0
    assert set(np.unique(picture.silhouette)) <= {0, 1 + CLASSES.index(threat)}
    if picture.truths:
        assert hidden.any()
        assert (hidden & ~inside).mean() < 0.002


def test_several_threats_are_each_asked_for() -> None:
    """Training bags may hide more than one kind."""
    kinds = ("elephant_tusk", "eggs", "turtle_shell")
    picture = render(4, threat=kinds)
    assert {truth.kind for truth in picture.truths} == set(kinds)
    shown = {CLASSES[value - 1] for value in np.unique(picture.silhouette) if value}
    assert len(shown) >= 2  # where two lie on each other, the later one is named
    assert shown <= set(kinds)


def test_concealment_is_a_graded_mixture() -> None:
    """Every way of hiding occurs, and what is wrapped or covered has more over it."""
    truths = [
        truth
        for seed in range(120)
        for truth in render(seed, threat=CLASSES[seed % len(CLASSES)], size=(96, 96)).truths
    ]
    assert {truth.concealment for truth in truths} == set(CONCEALMENTS)
    behind = {
        how: np.median([t.behind for t in truths if t.concealment == how]) for how in CONCEALMENTS
    }
    assert behind["covered"] > behind["open"]
    assert min(truth.absorbed for truth in truths) > 0


def test_lessons_hide_from_none_to_three_things() -> None:
    """A detector learns from what it is shown; a trial has half of its bags honest instead."""
    counts = np.bincount([len(lesson(i)[1]) for i in range(2000)])
    assert np.allclose(counts / 2000, LESSON_SHARES, atol=0.04)
    assert lesson(17) == lesson(17)


def test_lessons_may_dwell_on_what_is_hard() -> None:
    """Classes named come twice as often, and as many lookalikes as wanted; trials never change."""
    dwelt = ("elephant_tusk", "eggs")
    hidden = Counter(kind for i in range(2000) for kind in lesson(i, dwelt)[1])
    others = [n for kind, n in hidden.items() if kind not in dwelt]
    for kind in dwelt:
        assert hidden[kind] / np.mean(others) == pytest.approx(2.0, abs=0.4)
    few, many = (
        sum(
            name in LOOKALIKES
            for seed in range(40)
            for name in pack(seed, size=(64, 64), lookalike_share=share).names
        )
        for share in (LOOKALIKE_SHARE, 2 * LOOKALIKE_SHARE)
    )
    assert many / few == pytest.approx(2.0, abs=0.4)


def test_honest_bag_hides_nothing() -> None:
    """No truth, no silhouette."""
    picture = render(3)
    assert picture.truths == ()
    assert not picture.silhouette.any()


def test_unknown_threat_and_mad_size_are_refused() -> None:
    """With the names one may use."""
    with pytest.raises(ValueError, match="elephant_tusk"):
        render(1, threat="unicorn")
    with pytest.raises(ValueError, match="4096"):
        render(1, size=(100_000, 10))


def test_splits_do_not_meet() -> None:
    """No bag is both learnt from and judged by, nor shown in the demo."""
    splits = sorted((DEMO, TRAIN, TUNE, TEST), key=lambda split: split.start)
    for one, next_one in pairwise(splits):
        assert one.stop <= next_one.start
    assert [bag(TEST, i)[1] for i in range(4)] == [None, CLASSES[0], None, CLASSES[1]]


def test_rendering_needs_neither_torch_nor_onnxruntime() -> None:
    """The simulators live on numpy and OpenCV."""
    program = (
        "import sys, models.xray.bag as b; b.render(1, threat='bird'); "
        "bad = {'torch', 'onnxruntime', 'xraydb', 'spekpy', 'scipy', 'onnx'} & set(sys.modules); "
        "sys.exit(str(bad) if bad else 0)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
