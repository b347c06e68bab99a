"""A lane: what is held is settled or not, by what the latest receipt says."""

from hypothesis import given
from hypothesis import strategies as st

from contract.delivery.ranges import Ranges
from contract.delivery.sender import Lane, LaneKey
from contract.messages import StreamReceipt

NUMBERS = st.sets(st.integers(1, 12))


@given(NUMBERS, NUMBERS, st.integers(0, 12), st.integers(0, 12))
def test_what_is_held_is_settled_or_waits_and_never_both(
    held: set[int], missing: set[int], upto: int, seen: int
) -> None:
    """What may be pruned is what the gateway has: never a hole that its receipt names."""
    holes = {number for number in missing if upto + 1 < number <= seen} | {upto + 1}
    lane = Lane(LaneKey("e" * 16, "readings"), held=Ranges((n, n) for n in held))
    said = Ranges((number, number) for number in holes if number <= seen)
    lane.hear(
        StreamReceipt(
            epoch="e" * 16,
            stream="readings",
            upto=upto,
            hash=None,
            seen=seen,
            missing=tuple((piece.first, piece.last) for piece in said),
        )
    )
    settled = {n for piece in lane.prunable() for n in range(piece.first, piece.last + 1)}
    waiting = {n for piece in lane.unsettled() for n in range(piece.first, piece.last + 1)}
    kept = {n for n in held if n <= upto or (n <= seen and n not in holes)}
    assert (settled, waiting) == (kept, held - kept)
    assert settled == {n for n in held if lane.is_settled(n)}
