"""One bag from two sides: from above, as `bag.render` shows it, and from the side.

    seed ─▶ packed bag ─┬─▶ seen from above ─────────────▶ picture, truths
                        └─▶ things fall ─▶ seen along y ─▶ picture, truths

Both have the same scanner, scale and columns; the second beam is parallel too, at right angles.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import numpy as np

from models.xray.bag import NOWHERE, Hidden, Item, Packed, Picture, pack, shows
from models.xray.columns import Standing
from models.xray.heap import Heap, heap
from models.xray.parts import Sheet, bounds_px
from models.xray.scanner import Scanner
from models.xray.shapes import Window
from models.xray.side import stand

DEEP_CM: Final = (12.0, 24.0)
"""How deep a bag is, unless what is in it needs more."""
SECOND: Final = 2
"""The second view has a chance of its own: with it or without it the first one is the same."""


def render_views(
    seed: int,
    *,
    threat: str | Sequence[str] | None = None,
    size: tuple[int, int] = (416, 416),
    scanner: Scanner | None = None,
    own: Sequence[Item] = (),
) -> tuple[Picture, Picture]:
    """Return one bag from above, as `render` does, and from the side, both of `size` px.

    A thing that is hidden has the same `Truth.thing` in both; it may show in one of them alone.
    """
    packed = pack(seed, threat=threat, size=size, scanner=scanner, own=own)
    above = packed.seen(packed.belt, packed.hidden, packed.rng)
    rng = np.random.default_rng([seed, *size, SECOND])
    lying = heap(packed.belt, float(rng.uniform(*DEEP_CM)))
    side, hidden = from_side(packed, lying)
    return above, packed.seen(side, hidden, rng)


def from_side(packed: Packed, lying: Heap) -> tuple[Sheet, tuple[Hidden, ...]]:
    """Return the sheet of everything seen from the side, and what is hidden as it shows there."""
    wanted = {one.laid: one for one in packed.hidden}
    side, hidden = _empty(packed.belt), []
    for place, parts in enumerate(lying.things):
        if place in wanted:
            hidden.append(_alone(side, wanted[place], parts))
        else:
            stand(side, parts)
    return side, tuple(hidden)


def _alone(side: Sheet, one: Hidden, parts: Sequence[Standing]) -> Hidden:
    """Add a hidden thing to the sheet, and return what it alone adds."""
    sheet = _empty(side)
    stand(sheet, parts)
    side.basis_cm += sheet.basis_cm
    everywhere = Window(0, 0, side.width, side.height, side.px_per_cm)
    box = bounds_px(sheet.basis_cm.sum(axis=0), everywhere)
    truth = replace(one.truth, box=box or NOWHERE)
    return Hidden(truth, sheet.basis_cm, box is not None and shows(box), one.laid)


def _empty(like: Sheet) -> Sheet:
    return Sheet(like.width, like.height, like.px_per_cm)
