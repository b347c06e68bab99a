"""Stands before every route: limits, rights, same origin, and the headers of every answer.

    request ─▶ size ─▶ rule ─▶ who ─▶ may they ─▶ from our own page ─▶ route ─▶ headers ─▶ answer

It knows nothing of the routes behind it: what `rights` does not list never gets there.
"""

import asyncio
import hmac
from collections.abc import Awaitable, Callable, MutableMapping
from http.cookies import CookieError, SimpleCookie
from typing import Any, Final
from urllib.parse import quote

import msgspec

from command_center.officers import Officer
from command_center.reader import Reader
from command_center.rights import Rule, Verdict, judge, rule_for

BODY_BYTES_MAX: Final = 16 * 1024
BODY_S_MAX: Final = 15.0
COOKIE: Final = "greenlane_session"
CSRF: Final = "x-greenlane"
"""Only a page of ours can set this header: others would need our leave first (CORS)."""
POLICY: Final = (
    "default-src 'self'; img-src 'self' blob:; object-src 'none'; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'none'"
)
HEADERS: Final = (
    (b"content-security-policy", POLICY.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), geolocation=(), microphone=()"),
)
REFUSALS: Final[dict[Verdict, tuple[int, str]]] = {
    "sign in": (401, "Nobody is signed in."),
    "set a password": (403, "Set a password first."),
    "forbidden": (403, "Your role may not do that."),
}
INVALID: Final = "This token is not valid: it is unknown, too old, or was taken back."
"""The answer to a program; its name is no secret."""

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]


class _Refused(Exception):
    """Answer so, and go no further."""

    def __init__(self, status: int, error: str, *, go_to: str = "") -> None:
        super().__init__(error)
        self.status = status
        self.go_to = go_to


class Guard:
    """An ASGI application around another."""

    def __init__(
        self,
        app: App,
        *,
        who: Callable[[str], Officer | None],
        reads: Callable[[str], Reader | None],
        public_url: str = "",
    ) -> None:
        self._app: Final = app
        self._who: Final = who
        self._reads: Final = reads
        self._origin: Final = public_url.rstrip("/")
        self._headers: Final = HEADERS + (
            ((b"strict-transport-security", b"max-age=31536000"),)
            if public_url.startswith("https:")
            else ()
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See ASGI 3."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        headers = {name: value.decode("latin-1") for name, value in reversed(scope["headers"])}
        said = self._with_headers(scope, send)
        try:
            self._let_in(scope, headers)
            if scope["type"] == "http":
                receive = await _body(receive, headers)
            await self._app(scope, receive, said)
        except _Refused as refused:
            await _refuse(scope, refused, said)

    def _let_in(self, scope: Scope, headers: dict[bytes, str]) -> None:
        method = "WS" if scope["type"] == "websocket" else scope["method"]
        rule = rule_for(method, scope["path"])
        if rule is None:
            raise _Refused(404, "There is nothing here.")
        if rule.needs is not None and b"authorization" in headers:
            self._let_program_in(scope, rule, headers[b"authorization"])
            return
        token = _token(headers)
        officer = self._who(token) if token else None
        must_set_password = officer is not None and officer.must_set_password
        role = officer.role if officer else None
        verdict = judge(rule, role, must_set_password=must_set_password)
        if verdict != "allowed":
            raise _refusal(rule, verdict, scope)
        if method == "WS" or method not in ("GET", "HEAD"):
            self._check_origin(method, scope, headers)
        state = scope.setdefault("state", {})
        state["officer"], state["token"] = officer, token
        state["reader"] = lambda: self._reader(token)

    def _let_program_in(self, scope: Scope, rule: Rule, said: str) -> None:
        """A program sends no cookie, so nothing can be done in its name by a strange page."""
        kind, _, token = said.partition(" ")
        if kind.lower() != "bearer" or not rule.takes_token:
            raise _Refused(403, "A token reads alerts, and is taken nowhere else.")
        if self._reads(token.strip()) is None:
            raise _Refused(401, INVALID)
        state = scope.setdefault("state", {})
        state["officer"], state["token"] = None, ""
        state["reader"] = lambda: self._reads(token.strip())

    def _reader(self, token: str) -> Reader | None:
        officer = self._who(token)
        if officer is None or officer.must_set_password:
            return None
        return Reader(officer.name, officer.posts)

    def _check_origin(self, method: str, scope: Scope, headers: dict[bytes, str]) -> None:
        """A browser says from whose page it asks; only a websocket has to be a browser's."""
        origin = headers.get(b"origin", "")
        if not origin and method != "WS":
            is_ours = True
        else:
            is_ours = bool(origin) and self._is_ours(origin, scope, headers)
        is_asked = method == "WS" or hmac.compare_digest(headers.get(CSRF.encode(), ""), "1")
        if not is_ours or not is_asked:
            raise _Refused(403, "This was not asked by a page of this command center.")

    def _is_ours(self, origin: str, scope: Scope, headers: dict[bytes, str]) -> bool:
        if self._origin:
            return origin == self._origin
        scheme = {"ws": "http", "wss": "https"}.get(scope["scheme"], scope["scheme"])
        return origin == f"{scheme}://{headers.get(b'host', '')}"

    def _with_headers(self, scope: Scope, send: Send) -> Send:
        is_data = scope["path"].startswith("/api/") or scope["path"] == "/first"

        async def say(message: Message) -> None:
            if message["type"] in ("http.response.start", "websocket.http.response.start"):
                given = list(message.get("headers", ()))
                names = {name.lower() for name, _ in given}
                if is_data and b"cache-control" not in names:
                    given.append((b"cache-control", b"no-store"))
                ours = [pair for pair in self._headers if pair[0] not in names]
                message = {**message, "headers": [*given, *ours]}
            await send(message)

        return say


def _refusal(rule: Rule, verdict: Verdict, scope: Scope) -> _Refused:
    status, error = REFUSALS[verdict]
    if rule.kind == "page" and verdict == "sign in":
        return _Refused(303, error, go_to=_sign_in(scope))
    if rule.kind == "page" and verdict == "set a password":
        return _Refused(303, error, go_to="/set-password")
    return _Refused(status, error)


def _sign_in(scope: Scope) -> str:
    """The way in, from which one comes back to the page that was asked for."""
    query = scope.get("query_string", b"").decode("latin-1")
    asked = f"{scope['path']}?{query}" if query else scope["path"]
    return "/sign-in" if asked == "/" else f"/sign-in?from={quote(asked, safe='')}"


def _token(headers: dict[bytes, str]) -> str:
    try:
        cookie = SimpleCookie(headers.get(b"cookie", "")).get(COOKIE)
    except CookieError:
        return ""
    return cookie.value if cookie else ""


async def _body(receive: Receive, headers: dict[bytes, str]) -> Receive:
    """The whole body, refused as soon as it is too large: by what it says, and by what comes."""
    too_large = _Refused(413, f"A request has at most {BODY_BYTES_MAX} bytes.")
    said = headers.get(b"content-length", "0")
    if not said.isdecimal() or int(said) > BODY_BYTES_MAX:
        raise too_large
    body, is_more = b"", True
    try:
        async with asyncio.timeout(BODY_S_MAX):
            while is_more:
                message = await receive()
                body += message.get("body", b"")
                is_more = message.get("more_body", False)
                if len(body) > BODY_BYTES_MAX:
                    raise too_large
    except TimeoutError as error:
        raise _Refused(408, "The request did not come to its end.") from error
    whole: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def replayed() -> Message:
        return whole.pop() if whole else await receive()

    return replayed


async def _refuse(scope: Scope, refused: _Refused, send: Send) -> None:
    kind = "websocket.http.response" if scope["type"] == "websocket" else "http.response"
    body = msgspec.json.encode({"error": str(refused)})
    headers = [(b"content-type", b"application/json")]
    if refused.status in (408, 413):
        # What of it still comes is not read.
        headers.append((b"connection", b"close"))
    if refused.status == 401:  # noqa: PLR2004 - HTTP's own
        headers.append((b"www-authenticate", b"Bearer"))
    if refused.go_to:
        headers.append((b"location", refused.go_to.encode()))
    headers.append((b"content-length", str(len(body)).encode()))
    await send({"type": f"{kind}.start", "status": refused.status, "headers": headers})
    await send({"type": f"{kind}.body", "body": body})
