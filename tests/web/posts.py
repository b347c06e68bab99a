"""Several posts with lanes and devices, one of them foreign, one that moves: for map and lanes."""

from datetime import datetime, timedelta
from typing import Final

import msgspec

from command_center.place import Place
from contract.messages import Alert, DeviceTwin, Point
from tests.web import scene
from tests.web.center import Center

PLACES: Final = (
    Place(post="KEMBA", name="Mombasa", latitude=-4.04, longitude=39.66),
    Place(post="KENBO", name="Nairobi", latitude=-1.29, longitude=36.82),
    Place(post="TZDAR", name="Dar es Salaam", latitude=-6.82, longitude=39.29),
    Place(post="UGEBB", name="Entebbe", latitude=0.05, longitude=32.44),
    Place(post="GBLHR", name="Heathrow"),
)
PATROL: Final = "patrol-position"
AT: Final = (39.9, -4.3)
"""Longitude and latitude of the patrol boat."""
STRANGER: Final = "/KEMBA/zigbee"


def lane(number: str, at: datetime, *, kinds: tuple[str, ...]) -> tuple[DeviceTwin, ...]:
    """Devices of one lane, as their families."""
    titles = {"seal": "Seal reader", "modbus": "Axle scale", "folder": "Bag X-ray"}
    return tuple(
        DeviceTwin(
            device=f"{kind}-{number}",
            family=kind,
            title=f"{titles.get(kind, kind)}, simulated",
            lane=number,
            said_up_to=at,
        )
        for kind in kinds
    )


def alert(id_: str, device: str, *, at: datetime, **changed: object) -> Alert:
    """An alert about that device of the gate."""
    one = scene.seal_alert(id_=id_, at=at, severity=str(changed.pop("severity", "high")))
    return msgspec.structs.replace(one, device=device, **changed)


def fill(center: Center) -> datetime:
    """Four posts: one with everything, one calm, one with a hole, one of which nothing is heard."""
    at = scene.now()
    lost = DeviceTwin(
        device="reefer-2",
        family="modbus",
        title="Reefer plug",
        lane="2",
        is_found=False,
        reason="no answer on 3 reads",
        since=at - timedelta(minutes=4),
    )
    patrol = DeviceTwin(device=PATROL, family="nmea", title="Patrol boat", said_up_to=at)
    ours = (
        *lane("1", at, kinds=("seal", "modbus", "folder")),
        *lane("2", at, kinds=("seal", "modbus")),
        *lane("10", at, kinds=("seal",)),
        lost,
        patrol,
    )
    plug = DeviceTwin(device="cold-plug", family="zigbee2mqtt", title="Zigbee2MQTT, unsigned")
    stranger = msgspec.structs.replace(
        scene.agent(STRANGER, at=at, devices=(plug,)),
        is_unsigned=True,
        version="",
        clock_error_ms=None,
    )
    center.tell(
        scene.agent(at=at, devices=ours),
        stranger,
        scene.agent("/KENBO/gate-1", at=at, devices=lane("1", at, kinds=("seal", "folder"))),
        scene.agent("/TZDAR/gate-1", at=at, devices=lane("A", at, kinds=("seal",))),
        scene.whole(),
        scene.whole("/KENBO/gate-1"),
        scene.holed("/TZDAR/gate-1"),
    )
    for one in (
        alert("a1", "seal-2", at=at - timedelta(minutes=1), severity="critical"),
        alert("a2", "seal-2", at=at - timedelta(minutes=9)),
        alert("a3", "modbus-1", at=at - timedelta(minutes=7), state="acknowledged"),
        alert("a4", "cold-plug", at=at, source=STRANGER, severity="medium", title="Plug is off"),
        alert("a5", "/KEMBA/gate-2", at=at, title="Agent was silent for 2 min", severity="low"),
        alert("a6", "seal-A", at=at, source="/TZDAR/gate-1", post="TZDAR"),
    ):
        center.alert(one)
    center.gateway.series = (
        (PATROL, "longitude", "lon"),
        (PATROL, "latitude", "lat"),
        ("cold-plug", "power", "W"),
    )
    center.gateway.points_of = {
        (PATROL, "longitude"): track(at, AT[0]),
        (PATROL, "latitude"): track(at, AT[1]),
        ("cold-plug", "power"): track(at, 41.5),
    }
    return at


def track(at: datetime, degrees: float) -> tuple[Point, ...]:
    """A few readings, the last a second old."""
    return tuple(
        Point(at=at - timedelta(seconds=s), mean=degrees, low=degrees, high=degrees, count=1)
        for s in (40, 20, 1)
    )
