"""Every picture of which all parts were kept is there, byte for byte."""

import hashlib
from collections.abc import Iterator

from contract.messages import BlobKept, ScanCompleted
from tests.faults.books import Books
from tests.faults.world import World


def pictured(world: World, books: Books) -> Iterator[str]:
    """And it was told so."""
    if books.lost or world.plan.has("restore card", "double agent"):
        return  # what was on a card that is no more, nobody can send
    told = {entry.message.sha256 for entry in books.entries if isinstance(entry.message, BlobKept)}
    for entry in books.kept.values():
        if not isinstance(entry.message, ScanCompleted):
            continue
        sha256 = entry.message.picture.sha256
        path = world.gateway.folder / "blobs" / sha256[:2] / sha256
        if not path.exists():
            yield f"the picture of {entry.message.subject} is not here"
        elif hashlib.sha256(path.read_bytes()).hexdigest() != sha256:
            yield f"the picture of {entry.message.subject} is another one"
        elif sha256 not in told:
            yield f"the picture of {entry.message.subject} is here, and nobody was told"
