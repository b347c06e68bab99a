"""Real processes: a gateway that is killed, a witness that is killed, and evidence in the end."""

import asyncio
import random
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from contract.clock import SystemClock
from contract.delivery import uplink
from contract.delivery.enrolment import enrol
from contract.delivery.outbox import Outbox
from contract.delivery.source_end import Said
from contract.identifiers import Source
from contract.link import Dial, Unavailable
from contract.links.mqtt import BrokerConfig, dialler
from contract.messages import AlertChanged, SealRead, read
from contract.signing import Key
from gateway.journal.store import connect
from gateway.notary import tree
from gateway.trust.codes import make_code
from tests.system.servers import free_port, mosquitto

KILLS = 4
SEALS = 40
WAIT_S = 60


class Process:
    """One ``greenlane`` command."""

    def __init__(self, log: Path, *arguments: str) -> None:
        self._arguments = arguments
        self._log = log
        self._running: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it."""
        with self._log.open("ab") as log:
            self._running = subprocess.Popen(
                [sys.executable, "-m", "greenlane", *self._arguments],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )

    def kill(self) -> None:
        """As a power cut does."""
        if self._running:
            self._running.kill()
            self._running.wait()


@contextmanager
def running(log: Path, *arguments: str) -> Iterator[Process]:
    """Until the end of the block."""
    process = Process(log, *arguments)
    process.start()
    try:
        yield process
    finally:
        process.kill()


def config(folder: Path, broker: int, witness: str, key: str) -> Path:
    """Of a gateway."""
    path = folder / "gateway.toml"
    path.write_text(
        f'state_dir = "{folder / "gateway"}"\nposts = ["KEMBA"]\ncheckpoint_s = 1\n'
        f"[broker]\nport = {broker}\n[[witness]]\n"
        f'url = "http://{witness}/"\nkey = "{key}"\n'
    )
    return path


@pytest.mark.anyio
@pytest.mark.system
@pytest.mark.timeout(240)
async def test_killed_again_and_again_it_never_contradicts_what_a_witness_saw(
    tmp_path: Path,
) -> None:
    """Gateway and witness die at random; the log only grows, and an alert's evidence verifies."""
    state = tmp_path / "gateway"
    pub = Key.load_or_make(state / "key").public.hex()
    address = f"127.0.0.1:{free_port()}"
    log = tmp_path / "witness.log"
    watching = ("--listen", address, "--trust", pub, "--state", str(tmp_path / "witness"))
    with (
        mosquitto(tmp_path) as broker,
        running(log, "witness", *watching, "--name", "w.example") as witness,
    ):
        await _until(lambda: b"w.example+" in log.read_bytes())
        key = re.findall(rb"w\.example\+\S+", log.read_bytes())[0].decode()
        path = config(tmp_path, broker.port, address, key)
        with running(tmp_path / "gateway.log", "gateway", "--config", str(path)) as gateway:
            dial = dialler(BrokerConfig(port=broker.port))
            await _speak(tmp_path, dial, (gateway, witness))
            await _until(lambda: _is_seen(state))
            alert = _alert(state)
            out = str(tmp_path / "evidence.zip")
            export = ("evidence", "export", alert, "--config", str(path), "-o", out)
            assert "Back-dating is excluded from" in _said(*export)
    assert "CONTRADICTS" not in log.read_text()
    said = _said("evidence", "verify", out, "--trust", pub, "--trust", key)
    assert said.endswith("VERIFIED.\n")


async def _speak(folder: Path, dial: Dial, mortals: tuple[Process, Process]) -> None:
    """An agent reads seals while both are killed."""
    chance, clock = random.Random(3), SystemClock()  # noqa: S311 - a seed, no secret
    source, key = Source("/KEMBA/gate-2"), Key.make()
    await _until((folder / "gateway" / "journal.sqlite").exists)
    public = await _enrolled(dial, source, key, make_code(folder / "gateway", source, clock))
    async with (
        Outbox.open(folder / "outbox", source=source, key=key, clock=clock) as outbox,
        asyncio.TaskGroup() as tasks,
    ):
        speaking = tasks.create_task(
            uplink.run(
                outbox,
                dial,
                gateway_key=public,
                facts=lambda: uplink.Facts("1"),
                alive=lambda: (),
                clock=clock,
            )
        )
        for number in range(SEALS):
            await outbox.say(Said(SealRead(device="r", seal=f"S{number}", state="opened")))
            await asyncio.sleep(0.05)
            if number % (SEALS // KILLS) == SEALS // KILLS - 1:
                await asyncio.sleep(2 * chance.random())
                for mortal in mortals[: chance.randrange(1, 3)]:
                    mortal.kill()
                    mortal.start()
        async with asyncio.timeout(WAIT_S):
            while any(one.messages for one in await outbox.call(outbox.end.queues)):
                await asyncio.sleep(0.2)
        speaking.cancel()


def _is_seen(state: Path) -> bool:
    """Whether a witness has cosigned what holds every alert."""
    with closing(connect(state / "journal.sqlite")) as at:
        (last, count) = at.execute("SELECT max(position), count(*) FROM change").fetchone()
        return count > SEALS and tree.covering(at, last, is_witnessed=True) is not None


def _alert(state: Path) -> str:
    with closing(connect(state / "journal.sqlite")) as at:
        for (body,) in at.execute("SELECT body FROM change ORDER BY number DESC"):
            message = read(body).message()
            if isinstance(message, AlertChanged) and message.alert.rule == "seal_opened":
                return message.alert.id
    raise AssertionError("there is no alert")


def _said(*arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "greenlane", *arguments],
        capture_output=True,
        text=True,
        timeout=WAIT_S,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


async def _until(is_so: Callable[[], bool]) -> None:
    async with asyncio.timeout(WAIT_S):
        while not is_so():
            await asyncio.sleep(0.1)


async def _enrolled(dial: Dial, source: Source, key: Key, code: str) -> bytes:
    """Enrol, as soon as the gateway answers."""
    for _ in range(10):
        try:
            return await enrol(dial, source=source, key=key, code=code, clock=SystemClock())
        except Unavailable:
            await asyncio.sleep(1)
    raise AssertionError("nobody enrols us")
