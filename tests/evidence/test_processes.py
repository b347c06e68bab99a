"""Real processes: a gateway that is killed, a witness that is killed, and evidence in the end."""

import asyncio
import random
import re
from contextlib import closing
from pathlib import Path

import pytest

from contract.clock import SystemClock
from contract.delivery.outbox import Outbox
from contract.delivery.source_end import Said
from contract.identifiers import Source
from contract.link import Dial
from contract.links.mqtt import BrokerConfig, dialler
from contract.messages import AlertChanged, SealRead, read
from contract.signing import Key
from gateway.journal.store import connect
from gateway.notary import tree
from tests.support.box import enrolled, speaking
from tests.support.waiting import until
from tests.system.programs import Program, greenlane
from tests.system.servers import free_port, mosquitto

KILLS = 4
SEALS = 40
WAIT_S = 60


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
    watching = ("--listen", address, "--trust", pub, "--state", str(tmp_path / "witness"))
    with (
        mosquitto(tmp_path) as broker,
        Program(tmp_path, "w", "witness", *watching, "--name", "w.example") as witness,
    ):
        await until(lambda: "w.example+" in witness.out.read_text())
        key = re.findall(r"w\.example\+\S+", witness.out.read_text())[0]
        path = config(tmp_path, broker.port, address, key)
        with Program(tmp_path, "g", "gateway", "--config", str(path)) as gateway:
            dial = dialler(BrokerConfig(port=broker.port))
            await _speak(tmp_path, dial, (gateway, witness))
            await until(lambda: _is_seen(state))
            alert = _alert(state)
            out = str(tmp_path / "evidence.zip")
            export = ("evidence", "export", alert, "--config", str(path), "-o", out)
            assert "Back-dating is excluded from" in greenlane(*export)
    assert "CONTRADICTS" not in witness.log.read_text()
    said = greenlane("evidence", "verify", out, "--trust", pub, "--trust", key)
    assert said.endswith("VERIFIED.")


async def _speak(folder: Path, dial: Dial, mortals: tuple[Program, Program]) -> None:
    """An agent reads seals while both are killed."""
    chance, clock = random.Random(3), SystemClock()  # noqa: S311 - a seed, no secret
    source, key = Source("/KEMBA/gate-2"), Key.make()
    await until((folder / "gateway" / "journal.sqlite").exists)
    public = await enrolled(dial, folder / "gateway", source, key, clock)
    async with (
        Outbox.open(folder / "outbox", source=source, key=key, clock=clock) as outbox,
        speaking(outbox, dial, public, clock),
    ):
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
