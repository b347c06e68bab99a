"""The word to systemd: ready once, then beats for as long as the event loop turns."""

import asyncio
import socket
from pathlib import Path

import pytest

from greenlane.watchdog import watched

pytestmark = pytest.mark.anyio


async def test_systemd_hears_that_a_service_is_ready_beats_and_ends(tmp_path: Path) -> None:
    """READY comes once with the first beat, beats follow, and the end is said."""
    where = tmp_path / "notify"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as heard:
        heard.bind(str(where))
        heard.settimeout(0)
        loop = asyncio.get_running_loop()
        said: list[bytes] = []

        async def service() -> None:
            said.extend([await loop.sock_recv(heard, 100) for _ in range(3)])

        environment = {"NOTIFY_SOCKET": str(where), "WATCHDOG_USEC": "30000"}
        await watched(service(), environment)
        assert said == [b"READY=1\nWATCHDOG=1", b"WATCHDOG=1", b"WATCHDOG=1"]
        rest = [await loop.sock_recv(heard, 100)]
        while rest[-1] != b"STOPPING=1":
            rest.append(await loop.sock_recv(heard, 100))


async def test_nobody_who_listens_is_no_trouble(tmp_path: Path) -> None:
    """Without systemd, or with a socket that is gone, a service runs all the same."""
    done: list[str] = []

    async def service() -> None:
        await asyncio.sleep(0)
        done.append("done")

    for environment in ({}, {"NOTIFY_SOCKET": str(tmp_path / "gone"), "WATCHDOG_USEC": "x"}):
        await watched(service(), environment)
    assert done == ["done", "done"]


async def test_an_error_of_the_service_is_not_lost(tmp_path: Path) -> None:
    """What ends a service ends it under a watchdog too."""

    async def service() -> None:
        await asyncio.sleep(0)
        raise ValueError("broken")

    with pytest.raises(ExceptionGroup) as group:
        await watched(service(), {"NOTIFY_SOCKET": str(tmp_path / "gone")})
    assert group.group_contains(ValueError, match="broken")
