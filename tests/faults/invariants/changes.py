"""What the gateway tells: whole, the same in a replay, and known to the command center."""

from collections.abc import Iterator

from contract.messages import AgentChanged, CompletenessChanged, ScanChanged
from gateway.journal.journal import entries, identity_of
from gateway.judging.changes import Chain
from gateway.judging.replay import base_of, changes
from tests.faults.books import Books
from tests.faults.world import GATEWAY, World


def numbered(_world: World, books: Books) -> Iterator[str]:
    """The changes have no holes."""
    numbers = [number for number, _ in books.changes]
    if numbers != list(range(1, len(numbers) + 1)):
        yield "numbers of the changes have holes"


def replayed(world: World, books: Books) -> Iterator[str]:
    """A replay makes the same changes, and no more of them."""
    if world.plan.has("restore gateway"):
        return  # of what was judged before, only the latest of each thing is told
    path = world.journal
    made = changes(entries(path), Chain(str(GATEWAY), identity_of(path)), base_of(path))
    if [change.body for change in made if change.position <= books.judged] != books.bodies:
        yield "a replay of the journal makes other changes"


def followed(world: World, books: Books) -> Iterator[str]:
    """The board has every alert as it stands, and all else as it was told up to its number."""
    board = world.center.board.snapshot()
    told = {alert.id: alert for alert in board.alerts}
    if told != books.alerts:
        yield f"the board has {len(told)} alerts, the gateway {len(books.alerts)}; or they differ"
    latest = [change for number, change in books.changes if number <= board.number]
    agents = {c.source: c for c in latest if isinstance(c, AgentChanged)}
    completeness = {c.source: c for c in latest if isinstance(c, CompletenessChanged)}
    scans = {c.scan.id: c.scan for c in latest if isinstance(c, ScanChanged)}
    if {one.source: one for one in board.agents} != agents:
        yield "the board has other agents than the gateway told"
    if {one.source: one for one in board.completeness} != completeness:
        yield "the board has other completeness than the gateway told"
    if {one.id: one for one in board.scans} != scans:
        yield "the board has other scans than the gateway told"
