"""The whole line of real processes: ``python -m greenlane …`` over mosquitto and InfluxDB."""

import itertools
import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Final

import httpx
import pytest
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin

from models.inference import Model
from models.passport import WILDLIFE_MODEL
from simulators.scanner import picture_of
from tests.system.programs import Program, greenlane, until
from tests.system.servers import Influxd, Server, free_port, mosquitto

POST: Final = "KEMBA"
PASSWORD: Final = "amber lanes are for asking"  # noqa: S105 - guards nothing
DATABASE: Final = "greenlane"
KINDS: Final = ("elephant_tusk", "rhino_horn", "pangolin_scales", "turtle_shell")
MARGIN: Final = 0.03
"""Above its threshold, so that another processor's rounding changes nothing."""


class Line:
    """Broker, InfluxDB, gateway, command center and one agent, each a process of its own.

    ``devices`` is what the agent is told, ``more`` what the gateway is told besides, both as TOML.
    """

    def __init__(
        self, directory: Path, devices: str, *, is_embedded: bool = False, more: str = ""
    ) -> None:
        self.directory: Final = directory
        self._is_embedded: Final = is_embedded
        self._more: Final = more
        self.broker: Final[Server] = mosquitto(directory / "mosquitto")
        self.influx: Final = Influxd(directory / "influx")
        self._web_port: Final = free_port()
        self._write(devices)
        self.gateway: Final = self._program("gateway", "gateway")
        self.command_center: Final = self._program("command-center", "command-center")
        self.agent: Final = self._program("lane-1", "edge")
        self.officer: httpx.Client

    @contextmanager
    def running(self) -> Iterator["Line"]:
        """Start everything, enrolled and signed in; end it in order."""
        with ExitStack() as stack:
            for server in (self.broker, self.influx):
                stack.enter_context(server)
            for program in (self.gateway, self.command_center, self.agent):
                stack.callback(program.stop)
            self.gateway.start()
            until(lambda: "the gateway hears" in self.gateway.log.read_text())
            self._enrol("command-center", "command-center")
            self._enrol("lane-1", "edge")
            self.command_center.start()
            self._sign_in(self.command_center.said("Nobody can sign in yet. Your one-time link:"))
            stack.callback(self.officer.close)
            self.agent.start()
            yield self

    def board(self) -> dict[str, Any]:
        """What the dashboard would show now."""
        board: dict[str, Any] = self.officer.get("/api/board").raise_for_status().json()
        return board

    def live(self) -> ClientConnection:
        """The stream that the dashboard hears."""
        cookies = "; ".join(f"{name}={value}" for name, value in self.officer.cookies.items())
        return connect(
            f"ws://127.0.0.1:{self._web_port}/api/live",
            origin=Origin(f"http://127.0.0.1:{self._web_port}"),
            additional_headers={"Cookie": cookies},
            max_size=None,
        )

    def points(self, device: str, kind: str = "reading") -> list[float]:
        """All values of a device in InfluxDB, in the order of their times."""
        query = f'SELECT "value" FROM "{kind}" WHERE "device"=\'{device}\''  # noqa: S608 - ours
        (result,) = self.influx.ask(query, DATABASE)["results"]
        return [row[1] for series in result.get("series", ()) for row in series["values"]]

    def is_complete(self, source: str) -> bool:
        """Whether the gateway says that nothing of this source is missing, lost or waiting."""
        states = {one["source"]: one for one in self.board()["completeness"]}
        told = states.get(source)
        return (
            told is not None
            and told["status"] == "complete"
            and not any(
                stream.get("missing") or stream.get("lost") or stream.get("waiting")
                for stream in told["streams"]
            )
        )

    def _enrol(self, name: str, command: str) -> None:
        code = greenlane("gateway", "code", "--config", self._config("gateway"), "--agent", name)
        greenlane(command, "enroll", "--config", self._config(name), "--code", code)

    def _sign_in(self, link: str) -> None:
        url = f"http://127.0.0.1:{self._web_port}"
        self.officer = httpx.Client(
            base_url=url, headers={"X-Greenlane": "1", "Origin": url}, timeout=30
        )
        assert self.officer.get(link).status_code == httpx.codes.SEE_OTHER
        self.officer.post("/api/password", json={"password": PASSWORD}).raise_for_status()

    def _program(self, name: str, command: str) -> Program:
        return Program(self.directory, name, command, "--config", self._config(name))

    def _config(self, name: str) -> str:
        return str(self.directory / f"{name}.toml")

    def _write(self, devices: str) -> None:
        broker = f'[broker]\nhost = "127.0.0.1"\nport = {self.broker.port}\n'
        state = json.dumps(str(self.directory))[1:-1]
        influx = f'kind = "influx1"\ndatabase = "{DATABASE}"\nurl = "{self.influx.url}"\n'
        sink = 'kind = "embedded"\n' if self._is_embedded else influx
        (self.directory / "gateway.toml").write_text(
            f'state_dir = "{state}/gateway"\nposts = ["{POST}"]\n{broker}'
            f"[sinks.store]\n{sink}{self._more}"
        )
        (self.directory / "command-center.toml").write_text(
            f'state_dir = "{state}/command-center"\npost = "{POST}"\n'
            f"port = {self._web_port}\n{broker}"
        )
        (self.directory / "lane-1.toml").write_text(
            f'post = "{POST}"\nname = "lane-1"\nstate_dir = "{state}/lane-1"\n{broker}{devices}'
        )


def picture_that_alerts() -> bytes:
    """The first simulated bag in which the model surely sees contraband."""
    model = Model(WILDLIFE_MODEL)
    for seed, kind in itertools.product(range(40), KINDS):
        picture = picture_of(seed, kind)
        if any(
            seen.score >= model.passport.thresholds[seen.kind] + MARGIN
            for seen in model.scan(picture).detections
        ):
            return picture
    pytest.fail("the model sees nothing in 160 bags with contraband")
