"""Shadows of solids: the sum of a thickness map is the volume, however the solid lies."""

from math import pi

import numpy as np
import pytest

from models.xray.parts import Part, Sheet, Thing
from models.xray.shapes import Box, Disc, Ellipsoid, Hollow, Pose, Rod, Slab, Solid, Swept, Window
from models.xray.wires import Wire

WINDOW = Window(0, 0, 400, 400, 10.0)
MIDDLE = 20.0
LINE = np.stack([np.linspace(-8, 8, 12), np.zeros(12)], axis=1)
SQUARE = np.asarray([[-5.0, -5.0], [5.0, -5.0], [5.0, 5.0], [-5.0, 5.0]])


def volume(solid: Solid, turn: float) -> float:
    """Volume in cm³ of the shadow of a solid in the middle of the window."""
    shadow = solid.fill(Pose(MIDDLE, MIDDLE, turn), WINDOW)
    return float(shadow.sum()) / WINDOW.px_per_cm**2


@pytest.mark.parametrize("turn", [0.0, 0.4, 2.0])
@pytest.mark.parametrize(
    ("solid", "expected"),
    [
        (Ellipsoid(6, 4, 3), 4 / 3 * pi * 6 * 4 * 3),
        (Box(10, 6, 2, bevel=0.0), 120.0),
        (Rod(12, 2), pi * 4 * 12),
        (Disc(5, 1.5), pi * 25 * 1.5),
        (Slab(SQUARE, 0.7), 70.0),
        (Swept(LINE, np.full(12, 2.0), round_ends=False), pi * 4 * 16),
        (Swept(LINE, np.full(12, 2.0)), pi * 4 * 16 + 4 / 3 * pi * 8),
        (Hollow(Rod(12, 2), Rod(12, 1.5)), pi * (4 - 2.25) * 12),
    ],
)
def test_shadow_holds_the_volume(solid: Solid, expected: float, turn: float) -> None:
    """Within 5 %, pixel edges and line caps included."""
    assert volume(solid, turn) == pytest.approx(expected, rel=0.05)


@pytest.mark.parametrize("turn", [0.0, 0.4, 1.1])
@pytest.mark.parametrize("radius", [0.9, 0.5, 0.2, 0.1, 0.02])
def test_wire_holds_its_volume(radius: float, turn: float) -> None:
    """Thin or thick, within a seventh, though OpenCV draws smooth lines too wide."""
    wire = volume(Wire(LINE, radius), turn)
    assert wire == pytest.approx(pi * radius * radius * 16, rel=0.15)


def test_swept_line_is_a_rod_when_straight() -> None:
    """Two ways to the same cylinder."""
    swept = Swept(LINE, np.full(12, 2.0), round_ends=False).fill(Pose(MIDDLE, MIDDLE), WINDOW)
    rod = Rod(16, 2).fill(Pose(MIDDLE, MIDDLE), WINDOW)
    assert np.abs(swept - rod)[:, 130:270].max() < 0.25


def test_nothing_outside_the_reach() -> None:
    """The window round a solid's reach loses nothing of it."""
    swept = Swept(LINE + 3.0, np.linspace(0.5, 3.0, 12))
    thing = Thing([Part("water", swept)])
    sheet = Sheet(400, 400, 10.0)
    sheet.add(thing, Pose(MIDDLE, MIDDLE, 1.0))
    whole = swept.fill(Pose(MIDDLE, MIDDLE, 1.0), WINDOW)
    assert sheet.basis_cm[0].sum() == pytest.approx(1.021 * whole.sum(), rel=0.01)


def test_box_goes_round_the_shadow() -> None:
    """The ground truth is where the shadow is, in pixels."""
    sheet = Sheet(400, 400, 10.0)
    box = sheet.add(Thing([Part("ivory", Box(10, 6, 2, 0.0))]), Pose(MIDDLE, MIDDLE))
    assert box == pytest.approx((150, 170, 250, 230), abs=1.5)


def test_thing_off_the_picture_has_no_box() -> None:
    """What does not show is not asked for."""
    sheet = Sheet(100, 100, 10.0)
    assert sheet.add(Thing([Part("ivory", Disc(2, 1))]), Pose(50.0, 50.0)) is None
    assert not sheet.basis_cm.any()
