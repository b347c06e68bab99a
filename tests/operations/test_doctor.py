"""The doctor says what is well, and for what is not one sentence of advice."""

import json
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from contract.links.mqtt import BrokerConfig
from contract.signing import Key
from gateway.timeseries.sinks import EmbeddedConfig, Influx1Config
from greenlane.__main__ import main
from greenlane.doctor import box, certificates, identity, reach
from tests.support.virtual import VirtualClock
from tests.system.servers import Influxd, Server, free_port, mosquitto, program

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


def certificate(folder: Path, days: int) -> Path:
    """A self-signed certificate that counts for so many days from now, by OpenSSL."""
    path = folder / f"{days}.crt"
    command = (
        f"openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj /CN=x "
        f"-days {days} -keyout {folder / 'x.key'} -out {path}"
    )
    subprocess.run(command.split(), check=True, capture_output=True)
    return path


@pytest.mark.parametrize("days", [1, 400, 20_000])
def test_the_end_of_a_certificate_is_what_openssl_says(tmp_path: Path, days: int) -> None:
    """Before 2050 and after it, which X.509 writes in two ways."""
    path = certificate(tmp_path, days)
    said = subprocess.run(
        ["openssl", "x509", "-in", str(path), "-noout", "-enddate"],
        check=True,
        capture_output=True,
        text=True,
    ).stdout.strip()
    (ends,) = certificates.all_in(path)
    text = said.removeprefix("notAfter=")
    assert ends == datetime.strptime(text, "%b %d %H:%M:%S %Y %Z").replace(tzinfo=UTC)


def test_a_certificate_that_ends_soon_is_named(tmp_path: Path) -> None:
    """A month before; and once it has ended; and what is none."""
    path = certificate(tmp_path, 100)
    (ends,) = certificates.all_in(path)
    assert certificates.look("ca_file", path, ends - timedelta(days=60)).is_ok
    assert "soon" in certificates.look("ca_file", path, ends - timedelta(days=10)).says
    assert "ended" in certificates.look("ca_file", path, ends).says
    path.write_text("no certificate")
    assert not certificates.look("ca_file", path, NOW).is_ok
    path.write_text(f"{certificates.BEGIN}\nMAMC\n{certificates.END}\n")
    assert not certificates.look("ca_file", path, NOW).is_ok


def test_a_clock_that_nobody_keeps_in_step_is_named() -> None:
    """By the kernel's own word."""
    clock = VirtualClock()
    assert box.clock(clock).is_ok
    clock.known_error_ms = 5_000
    assert "5000 ms" in box.clock(clock).says
    clock.known_error_ms = None
    assert "chrony" in box.clock(clock).says


def test_a_python_without_profiles_is_named_and_fit() -> None:
    """Compiled by hand or by pyenv it is slower; a distribution's own does not say how it was."""
    slow = box.python(built="'--enable-shared'", prefix="/home/me/.pyenv/versions/3.11.7")
    assert slow.is_ok
    assert "a fifth more" in slow.says
    assert "a fifth more" not in box.python(built="'--enable-optimizations'", prefix="/opt").says
    assert "a fifth more" not in box.python(built="'--enable-shared'", prefix="/usr").says


def test_a_state_directory_that_others_may_read_is_named(tmp_path: Path) -> None:
    """And one that is not there yet."""
    folder = tmp_path / "state"
    assert "not there yet" in box.state_dir(folder).says
    folder.mkdir(mode=0o700)
    assert box.state_dir(folder).is_ok
    folder.chmod(0o755)
    assert "chmod 700" in box.state_dir(folder).says


def test_a_disk_without_room_for_what_may_come_is_named(tmp_path: Path) -> None:
    """Before it is full; the folder need not be there."""
    assert box.space(tmp_path / "a" / "b").is_ok
    assert not box.space(tmp_path, wanted_bytes=10**18).is_ok


def test_a_state_directory_that_forgets_is_named(tmp_path: Path) -> None:
    """An overlay or memory under it; a partition of its own below an overlay is well."""
    mounts = tmp_path / "mounts"
    mounts.write_text("overlayroot / overlay rw 0 0\n")
    assert "forgets" in box.lasting(tmp_path, mounts=mounts).says
    mounts.write_text(f"overlayroot / overlay rw 0 0\n/dev/mmcblk0p3 {tmp_path} ext4 rw 0 0\n")
    assert box.lasting(tmp_path / "agent", mounts=mounts).is_ok


def test_keys_are_looked_at(tmp_path: Path) -> None:
    """There, whole, closed to others; and the gateway's public one after an enrolment."""
    path = tmp_path / "key"
    assert "edge" in identity.key(path, made_by="edge").says
    key = Key.load_or_make(path)
    assert identity.key(path, made_by="edge").is_ok
    path.chmod(0o644)
    assert "chmod 600" in identity.key(path, made_by="edge").says
    public = tmp_path / "gateway.pub"
    assert "enroll" in identity.enrolled(public, kind="edge").says
    public.write_text(key.public.hex())
    assert identity.enrolled(public, kind="edge").is_ok
    public.write_text("00")
    assert not identity.enrolled(public, kind="edge").is_ok


@pytest.mark.system
@pytest.mark.anyio
async def test_a_broker_that_refuses_is_told_from_one_that_is_away(tmp_path: Path) -> None:
    """A real mosquitto that knows nobody, one that lets everybody in, and none."""
    away = BrokerConfig(port=free_port())
    assert "is it running" in (await reach.broker(away, name="x")).says
    with mosquitto(tmp_path) as server:
        assert (await reach.broker(BrokerConfig(port=server.port), name="x")).is_ok
    closed = tmp_path / "closed.conf"
    closed.write_text(f"listener {server.port} 127.0.0.1\nallow_anonymous false\n")
    command = [program("mosquitto", "mosquitto"), "-c", str(closed)]
    with Server(command, server.port, tmp_path / "closed.log"):
        found = await reach.broker(BrokerConfig(port=server.port), name="x")
    assert not found.is_ok
    assert "refuses us" in found.says
    assert "password_file" in found.says


@pytest.mark.system
@pytest.mark.anyio
async def test_a_database_is_asked(tmp_path: Path) -> None:
    """A real InfluxDB: away, without the database, and with it; the doctor makes nothing."""
    server = Influxd(tmp_path)
    config = Influx1Config(url=server.url)
    clock = VirtualClock()
    assert "journal keeps" in (await reach.sink("a", config, tmp_path, clock)).says
    server.start()
    try:
        found = await reach.sink("a", config, tmp_path, clock)
        assert found.is_ok, found.says
        assert "makes the database" in found.says
        assert "greenlane" not in str(server.ask("SHOW DATABASES"))
        server.ask("CREATE DATABASE greenlane")
        assert "answers" in (await reach.sink("a", config, tmp_path, clock)).says
    finally:
        server.kill()
    assert (await reach.sink("b", EmbeddedConfig(), tmp_path, clock)).is_ok


def test_the_command_reports_an_agent(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Broker away, not enrolled: each has its line, the model is checked, and the end is 1."""
    config = tmp_path / "agent.toml"
    config.write_text(
        f'post = "KEMBA"\nname = "gate-2"\nstate_dir = "{tmp_path / "state"}"\n'
        f"[broker]\nport = {free_port()}\n[outbox]\nbytes_max = 1_048_576\n"
    )
    assert main(["doctor", "--config", str(config), "--json"]) == 1
    (report,) = json.loads(capsys.readouterr().out)["reports"]
    found = {one["about"]: one["is_ok"] for one in report["findings"]}
    assert found["model"]
    assert not found["broker"]
    assert not found["enrolled"]
    assert main(["doctor", "--config", str(config)]) == 1
    said = capsys.readouterr().out
    assert "ADVICE enrolled" in said
    assert "ok     model" in said
