"""Makes archives for a gateway that runs: each in a process of its own, which dies with it.

    gateway ─ order, one line of JSON ─▶ python -m … ─ the archive, and what to say of it ─▶ gateway

What an archive costs (reading the journal, hashing pictures, verifying all of it) is the child's,
at a lower priority: the line goes on beside it.
"""

import asyncio
import contextlib
import os
import shutil
import sys
import threading
from pathlib import Path
from typing import Final

import msgspec

from contract.link import Rejected, Unavailable
from gateway.config import GatewayConfig

FREE_BYTES_MIN: Final = 256 * 1024 * 1024
"""Below that the disk is the journal's."""
NICE: Final = 10
NOTES_MAX: Final = 20
"""Sentences that are told; all that is not in the archive stands in its manifest."""
REFUSED: Final = 1
"""Exit code: the last line on standard error is the reason."""


class _Order(msgspec.Struct, frozen=True):
    """What the child is told."""

    alert: str
    out: str
    bytes_max: int
    config: GatewayConfig


class Archivist:
    """See `gateway.answers.exports.Archivist`."""

    def __init__(self, config: GatewayConfig) -> None:
        self._config: Final = config

    async def __call__(self, alert: str, out: Path, *, bytes_max: int) -> tuple[str, ...]:
        """Write the archive; raises `Rejected` or `Unavailable`."""
        try:
            out.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            is_full = shutil.disk_usage(out.parent).free < FREE_BYTES_MIN
        except OSError as error:
            raise Unavailable(f"nothing can be written there: {error}") from error
        if is_full:
            raise Unavailable("the gateway's disk has no room for an archive")
        order = _Order(alert, str(out), bytes_max, self._config)
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", __name__),
            stdin=asyncio.subprocess.PIPE,  # closes when we are gone, however we went
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        try:
            said, reason = await _heard(process, msgspec.json.encode(order) + b"\n")
        finally:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            if await process.wait():
                _sweep(out)
        if process.returncode:
            raise Rejected(reason or f"the archive was not made (code {process.returncode})")
        return tuple(said.splitlines())


async def _heard(process: asyncio.subprocess.Process, order: bytes) -> tuple[str, str]:
    """Its words, and the last line of its complaints."""
    assert process.stdin is not None  # noqa: S101 - all three are pipes
    assert process.stdout is not None  # noqa: S101
    assert process.stderr is not None  # noqa: S101
    process.stdin.write(order)
    said, complaint = await asyncio.gather(process.stdout.read(), process.stderr.read())
    await process.wait()
    lines = complaint.decode(errors="replace").strip().splitlines()
    return said.decode(errors="replace"), lines[-1] if lines else ""


def _sweep(out: Path) -> None:
    """What a child that was stopped left behind."""
    for path in out.parent.glob(f"{out.name}*"):
        path.unlink(missing_ok=True)


# --- the child ---------------------------------------------------------------------------------


def main() -> int:
    """Write one archive."""
    from contract.clock import SystemClock
    from greenlane.evidence.export import Order, export

    os.nice(NICE)
    order = msgspec.json.decode(sys.stdin.buffer.readline(), type=_Order)
    threading.Thread(target=_die_with_the_gateway, name="gateway watch", daemon=True).start()
    asked = Order(
        alert=order.alert,
        out=Path(order.out),
        config=order.config,
        state=order.config.folder,
        bytes_max=order.bytes_max,
    )
    try:
        lines = export(asked, SystemClock())
    except (Rejected, OSError) as error:
        print(error, file=sys.stderr)
        return REFUSED
    # The first names a file that only this machine has, the last says what nobody shall miss.
    _, *absent, back_dating = lines
    if len(absent) >= NOTES_MAX:
        absent[NOTES_MAX - 2 :] = [f"{len(absent) - NOTES_MAX + 2} more; the manifest names them."]
    print("\n".join([*absent, back_dating]))
    return 0


def _die_with_the_gateway() -> None:
    while os.read(0, 4096):
        pass
    os._exit(REFUSED)


if __name__ == "__main__":
    sys.exit(main())
