"""Which agents were ever enrolled: by the gateway's own entries, found by their index."""

from pathlib import Path
from typing import Final

from contract.identifiers import Source
from contract.messages import KeyEnrolled, read
from gateway.books.file import NAME, opened

_BODIES: Final = "SELECT body FROM entry WHERE kind = 'own' AND type = :type AND body IS NOT NULL"


def enrolled(state: Path) -> set[Source]:
    """The agents of the journal in a gateway's state folder; `Rejected` where there is none."""
    with opened(state / NAME) as at:
        bodies = [body for (body,) in at.execute(_BODIES, {"type": KeyEnrolled.type})]
    told = [read(body).message() for body in bodies]
    return {Source(one.source) for one in told if isinstance(one, KeyEnrolled)}
