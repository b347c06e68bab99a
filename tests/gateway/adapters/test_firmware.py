"""firmware_configs/esphome and foreign as delivered: ESPHome takes them, the broker too."""

import asyncio
import getpass
import re
import shutil
import subprocess
from pathlib import Path

import aiomqtt
import pytest

from contract.config import parse
from gateway.adapters.config import Adapter
from gateway.adapters.heard import Readers
from gateway.adapters.row import Row
from gateway.config import GatewayConfig
from tests.system.servers import Server, free_port, program

CONFIGS = Path(__file__).parents[3] / "firmware_configs"
YAMLS = ("seal.yaml", "climate.yaml")
ESPHOME = Path(__file__).parents[3] / ".venv/esphome/bin/esphome"
"""In an environment of its own, as scripts/test makes it."""


def yard() -> Adapter:
    """The adapter that the delivered example makes for these devices."""
    head = 'state_dir = "x"\nposts = ["KEMBA"]\n'
    text = head + (CONFIGS / "foreign" / "gateway.toml").read_text()
    return parse(text, GatewayConfig).adapters[0]


@pytest.mark.parametrize("name", YAMLS)
def test_the_gateway_reads_what_a_device_will_say(name: str) -> None:
    """Every entity of the YAML has a topic that the example configuration understands."""
    text = (CONFIGS / "esphome" / name).read_text()
    node = re.search(r"substitutions:\n  name: (\S+)", text)
    assert node
    assert "topic_prefix: esphome/${name}" in text
    adapter = yard()
    readers = Readers(adapter.routes)
    said = re.findall(r"^(binary_sensor|sensor):|^ +name: (\w+)$", text, re.MULTILINE)
    kind, metrics = "", []
    for found, metric in said:
        kind = found or kind
        if kind and metric:
            match = readers.match(f"esphome/{node[1]}/{kind}/{metric}/state")
            assert match is not None
            row = match.reader.read(b"1", match.levels, 0, 1, is_old=False)
            assert isinstance(row, Row)
            metrics.append(row.columns)
    assert metrics
    assert readers.match(f"esphome/{node[1]}/status") is not None
    if name == "climate.yaml":
        units = {unit for columns in metrics for _, unit in columns}
        assert units == {"Cel", "%RH", "dBm"}


@pytest.mark.parametrize("name", YAMLS)
def test_esphome_takes_the_yaml(name: str, tmp_path: Path) -> None:
    """``esphome config`` finds nothing wrong with it."""
    if not ESPHOME.exists():
        pytest.skip("esphome is not installed: scripts/test does it")
    for file in (CONFIGS / "esphome").glob("*.yaml"):
        target = "secrets.yaml" if file.name == "secrets.example.yaml" else file.name
        shutil.copy(file, tmp_path / target)
    done = subprocess.run(
        [ESPHOME, "config", str(tmp_path / name)],
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
        cwd=tmp_path,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Configuration is valid" in done.stdout + done.stderr


@pytest.mark.system
@pytest.mark.anyio
async def test_the_broker_opens_a_door_for_strangers(tmp_path: Path) -> None:
    """Mosquitto takes foreign.conf after greenlane.conf; a password opens it, and no other one."""
    port, passwords, acl = free_port(), tmp_path / "foreign.passwd", tmp_path / "acl"
    made = [program("mosquitto_passwd", "mosquitto"), "-b", "-c", str(passwords), "yard", "open"]
    await asyncio.to_thread(subprocess.run, made, check=True, capture_output=True, timeout=20)
    parts = (CONFIGS / "mosquitto" / "greenlane.acl", CONFIGS / "foreign" / "foreign.acl")
    acl.write_text("".join(part.read_text() for part in parts))
    text = (CONFIGS / "foreign" / "foreign.conf").read_text()
    text = text.replace("listener 1883", f"listener {port} 127.0.0.1")
    text = text.replace("/etc/mosquitto/greenlane/foreign.passwd", str(passwords))
    text = text.replace("/etc/mosquitto/greenlane/greenlane.acl", str(acl))
    # As after greenlane.conf, which says the same of these.
    head = f"user {getpass.getuser()}\nper_listener_settings true\nretain_available false\n"
    config = tmp_path / "mosquitto.conf"
    config.write_text(f"{head}{text}")
    command = [program("mosquitto", "mosquitto"), "-c", str(config)]
    with Server(command, port, tmp_path / "log"):
        async with _door(port, "open") as client:
            await client.publish("tele/shed/LWT", "Online", qos=1, retain=True)
        with pytest.raises(aiomqtt.MqttError):
            await _door(port, "shut").__aenter__()


def _door(port: int, password: str) -> aiomqtt.Client:
    return aiomqtt.Client("127.0.0.1", port, username="yard", password=password)
