"""Line protocol: what is written is what a real InfluxDB reads back, byte for byte."""

import pytest
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st

from gateway.timeseries.influx.line_protocol import (
    TIME_NS_MAX,
    Unwritable,
    line,
    lines,
    tag_text,
    text_of_tag,
    timestamp_ns,
)
from gateway.timeseries.sink import Fact, Origin, Series, TimePoint
from tests.gateway.timeseries.said import EPOCH, SOURCE, reading, said
from tests.system.servers import Influxd

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
nasty = st.text(st.sampled_from("\\,= \"'%\n\r\t\x00#4145aé☃"), max_size=12)
names = (texts | nasty).filter(bool)
facts: st.SearchStrategy[Fact] = (
    texts
    | nasty
    | st.integers(-(2**63) + 1, 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
)


def point_of(device: str, unit: str, value: float, fact: Fact) -> TimePoint:
    series = Series("reading", "KEMBA", "gate-2", device, "temperature", unit)
    origin = Origin(SOURCE, "readings", EPOCH)
    return TimePoint(series, origin, 1, 0, 1_000_000, value, ("fact",), (fact,))


@pytest.fixture(scope="module")
def database(influxd: Influxd) -> str:
    """A database that holds one point at a time."""
    influxd.ask("CREATE DATABASE lines")
    return "lines"


@pytest.mark.system
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(device=names, unit=texts | nasty, value=st.floats(-1e300, 1e300), fact=facts)
def test_influxdb_reads_what_was_written(  # noqa: PLR0917 - hypothesis calls it by name
    influxd: Influxd, database: str, device: str, unit: str, value: float, fact: Fact
) -> None:
    """Tags, numbers and texts of any form come back the same, and as one point of one series."""
    point = point_of(device, unit, value, fact)
    influxd.ask("DROP MEASUREMENT reading", database)
    influxd.write(lines([point]), database)
    (result,) = influxd.ask("SELECT * FROM reading", database)["results"]
    (table,) = result["series"]
    (row,) = table["values"]
    found = dict(zip(table["columns"], row, strict=True))
    assert text_of_tag(found["device"]) == device
    assert text_of_tag(found.get("unit") or "") == unit
    assert (found["post"], found["agent"], found["sequence"]) == ("KEMBA", "gate-2", 1)
    assert found["value"] == pytest.approx(value, rel=1e-15, abs=0)
    assert found["fact"] == (pytest.approx(fact, rel=1e-15) if isinstance(fact, float) else fact)
    assert found["time"] == timestamp_ns(point)


@given(texts | nasty)
def test_a_tag_tells_what_it_was_made_of(text: str) -> None:
    """The encoding is reversible, so no two names become one tag."""
    tag = tag_text(text)
    assert text_of_tag(tag) == text
    assert not set(tag) & {chr(code) for code in range(32)} | {"\\"} & set(tag)


@given(
    st.lists(
        st.tuples(
            st.sampled_from([(), ("a",), ("a", "b c")]),
            st.lists(facts | st.floats(), min_size=2, max_size=2),
        ),
        min_size=1,
        max_size=12,
    )
)
def test_points_written_at_once_are_those_written_one_by_one(
    some: list[tuple[tuple[str, ...], list[Fact]]],
) -> None:
    """Whatever stands beside each other: numbers alone, texts, nothing, no number."""
    series, origin = Series("t", "KEMBA", "gate-2", "d", "", ""), Origin(SOURCE, "readings", EPOCH)
    points = [
        TimePoint(series, origin, number, 0, 1_000_000, None, names_, tuple(said_[: len(names_)]))
        for number, (names_, said_) in enumerate(some)
    ]
    try:
        single = [line(point) for point in points]
    except Unwritable:
        with pytest.raises(Unwritable):
            lines(points)
    else:
        assert lines(points) == b"\n".join(single)


def test_a_line_is_made_to_the_letter() -> None:
    """Tags sorted, the value first, the number of its message, a timestamp of its own."""
    (point,) = said(7, reading(20.5, device="gate 2, north"))
    assert line(point) == (
        rb"reading,agent=gate-2,device=gate\ 2\,\ north,metric=temperature,post=KEMBA,unit=Cel "
        b"value=20.5,sequence=7i %d" % timestamp_ns(point)
    )


items = st.integers(0, 999)


@given(st.integers(1, 10**9), st.integers(0, 998), items, items, st.integers(0, 10**15))
@example(1, 998, 999, 0, 0)
def test_two_points_of_one_instant_have_two_timestamps(
    first: int, apart: int, here: int, there: int, observed_us: int
) -> None:
    """Within an epoch, nearly a thousand messages apart; and both stay in their millisecond."""
    assume(apart or here != there)
    one, other = (first, here), (first + apart, there)
    base = point_of("d", "", 1.0, 1)._replace(observed_us=observed_us)
    times = [timestamp_ns(base._replace(sequence=seq, item=item)) for seq, item in (one, other)]
    assert times[0] != times[1]
    assert {time // 10**6 for time in times} == {observed_us // 1_000}


@given(st.integers(1, 10**9), st.integers(1, 998_999), items)
@example(1, 1_000, 0)
def test_strangers_that_speak_in_turn_and_are_heard_at_once_keep_their_points(
    first: int, apart: int, item: int
) -> None:
    """A thousand devices: the next word of each lies a thousand numbers on."""
    base = point_of("d", "", 1.0, 1)._replace(item=item)
    times = {timestamp_ns(base._replace(sequence=seq)) for seq in (first, first + apart)}
    assert len(times) == 2


@pytest.mark.parametrize("observed_us", [TIME_NS_MAX // 1_000 + 10**6, -(10**18), 253 * 10**15])
def test_a_time_that_influxdb_does_not_know_is_unwritable(observed_us: int) -> None:
    """A device with a broken clock costs its own point and no other."""
    with pytest.raises(Unwritable, match="1677 to 2262"):
        line(point_of("d", "", 1.0, 1)._replace(observed_us=observed_us))


@pytest.mark.parametrize("fact", [float("nan"), float("inf"), 2**63])
def test_a_fact_without_words_is_unwritable(fact: Fact) -> None:
    with pytest.raises(Unwritable):
        line(point_of("d", "", 1.0, fact))
