"""Messages as points in time: what is charted, what is a fact, and what is nothing."""

from datetime import timedelta

from contract.messages import (
    Detection,
    DeviceLost,
    Identity,
    ModelUsed,
    Picture,
    ScanCompleted,
    SealRead,
)
from gateway.instant import instant, microseconds
from gateway.timeseries.points import points_of
from gateway.timeseries.sink import Fact, Origin, Series, TimePoint
from tests.gateway.timeseries.said import EPOCH, NOON, SOURCE, reading, said

IDENTITY = Identity(SOURCE, "events", EPOCH, 42)
HASH = "ab" * 32


def scan(*detections: Detection) -> ScanCompleted:
    return ScanCompleted(
        device="scanner",
        subject="0125443871",
        picture=Picture(sha256=HASH, size_bytes=9, media_type="image/png", width_px=3, height_px=3),
        detections=detections,
        model=ModelUsed(name="tusk", sha256=HASH),
        milliseconds=19.5,
    )


def facts_of(point: TimePoint) -> dict[str, Fact]:
    return dict(zip(point.names, point.facts, strict=True))


def test_each_reading_is_a_point() -> None:
    """In the order of the batch, each with the time it was observed at."""
    points = said(7, reading(20.5), reading(55.0, metric="humidity", unit="%RH", after_s=1.5))
    assert [(point.sequence, point.item, point.value) for point in points] == [
        (7, 0, 20.5),
        (7, 1, 55.0),
    ]
    assert points[1].series == Series(
        "reading", "KEMBA", "gate-2", "thermometer", "humidity", "%RH"
    )
    assert points[1].origin == Origin(SOURCE, "readings", EPOCH)
    assert instant(points[1].observed_us) == NOON + timedelta(seconds=1.5)


def test_a_seal_is_a_point_with_its_battery() -> None:
    """Its number is a fact and no part of the series: there are too many seals in the world."""
    read = SealRead(device="reader", seal="HLXU417", state="opened", battery_percent=81.0)
    (point,) = points_of(IDENTITY, NOON, read)
    assert point.series == Series("seal", "KEMBA", "gate-2", "reader", "battery", "%EL")
    assert point.value == 81.0
    assert facts_of(point) == {"seal": "HLXU417", "state": "opened", "subject": ""}
    assert point.observed_us == microseconds(NOON)


def test_a_seal_without_a_battery_has_no_value() -> None:
    (point,) = points_of(IDENTITY, NOON, SealRead(device="reader", seal="S1", state="intact"))
    assert point.value is None


def test_a_scan_is_a_point_with_its_highest_score() -> None:
    """What the model was surest of, how many it saw, how long it took."""
    seen = [
        Detection(label=label, score=score, box=(0, 0, 1, 1))
        for label, score in (("bone", 0.2), ("tusk", 0.83), ("tusk", 0.5))
    ]
    (point,) = points_of(IDENTITY, NOON, scan(*seen))
    assert point.series == Series("scan", "KEMBA", "gate-2", "scanner", "score", "1")
    assert point.value == 0.83
    facts = facts_of(point)
    assert (facts["detections"], facts["label"], facts["milliseconds"]) == (3, "tusk", 19.5)
    assert facts["scan"] == str(IDENTITY)


def test_a_scan_that_shows_nothing_scores_nothing() -> None:
    (point,) = points_of(IDENTITY, NOON, scan())
    assert point.value == 0
    assert facts_of(point)["detections"] == 0


def test_other_messages_are_no_points() -> None:
    assert points_of(IDENTITY, NOON, DeviceLost(device="reader", reason="unplugged")) == []
