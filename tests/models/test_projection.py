"""Items projected into pictures: as the physics has it, where they are said to be, repeatable."""

from dataclasses import replace

import numpy as np
import pytest

from models.xray.bag import CLASSES, render
from models.xray.palette import belt_of, scanner_of
from models.xray.parts import SHADOW_CM_MIN, Part, Sheet, Thing
from models.xray.projection import NoRoom, hide, onto_colours, onto_energies
from models.xray.scanner import Scanner, any_scanner, colour, expose
from models.xray.shapes import Box, Map, Pose
from models.xray.wildlife import WILDLIFE

QUIET = Scanner(open_beam_quanta=1e12, blur_px=0.4, sharpen=0.0)
SIDE, SCALE = 240, 5.0
MIDDLE = Pose(SIDE / SCALE / 2, SIDE / SCALE / 2)


def item_of(kind: str, seed: int) -> Map:
    """The shadow of one item in the middle of an empty belt."""
    sheet = Sheet(SIDE, SIDE, SCALE)
    sheet.add(WILDLIFE[kind](np.random.default_rng(seed)), MIDDLE)
    return sheet.basis_cm


def bag_of(seed: int) -> Map:
    """Slabs of cloth, water and aluminium, as a bag has them."""
    rng = np.random.default_rng(seed)
    sheet = Sheet(SIDE, SIDE, SCALE)
    for material, depth in (("cotton", 8.0), ("water", 4.0), ("aluminium", 0.4), ("paper", 3.0)):
        at = Pose(rng.uniform(12, 36), rng.uniform(12, 36), rng.uniform(0, 3))
        sheet.add(Thing([Part(material, Box(26, 18, depth))]), at)
    return sheet.basis_cm


@pytest.mark.parametrize("kind", CLASSES)
def test_projecting_at_two_energies_is_scanning_the_bag_with_the_item_in_it(kind: str) -> None:
    """Within 10 % of -ln T nearly everywhere, 3 % mostly: behind a bag the beam is harder."""
    bag, item = bag_of(3), item_of(kind, 5)
    rng = np.random.default_rng(0)
    together = expose(bag + item, QUIET, rng)
    projected = onto_energies(expose(bag, QUIET, rng), item, QUIET, rng)
    shadow = item.sum(axis=0) > SHADOW_CM_MIN
    error = np.abs(projected - together)[shadow] / np.maximum(together[shadow], 0.2)
    assert np.percentile(error, 95) < 0.10
    assert np.median(error) < 0.04
    assert np.allclose(projected[:20, :20], together[:20, :20], atol=1e-3)


def test_projected_noise_is_that_of_the_quanta_that_are_left() -> None:
    """The deviation of the counts is that of a scan of both, within a tenth."""
    noisy = replace(QUIET, open_beam_quanta=2e4)
    bag, item = np.full((2, SIDE, SIDE), 4.0, np.float32), np.full((2, SIDE, SIDE), 0.3, np.float32)
    bag[1] = 0.0
    rng = np.random.default_rng(1)
    together = np.exp(-expose(bag + item, noisy, rng)).std()
    projected = np.exp(-onto_energies(expose(bag, noisy, rng), item, noisy, rng)).std()
    assert projected == pytest.approx(together, rel=0.1)


def test_blank_picture_with_an_item_is_the_item_itself() -> None:
    """White times anything is that thing, to the last grey level."""
    item = item_of("elephant_tusk", 2)
    white = np.full((SIDE, SIDE, 3), 255, np.uint8)
    rng = np.random.default_rng(0)
    alone = colour(expose(item, QUIET, rng), QUIET)
    assert np.abs(onto_colours(white, item, QUIET, rng).astype(int) - alone).max() <= 1


def test_coloured_projection_resembles_the_scan_of_both() -> None:
    """An approximation: over thin contents the mean error stays below a tenth of full scale."""
    bag, item = bag_of(4), item_of("rhino_horn", 1)
    rng = np.random.default_rng(0)
    together = colour(expose(bag + item, QUIET, rng), QUIET).astype(int)
    projected = onto_colours(colour(expose(bag, QUIET, rng), QUIET), item, QUIET, rng)
    shadow = item.sum(axis=0) > SHADOW_CM_MIN
    assert np.abs(projected - together)[shadow].mean() < 26
    assert np.abs(projected - together)[~shadow].mean() < 1


@pytest.mark.parametrize("kind", CLASSES)
def test_box_holds_what_changed_and_nothing_is_too_large_for_it(kind: str) -> None:
    """What the picture differs in lies in the box, give or take blur and sharpening."""
    picture = render(77, size=(400, 300)).pixels
    put = hide(picture, kind, 5)
    x1, y1, x2, y2 = put.truth.box
    assert put.truth.kind == kind
    assert 0 < x1 < x2 < 400
    assert 0 < y1 < y2 < 300
    rows, columns = np.nonzero(put.silhouette)
    assert (columns.min(), rows.min()) == pytest.approx((x1, y1), abs=3)
    assert (columns.max() + 1, rows.max() + 1) == pytest.approx((x2, y2), abs=3)
    changed = np.abs(put.pixels.astype(int) - picture).max(axis=2) > 24
    outside = changed.copy()
    outside[max(0, int(y1) - 4) : int(y2) + 4, max(0, int(x1) - 4) : int(x2) + 4] = False
    assert not outside.any()
    assert put.truth.absorbed > 0
    assert put.truth.behind >= 0


def test_same_seed_same_bytes_and_another_seed_others() -> None:
    """Figures can be made again."""
    picture = render(78).pixels
    one, two, three = (hide(picture, "elephant_tusk", seed) for seed in (1, 1, 2))
    assert one.truth == two.truth
    assert np.array_equal(one.pixels, two.pixels)
    assert not np.array_equal(one.pixels, three.pixels)


def test_items_lie_in_the_bag() -> None:
    """Not on the empty belt beside it."""
    for seed in range(6):
        picture = render(200 + seed, size=(480, 360)).pixels
        put = hide(picture, CLASSES[seed % 6], seed)
        bag = belt_of(picture, scanner_of(picture).backdrop).shown
        assert bag[put.silhouette > 0].mean() >= 0.9


def test_picture_without_room_says_so() -> None:
    """Rather than to hide a shell in a stamp."""
    with pytest.raises(NoRoom):
        hide(np.full((8, 200, 3), 200, np.uint8), "turtle_shell", 1)


def test_unknown_class_is_refused() -> None:
    """A typing error must not become an empty bag."""
    with pytest.raises(ValueError, match="no such class"):
        hide(np.full((64, 64, 3), 255, np.uint8), "unicorn", 1)


def test_machine_is_read_off_its_pictures() -> None:
    """Backdrop within two hundredths, full hues within a quarter, over ten machines."""
    for seed in range(10):
        machine = any_scanner(np.random.default_rng(seed))
        guess = scanner_of(render(900 + seed, scanner=machine).pixels)
        assert guess.backdrop == pytest.approx(machine.backdrop, abs=0.02)
        assert guess.organic == pytest.approx(machine.organic, abs=0.25)


def test_blur_and_noise_are_told_apart() -> None:
    """A duller machine is read as duller, a grainier one as grainier."""

    def read(blur_px: float = 0.6, quanta: float = 4e4) -> Scanner:
        """The machine as it is read."""
        machine = Scanner(sharpen=0.0, blur_px=blur_px, open_beam_quanta=quanta)
        return scanner_of(render(31, scanner=machine).pixels)

    assert read(blur_px=0.4).blur_px < read(blur_px=1.0).blur_px < read(blur_px=1.8).blur_px
    assert read(quanta=4e3).open_beam_quanta < read(quanta=1e5).open_beam_quanta
