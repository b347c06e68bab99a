"""The no-gap ledger: what is kept, lost and missing, and whether the chain joins."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract.messages import GENESIS, EpochHeads, Identity, Queue, StreamHead, StreamLost
from gateway.judge.ledger import EPOCHS_IN_RECEIPT_MAX, SPANS_MAX, Ledger

SOURCE = "/KEMBA/gate-2"
EPOCH = "9f2c1a7be0d34455"


def hash_of(number: int, chain: str = "ours") -> str:
    """The hash of a number in a made-up chain."""
    return hashlib.sha256(f"{chain}{number}".encode()).hexdigest() if number else GENESIS


def hear(ledger: Ledger, *numbers: int, chain: str = "ours") -> list[bool]:
    """Keep these numbers; whether each joined its neighbours."""
    return [
        ledger.hear(Identity(SOURCE, "events", EPOCH, n), hash_of(n, chain), hash_of(n - 1, chain))
        for n in numbers
    ]


def claim(ledger: Ledger, last: int, waiting: int = 0) -> None:
    """The source says how far it has numbered."""
    head = StreamHead(stream="events", last=last, head=hash_of(last))
    queue = Queue(stream="events", messages=waiting, bytes=0)
    ledger.claim(SOURCE, (EpochHeads(epoch=EPOCH, streams=(head,)),), (queue,))


def lose(ledger: Ledger, first: int, last: int, *, is_known: bool = True) -> bool:
    """These numbers are declared lost, with or without hashes; whether they join."""
    lost = StreamLost(
        stream="events",
        epoch=EPOCH,
        first=first,
        to=last,
        before=hash_of(first - 1) if is_known else None,
        last=hash_of(last) if is_known else None,
        reason="dropped" if is_known else "forgotten",
    )
    return ledger.lose(SOURCE, lost)


@given(st.permutations(range(1, 13)), st.integers(0, 12))
def test_any_order_of_arrival_gives_the_same_receipt(order: list[int], count: int) -> None:
    """Upto, its hash and the holes follow from the set of what is kept; every joint fits."""
    ledger, numbers = Ledger(), order[:count]
    assert all(hear(ledger, *numbers))
    assert ledger.source(SOURCE).stream(EPOCH, "events").breaks == 0
    claim(ledger, 12)
    receipt = ledger.receipt_streams(SOURCE)[0]
    upto = next(n for n in range(13) if n + 1 not in numbers)
    assert (receipt.upto, receipt.hash, receipt.seen) == (upto, hash_of(upto), 12)
    missing = {n for a, b in receipt.missing for n in range(a, b + 1)}
    assert missing == set(range(1, 13)) - set(numbers)


@given(st.permutations(range(1, 8)), st.integers(2, 7))
def test_a_foreign_message_breaks_the_chain_in_any_order(order: list[int], foreign: int) -> None:
    """Somebody else's number among ours is seen where it meets its neighbours."""
    ledger = Ledger()
    for number in order:
        hear(ledger, number, chain="theirs" if number == foreign else "ours")
    assert ledger.source(SOURCE).stream(EPOCH, "events").breaks


def test_a_declared_loss_settles_and_a_late_message_takes_it_back() -> None:
    """A number that was also kept counts as kept."""
    ledger = Ledger()
    hear(ledger, 1, 2, 6)
    claim(ledger, 6)
    assert lose(ledger, 3, 5)
    assert ledger.receipt_streams(SOURCE)[0].upto == 6
    status, (events, *_) = ledger.completeness(SOURCE)
    assert (status, events.kept, events.lost, events.missing) == ("declared lost", 3, 3, 0)
    assert all(hear(ledger, 4))
    assert ledger.completeness(SOURCE)[1][0].lost == 2


def test_a_loss_that_overlaps_what_is_kept_leaves_no_hole() -> None:
    """A source that lost its receipts declares from a number on that is kept already."""
    ledger = Ledger()
    hear(ledger, 1, 2, 3)
    claim(ledger, 5)
    assert lose(ledger, 3, 5)
    assert ledger.receipt_streams(SOURCE)[0].upto == 5


@pytest.mark.parametrize("knows_first", [True, False])
@pytest.mark.parametrize("foreign", [1, 4])
def test_a_loss_that_was_declared_twice_keeps_the_hashes_that_are_known(
    foreign: int, *, knows_first: bool
) -> None:
    """So that a foreign number before or behind it is still seen."""
    ledger = Ledger()
    assert lose(ledger, 2, 3, is_known=knows_first)
    assert lose(ledger, 2, 3, is_known=not knows_first)
    assert hear(ledger, foreign, chain="theirs") == [False]


@given(
    st.lists(
        st.one_of(
            st.integers(1, 12),
            st.tuples(st.integers(1, 12), st.integers(1, 12)).map(lambda ends: tuple(sorted(ends))),
        ),
        max_size=12,
    )
)
def test_a_number_is_kept_or_lost_or_missing_and_never_two_of_them(
    heard: list[int | tuple[int, int]],
) -> None:
    """Whatever is said twice, or both kept and declared lost, in any order: kept counts."""
    ledger, kept, declared = Ledger(), set[int](), set[int]()
    claim(ledger, 12)
    for one in heard:
        if isinstance(one, tuple):
            assert lose(ledger, *one)
            declared |= {*range(one[0], one[1] + 1)}
        elif one not in kept:  # else the intake takes it for a repeat
            assert all(hear(ledger, one))
            kept.add(one)
    events = ledger.completeness(SOURCE)[1][0]
    lost = declared - kept
    assert (events.kept, events.lost) == (len(kept), len(lost))
    assert events.missing == 12 - len(kept) - len(lost)
    receipt = ledger.receipt_streams(SOURCE)[0]
    missing = {n for a, b in receipt.missing for n in range(a, b + 1)}
    assert missing == set(range(1, 13)) - kept - lost


def test_a_receipt_names_sixty_four_holes_and_speaks_no_further() -> None:
    """Past the last hole that has room in it, nothing is said to be missing or kept."""
    ledger = Ledger()
    hear(ledger, *range(2, 402, 2))
    receipt = ledger.receipt_streams(SOURCE)[0]
    assert len(receipt.missing) == 64
    assert receipt.seen == 128
    assert receipt.upto == 0


def test_all_streams_share_the_holes_of_one_receipt() -> None:
    """Whatever is missing, a receipt stays as small as it may be."""
    ledger = Ledger()
    for number in range(2, 82, 2):
        for stream in ("events", "readings"):
            identity = Identity(SOURCE, stream, EPOCH, number)
            ledger.hear(identity, hash_of(number), hash_of(number - 1))
    assert [len(one.missing) for one in ledger.receipt_streams(SOURCE)] == [40, 24]


def test_a_receipt_speaks_of_so_many_epochs_with_holes() -> None:
    """A source with thousands of harmed epochs is told of some, and of the others after those."""
    ledger = Ledger()
    for epoch in range(EPOCHS_IN_RECEIPT_MAX + 1):
        ledger.hear(Identity(SOURCE, "events", f"{epoch:016x}", 2), hash_of(2), hash_of(1))
    assert len(ledger.receipt_streams(SOURCE)) == EPOCHS_IN_RECEIPT_MAX


def test_past_so_many_holes_only_what_fills_one_is_taken() -> None:
    """Memory is bounded, and what is missing can still come."""
    ledger = Ledger()
    last = 2 * SPANS_MAX
    hear(ledger, *range(2, last + 1, 2))

    def look(number: int) -> str:
        return ledger.look(Identity(SOURCE, "events", EPOCH, number))

    assert (look(last), look(last + 1), look(last + 2)) == ("held", "new", "not yet")
    assert (look(1), look(3), look(last - 1)) == ("new", "new", "new")
    hear(ledger, 3)
    assert look(last + 2) == "new"


@pytest.mark.parametrize(
    ("kept", "last", "waiting", "status"),
    [
        ((1, 2), 2, 0, "complete"),
        ((1,), 2, 1, "late"),
        ((1,), 3, 1, "missing"),
        ((1,), 0, 0, "complete"),
    ],
)
def test_completeness_is_one_word(
    kept: tuple[int, ...], last: int, waiting: int, status: str
) -> None:
    """Late is what still waits at the source; missing is a hole that nobody holds out for."""
    ledger = Ledger()
    hear(ledger, *kept)
    claim(ledger, last, waiting)
    assert ledger.completeness(SOURCE)[0] == status


def test_who_never_said_how_far_it_numbered_cannot_be_told() -> None:
    """Without a promise nothing can be missing, nor anything complete."""
    ledger = Ledger()
    hear(ledger, 1)
    assert ledger.completeness(SOURCE)[0] == "cannot tell"


def test_a_kept_number_is_held() -> None:
    """It was said again; the next one is new."""
    ledger = Ledger()
    hear(ledger, 1)
    assert ledger.look(Identity(SOURCE, "events", EPOCH, 1)) == "held"
    assert ledger.look(Identity(SOURCE, "events", EPOCH, 2)) == "new"
