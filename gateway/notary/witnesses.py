"""Asks second parties to cosign checkpoints (C2SP tlog-witness); whoever is away is asked again."""

import asyncio
import logging
from http import HTTPStatus
from typing import Final, NamedTuple

import httpcore

from contract.clock import Clock
from contract.connecting import Looked
from contract.link import Rejected, Unavailable
from contract.lookup import Lookups
from contract.proof import note, submission
from contract.proof.merkle import BadProof
from contract.proof.note import BadNote
from gateway.notary.config import WitnessConfig
from gateway.notary.notary import Notary
from gateway.notary.standing import Standing
from gateway.notary.tree import Kept

STEP_S_MAX: Final = 10.0
"""To connect, to bring, to hear something."""
ANSWER_S_MAX: Final = 30.0
"""To have the whole answer."""
ANSWER_BYTES_MAX: Final = 16 * 1024
RETRY_S_FIRST: Final = 5.0
RETRY_S_MAX: Final = 600.0
TRIES_MAX: Final = 3
"""Of one checkpoint, while the witness only says which size it remembers."""
_LIMITS: Final = {"timeout": dict.fromkeys(("connect", "read", "write", "pool"), STEP_S_MAX)}
_AWAY: Final = (
    *(httpcore.NetworkError, httpcore.TimeoutException, httpcore.ProtocolError),
    *(httpcore.UnsupportedProtocol, OSError, ValueError),
)
"""What goes wrong with a server, or with its URL."""
_log: Final = logging.getLogger(__name__)


class Answer(NamedTuple):
    """What a witness said."""

    status: int
    kind: str
    body: bytes


async def submit(config: WitnessConfig, notary: Notary, clock: Clock, standing: Standing) -> None:
    """Have every newest checkpoint cosigned by this witness, until cancelled."""
    witness = _Witness(config, notary)
    wait, seen = RETRY_S_FIRST, 0
    async with httpcore.AsyncConnectionPool(network_backend=Looked(Lookups())) as pool:
        while True:
            made = await notary.past(seen)
            standing.waits()
            try:
                await witness.ask(pool, made)
            except (Unavailable, Rejected, BadNote, BadProof, LookupError) as error:
                is_refusal = isinstance(error, Rejected)
                standing.failed(str(error), is_refusal=is_refusal)
                level = logging.ERROR if is_refusal else logging.WARNING
                _log.log(level, "no cosignature of %s: %s", witness.name, error)
                await clock.sleep(wait)
                wait = min(wait * 2, RETRY_S_MAX)
                continue
            if wait > RETRY_S_FIRST or not seen:
                _log.info("%s cosigns, from %d entries on", witness.name, made.size)
            wait, seen = RETRY_S_FIRST, made.size
            standing.was_signed(made.size)


class _Witness:
    """One of them, and how large it remembers the log."""

    def __init__(self, config: WitnessConfig, notary: Notary) -> None:
        self._verifier: Final = config.verifier
        self._url: Final = f"{config.url.rstrip('/')}/{submission.PATH}"
        self._notary: Final = notary
        self._old = 0

    @property
    def name(self) -> str:
        """Its key's name."""
        return self._verifier.name

    async def ask(self, pool: httpcore.AsyncConnectionPool, made: Kept) -> None:
        """Have this checkpoint cosigned; raises why it was not."""
        for _ in range(TRIES_MAX):
            proof = await self._notary.proof(self._old, made.size) if self._old else []
            body = submission.written(self._old, proof, made.note)
            answer = await posted(pool, self._url, body)
            if answer.status == HTTPStatus.OK:
                await self._take(answer.body, made)
                return
            self._learn(answer, made)
        raise Unavailable("it does not say twice which size it remembers")

    async def _take(self, body: bytes, made: Kept) -> None:
        told = note.read(made.note.encode())
        lines = note.read_lines(body)
        line = note.verified(note.Note(told.text, lines), self._verifier)
        if line is None:
            raise BadNote("it answers without a cosignature of its own")
        self._old = made.size
        await self._notary.cosigned(made, [line])

    def _learn(self, answer: Answer, made: Kept) -> None:
        """The witness remembers another size than we thought; anything else is no."""
        text = answer.body.decode(errors="replace").strip()
        if answer.status != HTTPStatus.CONFLICT or answer.kind != submission.SIZE_TYPE:
            words = " ".join(text.split())[:200]
            raise Rejected(f"it refuses ({answer.status}): {words}")
        remembered = int(text) if text.isascii() and text.isdigit() and len(text) < 17 else -1  # noqa: PLR2004 - as sizes in notes
        if not 0 <= remembered <= made.size or remembered == self._old:
            raise Rejected(f"it remembers {text[:20]} entries, of {made.size}: another journal?")
        self._old = remembered


async def posted(pool: httpcore.AsyncConnectionPool, url: str, body: bytes) -> Answer:
    """What a witness answers to this; raises `Unavailable`: nothing, too much, or not in time."""
    try:
        async with (
            asyncio.timeout(ANSWER_S_MAX),
            pool.stream("POST", url.encode(), content=body, extensions=_LIMITS) as said,
        ):
            headers = {name.lower(): value for name, value in said.headers}
            kind = headers.get(b"content-type", b"").partition(b";")[0].strip()
            found = b""
            async for piece in said.aiter_stream():
                found += piece
                if len(found) > ANSWER_BYTES_MAX:
                    raise Unavailable(f"{url} answers more than {ANSWER_BYTES_MAX} bytes")
            return Answer(said.status, kind.decode("latin-1"), found)
    except _AWAY as error:
        raise Unavailable(f"{url}: {error or type(error).__name__}") from error
