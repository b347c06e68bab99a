"""What a scan raises."""

import msgspec

from contract.messages import (
    Detection,
    Likelihood,
    ModelUsed,
    Picture,
    ScanCompleted,
)
from gateway.judge.settings import Contraband, JudgeSettings
from tests.gateway.judge.court import Court


def scan(*scores: tuple[str, float], subject: str = "0125443871") -> ScanCompleted:
    return ScanCompleted(
        device="scanner",
        subject=subject,
        picture=Picture(
            sha256="a" * 64, size_bytes=9, media_type="image/png", width_px=9, height_px=9
        ),
        detections=tuple(Detection(label=one, score=s, box=(0, 0, 1, 1)) for one, s in scores),
        model=ModelUsed(name="bag", sha256="b" * 64),
        milliseconds=20,
    )


def test_contraband_is_told_by_class() -> None:
    """What the detector announced is an alert as grave as its gravest class; all boxes in one."""
    court = Court()
    court.say(scan(subject="0"), 0)
    assert not court.alerts("contraband_seen")
    court.say(scan(("bird", 0.2), ("knife", 0.9), subject="1"), 1)
    court.say(scan(("bird", 0.2), subject="2"), 2)
    one, two = court.alerts("contraband_seen")
    assert one.title == "Knife-like and bird-like shapes in the scan"
    assert (one.severity, two.severity) == ("high", "medium")
    assert len(one.detections) == 2
    assert "a raw score is no probability" in one.detail


def weighed(low: float, high: float | None, *, on: str = "simulated bags") -> Detection:
    likelihood = Likelihood(ratio=7.954, low=low, high=high, measured_on=on)
    return Detection(label="rhino_horn", score=0.4, box=(0, 0, 1, 1), likelihood=likelihood)


def test_what_a_score_weighs_is_said_as_one_factor_among_others() -> None:
    """How often, on which bags, and where the data end; nothing where no passport says it."""
    court = Court()
    plain = scan(("bird", 0.9), subject="1")
    court.say(plain, 0)
    for subject, box in (("2", weighed(5.293, 11.952)), ("3", weighed(14.8, None, on=""))):
        detections = (*plain.detections, box)
        court.say(msgspec.structs.replace(plain, subject=subject, detections=detections), 1)
    silent, told, ended = (alert.detail for alert in court.alerts("contraband_seen"))
    assert "as often" not in silent
    assert "beside declaration, permit and seal" in told
    assert "for rhino horn comes 8 [5.3, 12] times as often from bags that hide one" in told
    assert "as from honest ones, measured on simulated bags. The picture decides." in told
    assert "at least 15 times as often from bags that hide one as from honest ones. The" in ended


def test_a_post_may_raise_the_bar_for_a_class() -> None:
    """A noisy scanner: below its own raw score a class is no alert there."""
    court = Court(JudgeSettings(contraband=(Contraband(label="bird", score_min=0.5),)))
    court.say(scan(("bird", 0.49)), 0)
    assert not court.alerts("contraband_seen")
    court.say(scan(("bird", 0.5), subject="1"), 1)
    assert len(court.alerts("contraband_seen")) == 1
