"""Strangers on a real mosquitto: what they publish arrives in journal, store, rules and desk."""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from contract.messages import AgentChanged
from gateway.adapters.heard import ForeignHeard, reread
from tests.gateway.adapters.foreign import POST, Post, until_told
from tests.support.waiting import until

pytestmark = [pytest.mark.system, pytest.mark.anyio]
Making = Callable[[str], Post]
YARD = "/KEMBA/foreign-yard"
DIGEST = """
import hashlib, sys
from pathlib import Path
from gateway.judging.replay import replay
print(hashlib.sha256(b"".join(replay(Path(sys.argv[1]), sys.argv[2]))).hexdigest())
"""


async def test_esphome_values_arrive_under_their_names(post: Making) -> None:
    """One topic per value, text payloads: a climate sensor and a reed switch of ESPHome."""
    here = post('[[foreign]]\nname = "yard"\nprofile = "esphome"\nbase = "esphome"\n')
    async with here.gateway(), here.stranger() as client:
        await client.publish("esphome/reefer-7/status", "online", qos=1, retain=True)
        await client.publish("esphome/reefer-7/sensor/temperature/state", "4.25", qos=1)
        await client.publish("esphome/reefer-7/sensor/humidity/state", "61.0", qos=1)
        await client.publish("esphome/reefer-7/sensor/pressure/state", "nan", qos=1)
        await client.publish("esphome/seal-3/binary_sensor/seal_open/state", "ON", qos=1)
        await client.publish("esphome/seal-3/status", "offline", qos=1)
        series = {
            ("reefer-7", "temperature", "Cel"),
            ("reefer-7", "humidity", "%RH"),
            ("seal-3", "seal_open", ""),
        }
        await until_told(lambda: _is(here.series, series))
        assert [value for _, value in await here.history("seal-3", "seal_open")] == [1.0]
        devices = {one.device: one for one in (await _agent(here)).devices}
        assert (devices["reefer-7"].is_found, devices["seal-3"].is_found) == (True, False)
        assert devices["reefer-7"].title == "ESPHome, unsigned"


async def test_tasmota_nests_its_sensors(post: Making) -> None:
    """SENSOR and STATE as Tasmota's manual shows them; LWT says who is here."""
    here = post('[[foreign]]\nname = "yard"\nprofile = "tasmota"\nutc_offset = "+03:00"\n')
    sensor = {
        "Time": "2026-11-22T13:00:05",
        "AM2301": {"Temperature": 23.5, "Humidity": 48.1, "DewPoint": 11.9},
        "Switch1": "ON",
        "TempUnit": "C",
    }
    state = {
        "Time": "2026-11-22T13:00:05",
        "Uptime": "0T00:10:11",
        "UptimeSec": 611,
        "Heap": 24,
        "POWER": "OFF",
        "Wifi": {"AP": 1, "SSId": "yard", "RSSI": 44, "Signal": -78},
    }
    async with here.gateway(), here.stranger() as client:
        await client.publish("tele/shed/LWT", "Online", qos=1, retain=True)
        await client.publish("tele/shed/SENSOR", json.dumps(sensor), qos=1)
        await client.publish("tele/shed/STATE", json.dumps(state), qos=1)
        series = {
            ("shed", "AM2301.Temperature", "Cel"),
            ("shed", "AM2301.Humidity", "%RH"),
            ("shed", "AM2301.DewPoint", "Cel"),
            ("shed", "Switch1", ""),
            ("shed", "POWER", ""),
            ("shed", "UptimeSec", "s"),
            ("shed", "Wifi.RSSI", ""),
            ("shed", "Wifi.Signal", "dBm"),
        }
        await until_told(lambda: _is(here.series, series))
        ((at, value),) = await here.history("shed", "AM2301.Temperature")
        assert (at.replace(microsecond=0), value) == (
            datetime(2026, 11, 22, 10, 0, 5, tzinfo=UTC),
            23.5,
        )


async def test_zigbee2mqtt_devices_may_have_slashes_in_their_names(post: Making) -> None:
    """Device topics and availability as Zigbee2MQTT's guide shows them; its bridge is no device."""
    here = post('[[foreign]]\nname = "yard"\nprofile = "zigbee2mqtt"\n')
    climate = {
        "temperature": 27.34,
        "humidity": 44.72,
        "battery": 97,
        "linkquality": 120,
        "last_seen": "2026-11-22T10:00:05.250Z",
        "update": {"state": "idle", "installed_version": 7},
    }
    async with here.gateway(), here.stranger() as client:
        await client.publish("zigbee2mqtt/bridge/state", '{"state":"online"}', qos=1)
        await client.publish("zigbee2mqtt/cold/room_1", json.dumps(climate), qos=1)
        await client.publish("zigbee2mqtt/cold/room_1/availability", '{"state":"online"}', qos=1)
        await client.publish("zigbee2mqtt/door", '{"contact":false,"voltage":3005}', qos=1)
        await client.publish("zigbee2mqtt/door/availability", "offline", qos=1)
        series = {
            ("cold/room_1", "temperature", "Cel"),
            ("cold/room_1", "humidity", "%RH"),
            ("cold/room_1", "battery", "%EL"),
            ("cold/room_1", "linkquality", ""),
            ("door", "contact", ""),
            ("door", "voltage", ""),
        }
        await until_told(lambda: _is(here.series, series))
        assert {one.device: one.is_found for one in (await _agent(here)).devices} == {
            "cold/room_1": True,
            "door": False,
        }
        ((at, _),) = await here.history("cold/room_1", "temperature")
        assert at.replace(microsecond=0) == datetime(2026, 11, 22, 10, 0, 5, tzinfo=UTC)


async def test_strangers_are_unsigned_and_never_called_complete(post: Making) -> None:
    """On the desk: no key, unsigned, completeness cannot tell; the same message twice stays two."""
    here = post(
        '[[foreign]]\nname = "yard"\ntopic = "bench/{device}/telemetry"\nlane = "3"\n'
        'time = "ts"\ntime_unit = "us"\n'
        '[foreign.metrics.temp]\nname = "temperature"\nunit = "Cel"\n'
    )
    said = '{"ts": 1763800000000000, "temp": 21.5, "hum": 40}'
    async with here.gateway(), here.stranger() as client:
        for _ in range(2):
            await client.publish("bench/dev-1/telemetry", said, qos=1)

        async def kept() -> bool:
            whole = [one for one in (await here.board()).completeness if one.source == YARD]
            return bool(whole) and whole[0].streams[0].kept == 2

        await until_told(kept)
        board = await here.board()
        agent = await _agent(here)
        assert (agent.is_unsigned, agent.keyid, agent.public_key, agent.state) == (
            *(True, "", b""),
            "alive",
        )
        assert agent.devices[0].lane == "3"
        assert {one.status for one in board.completeness if one.source == YARD} == {"cannot tell"}
        await until_told(lambda: _has(here, "dev-1", "temperature", 2))
    entries = here.heard()
    assert all((one.keyid, one.sig, one.source) == ("", b"", YARD) for one in entries)
    assert sum(one.body.count(said.encode()) for one in entries) == 2, "the bytes as they came"


async def test_a_limit_holds_for_strangers_too(post: Making) -> None:
    """The rule that judges our own readings opens an alert for a stranger's."""
    here = post(
        '[[foreign]]\nname = "yard"\nprofile = "zigbee2mqtt"\n'
        '[[judge.readings]]\nmetric = "temperature"\nhigh = 8.0\nfor_s = 0.0\n'
    )
    async with here.gateway(), here.stranger() as client:
        await client.publish("zigbee2mqtt/reefer", '{"temperature": 12.5}', qos=1)

        async def alert() -> bool:
            alerts = (await here.board()).alerts
            return [(one.rule, one.device, one.source) for one in alerts] == [
                ("reading_out_of_range", "reefer", YARD)
            ]

        await until_told(alert)


async def test_what_cannot_be_read_is_put_aside_with_the_reason(post: Making) -> None:
    """Bad payloads go aside, delay nothing, and are counted; the good one beside them arrives."""
    here = post('[[foreign]]\nname = "yard"\nprofile = "zigbee2mqtt"\n')
    async with here.gateway(), here.stranger() as client:
        for bad in (b"{", b"[1]", b"\xff\xfe", b'{"last_seen": "yesterday", "temperature": 1}'):
            await client.publish("zigbee2mqtt/reefer", bad, qos=1)
        await client.publish("zigbee2mqtt/reefer", '{"temperature": 3}', qos=1)
        await until_told(lambda: _has(here, "reefer", "temperature", 1))
        await until(lambda: len(here.quarantined()) == 4)
        rows = here.quarantined()
        assert await here.counted("foreign_unfit") == 4
        assert await here.counted("foreign_kept") == 1
        assert await here.counted("foreign_dropped") == 0
    assert {reason for _, reason in rows} == {
        "foreign: not JSON",
        "foreign: JSON, but no object",
        "foreign: its time is no RFC 3339",
    }


async def test_the_broker_keeps_for_us_what_is_said_while_we_are_away(post: Making) -> None:
    """QoS 1: what a stranger says to a gateway that is down is there when it is back, and once."""
    here = post('[[foreign]]\nname = "yard"\nprofile = "zigbee2mqtt"\n')
    async with here.stranger() as client:
        async with here.gateway():
            await client.publish("zigbee2mqtt/reefer", '{"temperature": 1}', qos=1)
            await until_told(lambda: _has(here, "reefer", "temperature", 1))
        for number in range(2, 3_000):  # more than the broker has in flight to anybody
            payload = f'{{"temperature": {number}}}'
            await client.publish("zigbee2mqtt/reefer", payload, qos=1)
        async with here.gateway():
            await until_told(lambda: _has(here, "reefer", "temperature", 2_999, points=5_000))
    rows = [row for one in here.heard() for row in _said(one.message).rows]
    assert [row.values for row in rows] == [(float(number),) for number in range(1, 3_000)]


async def test_old_states_without_a_time_are_not_taken_for_new_ones(post: Making) -> None:
    """ESPHome retains its states: what the broker had kept says nothing about now."""
    here = post('[[foreign]]\nname = "yard"\nprofile = "esphome"\n')
    topic = "reefer-7/sensor/temperature/state"
    async with here.stranger() as client:
        await client.publish(topic, "4.0", qos=1, retain=True)
        async with here.gateway():
            await client.publish(topic, "5.0", qos=1, retain=True)
            await until_told(lambda: _has(here, "reefer-7", "temperature", 1))
            assert [value for _, value in await here.history("reefer-7", "temperature")] == [5.0]


async def test_topics_of_two_adapters_may_overlap(post: Making) -> None:
    """A broker sends a copy for each filter: one is taken, by the adapter that stands first."""
    here = post(
        '[[foreign]]\nname = "yard"\nprofile = "esphome"\n'
        '[[foreign]]\nname = "shed"\nprofile = "zigbee2mqtt"\n'
    )
    async with here.gateway(), here.stranger() as client:
        await client.publish("zigbee2mqtt/sensor/x/state", "7", qos=1)
        await client.publish("zigbee2mqtt/reefer", '{"temperature": 3}', qos=1)
        await until_told(lambda: _has(here, "reefer", "temperature", 1))
        await until_told(lambda: _has(here, "zigbee2mqtt", "x", 1))
    assert sum(_said(one.message).count for one in here.heard()) == 2


async def test_a_replay_reads_the_same_from_the_bytes(post: Making) -> None:
    """The journal holds how a batch was read, so no configuration is needed to read it again."""
    here = post('[[foreign]]\nname = "yard"\nprofile = "zigbee2mqtt"\n')
    async with here.gateway(), here.stranger() as client:
        for number in range(200):
            await client.publish(f"zigbee2mqtt/d{number % 7}", json.dumps({"t": number}), qos=1)
        await until(lambda: sum(_said(one.message).count for one in here.heard()) == 200)
    for entry in here.heard():
        assert reread(entry.body) == entry.message
    path = here.folder / "gateway" / "journal.sqlite"
    digests = {await asyncio.to_thread(_digest, path, seed) for seed in ("1", "2")}
    assert len(digests) == 1, "the same changes under two hash seeds"
    values = [row.values[0] for one in here.heard() for row in _said(one.message).rows]
    assert sorted(value or 0.0 for value in values) == list(range(200))


def _digest(journal: Path, hash_seed: str) -> str:
    return subprocess.run(
        [sys.executable, "-c", DIGEST, str(journal), f"/{POST}/gateway"],
        env={**os.environ, "PYTHONHASHSEED": hash_seed},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    ).stdout


def _said(message: object) -> ForeignHeard:
    assert isinstance(message, ForeignHeard)
    return message


async def _is(ask: Callable[[], Awaitable[object]], wanted: object) -> bool:
    return await ask() == wanted


async def _has(here: Post, device: str, metric: str, count: int, points: int = 600) -> bool:
    return len(await here.history(device, metric, points)) == count


async def _agent(here: Post) -> AgentChanged:
    async def told() -> AgentChanged | None:
        found = (one for one in (await here.board()).agents if one.source == YARD)
        return next(found, None)

    agent: AgentChanged = await until_told(told)
    return agent
