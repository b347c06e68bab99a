"""firmware_configs/ of a whole post: each file by the program that reads it, where it is here."""

import asyncio
import shutil
import subprocess
import sys
import time
from configparser import ConfigParser
from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml  # type: ignore[import-untyped]  # its types are another package

from contract.identifiers import Source
from gateway.timeseries.influx.client import client
from gateway.timeseries.influx.v1 import Influx1
from gateway.timeseries.sink import Origin, Series, TimePoint
from greenlane.cli import parser
from tests.system.servers import Influxd

ROOT = Path(__file__).parents[2] / "firmware_configs"
UNITS = sorted(ROOT.rglob("*.service"))
WAIT_S = 60
MINUTE_US = 60_000_000
HOUR_US = 60 * MINUTE_US


def points(count: int, before_us: int, device: str) -> list[TimePoint]:
    """A thermometer's readings, one a second, up to a moment."""
    series = Series("reading", "KEMBA", "gate-2", device, "temperature", "Cel")
    origin = Origin(str(Source("/KEMBA/gate-2")), "readings", "0" * 16)
    start = before_us - count * 1_000_000
    return [
        TimePoint(series, origin, n + 1, 0, start + n * 1_000_000, float(n % 60))
        for n in range(count)
    ]


@pytest.mark.system
@pytest.mark.anyio
async def test_influxdb_1_keeps_minutes_and_hours_of_what_the_sink_wrote(tmp_path: Path) -> None:
    """The delivered statements, said twice, to a real InfluxDB; our sink's readings thinned."""
    server = Influxd(tmp_path, INFLUXDB_CONTINUOUS_QUERIES_RUN_INTERVAL="1s")
    await asyncio.to_thread(server.start)
    try:
        server.ask("CREATE DATABASE greenlane")
        now_us = int(datetime.now(UTC).timestamp() * 1e6)
        until_us = now_us // MINUTE_US * MINUTE_US
        async with client(server.url, ca_file="", timeout_s=30) as http:
            store = Influx1(http, database="greenlane", retention="", is_created=True)
            await store.write(points(600, until_us, "d"))
            # An hour is thinned when it is over.
            await store.write(points(600, now_us // HOUR_US * HOUR_US, "e"))
        statements = (ROOT / "influxdb/influxdb-1.influxql").read_text()
        for _ in range(2):
            answers = server.ask(statements)["results"]
            assert not [one for one in answers if "error" in one], answers
        asked = "SELECT value, low, high, count FROM greenlane.minutes.reading WHERE device = 'd'"
        rows = await found(server, asked, 10)
        assert [row[1:] for row in rows] == [[29.5, 0, 59, 60]] * 10
        asked = "SELECT count FROM greenlane.hours.reading WHERE device = 'e'"
        assert [row[1] for row in await found(server, asked, 1)] == [600]
        policies = server.ask("SHOW RETENTION POLICIES ON greenlane")["results"][0]["series"][0]
        assert {row[0]: row[1] for row in policies["values"]} == {
            "autogen": "2160h0m0s",
            "minutes": "17520h0m0s",
            "hours": "0s",
        }
    finally:
        server.kill()


async def found(server: Influxd, question: str, least: int) -> list[list[float]]:
    """The rows of an answer, as soon as there are so many."""
    until = time.monotonic() + WAIT_S
    while True:
        (result,) = (await asyncio.to_thread(server.ask, question))["results"]
        rows: list[list[float]] = result.get("series", [{"values": []}])[0]["values"]
        if len(rows) >= least or time.monotonic() > until:
            return rows
        await asyncio.sleep(0.2)


@pytest.mark.parametrize("unit", UNITS, ids=lambda path: path.name)
def test_systemd_understands_the_unit(unit: Path, tmp_path: Path) -> None:
    """`systemd-analyze verify`, with the program where it is on this machine."""
    program = shutil.which("systemd-analyze")
    if program is None:
        pytest.skip("systemd-analyze is not installed")
    copy = tmp_path / unit.name
    here = str(Path(sys.executable).with_name("greenlane"))
    copy.write_text(unit.read_text().replace("/opt/greenlane/.venv/bin/greenlane", here))
    done = subprocess.run(
        [program, "verify", "--man=no", str(copy)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    # Of other units of this machine it may say what it likes.
    assert not [line for line in done.stderr.splitlines() if unit.name in line], done.stderr


def test_chrony_understands_its_file() -> None:
    """`chronyd -p`, where it is installed."""
    program = shutil.which("chronyd") or shutil.which("/usr/sbin/chronyd")
    if program is None:
        pytest.skip("chronyd is not installed")
    file = ROOT / "raspberry-pi/chrony.conf"
    subprocess.run([program, "-p", "-f", str(file)], check=True, capture_output=True, timeout=30)


DROP_INS = {
    "journald.conf": {
        "Journal": {"Storage", "RuntimeMaxUse", "RateLimitIntervalSec", "RateLimitBurst"}
    },
    "watchdog.conf": {"Manager": {"RuntimeWatchdogSec", "RebootWatchdogSec"}},
}


@pytest.mark.parametrize("name", DROP_INS)
def test_a_drop_in_of_systemd_has_one_section_of_known_keys(name: str) -> None:
    """As journald.conf(5) and systemd-system.conf(5) name them."""
    file = ConfigParser()
    file.optionxform = str  # type: ignore[assignment,method-assign]  # systemd is case-sensitive
    file.read(ROOT / "raspberry-pi" / name)
    assert {name: set(file[name]) for name in file.sections()} == DROP_INS[name]


@pytest.mark.parametrize(
    ("name", "daemon", "line"),
    [
        ("journald.conf", "systemd/journald.conf", "RuntimeMaxUse=64M"),
        ("watchdog.conf", "systemd/system.conf", "RuntimeWatchdogSec=14s"),
    ],
)
def test_systemd_finds_the_drop_in(name: str, daemon: str, line: str, tmp_path: Path) -> None:
    """`systemd-analyze cat-config` reads it, from a root of its own."""
    program = shutil.which("systemd-analyze")
    if program is None:
        pytest.skip("systemd-analyze is not installed")
    place = tmp_path / "etc" / f"{daemon}.d" / "greenlane.conf"
    place.parent.mkdir(parents=True)
    shutil.copy(ROOT / "raspberry-pi" / name, place)
    command = [program, f"--root={tmp_path}", "cat-config", daemon]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert line in done.stdout, done.stderr


def test_the_compose_file_starts_commands_that_there_are() -> None:
    """Every command parses, every file that is mounted from us is there. No engine ran it."""
    folder = ROOT / "docker"
    compose = yaml.safe_load((folder / "compose.yaml").read_text())
    services = compose["services"]
    for name in ("gateway", "command-center"):
        asked = parser().parse_args(services[name]["command"].split())
        assert asked.config.parent == Path("/etc/greenlane")
        assert (folder / services[name]["build"]["context"] / "pyproject.toml").exists()
        assert (folder.parents[1] / services[name]["build"]["dockerfile"]).exists()
    for service in services.values():
        for volume in service["volumes"]:
            source = volume.split(":")[0]
            is_ours = source.startswith("../")
            is_named = source in compose["volumes"]
            assert (
                is_named or source.startswith("./etc/") or (is_ours and (folder / source).exists())
            )


@pytest.mark.system
def test_docker_compose_takes_the_file() -> None:
    """Docker Compose reads it, of either generation; no engine runs, nothing is started."""
    program = shutil.which("docker-compose")
    if program is None:
        pytest.skip("docker-compose is not installed")
    file = ROOT / "docker/compose.yaml"
    command = [program, "-f", str(file), "config", "--quiet"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
