"""Writes the plan of a seed: the same seed, the same day. Pure."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final

from tests.faults.menu import (
    BEFORE,
    FORGERS_FROM,
    GENTLE_MORE,
    KEYS_FROM,
    ROUGH_MORE,
    STRANGERS_FROM,
    THIEVES_FROM,
    menu,
    possible,
)
from tests.faults.plan import (
    DAY_S,
    SECONDS,
    Event,
    Excursion,
    Happens,
    Kind,
    Plan,
    Stall,
    Stranger,
    Trouble,
    Weather,
    What,
)

PICTURE_BYTES: Final = 300_000
"""Three parts."""


def plan(seed: int) -> Plan:
    """Write the plan of a seed."""
    written = _written(seed)
    return _with_more(written) if seed >= THIEVES_FROM else written


def _with_more(written: Plan) -> Plan:
    """The same day with seals that were copied, larger pictures, and more that goes wrong."""
    rng = random.Random(f"greenlane {written.seed} more")  # noqa: S311 - a story, not a secret
    seals = [one for one in written.events if one.what not in ("bag", "missing")]
    events = [*written.events, *_copied(rng, seals, written.agents)]
    for number in range(rng.randrange(3)):
        at, agent = rng.uniform(2, SECONDS * 0.9), rng.randrange(written.agents)
        events.append(Event(at, agent, "bag", f"TRUNK{number}", PICTURE_BYTES, rng.random() < 0.6))
    kinds = ROUGH_MORE if written.kind == "rough" else GENTLE_MORE
    chosen = rng.sample(kinds, k=rng.randrange(3))
    more = [
        Trouble(rng.uniform(3, SECONDS), what, rng.randrange(written.agents), rng.uniform(0, 10))
        for what in chosen
    ]
    troubles = _prepared(rng, possible([*written.troubles, *more, *_with(more, rng)]))
    return replace(
        written,
        events=tuple(sorted(events, key=lambda event: event.at_s)),
        troubles=tuple(troubles),
    )


def _with(troubles: Sequence[Trouble], rng: random.Random) -> Iterator[Trouble]:
    """What shows most together with others: as a rule it is there, too."""
    for one in troubles:
        if rng.random() < 0.5 and one.what == "revoke key":  # which finds no room
            yield Trouble(one.at_s - 1, "gateway's disk", for_s=6.0)
        if rng.random() < 0.5 and one.what == "restore gateway":  # what a board still had of before
            yield Trouble(one.at_s + one.for_s + 20, "kill center")


def _copied(rng: random.Random, seals: Sequence[Event], agents: int) -> Iterator[Event]:
    """Reads of the same seals on other boxes, before or after."""
    for seal in rng.sample(seals, k=min(len(seals), rng.randrange(3))):
        at, agent = rng.uniform(2, SECONDS * 0.9), rng.randrange(agents)
        state: What = rng.choice(("intact", "opened"))
        yield Event(at, agent, state, seal.name, on=f"{seal.name}B")


def _written(seed: int) -> Plan:
    rng = random.Random(f"greenlane {seed}")  # noqa: S311 - a story, not a secret
    kind: Kind = "gentle" if rng.random() < 0.3 else "rough"
    agents = rng.choice((1, 2, 2, 3))
    is_rough = kind == "rough"
    is_late = seed >= KEYS_FROM
    return Plan(
        seed=seed,
        kind=kind,
        agents=agents,
        poll_s=rng.choice((0.5, 1.0, 2.0)),
        events=tuple(_events(rng, agents)),
        excursions=tuple(_excursions(rng, agents)),
        weather=_rough(rng) if is_rough else _gentle(rng),
        troubles=tuple(_chosen(rng, seed, agents, menu(seed, kind))),
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


def _troubles(rng: random.Random, agents: int, choice: Sequence[Happens]) -> list[Trouble]:
    kinds = sorted(set(choice))
    chosen = rng.sample(kinds, k=min(len(kinds), rng.randrange(1, 8)))
    troubles = []
    for _ in range(rng.randrange(1, 9)):
        what: Happens = rng.choice([one for one in choice if one in chosen])
        length = rng.choice((0.0, 1.0, 10.0, 45.0)) * rng.uniform(0.5, 1.2)
        if what.endswith("clock"):
            length = rng.choice((DAY_S, -DAY_S, 3.0, -3.0, 400.0))
        at = rng.uniform(3, SECONDS)
        steps = rng.choice((0, 0, rng.randrange(1, 60)))
        troubles.append(Trouble(at, what, rng.randrange(agents), length, steps))
    return sorted(troubles, key=lambda trouble: trouble.at_s)


def _chosen(rng: random.Random, seed: int, agents: int, choice: Sequence[Happens]) -> list[Trouble]:
    troubles = possible(_troubles(rng, agents, choice))
    return _prepared(rng, troubles) if seed >= FORGERS_FROM else troubles


def _prepared(rng: random.Random, troubles: list[Trouble]) -> list[Trouble]:
    """With a copy of whatever is restored, made some time before; as a rule."""
    copies = [
        Trouble(rng.uniform(2, one.at_s), BEFORE[one.what], one.who)
        for one in troubles
        if one.what in BEFORE and rng.random() < 0.8
    ]
    return sorted([*troubles, *copies], key=lambda trouble: trouble.at_s)
