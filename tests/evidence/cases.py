"""A post where a scan shows a tusk and an officer acts: a real gateway, and what it leaves."""

import asyncio
import hashlib
import json
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import msgspec

from contract.clock import SystemClock
from contract.delivery.source_end import Said
from contract.messages import (
    AlertChanged,
    Detection,
    ModelUsed,
    OfficerActed,
    Picture,
    ScanCompleted,
    SealRead,
)
from contract.proof import note, submission
from contract.proof.note import COSIGNATURE, Verifier
from contract.signing import Key
from edge.blob import Blob
from gateway.config import GatewayConfig
from gateway.journal.store import connect
from gateway.notary import tree
from gateway.notary.config import WitnessConfig
from greenlane.evidence.export import Order, export
from greenlane.witness.witness import Witness
from models.passport import WILDLIFE_MODEL
from simulators.scanner import picture_of
from tests.gateway.gateways import World
from tests.support.virtual import START, run_virtually

PICTURE = picture_of(7, "elephant_tusk")
SHA256 = hashlib.sha256(PICTURE).hexdigest()
WEIGHTS = hashlib.sha256(b"adapted at the post: in no catalogue").hexdigest()
PASSPORT = json.dumps(
    json.loads(WILDLIFE_MODEL.with_suffix(".json").read_text()) | {"sha256": WEIGHTS}
).encode()
PASSPORT_SHA256 = hashlib.sha256(PASSPORT).hexdigest()
ACT = "act-4711"
WITNESS = "witness.example"


@dataclass(frozen=True)
class Post:
    """A gateway's state that has ended, and what is in it."""

    folder: Path
    config: GatewayConfig
    alert: str
    public: bytes
    witness: bytes

    @property
    def trusted(self) -> frozenset[bytes]:
        """What a court would be given."""
        return frozenset({self.public, self.witness})

    def archive(self, name: str = "evidence.zip") -> Path:
        """Export it."""
        out = self.folder / name
        order = Order(alert=self.alert, out=out, config=self.config, state=self.config.folder)
        export(order, SystemClock())
        return out


class Watcher:
    """A witness that cosigns what is newest, now and then, at times of the virtual clock."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.key = Key.load_or_make(world.folder / "witness" / "key")

    async def run(self) -> None:
        """Cosign until cancelled."""
        public = Key.load_or_make(self._world.folder / "gateway" / "key").public
        witness = Witness(
            self._world.folder / "witness",
            name=WITNESS,
            key=self.key,
            trusted=(public,),
            clock=self._world.clock,
        )
        old = 0
        while True:
            await asyncio.sleep(61)
            with closing(connect(self._world.folder / "gateway" / "journal.sqlite")) as at:
                made = tree.latest(at)
                if made is None or made.size == old:
                    continue
                proof = tree.grown(at, old, made.size) if old else []
                answer = witness.add(submission.written(old, proof, made.note))
                assert answer.status == 200, answer
                tree.cosign(at, made, note.read_lines(answer.body.encode()))
                at.commit()
                old = made.size


def made(folder: Path) -> Post:
    """Let it all happen."""
    world = World(folder)
    watcher = Watcher(world)
    alert = run_virtually(_happening(world, watcher))
    verifier = Verifier(WITNESS, watcher.key.public, COSIGNATURE)
    config = msgspec.structs.replace(
        world.config,
        witness=(WitnessConfig(url="http://127.0.0.1:9/", key=str(verifier)),),
    )
    public = bytes.fromhex((folder / "gateway" / "gateway.pub").read_text())
    return Post(folder, config, alert, public, watcher.key.public)


async def _happening(world: World, watcher: Watcher) -> str:
    async with (
        world.gateway(),
        world.agent("gate-2") as outbox,
        world.agent("command-center") as desk,
        asyncio.TaskGroup() as tasks,
    ):
        watching = tasks.create_task(watcher.run())
        await asyncio.sleep(30)
        await outbox.say(Said(SealRead(device="reader", seal="S1", state="intact"), START))
        await outbox.say(Said(scan(), START))
        await outbox.say(*parts())
        await asyncio.sleep(20)
        changes = await world.changes()
        (alert,) = (c.alert.id for c in changes if isinstance(c, AlertChanged) if c.alert.picture)
        for number, verb in enumerate(("acknowledge", "comment", "resolve", "resolve")):
            await asyncio.sleep(90)
            act = OfficerActed(
                act=f"{ACT}-{number}",
                verb=verb,  # type: ignore[arg-type]
                alert=alert,
                officer="A. Mwangi",
                role="officer",
                note="Bag opened at the bench: two <carved> pieces." if verb == "comment" else "",
            )
            await desk.say(Said(act))
        await asyncio.sleep(150)
        watching.cancel()
    return alert


def scan() -> ScanCompleted:
    """A tusk, the model says."""
    return ScanCompleted(
        device="scanner-1",
        subject="0125443871",
        picture=Picture(
            sha256=SHA256,
            size_bytes=len(PICTURE),
            media_type="image/png",
            width_px=640,
            height_px=480,
        ),
        detections=(Detection(label="elephant_tusk", score=0.83, box=(190, 150, 400, 300)),),
        model=ModelUsed(name="wildlife-1", sha256=WEIGHTS, passport=PASSPORT_SHA256),
        milliseconds=20,
    )


def parts() -> list[Said]:
    """Its picture, and the passport of the model that looked at it."""
    blobs = Blob.of(PICTURE, "image/png"), Blob.of(PASSPORT, "application/json")
    return [said for blob in blobs for said in blob.said(START)]
