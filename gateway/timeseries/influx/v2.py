"""Points into InfluxDB 1.8 and later, through influxdb-client: ``POST /api/v2/write``, and Flux.

The client's own coroutines need aiohttp; its plain calls run in two threads instead, one for what
is written and one for what is asked. What they ask goes over the loop (`carrier`).
"""

import asyncio
import csv
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime
from itertools import islice
from typing import Any, Final, TypeVar

from influxdb_client.client.exceptions import InfluxDBError
from influxdb_client.client.flux_csv_parser import FluxCsvParserException, FluxQueryException
from influxdb_client.client.influxdb_client import InfluxDBClient
from influxdb_client.client.write_api import SYNCHRONOUS

from contract.link import Unavailable
from gateway.timeseries.history import History, SeriesName, Told, Window
from gateway.timeseries.influx import flux
from gateway.timeseries.influx.body import body_of
from gateway.timeseries.influx.carrier import Carrier
from gateway.timeseries.influx.client import Client
from gateway.timeseries.influx.failure import REASON_MAX, judge_query, judge_write, told
from gateway.timeseries.influx.line_protocol import text_of_tag
from gateway.timeseries.sink import TimePoint, isolate

RECORDS_MAX: Final = 200_000
"""Of one answer, each a dictionary; no question of ours has half as many."""

T = TypeVar("T")


class Api:
    """The client in threads of its own, with its errors as ours."""

    def __init__(self, client: InfluxDBClient) -> None:
        self.client: Final = client
        self.threads: Final = ThreadPoolExecutor(2, thread_name_prefix="influx2")

    async def call(self, judge: Callable[[int, str], None], work: Callable[[], T]) -> T | None:
        """Do the work; none where `judge` finds nothing wrong with the status it failed with."""
        try:
            return await asyncio.get_running_loop().run_in_executor(self.threads, work)
        except InfluxDBError as error:
            response = error.response
            if response is None:
                raise Unavailable(f"InfluxDB at {self.client.url}: {error}") from error
            body = response.data
            says = body.decode(errors="replace") if isinstance(body, bytes) else str(body)
            judge(response.status, says)
            return None
        except (FluxCsvParserException, FluxQueryException, csv.Error) as error:
            says = str(error)[:REASON_MAX]
            raise Unavailable(f"InfluxDB at {self.client.url} breaks off: {says}") from error


@contextmanager
def open_api(http: Client, *, url: str, token: str, org: str) -> Iterator[Api]:
    """influxdb-client for one server, over ``http``; entered and left on the loop."""
    carrier = Carrier(http)
    with InfluxDBClient(url, token=token, org=org) as client:
        client.api_client.rest_client.pool_manager = carrier
        api = Api(client)
        try:
            yield api
        finally:
            carrier.close()
            api.threads.shutdown()


class Influx2:
    """A sink and a history in one bucket."""

    def __init__(self, api: Api, *, bucket: str, history: History) -> None:
        self._api: Final = api
        self._bucket: Final = bucket
        self._history: Final = history
        self._writes: Final = api.client.write_api(write_options=SYNCHRONOUS)

    async def write(self, points: Sequence[TimePoint]) -> None:
        """Keep points; see `gateway.timeseries.sink.Sink`."""
        await isolate(points, self._write)

    async def _write(self, points: Sequence[TimePoint]) -> None:
        body = await body_of(points)
        await self._api.call(judge_write, lambda: self._post(body))

    def _post(self, body: bytes) -> None:
        # Without a precision the client says nanoseconds.
        self._writes.write(bucket=self._bucket, record=body)

    async def series(self) -> list[SeriesName]:
        """All that can be asked for; see `gateway.timeseries.history.History`."""
        return await self._history.series()

    async def points(
        self, device: str, metric: str, start: datetime, end: datetime, points_max: int
    ) -> Told:
        """Readings, thinned out; see `gateway.timeseries.history.History`."""
        return await self._history.points(device, metric, start, end, points_max)


class FluxReader:
    """A history that asks in Flux."""

    def __init__(self, api: Api, bucket: str) -> None:
        self._api: Final = api
        self._bucket: Final = bucket
        self._questions: Final = api.client.query_api()

    async def series(self) -> list[SeriesName]:
        """All that can be asked for, in alphabetical order."""
        with told():
            return flux.series_told(await self._ask(flux.SERIES, {"bucket": self._bucket}))

    async def points(
        self, device: str, metric: str, start: datetime, end: datetime, points_max: int
    ) -> Told:
        """Readings in the unit of the latest, in at most `points_max` points."""
        with told():
            return await self._thinned(device, metric, Window.of(start, end, points_max))

    async def _thinned(self, device: str, metric: str, window: Window) -> Told:
        asked = flux.asked(self._bucket, device, metric, window)
        unit, count = flux.size_told(await self._ask(flux.SIZE, asked))
        if not count:
            return Told([], "", 0)
        asked["unit"] = unit
        if count <= window.points_max:
            records = await self._ask(flux.RAW, asked | {"most": window.points_max})
            return Told(flux.raw_told(records), text_of_tag(unit), 0)
        step_ms = window.step_ms()
        records = await self._ask(flux.STEPS, asked | {"every": flux.every(step_ms)})
        return Told(flux.steps_told(records, step_ms), text_of_tag(unit), step_ms / 1_000)

    async def _ask(self, question: str, params: dict[str, Any]) -> list[flux.Record]:
        def ask() -> list[flux.Record]:
            told = self._questions.query_stream(question, params=params)
            return [
                flux.Record(str(record.values.get("result", "")), record.values)
                for record in islice(told, RECORDS_MAX + 1)
            ]

        records = await self._api.call(judge_query, ask) or []
        if len(records) > RECORDS_MAX:
            raise Unavailable(f"InfluxDB answers with more than {RECORDS_MAX} records")
        return records
