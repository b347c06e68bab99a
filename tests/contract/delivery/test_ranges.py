"""Ranges behave as sets of numbers do."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from contract.delivery.ranges import Range, Ranges

STEPS = st.lists(st.tuples(st.booleans(), st.integers(1, 40), st.integers(0, 8)), max_size=20)


@given(STEPS, st.integers(1, 40), st.integers(0, 20))
def test_ranges_are_sets(steps: list[tuple[bool, int, int]], first: int, more: int) -> None:
    ranges, model = Ranges(), set[int]()
    for is_added, start, length in steps:
        numbers = set(range(start, start + length + 1))
        if is_added:
            ranges.add(start, start + length)
            model |= numbers
        else:
            ranges.remove(start, start + length)
            model -= numbers
    window = set(range(first, first + more + 1))
    assert flat(ranges) == model
    assert ranges.size == len(model)
    assert flat(ranges.within(first, first + more)) == model & window
    assert flat(ranges.gaps(first, first + more)) == window - model
    assert all((number in ranges) == (number in model) for number in range(60))
    listed = list(ranges)
    assert all(a.last + 1 < b.first for a, b in pairwise(listed))
    assert Ranges(listed) == ranges


def flat(ranges: object) -> set[int]:
    """All numbers."""
    assert hasattr(ranges, "__iter__")
    pieces: list[Range] = list(ranges)
    return {number for piece in pieces for number in range(piece.first, piece.last + 1)}
