"""Points into InfluxDB 1.x, as line protocol to ``POST /write``."""

import logging
from collections.abc import Sequence
from http import HTTPStatus
from typing import Final

from contract.link import Rejected, Unavailable
from gateway.timeseries.influx import influxql
from gateway.timeseries.influx.body import body_of
from gateway.timeseries.influx.client import Client
from gateway.timeseries.influx.failure import judge_query, judge_write
from gateway.timeseries.influx.reader import Reader
from gateway.timeseries.sink import TimePoint, isolate

log = logging.getLogger(__name__)


class Influx1(Reader):
    """A sink and a history in one InfluxDB 1.x database."""

    def __init__(self, http: Client, *, database: str, retention: str, is_created: bool) -> None:
        super().__init__(http, database=database, retention=retention)
        self._database: Final = database
        self._is_created: Final = is_created
        self._is_there = not is_created

    async def write(self, points: Sequence[TimePoint]) -> None:
        """Keep points; see `gateway.timeseries.sink.Sink`."""
        await isolate(points, self._write)

    async def _write(self, points: Sequence[TimePoint]) -> None:
        body = await body_of(points)
        if not self._is_there:
            await self._create()
        answer = await self._client.post("/write", {**self._where, "precision": "ns"}, body)
        self._is_there = answer.status != HTTPStatus.NOT_FOUND or not self._is_created
        judge_write(answer.status, answer.text)

    async def _ask(self, question: str) -> bytes:
        # A gateway that has not written yet has an empty history, not a broken one.
        if not self._is_there:
            await self._create()
        return await super()._ask(question)

    async def _create(self) -> None:
        question = f"CREATE DATABASE {influxql.name(self._database)}"
        answer = await self._client.post("/query", {"q": question})
        try:
            judge_query(answer.status, answer.text)
            influxql.rows(answer.body)
        except Rejected as error:
            raise Unavailable(f"cannot create the database: {error}") from error
        log.info("the InfluxDB database %s is there", self._database)
        self._is_there = True
