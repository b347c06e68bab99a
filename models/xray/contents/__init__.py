"""What honest people pack, and the things among it that look like wildlife.

`CONTENTS` is the one list: each kind with how often it is packed. `LOOKALIKES` are packed more
often into training bags than into any real one, since a detector learns from what confuses it.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.random import Generator

from models.xray.contents.clothing import belt, clothes, helmet, shoe
from models.xray.contents.electronics import appliance, cable, laptop, phone
from models.xray.contents.food import fruit, meat
from models.xray.contents.paper import book
from models.xray.contents.sundries import balls, chips, pouch, soap, sprig, toy
from models.xray.contents.tools import tool, trinkets, umbrella
from models.xray.contents.vessels import bar, bottle, can, ceramics, pipe
from models.xray.parts import Thing

Maker = Callable[[Generator], Thing]

CONTENTS: dict[str, tuple[Maker, float]] = {
    "clothes": (clothes, 5.0),
    "shoe": (shoe, 1.2),
    "book": (book, 1.0),
    "laptop": (laptop, 0.5),
    "phone": (phone, 0.8),
    "cable": (cable, 1.6),
    "bottle": (bottle, 1.2),
    "can": (can, 0.7),
    "umbrella": (umbrella, 0.5),
    "tool": (tool, 0.6),
    "pouch": (pouch, 1.2),
    "trinkets": (trinkets, 2.0),
    "appliance": (appliance, 0.7),
}

LOOKALIKES: dict[str, tuple[Maker, str]] = {
    "pipe": (pipe, "elephant_tusk"),
    "bar": (bar, "elephant_tusk"),
    "ceramics": (ceramics, "turtle_shell"),
    "soap": (soap, "rhino_horn"),
    "fruit": (fruit, "rhino_horn"),
    "meat": (meat, "bird"),
    "chips": (chips, "pangolin_scales"),
    "belt": (belt, "snake_or_lizard"),
    "helmet": (helmet, "turtle_shell"),
    "toy": (toy, "bird"),
    "balls": (balls, "eggs"),
    "sprig": (sprig, "coral_or_shell"),
}
"""Each with the class it is most easily taken for."""


def any_thing(rng: Generator, *, is_lookalike: bool) -> tuple[str, Thing]:
    """Return a harmless thing and its kind: a lookalike, or what people pack and how often."""
    if is_lookalike:
        name = str(rng.choice(list(LOOKALIKES)))
        return name, LOOKALIKES[name][0](rng)
    weights = np.asarray([weight for _, weight in CONTENTS.values()])
    name = str(rng.choice(list(CONTENTS), p=weights / weights.sum()))
    return name, CONTENTS[name][0](rng)
