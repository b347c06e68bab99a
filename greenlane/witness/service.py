"""Answers ``POST /add-checkpoint`` and ``GET /checkpoints``; TLS belongs to a proxy in front."""

import asyncio
import logging
from collections.abc import Callable
from typing import Final

from contract import answering
from contract.answering import Answer, Limits, Request
from contract.proof.submission import BYTES_MAX, PATH
from greenlane.witness.witness import Witness

LIMITS: Final = Limits(head_bytes_max=8 * 1024, request_s_max=10.0, callers_max=32)
LENGTH_DIGITS_MAX: Final = 9
_log: Final = logging.getLogger(__name__)


async def serve(
    host: str, port: int, witness: Witness, *, ready: Callable[[int], None] | None = None
) -> None:
    """Answer until cancelled; 0 takes any free port. Raises `Rejected` if the port is taken."""

    def listens(at: int) -> None:
        _log.info("the witness listens at http://%s:%d/%s", host, at, PATH)
        if ready is not None:
            ready(at)

    await answering.serve(host, port, _Desk(witness).answer, LIMITS, ready=listens)


class _Desk:
    """Takes one submission after the other."""

    def __init__(self, witness: Witness) -> None:
        self._witness: Final = witness
        self._turn: Final = asyncio.Lock()

    async def answer(self, request: Request) -> Answer:
        """What the witness says."""
        if (request.method, request.path) == ("GET", "/checkpoints"):
            return Answer(200, await asyncio.to_thread(self._witness.seen))
        if (request.method, request.path) != ("POST", f"/{PATH}"):
            return Answer(404, f"only POST /{PATH} and GET /checkpoints are here\n")
        length = _length(request.headers)
        if length is None:
            return Answer(400, "a request needs one Content-Length\n")
        if length > BYTES_MAX:
            return Answer(413, f"the most is {BYTES_MAX} bytes\n")
        body = await request.body.readexactly(length)
        async with self._turn:
            return await asyncio.to_thread(self._witness.add, body)


def _length(headers: list[bytes]) -> int | None:
    pairs = [line.partition(b":")[::2] for line in headers]
    found = [value.strip() for name, value in pairs if name.lower() == b"content-length"]
    if len(found) != 1 or not found[0].isdigit() or len(found[0]) > LENGTH_DIGITS_MAX:
        return None
    return int(found[0])
