"""One-time codes for enrolment: one file each, so that a command may make one while we run."""

import logging
import secrets
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated, Final

import msgspec
from msgspec import Meta

from contract.clock import Clock
from contract.delivery.enrolment import Code
from contract.folder import sync
from contract.identifiers import Source
from contract.link import Rejected, Unavailable
from contract.whole_file import write_whole
from gateway.adapters.config import PREFIX as FOREIGN

LASTS_H: Final = 24
SECRET_CHARACTERS: Final = 16
NAME_BYTES: Final = 4
CODES_MAX: Final = 1_000
"""Codes that wait at once."""
_ALPHABET: Final = "23456789abcdefghjkmnpqrstuvwxyz"
"""Nothing that could be mistaken for another when it is read from paper: 16 make 79 bits."""
_log: Final = logging.getLogger(__name__)


class Waiting(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A code that has not been used."""

    source: str
    secret: str
    until: Annotated[datetime, Meta(tz=True)]


class Codes:
    """The codes in a gateway's state directory."""

    def __init__(self, state_dir: Path, clock: Clock) -> None:
        self._folder: Final = state_dir / "codes"
        self._clock: Final = clock

    def make(self, source: Source) -> str:
        """A new code, ``name-secret``, by which ``source`` may enrol once within 24 hours.

        Raises `Rejected` for a name under which the gateway itself speaks of strangers.
        """
        if source.name.startswith(FOREIGN):
            raise Rejected(f"names that begin with {FOREIGN!r} are for devices that are not ours")
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._make_room()
        code = Code(
            name=secrets.token_hex(NAME_BYTES),
            secret="".join(secrets.choice(_ALPHABET) for _ in range(SECRET_CHARACTERS)),
        )
        until = self._clock.utc_now() + timedelta(hours=LASTS_H)
        waiting = Waiting(str(source), code.secret, until)
        write_whole(self._path(code.name), msgspec.json.encode(waiting))
        return str(code)

    def secret(self, name: str, source: str) -> str | None:
        """The secret of a code that ``source`` may use now; none if there is no such code."""
        waiting = self._read(name)
        if waiting is None or waiting.source != source:
            return None
        return waiting.secret if waiting.until > self._clock.utc_now() else None

    def use_up(self, name: str) -> None:
        """The code has been used: it counts no more, also after a power cut; or `Unavailable`."""
        try:
            self._path(name).unlink(missing_ok=True)
            sync(self._folder)
        except OSError as error:
            raise Unavailable(f"the code cannot be taken back: {error}") from error

    def _path(self, name: str) -> Path:
        # The name comes from outside: only what we would have made ourselves may become a path.
        safe = name if name.isalnum() and name.isascii() else "no such code"
        return self._folder / f"{safe[:32]}.json"

    def _read(self, name: str) -> Waiting | None:
        try:
            return msgspec.json.decode(self._path(name).read_bytes(), type=Waiting)
        except FileNotFoundError:
            return None
        except (ValueError, RecursionError, OSError) as error:
            _log.warning("the enrolment code %s cannot be read: %s", name, error)
            return None

    def _make_room(self) -> None:
        """For one more: codes that are too old go, and of too many the oldest."""
        paths = sorted(self._folder.glob("*.json"), key=lambda path: path.stat().st_mtime)
        staying = [path for path in paths if self._is_good(path)][1 - CODES_MAX :]
        for path in set(paths).difference(staying):
            path.unlink(missing_ok=True)

    def _is_good(self, path: Path) -> bool:
        waiting = self._read(path.stem)
        return waiting is not None and waiting.until > self._clock.utc_now()


def make_code(state_dir: Path, source: Source, clock: Clock) -> str:
    """A new one-time code for ``source`` at the gateway whose state is here."""
    return Codes(state_dir, clock).make(source)
