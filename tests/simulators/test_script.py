"""Scenario files and the scripts written from them: reproducible, and wrong files say why."""

import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contract.config import BadConfig, parse
from contract.identifiers import BagTag, Container, SealId
from contract.messages import Alert, Evidence, Identity
from gateway.judge.settings import JudgeSettings, Limit
from simulators.expected import Expectations
from simulators.faults import Fate
from simulators.scenario_file import SHIPPED, Faults, ScenarioFile, read_file, resized
from simulators.script import draw
from simulators.writing import write

NAMES = sorted(path.stem for path in SHIPPED.glob("*.toml"))
EPOCH = "e" * 16
BASE = 'title = "t"\nseconds = 60\n'

BAD = {
    'title = "t"\nsecondz = 3': "unknown key 'secondz'; did you mean 'seconds'?",
    f"{BASE}rate = 0": "Expected `float` >= 0.01",
    f"{BASE}devices = 0": "Expected `int` >= 1",
    f'{BASE}[[seal]]\nat_s = 5\nseal = "417"': "'417' is not a seal id",
    f'{BASE}[[seal]]\nat_s = 5\nseal = "HLX417"\ncontainer = "HLXU4172206"': "check digit",
    f'{BASE}[[seal]]\nat_s = 61\nseal = "HLX417"': "seal HLX417: 61 s is after the end",
    f'{BASE}[[seal]]\nat_s = 5\nseal = "HLX417"\nstate = "lost"': "state cannot be 'lost'; it is",
    f'{BASE}[[bag]]\nbag = 3\nholds = "knife"': "no bag is on the belt: set every_s in [bags]",
    f'{BASE}[bags]\nevery_s = 30\n[[bag]]\nbag = 3\nholds = "knife"': "bag 3 comes after the end",
    f'{BASE}[[value]]\ndevice = "d"\nvalue = 1\nfrom_s = 9\nuntil_s = 9': "until_s must be later",
    f"{BASE}[faults]\ndrop = 1.0": "Expected `float` <= 0.9 - at `faults.drop`",
    f"{BASE}[random]\nbags_holding = 1": "no bag is on the belt",
    "title = ": "not TOML",
}


@pytest.mark.parametrize("name", NAMES)
def test_the_same_seed_gives_the_same_script_byte_for_byte(name: str) -> None:
    """In this process, and in another one with other hashes; another seed gives another script."""
    scenario = read_file(name)
    script = write(scenario, 1).encoded()
    assert script == write(scenario, 1).encoded()
    assert script != write(scenario, 2).encoded()
    code = (
        "import sys; from simulators.scenario_file import read_file;"
        "from simulators.writing import write;"
        f"sys.stdout.buffer.write(write(read_file({name!r}), 1).encoded())"
    )
    other = subprocess.run(
        [sys.executable, "-c", code],
        cwd=Path(__file__).parents[2],
        env={"PYTHONHASHSEED": "12345"},
        stdout=subprocess.PIPE,
        check=True,
        timeout=60,
    )
    assert other.stdout == script


@given(st.integers(0, 1 << 40), st.sampled_from(NAMES))
@settings(max_examples=20, deadline=None)
def test_what_a_script_tells_is_well_formed(seed: int, name: str) -> None:
    """Identifiers are real ones, truths are in order and within the run, and belong to somebody."""
    script = write(read_file(name), seed)
    assert [truth.id for truth in script.truths] == list(range(len(script.truths)))
    devices = [sensor.device for agent in script.agents for sensor in agent.sensors]
    assert len(set(devices)) == len(devices) == script.devices
    for truth in script.truths:
        assert 0 < truth.at_s <= script.seconds
        assert truth.until_s <= script.seconds
        agent = script.agents[truth.agent]
        if truth.kind == "seal":
            SealId.parse(truth.seal)
            assert not truth.container or Container.parse(truth.container).is_checked
            assert truth.seal in {seal.seal for seal in agent.seals}
        elif truth.kind == "bag":
            assert BagTag.parse(truth.tag) == truth.tag
        else:
            assert truth.device in {sensor.device for sensor in agent.sensors}


def test_the_calm_post_tells_what_its_file_says() -> None:
    """The three facts of the file, in words."""
    said = [truth.sentence() for truth in write(read_file("calm-post"), 1).truths]
    assert said[0] == "at 30 s seal HLXU417 on HLXU4172205 is opened"
    assert said[1] == "cold-store-3: temperature is 12 from 35 s to 75 s"
    assert said[2].startswith("at 70 s bag 14 (")
    assert said[2].endswith(") holds elephant tusk")


@pytest.mark.parametrize(("text", "sentence"), BAD.items())
def test_a_wrong_scenario_is_refused_in_one_sentence(text: str, sentence: str) -> None:
    """What, where, and what would be right."""
    with pytest.raises(BadConfig) as caught:
        parse(text, ScenarioFile)
    assert sentence in str(caught.value)
    assert "\n" not in str(caught.value)


def test_an_unknown_scenario_names_those_that_there_are() -> None:
    """A name without a file."""
    with pytest.raises(BadConfig, match="or one of bad-network, busy-day, calm-post"):
        read_file("calm-psot")


def test_a_shorter_run_leaves_out_what_comes_later() -> None:
    """The command line may cut a scenario, but not make it nonsense."""
    calm = read_file("calm-post")
    short = resized(calm, {"seconds": 40.0, "devices": 20})
    assert [truth.kind for truth in write(short, 1).truths] == ["seal"]
    with pytest.raises(ValueError, match="Expected `int` >= 1"):
        resized(calm, {"devices": 0})


def test_the_law_of_the_gateway_decides_what_is_expected() -> None:
    """Without a limit, with one that waits for too long, and with a fitting one."""
    script = write(read_file("calm-post"), 1)

    def rules(*limits: Limit) -> list[str]:
        return [one.rule for one in Expectations(script, JudgeSettings(readings=limits)).all]

    assert rules() == ["seal_opened", "", "contraband_seen"]
    limit = Limit(metric="temperature", high=8, for_s=10)
    assert rules(limit) == ["seal_opened", "reading_out_of_range", "contraband_seen"]
    assert rules(Limit(metric="temperature", high=8, for_s=60))[1] == ""
    # The limit of a device counts before that of all.
    assert rules(limit, Limit(metric="temperature", device="cold-store-3", high=15))[1] == ""


def test_the_weather_of_a_seed_is_the_same_twice() -> None:
    """Packet after packet; and each fault comes about as often as it is asked for."""
    faults = Faults(drop=0.1, delay=0.2, delay_s=2.0, repeat=0.1, reorder=0.1)
    once, again = (
        [fate.of_next() for _ in range(5_000)]
        for fate in (Fate(faults, draw(3, "w")), Fate(faults, draw(3, "w")))
    )
    assert once == again
    assert once != [Fate(faults, draw(4, "w")).of_next() for _ in range(5_000)]
    assert 400 < sum(not delays for delays in once) < 600
    assert 350 < sum(len(delays) == 2 for delays in once) < 550
    assert max(max(delays, default=0.0) for delays in once) <= 2.0


def alert(subject: str, *sequences: int) -> Alert:
    """An alert about a reading, as a gateway tells it."""
    at = datetime(2026, 11, 22, 12, tzinfo=UTC)
    return Alert(
        id=subject,
        rule="reading_out_of_range",
        subject=subject,
        post="KEMBA",
        source="/KEMBA/sim-001",
        device="d",
        severity="high",
        state="open",
        title="t",
        detail="d",
        opened_at=at,
        told_at=at,
        changed_at=at,
        evidence=tuple(
            Evidence(
                source="/KEMBA/sim-001",
                epoch=EPOCH,
                stream="readings",
                sequence=number,
                hash="0" * 64,
                type="readings.taken",
                observed_at=at,
                says="12 °C",
            )
            for number in sequences
        ),
    )


def test_two_truths_in_one_message_are_two_expectations() -> None:
    """Two devices that leave their range in one batch: each has an alert of its own."""
    two = parse(
        f'{BASE}devices = 2\n[[value]]\ndevice = "a"\nvalue = 12\nfrom_s = 1\nuntil_s = 50\n'
        '[[value]]\ndevice = "b"\nvalue = 12\nfrom_s = 1\nuntil_s = 50',
        ScenarioFile,
    )
    law = JudgeSettings(readings=(Limit(metric="temperature", high=8, for_s=10),))
    script = write(two, 1)
    expectations = Expectations(script, law)
    identity = Identity("/KEMBA/sim-001", "readings", EPOCH, 4)
    # One alert comes before the number is known here, the other one after.
    expectations.heard(alert("a temperature", 4), 12_000_000_000, {EPOCH})
    assert expectations.false == ["reading_out_of_range: a temperature"]
    for truth in script.truths:
        expectations.said(truth, identity, 1_000_000_000)
    assert [one.truth.device for one in expectations.unseen] == ["b"]
    expectations.heard(alert("b temperature", 4), 12_000_000_000, {"f" * 16})
    assert expectations.unseen, "an alert of another run is none of ours"
    expectations.heard(alert("b temperature", 4), 12_500_000_000, {EPOCH})
    assert not expectations.unseen
    assert not expectations.false
    assert [one.latency_ms for one in expectations.all] == [1_000, 1_500]
    expectations.heard(alert("c temperature", 9), 13_000_000_000, {EPOCH})
    assert expectations.false == ["reading_out_of_range: c temperature"]
