"""A fleet of simulated agents: all that was said is kept or declared, all that happened is seen."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from contract.config import BadConfig, parse
from contract.identifiers import Source
from contract.link import Unavailable
from contract.links.memory import Hub
from gateway.judge.settings import JudgeSettings, Limit
from gateway.trust.codes import make_code
from simulators import fleet
from simulators.fleet import FleetConfig, Progress
from simulators.keyring import Keyring, codes_in
from simulators.report import Report
from simulators.scenario_file import Faults, ScenarioFile
from simulators.writing import write
from tests.gateway.gateways import POST, World
from tests.support.virtual import VirtualClock, run_virtually

LAW = JudgeSettings(
    readings=(Limit(metric="temperature", low=1, high=8, for_s=5, severity="high"),)
)
SMALL = """
title = "Small"
seconds = 40
devices = 50
agents = 4
rate = 1.0

[seals]
count = 8
every_s = 5

[bags]
every_s = 5
pictures = false

[[seal]]
at_s = 12
seal = "HLXU417"
container = "HLXU4172205"

[[bag]]
bag = 3
holds = "elephant_tusk"

[[value]]
device = "cold-store-3"
value = 12.0
from_s = 10
until_s = 32

[random]
seals_opened = 2
bags_holding = 1
"""
FAULTS = Faults(
    drop=0.1,
    delay=0.1,
    delay_s=2.0,
    repeat=0.1,
    reorder=0.1,
    disconnects=4,
    disconnect_s=4.0,
    clock_steps=2,
    clock_step_s=5.0,
)


def scenario(faults: Faults = Faults()) -> ScenarioFile:  # noqa: B008 - frozen
    """The small scenario, in that weather."""
    plain = parse(SMALL, ScenarioFile)
    fields = {name: getattr(plain, name) for name in plain.__struct_fields__}
    return ScenarioFile(**{**fields, "faults": faults})


def config_of(world: World, of: ScenarioFile, *, outbox_messages_max: int = 10_000) -> FleetConfig:
    """A fleet that gets its codes from the world's gateway."""
    folder = world.folder / "gateway"
    return FleetConfig(
        script=write(of, seed=7),
        post=POST,
        keyring=Keyring(),
        code_for=lambda source: make_code(folder, source, world.clock),
        outbox_messages_max=outbox_messages_max,
    )


def played(world: World, config: FleetConfig, said: list[Progress]) -> Report:
    """The report of a run against a whole gateway on a hub in memory, in virtual time."""

    async def play() -> Report:
        async with world.gateway():
            return await fleet.run(config, world.hub.dial, clock=world.clock, heard=said.append)

    return run_virtually(play())


def test_a_fleet_over_a_good_line_is_whole(tmp_path: Path) -> None:
    """Everything that was said is receipted, every alert that the truth asks for is seen."""
    world = World(tmp_path, judge=LAW)
    progress: list[Progress] = []
    report = played(world, config_of(world, scenario()), progress)
    assert report.readings == 50 * 40
    assert report.said == report.receipted > 4 * 40
    assert (report.alerts_expected, report.alerts_seen) == (6, 6), report.text()
    assert not report.alerts_false
    assert report.is_whole
    assert len(progress) > 30
    assert not any(one.trouble for one in progress)


def test_a_fleet_in_bad_weather_loses_nothing(tmp_path: Path) -> None:
    """Dropped, late, doubled and swapped packets, cut lines and jumping clocks change no sum."""
    world = World(tmp_path, judge=LAW)
    report = played(world, config_of(world, scenario(FAULTS)), [])
    assert report.missing == 0, report.text()
    assert report.said == report.receipted + report.declared_lost
    assert (report.alerts_expected, report.alerts_seen) == (6, 6), report.text()
    assert not report.alerts_false
    assert report.is_whole


def test_an_outbox_that_is_too_small_declares_what_it_lost(tmp_path: Path) -> None:
    """Long cuts and room for a dozen messages: the sum holds, with losses in it."""
    world = World(tmp_path, judge=LAW)
    cut = Faults(disconnects=4, disconnect_s=25.0)
    report = played(world, config_of(world, scenario(cut), outbox_messages_max=12), [])
    assert report.declared_lost > 0, report.text()
    assert report.missing == 0
    assert report.said == report.receipted + report.declared_lost


def test_a_run_that_is_cut_reports_what_there_was(tmp_path: Path) -> None:
    """Ended after twenty seconds: what was said is whole, nothing else is missed."""
    world = World(tmp_path, judge=LAW)
    left: list[Report] = []

    async def play() -> None:
        async with world.gateway():
            config = config_of(world, scenario())
            running = asyncio.ensure_future(
                fleet.run(config, world.hub.dial, clock=world.clock, left=left.append)
            )
            await asyncio.sleep(20)
            running.cancel()
            with pytest.raises(asyncio.CancelledError):
                await running

    run_virtually(play())
    (report,) = left
    assert 15 < report.seconds < 20
    assert 500 < report.readings < 50 * 20
    assert report.is_whole, report.text()
    assert 0 < report.alerts_expected < 6


def test_a_second_run_needs_no_codes(tmp_path: Path) -> None:
    """The file of keys is enough; only its owner may read it; alerts of before do not count."""
    world = World(tmp_path, judge=LAW)
    path = tmp_path / "keys.json"
    first = replace(config_of(world, scenario()), keys_kept=lambda ring: ring.save(path))
    assert played(world, first, []).is_whole
    assert path.stat().st_mode & 0o777 == 0o600
    second = replace(first, keyring=Keyring.load(path), code_for=lambda _source: None)
    world = World(tmp_path, judge=LAW, clock=VirtualClock("another boot"))
    world.clock.step_s = 1_000
    report = played(world, second, [])
    assert report.is_whole, report.text()
    assert report.alerts_seen == 6


def test_without_codes_and_keys_nobody_is_believed(tmp_path: Path) -> None:
    """One sentence says what is needed."""
    world = World(tmp_path)
    config = replace(config_of(world, scenario()), code_for=lambda _source: None)
    with pytest.raises(BaseExceptionGroup) as caught:
        played(world, config, [])
    (error,) = caught.value.exceptions
    assert isinstance(error, BadConfig)
    assert "4 agents are not enrolled, the first is /KEMBA/sim-001" in str(error)


def test_without_a_gateway_the_run_ends_in_a_sentence(tmp_path: Path) -> None:
    """A broker alone answers nothing."""
    world = World(tmp_path)
    config = config_of(world, scenario())
    hub = Hub()
    with pytest.raises(BaseExceptionGroup) as caught:
        run_virtually(fleet.run(config, hub.dial, clock=world.clock))
    assert isinstance(caught.value.exceptions[0], Unavailable)


def test_codes_come_from_a_file(tmp_path: Path) -> None:
    """A name and a code a line; what is neither is named by its line."""
    path = tmp_path / "codes"
    path.write_text("# from the gateway\nsim-001 ab-cd\n\nsim-002 ef-gh # the second\n")
    code_for = codes_in(path, "KEMBA")
    assert code_for(Source("/KEMBA/sim-002")) == "ef-gh"
    assert code_for(Source("/KEMBA/sim-003")) is None
    path.write_text("sim-001\n")
    with pytest.raises(BadConfig, match="line 1: not a name and a code"):
        codes_in(path, "KEMBA")


def test_a_file_that_holds_no_keys_is_refused(tmp_path: Path) -> None:
    """Whether it is no JSON, or its keys are none."""
    path = tmp_path / "keys.json"
    for text in ("no JSON", '{"seeds": {"/KEMBA/sim-001": "00"}}', '{"seeds": {"sim-001": ""}}'):
        path.write_text(text)
        with pytest.raises(BadConfig, match="no file of keys"):
            Keyring.load(path)
