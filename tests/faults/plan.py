"""What happens at the post and what goes wrong, written from one seed before it begins. Pure."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal

SECONDS: Final = 60.0
"""Virtual seconds in which things happen; then every fault ends, and all has to come right."""
DAY_S: Final = 86_400.0
STRANGERS_FROM: Final = 6_000
"""Seeds below have none: they are the runs that found what they found."""
KEYS_FROM: Final = 20_000
"""Seeds below change no keys and keep no snapshots; their database takes no time, and their command
center's disk is never full."""
FORGERS_FROM: Final = 40_000
"""Seeds below have no forger; their command center is only killed, cut off, or on a full disk."""
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
]
GENTLE: Final[tuple[Happens, ...]] = ("kill gateway", "stop gateway", "kill center", "broker")
GENTLE_TOO: Final[tuple[Happens, ...]] = ("cut", "database")
ROUGH: Final[tuple[Happens, ...]] = (
    *GENTLE,
    *GENTLE_TOO,
    "kill agent",
    "kill agent",
    "kill gateway",
    "stop agent",
    "restore card",
    "copy card",
    "double agent",
    "agent's clock",
    "agent's disk",
    "back up gateway",
    "restore gateway",
    "gateway's clock",
    "gateway's disk",
    "part",
)
ROUGH_TOO: Final[tuple[Happens, ...]] = ("rotate key", "revoke key", "center's disk")
ROUGH_THREE: Final[tuple[Happens, ...]] = (
    "center's clock",
    "part center",
    "copy center",
    "restore center",
    "forger",
    "forger",
)
BEFORE: Final[dict[Happens, Happens]] = {
    "restore gateway": "back up gateway",
    "restore card": "copy card",
    "restore center": "copy center",
}
"""What is restored was copied once: without that, too little of it would be seen."""
APART: Final[dict[Happens, frozenset[Happens]]] = {
    "rotate key": frozenset(("restore card", "double agent")),
    "revoke key": frozenset(("restore card", "double agent", "restore gateway")),
}
"""With these a key comes back that counts no more, or goes that does: a person has to enrol the box
anew, who is not in the plan."""


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


def plan(seed: int) -> Plan:
    """Write the plan of a seed."""
    rng = random.Random(f"greenlane {seed}")  # noqa: S311 - a story, not a secret
    kind: Kind = "gentle" if rng.random() < 0.3 else "rough"
    agents = rng.choice((1, 2, 2, 3))
    is_rough = kind == "rough"
    is_late = seed >= KEYS_FROM
    menu = (*ROUGH, *ROUGH_TOO * is_late) if is_rough else (*GENTLE, *GENTLE_TOO)
    if seed >= FORGERS_FROM:
        menu += ROUGH_THREE if is_rough else ("forger",)
    return Plan(
        seed=seed,
        kind=kind,
        agents=agents,
        poll_s=rng.choice((0.5, 1.0, 2.0)),
        events=tuple(_events(rng, agents)),
        excursions=tuple(_excursions(rng, agents)),
        weather=_rough(rng) if is_rough else _gentle(rng),
        troubles=tuple(_chosen(rng, seed, agents, menu)),
        drift=tuple(rng.choice((0.0, 0.0, 2e-4, -2e-4)) * is_rough for _ in range(agents)),
        is_synchronised=tuple(rng.random() < 0.8 or not is_rough for _ in range(agents)),
        outbox_messages_max=rng.choice((40, 150, 10_000)) if is_rough else 10_000,
        broker_queue_messages=rng.choice((16, 60, 100_000)) if is_rough else 100_000,
        disk_s=rng.choice((0.003, 0.03, 0.2)),
        strangers=tuple(_strangers(rng)) if seed >= STRANGERS_FROM else (),
        snapshot_entries=rng.choice((10, 60, 20_000)) if is_late else 20_000,
        checkpoint_s=rng.choice((1, 10, 60)) if is_late else 60,
        database_s=rng.choice((0.0, 0.2, 3.0)) if is_late else 0.0,
        doubles_clock_s=rng.choice((0.0, -DAY_S, DAY_S, -40.0)) if is_late else 0.0,
    )


def _gentle(rng: random.Random) -> Weather:
    return Weather(repeat=rng.uniform(0, 0.2), late=rng.uniform(0, 0.3), late_s=0.4)


def _rough(rng: random.Random) -> Weather:
    if rng.random() < 0.2:
        return Weather()
    return Weather(
        drop=rng.choice((0.0, 0.02, 0.1, 0.3)),
        repeat=rng.choice((0.0, 0.1, 0.3)),
        late=rng.choice((0.0, 0.1, 0.5)),
        late_s=rng.choice((0.1, 2.0, 12.0)),
        truncate=rng.choice((0.0, 0.0, 0.01, 0.05)),
    )


def _events(rng: random.Random, agents: int) -> list[Event]:
    events = []
    for number in range(rng.randrange(4, 14)):
        at = rng.uniform(2, SECONDS * 0.9)
        agent = rng.randrange(agents)
        state: What = rng.choice(("opened", "opened", "intact", "missing", "damaged"))
        events.append(Event(at, agent, state, f"HLX{number:03d}"))
    for number in range(rng.randrange(0, 4)):
        at = rng.uniform(2, SECONDS * 0.9)
        size = rng.choice((900, 30_000, 300_000))
        has = rng.random() < 0.6
        events.append(Event(at, rng.randrange(agents), "bag", f"BAG{number:03d}", size, has))
    return sorted(events, key=lambda event: event.at_s)


def _excursions(rng: random.Random, agents: int) -> list[Excursion]:
    begin = rng.uniform(3, 25)
    return [Excursion(rng.randrange(agents), begin, begin + rng.uniform(10, 30))]


def _strangers(rng: random.Random) -> Iterator[Stranger]:
    for number in range(rng.choice((0, 1, 2))):
        every_s = rng.choice((0.1, 0.5, 1.3))
        peaks, count = set(), 0
        while count < SECONDS / every_s:
            count += rng.randrange(4, 40)  # with readings in range between, on each link
            peaks.add(count)
        stalls = [
            Stall(rng.randrange(2), rng.uniform(0, SECONDS), rng.choice((0.2, 2.0, 12.0)))
            for _ in range(rng.randrange(1, 12))
        ]
        yield Stranger(f"cell-{number}", every_s, frozenset(peaks), tuple(stalls))


def _troubles(rng: random.Random, agents: int, menu: Sequence[Happens]) -> list[Trouble]:
    chosen = rng.sample(sorted(set(menu)), k=min(len(set(menu)), rng.randrange(1, 8)))
    troubles = []
    for _ in range(rng.randrange(1, 9)):
        what: Happens = rng.choice([one for one in menu if one in chosen])
        length = rng.choice((0.0, 1.0, 10.0, 45.0)) * rng.uniform(0.5, 1.2)
        if what.endswith("clock"):
            length = rng.choice((DAY_S, -DAY_S, 3.0, -3.0, 400.0))
        at = rng.uniform(3, SECONDS)
        steps = rng.choice((0, 0, rng.randrange(1, 60)))
        troubles.append(Trouble(at, what, rng.randrange(agents), length, steps))
    return sorted(troubles, key=lambda trouble: trouble.at_s)


def _chosen(rng: random.Random, seed: int, agents: int, menu: Sequence[Happens]) -> list[Trouble]:
    troubles = _possible(_troubles(rng, agents, menu))
    return _prepared(rng, troubles) if seed >= FORGERS_FROM else troubles


def _prepared(rng: random.Random, troubles: list[Trouble]) -> list[Trouble]:
    """With a copy of whatever is restored, made some time before; as a rule."""
    copies = [
        Trouble(rng.uniform(2, one.at_s), BEFORE[one.what], one.who)
        for one in troubles
        if one.what in BEFORE and rng.random() < 0.8
    ]
    return sorted([*troubles, *copies], key=lambda trouble: trouble.at_s)


def _possible(troubles: list[Trouble]) -> list[Trouble]:
    """Without those that do not go together with what else goes wrong."""
    chosen = {trouble.what for trouble in troubles}
    return [one for one in troubles if not APART.get(one.what, frozenset()) & chosen]
