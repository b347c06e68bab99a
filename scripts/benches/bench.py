"""What all benches do alike: how one is asked, how it counts, and how it says its verdict."""

import argparse
from collections.abc import Iterable

from greenlane.exits import FAILED, OK


def asking(name: str, about: str | None) -> argparse.ArgumentParser:
    """The options of ``scripts/bench NAME``; a module's docstring says what it is about."""
    return argparse.ArgumentParser(
        prog=f"scripts/bench {name}",
        description=about,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )


def quantile(values: Iterable[float], share: float) -> float:
    """The value that this share of them does not exceed (nearest rank); infinite of none."""
    ordered = sorted(values) or [float("inf")]
    return ordered[round((len(ordered) - 1) * share)]


def verdict(words: str, *, is_good: bool) -> int:
    """Say it as the last line; returns the exit code."""
    print(f"{'GOOD' if is_good else 'NOT GOOD'}: {words}", flush=True)
    return OK if is_good else FAILED
