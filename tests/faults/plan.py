"""What happens at the post and what goes wrong, as it is known before it begins. Pure."""

import random
from dataclasses import dataclass, replace
from typing import Final, Literal

SECONDS: Final = 60.0
"""Virtual seconds in which things happen; then every fault ends, and all has to come right."""
DAY_S: Final = 86_400.0
Kind = Literal["gentle", "rough"]
What = Literal["opened", "intact", "missing", "damaged", "bag"]
Happens = Literal[
    "kill agent",
    "stop agent",
    "restore card",
    "copy card",
    "double agent",
    "agent's clock",
    "agent's disk",
    "kill gateway",
    "stop gateway",
    "back up gateway",
    "restore gateway",
    "gateway's clock",
    "gateway's disk",
    "kill center",
    "broker",
    "cut",
    "part",
    "database",
    "rotate key",
    "revoke key",
    "center's disk",
    "center's clock",
    "part center",
    "copy center",
    "restore center",
    "forger",
    "thief",
    "picture's end",
]


@dataclass(frozen=True)
class Weather:
    """Shares of packets, and how late the late ones are."""

    drop: float = 0.0
    repeat: float = 0.0
    late: float = 0.0
    late_s: float = 0.0
    truncate: float = 0.0

    def fate(self, rng: random.Random) -> tuple[float, ...]:
        """The delay of each copy of one packet; none for a drop."""
        drop, repeat, late, length, again = (rng.random() for _ in range(5))
        if drop < self.drop:
            return ()
        first = length * self.late_s if late < self.late else 0.0
        return (first, again * self.late_s) if repeat < self.repeat else (first,)


@dataclass(frozen=True)
class Trouble:
    """One thing that goes wrong."""

    at_s: float
    what: Happens
    who: int = 0
    for_s: float = 0.0
    """How long: down, parted, full; for a clock: the seconds by which it jumps."""
    steps: int = 0
    """Turns of the loop past that moment: so a part dies between any two of its awaits."""


@dataclass(frozen=True)
class Event:
    """A seal or a bag, once."""

    at_s: float
    agent: int
    what: What
    name: str
    size_bytes: int = 0
    has_contraband: bool = False
    on: str = ""
    """What a seal is on, where that is not its own box: one of the two is a copy."""


@dataclass(frozen=True)
class Excursion:
    """A temperature that is out of range for a while."""

    agent: int
    from_s: float
    until_s: float


@dataclass(frozen=True)
class Stall:
    """A link of a stranger lets nothing through for a while."""

    link: int
    at_s: float
    for_s: float


@dataclass(frozen=True)
class Stranger:
    """A device that is not ours, measured `every_s`, with readings over its limit."""

    name: str
    every_s: float
    peaks: frozenset[int]
    stalls: tuple[Stall, ...]


@dataclass(frozen=True, kw_only=True)
class Plan:
    """One run."""

    seed: int
    kind: Kind
    agents: int
    poll_s: float
    events: tuple[Event, ...]
    excursions: tuple[Excursion, ...]
    weather: Weather
    troubles: tuple[Trouble, ...]
    drift: tuple[float, ...]
    """Of each agent's clock, seconds a second."""
    is_synchronised: tuple[bool, ...]
    outbox_messages_max: int
    broker_queue_messages: int
    disk_s: float
    """What a write takes at most, as a rule."""
    strangers: tuple[Stranger, ...] = ()
    snapshot_entries: int = 20_000
    checkpoint_s: int = 60
    database_s: float = 0.0
    """What a write to the database takes at most."""
    doubles_clock_s: float = 0.0
    """By which the clock of a second box with the same key is off."""
    seconds: float = SECONDS

    def without_faults(self) -> "Plan":
        """The same devices on a good day."""
        strangers = tuple(replace(one, stalls=()) for one in self.strangers)
        return replace(self, weather=Weather(), troubles=(), strangers=strangers)

    def has(self, *what: Happens) -> bool:
        """Whether one of these goes wrong."""
        return any(trouble.what in what for trouble in self.troubles)
