"""Payloads to rows: what is read, what is refused, and that nothing a stranger sends breaks it."""

import json
import math
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract.links.subscriber import Said
from gateway.adapters.config import Adapter, ForeignConfig, adapters
from gateway.adapters.heard import ForeignHeard, reread
from gateway.adapters.payload import Reader
from gateway.adapters.profiles import PROFILES
from gateway.adapters.route import Metric, Route
from gateway.adapters.row import Label, Presence, Row, Unfit
from gateway.intake.foreign.taking import DEVICES_MAX, SUSPECTS_MAX, Taking
from gateway.intake.inspection import EARLIEST
from gateway.judge.twins import Agent
from gateway.timeseries.influx.line_protocol import line
from gateway.timeseries.points import points_of

NOW_US = 1_763_800_000_000_000
HERE = {"device": "d", "metric": "m"}
words = st.text(max_size=12)
documents = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | words,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=5),
    max_leaves=20,
)
payloads = st.binary(max_size=80) | documents.map(lambda it: json.dumps(it).encode())
EVERYTHING = (
    Route(topic="{device}"),
    Route(topic="{device}", payload="value", metric="m"),
    Route(topic="{device}", payload="presence"),
    Route(topic="{device}", time="t", time_unit="ms", metrics={"a": Metric(), "b": Metric()}),
    *(route for profile in PROFILES.values() for route in profile.routes("x/")),
)


def read(route: Route, payload: bytes | str | dict[str, Any], **more: Any) -> Any:
    """What a route reads."""
    if isinstance(payload, dict):
        payload = json.dumps(payload)
    raw = payload.encode() if isinstance(payload, str) else payload
    return Reader(route).read(raw, HERE, 0, NOW_US, is_old=more.get("is_old", False))


def test_numbers_switches_and_nested_fields_are_metrics() -> None:
    """Texts and lists are none; a field inside another has a dotted name."""
    said = {"t": 4, "door": True, "relay": "OFF", "env": {"rh": 61.5}, "name": "x", "l": [1]}
    row = read(Route(topic="{device}", ignore=("env.dew",)), said)
    assert dict(zip([name for name, _ in row.columns], row.values, strict=True)) == {
        "t": 4.0,
        "door": 1.0,
        "relay": 0.0,
        "env.rh": 61.5,
    }
    assert (row.device, row.observed_us) == ("d", NOW_US)


@pytest.mark.parametrize(
    ("unit", "value"),
    [
        ("s", 1_763_800_000),
        ("s", 1_763_800_000.0),
        ("ms", 1_763_800_000_000),
        ("us", 1_763_800_000_000_000),
        ("ns", 1_763_800_000_000_000_000),
        ("rfc3339", "2025-11-22T08:26:40Z"),
        ("rfc3339", "2025-11-22T11:26:40+03:00"),
        ("ms", "2025-11-22T08:26:40.000Z"),
    ],
)
def test_a_time_is_read_in_its_unit(unit: Any, value: object) -> None:
    """Seconds to nanoseconds, and RFC 3339."""
    row = read(Route(topic="{device}", time="at", time_unit=unit), {"at": value, "t": 1})
    assert (row.observed_us, row.values) == (NOW_US, (1.0,))


def test_the_two_ways_of_reading_agree() -> None:
    """Straight into a struct or walked: the same row."""
    named = Route(
        topic="{device}", time="at", time_unit="us", metrics={"a": Metric(), "b": Metric()}
    )
    assert Reader(named)._decode is not None
    walked = msgspec.structs.replace(named, must_say={"unit": "C"})
    assert Reader(walked)._decode is None
    for said in ({"a": 1, "at": NOW_US}, {"a": 1.5, "b": None}, {"b": True, "c": {}}, {}):
        assert read(named, said) == read(walked, said)


@pytest.mark.parametrize(
    ("route", "payload", "reason"),
    [
        (Route(), "{", "not JSON"),
        (Route(), "3", "JSON, but no object"),
        (Route(time="at"), '{"at": 12}', "its time is a number: set time_unit"),
        (Route(time="at", time_unit="s"), '{"at": 1763800000000}', "a time before 1970 or after"),
        (Route(time="at"), '{"at": "2025-11-22T08:26:40"}', "its time has no zone: set utc_offset"),
        (Route(time="at"), '{"at": {}}', "its time is neither a number nor a text"),
        (Route(device="id"), '{"t": 1}', "it does not name a device"),
        (Route(device="id"), '{"id": "a\\u0007"}', "cannot be printed"),
        (Route(must_say={"TempUnit": "C"}), '{"TempUnit": "F"}', "its TempUnit is not C"),
        (Route(payload="value", metric="m"), "warm", "neither a number nor ON or OFF"),
        (Route(payload="value", metric="m"), "inf", "neither a number nor ON or OFF"),
        (Route(payload="value", metric="m"), b"\xff", "not UTF-8"),
        (Route(payload="value", metric="m"), "1" * 65, "more than 64 bytes"),
        (Route(payload="presence"), "maybe", "neither online nor offline"),
        (Route(), json.dumps({str(n): n for n in range(201)}), "more than 200 metrics"),
        (Route(), '{"a":' * 6 + "{}" + "}" * 6, "more than 5 objects inside each other"),
        (Route(), '{"a":' * 5_000 + "1" + "}" * 5_000, "not JSON|inside each other"),
        (Route(), b" " * 70_000, "more than 65536 bytes"),
    ],
)
def test_what_cannot_be_read_says_why(route: Route, payload: bytes | str, reason: str) -> None:
    """Each reason is a few words that help whoever looks into the quarantine."""
    with pytest.raises(Unfit, match=reason):
        read(route, payload)


@pytest.mark.parametrize("word", ["online", "Online", '{"state":"online"}', "connected"])
def test_presence_is_understood_as_each_firmware_says_it(word: str) -> None:
    """Plain words and Zigbee2MQTT's object."""
    assert read(Route(topic="{device}", payload="presence"), word) == Presence(0, "d", is_here=True)


@given(st.sampled_from(EVERYTHING), payloads, st.booleans())
def test_no_payload_breaks_a_route(route: Route, payload: bytes, is_old: bool) -> None:  # noqa: FBT001 - drawn
    """Anything is a row of finite values, a presence, nothing, or unfit."""
    if route.payload == "nothing":
        return
    try:
        answer = read(route, payload, is_old=is_old)
    except Unfit:
        return
    if isinstance(answer, Row):
        assert len(answer.columns) == len(answer.values)
        assert all(value is None or math.isfinite(value) for value in answer.values)
        assert 0 < answer.observed_us < 2**53


def _adapters(*configs: ForeignConfig) -> tuple[Adapter, ...]:
    return adapters(configs, ["KEMBA"])


PLAIN = _adapters(
    ForeignConfig(name="plain", topic="p/{device}", time="t", time_unit="ms"),
    ForeignConfig(name="switch", topic="s/{device}/{metric}", payload="value"),
    ForeignConfig(name="bees", profile="zigbee2mqtt"),
)
said = st.builds(
    Said,
    st.sampled_from([b"p/1", b"p/2", b"s/1/on", b"zigbee2mqtt/a/b", b"\xff\xfe", b"elsewhere"]),
    payloads,
    st.just(0),
    st.booleans(),
)


@given(st.lists(said, max_size=30))
def test_an_entry_reads_the_same_from_its_bytes(some: list[Said]) -> None:
    """Whatever strangers say: a replay sees what was judged, and the bytes are as they came."""
    taken: dict[bytes, list[Said]] = {}
    for one in some:
        taken.setdefault(one.topic, []).append(one)
    batch = Taking(PLAIN, "0" * 16, {}).take(taken, NOW_US)
    assert len({draft.source for draft in batch.drafts}) == len(batch.drafts)
    kept = 0
    for draft in batch.drafts:
        assert isinstance(draft.message, ForeignHeard)
        assert reread(draft.body) == draft.message
        kept += draft.message.count
        assert (draft.keyid, draft.sig, draft.sequence) == ("", b"", 1)
    ours = [one for one in some if one.topic not in (b"\xff\xfe", b"elsewhere")]
    assert kept + batch.unfit == len(ours)


def test_numbers_go_on_and_no_repeat_is_dropped() -> None:
    """Each message has a number of its own; the same bytes again are another message."""
    taking = Taking(PLAIN, "0" * 16, {})
    same = {b"p/1": [Said(b"p/1", b'{"a":1}', 0, is_retained=False)] * 3}
    first, second = (taking.take(same, NOW_US).drafts[0] for _ in range(2))
    assert (first.sequence, second.sequence) == (1, 4)
    assert first.message == second.message


def test_a_flood_of_bad_payloads_and_devices_is_bounded() -> None:
    """A few suspects of a topic are looked at, the rest is counted; devices have a limit."""
    bad = {b"p/1": [Said(b"p/1", b"{", 0, is_retained=False)] * 50}
    batch = Taking(PLAIN, "0" * 16, {}).take(bad, NOW_US)
    assert (batch.unfit, len(batch.suspects)) == (50, SUSPECTS_MAX)
    many = {
        topic: [Said(topic, b"{}", 0, is_retained=False)]
        for topic in (b"p/%d" % number for number in range(DEVICES_MAX + 3))
    }
    batch = Taking(PLAIN, "0" * 16, {}).take(many, NOW_US)
    assert batch.unfit == 3
    assert {one.reason for one in batch.suspects} == {f"foreign: more than {DEVICES_MAX} devices"}


def test_devices_are_told_in_the_order_in_which_they_were_heard() -> None:
    """No set decides it: a replay in another process tells the same bytes."""
    names = [f"d{number * 7 % 101}" for number in range(101)]
    rows = [Row(item, name, NOW_US, (), ()) for item, name in enumerate(names)]
    gone = [Presence(200, "late", is_here=False), Presence(0, names[5], is_here=False)]
    heard = ForeignHeard(label=Label(title="T"), count=101, rows=rows, presences=gone)
    agent = Agent(source="/KEMBA/foreign-x")
    agent.strangers(heard, EARLIEST)
    assert list(agent.devices) == [*names, "late"]
    lost = [name for name, twin in agent.devices.items() if not twin.is_found]
    assert lost == ["late"], "who spoke after it was said to be gone is here"


def test_a_message_can_be_one_point_of_many_fields() -> None:
    """With a table: names are escaped, ours are not overwritten, what is missing is left out."""
    config = ForeignConfig(name="wide", topic="w/{device}", table="telemetry")
    payload = b'{"a b": 1.5, "x,y=z": true, "value": 3, "time": 4, "no": null}'
    taken = {b"w/d 1": [Said(b"w/d 1", payload, 0, is_retained=False)]}
    (draft,) = Taking(_adapters(config), "0" * 16, {}).take(taken, NOW_US).drafts
    assert draft.identity is not None
    assert draft.message is not None
    (point,) = points_of(draft.identity, EARLIEST, draft.message)
    said, _, stamp = line(point).rpartition(b" ")
    assert said == (
        b"telemetry,agent=foreign-wide,device=d\\ 1,post=KEMBA "
        b"sequence=1i,a\\ b=1.5,x\\,y\\=z=1.0,value_=3.0,time_=4.0"
    )
    assert stamp.startswith(b"%d" % (NOW_US // 1_000))
