"""The API as its own document describes it, asked thousands of strange things: never a 5xx."""

import asyncio
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings

from contract.clock import SystemClock
from contract.links.memory import Hub
from contract.messages import AlertChanged
from tests.command_center.desk import WAIT_S, Desk, running
from tests.command_center.scripted import Gateway, agent, alert

EXAMPLES: Final = 8
"""Of each operation; bounded, for this box has two cores."""
LEFT_OUT: Final = ("/api/sign-out", "/api/alerts/stream")
"""One ends the session of the test itself; the other never ends."""


class Served:
    """A command center on a thread of its own: schemathesis asks from this one."""

    def __init__(self, path: Path) -> None:
        self._path: Final = path
        self._is_ready: Final = threading.Event()
        self.url = ""
        self.cookie = ""
        self._loop: asyncio.AbstractEventLoop | None = None
        self._ended: asyncio.Event | None = None

    @contextmanager
    def running(self) -> Iterator[None]:
        """Serve until left."""
        thread = threading.Thread(target=lambda: asyncio.run(self._serve()), name="served")
        thread.start()
        try:
            assert self._is_ready.wait(WAIT_S)
            yield
        finally:
            if self._loop is not None and self._ended is not None:
                self._loop.call_soon_threadsafe(self._ended.set)
            thread.join(WAIT_S)

    async def _serve(self) -> None:
        gateway = Gateway(Hub(), SystemClock())
        self._loop, self._ended = asyncio.get_running_loop(), asyncio.Event()
        async with gateway.running():
            await gateway.tell(AlertChanged(alert=alert("a1")))
            await gateway.tell(agent(gateway.key))
            async with running(self._path, gateway) as desk:
                await self._prepare(desk)
                self._is_ready.set()
                await self._ended.wait()

    async def _prepare(self, desk: Desk) -> None:
        await desk.sign_in_first()
        await desk.until(2)
        self.url = desk.ready.url
        self.cookie = desk.client.cookies["greenlane_session"]


@pytest.mark.timeout(110)
def test_nothing_that_the_document_allows_makes_a_5xx(tmp_path: Path) -> None:
    """Every operation, valid and invalid values, as an admin."""
    served = Served(tmp_path)
    with served.running():
        cookie = {"Cookie": f"greenlane_session={served.cookie}"}
        document = httpx.get(f"{served.url}/api/openapi.json", headers=cookie, timeout=30).json()
        schema = schemathesis.openapi.from_dict(document)
        tried = Counter[int]()
        for result in schema.get_all_operations():
            operation = result.ok()  # type: ignore[union-attr]  # if it is not, this fails
            if operation.path not in LEFT_OUT:
                _try(operation, served, cookie, tried)
        # It was let in, found things, and was refused what is wrong: not one answer to all.
        assert {200, 422} <= set(tried), tried


def _try(operation: Any, served: Served, cookie: dict[str, str], tried: Counter[int]) -> None:
    @given(case=operation.as_strategy())
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
        database=None,
    )
    def ask(case: Any) -> None:
        headers = {**cookie, "X-Greenlane": "1"}
        answer = case.call(base_url=served.url, headers=headers, timeout=30)
        assert answer.status_code < 500, (operation.label, answer.status_code, answer.text)
        tried[answer.status_code] += 1

    ask()
