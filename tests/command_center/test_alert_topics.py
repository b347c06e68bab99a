"""Alerts on MQTT topics: each change a CloudEvent with its cursor, and none missed."""

import asyncio
import json
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import jsonschema
import msgspec
import pytest
from cloudevents.core.formats.json import JSONFormat

from command_center.alert_log import AlertLog
from command_center.alert_topics import AlertTopics, Standing, packet_of
from command_center.change import Change
from command_center.cursor import Cursor
from command_center.routes.asyncapi import document
from contract.clock import stamp
from contract.identifiers import Source
from contract.link import Link
from contract.links.memory import Hub
from contract.messages import (
    GENESIS,
    Alert,
    AlertChanged,
    Identity,
    SignedBytes,
    compose,
)
from contract.topics import alert_topic
from tests.command_center.scripted import ME, alert
from tests.support.scripted_gateway import EPOCH, GATEWAY
from tests.support.virtual import START, VirtualClock, run_virtually

SCHEMA = Path(__file__).parents[1] / "vectors" / "cloudevents" / "cloudevents.json"
HEARS = "greenlane/1/+/alerts/+"


@dataclass
class Scene:
    """A log, its topics, and somebody who hears them."""

    hub: Hub
    log: AlertLog
    topics: AlertTopics
    heard: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    async def say(self, *numbers: int, post: str = "KEMBA", rule: str = "seal_opened") -> None:
        """Changes of alerts, as the gateway composes them."""
        for number in numbers:
            one: Alert = msgspec.structs.replace(alert(f"a{number}"), post=post, rule=rule)
            identity = Identity(GATEWAY, "changes", EPOCH, number)  # type: ignore[arg-type]  # the gateway's own stream
            message = AlertChanged(alert=one)
            body = compose(
                message,
                source=GATEWAY,
                stamp=stamp(VirtualClock()),
                identity=identity,
                previous=GENESIS,
            )
            signed = SignedBytes(body=body, keyid="key", sig=b"")
            self.log.took(Change(EPOCH, number, "", f"h{number}", message, signed))
        await self.log.flush()

    async def until(self, is_so: Callable[[Standing], bool]) -> None:
        """Wait until it stands so."""
        async with asyncio.timeout(600):
            while not is_so(self.topics.standing):
                await asyncio.sleep(0.01)

    @property
    def numbers(self) -> list[int]:
        """Of the changes that were heard, in their order."""
        return [int(event["sequence"]) for _, event in self.heard]


@asynccontextmanager
async def saying(
    path: Path, *, posts: tuple[str, ...] = ("*",), kept_max: int = 1_000
) -> AsyncIterator[Scene]:
    """Say until left."""
    hub, clock = Hub(), VirtualClock()
    async with (
        AlertLog.open(path / "alerts.sqlite", head=Cursor(EPOCH, 0), kept_max=kept_max) as log,
        AlertTopics.open(path / "topics.sqlite", log=log, posts=posts, clock=clock) as topics,
        hub.dial("subscriber") as link,
        asyncio.TaskGroup() as tasks,
    ):
        scene = Scene(hub, log, topics)
        await link.subscribe(HEARS)
        running = tasks.create_task(topics.run(hub.dial, Source(ME)), name="topics")
        hearing = tasks.create_task(_hear(link, scene), name="hearing")
        yield scene
        running.cancel()
        hearing.cancel()


async def _hear(link: Link, scene: Scene) -> None:
    async for batch in link.receive():
        scene.heard += [(packet.topic, json.loads(packet.body)) for packet in batch]


def play(act: Callable[[], Awaitable[None]]) -> None:
    """On a virtual clock."""

    async def main() -> None:
        await act()

    run_virtually(main())


def test_each_change_is_a_cloudevent_on_the_topic_of_its_rule(tmp_path: Path) -> None:
    """By the schema, and read by the library of the standard; the cursor is that of the streams."""

    async def act() -> None:
        async with saying(tmp_path) as scene:
            await scene.say(1)
            await scene.say(2, post="GBLHR", rule="contraband_seen")
            await scene.until(lambda standing: standing.published == 2)
            assert [topic for topic, _ in scene.heard] == [
                "greenlane/1/KEMBA/alerts/seal_opened",
                "greenlane/1/GBLHR/alerts/contraband_seen",
            ]
            assert scene.topics.standing.cursor == f"{EPOCH}:2"
            for number, (_, document) in enumerate(scene.heard, start=1):
                jsonschema.validate(document, json.loads(SCHEMA.read_text()))
                event = JSONFormat().read(None, json.dumps(document))
                assert event.get_type() == "io.greenlane.alert.changed"
                assert event.get_extension("cursor") == f"{EPOCH}:{number}"
                assert await scene.log.find(Cursor.parse(document["cursor"])) == number
                data = event.get_data()
                assert isinstance(data, dict)
                assert data["alert"]["id"] == f"a{number}"

    play(act)


def test_the_asyncapi_document_describes_what_is_said(tmp_path: Path) -> None:
    """Every reference leads somewhere; what is heard fits the payload, and nothing else does."""
    described = document(is_on=True)
    refs = set(re.findall(r'"\$ref": "#/components/schemas/(\w+)"', json.dumps(described)))
    assert refs <= set(described["components"]["schemas"])
    assert described["channels"]["alerts"]["address"] == "greenlane/1/{post}/alerts/{rule}"
    assert document(is_on=False)["channels"] == {}
    payload = described["components"]["messages"]["alertChanged"]["payload"]
    schema = {**payload, "components": described["components"]}

    async def act() -> None:
        async with saying(tmp_path) as scene:
            await scene.say(1)
            await scene.until(lambda standing: standing.published == 1)
            ((_, heard),) = scene.heard
            jsonschema.validate(heard, schema)
            wrongs: list[dict[str, Any]] = [
                {"cursor": "x"},
                {"type": "another"},
                {"data": {"alert": {}}},
            ]
            for wrong in wrongs:
                with pytest.raises(jsonschema.ValidationError):
                    jsonschema.validate(heard | wrong, schema)

    play(act)


def test_only_the_posts_that_are_named_are_said(tmp_path: Path) -> None:
    """And only their filters are heard."""

    async def act() -> None:
        async with saying(tmp_path, posts=("GBLHR",)) as scene:
            assert scene.topics.filters == ("greenlane/1/GBLHR/alerts/+",)
            await scene.say(1, 2)
            await scene.say(3, post="GBLHR")
            await scene.until(lambda standing: standing.position == 3)
            assert scene.numbers == [3]

    play(act)


def test_it_begins_with_what_comes_from_now_on_and_goes_on_after_a_restart(tmp_path: Path) -> None:
    """What changed while it was away is said when it is back, in order."""

    async def act() -> None:
        async with AlertLog.open(tmp_path / "alerts.sqlite", head=Cursor(EPOCH, 0)) as log:
            await Scene(Hub(), log, None).say(1, 2)  # type: ignore[arg-type]  # only the log is used
        async with saying(tmp_path) as scene:
            await scene.say(3, 4)
            await scene.until(lambda standing: standing.published == 2)
            assert scene.numbers == [3, 4]
        async with AlertLog.open(tmp_path / "alerts.sqlite", head=Cursor(EPOCH, 4)) as log:
            await Scene(Hub(), log, None).say(5, 6, 7)  # type: ignore[arg-type]  # only the log is used
        async with saying(tmp_path) as scene:
            await scene.say(8)
            await scene.until(lambda standing: standing.published == 6)
            assert scene.numbers == [5, 6, 7, 8]

    play(act)


def test_what_the_broker_drops_is_said_again_until_it_passes_it_on(tmp_path: Path) -> None:
    """It takes it and drops it, as by an access list: failing, with the topic; then all of it."""

    async def act() -> None:
        async with saying(tmp_path) as scene:
            scene.hub.fault = lambda _packet, _client: ()
            await scene.say(1, 2)
            async with asyncio.timeout(600):
                while scene.topics.state != "failing":
                    await asyncio.sleep(0.1)
            assert "does not pass on" in scene.topics.reason
            assert "greenlane/1/KEMBA/alerts/seal_opened" in scene.topics.reason
            assert scene.topics.standing.published == 0
            scene.hub.fault = lambda _packet, _client: (0.0,)
            await scene.until(lambda standing: standing.published == 2)
            assert (scene.topics.state, scene.topics.reason) == ("live", "")
            assert scene.numbers == [1, 2]

    play(act)


def test_a_broker_that_goes_and_comes_back_misses_nothing(tmp_path: Path) -> None:
    """The subscriber's own link broke as well: here it is that of the command center alone."""

    async def act() -> None:
        async with saying(tmp_path) as scene:
            await scene.say(1)
            await scene.until(lambda standing: standing.published == 1)
            for number in (2, 3, 4):
                ours = next(name for name in scene.hub._links if name != "subscriber")
                scene.hub.cut(ours)
                await scene.say(number)
                await scene.until(lambda standing, number=number: standing.published == number)  # type: ignore[misc]  # its own number
            assert scene.numbers == [1, 2, 3, 4]

    play(act)


def test_what_is_kept_no_longer_is_skipped_and_counted(tmp_path: Path) -> None:
    """The hole is said; it does not stand still for ever."""

    async def act() -> None:
        async with saying(tmp_path, kept_max=3) as scene:
            scene.hub.fault = lambda _packet, _client: ()
            await scene.say(1)
            await asyncio.sleep(1)
            await scene.say(*range(2, 21))
            scene.hub.fault = lambda _packet, _client: (0.0,)
            await scene.until(lambda standing: standing.position == 20)
            assert scene.topics.standing.skipped == 17
            assert scene.numbers[-3:] == [18, 19, 20]

    play(act)


def test_the_signed_event_stands_in_the_packet_byte_for_byte(tmp_path: Path) -> None:
    """Without the cursor in front it is what the gateway signed."""

    async def act() -> None:
        async with saying(tmp_path) as scene:
            await scene.say(1)
            (entry,), _ = await scene.log.after(0, ("*",), 10)
            prefix = b'{"cursor":"' + entry.cursor.encode() + b'",'
            body = packet_of(entry).body
            assert body.startswith(prefix)
            assert b"{" + body.removeprefix(prefix) == entry.body

    play(act)


def test_no_rule_leads_out_of_its_level() -> None:
    """A name with signs of MQTT stays one level."""
    assert alert_topic("KEMBA", "a/b+c#d") == "greenlane/1/KEMBA/alerts/a-b-c-d"


def test_a_standing_outlives_its_times(tmp_path: Path) -> None:
    """When it last said something is on the disk as well."""

    async def act() -> None:
        async with saying(tmp_path) as scene:
            await asyncio.sleep(3_600)
            await scene.say(1)
            await scene.until(lambda standing: standing.published == 1)
            said_at = scene.topics.standing.published_at
        async with saying(tmp_path) as scene:
            assert said_at is not None
            assert scene.topics.standing.published_at == said_at
            assert said_at >= START + timedelta(hours=1)

    play(act)
