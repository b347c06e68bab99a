"""Wildlife contraband: eight families, each different every time it is packed.

Sizes are those of seized goods that fit a suitcase. `WILDLIFE` is the one list of classes, in the
order the detector numbers them.
"""

from __future__ import annotations

from collections.abc import Callable

from numpy.random import Generator

from models.xray.parts import Thing
from models.xray.wildlife.bird import bird
from models.xray.wildlife.coral import coral_or_shell
from models.xray.wildlife.egg import eggs
from models.xray.wildlife.horn import rhino_horn
from models.xray.wildlife.reptile import snake_or_lizard
from models.xray.wildlife.scales import pangolin_scales
from models.xray.wildlife.shell import turtle_shell
from models.xray.wildlife.tusk import elephant_tusk

WILDLIFE: dict[str, Callable[[Generator], Thing]] = {
    "elephant_tusk": elephant_tusk,
    "rhino_horn": rhino_horn,
    "pangolin_scales": pangolin_scales,
    "turtle_shell": turtle_shell,
    "snake_or_lizard": snake_or_lizard,
    "bird": bird,
    "eggs": eggs,
    "coral_or_shell": coral_or_shell,
}
