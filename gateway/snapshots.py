"""The judge's state on disk now and then, so that a restart judges only the tail of the journal.

A shortcut, never the truth: without a snapshot, or with one of another judge, the whole journal is
judged again and the state is the same.
"""

import hashlib
import logging
import pickle
import sqlite3
from functools import cache
from pathlib import Path
from typing import Final

import contract.messages
from gateway.changes import CURSOR
from gateway.journal import write_cursor
from gateway.state import State
from gateway.store import Store

EVERY_ENTRIES: Final = 20_000
EVERY_BYTES: Final = 64 * 1024 * 1024
"""Of bodies: one entry may hold thousands of messages of strangers."""
BYTES_MAX: Final = 256 * 1024 * 1024
"""A state larger than this is not kept."""
_log: Final = logging.getLogger(__name__)


async def load(store: Store, upto: int) -> State:
    """The newest state at or before this position; an empty one if there is none."""
    body = await store.read(lambda at: _read(at, upto))
    if body is None:
        return State()
    try:
        # Our own file, readable by us alone, in the same database as the journal and the key's
        # neighbour: who can write it needs no pickle to harm us.
        state = pickle.loads(body)  # noqa: S301 - see above
    except (pickle.UnpicklingError, AttributeError, ImportError, TypeError, ValueError) as error:
        _log.warning("the snapshot of the judge is of no use: %s", error)
        return State()
    return state if isinstance(state, State) else State()


async def keep(store: Store, state: State) -> None:
    """Keep this state, all changes of which are durable; raises `Unavailable` (disk full)."""
    body = pickle.dumps(state, protocol=pickle.HIGHEST_PROTOCOL)
    if len(body) > BYTES_MAX:
        _log.warning("the judge's state takes %d bytes: no snapshot", len(body))
        return
    position = state.position
    await store.write(lambda at: _write(at, position, body))


@cache
def _name() -> str:
    """Names the code that made a state: other code may not understand it, and judges anew."""
    folder = Path(__file__).parent
    files = (Path(contract.messages.__file__), *folder.glob("*.py"), *folder.glob("rules/*.py"))
    digest = hashlib.sha256(b"".join(path.read_bytes() for path in sorted(files)))
    return f"judge {digest.hexdigest()}"


def _read(at: sqlite3.Connection, upto: int) -> bytes | None:
    row = at.execute(
        "SELECT body FROM snapshot WHERE name = ? AND position <= ?", (_name(), upto)
    ).fetchone()
    return bytes(row[0]) if row else None


def _write(at: sqlite3.Connection, position: int, body: bytes) -> None:
    at.execute("DELETE FROM snapshot")
    at.execute("INSERT INTO snapshot VALUES (?, ?, ?)", (_name(), position, body))
    write_cursor(at, CURSOR, position)
