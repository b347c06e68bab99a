"""Answers ``GET /metrics`` on 127.0.0.1 for services that have no web server of their own."""

import logging
from collections.abc import Awaitable, Callable, Iterable
from typing import Final

from contract import answering
from contract.answering import Answer, Limits, Request
from contract.link import Rejected, Unavailable
from contract.metrics import CONTENT_TYPE, Family, exposition

HOST: Final = "127.0.0.1"
"""Never another: who wants it elsewhere puts a proxy with rights in front."""
LIMITS: Final = Limits(head_bytes_max=8 * 1024, request_s_max=5.0, callers_max=8)
_log: Final = logging.getLogger(__name__)

Collect = Callable[[], Awaitable[Iterable[Family]]]


async def serve(port: int, collect: Collect, *, ready: Callable[[int], None] | None = None) -> None:
    """Answer until cancelled; 0 takes any free port. Raises `Rejected` if the port is taken."""

    async def answers(request: Request) -> Answer:
        if request.path != "/metrics":
            return Answer(404, "Only /metrics is here.\n")
        if request.method != "GET":
            return Answer(405, "Only GET.\n")
        try:
            return Answer(200, exposition(await collect()).decode(), CONTENT_TYPE)
        except Unavailable as error:
            return Answer(503, f"{error}\n")

    def listens(at: int) -> None:
        _log.info("metrics at http://%s:%d/metrics", HOST, at)
        if ready is not None:
            ready(at)

    try:
        await answering.serve(HOST, port, answers, LIMITS, ready=listens)
    except Rejected as error:
        raise Rejected(f"metrics: {error} (metrics_port)") from error
