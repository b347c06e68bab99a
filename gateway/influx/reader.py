"""A history over InfluxQL at ``GET /query``: for 1.x, and for 2.x and 3.x if it is set up there."""

from datetime import datetime
from typing import Final

import httpx

from contract.link import Unavailable
from gateway.history import SeriesName, Told, Window
from gateway.influx import influxql
from gateway.influx.failure import judge_query
from gateway.influx.line_protocol import text_of_tag


class Reader:
    """Asks through a client that knows the server, the database and the key."""

    def __init__(self, client: httpx.AsyncClient, *, database: str, retention: str = "") -> None:
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
        unit, count = influxql.size_told(await self._ask(influxql.ask_size(device, metric, window)))
        if not count:
            return Told([], "", 0)
        step_ms = window.step_ms() if count > points_max else 0
        question = influxql.ask_points(device, metric, window, unit, step_ms)
        points = influxql.points_told(await self._ask(question))
        # Between the two questions readings may have come in; what was asked for stays the limit.
        return Told(points[:points_max], text_of_tag(unit), step_ms / 1_000)

    async def _ask(self, question: str) -> bytes:
        try:
            answer = await self._client.get(
                "/query", params={**self._where, "epoch": "ms", "q": question}
            )
        except httpx.HTTPError as error:
            raise Unavailable(
                f"InfluxDB at {self._client.base_url} does not answer: {error!r}"
            ) from error
        judge_query(answer.status_code, answer.text if answer.is_error else "")
        return answer.content
