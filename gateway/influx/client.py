"""The HTTP client that the InfluxDB sinks share: its own trust, no environment, time-outs.

On httpcore: what httpx has beside it costs a gateway 6 MiB, and as much for each write again.
"""

import base64
import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Final, NamedTuple
from urllib.parse import urlencode

import httpcore

from contract.link import Unavailable

CONNECT_S_MAX: Final = 2.0
"""Seconds until a server that does not even accept counts as away."""
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
        self._limits: Final = {
            "timeout": dict.fromkeys(("read", "write", "pool"), timeout_s)
            | {"connect": min(CONNECT_S_MAX, timeout_s)}
        }

    async def get(self, path: str, asked: Mapping[str, str]) -> Answer:
        """Ask; raise `Unavailable` where nobody answers."""
        return await self._request("GET", path, asked, None)

    async def post(self, path: str, asked: Mapping[str, str], body: bytes = b"") -> Answer:
        """Bring; raise `Unavailable` where nobody answers."""
        return await self._request("POST", path, asked, body)

    async def _request(
        self, method: str, path: str, asked: Mapping[str, str], body: bytes | None
    ) -> Answer:
        url = f"{self._url}{path}?{urlencode(asked)}"
        try:
            said = await self._pool.request(
                method, url, headers=self._headers, content=body, extensions=self._limits
            )
        except AWAY as error:
            raise Unavailable(f"InfluxDB at {self._url} does not answer: {error!r}") from error
        return Answer(said.status, said.content)


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
    async with httpcore.AsyncConnectionPool(trust, keepalive_expiry=IDLE_S_MAX) as pool:
        yield Client(pool, url, timeout_s=timeout_s, headers=headers)


def basic(username: str, password: str) -> str:
    """A name and password as HTTP says them; empty without a name."""
    if not username:
        return ""
    return "Basic " + base64.b64encode(f"{username}:{password}".encode()).decode()


def token(key: str) -> str:
    """A key of InfluxDB 2 and 3 as HTTP says it; empty without one."""
    return f"Token {key}" if key else ""
