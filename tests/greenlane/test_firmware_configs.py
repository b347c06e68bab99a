"""Every file of firmware_configs/ is read by what it is for (some in other tests)."""

import shlex
from configparser import ConfigParser
from pathlib import Path
from typing import Any

import pytest

from command_center.config import Config as CommandCenterConfig
from contract.config import load
from edge.config import AgentConfig
from gateway.config import GatewayConfig
from greenlane.cli import parser
from greenlane.commands.configured import read

ROOT = Path(__file__).parents[2] / "firmware_configs"
TOML: dict[str, type[Any]] = {
    "raspberry-pi/agent.toml": AgentConfig,
    "post/gateway.toml": GatewayConfig,
    "post/command-center.toml": CommandCenterConfig,
    "docker/command-center.toml": CommandCenterConfig,
}
TESTED_ELSEWHERE = ("mosquitto/", "esphome/", "foreign/", "influxdb/", "docker/")
"""In tests/system, tests/gateway/adapters and tests/operations."""
HANDING_OVER = "systemd/greenlane-revocations"
UNITS = sorted(
    name
    for path in ROOT.rglob("*.service")
    if not (name := path.relative_to(ROOT).as_posix()).startswith(HANDING_OVER)
)


@pytest.mark.parametrize("name", TOML)
def test_a_configuration_is_read_by_its_service(name: str) -> None:
    """No key is unknown, no value is refused; and it is seen whose it is, as `doctor` does."""
    assert read(ROOT / name) == load(ROOT / name, TOML[name])


@pytest.mark.parametrize("name", UNITS)
def test_a_unit_starts_a_command_that_there_is(name: str) -> None:
    """The command line of the unit is understood, and its configuration is one that we deliver."""
    unit = _unit(name)
    program, *arguments = shlex.split(unit["Service"]["ExecStart"])
    assert program.endswith("/greenlane")
    asked = parser().parse_args(arguments)
    assert asked.config.name in {Path(toml).name for toml in TOML}


def test_the_broker_is_handed_the_list_that_the_gateway_writes() -> None:
    """From where the delivered gateway has it to where the delivered broker reads it; by SIGHUP.

    And once more if it has changed meanwhile, however often that is.
    """
    path = _unit(f"{HANDING_OVER}.path")
    service = _unit(f"{HANDING_OVER}.service")
    written = load(ROOT / "post" / "gateway.toml", GatewayConfig).authority / "ca.crl"
    broker = (ROOT / "mosquitto" / "greenlane.conf").read_text()
    (read,) = (line.split()[1] for line in broker.splitlines() if line.startswith("crlfile "))
    assert path["Path"]["PathChanged"] == str(written)
    lines = (ROOT / f"{HANDING_OVER}.service").read_text().splitlines()
    copy, reload, compare = (one for one in lines if one.startswith("ExecStart="))
    assert copy.endswith(f" {written} {read}")
    assert reload.endswith("systemctl try-reload-or-restart mosquitto.service")
    assert compare.endswith(f"/cmp --silent {written} {read}")
    assert service["Service"]["Restart"] == "on-failure"
    assert service["Unit"]["StartLimitIntervalSec"] == "0"


def _unit(name: str) -> ConfigParser:
    unit = ConfigParser(interpolation=None, strict=False)
    unit.optionxform = str  # type: ignore[assignment,method-assign]  # systemd is case-sensitive
    unit.read(ROOT / name)
    return unit


def test_no_file_is_forgotten() -> None:
    """A file that nobody reads in a test is wrong sooner or later."""
    files = {path.relative_to(ROOT).as_posix() for path in ROOT.rglob("*") if path.is_file()}
    unknown = files - {*TOML, *UNITS, f"{HANDING_OVER}.path", f"{HANDING_OVER}.service"}
    assert {file for file in unknown if not file.startswith(TESTED_ELSEWHERE)} == {
        *("raspberry-pi/README.md", "raspberry-pi/chrony.conf", "raspberry-pi/journald.conf"),
        *("raspberry-pi/install", "raspberry-pi/watchdog.conf"),
    }
