"""The command center: everything wired, and three tasks beside each other until cancelled.

feed ◀══ changes, readings ══ gateway
│
board ─▶ live ══ websocket ══▶ browsers ── POST ─▶ acts ─▶ outbox ─▶ uplink ══▶ gateway
"""

import asyncio
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Final

from command_center import server
from command_center.assembly import Parts, assembled
from command_center.config import Config
from command_center.tokens import SAVE_S
from contract.clock import Clock
from contract.delivery import uplink
from contract.folder import held
from contract.link import Dial, Rejected, Unavailable
from contract.signing import KEY_BYTES

_log: Final = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Ready:
    """It listens: where, and while nobody can sign in the one-time link of the first officer."""

    url: str
    first_link: str | None
    """A secret: for a terminal, never for a log."""


async def run(
    config: Config, dial: Dial, *, clock: Clock, ready: Callable[[Ready], None] | None = None
) -> None:
    """Serve until cancelled.

    Needs `key` and `gateway.pub` in the state directory, as an enrolment leaves them. Raises
    `Rejected` with a sentence for what only a person can change.
    """
    gateway_key = _gateway_key(config.state / "gateway.pub")
    # The port first: a second start of the same command center must touch nothing.
    with server.listen(config.host, config.port) as listener, _alone(config.state):
        async with assembled(config, gateway_key, clock) as parts:
            url = config.public_url.rstrip("/") or server.url_of(listener)
            token = await parts.officers.first_link()
            facts = uplink.Facts(version=_version())
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(server.serve(parts.app, listener), name="command center: web")
                tasks.create_task(parts.live.tick(), name="command center: tick")
                tasks.create_task(parts.feed.run(dial), name="command center: feed")
                tasks.create_task(parts.alert_log.run(), name="command center: alert log")
                tasks.create_task(parts.webhooks.run(), name="command center: webhooks")
                tasks.create_task(parts.exports.run(), name="command center: exports")
                if parts.topics is not None:
                    saying = parts.topics.run(dial, config.me)
                    tasks.create_task(saying, name="command center: alert topics")
                tasks.create_task(_keep(parts, clock), name="command center: alert streams")
                saying = uplink.run(
                    parts.outbox,
                    dial,
                    gateway_key=gateway_key,
                    facts=lambda: facts,
                    alive=tuple,
                    clock=clock,
                )
                tasks.create_task(saying, name="command center: uplink")
                _log.info("command center listens on %s", url)
                if ready is not None:
                    ready(Ready(url, f"{url}/first?token={token}" if token else None))


async def _keep(parts: Parts, clock: Clock) -> None:
    """Every half minute what has no hurry; when all ends, let the alert streams go at once."""
    try:
        while True:
            await clock.sleep(SAVE_S)
            try:
                await parts.tokens.save()
                await parts.acts.age()
            except Unavailable as error:
                _log.warning("command center: %s", error)
    finally:
        parts.alert_log.end()


@contextmanager
def _alone(state: Path) -> Iterator[None]:
    """Hold the state directory; two would say acts under the same numbers."""
    with held(state) as is_ours:
        if not is_ours:
            raise Rejected(f"another command center is running on {state}")
        yield


def _gateway_key(path: Path) -> bytes:
    try:
        key = bytes.fromhex(path.read_text().strip())
    except (OSError, ValueError):
        key = b""
    if len(key) != KEY_BYTES:
        raise Rejected(
            f"this command center is not enrolled ({path} holds no key of a gateway): make a code "
            "with `greenlane gateway code`, then enter it with `greenlane command-center enroll`"
        )
    return key


def _version() -> str:
    try:
        return version("greenlane")
    except PackageNotFoundError:
        return "0"
