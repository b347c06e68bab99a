"""Carries what influxdb-client asks over our own client: its limits, its time-outs, its trust.

influxdb-client (in a thread) ─▶ Carrier ─▶ the loop ─▶ Client ⇒ InfluxDB
"""

import asyncio
import io
from concurrent.futures import CancelledError, Future
from threading import Lock
from typing import Any, Final

from urllib3 import HTTPResponse

from contract.link import Unavailable
from gateway.timeseries.influx.client import Answer, Client


class Carrier:
    """Stands where influxdb-client has urllib3's pool; made on the loop, called in threads."""

    def __init__(self, http: Client) -> None:
        self._http: Final = http
        self._loop: Final = asyncio.get_running_loop()
        self._door: Final = Lock()
        """Who asks is told that it is closed, or known to who closes: never neither."""
        self._asked: Final[set[Future[Answer]]] = set()
        self._is_closed = False

    def request(
        self,
        method: str,
        url: str,
        *,
        headers: dict[str, str],
        body: str | bytes | None = None,
        **_urllib3s: Any,
    ) -> HTTPResponse:
        """As urllib3's, without its own time-outs; raises `Unavailable`."""
        raw = body.encode() if isinstance(body, str) else body
        with self._door:
            if self._is_closed:
                raise Unavailable("the sink is closed")
            asking = self._http.exchange(method, url, list(headers.items()), raw)
            asked = asyncio.run_coroutine_threadsafe(asking, self._loop)
            self._asked.add(asked)
        try:
            answer = asked.result()
        except CancelledError as error:
            raise Unavailable("the sink was closed while it waited for InfluxDB") from error
        finally:
            with self._door:
                self._asked.discard(asked)
        # Without its headers: nothing is unpacked. In UTF-8, as which influxdb-client reads it.
        text = io.BytesIO(answer.text.encode())
        return HTTPResponse(text, status=answer.status, preload_content=False)

    def close(self) -> None:
        """On the loop: who waits in a thread is told, or both would wait for each other."""
        with self._door:
            self._is_closed = True
            waiting = tuple(self._asked)
        for asked in waiting:
            asked.cancel()
