"""What an old connection said may arrive behind the new one's first word: order does not suffer."""

import asyncio
from pathlib import Path
from typing import Literal

import pytest

from contract.delivery.source_end import Said
from contract.link import Packet
from contract.messages import AlertChanged, Identity, SealRead, read
from gateway.journal.journal import entries, stats_of
from tests.gateway.gateways import World
from tests.support.virtual import run_virtually


def seal(state: Literal["intact", "missing"]) -> Said:
    """A look at the one seal that there is."""
    return Said(SealRead(device="reader", seal="HLX417", state=state))


def number_of(packet: Packet) -> int:
    """The number of a message of the stream of events; 0 for what is none."""
    identity = read(packet.body).identity if packet.topic.endswith("/events") else None
    return identity.sequence if isinstance(identity, Identity) else 0


@pytest.mark.parametrize("delay_s", [1.2, 30.0])
def test_a_message_of_the_old_connection_behind_one_of_the_new_keeps_its_place(
    tmp_path: Path, delay_s: float
) -> None:
    """It comes third and is judged first; where it takes too long, it is said again meanwhile."""

    async def main() -> None:
        world, journal = World(tmp_path), tmp_path / "gateway" / "journal.sqlite"
        delayed: list[int] = []

        def fault(packet: Packet, client_id: str) -> tuple[float, ...]:
            """What the first connection says about the seal is on its way for long."""
            number = number_of(packet) if client_id.startswith("KEMBA-gateway") else 0
            if number not in (1, 2) or number in delayed:
                return (0.0,)
            delayed.append(number)
            return (delay_s,)

        async with world.gateway(), world.agent("gate-2") as outbox:
            await asyncio.sleep(1)
            world.hub.fault = fault
            await outbox.say(seal("missing"), seal("intact"))
            await asyncio.sleep(0.1)
            world.hub.cut(f"KEMBA-gate-2-{outbox.end.epoch}")
            await outbox.say(seal("missing"))
            await asyncio.sleep(delay_s + 10)
            changes = await world.changes(stats_of(journal).journal)
        assert delayed == [1, 2]
        alerts = [one.alert for one in changes if isinstance(one, AlertChanged)]
        assert [one.is_active for one in alerts] == [True, False, True]
        assert [one.sequence for one in entries(journal) if one.sequence] == [3, 1, 2]

    run_virtually(main())
