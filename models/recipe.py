"""A training recipe: one TOML file says everything that decides the weights."""

from __future__ import annotations

import tomllib
from dataclasses import asdict, dataclass
from pathlib import Path

RECIPES = Path(__file__).with_name("recipes")


@dataclass(frozen=True)
class Recipe:
    """What a run needs; two runs of one recipe differ only as far as the CPU's rounding does."""

    name: str
    seed: int
    pictures: int
    """How many bags to render and learn from."""
    picture_px: int
    """Side of a rendered picture."""
    input_px: int
    """Side of the network's input, at the end of the training and for good; a multiple of 32."""
    early_px: int
    """Side in the first part of the training, where a coarser look teaches faster."""
    early_share: float
    steps: int
    batch: int
    width: int
    learning_rate: float
    weight_decay: float
    tune_bags: int
    """Bags for choosing the thresholds."""
    test_bags: int
    """Bags for the figures in the passport."""
    false_alarms_max: float
    """False alarms per honest bag, all classes together, that the thresholds may cost."""
    threads: int
    renderers: int

    def as_dict(self) -> dict[str, object]:
        """Return the recipe as it goes into a passport."""
        return asdict(self)


def read(path: Path) -> Recipe:
    """Return the recipe in a TOML file; an unknown or missing key is a ValueError."""
    with path.open("rb") as file:
        values = tomllib.load(file)
    try:
        return Recipe(**values)
    except TypeError as error:
        message = f"{path}: {error}"
        raise ValueError(message) from error
