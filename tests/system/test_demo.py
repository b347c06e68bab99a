"""The demo as people and scripts start it: one READY line, a quick end, one sentence else."""

import asyncio
import re
import signal
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import psutil
import pytest

from greenlane import demo
from greenlane.exits import OK, OUTSIDE, USAGE, Outside
from tests.system.programs import Program, until
from tests.system.servers import free_port

pytestmark = [pytest.mark.system, pytest.mark.timeout(200)]

END_S_MAX = 5.0


@contextmanager
def started(directory: Path, *arguments: str) -> Iterator[Program]:
    program = Program(directory, "demo", "demo", "--headless", *arguments)
    program.start()
    try:
        yield program
    finally:
        program.kill()


def exit_code(program: Program) -> int:
    """Wait for a program that ends by itself."""
    return int(until(lambda: program.ended, program.log.read_text)[0])


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_says_ready_once_and_ends_in_order(tmp_path: Path, number: signal.Signals) -> None:
    """READY has the one-time link, the link works, and Ctrl-C ends everything within 5 s."""
    port = free_port()
    with started(tmp_path, "--port", str(port), "--state", str(tmp_path / "state")) as program:
        address = program.said("READY ")
        assert re.fullmatch(rf"http://127\.0\.0\.1:{port}/first\?token=\S+", address)
        assert httpx.get(address).headers["location"] == "/set-password"
        children = psutil.Process(program.pid).children(recursive=True)
        began = time.monotonic()
        assert program.stop(number) == OK
        assert time.monotonic() - began < END_S_MAX
        assert len(program.out.read_text().splitlines()) == 1
        assert not any(child.is_running() for child in children)


def test_the_second_start_remembers(tmp_path: Path) -> None:
    """The officer who set a password signs in with it after a restart; the link is gone."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    state = ("--port", str(port), "--state", str(tmp_path / "state"))
    headers = {"X-Greenlane": "1", "Origin": url}
    with started(tmp_path, *state) as program:
        with httpx.Client(base_url=url, headers=headers) as officer:
            officer.get(program.said("READY "))
            officer.post("/api/password", json={"password": "amber is for asking"})
        assert program.stop(signal.SIGINT) == OK
    program.out.unlink()
    with started(tmp_path, *state) as program:
        assert program.said("READY ") == f"{url}/"
        signed = {"name": "admin", "password": "amber is for asking"}
        answer = httpx.post(f"{url}/api/sign-in", json=signed, headers=headers)
        assert answer.status_code == httpx.codes.NO_CONTENT


def test_a_port_in_use_is_one_sentence(tmp_path: Path) -> None:
    """Exit code 3, and the sentence says which port and what to do."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with started(tmp_path, "--port", str(port), "--state", str(tmp_path)) as program:
            assert exit_code(program) == OUTSIDE
            last = program.log.read_text().splitlines()[-1]
    assert f"Port {port}" in last
    assert "--port" in last


def test_a_state_directory_that_cannot_be_is_one_sentence(tmp_path: Path) -> None:
    """Exit code 3, and no traceback."""
    (tmp_path / "file").touch()
    with started(tmp_path, "--state", str(tmp_path / "file" / "state")) as program:
        assert exit_code(program) == OUTSIDE
        assert "Traceback" not in program.log.read_text()


def test_bad_usage_is_exit_code_2(tmp_path: Path) -> None:
    """A broker address that is none, before anything starts."""
    with started(tmp_path, "--broker", "http://127.0.0.1") as program:
        assert exit_code(program) == USAGE


def test_a_second_demo_of_one_state_is_refused(tmp_path: Path) -> None:
    """Two processes on one journal would each think it theirs."""
    state = ("--state", str(tmp_path / "state"))
    (tmp_path / "second").mkdir()
    with started(tmp_path, "--port", str(free_port()), *state) as program:
        program.said("READY ")
        with started(tmp_path / "second", "--port", str(free_port()), *state) as second:
            assert exit_code(second) == OUTSIDE
            assert "Another demo" in second.log.read_text()


def test_a_full_disk_is_one_sentence(tmp_path: Path) -> None:
    """With less room than it needs the demo says so and does not begin."""
    config = demo.DemoConfig(state=tmp_path, port=free_port(), free_bytes_min=1 << 62)
    heard = demo.Heard(says=lambda _part, _how: None, ready=lambda _address: None)
    with pytest.raises(Outside, match=r"The disk of .* is full"):
        asyncio.run(demo.run(config, heard))
