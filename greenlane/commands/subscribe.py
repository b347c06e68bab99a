"""``greenlane subscribe``: alerts of a command center in a terminal, one line each, for ever."""

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from contract.config import BadConfig
from greenlane.arguments import add_log
from greenlane.serving import serve

if TYPE_CHECKING:
    import httpx

    from contract.messages import Alert

SILENCE_S_MAX: Final = 45.0
"""The command center says something every 15 s: after three of them in vain, dial again."""
RETRY_S: Final = (1.0, 2.0, 5.0, 10.0, 30.0)
"""Waits between tries; the last one repeats."""
TOKEN_CHARS_MAX: Final = 200


class _Refused(Exception):
    """The command center is there and says no: a person has to change something."""


def add_parser(commands: Any) -> None:
    """Enter the command."""
    subscribe = commands.add_parser(
        "subscribe",
        help="print alerts of a command center, one line each",
        description="Prints each change of an alert until SIGINT or SIGTERM, and goes on where it "
        "was when the command center restarts. A supervisor makes the token, which reads alerts "
        "and nothing else. The last word of a line is the cursor for --since.",
    )
    subscribe.add_argument("url", metavar="URL", help="of the command center: https://desk.example")
    subscribe.add_argument("--token-file", type=Path, metavar="F", help="the token is in this file")
    subscribe.add_argument("--since", default="", metavar="CURSOR", help="begin after this one")
    add_log(subscribe)
    subscribe.set_defaults(act=run)


def run(arguments: argparse.Namespace) -> int:
    """Print until a signal."""
    url, token = arguments.url.rstrip("/"), _token(arguments.token_file)
    return serve(lambda: follow(url, token, arguments.since, sys.stdout.write))


async def follow(url: str, token: str, since: str, say: Any) -> None:
    """Say each change of an alert as a line, come what may; raises `Rejected` if it may not."""
    import asyncio

    import httpx

    from contract.link import Rejected

    headers = {"Authorization": f"Bearer {token}"} if token else {}
    tries = 0
    timeout = httpx.Timeout(10.0, read=SILENCE_S_MAX)
    async with httpx.AsyncClient(base_url=url, headers=headers, timeout=timeout) as client:
        subscriber = _Subscriber(client, since, say)
        while True:
            try:
                await subscriber.hear()
                tries = 0
            except (httpx.InvalidURL, httpx.UnsupportedProtocol) as error:
                raise Rejected(f"{url} is no URL of a command center: {error}") from error
            except _Refused as error:
                raise Rejected(str(error)) from error
            except httpx.TransportError as error:
                tries = 0 if subscriber.has_heard else tries
                _note(f"{url} is away ({error or type(error).__name__}); trying again")
            subscriber.has_heard = False
            await asyncio.sleep(RETRY_S[min(tries, len(RETRY_S) - 1)])
            tries += 1


class _Subscriber:
    """Knows how far it is."""

    def __init__(self, client: "httpx.AsyncClient", since: str, say: Any) -> None:
        self._client: Final = client
        self._cursor = since
        self._say: Final = say
        self.has_heard = False

    async def hear(self) -> None:
        """One connection, until it breaks."""
        import httpx_sse

        from contract.messages import AlertChanged, read

        resume = {"Last-Event-ID": self._cursor} if self._cursor else {}
        path = "/api/alerts/stream"
        async with httpx_sse.aconnect_sse(self._client, "GET", path, headers=resume) as source:
            await _check(source.response)
            async for event in source.aiter_sse():
                self.has_heard = True
                if event.event == "alert.changed":
                    message = read(event.data.encode()).message()
                    if isinstance(message, AlertChanged):
                        self._tell(message.alert, event.id)
                elif event.event == "gap":
                    _note("not every change was kept; the latest state of each alert follows")
                elif event.event == "reset":
                    _note("what changed meanwhile is kept no longer; all alerts as they are now:")
                    await self._tell_all()
                self._cursor = event.id or self._cursor

    async def _tell_all(self) -> None:
        """Every alert that the command center has, as it is now."""
        import msgspec

        from contract.messages import Alert

        after, is_last = "", False
        while not is_last:
            params = {"limit": "1000"} | ({"after": after} if after else {})
            answer = await self._client.get("/api/alerts", params=params)
            await _check(answer)
            page = answer.json()
            for alert in msgspec.convert(page["alerts"], list[Alert]):
                self._tell(alert, "")
            after, is_last = page["cursor"], page["is_last"]

    def _tell(self, alert: "Alert", cursor: str) -> None:
        self._say(line_of(alert, cursor) + "\n")
        sys.stdout.flush()


async def _check(answer: "httpx.Response") -> None:
    """Raise `_Refused` for what trying again does not mend, a transport error for the rest."""
    import httpx

    if answer.is_success:
        return
    await answer.aread()
    try:
        sentence = str(answer.json()["error"])
    except (ValueError, KeyError, TypeError):
        sentence = "no command center answers there"
    if answer.status_code >= 500 or answer.status_code in (408, 429):  # noqa: PLR2004 - HTTP's own
        raise httpx.RemoteProtocolError(f"{answer.status_code}: {clean(sentence)}")
    raise _Refused(f"{clean(sentence)} (HTTP {answer.status_code}; a token goes in --token-file)")


def line_of(alert: "Alert", cursor: str) -> str:
    """One line: when, how bad, state, post, what about, what, which, and where to go on."""
    words = (
        f"{alert.changed_at:%Y-%m-%dT%H:%M:%SZ}",
        f"{alert.severity:<8}",
        f"{alert.state:<12}",
        alert.post,
        alert.subject,
        alert.title,
        f"[{alert.id}]",
        cursor,
    )
    return "  ".join(clean(word) for word in words).rstrip()


def clean(text: str) -> str:
    """What devices wrote must not steer the terminal: only what prints is printed."""
    return "".join(
        letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in text
    )


def _token(path: Path | None) -> str:
    if path is None:
        return ""
    try:
        token = path.read_text().strip()
    except OSError as error:
        raise BadConfig(f"{path} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise BadConfig(f"{path} holds no token: it is no text") from error
    if not token or len(token) > TOKEN_CHARS_MAX or not (token.isascii() and token.isprintable()):
        raise BadConfig(f"{path} holds no token: it is one line like glt_…")
    return token


def _note(sentence: str) -> None:
    print(f"greenlane: {sentence}", file=sys.stderr, flush=True)
