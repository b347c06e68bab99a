"""What a witness answers to a checkpoint, and what it remembers of each log: one small file."""

import hashlib
import logging
from pathlib import Path
from typing import Final

from contract.answering import Answer
from contract.clock import Clock
from contract.proof import checkpoint, merkle, note, submission
from contract.proof.checkpoint import BadCheckpoint, Checkpoint
from contract.proof.merkle import BadProof
from contract.proof.note import BadNote, Note, Verifier
from contract.proof.submission import BadSubmission, Submission
from contract.signing import Key
from contract.whole_file import write_whole

LOGS_MAX: Final = 1_000
"""Logs that are remembered; a restored gateway begins a new one."""
_log: Final = logging.getLogger(__name__)


class Witness:
    """Cosigns for the logs of the trusted keys. Touches the disk: one call at a time."""

    def __init__(
        self, state: Path, *, name: str, key: Key, trusted: tuple[bytes, ...], clock: Clock
    ) -> None:
        self._folder: Final = state / "logs"
        self._folder.mkdir(parents=True, exist_ok=True)
        self._name: Final = name
        self._key: Final = key
        self._trusted: Final = trusted
        self._clock: Final = clock

    def add(self, body: bytes) -> Answer:
        """Cosign, or say why not, as C2SP tlog-witness has it."""
        try:
            asked = submission.read(body)
            told = note.read(asked.note)
            stands = checkpoint.read(told.text)
        except (BadSubmission, BadNote, BadCheckpoint) as error:
            return Answer(400, f"{error}\n")
        if not self._is_signed(told, stands):
            return Answer(403, "no signature of a key that this witness trusts\n")
        if asked.old > stands.size:
            return Answer(400, "the old size is the larger one\n")
        return self._grown(asked, told, stands)

    def _is_signed(self, told: Note, stands: Checkpoint) -> bool:
        for public in self._trusted:
            try:
                if note.verified(told, Verifier(stands.origin, public)) is not None:
                    return True
            except BadNote:
                continue
        return False

    def _grown(self, asked: Submission, told: Note, stands: Checkpoint) -> Answer:
        path = self._folder / hashlib.sha256(stands.origin.encode()).hexdigest()
        known = checkpoint.read(note.read(path.read_bytes()).text) if path.exists() else None
        if asked.old != (known.size if known else 0):
            return Answer(409, f"{known.size if known else 0}\n", submission.SIZE_TYPE)
        if known is None and sum(1 for _ in self._folder.iterdir()) >= LOGS_MAX:
            return Answer(403, f"this witness remembers {LOGS_MAX} logs already\n")
        try:
            _check(asked, known, stands)
        except BadProof as error:
            _log.critical("%s CONTRADICTS ITSELF at %d: %s", stands.origin, stands.size, error)
            is_same_size = known is not None and known.size == stands.size
            return Answer(409 if is_same_size else 422, f"{error}\n")
        if known is None:
            _log.info("a new log: %s, with %d entries", stands.origin, stands.size)
        line = note.cosigned(told.text, self._name, self._key, self._clock.utc_now())
        write_whole(path, str(note.with_lines(told, [line])), is_secret=False)
        return Answer(200, str(line))

    def seen(self) -> str:
        """Every log as it was seen last: notes behind each other."""
        return "\n".join(
            path.read_text() for path in sorted(self._folder.iterdir()) if not path.suffix
        )


def _check(asked: Submission, known: Checkpoint | None, stands: Checkpoint) -> None:
    if known is not None and known.size:
        merkle.check_consistency(known.size, stands.size, known.root, stands.root, asked.proof)
    elif asked.proof:
        raise BadProof("a proof from nothing")
