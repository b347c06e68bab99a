"""The journal is what it says: chains, signatures, tree and checkpoints, changes, pictures."""

from collections.abc import Iterator

from contract.signing import Key
from gateway.books.check import Asked, check
from tests.faults.books import Books
from tests.faults.world import World


def sound(world: World, _books: Books) -> Iterator[str]:
    """As ``greenlane journal check`` sees it."""
    public = Key.load_or_make(world.gateway.folder / "key").public
    report = check(Asked(folder=world.gateway.folder, public=public, is_deep=True))
    for fault in report.faults:
        yield f"journal check: {fault.where}: {fault.what}"
