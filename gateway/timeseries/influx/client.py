"""The HTTP client that the InfluxDB sinks share: its own trust, no environment, limits.

On httpcore: what httpx has beside it costs a gateway 6 MiB, and as much for each write again.
"""

import asyncio
import base64
import ssl
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Final, NamedTuple
from urllib.parse import urlencode

import httpcore

from contract.connecting import Looked
from contract.link import Unavailable
from contract.lookup import Lookups

CONNECT_S_MAX: Final = 2.0
"""Seconds until a server that does not even accept counts as away."""
ANSWER_BYTES_MAX: Final = 32 * 1024 * 1024
"""Of one answer: the names of `SERIES_MAX` series take six."""
STEPS_MAX: Final = 4
"""To connect, bring, wait and hear takes at most so many times a server's time-out."""
IDLE_S_MAX: Final = 5.0
"""A connection that is not used for so long is closed."""
AWAY: Final = (
    *(httpcore.NetworkError, httpcore.TimeoutException, httpcore.ProtocolError),
    *(httpcore.UnsupportedProtocol, httpcore.ConnectionNotAvailable, OSError),
)


class Answer(NamedTuple):
    """What a server said."""

    status: int
    body: bytes

    @property
    def text(self) -> str:
        """The body, whatever is in it."""
        return self.body.decode(errors="replace")


class Client:
    """One server."""

    def __init__(
        self,
        pool: httpcore.AsyncConnectionPool,
        url: str,
        *,
        timeout_s: float,
        headers: Mapping[str, str],
    ) -> None:
        self._pool: Final = pool
        self._url: Final = url.rstrip("/")
        self._headers: Final = list(headers.items())
        self._exchange_s_max: Final = STEPS_MAX * timeout_s
        self._limits: Final = {
            "timeout": dict.fromkeys(("read", "write", "pool"), timeout_s)
            | {"connect": min(CONNECT_S_MAX, timeout_s)}
        }

    async def get(self, path: str, asked: Mapping[str, str]) -> Answer:
        """Ask; raise `Unavailable` where nobody answers, or too much."""
        return await self.exchange("GET", self._at(path, asked), self._headers)

    async def post(self, path: str, asked: Mapping[str, str], body: bytes = b"") -> Answer:
        """Bring; raise `Unavailable` where nobody answers, or too much."""
        return await self.exchange("POST", self._at(path, asked), self._headers, body)

    async def exchange(
        self,
        method: str,
        url: str,
        headers: Sequence[tuple[str, str]],
        body: bytes | None = None,
    ) -> Answer:
        """Any request, with these headers alone; raises as the others do."""
        try:
            async with (
                asyncio.timeout(self._exchange_s_max),
                self._pool.stream(
                    method, url, headers=[*headers], content=body, extensions=self._limits
                ) as said,
            ):
                return Answer(said.status, await self._body(said))
        except AWAY as error:
            raise Unavailable(f"InfluxDB at {self._url} does not answer: {error!r}") from error

    def _at(self, path: str, asked: Mapping[str, str]) -> str:
        return f"{self._url}{path}?{urlencode(asked)}"

    async def _body(self, said: httpcore.Response) -> bytes:
        body = bytearray()
        async for piece in said.aiter_stream():
            body += piece
            if len(body) > ANSWER_BYTES_MAX:
                raise Unavailable(
                    f"InfluxDB at {self._url} answers with more than {ANSWER_BYTES_MAX} bytes"
                )
        return bytes(body)


def trusted(ca_file: str) -> ssl.SSLContext:
    """Whom to trust for https: this file's certificates, or the system's."""
    return ssl.create_default_context(cafile=ca_file or None)


@asynccontextmanager
async def client(
    url: str, *, ca_file: str, timeout_s: float, authorization: str = ""
) -> AsyncIterator[Client]:
    """A client for one server; it connects when it is first used."""
    headers = {"Authorization": authorization} if authorization else {}
    trust = trusted(ca_file) if url.startswith("https:") else None
    async with httpcore.AsyncConnectionPool(
        trust, keepalive_expiry=IDLE_S_MAX, network_backend=Looked(Lookups())
    ) as pool:
        yield Client(pool, url, timeout_s=timeout_s, headers=headers)


def basic(username: str, password: str) -> str:
    """A name and password as HTTP says them; empty without a name."""
    if not username:
        return ""
    return "Basic " + base64.b64encode(f"{username}:{password}".encode()).decode()


def token(key: str) -> str:
    """A key of InfluxDB 2 and 3 as HTTP says it; empty without one."""
    return f"Token {key}" if key else ""
