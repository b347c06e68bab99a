"""Whatever answers where InfluxDB should: a history, or one of the two errors that we have."""

import json
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final

from hypothesis import given, settings
from hypothesis import strategies as st

from contract.link import Rejected, Unavailable
from gateway.timeseries.influx import flux, influxql
from gateway.timeseries.influx.failure import told
from tests.fuzz.mutations import NASTY, mutated
from tests.support.virtual import START

ROW: Final = {"name": "reading", "tags": {"device": "d", "metric": "m", "unit": "Cel"}}
SERIES: Final = {**ROW, "columns": ["time", "last"], "values": [[1_700_000_000_000, 4.5]]}
STEPS: Final = {
    **ROW,
    "columns": ["time", "mean", "min", "max", "count"],
    "values": [[1_700_000_000_000, 4.5, 4, 5, 12]],
}
READERS: Final[tuple[tuple[Callable[[bytes], object], list[dict[str, Any]]], ...]] = (
    (influxql.series_told, [{"series": [SERIES]}]),
    (influxql.readings_told, [{"series": [SERIES]}, {"series": [SERIES]}]),
    (influxql.steps_told, [{"series": [STEPS]}]),
)
RECORD: Final = {
    "result": "last",
    "device": "d",
    "metric": "m",
    "unit": "Cel",
    "_time": START,
    "_value": 4.5,
}
FLUX: Final[tuple[Callable[[list[flux.Record]], object], ...]] = (
    flux.series_told,
    flux.size_told,
    flux.raw_told,
    lambda records: flux.steps_told(records, 60_000),
)


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(READERS), st.data())
def test_any_answer_in_json_is_read_or_not_influxdbs(
    reader: tuple[Callable[[bytes], object], list[dict[str, Any]]], data: st.DataObject
) -> None:
    """A proxy's, another database's, a cut one: nobody who asked dies of it."""
    read, results = reader
    good = json.dumps({"results": results}).encode()
    read(good)
    odd = st.one_of(
        mutated(good),
        st.binary(max_size=60),
        st.sampled_from((b"{}", b"[]", b'{"results":[]}', b"[" * 100_000, b'{"results":[{},{}]}')),
    )
    with suppress(Unavailable, Rejected):
        read(data.draw(odd))


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(FLUX), st.data())
def test_any_table_is_read_or_not_influxdbs(
    read: Callable[[list[flux.Record]], object], data: st.DataObject
) -> None:
    """Columns that lack, or hold what does not belong there."""
    values: dict[str, Any] = dict(RECORD)
    for _ in range(data.draw(st.integers(0, 3))):
        name = data.draw(st.sampled_from(sorted(RECORD)))
        if data.draw(st.booleans()):
            values.pop(name, None)
        else:
            values[name] = data.draw(st.sampled_from(NASTY))
    name = data.draw(st.sampled_from(("last", "count", "sum", "min", "")))
    with suppress(Unavailable), told():
        read([flux.Record(name, values)] * data.draw(st.integers(0, 3)))
