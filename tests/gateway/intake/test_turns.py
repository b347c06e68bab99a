"""Nobody waits for one who floods: measured by order, not by a clock."""

import asyncio
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from contract.delivery.source_end import Said
from contract.link import BATCH_MAX, Packet
from contract.messages import (
    GENESIS,
    Identity,
    Reading,
    ReadingsTaken,
    SealRead,
    Stamp,
    compose,
)
from contract.signing import Key
from contract.topics import stream_of, topic
from gateway.intake.ahead import AHEAD_MAX
from gateway.intake.turns import (
    ALL_PACKETS_MAX,
    BYTES_MAX,
    PACKETS_MAX,
    TAKE_BYTES_MAX,
    Turns,
)
from gateway.journal.journal import entries
from tests.gateway.gateways import World
from tests.support.virtual import START, run_virtually

FLOOD = 20_000


def packet(source: str, number: int, size: int = 4) -> Packet:
    """The n-th of a source."""
    return Packet(topic=f"greenlane/1/KEMBA/{source}/events", body=number.to_bytes(4) * (size // 4))


@given(st.lists(st.tuples(st.sampled_from("abcd"), st.integers(0, 30)), max_size=30))
def test_each_source_keeps_its_order_and_all_is_taken(said: list[tuple[str, int]]) -> None:
    """Once each."""
    turns = Turns()
    put: list[Packet] = []
    for source, count in said:
        packets = [packet(source, len(put) + n) for n in range(count)]
        put += packets
        turns.put(packets)
    taken: list[Packet] = []
    while batch := turns.take(7):
        assert len(batch) <= 7
        taken += batch
    for source in "abcd":
        mine = [one for one in put if f"/{source}/" in one.topic]
        assert [one for one in taken if f"/{source}/" in one.topic] == mine
    assert len(taken) == len(put)


def test_what_one_says_after_a_flood_is_in_the_next_batch() -> None:
    """Others get half of it, and the flood the rest."""
    turns = Turns()
    turns.put([packet("flood", n) for n in range(PACKETS_MAX)])
    turns.put([packet("other", n) for n in range(3)])
    batch = turns.take(BATCH_MAX)
    assert len(batch) == BATCH_MAX
    assert sum("/other/" in one.topic for one in batch) == 3


def test_the_flood_is_bounded_in_packets_and_bytes() -> None:
    """It loses its newest; others lose nothing until everybody floods."""
    turns = Turns()
    turns.put([packet("flood", n) for n in range(FLOOD)])
    assert turns.dropped == FLOOD - PACKETS_MAX
    turns.put([packet("heavy", n, 1 << 20) for n in range(64)])
    assert turns.dropped == FLOOD - PACKETS_MAX + 64 - BYTES_MAX // (1 << 20)
    turns.put([packet(f"s{n}", n) for n in range(ALL_PACKETS_MAX)])
    taken = 0
    while batch := turns.take(BATCH_MAX):
        taken += len(batch)
    assert taken == ALL_PACKETS_MAX


def test_a_batch_is_bounded_in_bytes() -> None:
    """Large messages make small batches."""
    turns = Turns()
    turns.put([packet("heavy", n, TAKE_BYTES_MAX // 2) for n in range(5)])
    assert [len(turns.take(BATCH_MAX)) for _ in range(4)] == [2, 2, 1, 0]


def seal(number: int) -> Said:
    """One event."""
    return Said(SealRead(device="reader", seal=f"HLX{number}", state="opened"))


def reading(number: int) -> Said:
    """One reading, in a message of its own."""
    one = Reading(device="mad", metric="m", value=float(number), unit="1", observed_at=START)
    return Said(ReadingsTaken(readings=(one,)))


def test_a_box_that_ignores_its_window_delays_no_other(tmp_path: Path) -> None:
    """Five thousand signed messages at once; another's seal is kept within a few batches."""

    async def main() -> None:
        world = World(tmp_path)
        async with world.gateway(), world.agent("mad") as mad, world.agent("good") as good:
            await asyncio.sleep(3)
            async with world.hub.dial("mad-flood") as link:
                flood = [said("mad", mad.key, reading(n), n) for n in range(1, 5_001)]
                await link.publish([*flood, said("good", good.key, seal(1), 1)])
                await asyncio.sleep(60)

    run_virtually(main())
    found = list(entries(tmp_path / "gateway" / "journal.sqlite"))
    (kept,) = (entry.position for entry in found if entry.type == "seal.read")
    before = sum(entry.stream == "readings" for entry in found[:kept])
    assert before <= (AHEAD_MAX + 2) * BATCH_MAX
    assert sum(entry.stream == "readings" for entry in found) > before


def said(name: str, key: Key, what: Said, number: int) -> Packet:
    """A message as an agent of that name says it."""
    stream = stream_of(what.message)
    identity = Identity(f"/KEMBA/{name}", stream, "f" * 16, number)
    stamp = Stamp(observed_at=START, boot_id="b", monotonic_ns=number)
    body = compose(
        what.message,
        source=identity.source,
        stamp=stamp,
        identity=identity,
        previous=GENESIS,
    )
    where = topic(identity.source, stream)
    return Packet(topic=where, body=body, keyid=key.keyid, sig=key.sign(body))


def test_a_seal_overtakes_the_readings_of_a_device_that_floods(tmp_path: Path) -> None:
    """Behind the same agent, and behind another one: at most what was in flight comes before."""
    begun: dict[str, int] = {}

    async def main() -> None:
        world = World(tmp_path)
        journal = tmp_path / "gateway" / "journal.sqlite"
        async with world.gateway(), world.agent("mad") as mad, world.agent("good") as good:
            await asyncio.sleep(3)
            await mad.say(*(reading(number) for number in range(3_000)))
            await asyncio.sleep(1)
            begun["position"] = sum(1 for _ in entries(journal))
            begun["in flight"] = mad.end.sender.in_flight
            await asyncio.gather(mad.say(seal(1)), good.say(seal(2)))
            await asyncio.sleep(120)

    run_virtually(main())
    found = list(entries(tmp_path / "gateway" / "journal.sqlite"))
    assert sum(entry.stream == "readings" for entry in found) == 3_000
    for entry in found:
        if entry.type == "seal.read":
            passed = entry.position - begun["position"]
            assert passed <= begun["in flight"] + 2 * BATCH_MAX
