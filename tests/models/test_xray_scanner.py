"""From thickness to colour: physics in, hues out."""

import colorsys

import numpy as np
import pytest

from models.xray.materials import materials, transmission
from models.xray.scanner import Scanner, absorption, colour, expose, material_number
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
