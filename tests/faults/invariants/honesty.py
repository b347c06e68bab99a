"""Honest boxes are not taken for others, and nobody says that something is lost without a cause."""

import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import closing

from tests.faults.books import Books
from tests.faults.world import World


def declared(world: World, books: Books) -> Iterator[str]:
    """Nothing is declared lost without a cause."""
    causes = {
        "dropped": world.plan.outbox_messages_max < 1_000,
        "pruned": world.plan.has("restore gateway"),
        "forgotten": world.plan.has("restore card", "double agent", "restore center"),
        "said again": world.plan.has("revoke key"),
    }
    for source, lost in books.lost:
        if not causes.get(lost.reason, False):
            yield f"{source} declares {lost.stream} {lost.first} to {lost.to} {lost.reason}: why?"


def undivided(world: World, books: Books) -> Iterator[str]:
    """Each number is held once, and no honest source says two things under one."""
    times = Counter(e.identity for e in books.entries if e.identity and e.kind != "fork")
    twice = [identity for identity, count in times.items() if count > 1]
    if twice:
        yield f"{len(twice)} messages are kept twice, the first is {twice[0]}"
    theirs = {thief.fork_hash for thief in world.thieves}
    forks = [e for e in books.entries if e.kind == "fork" and e.hash not in theirs]
    if forks:
        yield f"{len(forks)} forks of honest sources, the first is {forks[0].identity}"


def in_order(_world: World, books: Books) -> Iterator[str]:
    """Positions have no holes, and the journal's time never goes back."""
    positions = [entry.position for entry in books.entries]
    if positions != list(range(1, len(positions) + 1)):
        yield "positions of the journal have holes"
    received = [entry.received_at for entry in books.entries]
    if received != sorted(received):
        yield "the journal's time goes back"


def unsuspected(world: World, _books: Books) -> Iterator[str]:
    """Only what was harmed on its way, or signed with a key that does not count, is set aside."""
    with closing(sqlite3.connect(world.journal)) as at:
        (suspects,) = at.execute("SELECT count(*) FROM quarantine").fetchone()
    is_refused = world.plan.has("revoke key", "rotate key")
    bad = world.network.tally["truncated"] + world.forged
    if suspects > bad and not is_refused:
        yield f"{suspects} suspects, {bad} packets were harmed or forged"
