"""A training recipe: one TOML file says everything that decides the weights."""

from __future__ import annotations

import tomllib
from dataclasses import MISSING, asdict, dataclass, fields
from pathlib import Path
from typing import Any

from models.xray.bag import LOOKALIKE_SHARE

RECIPES = Path(__file__).with_name("recipes")


@dataclass(frozen=True)
class Second:
    """How the second stage learns; its bags are those that follow the first stage's."""

    pictures: int
    """How many new bags each round learns from."""
    pictures_first: int
    pictures_per_step: float
    steps: tuple[int, ...]
    """Of each round. A round begins with what the last one gave, and learns from new bags."""
    batch: int
    """Pictures a step; each has one to eight boxes to look at."""
    learning_rate: float

    @property
    def bags(self) -> int:
        """How many bags all rounds learn from."""
        return len(self.steps) * self.pictures


@dataclass(frozen=True)
class Recipe:
    """What a run needs; two runs of one recipe differ only as far as the CPU's rounding does."""

    name: str
    seed: int
    pictures: int
    """How many bags to render and learn from."""
    pictures_first: int
    """How many of `pictures` must be there before the first step."""
    pictures_per_step: float
    """How many more are learnt from with every step: rendering goes on while learning."""
    picture_px: int
    """Side of a rendered picture."""
    input_px: int
    """Side of the network's input, and of the pictures as they are kept; a multiple of 32."""
    crop_px: int
    """Side of the crops, at full scale, that the first part of the training learns from."""
    crop_share: float
    """How large that first part is, 0 to 1."""
    steps: int
    batch: int
    width: int
    learning_rate: float
    weight_decay: float
    tune_bags: int
    """Honest bags for choosing the thresholds; as many, half of them honest, for the likelihood."""
    test_bags: int
    """Bags for the figures in the passport."""
    false_alarms_max: float
    """False alarms per honest bag, all classes together, that the thresholds may cost."""
    threads: int
    """Of PyTorch on the processor."""
    renderers: int
    """Processes that render."""
    loaders: int = 0
    """Processes that turn pictures into batches; 0: the training does it between two steps."""
    device: str = "cpu"
    """Where PyTorch computes: cpu or cuda."""
    begins_with: str = ""
    """The recipe whose finished run this one begins with; "": with random weights."""
    lookalike_share: float = LOOKALIKE_SHARE
    """How many of the things in a training bag are there to be mistaken; trials keep their own."""
    twice: tuple[str, ...] = ()
    """Classes hidden twice as often as others in training bags: the weak ones."""
    second: Second | None = None
    """None: one stage only."""

    def as_dict(self) -> dict[str, object]:
        """Return the recipe as it goes into a passport."""
        return asdict(self)


def among(stage: Recipe | Second, step: int) -> int:
    """Return out of how many pictures a stage's step draws; never more than there will be."""
    return min(stage.pictures_first + int(stage.pictures_per_step * step), stage.pictures)


OPTIONAL = {one.name: one.default for one in fields(Recipe) if one.default is not MISSING}
"""What a recipe may leave unsaid, and what it then says: older ones did not know of it."""


def read(path: Path) -> Recipe:
    """Return the recipe in a TOML file; an unknown or missing key is a ValueError."""
    with path.open("rb") as file:
        values = tomllib.load(file)
    try:
        _check(Recipe, values)
        second = _second(values["second"]) if "second" in values else None
        return Recipe(**{**values, "twice": tuple(values.get("twice", ())), "second": second})
    except (TypeError, ValueError) as error:
        message = f"{path}: {error}"
        raise ValueError(message) from error


def _second(values: dict[str, Any]) -> Second:
    _check(Second, values)
    return Second(**{**values, "steps": tuple(values["steps"])})


def _check(kind: type[Recipe | Second], values: dict[str, Any]) -> None:
    known = {one.name: one.default is MISSING for one in fields(kind)}
    where = "a recipe" if kind is Recipe else "[second] of a recipe"
    if unknown := sorted(values.keys() - known.keys()):
        raise ValueError(f"{where} has no {', no '.join(unknown)}")
    if missing := [name for name, is_needed in known.items() if is_needed and name not in values]:
        raise ValueError(f"{where} needs {', '.join(missing)}")
