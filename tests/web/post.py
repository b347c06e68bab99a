"""A post with everything on it, told once: what the tests of the pages beside the desk look at."""

import math
from datetime import datetime, timedelta
from typing import Final

import msgspec

from contract.messages import DeviceTwin, Point, ScanChanged
from tests.web import scene
from tests.web.center import Center

SERIES: Final = (
    ("scale-2", "axle load", "kg"),
    ("scale-2", "zero drift", "kg"),
    ("reefer-2", "supply air", "Cel"),
    ("reefer-2", "return air", "Cel"),
    ("reefer-2", "power", "W"),
)
READ_S: Final = 5
"""Seconds between two readings."""
HOLE_S: Final = (2_400, 1_500)
"""Within the last hour nothing was read from so long ago, to so long ago."""
FAILED: Final = "the picture has 12 bits a channel, the model wants 8"


def readings(at: datetime) -> tuple[Point, ...]:
    """Two hours of readings with one hole."""
    ago = [s for s in range(7_200, 0, -READ_S) if not HOLE_S[1] <= s <= HOLE_S[0]]
    values = [(s, round(20 + 5 * math.sin(s / 600), 2)) for s in ago]
    return tuple(
        Point(at=at - timedelta(seconds=s), mean=value, low=value, high=value, count=1)
        for s, value in values
    )


def fill(center: Center) -> datetime:
    """Tell it all; when it was."""
    at = scene.now()
    center.gateway.series, center.gateway.points = SERIES, readings(at)
    scanner = DeviceTwin(
        device="xray-a", family="folder", title="Bag X-ray, simulated", lane="3", said_up_to=at
    )
    silent = scene.agent(scene.XRAY, state="silent", at=at - timedelta(minutes=4))
    center.tell(
        scene.agent(at=at, devices=scene.devices(at)),
        msgspec.structs.replace(silent, devices=(scanner,), models=(scene.MODEL,)),
        scene.whole(),
        scene.holed(),
    )
    _scans(center, at)
    warm = scene.seal_alert(
        id_="warm", severity="high", title="Reefer too warm", at=at - timedelta(minutes=12)
    )
    center.alert(msgspec.structs.replace(warm, device="reefer-2", detail="8.2 °C for 10 min"))
    return at


def _scans(center: Center, at: datetime) -> None:
    """Newest first: boxes and an alert, nothing found, failed, on its way."""
    bodies = [scene.bag(seed=seed) for seed in range(4)]
    told = [
        scene.scan(body, id_=f"scan-{n}", at=at - timedelta(minutes=n))
        for n, body in enumerate(bodies)
    ]
    boxed, empty, failed, away = (
        told[0],
        msgspec.structs.replace(told[1], subject="7700000001", detections=()),
        msgspec.structs.replace(told[2], device="xray-b", detections=(), failed=FAILED),
        msgspec.structs.replace(told[3], is_kept=False, detections=told[3].detections[:1]),
    )
    for one, body in zip((boxed, empty, failed), bodies, strict=False):
        center.gateway.blobs[scene.picture_of(body).sha256] = body
        center.tell(ScanChanged(scan=one))
    center.tell(ScanChanged(scan=away))
    center.alert(scene.scan_alert(bodies[0], at=at))
