"""Any closed surface casts an exact shadow: closed forms, and the volume from every side."""

from math import pi

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.xray.heap import heap
from models.xray.mesh import BadMesh, Mesh, swept
from models.xray.parts import Part, Sheet, Thing
from models.xray.shapes import Map, Points, Pose, Rod, Window
from models.xray.side import stand

WINDOW = Window(0, 0, 160, 160, 8.0)
MIDDLE = Pose(10.0, 10.0)
ANGLES = st.floats(-pi, pi)

CORNERS = np.asarray([[x, y, z] for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)], dtype=float)
CUBE_FACES = np.asarray(
    [
        *([0, 1, 3], [0, 3, 2], [4, 6, 7], [4, 7, 5], [0, 4, 5], [0, 5, 1]),
        *([2, 3, 7], [2, 7, 6], [0, 2, 6], [0, 6, 4], [1, 5, 7], [1, 7, 3]),
    ]
)


def cube(half: float = 3.0) -> Mesh:
    """A cube round the origin."""
    return Mesh(CORNERS * half, CUBE_FACES)


def ball(radius: float, splits: int = 5) -> Mesh:
    """A ball: an octahedron whose triangles are split in four and blown up."""
    corners: list[Points] = [np.asarray(c, float) for c in np.vstack([np.eye(3), -np.eye(3)])]
    faces = [(0, 1, 2), (1, 3, 2), (3, 4, 2), (4, 0, 2), (1, 0, 5), (3, 1, 5), (4, 3, 5), (0, 4, 5)]
    for _ in range(splits):
        middles: dict[tuple[int, int], int] = {}

        def middle(a: int, b: int, middles: dict[tuple[int, int], int] = middles) -> int:
            if (edge := (min(a, b), max(a, b))) not in middles:
                middles[edge] = len(corners)
                corners.append((corners[a] + corners[b]) / np.linalg.norm(corners[a] + corners[b]))
            return middles[edge]

        finer = []
        for a, b, c in faces:
            ab, bc, ca = middle(a, b), middle(b, c), middle(c, a)
            finer += [(a, ab, ca), (ab, b, bc), (ca, bc, c), (ab, bc, ca)]
        faces = finer
    return Mesh(np.asarray(corners) * radius, np.asarray(faces))


def rod(length: float, radius: float, sides: int = 96) -> Mesh:
    """A cylinder along x."""
    line = np.asarray([[-length / 2, 0.0, 0.0], [length / 2, 0.0, 0.0]])
    return swept(line, np.full(2, radius), sides)


def volume(shadow: Map) -> float:
    """The sum of a thickness map in cm³."""
    return float(shadow.sum(dtype=float)) / WINDOW.px_per_cm**2


def test_cube_is_as_thick_as_it_is() -> None:
    """6 cm where it is, to a millionth; at its edge the share of the pixel that it covers."""
    shadow = cube(3.0).fill(Pose(10.0 + 0.25 / 8.0, 10.0), WINDOW)
    assert shadow[60:100, 60:100] == pytest.approx(6.0, abs=1e-5)
    assert shadow[80, 56] == pytest.approx(6.0 * 0.75, abs=1e-5)
    assert shadow[80, 104] == pytest.approx(6.0 * 0.25, abs=1e-5)
    assert shadow[:, :56].max() == 0.0


def test_ball_has_the_chords_of_a_ball() -> None:
    """Within 0.5 % of its diameter away from the rim, where 8192 faces stand for a sphere."""
    radius = 6.0
    shadow = ball(radius).fill(MIDDLE, WINDOW)
    u, v = WINDOW.axes(MIDDLE)
    chord = 2.0 * np.sqrt(np.maximum(radius**2 - u**2 - v**2, 0.0))
    inside = np.hypot(u, v) < 0.95 * radius
    assert np.abs(shadow - chord)[inside].max() < 0.005 * 2 * radius


@pytest.mark.parametrize("tilt", [0.0, 0.4, 1.1, pi / 2])
def test_tilted_cylinder_has_the_chords_of_one(tilt: float) -> None:
    """Within 1 % of its diameter on average, 3 % at worst, one pixel from every edge."""
    length, radius = 9.0, 2.0
    shadow = rod(length, radius).turned(y=tilt).fill(MIDDLE, WINDOW)
    x, y = WINDOW.axes(MIDDLE)
    half = np.sqrt(np.maximum(radius**2 - y**2, 0.0))
    # The beam at (x, y) is in the cylinder where both hold, its caps and its round:
    # |x cos t - z sin t| <= L / 2 and |x sin t + z cos t| <= sqrt(r² - y²).
    sine, cosine = np.sin(tilt) + 1e-9, np.cos(tilt) + 1e-9
    low = np.maximum((x * cosine - length / 2) / sine, (-x * sine - half) / cosine)
    high = np.minimum((x * cosine + length / 2) / sine, (-x * sine + half) / cosine)
    chord = np.where(half > 0, np.maximum(high - low, 0.0), 0.0)
    # A pixel's mean is its middle's chord only where the chord is no step.
    smooth = np.ones(shadow.shape, dtype=bool)
    for axis in (0, 1):
        for step in (-1, 1):
            smooth &= np.abs(np.roll(chord, step, axis) - chord) < 0.3
    error = np.abs(shadow - chord)
    assert error.mean() < 0.01 * 2 * radius
    assert error[smooth].max() < 0.03 * 2 * radius


@settings(max_examples=25, deadline=None)
@given(ANGLES, ANGLES, ANGLES, st.floats(-0.5, 0.5), st.sampled_from(["cube", "tusk"]))
def test_volume_is_kept_from_every_side(
    x: float, y: float, z: float, shift: float, kind: str
) -> None:
    """Thickness times area is the enclosed volume, to a hundred-thousandth, from both beams."""
    along = np.linspace(-2.0, 2.0, 12)
    bow = np.stack([2.5 * along, along**2, 0.3 * along], axis=1)
    mesh = cube(2.5) if kind == "cube" else swept(bow, np.linspace(1.6, 0.3, 12), 10).centred()
    turned = mesh.turned(x=x, y=y, z=z)
    at = Pose(10.0 + shift, 10.0 - shift, z)
    above, side = turned.fill(at, WINDOW), turned.fill_from_side(at, 10.0, WINDOW)
    assert turned.volume == pytest.approx(mesh.volume, rel=1e-9)
    assert volume(above) == pytest.approx(mesh.volume, rel=1e-5)
    assert volume(side) == pytest.approx(mesh.volume, rel=1e-5)
    assert side.sum(axis=0) == pytest.approx(above.sum(axis=0), abs=1e-3)


def test_window_cuts_a_shadow_and_changes_nothing_else() -> None:
    """Half of a window has half of the picture, pixel by pixel."""
    mesh = ball(5.0, 3).turned(x=0.3)
    whole = mesh.fill(MIDDLE, WINDOW)
    part = mesh.fill(MIDDLE, Window(70, 40, 60, 90, WINDOW.px_per_cm))
    assert part == pytest.approx(whole[40:130, 70:130], abs=1e-5)


def test_two_bodies_and_a_hollow_one_add_up() -> None:
    """What lies apart is summed; a surface inside another one, turned over, is a hole."""
    one, hole = ball(5.0, 3), ball(4.0, 3)
    hollow = Mesh(
        np.vstack([one.vertices, hole.vertices]),
        np.vstack([one.faces, hole.faces[:, ::-1] + len(one.vertices)]),
    )
    shadow = hollow.fill(MIDDLE, WINDOW)
    assert hollow.volume == pytest.approx(one.volume - hole.volume)
    assert shadow == pytest.approx(one.fill(MIDDLE, WINDOW) - hole.fill(MIDDLE, WINDOW), abs=1e-4)


def test_open_surface_is_refused() -> None:
    """A missing face, a face turned over, a vertex that is not there, a mile instead of a mm."""
    with pytest.raises(BadMesh, match=r"not watertight: 3 of 33 edges"):
        Mesh(CORNERS, CUBE_FACES[:-1])
    turned = CUBE_FACES.copy()
    turned[0] = turned[0, ::-1]
    with pytest.raises(BadMesh, match="watertight"):
        Mesh(CORNERS, turned)
    with pytest.raises(BadMesh, match="not there"):
        Mesh(CORNERS[:-1], CUBE_FACES)
    with pytest.raises(BadMesh, match="unit"):
        Mesh(CORNERS * 1000, CUBE_FACES)
    with pytest.raises(BadMesh, match="triangles"):
        Mesh(CORNERS, CUBE_FACES[:2])


def test_inside_out_is_turned_back() -> None:
    """A whole mesh whose faces all look inwards encloses as much."""
    assert Mesh(CORNERS, CUBE_FACES[:, ::-1]).volume == pytest.approx(8.0)


def seen(thing: Thing, turn: float) -> tuple[Map, Map]:
    """The two views of one thing on the floor of an empty bag."""
    belt, side = Sheet(160, 160, 8.0), Sheet(160, 160, 8.0)
    belt.laid.append((Thing([]), MIDDLE))
    belt.add(thing, Pose(10.0, 10.0, turn))
    stand(side, heap(belt, 10.0).things[1])
    return belt.basis_cm, side.basis_cm


@pytest.mark.parametrize("turn", [0.0, 0.7])
def test_mesh_is_seen_as_the_solid_it_copies(turn: float) -> None:
    """The same cylinder, as a formula and as triangles: both views within 1.5 % on average."""
    formula = seen(Thing([Part("ivory", Rod(10.0, 2.0))]), turn)
    mesh = seen(Thing([Part("ivory", rod(10.0, 2.0))]), turn)
    for one, other in zip(formula, mesh, strict=True):
        assert np.abs(one - other)[0].sum() < 0.015 * other[0].sum()
