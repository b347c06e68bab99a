"""A scanner that was changed is noticed by its agent, and said in readings."""

from collections.abc import Mapping

import numpy as np

from contract.clock import SystemClock
from contract.messages import DRIFT_METRIC, DRIFT_PICTURES_METRIC, ReadingsTaken
from edge.detector import Scan
from edge.drift import BETWEEN_S, PICTURES_MIN, Drift
from models.drift import MOVED_MIN, RANGES, SETTLED_MAX, Histogram, histograms
from models.passport import WILDLIFE_MODEL, load
from tests.support.virtual import START, VirtualClock, run_virtually

MEANS = {"covered": 0.4, "brightness": 0.6, "saturation": 0.25, "sharpness": 0.02}


def seen(rng: np.random.Generator, **other: float) -> Scan:
    """A picture of the usual kind, or with another mean of some feature."""
    loud = other.pop("score", 0.2)
    means = MEANS | other
    values = {name: float(rng.normal(mean, mean / 6)) for name, mean in means.items()}
    loudest = float(np.clip(rng.normal(loud, loud / 4), 0, 1))
    return Scan(640, 480, (), "usual", 1.0, loudest=loudest, seen=values)


def usual(count: int = 600) -> Mapping[str, Histogram]:
    """The passport's histograms."""
    rng = np.random.default_rng(0)
    scans = [seen(rng) for _ in range(count)]
    values = {name: [scan.seen[name] for scan in scans] for name in MEANS}
    return histograms(values | {"score": [scan.loudest for scan in scans]})


def reported(drift: Drift, rng: np.random.Generator, **other: float) -> dict[str, float]:
    """What is said after as many pictures as a report needs; nothing before."""
    for number in range(1, PICTURES_MIN + 1):
        said = drift.saw("scanner", seen(rng, **other), START)
        assert (said is None) == (number < PICTURES_MIN)
    assert isinstance(said, ReadingsTaken)
    return {reading.metric: reading.value for reading in said.readings}


def test_more_of_the_same_is_settled_and_another_machine_is_not() -> None:
    """Each feature has its own reading; the worst of them is the one to judge by."""
    rng = np.random.default_rng(1)
    same = reported(Drift(usual(), SystemClock()), rng)
    assert same[DRIFT_METRIC] <= SETTLED_MAX
    assert same[DRIFT_PICTURES_METRIC] == PICTURES_MIN
    assert {f"{DRIFT_METRIC}_{name}" for name in RANGES} < set(same)
    for other in ({"sharpness": 0.01}, {"brightness": 0.7}, {"score": 0.4}):
        moved = reported(Drift(usual(), SystemClock()), rng, **other)
        [feature] = other
        assert moved[DRIFT_METRIC] == moved[f"{DRIFT_METRIC}_{feature}"] > MOVED_MIN


def test_few_pictures_in_the_passport_raise_no_alarm() -> None:
    """What a hundred and fifty of them differ by chance is not counted."""
    for seed in range(5):
        same = reported(Drift(usual(150), SystemClock()), np.random.default_rng(seed))
        assert same[DRIFT_METRIC] < MOVED_MIN


def test_a_fast_scanner_reports_no_more_often_than_a_slow_one() -> None:
    """Ten minutes lie between two reports at least; the counts start anew with each."""

    async def main() -> None:
        clock, rng = VirtualClock(), np.random.default_rng(2)
        drift = Drift(usual(), clock)
        reported(drift, rng)
        for _ in range(3 * PICTURES_MIN):
            assert drift.saw("scanner", seen(rng), START) is None
        await clock.sleep(BETWEEN_S)
        said = drift.saw("scanner", seen(rng), START)
        assert said is not None
        assert said.readings[-1].value == 3 * PICTURES_MIN + 1

    run_virtually(main())


def test_scanners_are_counted_apart() -> None:
    """Half of the pictures each: nobody has enough yet."""
    drift, rng = Drift(usual(), SystemClock()), np.random.default_rng(3)
    for number in range(2 * PICTURES_MIN - 2):
        assert drift.saw(f"scanner-{number % 2}", seen(rng), START) is None


def test_without_histograms_there_is_nothing_to_say() -> None:
    """A passport of before; and what cannot be compared is left out."""
    rng = np.random.default_rng(4)
    drift = Drift({"smell": Histogram((1,))}, SystemClock())
    assert all(drift.saw("s", seen(rng), START) is None for _ in range(2 * PICTURES_MIN))


def test_the_shipped_passport_has_all_that_is_watched() -> None:
    """Else nobody would notice that a scanner has changed."""
    assert set(load(WILDLIFE_MODEL)[0].reference) == set(RANGES)
