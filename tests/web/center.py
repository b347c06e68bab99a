"""The real command center on a memory hub, in a thread of its own, for a browser to open."""

import asyncio
import threading
import time
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final, TypeVar

from command_center import service
from command_center.config import AlertTopicsConfig, Config
from command_center.place import Place
from contract.clock import SystemClock
from contract.links.memory import Hub
from contract.messages import AlertChanged, Message
from contract.signing import Key
from tests.web.scripted_gateway import Gateway

PASSWORD: Final = "four quiet herons walk"  # noqa: S105 - guards nothing
START_S_MAX: Final = 60.0
ANSWER_S_MAX: Final = 30.0
ON_ITS_WAY_S: Final = 0.5
"""By then what was said before the gateway fell silent has come."""

WAIT_MS: Final = 20_000
"""A machine may be loaded: a browser test waits long, and sleeps never."""

T = TypeVar("T")


class LeapingClock(SystemClock):
    """The clock of this box, which a test can put forward: nobody waits half a minute."""

    leap_s = 0.0

    def utc_now(self) -> datetime:
        """UTC, put forward."""
        return datetime.now(UTC) + timedelta(seconds=self.leap_s)

    def monotonic_ns(self) -> int:
        """Monotonic, put forward."""
        return super().monotonic_ns() + int(self.leap_s * 1e9)


class Center:
    """A running command center and the gateway it hears."""

    def __init__(self, state: Path, *, posts: tuple[Place, ...] = ()) -> None:
        self.clock: Final = LeapingClock()
        self.gateway: Final = Gateway(Key.make(), self.clock)
        self.hub: Final = Hub()
        self.url = ""
        self.first_link = ""
        self._state: Final = state
        self._posts: Final = posts
        self._ready: Final = threading.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._main: asyncio.Task[None] | None = None
        self._thread: threading.Thread | None = None
        self._failed: BaseException | None = None
        self._port = 0

    @contextmanager
    def running(self) -> Iterator["Center"]:
        """Serve as long as the block lasts."""
        self.start()
        try:
            yield self
        finally:
            self.stop()

    def start(self) -> None:
        """Serve; a second time on the port of the first."""
        self._ready.clear()
        self._thread = threading.Thread(target=self._serve, name="command center of a test")
        self._thread.start()
        if not self._ready.wait(START_S_MAX):
            raise TimeoutError("the command center did not start")
        if self._failed is not None:
            raise self._failed

    def silence(self) -> None:
        """From now on the gateway says nothing, and its last word is 42 s old."""
        self.gateway.is_mute = True
        time.sleep(ON_ITS_WAY_S)
        self.clock.leap_s = 42

    def stop(self) -> None:
        """Serve no more; what is on its disk stays."""
        if self._loop is not None and self._main is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._main.cancel)
        if self._thread is not None:
            self._thread.join(START_S_MAX)

    def hub_hears(self, topic: str) -> bool:
        """Whether somebody has subscribed to the topic of that ending."""
        return any(link.hears(f"greenlane/1{topic}") for link in self.hub._links.values())

    def tell(self, *messages: Message) -> None:
        """The gateway says these changes."""
        for message in messages:
            self.do(self.gateway.tell(message))

    def alert(self, alert: Any) -> None:
        """The gateway opens or changes an alert."""
        self.tell(AlertChanged(alert=alert))

    def do(self, work: Coroutine[Any, Any, T]) -> T:
        """Run something on the command center's loop, and wait for it."""
        if self._loop is None:
            raise RuntimeError("not running")
        future: Future[T] = asyncio.run_coroutine_threadsafe(work, self._loop)
        return future.result(ANSWER_S_MAX)

    def wait_until(self, is_so: Callable[[], bool]) -> None:
        """Wait until something is so; raise `TimeoutError` if it never is."""
        self.do(self._until(is_so))

    async def _until(self, is_so: Callable[[], bool]) -> None:
        async with asyncio.timeout(ANSWER_S_MAX / 2):
            while not is_so():
                await asyncio.sleep(0.01)

    def _serve(self) -> None:
        try:
            asyncio.run(self._run())
        except asyncio.CancelledError:
            return
        except BaseException as failed:  # noqa: BLE001 - told to the test's thread
            self._failed = failed
            self._ready.set()

    async def _run(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._main = asyncio.current_task()
        self._state.mkdir(parents=True, exist_ok=True)
        (self._state / "gateway.pub").write_text(self.gateway.key.public.hex())
        config = Config(
            state_dir=str(self._state),
            post="KEMBA",
            port=self._port,
            posts=self._posts,
            alert_topics=AlertTopicsConfig(enabled=True),
            webhook_networks=("127.0.0.0/8",),
        )
        listening = asyncio.Event()
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self.gateway.run(self.hub, listening), name="scripted gateway")
            await listening.wait()
            serving = service.run(config, self.hub.dial, clock=self.clock, ready=self._told)
            tasks.create_task(serving, name="command center")

    def _told(self, ready: service.Ready) -> None:
        self.url = ready.url
        self.first_link = ready.first_link or self.first_link
        self._port = int(ready.url.rsplit(":", 1)[1])
        self._ready.set()
