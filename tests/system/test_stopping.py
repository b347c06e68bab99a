"""The command center as a process is asked to end while a browser waits for the gateway."""

import asyncio
from pathlib import Path

import httpx
import pytest

from contract.clock import SystemClock
from contract.messages import BlobAsked, Message
from tests.command_center.desk import GOOD
from tests.command_center.scripted import Gateway
from tests.system.center import Broker, center
from tests.system.programs import Program
from tests.system.servers import Server, mosquitto

pytestmark = [pytest.mark.system, pytest.mark.anyio, pytest.mark.timeout(180)]

WAIT_S = 60
PICTURE = "/api/blobs/" + "0" * 64


class Hanging(Gateway):
    """Notes that it was asked for a picture, and says nothing more."""

    def __init__(self, server: Server) -> None:
        super().__init__(Broker(server), SystemClock())  # type: ignore[arg-type]  # anything that can be dialled
        self.was_asked = asyncio.Event()

    async def answered(self, question: Message) -> Message:
        """Once it is asked for a picture, never."""
        if isinstance(question, BlobAsked):
            self.was_asked.set()
            await asyncio.Future()
        return await super().answered(question)


async def signed_in(program: Program) -> httpx.AsyncClient:
    """The first officer's browser."""
    said = await asyncio.to_thread(program.said, "Nobody can sign in yet. Your one-time link:")
    link = httpx.URL(said)
    officer = httpx.AsyncClient(base_url=link.join("/"), headers={"X-Greenlane": "1"})
    await officer.get(link)
    await officer.post("/api/password", json={"password": GOOD})
    return officer


async def test_who_waits_for_a_picture_is_told_that_it_does_not_come(tmp_path: Path) -> None:
    """At once, in a sentence; the command center ends in order and logs no failure of its own."""
    with mosquitto(tmp_path / "mosquitto") as server:
        gateway = Hanging(server)
        async with gateway.running(), asyncio.timeout(WAIT_S):
            program = center(tmp_path, server, gateway)
            with program:
                officer = await signed_in(program)
                asked = asyncio.ensure_future(officer.get(PICTURE))
                await gateway.was_asked.wait()
                assert await asyncio.to_thread(program.stop) == 0
                answer = await asked
                await officer.aclose()
    log = program.log.read_text()
    assert answer.status_code == httpx.codes.SERVICE_UNAVAILABLE
    assert answer.json() == {"error": "The link broke before the answer came"}
    assert "Traceback" not in log
    assert " ERROR " not in log
