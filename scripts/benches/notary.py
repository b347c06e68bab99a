"""``scripts/bench notary``: what the tamper-evident log costs the journal, an entry and a proof.

The same entries are appended to fresh journals, with and without the notary in turns; the gateway's
own CPU is compared, since a disk or a neighbour's load would hide the difference.
"""

import asyncio
import json
import os
import statistics
import sys
import tempfile
import time
from contextlib import closing
from pathlib import Path
from typing import Any, Final

from contract.clock import SystemClock
from contract.identifiers import Source
from contract.messages import Identity, Reading, ReadingsTaken, Stamp, compose, read
from contract.proof import merkle
from contract.proof.leaf import encode
from contract.proof.tiles import node_in
from contract.signing import Key
from contract.wire import hash_of
from gateway.entry import Draft, drafted
from gateway.journal.journal import Journal
from gateway.journal.store import connect, open_store
from gateway.notary import tree
from gateway.notary.notary import Notary
from gateway.outlet import Outlet
from gateway.voice import Voice
from scripts.benches.bench import asking, verdict

BATCH: Final = 200
READINGS: Final = 20
SHARE_MAX: Final = 0.25
"""Of the journal's own CPU."""


def main() -> int:
    """Measure, print, judge."""
    parser = asking("notary", __doc__)
    parser.add_argument("--entries", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    drafts = _drafts(arguments.entries)
    cpu: dict[bool, list[float]] = {False: [], True: []}
    for _ in range(arguments.rounds):
        for is_on in (False, True):
            with tempfile.TemporaryDirectory() as folder:
                found = asyncio.run(_append(Path(folder), drafts, is_on=is_on))
                if is_on:
                    found |= _proofs(Path(folder))
            cpu[is_on].append(found["cpu_us_per_entry"])
            print(json.dumps(found), flush=True)
    without, with_it = (statistics.median(cpu[is_on]) for is_on in (False, True))
    share = with_it / without - 1
    return verdict(
        f"an entry costs {without:.2f} us of CPU without the log and {with_it:.2f} us with it: "
        f"{share:+.1%} (wanted: {SHARE_MAX:.0%})",
        is_good=share <= SHARE_MAX,
    )


def _drafts(count: int) -> list[Draft]:
    """Messages of one agent as the intake hands them on, signed by a made-up signature."""
    clock, source = SystemClock(), Source("/KEMBA/gate-2")
    now = clock.utc_now()
    readings = tuple(
        Reading(device=f"d{n}", metric="temperature", value=n, unit="Cel", observed_at=now)
        for n in range(READINGS)
    )
    found = []
    for number in range(1, count + 1):
        stamp = Stamp(observed_at=now, boot_id="b", monotonic_ns=number)
        identity = Identity(source, "readings", "0" * 16, number)
        body = compose(
            ReadingsTaken(readings=readings),
            source=source,
            stamp=stamp,
            identity=identity,
            previous="0" * 64,
        )
        draft = drafted(
            read(body), hash_=hash_of(body), body=body, keyid="0" * 32, sig=os.urandom(64)
        )
        found.append(draft)
    return found


async def _append(folder: Path, drafts: list[Draft], *, is_on: bool) -> dict[str, Any]:
    clock, source = SystemClock(), Source("/KEMBA/gateway")
    async with open_store(folder / "journal.sqlite") as store:
        journal = await Journal.of(store, clock)
        voice = Voice(source, Key.make(), clock)
        notary = Notary(store, journal, Outlet(), voice=voice, clock=clock, every_s=1)
        began, began_cpu = time.monotonic(), time.process_time()
        async with asyncio.TaskGroup() as tasks:
            following = tasks.create_task(notary.run()) if is_on else None
            for start in range(0, len(drafts), BATCH):
                await journal.append(drafts[start : start + BATCH])
            if following is not None:
                await notary.past(len(drafts) - 1)
                following.cancel()
        cpu_us = (time.process_time() - began_cpu) / len(drafts) * 1e6
    return {
        "notary": is_on,
        "entries": len(drafts),
        "cpu_us_per_entry": round(cpu_us, 2),
        "wall_s": round(time.monotonic() - began, 2),
        "bytes_per_entry": round((folder / "journal.sqlite").stat().st_size / len(drafts)),
    }


def _proofs(folder: Path) -> dict[str, Any]:
    with closing(connect(folder / "journal.sqlite")) as at:
        last = tree.latest(at)
        assert last is not None  # noqa: S101 - the notary has signed
        stands = tree.stood(last)
        node = node_in(tree.reader(at))
        took = []
        for leaf in tree.leaves(at, last.size // 2, 100):
            began = time.process_time()
            proof = merkle.inclusion(leaf.place, last.size, node)
            took.append(time.process_time() - began)
            hash_ = merkle.leaf_hash(encode(leaf))
            merkle.check_inclusion(hash_, leaf.place, last.size, proof, stands.root)
    return {"proof_ms": round(statistics.median(took) * 1e3, 2)}


if __name__ == "__main__":
    sys.exit(main())
