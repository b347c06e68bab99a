"""Real servers as tests need them: mosquitto and InfluxDB of our own, on free ports of 127.0.0.1.

Debian starts both as services on some machines; nothing here depends on those.
"""

import getpass
import os
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path
from typing import Any, Final, Self

import httpx
import pytest

UP_S_MAX: Final = 20.0
STOP_S_MAX: Final = 10.0
ASK_S_MAX: Final = 300.0
"""A bench asks a database for all that it has."""
CONFIG: Final = Path(__file__).parents[2] / "firmware_configs" / "mosquitto" / "greenlane.conf"
_PATH: Final = os.environ.get("PATH", os.defpath) + ":/usr/sbin"


def free_port() -> int:
    """A port that was free just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def answers(port: int) -> bool:
    """Whether somebody listens there."""
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


def program(name: str, package: str) -> str:
    """The path of a server's program; scripts/test installs what is missing."""
    found = shutil.which(name, path=_PATH)
    if found is None:
        pytest.fail(f"{name} is not installed: apt-get install {package}")
    return found


class Server:
    """A process that listens on one port; start it again as often as you like."""

    def __init__(self, command: list[str], port: int, log: Path, **environment: str) -> None:
        self.port: Final = port
        self._environment: Final = os.environ | environment
        self._command: Final = command
        self._log: Final = log
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """Its process id."""
        assert self._process is not None
        return self._process.pid

    def start(self) -> None:
        """Start it and wait until it accepts connections."""
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                self._command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=self._environment,
            )
        deadline = time.monotonic() + UP_S_MAX
        while not answers(self.port):
            if self._process.poll() is not None or time.monotonic() > deadline:
                pytest.fail(f"{self._command[0]} did not come up:\n{self._log.read_text()[-2000:]}")
            time.sleep(0.02)

    def kill(self) -> None:
        """End it as a power cut does."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """End it in order."""
        self._end(signal.SIGTERM)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _end(self, number: int) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        process.send_signal(number)
        try:
            process.wait(STOP_S_MAX)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def mosquitto(directory: Path) -> Server:
    """A mosquitto with the limits of our delivered configuration, without TLS."""
    port = free_port()
    directory.mkdir(exist_ok=True)
    config = directory / "mosquitto.conf"
    config.write_text(without_tls(CONFIG.read_text(), port))
    command = [program("mosquitto", "mosquitto"), "-c", str(config)]
    return Server(command, port, directory / "mosquitto.log")


def without_tls(config: str, port: int) -> str:
    """The delivered configuration for a port of this machine, open to everybody on it."""
    files = ("cafile", "certfile", "keyfile", "crlfile", "acl_file")
    secured = ("listener", *files, "require_", "use_identity", "plugin")
    doors = ("allow_", "per_listener", "max_connections")
    lines = [line for line in config.splitlines() if not line.startswith((*secured, *doors))]
    return "\n".join([f"listener {port} 127.0.0.1", "allow_anonymous true", *lines]) + "\n"


def secured_mosquitto(directory: Path, authority: Path) -> tuple[Server, int, int]:
    """The delivered configuration with the certificates of this authority; its port and its door.

    Only the paths and ports are those of a test.
    """
    port, door = free_port(), free_port()
    text = CONFIG.read_text()
    for file in ("greenlane.acl", "enrol.acl", "dynamic-security.json"):
        (directory / file).write_text((CONFIG.parent / file).read_text())
        text = text.replace(f"/etc/mosquitto/greenlane/{file}", str(directory / file))
    text = text.replace("/etc/mosquitto/greenlane", str(authority))
    # mosquitto gives up root's rights, and has to read its key all the same.
    text = text.replace("listener 8883", f"user {getpass.getuser()}\nlistener {port} 127.0.0.1")
    text = text.replace("listener 8884", f"listener {door} 127.0.0.1")
    config = directory / "greenlane.conf"
    config.write_text(text)
    command = [program("mosquitto", "mosquitto"), "-c", str(config)]
    return Server(command, port, directory / "mosquitto.log"), port, door


class Influxd(Server):
    """An InfluxDB 1.x over files of its own; settings have their names of the environment."""

    def __init__(self, directory: Path, *, scheme: str = "http", **settings: str) -> None:
        directory.mkdir(exist_ok=True)
        port, inner = free_port(), free_port()
        config = directory / "influxdb.conf"
        config.write_text(
            f'reporting-disabled = true\nbind-address = "127.0.0.1:{inner}"\n'
            f'[meta]\ndir = "{directory}/meta"\n'
            f'[data]\ndir = "{directory}/data"\nwal-dir = "{directory}/wal"\n'
            f'[http]\nbind-address = "127.0.0.1:{port}"\nlog-enabled = false\n'
            '[monitor]\nstore-enabled = false\n[logging]\nlevel = "warn"\n'
        )
        command = [program("influxd", "influxdb"), "-config", str(config)]
        super().__init__(command, port, directory / "influxd.log", **settings)
        self.url: Final = f"{scheme}://127.0.0.1:{port}"

    def ask(self, question: str, database: str = "") -> Any:
        """What it answers, with times in nanoseconds."""
        asked = {"q": question, "db": database, "epoch": "ns"}
        url = f"{self.url}/query"
        return (
            httpx.post(url, params=asked, timeout=ASK_S_MAX, trust_env=False)
            .raise_for_status()
            .json()
        )

    def write(self, body: bytes, database: str) -> None:
        """Keep lines."""
        asked = {"db": database, "precision": "ns"}
        url = f"{self.url}/write"
        httpx.post(url, params=asked, content=body, trust_env=False).raise_for_status()
