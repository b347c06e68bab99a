"""The player as a process of its own, for the benches that have one."""

import argparse
import os
import secrets
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from scripts.benches.side import Side
from scripts.benches.usage import Part

LAG_S_MAX: Final = 1.0
"""A player that is later than that did not keep the rate."""


@contextmanager
def playing(
    side: Side,
    rate: float,
    keys: Path,
    asked: argparse.Namespace,
    alerts: float,
    *,
    is_paused: bool = False,
) -> Iterator[subprocess.Popen[str]]:
    """The player as a process; it composes, and waits for a line."""
    said = {
        "port": side.broker,
        "keys": keys,
        "agents": asked.agents,
        "devices": asked.devices,
        "rate": rate,
        "seconds": asked.seconds,
        "epoch": secrets.token_hex(8),
        "alerts": alerts,
    }
    command = [sys.executable, "-m", "scripts.benches.player"]
    command += [word for name, value in said.items() for word in (f"--{name}", str(value))]
    command += ["--lines"] if side.line is None else []
    command += ["--pause"] if is_paused else []
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True) as player:
        try:
            yield player
        finally:
            player.kill()


def said_by(player: subprocess.Popen[str], parts: dict[str, Part] | None = None) -> str:
    """Its next line; the parts are looked at meanwhile."""
    assert player.stdout is not None  # noqa: S101 - it is a pipe
    os.set_blocking(player.stdout.fileno(), False)
    said = ""
    while not said.endswith("\n"):
        said += player.stdout.readline() or ""
        for part in (parts or {}).values():
            part.look()
        if player.poll() is not None and not said:
            sys.exit("the player failed: see above")
        time.sleep(0.1)
    return said
