"""Lines that things follow: arcs, coils and wanderings, as (n, 2) points in cm."""

from __future__ import annotations

import numpy as np
from numpy.random import Generator

from models.xray.shapes import Points


def arc(length: float, bend: float, n: int = 16) -> Points:
    """Return an arc of `length` cm that turns by `bend` radians, centred on its middle."""
    angle = np.linspace(-bend / 2, bend / 2, n)
    step = length / (n - 1)
    line = np.cumsum(np.stack([np.cos(angle), np.sin(angle)], axis=1) * step, axis=0)
    return np.asarray(line - line.mean(axis=0))


def coil(inner: float, outer: float, turns: float, squash: float = 1.0, n: int = 90) -> Points:
    """Return a flat spiral from `inner` to `outer` radius; `squash` flattens it to an oval."""
    angle = np.linspace(0.0, 2 * np.pi * turns, n)
    radius = np.linspace(inner, outer, n)
    return np.stack([radius * np.cos(angle), squash * radius * np.sin(angle)], axis=1)


def wander(rng: Generator, length: float, restless: float, n: int = 40) -> Points:
    """Return a smooth random line of `length` cm; `restless` is its typical turn in radians."""
    knots = rng.normal(0.0, restless, 6)
    angle = np.interp(np.linspace(0, 5, n), np.arange(6), np.cumsum(knots))
    line = np.cumsum(np.stack([np.cos(angle), np.sin(angle)], axis=1) * length / n, axis=0)
    return np.asarray(line - line.mean(axis=0))


def blob(rng: Generator, rx: float, ry: float, rough: float, n: int = 20) -> Points:
    """Return a closed, irregular oval; `rough` is the relative unevenness of its edge."""
    angle = np.linspace(0.0, 2 * np.pi, n, endpoint=False)
    phase = rng.uniform(0.0, 2 * np.pi, 3)
    wave = sum(np.sin((k + 2) * angle + phase[k]) / (k + 1) for k in range(3))
    radius = 1.0 + rough * wave
    return np.stack([rx * radius * np.cos(angle), ry * radius * np.sin(angle)], axis=1)


def rectangle(w: float, h: float, corner: float, n: int = 5) -> Points:
    """Return a closed rectangle of w by h cm with rounded corners of radius `corner` cm."""
    quarter = np.linspace(0.0, np.pi / 2, n)
    x, y = w / 2 - corner, h / 2 - corner
    corners = ((x, y), (-x, y), (-x, -y), (x, -y))
    pieces = [
        np.stack(
            [
                cx + corner * np.cos(quarter + k * np.pi / 2),
                cy + corner * np.sin(quarter + k * np.pi / 2),
            ],
            axis=1,
        )
        for k, (cx, cy) in enumerate(corners)
    ]
    return np.concatenate(pieces)
