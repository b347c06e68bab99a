"""A model's passport: what it is, where it comes from, what it can do and must not be used for.

A JSON file beside the .onnx. Without one that fits, no model is run.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self

SCHEMA = "greenlane.passport/1"
HASH_DIGITS_SHOWN = 12
BYTES_MAX = 64 * 1024 * 1024
LAYOUT = "NCHW float32 RGB 0..255, white letterbox"

CATALOGUE = Path(__file__).with_name("catalogue")
WILDLIFE_MODEL = CATALOGUE / "wildlife.onnx"
"""The detector that is shipped."""


class PassportError(Exception):
    """The model must not be run: it is missing, changed, or not what its passport says."""


@dataclass(frozen=True)
class Rate:
    """So many of so many, with its Wilson interval of 95 %."""

    hits: int
    of: int
    low: float
    high: float

    @property
    def value(self) -> float:
        """The share, 0 to 1; 0 of nothing is 0."""
        return self.hits / self.of if self.of else 0.0

    def __str__(self) -> str:
        """Return it as people read it: 81.3 % [79.0, 83.4]."""
        return f"{self.value:.1%} [{self.low:.1%}, {self.high:.1%}]"


@dataclass(frozen=True)
class Figure:
    """How well one class is found, never without how often it is cried in vain."""

    detection: Rate
    """Hidden things found: right class, box overlapping by at least half."""
    false_alarm: Rate
    """Honest bags in which the class was announced."""

    def __str__(self) -> str:
        """Return both rates; one alone would mislead."""
        return f"found {self.detection} at false alarms {self.false_alarm} of honest bags"


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
            values["figures"] = {
                kind: Figure(Rate(**figure["detection"]), Rate(**figure["false_alarm"]))
                for kind, figure in values["figures"].items()
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
        if self.input_layout != LAYOUT:
            message = f"unknown input layout {self.input_layout!r}, not {LAYOUT!r}"
            raise PassportError(message)


def path_for(model: Path) -> Path:
    """Return where a model's passport lies: beside it, same name, .json."""
    return model.with_suffix(".json")


def digest(data: bytes) -> str:
    """Return the SHA-256 of a model's bytes in hexadecimal."""
    return hashlib.sha256(data).hexdigest()


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
