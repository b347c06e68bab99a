"""The player of ``scripts/bench fleet``: composes what a fleet says, then only publishes it.

    contract: compose, number, chain, sign ─▶ PUBLISH packets in memory   (before: costs no time)
    wait for a line on stdin ─▶ write them at a steady rate over a few connections ─▶ a report

So what is measured afterwards is the receiving side: the player itself copies bytes to sockets and
counts PUBACKs, as a thousand boxes would do on a thousand machines of their own.
"""

import argparse
import asyncio
import json
import math
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final, NamedTuple

import msgspec

from contract.clock import SystemClock, stamp
from contract.identifiers import Source
from contract.link import Packet
from contract.links import packets, subscriber
from contract.links.packets import Answered, Welcomed
from contract.messages import (
    GENESIS,
    AgentBorn,
    Device,
    EpochHeads,
    Identity,
    Message,
    Reading,
    ReadingsTaken,
    StreamHead,
    compose,
)
from contract.topics import topic
from contract.wire import hash_of
from gateway.timeseries.influx.line_protocol import lines
from gateway.timeseries.points import points_of
from simulators.keyring import Keyring

CONNECTIONS: Final = 20
READINGS: Final = 20
"""Readings of one message: a few devices, each with all metrics."""
DEVICES: Final = 4
"""Of one agent, if nobody says another number: those of one message."""
STEP: Final = timedelta(milliseconds=1)
"""Between two readings of one device in one message, where it has fewer devices than that."""
METRICS: Final = (
    ("temperature", "Cel"),
    ("humidity", "%RH"),
    ("pressure", "hPa"),
    ("voltage", "V"),
    ("current", "A"),
)
TOO_HOT: Final = 200.0
"""Over every limit; all other values lie from 0 to 8."""
TICK_S: Final = 0.005
BORN_S: Final = 2.0
"""The births are said in so long, and so long before the first reading."""
LINES: Final = "bench/lines"


class Part(NamedTuple):
    """One packet of the score: by which connection it goes."""

    connection: int
    data: bytes


class Score:
    """Everything that will be said, composed beforehand."""

    def __init__(self, asked: argparse.Namespace) -> None:
        ring = Keyring.load(asked.keys)
        self._sources: Final = [Source(source) for source in list(ring.seeds)[: asked.agents]]
        self._keys: Final = [ring.key(source) for source in self._sources]
        self._epoch: Final[str] = asked.epoch
        self._ids: Final = [0] * CONNECTIONS
        self._devices: Final[int] = asked.devices
        self._clock: Final = SystemClock()
        self.begin_at: Final = self._clock.utc_now().replace(microsecond=0)
        """The moment of the first message, as it is written in them; the player begins later."""
        self.rate: Final = asked.rate / READINGS
        """Messages/s."""
        self.births: Final = [] if asked.lines else list(self._born())
        self.total = 0.0
        self.alerts = 0
        count = round(self.rate * asked.seconds)
        every = round(self.rate / asked.alerts) if asked.alerts else 0
        while every and math.gcd(every, asked.agents) > 1:
            every += 1  # another agent each time, whose next message is in range
        say = self._lines if asked.lines else self._signed
        self.parts: Final = [
            say(number, is_alert=bool(every) and number % every == every - 1)
            for number in range(count)
        ]

    def _message(self, number: int, source: Source, *, is_alert: bool) -> ReadingsTaken:
        """Twenty readings of one moment; their sum has no rounding in it."""
        at = self.begin_at + timedelta(seconds=number / self.rate)
        values = [((number + index) & 63) / 8 for index in range(READINGS)]
        if is_alert:
            values[0] = TOO_HOT
        self.alerts += is_alert
        self.total += sum(values)
        before = number // len(self._sources) * READINGS // len(METRICS)
        return ReadingsTaken(
            readings=tuple(
                Reading(
                    device=f"{source.name}-{(before + index // len(METRICS)) % self._devices}",
                    metric=METRICS[index % len(METRICS)][0],
                    unit=METRICS[index % len(METRICS)][1],
                    value=value,
                    observed_at=at + index // len(METRICS) // self._devices * STEP,
                )
                for index, value in enumerate(values)
            )
        )

    def _signed(self, number: int, *, is_alert: bool, heads: dict[int, str] = {}) -> Part:  # noqa: B006 - one process, one score
        who = number % len(self._sources)
        source = self._sources[who]
        identity = Identity(source, "readings", self._epoch, number // len(self._sources) + 1)
        body = self._composed(
            self._message(number, source, is_alert=is_alert), who, identity, heads.get(who, GENESIS)
        )
        heads[who] = hash_of(body)
        return self._part(who, "readings", body)

    def _lines(self, number: int, *, is_alert: bool) -> Part:
        """What our own gateway would write of the same message."""
        who = number % len(self._sources)
        source = self._sources[who]
        identity = Identity(source, "readings", self._epoch, number // len(self._sources) + 1)
        message = self._message(number, source, is_alert=is_alert)
        body = lines(points_of(identity, self.begin_at, message))
        packet = Packet(topic=LINES, body=body, content_type="text/plain")
        return self._framed(who, packet)

    def _born(self) -> Iterator[Part]:
        head = StreamHead(stream="readings", last=0, head=GENESIS)
        for who, key in enumerate(self._keys):
            heads = EpochHeads(epoch=self._epoch, streams=(head,))
            name = self._sources[who].name
            devices = tuple(
                Device(device=f"{name}-{index}", family="modbus") for index in range(self._devices)
            )
            born = AgentBorn(keyid=key.keyid, version="bench", epochs=(heads,), devices=devices)
            yield self._part(who, "life", self._composed(born, who, None, ""))

    def _composed(
        self, message: Message, who: int, identity: Identity | None, before: str
    ) -> bytes:
        said = stamp(self._clock)
        if isinstance(message, ReadingsTaken):
            said = msgspec.structs.replace(said, observed_at=message.readings[0].observed_at)
        return compose(
            message, source=self._sources[who], stamp=said, identity=identity, previous=before
        )

    def _part(self, who: int, leaf: str, body: bytes) -> Part:
        key = self._keys[who]
        packet = Packet(
            topic=topic(self._sources[who], leaf), body=body, keyid=key.keyid, sig=key.sign(body)
        )
        return self._framed(who, packet)

    def _framed(self, who: int, packet: Packet) -> Part:
        connection = who % CONNECTIONS
        self._ids[connection] = self._ids[connection] % 65_535 + 1
        return Part(connection, packets.publish(packet, self._ids[connection]))


class Voice(asyncio.Protocol):
    """One connection: writes, and counts what the broker acknowledged."""

    def __init__(self) -> None:
        self._framer: Final = subscriber.Framer(packets.incoming, packets.PACKET_BYTES_MAX)
        self.welcomed: Final[asyncio.Future[int]] = asyncio.get_running_loop().create_future()
        self.waiting: Final[list[bytes]] = []
        self.in_flight = 0
        self.acknowledged = 0
        self.transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Connected."""
        self.transport = transport  # type: ignore[assignment]  # it is

    def data_received(self, data: bytes) -> None:
        """Acknowledgements."""
        for one in self._framer.feed(data):
            if isinstance(one, Answered):
                self.in_flight -= 1
                self.acknowledged += 1
            elif isinstance(one, Welcomed):
                self.welcomed.set_result(one.receive_max)

    def flush(self) -> None:
        """Write as much of what waits as the broker takes at once."""
        room = self.welcomed.result() - self.in_flight
        part = self.waiting[:room]
        if part:
            del self.waiting[:room]
            self.in_flight += len(part)
            self.transport.write(b"".join(part))


async def play(score: Score, port: int, *, is_paused: bool) -> dict[str, Any]:
    """Say it all at its rate; returns what happened."""
    loop = asyncio.get_running_loop()
    voices = []
    for number in range(CONNECTIONS):
        _, voice = await loop.create_connection(Voice, "127.0.0.1", port)
        voice.transport.write(
            packets.connect(
                f"player-{number}", keepalive_s=600, username="", password=None, will=None
            )
        )
        await voice.welcomed
        voices.append(voice)
    if score.births:
        await say(voices, score.births, len(score.births) / BORN_S)
        await asyncio.sleep(BORN_S)
    if is_paused:
        print(json.dumps({"born": len(score.births)}), flush=True)
        await asyncio.to_thread(sys.stdin.readline)
    born = sum(voice.acknowledged for voice in voices)
    began_at = datetime.now(UTC)
    lag_s = await say(voices, score.parts, score.rate)
    return {
        "began_after_s": (began_at - score.begin_at).total_seconds(),
        "sent": len(score.parts),
        "acknowledged": sum(voice.acknowledged for voice in voices) - born,
        "readings": len(score.parts) * READINGS,
        "sum": score.total,
        "alerts": score.alerts,
        "lag_s_max": round(lag_s, 3),
    }


async def say(voices: list[Voice], parts: list[Part], rate: float) -> float:
    """At a steady rate, until all is acknowledged; returns the worst lag behind it in seconds."""
    began, at, lag = time.monotonic(), 0, 0.0
    before = sum(voice.acknowledged for voice in voices)
    while sum(voice.acknowledged for voice in voices) - before < len(parts):
        due = min(len(parts), int((time.monotonic() - began) * rate))
        for connection, data in parts[at:due]:
            voices[connection].waiting.append(data)
        at = due
        for voice in voices:
            voice.flush()
        held = sum(len(voice.waiting) for voice in voices)
        lag = max(lag, held / rate)
        await asyncio.sleep(TICK_S)
    return max(lag, time.monotonic() - began - len(parts) / rate)


def main() -> int:
    """Compose, wait for the word, play."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--keys", type=Path, required=True)
    parser.add_argument("--agents", type=int, required=True)
    parser.add_argument("--devices", type=int, default=DEVICES, help="of each agent")
    parser.add_argument("--rate", type=float, required=True, help="readings/s")
    parser.add_argument("--seconds", type=float, required=True)
    parser.add_argument("--epoch", required=True)
    parser.add_argument("--alerts", type=float, default=0.0, help="readings over the limit, /s")
    parser.add_argument("--pause", action="store_true", help="wait again after the births")
    parser.add_argument("--lines", action="store_true", help="line protocol, not signed messages")
    asked = parser.parse_args()
    score = Score(asked)
    print(json.dumps({"begin_us": round(score.begin_at.timestamp() * 1e6)}), flush=True)
    sys.stdin.readline()
    print(json.dumps(asyncio.run(play(score, asked.port, is_paused=asked.pause))), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
