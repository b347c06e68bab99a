"""A small post in contract messages, for the browser tests: what the gateway would say of it."""

from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from contract.messages import (
    AgentChanged,
    Alert,
    CompletenessChanged,
    Detection,
    DeviceTwin,
    Evidence,
    ModelUsed,
    Picture,
    Scan,
    StreamState,
)

GATE: Final = "/KEMBA/gate-2"
XRAY: Final = "/KEMBA/xray-1"
MODEL: Final = ModelUsed(name="gl-bag-nano 0.4.2", sha256=sha256(b"model").hexdigest())
HOSTILE: Final = "<img src=x onerror=\"document.title='owned'\">"
"""What a hostile device would call itself."""

BOXES: Final = ((120, 200, 260, 280), (520, 90, 640, 170))
"""Where the two things of `bag` are, (x1, y1, x2, y2) in its pixels."""
COLOURS: Final = ((10, 120, 40), (150, 30, 20))
"""Their colours, blue green red."""


def bag(*, seed: int = 1, width: int = 800, height: int = 500) -> bytes:
    """A PNG with two blocks of known colour at `BOXES`, on noise that differs by seed."""
    noise = np.random.default_rng(seed)
    picture = np.full((height, width, 3), 250, np.uint8)
    for _ in range(24):
        x, y = (int(v) for v in noise.integers(0, (width, height)))
        size = tuple(int(v) for v in noise.integers(20, 120, 2))
        shade = tuple(int(v) for v in noise.integers((150, 170, 200), (230, 235, 250)))
        cv2.ellipse(picture, (x, y), size, float(noise.integers(0, 180)), 0, 360, shade, -1)
    for (x1, y1, x2, y2), colour in zip(BOXES, COLOURS, strict=True):
        cv2.rectangle(picture, (x1, y1), (x2 - 1, y2 - 1), colour, -1)
    return cv2.imencode(".png", picture)[1].tobytes()


def pixels_of(body: bytes) -> npt.NDArray[np.uint8]:
    """A picture's pixels, blue green red."""
    return np.asarray(cv2.imdecode(np.frombuffer(body, np.uint8), cv2.IMREAD_COLOR), np.uint8)


def picture_of(body: bytes, *, media_type: str = "image/png") -> Picture:
    """How the contract names these bytes."""
    height, width = pixels_of(body).shape[:2]
    return Picture(
        sha256=sha256(body).hexdigest(),
        size_bytes=len(body),
        media_type=media_type,
        width_px=width,
        height_px=height,
    )


def detections() -> tuple[Detection, ...]:
    """What the model saw in `bag`."""
    scores = zip(BOXES, ("tusk", "carving"), (0.83, 0.41), strict=True)
    return tuple(Detection(label=label, score=score, box=box) for box, label, score in scores)


def scan(body: bytes, *, id_: str = "scan-1", is_kept: bool = True, at: datetime) -> Scan:
    """A scan of `bag` by the scanner of lane 3."""
    return Scan(
        id=id_,
        source=XRAY,
        device="xray-a",
        post="KEMBA",
        subject="0125443871",
        observed_at=at,
        picture=picture_of(body),
        is_kept=is_kept,
        detections=detections(),
        model=MODEL,
        milliseconds=21.4,
    )


def scan_alert(body: bytes, *, id_: str = "alert-scan", at: datetime) -> Alert:
    """The alert that the scan raised."""
    return Alert(
        id=id_,
        rule="scan-detection",
        subject="0125443871",
        post="KEMBA",
        source=XRAY,
        device="xray-a",
        severity="high",
        state="open",
        title="Tusk-like shape in the scan",
        detail="X-ray, 2 boxes",
        opened_at=at,
        told_at=at + timedelta(seconds=0.4),
        changed_at=at + timedelta(seconds=0.4),
        picture=picture_of(body),
        detections=detections(),
        model=MODEL,
        evidence=(evidence("scan.completed", "X-ray of bag 0125 443 871, 2 boxes", at=at),),
    )


def seal_alert(
    *,
    id_: str = "alert-seal",
    severity: str = "critical",
    title: str = "Seal opened in transit",
    at: datetime,
    told: timedelta = timedelta(seconds=0.3),
    subject: str = "GLZU3182041",
) -> Alert:
    """An electronic seal that says it was opened; told later than seen, if asked."""
    return Alert(
        id=id_,
        rule="seal-opened",
        subject=subject,
        post="KEMBA",
        source=GATE,
        device="seal-reader-2",
        severity=severity,  # type: ignore[arg-type]  # one of four words
        state="open",
        title=title,
        detail="Seal HLXU-417 reads opened",
        opened_at=at,
        told_at=at + told,
        changed_at=at + told,
        evidence=(evidence("seal.read", "Seal HLXU-417: opened, battery 71 %", at=at),),
    )


def evidence(kind: str, says: str, *, at: datetime) -> Evidence:
    """One message that an alert rests on."""
    return Evidence(
        source=GATE if kind.startswith("seal") else XRAY,
        epoch="00112233aabbccdd",
        stream="events",
        sequence=8412,
        hash=sha256(says.encode()).hexdigest(),
        type=kind,
        observed_at=at,
        says=says,
    )


def agent(
    source: str = GATE,
    *,
    state: str = "alive",
    at: datetime,
    devices: tuple[DeviceTwin, ...] = (),
    public_key: bytes = b"",
) -> AgentChanged:
    """An agent and what stands behind it."""
    return AgentChanged(
        source=source,
        state=state,  # type: ignore[arg-type]  # one of three words
        version="0.1.0",
        public_key=public_key,
        born_at=at - timedelta(hours=3),
        heard_at=at,
        clock_error_ms=12,
        devices=devices,
    )


def devices(at: datetime) -> tuple[DeviceTwin, ...]:
    """Three devices of lane 2, one of them lost."""
    return (
        DeviceTwin(
            device="seal-reader-2", family="seal", title="Seal reader", lane="2", said_up_to=at
        ),
        DeviceTwin(device="scale-2", family="modbus", title="Axle scale", lane="2", said_up_to=at),
        DeviceTwin(
            device="reefer-2",
            family="modbus",
            title="Reefer plug, simulated",
            lane="2",
            is_found=False,
            reason="no answer on 3 reads",
            since=at - timedelta(minutes=4),
        ),
    )


def whole(source: str = GATE) -> CompletenessChanged:
    """Nothing is missing."""
    counts = {"events": 1204, "readings": 84_120, "bulk": 318}
    streams = tuple(
        StreamState(stream=name, status="complete", kept=kept, missing=0, lost=0)  # type: ignore[arg-type]  # a stream's name
        for name, kept in counts.items()
    )
    return CompletenessChanged(source=source, status="complete", streams=streams)


def holed(source: str = XRAY) -> CompletenessChanged:
    """Each kind of trouble once."""
    return CompletenessChanged(
        source=source,
        status="missing",
        streams=(
            StreamState(stream="events", status="missing", kept=412, missing=4, lost=0),
            StreamState(stream="readings", status="declared lost", kept=9_000, missing=0, lost=42),
            StreamState(stream="bulk", status="late", kept=318, missing=0, lost=0, waiting=12),
        ),
    )


def now() -> datetime:
    """The time of the tests is the real one: a browser reads its own clock."""
    return datetime.now(UTC)
