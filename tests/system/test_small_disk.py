"""Real processes on disks of their own that run full, and have room again."""

import errno
import subprocess
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final

import pytest
from anyio.from_thread import start_blocking_portal

from tests.system.line import Line
from tests.system.programs import until
from tests.system.sensor import Sensor, caught_up, closed_books, sensor_at

pytestmark = [pytest.mark.system, pytest.mark.timeout(400)]

POLLS_PER_S: Final = 20
DISK: Final = "16m"
BALLAST_BYTES: Final = 64 * 1024


@contextmanager
def small_disk(path: Path) -> Iterator[None]:
    """A disk of its own at this path; skips the test where none may be mounted."""
    path.mkdir(mode=0o700)
    mounting = ("mount", "-t", "tmpfs", "-o", f"size={DISK},mode=700", "tmpfs", str(path))
    done = subprocess.run(mounting, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"no disk can be mounted here: {done.stderr.strip()}")
    try:
        yield
    finally:
        subprocess.run(("umount", "--lazy", str(path)), check=True)


@contextmanager
def full(disk: Path) -> Iterator[None]:
    """Nothing more finds room on this disk."""
    ballast = disk / "ballast"
    with ballast.open("wb", buffering=0) as file:
        size = BALLAST_BYTES
        while size:
            try:
                file.write(bytes(size))
            except OSError as error:
                if error.errno != errno.ENOSPC:
                    raise
                size //= 2
    try:
        yield
    finally:
        ballast.unlink()


def test_a_full_disk_loses_nothing_and_all_go_on_by_themselves(tmp_path: Path) -> None:
    """The gateway keeps nothing and says so: the agent holds it. The agent: its devices wait."""
    sensor = Sensor()
    gateway, lane = tmp_path / "gateway", tmp_path / "lane-1"
    with ExitStack() as post:
        for disk in (gateway, lane):
            post.enter_context(small_disk(disk))
        portal = post.enter_context(start_blocking_portal())
        wire = post.enter_context(ExitStack())
        port = wire.enter_context(portal.wrap_async_context_manager(sensor.serving()))
        line = post.enter_context(Line(tmp_path, sensor_at(port, POLLS_PER_S)).running())
        caught_up(line, POLLS_PER_S)
        with full(gateway):
            until(lambda: "NOTHING IS KEPT" in line.gateway.log.read_text(), line.board)
            held = sensor.count
            until(lambda: sensor.count > held + POLLS_PER_S)
        until(lambda: "takes messages again" in line.gateway.log.read_text(), line.board)
        with full(lane):
            until(lambda: "devices wait" in line.agent.log.read_text(), line.board)
        waited = sensor.count
        until(lambda: sensor.count > waited + POLLS_PER_S)
        sensor.is_frozen = True
        caught_up(line, sensor.count)
        wire.close()
        points, kept = closed_books(line, gateway / "journal.sqlite")
    assert Counter(points) == Counter(kept)
    assert set(points) == set(range(1, sensor.count + 1))
