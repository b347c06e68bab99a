"""The web server as one peer among tasks: it owns no signals and ends when it is cancelled.

A task that dies inside uvicorn's lifespan leaves it answering, deaf; and its own signal handling
kills siblings before they clean up. So it is a task beside the feed, and the process owns signals.
"""

import asyncio
import contextlib
import errno
import logging
import socket
from collections.abc import Iterator
from typing import Final

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from command_center.guard import App, Receive, Scope, Send
from contract.link import Rejected

BACKLOG: Final = 256
CONNECTIONS_MAX: Final = 1_000
SOCKET_BYTES_MAX: Final = 4_096
"""Bytes of one websocket message of a browser."""
KEEP_ALIVE_S: Final = 30
"""So long a connection may stand without the head of a request: between two, and before the first.
uvicorn counts only while nothing comes at all; a thousand heads that never end would shut it."""
GOODBYE_S: Final = 3
"""Seconds that open requests have when the server ends."""
_log: Final = logging.getLogger(__name__)


def listen(host: str, port: int) -> socket.socket:
    """Take the port, at once; raise `Rejected` with a sentence if it is not to be had."""
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    except OSError as error:
        raise Rejected(f"there is no address {host!r} to listen on: {error.strerror}") from error
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(BACKLOG)
    except OSError as error:
        listener.close()
        raise Rejected(_why_not(host, port, error)) from error
    listener.setblocking(False)  # noqa: FBT003 - the socket module's own
    return listener


def url_of(listener: socket.socket) -> str:
    """How a browser on this box reaches it."""
    host, port = listener.getsockname()[:2]
    if host in ("0.0.0.0", "::"):
        host = "localhost"
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


class _Peer(uvicorn.Server):
    """uvicorn without its own signal handling, for the process has one owner, and its own end.

    By itself it cancels requests under open connections, and logs each as an application's failure.
    """

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Open requests have `GOODBYE_S` to end; who is not through then is hung up on."""
        hanging_up = asyncio.get_running_loop().call_later(GOODBYE_S, self._hang_up)
        try:
            await super().shutdown(sockets)
        finally:
            hanging_up.cancel()

    def _hang_up(self) -> None:
        _log.info(
            "cutting off %d browsers that are not through", len(self.server_state.connections)
        )
        for connection in list(self.server_state.connections):
            connection.transport.abort()
        for task in self.server_state.tasks:
            task.cancel()


class _Impatient(H11Protocol):
    """Hangs up on who begins no request in time, however busily he does not."""

    _leaving: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # uvicorn's own
        super().connection_made(transport)
        self._look()

    def handle_events(self) -> None:
        super().handle_events()
        self._look()

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self._look()

    def _look(self) -> None:
        is_open = self in self.connections  # neither lost nor a websocket by now
        is_waiting = is_open and (self.cycle is None or self.cycle.response_complete)
        if is_waiting and self._leaving is None:
            self._leaving = self.loop.call_later(self.timeout_keep_alive, self.transport.close)
        elif not is_waiting and self._leaving is not None:
            self._leaving.cancel()
            self._leaving = None


def _cut_off_in_order(app: App) -> App:
    """An application whose requests may be cancelled: that is the server's end, and no failure."""

    async def serving(scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await app(scope, receive, send)
        except asyncio.CancelledError:
            # Only then uvicorn asks for no answer.
            while scope["type"] == "http" and (await receive())["type"] != "http.disconnect":
                pass

    return serving


async def serve(app: App, listener: socket.socket, *, keep_alive_s: int = KEEP_ALIVE_S) -> None:
    """Serve until cancelled; then open requests have `GOODBYE_S` to end."""
    config = uvicorn.Config(
        _cut_off_in_order(app),
        http=_Impatient,
        log_config=None,
        log_level="warning",
        access_log=False,
        lifespan="off",
        ws="websockets-sansio",
        ws_per_message_deflate=False,
        ws_max_size=SOCKET_BYTES_MAX,
        limit_concurrency=CONNECTIONS_MAX,
        timeout_keep_alive=keep_alive_s,
        timeout_graceful_shutdown=2 * GOODBYE_S,
        server_header=False,
        proxy_headers=False,
    )
    server = _Peer(config)
    async with asyncio.TaskGroup() as tasks:
        serving = tasks.create_task(server.serve(sockets=[listener]), name="web server")
        try:
            await asyncio.shield(serving)
        except asyncio.CancelledError:
            server.should_exit = True
            await asyncio.shield(serving)
            raise


def _why_not(host: str, port: int, error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"port {port} of {host} is in use by another program; choose another port"
    if error.errno in (errno.EACCES, errno.EPERM):
        return f"port {port} needs rights that this program has not; choose one above 1023"
    if error.errno == errno.EADDRNOTAVAIL:
        return f"{host} is no address of this box; 127.0.0.1 and 0.0.0.0 always are"
    return f"cannot listen on {host}:{port}: {error.strerror}"
