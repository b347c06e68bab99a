"""From thickness to colour: physics in, hues out."""

import colorsys

import numpy as np
import pytest

from models.xray.materials import materials, transmission
from models.xray.scanner import (
    SCATTER_SHARES,
    Scanner,
    absorption,
    any_scanner,
    colour,
    expose,
    material_number,
)
from models.xray.shapes import Map


def flat(material: str, cm: float, side: int = 48) -> Map:
    """An even sheet of one material."""
    weights = np.asarray(materials()[material].basis_per_cm, dtype=np.float32)
    return np.asarray(np.broadcast_to(weights[:, None, None] * cm, (2, side, side)))


def measured(material: str, cm: float) -> Map:
    """What a machine without noise measures behind a sheet, (1, 1, 2)."""
    through = transmission(cm * np.asarray(materials()[material].basis_per_cm))
    return np.asarray(-np.log(through)[None, None], dtype=np.float32)


@pytest.mark.parametrize("material", ["water", "ivory", "steel"])
@pytest.mark.parametrize("cm", [0.05, 0.4, 1.0])
def test_table_agrees_with_the_integral(material: str, cm: float) -> None:
    """Within 1 % of -ln T: the table is fine enough."""
    table = absorption(flat(material, cm))[0, 0]
    exact = measured(material, cm)[0, 0]
    assert table == pytest.approx(exact, rel=0.01, abs=0.002)


@pytest.mark.parametrize("cm", [0.2, 1.0, 4.0])
def test_material_number_does_not_depend_on_thickness(cm: float) -> None:
    """Calibrated: 0 for polyethylene, 1 for aluminium, 2 for iron, within 0.15."""
    assert material_number(measured("polyethylene", cm))[0, 0] == pytest.approx(0.0, abs=0.15)
    assert material_number(measured("aluminium", cm))[0, 0] == pytest.approx(1.0, abs=0.15)
    assert material_number(measured("steel", cm / 8))[0, 0] == pytest.approx(2.0, abs=0.15)


def hue(material: str, cm: float) -> float:
    """The hue in degrees that a sheet shows."""
    machine = Scanner()
    picture = colour(expose(flat(material, cm), machine, np.random.default_rng(1)), machine)
    r, g, b = picture.reshape(-1, 3).mean(axis=0) / 255.0
    return 360.0 * colorsys.rgb_to_hsv(r, g, b)[0]


@pytest.mark.parametrize("material", ["water", "cotton", "horn", "pangolin_scale", "tissue"])
def test_organic_is_orange(material: str) -> None:
    """Horn and scale look like food and cloth."""
    cm = 3.0 if material != "cotton" else 12.0
    assert 15 < hue(material, cm) < 50


@pytest.mark.parametrize("material", ["ivory", "bone", "glass", "aluminium", "pvc"])
def test_inorganic_is_green(material: str) -> None:
    """Ivory looks like glass and plastic pipe."""
    assert 80 < hue(material, 1.5) < 150


@pytest.mark.parametrize("material", ["steel", "copper", "brass"])
def test_metal_is_blue(material: str) -> None:
    """As on every dual-energy machine."""
    assert 195 < hue(material, 0.15) < 240


def test_noise_follows_the_counts() -> None:
    """A sixteenth of the quanta gives four times the noise."""

    def spread(quanta: float) -> float:
        machine = Scanner(open_beam_quanta=quanta, blur_px=0.3)
        seen = expose(flat("water", 3.0, 200), machine, np.random.default_rng(2))
        return float(seen.std(axis=(0, 1)).mean())

    assert spread(5_000) / spread(80_000) == pytest.approx(4.0, rel=0.05)


def test_empty_belt_is_the_backdrop() -> None:
    """White, or the machine's grey."""
    machine = Scanner(backdrop=0.8)
    empty = colour(np.zeros((32, 32, 2), dtype=np.float32), machine)
    assert (empty == 204).all()


def clean(scatter: float) -> Scanner:
    """A machine without noise."""
    return Scanner(open_beam_quanta=1e12, blur_px=0.3, scatter=scatter)


def block_on(around: str, cm: float, scatter: float) -> Map:
    """What is measured of 8 cm of steel amid a sheet of something, (H, W, 2)."""
    bag = flat(around, cm, 160).copy()
    bag[:, 60:100, 60:100] = flat("steel", 8.0, 40)
    return expose(bag, clean(scatter), np.random.default_rng(3))


def test_scatter_is_a_floor_under_dense_metal() -> None:
    """Nothing comes through 8 cm of steel; its neighbours light it, in proportion to the share."""
    dark, lit, brighter = (
        float(np.exp(-block_on("water", 5.0, share)[80, 80]).mean()) for share in (0.0, 0.01, 0.03)
    )
    assert dark < 2e-4
    assert 5e-4 < lit < 5e-3
    assert brighter / lit == pytest.approx(3.0, rel=0.2)


def test_scatter_behind_an_even_sheet_is_what_the_machine_says() -> None:
    """Its ratio to the primary is the share times -ln T, by definition."""
    sheet = flat("water", 5.0, 160)
    taken = absorption(sheet)[80, 80]
    seen = expose(sheet, clean(0.02), np.random.default_rng(4))[80, 80]
    assert np.exp(taken - seen) - 1.0 == pytest.approx(0.02 * taken, rel=0.02)


def test_air_stays_white_whatever_the_scatter() -> None:
    """Nothing on the belt scatters nothing: calibrated air is the open beam."""
    empty = np.zeros((2, 64, 64), dtype=np.float32)
    seen = expose(empty, clean(0.03), np.random.default_rng(5))
    assert seen.max() < 1e-5


def test_a_machine_has_its_own_scatter_and_all_else_as_before() -> None:
    """Within the stated shares, and drawn from a branch: the seed's later numbers do not move."""
    rng, other = np.random.default_rng(6), np.random.default_rng(6)
    shares = {any_scanner(rng).scatter for _ in range(20)}
    assert all(SCATTER_SHARES[0] <= share <= SCATTER_SHARES[1] for share in shares)
    assert len(shares) == 20
    for _ in range(20):
        any_scanner(other)
    assert rng.random() == other.random()
