"""The yardstick of ``scripts/bench fleet``: forwards bytes from a broker to InfluxDB, no more.

It reads nothing, checks nothing, keeps nothing: what it loses when it ends is lost. Batches are as
large as our sink's, and one is written while the next one gathers.
"""

import argparse
import asyncio
import sys
from typing import Final

import httpx
import uvloop

from contract.links.ear import Ear, listener
from contract.links.mqtt import BrokerConfig
from contract.links.subscriber import Said
from gateway.timeseries.sink import BATCH_POINTS
from scripts.benches.player import LINES, READINGS

BATCH: Final = BATCH_POINTS // READINGS
"""Messages."""
GATHER_S: Final = 0.05
"""With fewer than a batch, more are waited for so long."""


async def forward(port: int, influx: str, database: str) -> None:
    """Until the end of the process."""
    waiting: list[bytes] = []
    arrived = asyncio.Event()

    def hear(ear: Ear, said: list[Said]) -> None:
        waiting.extend(one.payload for one in said)
        ear.settle([one.packet_id for one in said if one.packet_id])
        arrived.set()

    async with (
        httpx.AsyncClient(base_url=influx) as http,
        listener(BrokerConfig(port=port))("forwarder", {LINES: 0}, hear) as ear,
        asyncio.TaskGroup() as tasks,
    ):
        tasks.create_task(ear.listen(), name="ear")
        print("the forwarder hears", flush=True)
        where = {"db": database, "precision": "ns"}
        while True:
            await arrived.wait()
            if len(waiting) < BATCH:
                await asyncio.sleep(GATHER_S)
            batch = waiting[:BATCH]
            del waiting[:BATCH]
            if not waiting:
                arrived.clear()
            answer = await http.post("/write", params=where, content=b"\n".join(batch))
            answer.raise_for_status()


def main() -> int:
    """Forward."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--influx", required=True)
    parser.add_argument("--database", required=True)
    asked = parser.parse_args()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(forward(asked.port, asked.influx, asked.database))
    return 0


if __name__ == "__main__":
    sys.exit(main())
