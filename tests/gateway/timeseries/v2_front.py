"""What stands in for InfluxDB 2.x in tests: its write address, in front of a real 1.x.

No InfluxDB 2 can be installed from Debian or PyPI. Writing is put through as 1.8 itself does it
(``/api/v2/write`` of a bucket is ``/write`` of a database), so a real database judges every line;
InfluxQL at ``/query`` goes through as it is.
Flux is **not** understood: questions are recorded and answered with tables that a test has laid out
in the form of InfluxDB's own documentation. What they would mean to a real 2.x is not tested here.
"""

import http.client
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final, Self
from urllib.parse import parse_qs, urlencode, urlsplit

POLL_S: Final = 0.02
"""Seconds until a stop is noticed."""


class V2Front:
    """A server on a free port of 127.0.0.1."""

    def __init__(self, behind: str, token: str) -> None:
        self.behind: Final = urlsplit(behind).netloc
        self.token: Final = token
        self.questions: list[dict[str, Any]] = []
        self.answers: list[str] = []
        self._server: Final = _Server(("127.0.0.1", 0), _Handler)
        self._server.front = self
        self._thread: Final = threading.Thread(
            target=self._server.serve_forever, args=(POLL_S,), name="v2-front"
        )

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def write(self, asked: dict[str, list[str]], body: bytes) -> tuple[int, bytes]:
        """What 2.x is told, as 1.x is told it."""
        query = urlencode({"db": asked["bucket"][0], "precision": asked["precision"][0]})
        return self.put_through("POST", f"/write?{query}", body)

    def put_through(self, method: str, path: str, body: bytes) -> tuple[int, bytes]:
        """Ask the 1.x behind."""
        connection = http.client.HTTPConnection(self.behind, timeout=30)
        try:
            connection.request(method, path, body)
            answer = connection.getresponse()
            return answer.status, answer.read()
        except OSError as error:
            return 503, json.dumps({"code": "unavailable", "message": str(error)}).encode()
        finally:
            connection.close()

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    @property
    def front(self) -> V2Front:
        assert isinstance(self.server, _Server)
        return self.server.front

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if not self.is_known():
            return
        address = urlsplit(self.path)
        if address.path == "/api/v2/write":
            self.answer(*self.front.write(parse_qs(address.query), body))
        else:
            self.front.questions.append(json.loads(body))
            self.answer(200, self.front.answers.pop(0).encode())

    def do_GET(self) -> None:
        if self.is_known():
            self.answer(*self.front.put_through("GET", self.path, b""))

    def is_known(self) -> bool:
        if self.headers["Authorization"] == f"Token {self.front.token}":
            return True
        self.answer(401, b'{"code":"unauthorized","message":"unauthorized access"}')
        return False

    def answer(self, status: int, body: bytes) -> None:
        self.send_response(status)
        if status != 204:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(b"" if status == 204 else body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name
        """Say nothing."""


class _Server(ThreadingHTTPServer):
    front: V2Front
