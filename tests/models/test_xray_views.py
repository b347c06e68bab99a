"""One bag, two beams at right angles: what one sees the other sees too."""

import numpy as np
import pytest

from models.xray.bag import CLASSES, OWN, Item, Packed, pack, render
from models.xray.columns import Standing
from models.xray.heap import Heap, heap
from models.xray.materials import materials
from models.xray.mesh import swept
from models.xray.parts import Part, Rise, Sheet, Thing
from models.xray.shapes import Box, Disc, Ellipsoid, Hollow, Map, Pose, Rod, Solid
from models.xray.side import FLOOR_CM, stand
from models.xray.views import from_side, render_views

SIZE = (128, 128)
PX_PER_CM = 10.0
MIDDLE = 15.0


def both(solid: Solid, turn: float = 0.0, rise: Rise = "level") -> tuple[Map, Map]:
    """A solid of polyethylene on the floor of an empty bag, from above and from the side, in cm."""
    belt, side = Sheet(300, 300, PX_PER_CM), Sheet(300, 300, PX_PER_CM)
    belt.laid.append((Thing([]), Pose(MIDDLE, MIDDLE)))
    belt.add(Thing([Part("polyethylene", solid, rise=rise)]), Pose(MIDDLE, MIDDLE, turn))
    stand(side, heap(belt, 10.0).things[1])
    return belt.basis_cm[0], side.basis_cm[0]


def grid() -> tuple[Map, Map]:
    """From the middle along the belt, and over the floor, in cm: every pixel of the side view."""
    x = (np.arange(300, dtype=np.float32) + 0.5) / PX_PER_CM - MIDDLE
    z = (300 - np.arange(300, dtype=np.float32) - 0.5) / PX_PER_CM - FLOOR_CM
    return x, z[:, None]


def test_ellipsoid_is_an_ellipse_from_the_side() -> None:
    """The chord across, within 0.5 % of its width on average."""
    x, z = grid()
    chord = 8.0 * np.sqrt(np.maximum(1.0 - (x / 6.0) ** 2 - ((z - 3.0) / 3.0) ** 2, 0.0))
    assert np.abs(both(Ellipsoid(6, 4, 3))[1] - chord).mean() < 0.005 * 8.0


def test_box_and_rod_and_disc_are_what_they_are_from_the_side() -> None:
    """The middle of each has the width that the beam crosses, within 2 %."""
    row, column = 300 - int((FLOOR_CM + 1.0) * PX_PER_CM), 150
    assert both(Box(10, 6, 2, bevel=0.0))[1][row, column] == pytest.approx(6.0, rel=0.02)
    assert both(Rod(12, 1))[1][row, column] == pytest.approx(2.0, rel=0.02)
    assert both(Rod(12, 1), turn=np.pi / 2)[1][row, column] == pytest.approx(12.0, rel=0.02)
    assert both(Disc(4, 2))[1][row, column] == pytest.approx(8.0, rel=0.02)
    pipe = both(Hollow(Rod(12, 1.0), Rod(12, 0.8)), turn=np.pi / 2)[1]
    assert pipe[row, column] < 0.2  # along its bore
    assert both(Ellipsoid(5, 5, 4), rise="dome")[1][row, column] == pytest.approx(19.4, rel=0.02)


@pytest.mark.parametrize("rise", ["level", "dome", "cup"])
@pytest.mark.parametrize("turn", [0.0, 0.5])
@pytest.mark.parametrize(
    "solid", [Ellipsoid(6, 4, 3), Box(10, 6, 2), Hollow(Rod(12, 2), Rod(12, 1.5)), Disc(5, 1.5)]
)
def test_a_solid_has_one_mass(solid: Solid, turn: float, rise: Rise) -> None:
    """Column by column, to a ten-thousandth."""
    above, side = both(solid, turn, rise)
    assert side.sum(axis=0) == pytest.approx(above.sum(axis=0), rel=1e-4, abs=1e-3)


def packed_bag(seed: int) -> tuple[Packed, Heap]:
    """A bag of a seed, and where everything in it lies."""
    packed = pack(seed, threat=CLASSES[seed % len(CLASSES)], size=SIZE)
    return packed, heap(packed.belt, 14.0)


def mass(parts: list[Standing]) -> tuple[float, float]:
    """Polyethylene and iron in cm³ of parts, those outside of the picture too."""
    found = np.zeros(2)
    for one in parts:
        columns = sum(
            float(((band.high_cm - band.low_cm) * band.share).sum()) for band in one.bands
        )
        weights = np.asarray(materials()[one.part.material].basis_per_cm)
        found += one.part.density * columns / one.window.px_per_cm**2 * weights
    return float(found[0]), float(found[1])


def test_both_views_of_a_bag_have_the_same_mass() -> None:
    """In every column of every bag that neither picture cuts off, to a thousandth."""
    whole = 0
    for seed in range(16):
        packed, lying = packed_bag(seed)
        above, side = packed.belt.basis_cm, from_side(packed, lying)[0].basis_cm
        everything = mass([one for parts in lying.things for one in parts])
        seen = above.sum(axis=(1, 2)) / packed.belt.px_per_cm**2
        is_cut = abs(seen[0] - everything[0]) > 1e-5 * everything[0]
        room_cm = packed.belt.height / packed.belt.px_per_cm - FLOOR_CM - 2.0
        if is_cut or lying.depth_cm > room_cm:
            continue
        whole += 1
        assert seen == pytest.approx(everything, rel=1e-3)
        top = float(above.sum(axis=1).max())
        assert side.sum(axis=1) == pytest.approx(above.sum(axis=1), rel=1e-3, abs=1e-4 * top)
    assert whole >= 3


def test_nothing_lies_under_the_floor() -> None:
    """And nothing in the bag stands higher than its lid."""
    for seed in range(8):
        _, lying = packed_bag(seed)
        for thing in lying.things[1:]:
            for one in thing:
                assert one.lowest > -1e-3
                assert one.bands[0].high_cm.max() < lying.depth_cm


@pytest.mark.parametrize("threat", CLASSES)
def test_what_is_hidden_has_the_same_columns_in_both_views(threat: str) -> None:
    """One thing, two boxes: from x to x the same, within what shows at a rim; its own number."""
    compared = 0
    for seed in range(4):
        above, side = render_views(seed, threat=threat, size=(256, 192))
        assert {truth.kind for truth in (*above.truths, *side.truths)} <= {threat}
        for one in above.truths:
            for other in side.truths:
                x1, y1, x2, y2 = one.box
                # What is cut off above or below from above is whole from the side.
                if one.thing == other.thing and y1 > 0 and y2 < above.pixels.shape[0]:
                    compared += 1
                    assert other.box[0] == pytest.approx(x1, abs=3)
                    assert other.box[2] == pytest.approx(x2, abs=3)
                    assert other.absorbed > 0
                    assert other.concealment == one.concealment
    assert compared >= 2


def test_second_view_changes_nothing_of_the_first() -> None:
    """The first picture is what `render` gives, byte by byte; the same seed, the same second."""
    for seed, threat in ((0, None), (9, "eggs")):
        above, side = render_views(seed, threat=threat, size=SIZE)
        alone = render(seed, threat=threat, size=SIZE)
        assert np.array_equal(above.pixels, alone.pixels)
        assert above.truths == alone.truths
        again = render_views(seed, threat=threat, size=SIZE)[1]
        assert np.array_equal(side.pixels, again.pixels)
        assert side.truths == again.truths


@pytest.mark.parametrize(
    ("seed", "basis_sum", "box"),
    [
        (0, (15846.71, 138.08), (23, 34, 66, 43)),
        (5, (13031.89, 102.68), (34, 47, 88, 63)),
        (11, (36521.24, 194.27), (36, 65, 63, 92)),
        (27, (28764.11, 279.28), (32, 36, 69, 66)),
    ],
)
def test_bags_are_packed_as_before_there_were_two_views(
    seed: int, basis_sum: tuple[float, float], box: tuple[int, int, int, int]
) -> None:
    """The same seed, the same bag as when the first weights were trained."""
    packed = pack(seed, threat=CLASSES[seed % len(CLASSES)], size=(128, 96))
    assert packed.belt.basis_cm.sum(axis=(1, 2), dtype=float) == pytest.approx(basis_sum, rel=1e-3)
    assert packed.hidden[0].truth.box == pytest.approx(box, abs=1)


def test_a_mesh_of_your_own_is_hidden_in_a_bag() -> None:
    """Its truth has the name you gave it, in both views; the rest of the bag is the seed's."""
    line = np.stack([np.linspace(-6, 6, 9), np.zeros(9), np.zeros(9)], axis=1)
    mesh = swept(line, np.full(9, 2.0), 12)
    item = Item("walrus_tusk", Thing([Part("ivory", mesh)]))
    above, side = render_views(4, size=(256, 256), own=[item])
    assert [truth.kind for truth in above.truths] == ["walrus_tusk"]
    assert [truth.kind for truth in side.truths] == ["walrus_tusk"]
    assert set(np.unique(above.silhouette)) == {0, OWN}
    assert above.packed[-1] == "walrus_tusk"
    assert above.packed[:-1] == render(4, size=(256, 256)).packed


def test_cloth_takes_the_form_of_what_it_covers_and_a_book_leans() -> None:
    """A sheet over a ball is higher in its middle; a plate half on a block rises to it."""
    belt = Sheet(300, 300, PX_PER_CM)
    at = Pose(MIDDLE, MIDDLE)
    belt.laid.append((Thing([]), at))
    belt.add(Thing([Part("wood", Box(4, 4, 3, 0.0))]), at)
    belt.add(Thing([Part("cotton", Box(20, 20, 0.5, 0.0))], "draped"), at)
    belt.add(Thing([Part("paper", Box(12, 12, 1, 0.0))]), Pose(MIDDLE + 5.0, MIDDLE))
    _, cloth, book = heap(belt, 10.0).things[1:]
    drape, plate = cloth[0].bands[0].low_cm, book[0].bands[0].low_cm
    assert drape[100, 100] == pytest.approx(3.0, abs=0.05)
    assert drape[2, 2] == pytest.approx(0.0, abs=0.05)
    assert plate[60, 5] > plate[60, 110] + 0.5
