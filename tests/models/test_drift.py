"""A scanner that has changed shows in plain numbers."""

import numpy as np

from models.drift import BINS, MOVED_MIN, RANGES, SETTLED_MAX, Histogram, histograms, shift, shifts
from models.features import features
from models.xray.bag import render
from models.xray.scanner import Scanner


def seen(scanner: Scanner, seeds: range) -> dict[str, Histogram]:
    """The histograms of some bags on one machine."""
    found = [features(render(seed, scanner=scanner, size=(160, 120)).pixels, 160) for seed in seeds]
    return histograms({name: [one[name] for one in found] for name in found[0]})


def test_histogram_counts_everything_also_what_is_outside() -> None:
    """Nothing is dropped."""
    counted = Histogram.of([-1.0, 0.0, 0.5, 1.0, 2.0], 0.0, 1.0)
    assert len(counted.counts) == BINS
    assert sum(counted.counts) == 5
    assert counted.counts[0] == counted.counts[-1] == 2


def test_same_pictures_have_not_moved() -> None:
    """The index of a thing with itself is 0."""
    one = Histogram.of(list(np.linspace(0, 1, 200)), 0.0, 1.0)
    assert shift(one, one) == 0.0
    assert shifts({"score": one}, {"score": one})["verdict"] == "settled"


def test_more_of_the_same_traffic_is_settled_and_another_palette_is_not() -> None:
    """Two hundred scores of one kind, then of another."""
    rng = np.random.default_rng(0)
    first, second = (list(rng.beta(2, 8, 2000)) for _ in range(2))
    then = Histogram.of(first, 0.0, 1.0)
    assert shift(then, Histogram.of(second, 0.0, 1.0)) < SETTLED_MAX
    assert shift(then, Histogram.of(list(rng.beta(5, 5, 2000)), 0.0, 1.0)) > MOVED_MIN


def test_duller_machine_is_seen_as_moved() -> None:
    """Another backdrop and more blur: some feature says so."""
    usual = seen(Scanner(), range(40, 60))
    other = seen(Scanner(backdrop=0.75, blur_px=2.0, sharpen=0.0), range(60, 80))
    assert shifts(usual, other)["verdict"] == "moved"


def test_features_lie_in_their_ranges() -> None:
    """Of a bag and of nothing at all."""
    for picture in (render(1).pixels, np.full((64, 64, 3), 255, np.uint8)):
        for name, value in features(picture, 64).items():
            low, high = RANGES[name]
            assert low <= value <= high
