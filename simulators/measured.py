"""What a simulated device measures and sees, and when: formulas of the script. Pure."""

import hashlib
from collections.abc import Iterator
from math import floor, pi, sin
from typing import Final

from contract.delivery.source_end import Said
from contract.messages import (
    PART_BYTES_MAX,
    BlobPart,
    Detection,
    ModelUsed,
    Picture,
    ScanCompleted,
)
from simulators.scanner import SIZE_PX
from simulators.script import Sensor, Truth

SCANNER: Final = "sim-bag-scanner"
MODEL: Final = ModelUsed(name="scripted", sha256=hashlib.sha256(b"scripted").hexdigest())
"""No network looks at these pictures: the script says what is in them."""


def ticks(sensor: Sensor, rate: float, from_s: float, until_s: float) -> list[float]:
    """When the sensor measures: ``rate`` times a second, at its own moments."""
    first = floor(from_s * rate + sensor.phase) + 1
    last = floor(until_s * rate + sensor.phase)
    return [(number - sensor.phase) / rate for number in range(first, last + 1)]


def every(first_s: float, every_s: float, from_s: float, until_s: float) -> list[float]:
    """The moments ``first_s + n * every_s`` between two times, the first excluded."""
    count = max(0, floor((from_s - first_s) / every_s) + 1)
    times = []
    while (at_s := first_s + count * every_s) <= until_s:
        times.append(at_s)
        count += 1
    return times


def value(sensor: Sensor, at_s: float) -> float:
    """What the sensor measures, unless something happens."""
    turn = at_s / sensor.period_s + sensor.phase
    return round(sensor.base + sensor.swing * sin(2 * pi * turn), 2)


def scan(picture: bytes, tag: str, truth: Truth | None) -> ScanCompleted:
    """What is said of a bag: the truth, or nothing."""
    width, height = SIZE_PX
    box = (width * 0.3, height * 0.3, width * 0.6, height * 0.6)
    return ScanCompleted(
        device=SCANNER,
        subject=tag,
        picture=Picture(
            sha256=hashlib.sha256(picture).hexdigest(),
            size_bytes=len(picture),
            media_type="image/png",
            width_px=width,
            height_px=height,
        ),
        detections=(Detection(label=truth.holds, score=truth.value, box=box),) if truth else (),
        model=MODEL,
        milliseconds=0.0,
    )


def parts(picture: bytes) -> Iterator[Said]:
    """The picture in pieces, as it travels."""
    whole = hashlib.sha256(picture).hexdigest()
    for offset in range(0, len(picture), PART_BYTES_MAX):
        raw = picture[offset : offset + PART_BYTES_MAX]
        part = BlobPart(
            sha256=whole,
            size_bytes=len(picture),
            media_type="image/png",
            offset_bytes=offset,
            part_sha256=hashlib.sha256(raw).hexdigest(),
            part_bytes=len(raw),
        )
        yield Said(part, raw=raw)
