"""A real InfluxDB 1.x for tests: a process on free ports of 127.0.0.1, its files in a folder."""

import os
import shutil
import socket
import subprocess
import time
from pathlib import Path
from typing import Any, Final

import httpx
import pytest

START_S_MAX: Final = 60.0


def free_port() -> int:
    """A TCP port that nobody listens at now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def program() -> str:
    """Where influxd is; skips the test where it is not, except in CI."""
    found = shutil.which("influxd") or shutil.which("/usr/bin/influxd")
    if found is None:
        assert os.environ.get("CI") != "true", "CI needs influxd: apt-get install influxdb"
        pytest.skip("influxd is not installed: apt-get install influxdb")
    return found


class Influxd:
    """One InfluxDB; starts, dies and starts again over the same files and ports."""

    def __init__(self, folder: Path, *, scheme: str = "http", **settings: str) -> None:
        self._folder: Final = folder
        self._scheme: Final = scheme
        self._port: Final = free_port()
        self._environment: Final = {
            "PATH": os.environ.get("PATH", ""),
            "HOME": str(folder),
            "INFLUXDB_BIND_ADDRESS": f"127.0.0.1:{free_port()}",
            "INFLUXDB_REPORTING_DISABLED": "true",
            "INFLUXDB_META_DIR": str(folder / "meta"),
            "INFLUXDB_DATA_DIR": str(folder / "data"),
            "INFLUXDB_DATA_WAL_DIR": str(folder / "wal"),
            "INFLUXDB_MONITOR_STORE_ENABLED": "false",
            "INFLUXDB_HTTP_BIND_ADDRESS": f"127.0.0.1:{self._port}",
            "INFLUXDB_HTTP_LOG_ENABLED": "false",
            "INFLUXDB_DATA_QUERY_LOG_ENABLED": "false",
            **settings,
        }
        (folder / "empty.conf").write_text("")
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"{self._scheme}://127.0.0.1:{self._port}"

    def start(self) -> None:
        """Return when it answers."""
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [program(), "-config", str(self._folder / "empty.conf")],
                env=self._environment,
                stdout=log,
                stderr=log,
            )
        until = time.monotonic() + START_S_MAX
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > until:
                raise AssertionError((self._folder / "log").read_text()[-2_000:])
            time.sleep(0.05)

    def _answers(self) -> bool:
        try:
            with httpx.Client(verify=False, trust_env=False, timeout=1) as client:  # noqa: S501 - asks only whether it lives
                return client.get(f"{self.url}/ping").status_code == 204
        except httpx.HTTPError:
            return False

    def ask(self, question: str, database: str = "") -> Any:
        """What it answers, with times in nanoseconds."""
        asked = {"q": question, "db": database, "epoch": "ns"}
        url = f"{self.url}/query"
        return httpx.post(url, params=asked, timeout=30, trust_env=False).raise_for_status().json()

    def write(self, body: bytes, database: str) -> None:
        """Keep lines."""
        asked = {"db": database, "precision": "ns"}
        url = f"{self.url}/write"
        httpx.post(url, params=asked, content=body, trust_env=False).raise_for_status()

    def kill(self) -> None:
        """SIGKILL: a power cut, as far as a process can tell."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
        self._process = None
