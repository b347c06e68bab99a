"""Histories in Flux: what is asked, and what InfluxDB's tables mean.

No InfluxDB 2 can be installed here, so nothing but InfluxDB's documentation says that the questions
are good Flux; the answers have the form of its annotated CSV, and influxdb-client reads them.
"""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

from contract.messages import Point
from gateway.timeseries.history import SeriesName
from gateway.timeseries.sink import Place
from gateway.timeseries.sinks import Influx2Config, open_sink
from gateway.timeseries.timeseries import TimeSeries
from tests.gateway.timeseries.conftest import TOKEN
from tests.gateway.timeseries.said import NOON
from tests.gateway.timeseries.v2_front import V2Front

pytestmark = [pytest.mark.anyio, pytest.mark.system]
HOUR = timedelta(hours=1)


@pytest.fixture
async def store(front: V2Front, place: Place) -> AsyncIterator[TimeSeries]:
    """A bucket behind the front."""
    token = place.state_dir / "token"
    token.write_text(TOKEN)
    config = Influx2Config(url=front.url, bucket="b", org="o", token_file=str(token))
    async with open_sink(config, place) as opened:
        yield opened


def csv(name: str, columns: dict[str, str], *rows: str) -> str:
    """One table of annotated CSV: column names with their types, then rows."""
    kinds = ",".join(["#datatype,string,long", *columns.values()])
    groups = ",".join(["#group,false,false", *("false" for _ in columns)])
    default = ",".join([f"#default,{name},", *("" for _ in columns)])
    head = ",".join([",result,table", *columns])
    lines = [kinds, groups, default, head, *(f",,0,{row}" for row in rows)]
    return "\r\n".join(lines) + "\r\n\r\n"


TIME = {"_time": "dateTime:RFC3339"}
DOUBLE = {"_value": "double"}
LONG = {"_value": "long"}
UNIT = {"unit": "string"}


def parameters(question: dict[str, Any]) -> dict[str, Any]:
    """What influxdb-client says beside the text of a question."""
    literals = (statement["assignment"] for statement in question["extern"]["body"])
    return {each["id"]["name"]: each["init"].get("value") for each in literals}


async def test_a_device_travels_beside_the_question(front: V2Front, store: TimeSeries) -> None:
    """Nothing that a device is called can become Flux."""
    front.answers += [csv("last", UNIT | TIME | DOUBLE)]
    name = 'x") |> drop() // \\ ${bucket}'
    told = await store.points(name, "temperature", NOON, NOON + HOUR, 10)
    assert told.points == []
    (question,) = front.questions
    assert "drop()" not in question["query"]
    asked = parameters(question)
    assert asked["device"] == name.replace("\\", "%5C")
    assert asked["bucket"] == "b"
    assert asked["start"] == "2026-11-22T12:00:00.000000000Z"
    assert asked["stop"] == "2026-11-22T13:00:00.000000000Z"


async def test_few_readings_come_as_they_are(front: V2Front, store: TimeSeries) -> None:
    """Times are cut to the millisecond: the digits behind it are a point's identity."""
    front.answers += [
        csv(
            "last",
            UNIT | TIME | DOUBLE,
            "Cel,2026-11-22T12:00:01.5Z,21.5",
            "K,2026-11-22T12:00:00Z,9",
        )
        + csv("count", UNIT | LONG, "Cel,2", "K,900"),
        csv(
            "raw",
            TIME | DOUBLE,
            "2026-11-22T12:00:00.000123456Z,20.5",
            "2026-11-22T12:00:01.500999999Z,21.5",
        ),
    ]
    told = await store.points("d", "temperature", NOON, NOON + HOUR, 10)
    assert (told.unit, told.step_s) == ("Cel", 0)
    assert [(point.at, point.mean) for point in told.points] == [
        (NOON, 20.5),
        (NOON + timedelta(seconds=1.5), 21.5),
    ]
    assert parameters(front.questions[1])["unit"] == "Cel"


async def test_many_readings_come_in_steps(front: V2Front, store: TimeSeries) -> None:
    """Two agents' series are put together, and the first step begins where all steps do."""
    step = "2026-11-22T12:02:00Z"
    cut = "2026-11-22T12:00:30Z"
    front.answers += [
        csv("last", UNIT | TIME | DOUBLE, f"Cel,{step},1")
        + csv("count", UNIT | LONG, "Cel,3", "Cel,4"),
        csv("sum", TIME | DOUBLE, f"{cut},30", f"{step},8", f"{cut},12")
        + csv("min", TIME | DOUBLE, f"{cut},5", f"{step},1", f"{cut},12")
        + csv("max", TIME | DOUBLE, f"{cut},15", f"{step},7", f"{cut},12")
        + csv("count", TIME | LONG, f"{cut},3", f"{step},2", f"{cut},1"),
    ]
    start, end = NOON + timedelta(seconds=30), NOON + timedelta(minutes=10)
    told = await store.points("d", "temperature", start, end, 5)
    assert told.step_s == 120
    assert told.points == [
        Point(at=NOON, mean=10.5, low=5, high=15, count=4),
        Point(at=NOON + timedelta(minutes=2), mean=4, low=1, high=7, count=2),
    ]


async def test_series_are_listed(front: V2Front, store: TimeSeries) -> None:
    names = {"device": "string", "metric": "string"} | UNIT
    front.answers += [csv("_result", names, "b,t,Cel", "a%5C,t,", "b,t,Cel")]
    assert await store.series() == [SeriesName("a\\", "t", ""), SeriesName("b", "t", "Cel")]
