"""A model's passport: what it is, where it comes from, what it can do and must not be used for.

A JSON file beside the .onnx. Without one that fits, no model is run.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Self

from models.drift import Histogram
from models.likelihood import Step
from models.rates import Figure, Rate

__all__ = ["Figure", "Passport", "PassportError", "Rate"]

SCHEMA = "greenlane.passport/1"
HASH_DIGITS_SHOWN = 12
LOSS_MAX = 0.01
"""One point: more than that 8 bits may not cost."""
JUDGED_MIN = 500  # hidden things and harmless bags
PRECISIONS = ("float32", "int8")
BYTES_MAX = 64 * 1024 * 1024
LAYOUT = "NHWC uint8 RGB, white letterbox"
LAYOUT_FLOATS = "NCHW float32 RGB 0..255, white letterbox"
"""What models took before; those that were adapted then still run."""

CATALOGUE = Path(__file__).with_name("catalogue")
WILDLIFE_MODEL = CATALOGUE / "wildlife.onnx"
"""The detector that is shipped."""


class PassportError(Exception):
    """The model must not be run: it is missing, changed, or not what its passport says."""


@dataclass(frozen=True)
class Quantised:
    """What became of the figures when 32-bit weights and activations were rounded to 8 bits."""

    from_sha256: str
    """Of the model before."""
    figures_before: dict[str, Figure]
    """On the same bags at the same thresholds as the passport's own figures."""

    def loses_nothing(self, after: dict[str, Figure]) -> bool:
        """Return whether, for all classes together and for each, the two cannot be told apart.

        Overlapping intervals for both rates of every class, and for all classes together at most
        `LOSS_MAX` fewer found and more false alarms, on no fewer than `JUDGED_MIN` of either: on a
        few bags everything overlaps.
        """
        pairs = [(self.figures_before[kind], figure) for kind, figure in after.items()]
        both = [(b.detection, a.detection) for b, a in pairs]
        both += [(b.false_alarm, a.false_alarm) for b, a in pairs]
        before, now = self.figures_before["any"], after["any"]
        enough = min(now.detection.of, now.false_alarm.of) >= JUDGED_MIN
        return enough and (
            all(b.low <= a.high and a.low <= b.high for b, a in both)
            and before.detection.value - now.detection.value <= LOSS_MAX
            and now.false_alarm.value - before.false_alarm.value <= LOSS_MAX
        )


@dataclass(frozen=True)
class Passport:
    """See the module; every field is in the file, and no other is."""

    schema: str
    name: str
    version: str
    sha256: str
    classes: tuple[str, ...]
    thresholds: dict[str, float]
    """Score from which a class is announced."""
    nms_iou: float
    input_side: int
    input_layout: str
    training: dict[str, Any]
    """Recipe, data, code revision, tool versions."""
    figures: dict[str, Figure]
    """Per class and `any`."""
    measured_on: str
    intended_use: str
    limits: tuple[str, ...]
    licence: str
    # What follows came later: a passport without it is read as one that does not say.
    precision: str = "float32"
    quantised: Quantised | None = None
    likelihood: dict[str, tuple[Step, ...]] = field(default_factory=dict)
    """Per class: from the loudest score of a bag to a likelihood ratio, in rising steps."""
    likelihood_on: str = ""
    """Which bags these come from, in a few words."""
    reference: dict[str, Histogram] = field(default_factory=dict)
    """Of inputs and scores on harmless bags, to see by when a scanner has changed."""
    adapted: dict[str, Any] = field(default_factory=dict)
    """To which scanner's pictures, how, and the figures on them before; empty for none."""

    @property
    def loses_nothing(self) -> bool:
        """Whether the model may stand in for the one that it was rounded from."""
        return self.quantised is not None and self.quantised.loses_nothing(self.figures)

    @property
    def id(self) -> str:
        """The name and hash a scan carries: which weights said this."""
        return f"{self.name}-{self.version}+{self.sha256[:HASH_DIGITS_SHOWN]}"

    def to_json(self) -> str:
        """Return the file's text."""
        return json.dumps(asdict(self), indent=2, ensure_ascii=False) + "\n"

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Return the passport in a text; raises `PassportError` if it is none."""
        try:
            values = json.loads(text)
            if values["schema"] != SCHEMA:
                message = f"unknown passport schema {values['schema']!r}, not {SCHEMA!r}"
                raise PassportError(message)
            values["figures"] = _figures(values["figures"])
            if values.get("quantised"):
                before = _figures(values["quantised"]["figures_before"])
                values["quantised"] = Quantised(values["quantised"]["from_sha256"], before)
            values["likelihood"] = {
                kind: tuple(Step(**step) for step in steps)
                for kind, steps in values.get("likelihood", {}).items()
            }
            values["reference"] = {
                name: Histogram(tuple(histogram["counts"]))
                for name, histogram in values.get("reference", {}).items()
            }
            values["classes"] = tuple(values["classes"])
            values["limits"] = tuple(values["limits"])
            passport = cls(**values)
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            message = f"not a passport: {error}"
            raise PassportError(message) from error
        passport._check()
        return passport

    def _check(self) -> None:
        if not self.classes or set(self.thresholds) != set(self.classes):
            message = "a passport needs one threshold for each class and no other"
            raise PassportError(message)
        if not all(0.0 < score < 1.0 for score in self.thresholds.values()):
            message = "a passport's thresholds lie between 0 and 1"
            raise PassportError(message)
        if self.precision not in PRECISIONS:
            message = f"unknown precision {self.precision!r}, not one of {', '.join(PRECISIONS)}"
            raise PassportError(message)
        if self.input_layout not in (LAYOUT, LAYOUT_FLOATS):
            message = f"unknown input layout {self.input_layout!r}, not {LAYOUT!r}"
            raise PassportError(message)


def _figures(values: dict[str, Any]) -> dict[str, Figure]:
    return {
        kind: Figure(Rate(**figure["detection"]), Rate(**figure["false_alarm"]))
        for kind, figure in values.items()
    }


def path_for(model: Path) -> Path:
    """Return where a model's passport lies: beside it, same name, .json."""
    return model.with_suffix(".json")


def digest(data: bytes) -> str:
    """Return the SHA-256 of a model's bytes in hexadecimal."""
    return hashlib.sha256(data).hexdigest()


def write(path: Path, onnx: bytes, passport: Passport) -> None:
    """Write a model and its passport, the passport last: without it nothing runs."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(onnx)
    path_for(path).write_text(passport.to_json(), encoding="utf-8")


def load(model: Path) -> tuple[Passport, bytes]:
    """Return a model's passport and its bytes, the very ones that were hashed.

    Raises `PassportError` if either file is missing or the bytes are not the passport's.
    """
    try:
        passport = Passport.from_json(path_for(model).read_text(encoding="utf-8"))
        size = model.stat().st_size
        if size > BYTES_MAX:
            message = f"{model} has {size} bytes, more than {BYTES_MAX}"
            raise PassportError(message)
        data = model.read_bytes()
    except (OSError, UnicodeDecodeError) as error:
        message = f"cannot read the model or its passport: {error}"
        raise PassportError(message) from error
    found = digest(data)
    if found != passport.sha256:
        message = (
            f"{model.name} is not the model its passport describes: "
            f"its SHA-256 is {found}, not {passport.sha256}"
        )
        raise PassportError(message)
    return passport, data
