"""The no-gap ledger: what is kept, lost and missing, and whether the chain joins."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract.messages import GENESIS, EpochHeads, Identity, Queue, StreamHead, StreamLost
from gateway.judge.ledger import Ledger

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


def lose(ledger: Ledger, first: int, last: int) -> bool:
    """These numbers are declared lost; whether they join their neighbours."""
    lost = StreamLost(
        stream="events",
        epoch=EPOCH,
        first=first,
        to=last,
        before=hash_of(first - 1),
        last=hash_of(last),
        reason="dropped",
    )
    return ledger.lose(SOURCE, lost)


@given(st.permutations(range(1, 13)), st.integers(0, 12))
def test_any_order_of_arrival_gives_the_same_receipt(order: list[int], count: int) -> None:
    """Upto, its hash and the holes follow from the set of what is kept; every joint fits."""
    ledger, numbers = Ledger(), order[:count]
    assert all(hear(ledger, *numbers))
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
    ledger = Ledger()
    hear(ledger, *range(2, 402, 2))
    receipt = ledger.receipt_streams(SOURCE)[0]
    assert len(receipt.missing) == 64
    assert receipt.seen == 128
    assert receipt.upto == 0


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
    ledger = Ledger()
    hear(ledger, 1)
    assert ledger.completeness(SOURCE)[0] == "cannot tell"


def test_a_kept_number_is_held() -> None:
    ledger = Ledger()
    hear(ledger, 1)
    assert ledger.look(Identity(SOURCE, "events", EPOCH, 1)) == "held"
    assert ledger.look(Identity(SOURCE, "events", EPOCH, 2)) == "new"
