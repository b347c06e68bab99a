"""Recompute the committed tables: `python -m models.xray.tabulate` (needs the extra `train`).

The tables are data, so that whoever renders a bag needs neither xraydb nor spekpy. Elemental
mass attenuation (cm²/g, Elam et al. 2002, with coherent scatter) comes from xraydb; the tungsten
spectrum from spekpy. Compositions are generic textbook ones; densities are typical ones.
"""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import spekpy
import xraydb

from models.xray.materials import ATTENUATION_CSV, ENERGIES_KEV, SPECTRA_CSV

TUBE_KVP = 160.0
FILTER_AL_MM = 2.0
# A sandwich detector: a thin gadolinium oxysulphide screen sees the soft part of the beam, a
# copper sheet and thick caesium iodide behind it the hard part. Thicknesses in cm, chosen so that
# water, polyethylene, aluminium and iron show the contrast a commercial scanner shows.
SCREEN_CM, SCREEN_DENSITY = 0.05, 7.3 * 0.6
COPPER_CM, COPPER_DENSITY = 0.03, 8.96
CRYSTAL_CM, CRYSTAL_DENSITY = 0.30, 4.51
KEV_MIN = 10.0  # nothing softer leaves the tube housing

HYDROXYAPATITE, COLLAGEN, WATER = "Ca10P6O26H2", "C102H149N31O38", "H2O"
# Hair and horn, amino acid analyses, rounded: C 50.5, N 16.5, O 21.5, H 6.8 % by mass;
# S 4 %.
KERATIN = {"C": 0.505, "H": 0.068, "N": 0.165, "O": 0.215, "S": 0.040}
SODA_LIME = {"SiO2": 0.73, "Na2O": 0.14, "CaO": 0.09, "MgO": 0.04}
# ICRU 44 soft tissue, rounded.
TISSUE = {"H": 0.102, "C": 0.143, "N": 0.034, "O": 0.710, "P": 0.004, "S": 0.003, "K": 0.004}

# name: (density g/cm³, mass fraction per formula)
MIXTURES: dict[str, tuple[float, dict[str, float]]] = {
    "ivory": (1.80, {HYDROXYAPATITE: 0.60, COLLAGEN: 0.30, WATER: 0.10}),
    "bone": (1.92, {HYDROXYAPATITE: 0.66, COLLAGEN: 0.24, WATER: 0.10}),
    "horn": (1.30, KERATIN),
    "pangolin_scale": (
        1.31,
        {**{k: 0.98 * v for k, v in KERATIN.items()}, "Ca": 0.008, "P": 0.005},
    ),
    "scute": (1.30, KERATIN),
    "tissue": (1.06, TISSUE),
    "water": (1.00, {WATER: 1.0}),
    "polyethylene": (0.94, {"CH2": 1.0}),
    "pet": (1.38, {"C10H8O4": 1.0}),
    "abs": (1.05, {"C15H17N": 1.0}),
    "pvc": (1.40, {"C2H3Cl": 1.0}),
    "cotton": (0.30, {"C6H10O5": 1.0}),
    "paper": (0.80, {"C6H10O5": 1.0}),
    "leather": (0.90, {"C": 0.50, "H": 0.07, "N": 0.17, "O": 0.26}),
    "rubber": (1.10, {"C5H8": 0.94, "ZnO": 0.04, "S": 0.02}),
    "wax": (0.90, {"C25H52": 1.0}),
    "soap": (1.05, {"C18H35O2Na": 0.85, WATER: 0.15}),
    "wood": (0.60, {"C6H10O5": 1.0}),
    "food": (1.00, {WATER: 0.75, "C6H10O5": 0.20, "C25H52": 0.05}),
    "glass": (2.50, SODA_LIME),
    "ceramic": (2.40, {"SiO2": 0.65, "Al2O3": 0.30, "K2O": 0.05}),
    "fibreglass": (1.85, {"SiO2": 0.35, "CaO": 0.12, "Al2O3": 0.08, "C15H16O2": 0.35, "Cu": 0.10}),
    "lithium_cell": (2.60, {"CoLiO2": 0.35, "C": 0.30, "Al": 0.15, "Cu": 0.12, "C3H4O3": 0.08}),
    "aluminium": (2.70, {"Al": 1.0}),
    "steel": (7.87, {"Fe": 1.0}),
    "copper": (8.96, {"Cu": 1.0}),
    "brass": (8.50, {"Cu": 0.65, "Zn": 0.35}),
    "lead": (11.34, {"Pb": 1.0}),
    "aragonite": (2.60, {"CaCO3": 0.97, WATER: 0.03}),
    "eggshell": (2.20, {"CaCO3": 0.95, COLLAGEN: 0.05}),
}


def mass_attenuation(mixture: dict[str, float], energies_kev: np.ndarray) -> np.ndarray:
    """Return the mass attenuation in cm²/g at each energy; mass fractions are normalised."""
    total = sum(mixture.values())
    ev = energies_kev * 1000.0
    parts = [
        share / total * xraydb.material_mu(formula, ev, density=1.0)
        for formula, share in mixture.items()
    ]
    return np.asarray(sum(parts))


def detected_spectra() -> tuple[np.ndarray, np.ndarray]:
    """Return what the low and the high detector absorb, (len(ENERGIES_KEV),) each, sum 1."""
    tube = spekpy.Spek(kvp=TUBE_KVP, th=20, dk=1.0)
    tube.filter("Al", FILTER_AL_MM)
    kev, fluence = tube.get_spectrum()
    keep = kev > KEV_MIN
    kev, energy = kev[keep], (kev * fluence)[keep]  # scintillators integrate energy, not photons
    screen = mass_attenuation({"Gd2O2S": 1.0}, kev) * SCREEN_DENSITY * SCREEN_CM
    copper = mass_attenuation({"Cu": 1.0}, kev) * COPPER_DENSITY * COPPER_CM
    crystal = mass_attenuation({"CsI": 1.0}, kev) * CRYSTAL_DENSITY * CRYSTAL_CM
    low = energy * -np.expm1(-screen)
    high = energy * np.exp(-screen - copper) * -np.expm1(-crystal)
    step = ENERGIES_KEV[1] - ENERGIES_KEV[0]
    index = np.clip(np.rint((kev - ENERGIES_KEV[0]) / step).astype(int), 0, len(ENERGIES_KEV) - 1)
    binned = [np.bincount(index, part, len(ENERGIES_KEV)) for part in (low, high)]
    return binned[0] / binned[0].sum(), binned[1] / binned[1].sum()


def write(path: Path, header: list[str], rows: list[list[str]]) -> None:
    """Write one table as CSV with a header row."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)


def main() -> None:
    """Write both tables beside this module."""
    kev = np.asarray(ENERGIES_KEV, dtype=float)
    columns = [f"{energy} keV" for energy in ENERGIES_KEV]
    rows = [
        [name, f"{density:g}", *(f"{mu:.4g}" for mu in mass_attenuation(mixture, kev))]
        for name, (density, mixture) in MIXTURES.items()
    ]
    write(ATTENUATION_CSV, ["material", "density g/cm3", *columns], rows)
    low, high = detected_spectra()
    pairs = [["low", *(f"{w:.5f}" for w in low)], ["high", *(f"{w:.5f}" for w in high)]]
    write(SPECTRA_CSV, ["detector", *columns], pairs)


if __name__ == "__main__":
    main()
