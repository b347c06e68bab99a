"""Whose certificate counts no more is thrown out by the broker, which the gateway asks to."""

import asyncio
import json
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from contract.link import Link, Unavailable
from contract.links.memory import Hub
from contract.topics import BROKER
from gateway.trust.dismissing import ANSWER_S, DISMISS_AFTER_S, NAMES_MAX, Dismissing
from tests.support.virtual import VirtualClock, run_virtually


class Broker:
    """Notes whom it is asked to throw out, and when; answers, or does not."""

    def __init__(self, hub: Hub, *, answers: bool = True) -> None:
        self.dismissing = Dismissing(VirtualClock())
        self.asked: list[tuple[float, list[str]]] = []
        self._hub = hub
        self._answers = answers
        self._began = asyncio.get_running_loop().time()

    @asynccontextmanager
    async def linked(self) -> AsyncIterator[None]:
        """While the gateway has a link."""
        async with (
            self._hub.dial("plugin") as plugin,
            self._hub.dial("gateway") as link,
            asyncio.TaskGroup() as tasks,
        ):
            await plugin.subscribe(BROKER)
            doing = [self._hear(plugin), self.dismissing.run(link)]
            running = [tasks.create_task(one, name="linked") for one in doing]
            yield
            for task in running:
                task.cancel()

    async def _hear(self, link: Link) -> None:
        async for batch in link.receive():
            for packet in batch:
                commands = json.loads(packet.body)["commands"]
                names = [one["username"] for one in commands]
                verbs = [one["command"] for one in commands]
                assert verbs == ["createClient", "deleteClient"] * (len(verbs) // 2)
                assert names[::2] == names[1::2]
                now = asyncio.get_running_loop().time() - self._began
                self.asked.append((round(now, 1), names[::2]))
                if self._answers:
                    self.dismissing.answered()


def test_a_name_is_dismissed_three_times(caplog: pytest.LogCaptureFixture) -> None:
    """Once when it has had time to leave, and later, should it have come back meanwhile."""

    async def main() -> None:
        broker = Broker(Hub())
        async with broker.linked():
            broker.dismissing.dismiss(["lane-1"])
            await asyncio.sleep(1)
            broker.dismissing.dismiss(["lane-2"])
            await asyncio.sleep(600)
        later = [(1 + after, ["lane-2"]) for after in DISMISS_AFTER_S]
        assert broker.asked == sorted([*((at, ["lane-1"]) for at in DISMISS_AFTER_S), *later])

    caplog.set_level(logging.ERROR)
    run_virtually(main())
    assert not caplog.records


def test_whom_the_broker_was_not_asked_about_waits_for_the_next_link() -> None:
    """What fell due meanwhile is asked once."""

    async def main() -> None:
        broker = Broker(Hub())
        broker.dismissing.dismiss(["lane-1"])
        await asyncio.sleep(20)
        async with broker.linked():
            await asyncio.sleep(600)
        assert broker.asked == [(20.0, ["lane-1"]), (60.0, ["lane-1"])]

    run_virtually(main())


def test_who_was_asked_about_on_a_link_that_broke_is_asked_about_again() -> None:
    """Only what the broker took counts as asked."""

    async def main() -> None:
        hub = Hub()
        broker = Broker(hub)
        broker.dismissing.dismiss(["lane-1"])
        async with hub.dial("gateway") as link:
            hub.cut("gateway")
            await asyncio.sleep(DISMISS_AFTER_S[0])
            with pytest.raises(Unavailable):
                await broker.dismissing.run(link)
        async with broker.linked():
            await asyncio.sleep(1)
        assert broker.asked == [(DISMISS_AFTER_S[0], ["lane-1"])]

    run_virtually(main())


def test_many_names_are_dismissed_by_and_by() -> None:
    """No request is larger than its limit, and nobody is forgotten."""

    async def main() -> None:
        broker = Broker(Hub())
        names = [f"lane-{number}" for number in range(2 * NAMES_MAX + 1)]
        async with broker.linked():
            broker.dismissing.dismiss(names)
            await asyncio.sleep(DISMISS_AFTER_S[0] + 1)
        assert [len(asked) for _, asked in broker.asked] == [NAMES_MAX, NAMES_MAX, 1]
        assert [name for _, asked in broker.asked for name in asked] == names

    run_virtually(main())


def test_a_broker_that_does_not_answer_is_an_error_in_the_log(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Somebody has to restart it: it may have no such plugin, or another configuration."""

    async def main() -> None:
        broker = Broker(Hub(), answers=False)
        async with broker.linked():
            broker.dismissing.dismiss(["lane-1"])
            await asyncio.sleep(DISMISS_AFTER_S[0] + ANSWER_S + 1)

    run_virtually(main())
    (error,) = [one for one in caplog.records if one.levelno == logging.ERROR]
    assert "lane-1: restart it" in error.getMessage()
