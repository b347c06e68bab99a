"""What things are made of: each material as two numbers, so that a pile of things just adds up.

Between 20 and 160 keV the attenuation of anything in a bag is close to a sum of two functions of
energy (Alvarez and Macovski 1976): we take polyethylene and iron. A material is its two
weights per cm, a bag is two maps of cm-of-polyethylene and cm-of-iron, and beam hardening comes out
right because both detectors integrate over the whole spectrum at the end. The tables come from
`models.xray.tabulate`.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

ENERGIES_KEV = tuple(range(20, 161, 10))
ATTENUATION_CSV = Path(__file__).with_name("attenuation.csv")
SPECTRA_CSV = Path(__file__).with_name("spectra.csv")
BASIS = ("polyethylene", "steel")


@dataclass(frozen=True)
class Material:
    """A homogeneous material: density in g/cm³ and linear attenuation in 1/cm per energy."""

    name: str
    density: float
    mass_attenuation: tuple[float, ...]
    basis_per_cm: tuple[float, float]
    """How many cm of polyethylene and of iron one cm of it is worth."""


def _table(path: Path) -> list[list[str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.reader(file))[1:]


@cache
def spectra() -> Floats:
    """Return the detected spectra, (2, energies): low, high; each sums to 1."""
    rows = {row[0]: [float(x) for x in row[1:]] for row in _table(SPECTRA_CSV)}
    weights = np.asarray([rows["low"], rows["high"]])
    return np.asarray(weights / weights.sum(axis=1, keepdims=True))


@cache
def basis_attenuation() -> Floats:
    """Return the linear attenuation of the two basis materials in 1/cm, (energies, 2)."""
    rows = {row[0]: row[1:] for row in _table(ATTENUATION_CSV)}
    columns = [[float(rows[name][0]) * float(mu) for mu in rows[name][1:]] for name in BASIS]
    return np.asarray(columns).T


@cache
def materials() -> dict[str, Material]:
    """Return every known material by name."""
    basis = basis_attenuation()
    # An energy counts as much as the two detectors see of it: the fit is best where it shows.
    weight = np.sqrt(spectra().sum(axis=0))
    found: dict[str, Material] = {}
    for name, density, *columns in _table(ATTENUATION_CSV):
        mu = np.asarray([float(x) for x in columns])
        linear = mu * float(density)
        # Relative error: 1 % at 30 keV and 1 % at 120 keV are equally wrong on the screen.
        scale = weight / linear
        fit, *_ = np.linalg.lstsq(basis * scale[:, None], linear * scale, rcond=None)
        found[name] = Material(name, float(density), tuple(mu), (float(fit[0]), float(fit[1])))
    return found


def transmission(basis_cm: Floats) -> Floats:
    """Return (..., 2) transmissions, low and high, of (..., 2) cm of the basis materials."""
    attenuated = np.exp(-(basis_cm @ basis_attenuation().T))
    return np.asarray(attenuated @ spectra().T)
