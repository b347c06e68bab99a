"""Lessons out of harmless pictures: what is projected into them, and of what the truth speaks."""

import numpy as np

from models.lessons import Backgrounds
from models.xray.bag import CLASSES

SIDE, COUNT = 96, 8
EMPTY = 200
"""How bright the bag is, in which nothing lies."""


def bag() -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    """A picture of a bag with nothing in it, on a white belt."""
    picture = np.full((240, 320, 3), 255, np.uint8)
    picture[30:210, 30:290] = (230, EMPTY, 150)
    return picture


def test_lessons_come_again_from_their_seed() -> None:
    """A killed run goes on with what it would have learnt from."""
    backgrounds = Backgrounds.of([bag()], CLASSES)
    one, two, other = (backgrounds.batch([1, step], COUNT, SIDE) for step in (3, 3, 4))
    assert np.array_equal(one.pixels, two.pixels)
    assert np.array_equal(one.truths, two.truths)
    assert not np.array_equal(one.pixels, other.pixels)


def test_harmless_things_are_projected_and_are_no_truth() -> None:
    """Of the lessons without an item some have a thing in them all the same, and some have none."""
    backgrounds = Backgrounds.of([bag()], CLASSES)
    things = {False: 0, True: 0}
    for step in range(12):
        batch = backgrounds.batch([2, step], COUNT, SIDE)
        for pixels, truths in zip(batch.pixels, batch.truths, strict=True):
            if (truths[:, 0] < 0).all():
                things[bool(np.percentile(pixels[1], 2) < 0.85 * EMPTY)] += 1
    assert min(things.values()) > 3
