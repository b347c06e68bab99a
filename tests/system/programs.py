"""Commands of ``greenlane`` as processes of their own: started, asked to end, killed."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, Self

import pytest

WAIT_S_MAX: Final = 90.0
"""A loaded machine may take its time; what never comes fails all the same."""
STOP_S_MAX: Final = 15.0


def until(fact: Callable[[], Any], says: Callable[[], object] = str) -> Any:
    """Wait until the fact holds; returns it. ``says`` explains what was seen instead."""
    deadline = time.monotonic() + WAIT_S_MAX
    while not (found := fact()):
        if time.monotonic() > deadline:
            pytest.fail(f"not within {WAIT_S_MAX:.0f} s: {says()}")
        time.sleep(0.1)
    return found


class Program:
    """One ``greenlane`` command as a process; its output goes to files."""

    def __init__(self, directory: Path, name: str, *arguments: str) -> None:
        self._arguments: Final = arguments
        self.out: Final = directory / f"{name}.out"
        self.log: Final = directory / f"{name}.log"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it; says nothing about when it is ready."""
        command = [sys.executable, "-m", "greenlane", *self._arguments]
        with self.out.open("ab") as out, self.log.open("ab") as log:
            self._process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=out, stderr=log
            )

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    @property
    def pid(self) -> int:
        """Its process id."""
        assert self._process is not None
        return self._process.pid

    @property
    def ended(self) -> tuple[int] | None:
        """Its exit code, once it has ended by itself."""
        code = self._process.poll() if self._process else None
        return None if code is None else (code,)

    def kill(self) -> None:
        """End it as a power cut does."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(STOP_S_MAX)
            self._process = None

    def stop(self, number: int = signal.SIGTERM) -> int:
        """Ask it to end; returns its exit code."""
        process, self._process = self._process, None
        if process is None:
            return 0
        process.send_signal(number)
        try:
            return process.wait(STOP_S_MAX)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            pytest.fail(f"did not end: {self.log.read_text()[-2000:]}")

    def said(self, beginning: str) -> str:
        """The first line of its output that begins so, without the beginning; waits for it."""

        def line() -> str:
            lines = self.out.read_text().splitlines()
            return next((one for one in lines if one.startswith(beginning)), "")

        found: str = until(line, lambda: self.log.read_text()[-2000:])
        return found.removeprefix(beginning).strip()


def greenlane(*arguments: str) -> str:
    """Run a command to its end; returns what it printed."""
    done = subprocess.run(
        [sys.executable, "-m", "greenlane", *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env=os.environ | {"PYTHONUNBUFFERED": "1"},
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()
