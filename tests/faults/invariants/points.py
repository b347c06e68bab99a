"""The database has each kept point once, and nothing else."""

from collections import Counter
from collections.abc import Iterator

from contract.identifiers import Source
from contract.messages import ReadingsTaken
from gateway.instant import microseconds
from gateway.timeseries.points import points_of
from gateway.timeseries.sink import TimePoint
from tests.faults.agent import COUNT
from tests.faults.books import Books
from tests.faults.database import said_of
from tests.faults.strangers import LOAD
from tests.faults.world import World

Measured = tuple[str, str, str, int, float | None]
"""Agent, device, metric, microseconds since 1970, value."""


def stored(world: World, books: Books) -> Iterator[str]:
    """Each point of what was kept, under its own name."""
    database = world.database
    if database.overwritten:
        yield f"{len(database.overwritten)} points overwrote others: {database.overwritten[0]}"
    held = database.said
    if len(held) != len(database.points):
        yield f"{len(database.points) - len(held)} points are doubled"
    foreign = {e.identity: e for e in books.entries if e.kind == "foreign" and e.identity}
    expected = {
        said_of(point): point
        for identity, entry in (books.kept | foreign).items()
        if entry.kind != "refused" and entry.message is not None
        for point in points_of(identity, entry.observed_at or entry.received_at, entry.message)
    }
    absent = [said for said, point in expected.items() if held.get(said) != point]
    if absent:
        yield f"{len(absent)} kept points are not in the database, the first is {absent[0]}"
    if not world.plan.has("restore gateway") and len(held) > len(expected):
        yield f"{len(held) - len(expected)} points were never kept"
    observed = Counter(
        (point.series, point.value) for point in held.values() if point.series.metric == COUNT
    )
    twice = [seen for seen, times in observed.items() if times > 1]
    if twice:
        yield f"{len(twice)} readings are stored twice, the first is {twice[0]}"


def counted(world: World, books: Books) -> Iterator[str]:
    """The same reading by reading, without asking the product which points a message makes."""
    is_restored = world.plan.has("restore gateway")  # then it also has what the journal lost
    points = [point for point in world.database.points.values() if point.series.kind == "reading"]
    ours = Counter(_measured(point) for point in points if point.series.metric != LOAD)
    kept = Counter(_kept(books))
    if kept - ours:
        yield f"{(kept - ours).total()} kept readings are nowhere: {next(iter(kept - ours))}"
    if ours - kept and not is_restored:
        yield f"{(ours - kept).total()} readings were never kept: {next(iter(ours - kept))}"
    loads = {_measured(point) for point in points if point.series.metric == LOAD}
    if len(loads) != world.strangers.said and not is_restored:
        yield f"strangers said {world.strangers.said} readings, {len(loads)} are in the database"


def _measured(point: TimePoint) -> Measured:
    series = point.series
    return series.agent, series.device, series.metric, point.observed_us, point.value


def _kept(books: Books) -> Iterator[Measured]:
    for identity, entry in books.kept.items():
        if not isinstance(entry.message, ReadingsTaken):
            continue
        agent = Source(identity.source).name
        for one in entry.message.readings:
            yield agent, one.device, one.metric, microseconds(one.observed_at), one.value
