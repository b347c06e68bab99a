"""Chance, from the one generator that a bag's seed starts."""

from __future__ import annotations

from numpy.random import Generator


def chance(rng: Generator, share: float) -> bool:
    """Return True in `share` of all cases."""
    return bool(rng.random() < share)


def pick(rng: Generator, *names: str) -> str:
    """Return one of the names, all equally likely."""
    return names[int(rng.integers(len(names)))]
