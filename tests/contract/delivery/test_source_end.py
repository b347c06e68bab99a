"""The source's end: what happens when somebody else speaks with our name, and when disks fill."""

import contextlib
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from contract.delivery.room import OutboxLimits
from contract.delivery.source_end import Said, SourceEnd
from contract.delivery.store import Store
from contract.link import Rejected, Unavailable
from contract.messages import (
    AgentBorn,
    BlobPart,
    ReadingsTaken,
    Receipt,
    Refused,
    SealRead,
    SignedBytes,
    StreamLost,
    read,
)
from tests.contract.delivery.world import KEY, SOURCE, World, tokens


def losses(world: World) -> list[StreamLost]:
    """What the gateway knows to be lost."""
    messages = [read(envelope).message() for envelope in world.kept.values()]
    return [one for one in messages if isinstance(one, StreamLost)]


def test_a_clone_that_speaks_in_our_epoch_makes_us_say_everything_again() -> None:
    """A foreign hash in a receipt: all after the last agreed number goes out in a new epoch."""
    world = World()
    world.say(urgent=True)
    world.settle(rounds=4)
    clone = World(now=world.now)
    clone.make_epoch = lambda: world.source.epoch  # type: ignore[method-assign]  # a live copy
    clone.card = Store(":memory:")
    clone.card.restore(world.card.dump())
    clone.start_source()
    clone.said["CLONED"] = clone.source.say(  # type: ignore[assignment]  # it is not refused
        [Said(SealRead(device="d", seal="CLONED", state="intact"))], clone.stamp()
    )[0]
    world.say(urgent=True)
    (ours,) = [t for t in world.said if t == "T000001"]
    row = clone.card.rows(next(iter(clone.source.sender.lanes)), 2, 2)[0]
    world.kept[clone.said["CLONED"]] = row.envelope  # the clone was first
    world.restart_gateway()
    epoch = world.source.epoch
    world.settle(rounds=10)
    assert world.source.epoch != epoch
    assert ours in [t for envelope in world.kept.values() for t in tokens(envelope)]


def test_a_full_outbox_drops_the_least_urgent_and_declares_it() -> None:
    """Readings go before events; the loss itself is an event, merged into one."""
    world = World(messages_max=20)
    for _ in range(10):
        world.say(urgent=True)
    for _ in range(40):
        world.say(urgent=False)
    world.settle()
    world.check()
    kept = [t for envelope in world.kept.values() for t in tokens(envelope)]
    assert sum(t < "T000010" for t in kept) == 10
    assert {loss.reason for loss in losses(world)} == {"dropped"}
    assert len(losses(world)) <= 2


def test_what_the_gateway_has_goes_first() -> None:
    """Nothing unreceipted is dropped while anything receipted is held."""
    world = World(messages_max=20)
    for _ in range(15):
        world.say(urgent=False)
    world.settle()
    for _ in range(15):
        world.say(urgent=False)
    assert world.source.shed == 0
    world.settle()
    world.check()
    assert len([t for e in world.kept.values() for t in tokens(e)]) == 30


def test_a_restored_gateway_that_asks_for_what_was_pruned_gets_the_receipt_that_allowed_it() -> (
    None
):
    world = World(messages_max=10)
    before = dict(world.kept)
    for _ in range(8):
        world.say(urgent=False)
    world.settle()
    for _ in range(8):
        world.say(urgent=False)
    world.settle()
    world.restore_gateway(before)
    world.settle()
    world.check()
    assert {loss.reason for loss in losses(world)} == {"pruned"}
    assert all(loss.receipt for loss in losses(world))


def test_a_loss_is_declared_again_when_its_declaration_is_gone_as_well() -> None:
    """Pruned in time, like all that was receipted; the restored gateway knows of nothing."""
    world = World(messages_max=20)
    for _ in range(60):
        world.say(urgent=False)
    world.settle()
    assert {loss.reason for loss in losses(world)} == {"dropped"}
    world.now += timedelta(days=8).total_seconds()
    world.source.tidy(world.stamp())
    world.restore_gateway({})
    world.settle()
    world.check()
    assert {loss.reason for loss in losses(world)} == {"dropped", "pruned"}


def test_an_old_receipt_changes_nothing() -> None:
    """Receipts of one journal are ordered by position, and a former journal never counts again."""
    world = World()
    world.say(urgent=True)
    world.settle(rounds=4)
    signed = SignedBytes(body=b"{}", keyid="g", sig=b"")
    window = world.source.sender.window

    def old(journal: str, position: int) -> str:
        receipt = Receipt(
            journal=journal, position=position, agent=SOURCE, window=99, window_s=30, streams=()
        )
        return world.source.hear(signed, receipt, world.now)

    assert old(world.journal, 1) == "stale"
    world.restore_gateway({})
    world.settle(rounds=3)
    assert old("0" * 15 + "1", 10_000) == "stale"
    assert world.source.sender.window == window


def test_a_message_that_is_too_large_is_refused(tmp_path: Path) -> None:
    world = World()
    part = BlobPart(
        sha256="0" * 64,
        size_bytes=1,
        media_type="image/png",
        offset_bytes=0,
        part_sha256="0" * 64,
        part_bytes=1,
    )
    said = [
        Said(part, raw=bytes(300_000)),
        Said(ReadingsTaken(readings=()), raw=b""),
        Said(SealRead(device="d", seal="s", state="intact"), raw=b"x"),
    ]
    assert all(isinstance(r, Refused) for r in world.source.say(said, world.stamp()))
    assert not list(tmp_path.iterdir())


def test_a_file_from_the_future_is_refused(tmp_path: Path) -> None:
    """Nothing is touched that this version does not understand."""
    store = Store(tmp_path / "outbox.sqlite")
    store._db.execute("PRAGMA user_version = 99")
    store.close()
    with pytest.raises(Rejected, match="newer Greenlane"):
        Store(tmp_path / "outbox.sqlite")


def test_the_first_of_an_epoch_names_the_last_of_the_ones_before() -> None:
    """`agent.born` names every epoch that is held, ours first."""
    world = World()
    world.say(urgent=True)
    former = world.source.epoch
    world.start_source()
    born = world.up[-1]
    assert isinstance(born, AgentBorn)
    assert [heads.epoch for heads in born.epochs] == [world.source.epoch, former]
    assert born.epochs[1].streams[0].last == 1


WRITER = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from contract.delivery.source_end import Said, SourceEnd
from contract.delivery.store import Store
from contract.identifiers import Source
from contract.messages import SealRead, Stamp
from contract.signing import Key
end = SourceEnd(Store(Path(sys.argv[1])), source=Source("/KEMBA/gate-2"), key=Key(bytes(32)),
                make_epoch=lambda: "a" * 16)
stamp = Stamp(observed_at=datetime.now(UTC), boot_id="b", monotonic_ns=1)
for number in range(100_000):
    end.say([Said(SealRead(device="d", seal=str(number), state="intact"))], stamp)
    print(number, flush=True)
"""


def test_what_was_said_survives_a_kill(tmp_path: Path) -> None:
    """Kill -9 at any moment: every message whose `say` returned is there, in an unbroken chain."""
    path = tmp_path / "outbox.sqlite"
    writer = subprocess.Popen(
        [sys.executable, "-c", WRITER, str(path)], stdout=subprocess.PIPE, text=True
    )
    assert writer.stdout is not None
    last = -1
    with contextlib.closing(writer.stdout):
        for line in writer.stdout:
            last = int(line)
            if last >= 50:
                break
        writer.kill()
        last = max([last, *(int(line) for line in writer.stdout if line.endswith("\n"))])
    writer.wait()
    store = Store(path)
    end = SourceEnd(store, source=SOURCE, key=KEY, make_epoch=lambda: "b" * 16)
    (lane,) = [lane for lane in end.sender.lanes.values() if len(lane.held)]
    rows = store.rows(lane.key, 1, 1_000_000)
    assert len(rows) >= last + 1
    previous = "0" * 64
    for row in rows:
        assert read(row.envelope).previous == previous
        previous = row.hash
    store.close()


def test_limits_are_kept_in_bytes_too() -> None:
    """The outbox counts what it holds."""
    store = Store(":memory:")
    world = World()
    end = SourceEnd(
        store,
        source=SOURCE,
        key=KEY,
        make_epoch=world.make_epoch,
        limits=OutboxLimits(bytes_max=20_000),
    )
    for number in range(200):
        end.say([Said(SealRead(device="d", seal=str(number), state="intact"))], world.stamp())
        held = sum(size for _, size in store.bytes_by_stream().values())
        assert held <= 20_000
    assert end.shed > 100


def test_a_full_disk_says_so_and_nothing_of_the_batch_was_said() -> None:
    """When there is room again, numbering goes on without a hole."""
    world = World()
    world.say(urgent=True)
    pages = world.card._db.execute("PRAGMA page_count").fetchone()[0]
    world.card._db.execute(f"PRAGMA max_page_count = {pages}")
    said = [Said(SealRead(device="d", seal=f"S{n}", state="intact")) for n in range(500)]
    with pytest.raises(Unavailable, match="cannot write"):
        world.source.say(said, world.stamp())
    world.card._db.execute("PRAGMA max_page_count = 1000000")
    world.say(urgent=True)
    world.settle()
    world.check()
    assert [identity.sequence for identity in world.said.values()] == [1, 2]
