"""In whatever order readings are heard, what was out of range is told, and nothing else."""

from collections.abc import Iterable, Sequence
from itertools import groupby, takewhile

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from contract.messages import Reading, ReadingsTaken
from gateway.judge.past import GAPS_MAX, NEAR
from gateway.judge.rule import Finding
from gateway.judge.rules.reading_out_of_range import Memory, find
from gateway.judge.settings import JudgeSettings, Limit
from tests.gateway.judge.court import at, fact_of, reading

HIGH = 8.0
GOOD, BAD = 5.0, 9.0
Seen = tuple[int, bool]
"""When, in hundreds of seconds, and whether it was out of range."""


STEP_S = 100


days = st.lists(st.booleans(), min_size=1, max_size=40).flatmap(
    lambda outs: st.permutations(list(enumerate(outs)))
)


def heard(day: Sequence[Seen], for_s: float) -> list[tuple[int, Finding]]:
    """Findings, and after how many readings."""
    limit = Limit(metric="temperature", high=HIGH, for_s=for_s)
    memory, found = Memory(), []
    fact = fact_of(reading(GOOD, 0), 1_000 * STEP_S, JudgeSettings(readings=(limit,)))
    for number, (step, is_out) in enumerate(day, 1):
        one = Reading(
            device="cold",
            metric="temperature",
            value=BAD if is_out else GOOD,
            unit="Cel",
            observed_at=at(step * STEP_S),
        )
        fact = msgspec.structs.replace(fact, message=ReadingsTaken(readings=(one,)))
        found += [(number, finding) for finding in find(fact, memory)]
    return found


def excursions(day: Iterable[Seen], for_s: float) -> list[set[int]]:
    """The times that the range was left for long enough, if all had come in order."""
    runs = [(out, [step for step, _ in run]) for out, run in groupby(sorted(day), lambda s: s[1])]
    ends = [steps[0] for _, steps in runs[1:]] + [runs[-1][1][-1]]
    return [
        set(steps)
        for (is_out, steps), end in zip(runs, ends, strict=True)
        if is_out and (end - steps[0]) * STEP_S >= for_s
    ]


def covered(day: Sequence[Seen], found: Sequence[tuple[int, Finding]]) -> set[int]:
    """Steps out of range that belonged to something told, as far as was known when they came."""
    told: set[int] = set()
    seen: dict[int, bool] = {}
    is_active = False
    for number, (step, is_out) in enumerate(day, 1):
        if is_out and is_active and step > max(seen):
            told.add(step)  # it was told that the range is left, and not yet that it is kept
        seen[step] = is_out
        for finding in (finding for when, finding in found if when == number):
            if finding.effect != "passed":
                is_active = finding.effect == "raises"
            if finding.effect != "clears":
                told.add(int((finding.observed_at - at(0)).total_seconds()) // STEP_S)
        told = {one for begin in told for one in _together(seen, begin)}
    return told


def _together(seen: dict[int, bool], begin: int) -> set[int]:
    """Steps out of range around one, with none in range between."""
    ahead = takewhile(lambda step: seen.get(step, True), range(begin, max(seen) + 1))
    back = takewhile(lambda step: seen.get(step, True), range(begin, -1, -1))
    return {step for step in (*ahead, *back) if seen.get(step)}


@settings(deadline=None)
@given(days, st.sampled_from((0, STEP_S, 3 * STEP_S)))
def test_each_time_that_a_range_was_left_is_told(day: list[Seen], for_s: int) -> None:
    """The order in which readings arrive is the network's, and decides over no alert."""
    found = heard(day, for_s)
    told = covered(day, found)
    for excursion in excursions(day, for_s):
        assert excursion & told, (excursion, told)


@settings(deadline=None)
@given(days, st.sampled_from((0, STEP_S, 3 * STEP_S)))
def test_nothing_is_told_that_was_not_out(day: list[Seen], for_s: int) -> None:
    """What is told begins with a reading out of range; and without one, nothing is."""
    outs = {at(step * STEP_S) for step, is_out in day if is_out}
    for _, finding in heard(day, for_s):
        if finding.effect != "clears":
            assert finding.observed_at in outs


@settings(deadline=None)
@given(days, st.sampled_from((0, STEP_S, 3 * STEP_S)))
def test_the_end_is_in_range_if_the_last_readings_are(day: list[Seen], for_s: int) -> None:
    """Nothing late makes an alert hold for ever."""
    last = len(day)
    quiet = [(last + step, False) for step in range(1, 5)]
    effects = [one.effect for _, one in heard([*day, *quiet], for_s) if one.effect != "passed"]
    assert not effects or effects[-1] == "clears"


@settings(deadline=None)
@given(st.lists(st.integers(1, 200), min_size=1, max_size=60), st.sampled_from((0, 3 * STEP_S)))
def test_a_gap_is_told_of_once_and_again_if_it_began_much_earlier(
    steps: list[int], for_s: int
) -> None:
    """A backlog of readings out of range, in any order and said again, is no flood."""
    present = [(0, False), *((step, False) for step in range(204, 204 + GAPS_MAX - 2))]
    told: list[int] = []
    for step in steps:
        if not told or (told[-1] - step) * STEP_S > max(for_s, NEAR.total_seconds()):
            told.append(step)
    for order, expected in ((steps, told), (sorted(steps), [min(steps)])):
        found = heard([*present, *((step, True) for step in order)], for_s)
        assert [one.effect for _, one in found] == ["passed"] * len(expected)
        assert [one.observed_at for _, one in found] == [at(step * STEP_S) for step in expected]
