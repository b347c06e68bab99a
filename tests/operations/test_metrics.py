"""What monitors read: OpenMetrics by its reference parser, of the real services."""

import asyncio
from collections.abc import Iterable
from pathlib import Path

import httpx
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from contract import exposing
from contract.clock import SystemClock
from contract.delivery.outbox import Outbox
from contract.delivery.source_end import Said
from contract.identifiers import Source
from contract.link import Unavailable
from contract.links.memory import Hub
from contract.messages import Device, SealRead
from contract.metrics import OTHER, SERIES_MAX, Family, counter, exposition, gauge, labelled
from contract.signing import Key
from edge import metrics as agent_metrics
from edge.detector import PictureError, Scan
from edge.health import Health
from gateway import assembly, service
from gateway import metrics as gateway_metrics
from gateway.config import GatewayConfig
from gateway.timeseries.sinks import EmbeddedConfig
from tests.gateway.gateways import World
from tests.support.virtual import run_virtually
from tests.system.servers import free_port


def samples(text: str) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    """Every sample by name and labels, as the reference parser reads them."""
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text)  # type: ignore[no-untyped-call]  # no types
        for sample in family.samples
    }


@given(st.dictionaries(st.text(), st.floats(0, 1e12), max_size=20))
def test_whatever_a_label_holds_is_read_as_it_was(values: dict[str, float]) -> None:
    """Quotes, backslashes and line ends do not break the text; long labels are cut."""
    told = exposition([labelled("x", "counter", 'about "x"\n', "why", values)]).decode()
    read = samples(told)
    assert sum(read.values()) == pytest.approx(sum(values.values()))
    short = {text: value for text, value in values.items() if len(text) <= 80}
    for text, value in short.items():
        assert read["greenlane_x_total", (("why", text),)] >= value


def test_a_flood_of_labels_is_bounded() -> None:
    """What is beyond is added up."""
    family = labelled("x", "gauge", "x", "why", {str(n): n for n in range(SERIES_MAX + 50)})
    assert len(family.samples) == SERIES_MAX + 1
    assert family.samples[(("why", OTHER),)] == sum(range(50))


async def fetched(collect: exposing.Collect, path: str, method: str = "GET") -> httpx.Response:
    """What the listener answers."""
    port: asyncio.Future[int] = asyncio.get_running_loop().create_future()
    async with asyncio.TaskGroup() as tasks:
        serving = tasks.create_task(exposing.serve(0, collect, ready=port.set_result))
        url = f"http://127.0.0.1:{await port}{path}"
        async with httpx.AsyncClient(trust_env=False) as client:
            answer = await client.request(method, url)
        serving.cancel()
    return answer


async def two() -> Iterable[Family]:
    """Two families."""
    return [counter("a", "A.", 3), gauge("b_seconds", "B.", 0.5)]


async def none() -> Iterable[Family]:
    """A service that cannot say."""
    raise Unavailable("the journal cannot be read")


@pytest.mark.anyio
async def test_the_listener_answers_what_a_monitor_asks() -> None:
    """One path, one method, the media type of OpenMetrics."""
    answer = await fetched(two, "/metrics")
    assert answer.headers["content-type"].startswith("application/openmetrics-text")
    assert samples(answer.text) == {("greenlane_a_total", ()): 3, ("greenlane_b_seconds", ()): 0.5}
    assert (await fetched(two, "/")).status_code == 404
    assert (await fetched(two, "/metrics", "POST")).status_code == 405
    assert (await fetched(none, "/metrics")).status_code == 503


def test_a_gateway_counts_what_it_keeps_and_how_far_its_sinks_are(tmp_path: Path) -> None:
    """Entries, an alert by its rule, receipts, and a sink that has caught up."""
    world = World(tmp_path, sinks={"store": EmbeddedConfig()})

    async def main() -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
        async with (
            assembly.assembled(world.config, world.clock) as parts,
            asyncio.TaskGroup() as tasks,
        ):
            running = [
                tasks.create_task(service._take_turns(parts)),
                tasks.create_task(parts.intake.run()),
                tasks.create_task(parts.bench.run(parts.receipts)),
                tasks.create_task(parts.receipts.run()),
                tasks.create_task(service._stay_linked(parts, world.hub.dial)),
            ]
            await asyncio.sleep(1)
            async with world.agent("gate-2") as outbox:
                await outbox.say(
                    Said(SealRead(device="reader-1", seal="A1", state="intact")),
                    Said(SealRead(device="reader-1", seal="A1", state="opened")),
                )
                await asyncio.sleep(20)
            for one in running:
                one.cancel()
            return samples(exposition(await gateway_metrics.collect(parts)).decode())

    read = run_virtually(main())
    assert read["greenlane_entries_total", (("kind", "kept"),)] >= 2
    assert read["greenlane_open_alerts", (("rule", "seal_opened"),)] == 1
    assert read["greenlane_open_alerts", (("rule", "seal_cloned"),)] == 0
    assert read["greenlane_receipts_total", ()] >= 1
    assert read["greenlane_unjudged_entries", ()] == 0
    # Nobody runs the sink here: all of it waits, and the oldest for some seconds.
    behind = read["greenlane_journal_position", ()]
    assert read["greenlane_sink_backlog_entries", (("sink", "store"),)] == behind
    assert read["greenlane_sink_lag_seconds", (("sink", "store"),)] >= 20


@pytest.mark.anyio
async def test_a_running_gateway_answers_at_its_port(tmp_path: Path) -> None:
    """With `metrics_port`; and nothing listens without."""
    config = GatewayConfig(state_dir=str(tmp_path), posts=("KEMBA",))
    assert config.metrics_port == 0
    port = free_port()
    config = msgspec.structs.replace(config, metrics_port=port)
    async with asyncio.TaskGroup() as tasks, httpx.AsyncClient(trust_env=False) as client:
        running = tasks.create_task(service.run(config, Hub().dial, clock=SystemClock()))
        async with asyncio.timeout(30):
            while True:
                try:
                    answer = await client.get(f"http://127.0.0.1:{port}/metrics")
                    read = samples(answer.text)
                    if read["greenlane_has_link", ()] == 1:
                        break
                except httpx.TransportError:
                    pass
                await asyncio.sleep(0.1)
        running.cancel()
    assert read["greenlane_journal_position", ()] >= 1


@pytest.mark.anyio
async def test_an_agent_counts_its_outbox_and_its_model(tmp_path: Path) -> None:
    """What waits by stream, which device answers, how long the model took."""

    async def detect(picture: bytes) -> Scan:
        if not picture:
            raise PictureError("nothing")
        return Scan(width=1, height=1, detections=(), model="m", milliseconds=20.0)

    health = Health((Device(device="reader-1", family="seal_reader"),))
    health.found("reader-1")
    watched = agent_metrics.Watched(detect)
    async with Outbox.open(
        tmp_path / "outbox", source=Source("/KEMBA/a"), key=Key.make(), clock=SystemClock()
    ) as outbox:
        await outbox.say(Said(SealRead(device="reader-1", seal="A1", state="intact")))
        await watched.detect(b"1")
        await watched.detect(b"1")
        with pytest.raises(PictureError):
            await watched.detect(b"")
        families = await agent_metrics.collect(outbox, health, watched)
    read = samples(exposition(families).decode())
    assert read["greenlane_outbox_messages", (("stream", "events"),)] == 1
    assert read["greenlane_outbox_bytes", (("stream", "events"),)] > 100
    assert read["greenlane_device_found", (("device", "reader-1"),)] == 1
    assert read["greenlane_model_milliseconds_total", ()] == 40
    assert read["greenlane_pictures_unreadable_total", ()] == 1
