"""The embedded broker: rumqttd (from the wheel ``iotcore``) as a child process on 127.0.0.1.

For the demo, tests and small posts; a post that matters runs mosquitto
(``firmware_configs/mosquitto``). The child has a session of its own, so that Ctrl-C reaches only us
and services can say goodbye before the broker goes; and it cannot outlive us (see `serve`).
"""

import asyncio
import contextlib
import ctypes
import logging
import os
import signal
import socket
import sys
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

from greenlane.exits import Outside

PAYLOAD_BYTES_MAX: Final = 9 * 1024 * 1024
"""One packet: a page of changes is 8 MiB at most, and its properties come on top."""
SEGMENT_BYTES_MAX: Final = 2 * 1024 * 1024
SEGMENTS_MAX: Final = 4
"""rumqttd keeps a log of each topic filter: 8 MiB, or one packet if that is larger."""
CONNECTIONS_MAX: Final = 1_000
INFLIGHT_MAX: Final = 2_000
UP_S_MAX: Final = 10.0
STOP_S_MAX: Final = 2.0
AGAIN_S: Final = 1.0
"""Pause before a broker that died is started again."""

_POLL_S: Final = 0.02
_PR_SET_PDEATHSIG: Final = 1

_CONFIG: Final = """\
id = 0

[router]
id = 0
max_connections = {connections}
max_outgoing_packet_count = 500
max_segment_size = {segment_bytes}
max_segment_count = {segments}

[v5.1]
name = "greenlane"
listen = "127.0.0.1:{port}"
next_connection_delay_ms = 1

[v5.1.connections]
connection_timeout_ms = 10000
max_payload_size = {payload_bytes}
max_inflight_count = {inflight}
dynamic_filters = true
"""

log: Final = logging.getLogger(__name__)


@asynccontextmanager
async def running(state_dir: Path, *, port: int = 0) -> AsyncIterator[int]:
    """Keep a broker up; yields its port (a free one for 0). A broker that dies is started again."""
    port = port or _free_port()
    config = state_dir / "broker.toml"
    config.write_text(
        _CONFIG.format(
            port=port,
            connections=CONNECTIONS_MAX,
            segment_bytes=SEGMENT_BYTES_MAX,
            segments=SEGMENTS_MAX,
            payload_bytes=PAYLOAD_BYTES_MAX,
            inflight=INFLIGHT_MAX,
        )
    )
    broker = _Child(config, port)
    try:
        await broker.start()
        async with asyncio.TaskGroup() as tasks:
            keeping = tasks.create_task(broker.keep_up(), name="embedded broker")
            yield port
            keeping.cancel()
    finally:
        await broker.stop()


class _Child:
    """The process that is the broker."""

    def __init__(self, config: Path, port: int) -> None:
        self._config: Final = config
        self._port: Final = port
        self._process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        """Start it and wait until it accepts connections."""
        self._process = process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", __name__, str(self._config)),
            stdin=asyncio.subprocess.PIPE,  # closes when we are gone, however we went
            stdout=asyncio.subprocess.DEVNULL,
            start_new_session=True,
        )
        try:
            async with asyncio.timeout(UP_S_MAX):
                while process.returncode is None and not await _answers(self._port):  # noqa: ASYNC110 - polled
                    await asyncio.sleep(_POLL_S)
        except TimeoutError as error:
            raise Outside(f"The embedded broker did not come up in {UP_S_MAX:.0f} s.") from error
        if process.returncode is not None:
            raise Outside(f"The embedded broker ended at once (code {process.returncode}).")
        log.info("embedded broker up", extra={"port": self._port, "pid": process.pid})

    async def keep_up(self) -> None:
        """Start it again whenever it died."""
        while self._process is not None:
            code = await self._process.wait()
            log.warning("embedded broker died", extra={"code": code})
            await asyncio.sleep(AGAIN_S)
            await self.start()

    async def stop(self) -> None:
        """End it; harmless if it has ended."""
        process = self._process
        if process is None or process.returncode is not None:
            return
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        try:
            async with asyncio.timeout(STOP_S_MAX):
                await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()


async def _answers(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return False
    writer.close()
    return True


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


# --- the child ---------------------------------------------------------------------------------


def serve(config: str, die: Callable[[], None]) -> None:
    """Be the broker until ended; ``die`` is called when the parent goes."""
    from iotcore import IotCoreBroker

    def watch() -> None:
        while os.read(0, 4096):
            pass
        die()

    threading.Thread(target=watch, name="parent watch", daemon=True).start()
    # rumqttd logs every packet as an error through Python's logging: nobody should pay for that.
    logging.disable()
    IotCoreBroker(config_path=config).run_forever()


def _die() -> None:
    os._exit(0)


if __name__ == "__main__":
    if sys.platform == "linux":
        # A parent that was killed takes the broker with it, even if the pipe was inherited.
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    serve(sys.argv[1], _die)
