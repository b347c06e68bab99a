"""A model announced contraband in a picture."""

from collections.abc import Iterator
from typing import Final

import msgspec

from contract.messages import Detection, Likelihood, ScanCompleted, Severity
from gateway.judge.rule import Fact, Finding, Rule
from gateway.judge.settings import Contraband, JudgeSettings
from gateway.judge.wording import capital, clock_time, factor, listed

STEPS: Final[tuple[Severity, ...]] = ("low", "medium", "high", "critical")
LABELS_MAX: Final = 3
"""Classes that a title names."""


class Memory(msgspec.Struct):
    """Nothing: each picture stands for itself."""


def find(fact: Fact, _memory: Memory) -> Iterator[Finding]:
    """One finding for a picture, however many boxes are in it."""
    scan = fact.message
    assert isinstance(scan, ScanCompleted)  # noqa: S101 - the rule hears nothing else
    seen = [
        (detection, threshold)
        for detection in scan.detections
        if (threshold := _threshold(fact.settings, detection.label)) is not None
        and detection.score >= threshold.score_min
    ]
    if seen:
        yield _finding(fact, scan, sorted(seen, key=lambda pair: -pair[0].score))


def _threshold(settings: JudgeSettings, label: str) -> Contraband | None:
    for one in settings.contraband:
        if one.label == label:
            return one
    return settings.contraband_otherwise


def _finding(fact: Fact, scan: ScanCompleted, seen: list[tuple[Detection, Contraband]]) -> Finding:
    boxes = tuple(detection for detection, _ in seen)
    labels = list(dict.fromkeys(box.label for box in boxes))
    named = [f"{_words(label)}-like" for label in labels[:LABELS_MAX]]
    if len(labels) > LABELS_MAX:
        named.append(f"{len(labels) - LABELS_MAX} other")
    shapes = "shape" if len(labels) == 1 else "shapes"
    best = seen[0][0]
    count = f"{len(boxes)} {'box' if len(boxes) == 1 else 'boxes'}"
    when = clock_time(fact.observed_at, fact.now)
    return Finding(
        subject=scan.subject or f"scan {scan.picture.sha256[:12]}",
        source=fact.entry.source,
        device=scan.device,
        severity=max((threshold.severity for _, threshold in seen), key=STEPS.index),
        title=f"{capital(listed(named))} {shapes} in the scan",
        detail=f"{count} in the picture of {scan.device}, {when}. Highest raw score "
        f"{best.score:.2f} for {_words(best.label)}; a raw score is no probability, and most "
        f"alerts of this kind are false.{_weight(boxes)} The picture decides.",
        observed_at=fact.observed_at,
        says=f"{count}: " + ", ".join(f"{_words(box.label)} {box.score:.2f}" for box in boxes[:10]),
        picture=scan.picture,
        detections=boxes,
        model=scan.model,
    )


def _weight(boxes: tuple[Detection, ...]) -> str:
    """How much the surest evidence weighs, in a sentence; nothing where no passport says it."""
    weighed = [(box.likelihood, box) for box in boxes if box.likelihood is not None]
    if not weighed:
        return ""
    likelihood, box = max(weighed, key=lambda pair: pair[0].low)
    where = f", measured on {likelihood.measured_on}" if likelihood.measured_on else ""
    return (
        f" One factor, beside declaration, permit and seal: a score like that for "
        f"{_words(box.label)} comes {_times(likelihood)} as often from bags that hide one as from "
        f"honest ones{where}."
    )


def _times(likelihood: Likelihood) -> str:
    """``8 [5, 12] times``; ``at least 15 times`` where the data end."""
    low = factor(likelihood.low)
    if likelihood.high is None:
        return f"at least {low} times"
    return f"{factor(likelihood.ratio)} [{low}, {factor(likelihood.high)}] times"


def _words(label: str) -> str:
    """A class as people write it."""
    return label.replace("_", " ")


CONTRABAND_SEEN: Final = Rule(
    name="contraband_seen", hears=(ScanCompleted,), memory=Memory, find=find
)
