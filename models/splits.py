"""Which seeds may be used for what: no bag is ever both learnt from and judged by.

A bag is its seed, so keeping the ranges apart keeps the bags apart. Anyone else who renders (the
simulators, a demo) uses `DEMO`, which no weights have seen either.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from models.xray.bag import CLASSES

DEMO = range(1_000_000)
TRAIN = range(1_000_000, 10_000_000)
TUNE = range(10_000_000, 20_000_000)
"""Choosing thresholds."""
TEST = range(20_000_000, 30_000_000)
"""The figures in a passport."""

LESSON_SHARES = (0.30, 0.35, 0.25, 0.10)
"""Training bags with none, one, two or three hidden things. Nobody smuggles so much; but a detector
learns from what it is shown, and an honest bag shows it only what is not there."""

TRIALS = tuple(kind for threat in CLASSES for kind in (None, threat))
"""What is hidden in successive bags of a trial: every other one is honest, since how often an
honest traveller is stopped must be known as well as how often a smuggler is."""


def bag(split: range, index: int) -> tuple[int, str | None]:
    """Return the seed and the threat of one bag of a trial."""
    return split[index], TRIALS[index % len(TRIALS)]


def lesson(index: int, twice: Sequence[str] = ()) -> tuple[int, tuple[str, ...]]:
    """Return the seed and the threats of one training bag; those in `twice` come twice as often."""
    seed = TRAIN[index]
    rng = np.random.default_rng([seed, len(CLASSES)])
    count = int(rng.choice(len(LESSON_SHARES), p=LESSON_SHARES))
    return seed, tuple(str(kind) for kind in rng.choice((*CLASSES, *twice), count))
