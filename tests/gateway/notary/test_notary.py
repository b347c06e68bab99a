"""The notary: what it signs is the journal, it goes on after any end, and witnesses watch it."""

import asyncio
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from itertools import pairwise
from pathlib import Path

import msgspec
import pytest

from contract.clock import SystemClock
from contract.delivery.source_end import Said
from contract.link import Rejected
from contract.links.memory import Hub
from contract.messages import CheckpointAsked, CheckpointTold, SealRead
from contract.proof import checkpoint, merkle, note, submission
from contract.proof.leaf import encode
from contract.proof.note import COSIGNATURE, Verifier
from contract.proof.tiles import node_in
from contract.signing import Key
from gateway import service
from gateway.config import GatewayConfig
from gateway.journal.store import connect
from gateway.judging.renewal import renew
from gateway.notary import tree
from gateway.notary.audit import audit
from gateway.notary.config import WitnessConfig
from greenlane.witness import service as witnessing
from greenlane.witness.witness import Witness
from tests.gateway.gateways import World
from tests.support.virtual import run_virtually
from tests.support.waiting import until


def journal(world: World) -> Path:
    """Its file."""
    return world.folder / "gateway" / "journal.sqlite"


async def talk(world: World, seals: int, *, is_new: bool = True) -> None:
    """An agent says so many things, and a minute passes."""
    async with world.gateway(), world.agent("gate-2", is_new=is_new) as outbox:
        for number in range(seals):
            await outbox.say(Said(SealRead(device="r", seal=f"S{number}", state="intact")))
        await asyncio.sleep(130)


def every(world: World) -> list[tree.Kept]:
    """All checkpoints."""
    with closing(connect(journal(world))) as at:
        rows = at.execute("SELECT size, origin, made_us, note, witnesses FROM checkpoint")
        return list(map(tree.Kept._make, rows.fetchall()))


def checked(world: World) -> int:
    """Every entry that is signed is proved against every checkpoint; returns how many."""
    public = bytes.fromhex((world.folder / "gateway" / "gateway.pub").read_text())
    with closing(connect(journal(world))) as at:
        node = node_in(tree.reader(at))
        for kept in every(world):
            told = note.read(kept.note.encode())
            assert note.verified(told, Verifier(kept.origin, public)) is not None
            root = checkpoint.read(told.text).root
            for leaf in tree.leaves(at, 0, kept.size):
                proof = merkle.inclusion(leaf.place, kept.size, node)
                hash_ = merkle.leaf_hash(encode(leaf))
                merkle.check_inclusion(hash_, leaf.place, kept.size, proof, root)
        latest = tree.latest(at)
        return latest.size if latest else 0


def test_every_entry_is_under_every_later_checkpoint(tmp_path: Path) -> None:
    """Across a restart the tree goes on; what was signed before is how it begins."""
    world = World(tmp_path)
    run_virtually(talk(world, 40))
    first = checked(world)
    assert first > 40
    run_virtually(talk(world, 300, is_new=False))
    assert checked(world) > first + 300
    kept = every(world)
    with closing(connect(journal(world))) as at:
        for old, new in pairwise(kept):
            roots = tree.stood(old).root, tree.stood(new).root
            proof = tree.grown(at, old.size, new.size)
            merkle.check_consistency(old.size, new.size, *roots, proof)


def test_the_newest_checkpoint_is_told_to_who_asks(tmp_path: Path) -> None:
    """By ask; and it is the one on the disk."""
    world = World(tmp_path)

    async def ask() -> str:
        async with world.gateway():
            await asyncio.sleep(70)
            told = await world.ask(CheckpointAsked())
            assert isinstance(told, CheckpointTold)
            return told.checkpoint

    assert run_virtually(ask()) in [kept.note for kept in every(world)]


def test_a_changed_entry_is_no_longer_the_one_that_was_signed(tmp_path: Path) -> None:
    """Who edits the journal's file contradicts the tree; who edits the tree, the signature."""
    world = World(tmp_path)
    run_virtually(talk(world, 5))
    checked(world)
    with closing(connect(journal(world))) as at:
        at.execute("UPDATE entry SET received_us = received_us - 1 WHERE position = 3")
    with pytest.raises(merkle.BadProof):
        checked(world)
    with closing(connect(journal(world))) as at:
        at.execute("UPDATE tile SET hashes = zeroblob(length(hashes))")
        with pytest.raises(Rejected):
            tree.edge(at)


@pytest.mark.parametrize(
    ("edit", "wrong"),
    [
        ("UPDATE entry SET sig = zeroblob(64) WHERE position = 7", "entry 7 is not the one"),
        ("DELETE FROM entry WHERE position = 7", "an entry after"),
        ("UPDATE tile SET hashes = zeroblob(length(hashes))", "entry 1 is not the one"),
        ("UPDATE checkpoint SET size = size - 1", "is of other entries"),
        ("UPDATE checkpoint SET note = replace(note, 'gateway', 'gatewax')", "not signed by"),
    ],
)
def test_the_audit_names_the_first_thing_that_is_wrong(
    talked: World, tmp_path: Path, edit: str, wrong: str
) -> None:
    """An entry that was edited, one that is gone, another tree, another checkpoint."""
    copy = tmp_path / "journal.sqlite"
    shutil.copy(journal(talked), copy)
    public = bytes.fromhex((talked.folder / "gateway" / "gateway.pub").read_text())
    with closing(connect(copy)) as at:
        assert audit(at, public).wrong == ""
        at.execute(edit)
        assert wrong in audit(at, public).wrong


@pytest.fixture(scope="module")
def talked(tmp_path_factory: pytest.TempPathFactory) -> World:
    """A post that has ended."""
    world = World(tmp_path_factory.mktemp("talked"))
    run_virtually(talk(world, 40))
    with closing(connect(journal(world))) as at:
        at.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return world


def test_a_restored_gateway_begins_a_new_log_and_keeps_the_old_checkpoints(tmp_path: Path) -> None:
    """A new journal id is a new origin, over the same first entries."""
    world = World(tmp_path)
    run_virtually(talk(world, 5))
    state = tmp_path / "gateway"
    renew(state / "journal.sqlite", key=Key.load_or_make(state / "key"))
    run_virtually(talk(world, 5, is_new=False))
    assert len({kept.origin for kept in every(world)}) == 2
    checked(world)


@asynccontextmanager
async def witness(folder: Path, public: bytes, port: int = 0) -> AsyncIterator[tuple[int, Key]]:
    """A witness that listens, until the end of the block."""
    key = Key.load_or_make(folder / "key")
    one = Witness(folder, name="w.example", key=key, trusted=(public,), clock=SystemClock())
    listening: asyncio.Future[int] = asyncio.get_running_loop().create_future()
    async with asyncio.TaskGroup() as tasks:
        task = tasks.create_task(
            witnessing.serve("127.0.0.1", port, one, ready=listening.set_result)
        )
        try:
            yield await listening, key
        finally:
            task.cancel()


def cosigned(world: World, key: Key) -> list[tree.Kept]:
    """Checkpoints with a good cosignature."""
    trusted = Verifier("w.example", key.public, COSIGNATURE)
    found = []
    for kept in every(world):
        line = note.verified(note.read(kept.note.encode()), trusted)
        assert (line is not None) == (kept.witnesses == 1)
        if line is not None:
            found.append(kept)
    return found


@pytest.mark.anyio
async def test_a_witness_cosigns_what_grows_and_refuses_another_past(tmp_path: Path) -> None:
    """Over HTTP, in real time: it is away at first, is restarted, and sees a rewritten journal."""
    world = World(tmp_path, clock=SystemClock())  # type: ignore[arg-type]  # real time
    state = tmp_path / "gateway"
    key = Key.load_or_make(state / "key")
    async with witness(tmp_path / "witness", key.public) as (port, cosigner):
        pass
    config = _watched(world, cosigner, port)
    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(service.run(config, Hub().dial, clock=SystemClock()))
        await until(lambda: journal(world).exists() and len(every(world)) > 0)
        assert not cosigned(world, cosigner)
        async with witness(tmp_path / "witness", key.public, port):
            await until(lambda: len(cosigned(world, cosigner)) > 1)
        running.cancel()
    _refuses_another_past(tmp_path, key)


def _refuses_another_past(tmp_path: Path, key: Key) -> None:
    """The owner of the gateway's key signs a log in which an entry is another one."""
    watcher = Witness(
        tmp_path / "witness",
        name="w.example",
        key=Key.load_or_make(tmp_path / "witness" / "key"),
        trusted=(key.public,),
        clock=SystemClock(),
    )
    seen = checkpoint.read(note.read(watcher.seen().encode()).text)
    forged = seen._replace(root=bytes(32))
    longer = forged._replace(size=seen.size + 1)
    assert _answer(watcher, seen.size, [], forged, key) == 409
    assert _answer(watcher, seen.size, [bytes(32)], longer, key) == 422
    assert _answer(watcher, seen.size - 1, [], longer, key) == 409
    assert _answer(watcher, seen.size + 2, [], longer, key) == 400
    assert _answer(watcher, seen.size, [], longer, Key.make()) == 403
    assert _answer(watcher, seen.size, [], seen, key) == 200
    assert watcher.add(b"old 1\n").status == 400


def _answer(
    watcher: Witness, old: int, proof: list[bytes], stands: checkpoint.Checkpoint, key: Key
) -> int:
    made = str(checkpoint.made(stands, key))
    return watcher.add(submission.written(old, proof, made)).status


def _watched(world: World, cosigner: Key, port: int) -> GatewayConfig:
    trusted = Verifier("w.example", cosigner.public, COSIGNATURE)
    return msgspec.structs.replace(
        world.config,
        checkpoint_s=1,
        witness=(WitnessConfig(url=f"http://127.0.0.1:{port}/", key=str(trusted)),),
    )
