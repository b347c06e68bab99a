"""``scripts/bench explorer``: is the explorer smooth over a series of ten million readings?

A series of N readings, ten a second up to now, is written through the real sinks into each store
in turn. Then Chromium opens the explorer on all of it and goes nearer, key by key, until the
readings themselves are drawn. Told for each step: what the command center took to answer
(``answer_ms``), from the key to the drawn chart (``drawn_ms``), the longest task of the page.
"""

import asyncio
import json
import math
import random
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from statistics import median
from typing import Any, Final
from urllib.parse import urlencode

from playwright.sync_api import Page

from contract.clock import SystemClock
from gateway.timeseries.sink import BATCH_POINTS_MAX, Origin, Place, Series, Sink, TimePoint
from gateway.timeseries.sinks import embedded, influx1
from greenlane import logs
from scripts.benches.bench import asking, verdict
from scripts.benches.chromium import desk, long_tasks
from tests.system.line import DATABASE, PASSWORD, POST, Line

POINTS: Final = 10_000_000
EVERY_US: Final = 100_000
"""Microseconds between two readings."""
DRAWN_MS_MAX: Final = 1_000.0
TASK_MS_MAX: Final = 200.0
STEPS_MAX: Final = 24
SERIES: Final = Series("reading", POST, "lane-9", "reefer-1", "supply air", "Cel")
DRAW: Final = (
    "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"
)


def main() -> int:
    """Run the bench; 0 if every step of both stores was smooth."""
    parser = asking("explorer", __doc__)
    parser.add_argument("--points", type=int, default=POINTS, help=f"default: {POINTS:,}")
    asked = parser.parse_args()
    logs.set_up(level="error")
    return max(judge(store, measure(store, asked.points)) for store in ("embedded", "influx1"))


def measure(store: str, count: int) -> list[dict[str, Any]]:
    """Fill one store and walk into it; one fact a step."""
    end = datetime.now(UTC).replace(microsecond=0)
    with tempfile.TemporaryDirectory(prefix="greenlane-bench-") as name, ExitStack() as stack:
        directory = Path(name)
        line = Line(directory, "", is_embedded=store == "embedded")
        if store == "embedded":
            (directory / "gateway").mkdir()
            asyncio.run(fill_embedded(directory / "gateway", count, end))
        stack.enter_context(line.running())
        if store == "influx1":
            asyncio.run(fill_influx(line.influx.url, directory, count, end))
        page = stack.enter_context(desk(str(line.officer.base_url), PASSWORD))
        return list(walk(page, end - timedelta(microseconds=count * EVERY_US), end))


async def fill_embedded(state_dir: Path, count: int, end: datetime) -> None:
    """Through the embedded sink, before the gateway opens it."""
    place = Place(state_dir=state_dir, clock=SystemClock())
    async with embedded.connect(embedded.EmbeddedConfig(), place) as sink:
        await fill(sink, count, end)


async def fill_influx(url: str, directory: Path, count: int, end: datetime) -> None:
    """Through the sink of InfluxDB 1.x."""
    place = Place(state_dir=directory, clock=SystemClock())
    config = influx1.Influx1Config(url=url, database=DATABASE)
    async with influx1.connect(config, place) as sink:
        await fill(sink, count, end)


async def fill(sink: Sink, count: int, end: datetime) -> None:
    """All readings, in the batches of a gateway."""
    began = time.monotonic()
    told = readings(count, end)
    while batch := list(islice(told, BATCH_POINTS_MAX)):
        await sink.write(batch)
    taken_s = time.monotonic() - began
    print(json.dumps({"points": count, "filled_s": round(taken_s, 1)}), flush=True)


def readings(count: int, end: datetime) -> Iterator[TimePoint]:
    """A cold store's air: days, defrosting, noise, and now and then a door that stands open."""
    chance = random.Random(1)  # noqa: S311 - not a secret
    origin = Origin(f"/{POST}/lane-9", "readings", "0" * 16)
    last_us = int(end.timestamp() * 1_000_000) - EVERY_US
    door = 0.0
    for number in range(count):
        door = max(door * 0.999, chance.random() * 8 if chance.random() < 1e-5 else 0.0)  # noqa: PLR2004
        day = math.sin(number * EVERY_US / 86_400e6 * math.tau)
        value = -18 + day + door + chance.gauss(0, 0.2)
        observed_us = last_us - (count - 1 - number) * EVERY_US
        yield TimePoint(SERIES, origin, number, 0, observed_us, round(value, 3))


def walk(page: Page, start: datetime, end: datetime) -> Iterator[dict[str, Any]]:
    """From all of it to the readings themselves, a key a step."""
    asked = {
        "device": SERIES.device,
        "metric": SERIES.metric,
        "from": start.isoformat(),
        "to": end.isoformat(),
    }
    base = page.url.split("/")
    address = f"{base[0]}//{base[2]}/explore?{urlencode(asked)}"
    yield step(page, lambda: page.goto(address))
    for _ in range(STEPS_MAX):
        fact = step(page, lambda: page.keyboard.press("+"))
        yield fact
        if "readings" in fact["chart"]:
            return
    sys.exit("the readings themselves were never reached")


def step(page: Page, act: Callable[[], object]) -> dict[str, Any]:
    """Do it, and wait until the chart stands."""
    began = time.monotonic()
    with page.expect_response(lambda answer: "/api/history" in answer.url, timeout=60_000):
        act()
    page.locator("gl-plot canvas").wait_for()
    page.wait_for_function("() => !document.querySelector('gl-plot [aria-busy]')")
    page.evaluate(DRAW)
    drawn_ms = (time.monotonic() - began) * 1_000
    answers = page.evaluate(
        "performance.getEntriesByType('resource')"
        ".filter((one) => one.name.includes('/api/history')).map((one) => one.duration)"
    )
    page.evaluate("performance.clearResourceTimings()")
    return {
        "chart": page.locator("gl-plot .block-head .push").inner_text(),
        "answer_ms": round(max(answers), 1),
        "drawn_ms": round(drawn_ms, 1),
        "task_ms": round(max(long_tasks(page), default=0.0), 1),
    }


def judge(store: str, facts: list[dict[str, Any]]) -> int:
    """Print the figures and the verdict."""
    for fact in facts:
        print(json.dumps({"store": store} | fact))
    drawn = [fact["drawn_ms"] for fact in facts]
    task = max(fact["task_ms"] for fact in facts)
    return verdict(
        f"{store}: {len(facts)} steps, drawn within {median(drawn):.0f} ms (median), "
        f"{max(drawn):.0f} ms (worst; wanted: {DRAWN_MS_MAX:.0f}); longest task {task:.0f} ms "
        f"(wanted: {TASK_MS_MAX:.0f})",
        is_good=max(drawn) <= DRAWN_MS_MAX and task <= TASK_MS_MAX,
    )


if __name__ == "__main__":
    sys.exit(main())
