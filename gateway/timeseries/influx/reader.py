"""A history over InfluxQL at ``GET /query``: for 1.x, and for 2.x and 3.x if it is set up there."""

from datetime import datetime
from typing import Final

from gateway.timeseries.history import SeriesName, Told, Window
from gateway.timeseries.influx import influxql
from gateway.timeseries.influx.client import Client
from gateway.timeseries.influx.failure import judge_query
from gateway.timeseries.influx.line_protocol import text_of_tag


class Reader:
    """Asks through a client that knows the server, the database and the key."""

    def __init__(self, client: Client, *, database: str, retention: str = "") -> None:
        self._client: Final = client
        self._where: Final = {"db": database} | ({"rp": retention} if retention else {})

    async def series(self) -> list[SeriesName]:
        """All that can be asked for, in alphabetical order; raise `Unavailable`."""
        return influxql.series_told(await self._ask(influxql.ask_series()))

    async def points(
        self, device: str, metric: str, start: datetime, end: datetime, points_max: int
    ) -> Told:
        """Readings observed from `start` to before `end`, in at most `points_max` points."""
        window = Window.of(start, end, points_max)
        answer = await self._ask(influxql.ask_readings(device, metric, window))
        tag, readings = influxql.readings_told(answer)
        unit = text_of_tag(tag)
        if len(readings) <= points_max:
            return Told(readings, unit, 0)
        answer = await self._ask(influxql.ask_steps(device, metric, window, tag))
        return Told(influxql.steps_told(answer), unit, window.step_ms() / 1_000)

    async def _ask(self, question: str) -> bytes:
        answer = await self._client.get("/query", {**self._where, "epoch": "ms", "q": question})
        judge_query(answer.status, answer.text)
        return answer.body
