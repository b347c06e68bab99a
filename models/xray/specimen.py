"""A solid of your own, as a mesh, in a simulated bag or in a picture that a scanner made.

tusk.stl ─▶ item ─┬─▶ a bag, from above and from the side
                  └─▶ a picture that a scanner made
"""

from __future__ import annotations

from math import radians
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from models.image import decode, read
from models.xray.bag import Item, Truth
from models.xray.materials import materials
from models.xray.mesh_files import read_mesh
from models.xray.parts import Part, Thing
from models.xray.projection import hide
from models.xray.two_views import beside
from models.xray.views import render_views

SIZE_PX = (640, 440)
Shown = tuple[NDArray[np.uint8], tuple[Truth, ...]]
"""A picture, RGB, and where the thing shows in it."""


def item_of(
    path: Path,
    material: str,
    *,
    unit: str = "mm",
    turn: tuple[float, float, float] = (0.0, 0.0, 0.0),
    density: float = 1.0,
    kind: str = "",
) -> Item:
    """Return what a mesh file holds, turned round x, y and z by so many degrees.

    `density` is the share of the material's own; the truth says `kind`, or the name of the file.
    Raises `ValueError` (`BadMesh` among others) with a sentence, and OSError.
    """
    if material not in materials():
        raise ValueError(f"no such material: {material!r}; one of {', '.join(sorted(materials()))}")
    if not density > 0:
        raise ValueError(f"a density of {density:g} is nothing that a beam would see")
    x, y, z = (radians(angle) for angle in turn)
    solid = read_mesh(path, unit).turned(x=x, y=y, z=z).centred()
    return Item(kind or path.stem, Thing([Part(material, solid, density=density)]))


def in_bag(item: Item, seed: int) -> Shown:
    """Return the bag of a seed with it inside, from above and, under that, from the side."""
    views = render_views(seed, size=SIZE_PX, own=[item])
    return beside(views), tuple(truth for view in views for truth in view.truths)


def in_picture(item: Item, picture: Path, seed: int) -> Shown:
    """Return a picture with it inside; raises `NoRoom`, `PictureError`."""
    put = hide(decode(read(picture)), item.kind, seed, own=item.thing)
    return put.pixels, (put.truth,)
