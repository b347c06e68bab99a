"""Which seeds may be used for what: no bag is ever both learnt from and judged by.

A bag is its seed, so keeping the ranges apart keeps the bags apart. Anyone else who renders (the
simulators, a demo) uses `DEMO`, which no weights have seen either.
"""

from __future__ import annotations

from models.xray.bag import CLASSES

DEMO = range(1_000_000)
TRAIN = range(1_000_000, 10_000_000)
TUNE = range(10_000_000, 20_000_000)
"""Choosing thresholds."""
TEST = range(20_000_000, 30_000_000)
"""The figures in a passport."""

LESSONS = (None, *CLASSES, None)
"""What is hidden in successive training bags: every class once, two honest ones."""

TRIALS = tuple(kind for threat in CLASSES for kind in (None, threat))
"""What is hidden in successive bags of a trial: every other one is honest, since how often an
honest traveller is stopped must be known as well as how often a smuggler is."""


def bag(split: range, index: int) -> tuple[int, str | None]:
    """Return the seed and the threat of one bag of a split."""
    cycle = LESSONS if split == TRAIN else TRIALS
    return split[index], cycle[index % len(cycle)]
