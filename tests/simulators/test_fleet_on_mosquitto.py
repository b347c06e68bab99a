"""The same fleet where everything is real: mosquitto, a gateway, the command line and its codes."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.system.programs import until
from tests.system.servers import mosquitto

pytestmark = pytest.mark.system

SCENARIO = """
title = "Bad line"
seconds = 14
devices = 50
agents = 3
rate = 2.0

[seals]
count = 6
every_s = 4

[bags]
every_s = 4

[[seal]]
at_s = 5
seal = "HLXU417"
container = "HLXU4172205"

[[bag]]
bag = 2
holds = "elephant_tusk"

[[value]]
device = "cold-store-3"
value = 12.0
from_s = 2
until_s = 14

[random]
seals_opened = 1

[faults]
drop = 0.05
delay = 0.1
delay_s = 1.0
repeat = 0.1
reorder = 0.1
disconnects = 2
disconnect_s = 2.0
clock_steps = 2
clock_step_s = 2.0
"""
GATEWAY = """
state_dir = "{folder}/gateway"
posts = ["KEMBA"]
[broker]
port = {port}
[[judge.readings]]
metric = "temperature"
low = 1.0
high = 8.0
for_s = 2.0
"""
GREENLANE = [sys.executable, "-m", "greenlane"]


@contextmanager
def gateway(config: Path, log: Path) -> Iterator[None]:
    """A gateway of its own that hears, until the end of the block."""
    with log.open("wb") as file:
        process = subprocess.Popen([*GREENLANE, "gateway", "--config", str(config)], stderr=file)
        try:
            until(lambda: "the gateway hears" in log.read_text(), log.read_text)
            yield
        finally:
            process.terminate()
            process.wait(20)


def simulate(folder: Path, port: int, *more: str) -> subprocess.CompletedProcess[str]:
    """Run the fleet of the scenario."""
    command = ["simulate", "--scenario", str(folder / "bad-line.toml"), "--seed", "5"]
    broker = ["--broker", f"mqtt://127.0.0.1:{port}"]
    return subprocess.run(
        [*GREENLANE, *command, *broker, *more],
        capture_output=True,
        text=True,
        check=False,
        timeout=110,
    )


def test_nothing_is_missing_over_a_bad_line(tmp_path: Path) -> None:
    """Dropped, late, doubled, swapped and cut; the sums hold, every alert comes, the code is 0."""
    config, keys = tmp_path / "gateway.toml", tmp_path / "keys.json"
    (tmp_path / "bad-line.toml").write_text(SCENARIO)
    with mosquitto(tmp_path / "broker") as broker:
        config.write_text(GATEWAY.format(folder=tmp_path, port=broker.port))
        with gateway(config, tmp_path / "gateway.log"):
            ended = simulate(tmp_path, broker.port, "--gateway", str(config), "--keys", str(keys))
    assert ended.returncode == 0, ended.stderr
    report = json.loads(ended.stdout)
    assert report["seed"] == 5
    assert report["readings"] == 50 * 2 * 14
    assert report["missing"] == 0
    assert report["said"] == report["receipted"] + report["declared_lost"]
    assert report["alerts_expected"] == report["alerts_seen"] == 4
    assert report["alerts_false"] == []
    assert "seed 5" in ended.stderr
    assert "nothing is missing" in ended.stderr
    assert keys.stat().st_mode & 0o777 == 0o600


def test_what_the_command_line_gets_wrong_is_told_in_a_sentence(tmp_path: Path) -> None:
    """Nothing to simulate, no broker there, a size that is none."""
    (tmp_path / "bad-line.toml").write_text(SCENARIO)
    nothing = subprocess.run(
        [*GREENLANE, "simulate"], capture_output=True, text=True, check=False, timeout=60
    )
    assert nothing.returncode == 2
    assert "say what to simulate" in nothing.stderr
    wrong = simulate(tmp_path, 1, "--rate", "0")
    assert wrong.returncode == 2
    assert "the scenario does not fit" in wrong.stderr
    codes = tmp_path / "codes"
    codes.write_text("".join(f"sim-00{n} ab-cd\n" for n in (1, 2, 3)))
    alone = simulate(tmp_path, 1, "--codes", str(codes))
    assert alone.returncode == 3
    assert "no broker at 127.0.0.1:1" in alone.stderr
