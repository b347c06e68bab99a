"""The queue before the journal: a topic that floods waits for itself alone."""

from contract.links.subscriber import Said
from gateway.intake.foreign import waiting
from gateway.intake.foreign.waiting import BATCH_MESSAGES, WAITING_MESSAGES_MAX, Waiting

FLOOD = 3 * BATCH_MESSAGES


def said(topic: bytes, number: int, packet_id: int = 0) -> Said:
    return Said(topic, b"%d" % number, packet_id, is_retained=False)


def test_a_flood_delays_nobody_else() -> None:
    """The one message behind a flood is in the very next batch, and each topic keeps its order."""
    queue = Waiting()
    queue.put(said(b"flood", number) for number in range(FLOOD))
    queue.put([said(b"quiet", 1)])
    taken = queue.take()
    assert [one.payload for one in taken[b"quiet"]] == [b"1"]
    seen = list(taken[b"flood"])
    assert sum(map(len, taken.values())) <= BATCH_MESSAGES
    while queue.count:
        seen += queue.take()[b"flood"]
    assert [int(one.payload) for one in seen] == list(range(FLOOD))
    assert queue.dropped == 0


def test_without_room_the_longest_queue_gives_way() -> None:
    """Its older half is given up, counted and named for the broker; others lose nothing."""
    queue = Waiting()
    queue.put([said(b"quiet", number) for number in range(10)])
    gone = queue.put(said(b"flood", n, 1 + n % 2_000) for n in range(WAITING_MESSAGES_MAX))
    assert queue.dropped == len(gone) > 0
    assert queue.count == WAITING_MESSAGES_MAX + 10 - queue.dropped
    assert len(queue.take()[b"quiet"]) == 10


def test_bytes_are_bounded_as_well() -> None:
    """Few large messages fill it as surely as many small ones."""
    queue = Waiting()
    large = Said(b"large", b"x" * 1_000_000, 0, is_retained=False)
    queue.put([large] * (waiting.WAITING_BYTES_MAX // 1_000_000 + 2))
    assert queue.dropped > 0
    assert 0 < sum(len(one.payload) for one in queue.take()[b"large"]) <= 3_000_000


def test_on_another_connection_numbered_messages_are_forgotten() -> None:
    """They were not acknowledged, so the broker says them again; the others would be lost."""
    queue = Waiting()
    queue.put([said(b"a", 1), said(b"a", 2, 7), said(b"b", 3, 8)])
    queue.forget_numbered()
    assert queue.count == 1
    assert {topic: len(some) for topic, some in queue.take().items()} == {b"a": 1}


def test_there_are_always_as_many_as_it_says() -> None:
    """Counts and bytes come back to nothing, whatever the order."""
    queue = Waiting()
    for round_ in range(5):
        queue.put(said(b"t%d" % (n % 40), n, n % 3) for n in range(BATCH_MESSAGES * 2))
        if round_ == 3:
            queue.forget_numbered()
        queue.take()
    total = 0
    while queue.count:
        total += sum(map(len, queue.take().values()))
    assert total > 0
    assert (queue.count, queue._bytes, queue._queues) == (0, 0, {})
