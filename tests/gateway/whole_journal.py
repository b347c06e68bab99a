"""A journal with everything in it: judged, told, snapshotted, restored, as a gateway leaves it."""

import asyncio
import random
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import timedelta
from itertools import zip_longest
from pathlib import Path

import msgspec

from contract.identifiers import Source
from contract.messages import (
    GENESIS,
    Device,
    DeviceFound,
    DeviceLost,
    KeyEnrolled,
    Picture,
    Reading,
    ReadingsTaken,
    ScanFailed,
    StreamLost,
    SuspectsHeld,
)
from contract.wire import hash_of
from gateway.adapters import heard
from gateway.adapters.route import Route
from gateway.adapters.row import Label
from gateway.entry import Draft
from gateway.instant import microseconds
from gateway.journal.journal import Journal
from gateway.journal.store import open_store
from gateway.judge.state import State
from gateway.judging.bench import Bench
from gateway.judging.changes import ChangeLog
from gateway.judging.renewal import renew
from gateway.outlet import Outlet
from gateway.voice import Voice
from tests.gateway.sample_journal import GATEWAY, KEYS, SETTINGS, SOURCES, drafts, own, said
from tests.support.virtual import START, VirtualClock, run_virtually

KEY = KEYS[GATEWAY]
ROUTES = msgspec.json.encode((Route(topic="cold/{device}/state"),))
LOSER = SOURCES[1]

Groups = Callable[[State], Iterable[list[Draft]]]


async def grow(path: Path, groups: Groups, *, snapshot_every: int = 60) -> None:
    """Append these as a gateway does, judge them, keep the changes, and a snapshot now and then."""
    clock = VirtualClock()
    async with open_store(path) as store:
        journal = await Journal.of(store, clock)
        changes = await ChangeLog.of(store, source=GATEWAY, journal=journal.id, key=KEY)
        voice = Voice(Source(GATEWAY), KEY, clock)
        bench = Bench(store, journal, changes, Outlet(), voice=voice, clock=clock)
        await bench.rebuild(SETTINGS)
        for number, group in enumerate(groups(bench.state), start=1):
            await journal.append(group)
            if told := bench._judge(await journal.read(bench.state.position)):
                changes.seal(told, bench.state.position)
                await changes.keep()
            if number % snapshot_every == 0:
                await bench._keep_state(bench._take_state())
            await asyncio.sleep(0.7)


def write_whole(path: Path, seed: int, *, count: int = 150) -> None:
    """Half of it, a restore, the other half."""

    async def half(number: int) -> None:
        await grow(path, lambda state: _everything(seed + number, count, state))

    run_virtually(half(0))
    renew(path, key=KEY)
    run_virtually(half(1))


def _everything(seed: int, count: int, state: State) -> Iterator[list[Draft]]:
    def alerts() -> Sequence[str]:
        return tuple(state.episodes.alerts)

    yield [own(_enrolled(source), 0) for source in SOURCES]
    usual = drafts(seed, count, alerts, run=seed)
    for one, other in zip_longest(usual, _rarities(seed, count), fillvalue=()):
        if group := [*one, *other]:
            yield group


def _enrolled(source: str) -> KeyEnrolled:
    key = KEYS[source]
    return KeyEnrolled(source=source, keyid=key.keyid, public_key=key.public, by="a test")


def _rarities(seed: int, count: int) -> Iterator[list[Draft]]:
    """Losses, strangers, suspects, devices that go, pictures that cannot be read."""
    chance = random.Random(seed)  # noqa: S311 - a seed, no secret
    epoch = f"{seed:x}".rjust(16, "e")
    before, number, strangers = GENESIS, 0, 0
    for step in range(count):
        at_s = step * 0.7
        kind = chance.randrange(12)
        number += 1
        if kind == 0:  # one number is never said, and the next declares it
            lost = said(_reading(step), LOSER, at_s, number, epoch=epoch, before=before)
            message = StreamLost(
                stream="events",
                epoch=epoch,
                first=number,
                to=number,
                before=before,
                last=lost.hash,
                reason="dropped",
            )
            declared = said(message, LOSER, at_s, number + 1, epoch=epoch, before=lost.hash)
            number, before = number + 1, declared.hash
            yield [declared]
        elif kind in (1, 2, 3):
            said_ = said(_event(chance, step), LOSER, at_s, number, epoch=epoch, before=before)
            before = said_.hash
            yield [said_]
        else:
            number -= 1
            if kind == 4:
                strangers += 3
                yield [_foreign(at_s, strangers - 2)]
            elif kind == 5:
                yield [own(SuspectsHeld(source=SOURCES[0], count=2, reason="unknown key"), at_s)]
            else:
                yield []


def _event(chance: random.Random, step: int) -> DeviceFound | DeviceLost | ScanFailed:
    kind = chance.randrange(3)
    if kind == 0:
        return DeviceFound(device=Device(device="scanner", family="scan_folder"))
    if kind == 1:
        return DeviceLost(device="scanner", reason="it does not answer")
    picture = Picture(
        sha256=f"{step:064x}", size_bytes=1, media_type="image/png", width_px=9, height_px=9
    )
    return ScanFailed(device="scanner", picture=picture, reason="not a picture")


def _reading(step: int) -> ReadingsTaken:
    at = START + timedelta(seconds=step)
    reading = Reading(device="c", metric="m", value=1, unit="1", observed_at=at)
    return ReadingsTaken(readings=(reading,))


def _foreign(at_s: float, sequence: int) -> Draft:
    """Three messages of strangers, one of them a reading that a rule has a limit for."""
    payloads = [b'{"temperature": 9.5}', b'{"temperature": 1}', b'{"door": true}']
    body = heard.written(
        [heard.Group("cold/a/state", is_old=False, payloads=payloads)],
        heard_us=microseconds(START + timedelta(seconds=at_s)),
        label=Label(title="Cold stores"),
        routes=ROUTES,
    )
    return Draft(
        kind="foreign",
        source="/KEMBA/strangers",
        stream="readings",
        epoch=f"{int(at_s * 1_000):016x}",
        sequence=sequence,
        hash=hash_of(body),
        type="foreign.heard",
        body=body,
        message=heard.reread(body),
    )
