"""What every simulated agent will say and suffer, and what really happens meanwhile."""

import random
from typing import Literal

import msgspec

from simulators.scenario_file import Faults


class Sensor(msgspec.Struct, frozen=True, omit_defaults=True):
    """One metric of one device: ``base + swing * sin(2π (t + phase) / period)``."""

    device: str
    metric: str
    unit: str
    base: float
    swing: float
    period_s: float
    phase: float
    """Of the period, and of the interval between two readings: 0 to 1."""


class Seal(msgspec.Struct, frozen=True, omit_defaults=True):
    """A seal in reach of an agent's reader."""

    seal: str
    container: str
    first_s: float
    """Read first; then every `Script.seal_every_s`."""


class Truth(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One thing that really happens."""

    id: int
    kind: Literal["seal", "bag", "value"]
    agent: int
    at_s: float
    until_s: float = 0.0
    device: str = ""
    metric: str = ""
    value: float = 0.0
    seal: str = ""
    container: str = ""
    state: str = ""
    bag: int = 0
    tag: str = ""
    holds: str = ""

    @property
    def subject(self) -> str:
        """What an alert about it is about."""
        about = {"seal": self.container or self.seal, "bag": self.tag}
        return about.get(self.kind, f"{self.device} {self.metric}")

    def sentence(self) -> str:
        """One line for people."""
        if self.kind == "seal":
            on = f" on {self.container}" if self.container else ""
            return f"at {self.at_s:.0f} s seal {self.seal}{on} is {self.state}"
        if self.kind == "bag":
            what = self.holds.replace("_", " ")
            return f"at {self.at_s:.0f} s bag {self.bag} ({self.tag}) holds {what}"
        return (
            f"{self.device}: {self.metric} is {self.value:g} "
            f"from {self.at_s:.0f} s to {self.until_s:.0f} s"
        )


class Span(msgspec.Struct, frozen=True):
    """A time without a connection."""

    from_s: float
    until_s: float


class Step(msgspec.Struct, frozen=True):
    """The clock of a box jumps."""

    at_s: float
    by_s: float


class AgentScript(msgspec.Struct, frozen=True, kw_only=True):
    """One agent."""

    name: str
    sensors: tuple[Sensor, ...]
    seals: tuple[Seal, ...]
    outages: tuple[Span, ...]
    clock_steps: tuple[Step, ...]


class Script(msgspec.Struct, frozen=True, kw_only=True):
    """All of them."""

    title: str
    seed: int
    seconds: float
    rate: float
    seal_every_s: float
    bag_every_s: float
    has_pictures: bool
    agents: tuple[AgentScript, ...]
    truths: tuple[Truth, ...]
    faults: Faults

    def encoded(self) -> bytes:
        """The script as bytes, for whoever wants to compare two."""
        return msgspec.json.encode(self)

    def tag(self, bag: int) -> str:
        """The tag of a bag, from 1."""
        return tag_of(self.seed, bag)

    @property
    def devices(self) -> int:
        """Devices that give readings."""
        return sum(len(agent.sensors) for agent in self.agents)


def draw(seed: int, what: str) -> random.Random:
    """The generator for one purpose: what one part draws changes no other."""
    return random.Random(f"{seed}:{what}")  # noqa: S311 - a story, not a secret


def tag_of(seed: int, bag: int) -> str:
    """The tag of a bag, from 1."""
    rng = draw(seed, f"bag {bag}")
    return f"0{rng.randrange(100, 1000)}{rng.randrange(1_000_000):06d}"
