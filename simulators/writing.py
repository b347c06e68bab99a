"""Writes the script of a fleet from a scenario and one seed, before it begins. Pure.

The same scenario, size and seed give the same script, byte for byte (`Script.encoded`).
"""

import random
from math import ceil
from typing import Final

import msgspec

from contract.identifiers import Container
from simulators.scenario_file import ScenarioFile
from simulators.script import AgentScript, Script, Seal, Sensor, Span, Step, Truth, draw, tag_of

DEVICES_PER_AGENT: Final = 100
_CONTRABAND: Final = ("elephant_tusk", "rhino_horn", "pangolin_scales", "turtle_shell")
_DRIFT_CEL: Final = 12.0
_DRIFT_S: Final = 40.0
_CALM: Final = (0.1, 0.75)
"""The part of the run in which the seed lets things happen: what begins must be able to end."""


def write(scenario: ScenarioFile, seed: int) -> Script:
    """Write the script."""
    count = scenario.agents or ceil(scenario.devices / DEVICES_PER_AGENT)
    count = min(count, scenario.devices)
    sensors = _sensors(scenario, seed)
    seals = _seals(scenario, seed)
    return Script(
        title=scenario.title,
        seed=seed,
        seconds=scenario.seconds,
        rate=scenario.rate,
        seal_every_s=scenario.seals.every_s,
        bag_every_s=scenario.bags.every_s,
        has_pictures=scenario.bags.pictures,
        agents=tuple(
            AgentScript(
                name=f"sim-{index + 1:03d}",
                sensors=tuple(sensors[index::count]),
                seals=tuple(seals[index::count]),
                outages=tuple(_outages(scenario, seed, index, count)),
                clock_steps=tuple(_steps(scenario, seed, index, count)),
            )
            for index in range(count)
        ),
        truths=tuple(_truths(scenario, seed, sensors, seals, count)),
        faults=scenario.faults,
    )


def _sensors(scenario: ScenarioFile, seed: int) -> list[Sensor]:
    """Named devices first, then numbered ones; well inside of common ranges."""
    rng = draw(seed, "sensors")
    named = {v.device: (v.metric, v.unit) for v in scenario.value}
    sensors = [_sensor(rng, d, m, u) for d, (m, u) in named.items()]
    number = 0
    while len(sensors) < scenario.devices:
        number += 1
        metric, unit = (("temperature", "Cel"), ("humidity", "%RH"))[number % 2]
        sensors.append(_sensor(rng, f"sim-sensor-{number:05d}", metric, unit))
    return sensors


def _sensor(rng: random.Random, device: str, metric: str, unit: str) -> Sensor:
    base, swing = {"temperature": (4.5, 1.0), "humidity": (60.0, 4.0)}.get(metric, (0.0, 0.0))
    return Sensor(
        device=device,
        metric=metric,
        unit=unit,
        base=round(base + rng.uniform(-0.5, 0.5), 3) if swing else base,
        swing=swing,
        period_s=round(rng.uniform(120, 600), 1),
        phase=round(rng.random(), 4),
    )


def _seals(scenario: ScenarioFile, seed: int) -> list[Seal]:
    rng = draw(seed, "seals")
    named = [(one.seal, one.container) for one in scenario.seal]
    while len(named) < max(scenario.seals.count, len(scenario.seal) + scenario.random.seals_opened):
        stem = f"{rng.choice(('HLXU', 'MSKU', 'TGHU', 'CMAU'))}{rng.randrange(1_000_000):06d}"
        container = f"{stem}{Container(stem + '0').expected_check_digit}"
        named.append((f"{rng.choice(('HLX', 'SAV', 'ESL'))}{10_000 + len(named)}", container))
    every_s = scenario.seals.every_s
    return [Seal(seal, box, round(rng.uniform(0, every_s), 3)) for seal, box in named]


def _truths(
    scenario: ScenarioFile, seed: int, sensors: list[Sensor], seals: list[Seal], agents: int
) -> list[Truth]:
    rng = draw(seed, "truths")
    told = [
        *_broken_seals(scenario, rng, seals, agents),
        *_bags(scenario, seed, rng),
        *_values(scenario, rng, sensors, agents),
    ]
    told.sort(key=lambda truth: (truth.at_s, truth.kind, truth.seal, truth.device))
    return [msgspec.structs.replace(truth, id=index) for index, truth in enumerate(told)]


def _broken_seals(
    scenario: ScenarioFile, rng: random.Random, seals: list[Seal], agents: int
) -> list[Truth]:
    broken = {one.seal: (one.at_s, one.state) for one in scenario.seal}
    free = [one.seal for one in seals if one.seal not in broken]
    for seal in rng.sample(free, scenario.random.seals_opened):
        broken[seal] = (_moment(rng, scenario), "opened")
    return [
        Truth(
            id=0,
            kind="seal",
            agent=index % agents,
            at_s=broken[one.seal][0],
            seal=one.seal,
            container=one.container,
            state=broken[one.seal][1],
        )
        for index, one in enumerate(seals)
        if one.seal in broken
    ]


def _bags(scenario: ScenarioFile, seed: int, rng: random.Random) -> list[Truth]:
    if not scenario.bags.every_s:
        return []
    holds = {one.bag: (one.holds, one.score) for one in scenario.bag}
    last = int(scenario.seconds / scenario.bags.every_s)
    free = [bag for bag in range(1, last + 1) if bag not in holds]
    for bag in sorted(rng.sample(free, min(len(free), scenario.random.bags_holding))):
        holds[bag] = (rng.choice(_CONTRABAND), round(rng.uniform(0.6, 0.95), 2))
    return [
        Truth(
            id=0,
            kind="bag",
            agent=0,
            at_s=bag * scenario.bags.every_s,
            bag=bag,
            tag=tag_of(seed, bag),
            holds=what,
            value=score,
        )
        for bag, (what, score) in sorted(holds.items())
    ]


def _values(
    scenario: ScenarioFile, rng: random.Random, sensors: list[Sensor], agents: int
) -> list[Truth]:
    at = {sensor.device: index for index, sensor in enumerate(sensors)}
    leaves = [(v.device, v.metric, v.value, v.from_s, v.until_s) for v in scenario.value]
    named = {v.device for v in scenario.value}
    free = [s.device for s in sensors if s.metric == "temperature" and s.device not in named]
    for device in rng.sample(free, min(len(free), scenario.random.drifts)):
        from_s = _moment(rng, scenario)
        until_s = min(scenario.seconds, from_s + _DRIFT_S)
        leaves.append((device, "temperature", _DRIFT_CEL, from_s, until_s))
    return [
        Truth(
            id=0,
            kind="value",
            agent=at[device] % agents,
            at_s=from_s,
            until_s=until_s,
            device=device,
            metric=metric,
            value=value,
        )
        for device, metric, value, from_s, until_s in leaves
    ]


def _outages(scenario: ScenarioFile, seed: int, index: int, agents: int) -> list[Span]:
    """Those of one agent, of all that there are in the run."""
    rng = draw(seed, "outages")
    faults = scenario.faults
    spans = [(rng.randrange(agents), _moment(rng, scenario)) for _ in range(faults.disconnects)]
    mine = sorted(at_s for agent, at_s in spans if agent == index)
    return [Span(at_s, round(at_s + faults.disconnect_s, 3)) for at_s in mine]


def _steps(scenario: ScenarioFile, seed: int, index: int, agents: int) -> list[Step]:
    rng = draw(seed, "clock steps")
    faults = scenario.faults
    steps = [
        (rng.randrange(agents), Step(_moment(rng, scenario), faults.clock_step_s * (-1) ** number))
        for number in range(faults.clock_steps)
    ]
    return [step for agent, step in steps if agent == index]


def _moment(rng: random.Random, scenario: ScenarioFile) -> float:
    begin, end = _CALM
    return round(rng.uniform(begin, end) * scenario.seconds, 1)
