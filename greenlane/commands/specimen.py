"""``greenlane model specimen``: a solid of your own in a picture. Thin: `models.xray.specimen`."""

import argparse
import json
import sys
from dataclasses import asdict
from math import inf
from pathlib import Path
from typing import Any

from contract.config import BadConfig
from greenlane.arguments import at_least, between
from greenlane.commands.needs import Needs
from greenlane.exits import OK


def add_specimen(verbs: Any) -> None:
    """Enter the command."""
    lay = verbs.add_parser(
        "specimen",
        help="show a solid of your own (STL, PLY, OBJ) in a bag as a scanner would",
        description="Lays a closed mesh into a simulated bag and writes it from above and from the "
        "side, or projects it into a picture that a scanner made. What it is called, the box round "
        "it (px) and how thick it is for the beam go to standard output as JSON, once per view.",
    )
    lay.add_argument("mesh", type=Path, metavar="FILE", help="STL, PLY or OBJ: a closed surface")
    lay.add_argument(
        "--material",
        required=True,
        metavar="NAME",
        help="such as ivory; an unknown one lists all",
    )
    lay.add_argument("--out", type=Path, required=True, metavar="PNG", help="picture to write")
    lay.add_argument("--unit", default="mm", help="of the file: mm (default), cm, m or inch")
    lay.add_argument(
        "--turn", type=float, nargs=3, default=(0, 0, 0), metavar=("X", "Y", "Z"), help="degrees"
    )
    lay.add_argument(
        "--density",
        type=between(0, inf),
        default=1.0,
        metavar="SHARE",
        help="of the material's (default: 1)",
    )
    lay.add_argument("--kind", default="", help="what its truth calls it (the file's name)")
    lay.add_argument(
        "--into", type=Path, metavar="PICTURE", help="that a scanner made: PNG, JPEG or TIFF"
    )
    lay.add_argument(
        "--seed", type=at_least(0), default=0, help="of the bag, or of the place (default: 0)"
    )
    lay.set_defaults(act=show)


def show(arguments: argparse.Namespace) -> int:
    """Read the mesh, write the picture, print the truth."""
    with Needs("mesh"):
        from models.xray.specimen import in_bag, in_picture, item_of
        from models.xray.two_views import write
    try:
        item = item_of(
            arguments.mesh,
            arguments.material,
            unit=arguments.unit,
            turn=tuple(arguments.turn),
            density=arguments.density,
            kind=arguments.kind,
        )
        seed = arguments.seed
        pixels, truths = (
            in_picture(item, arguments.into, seed) if arguments.into else in_bag(item, seed)
        )
        write(arguments.out, pixels)
    except ValueError as error:
        raise BadConfig(str(error)) from error
    except (FileNotFoundError, IsADirectoryError) as error:
        raise BadConfig(f"{error.filename}: {error.strerror}") from error
    sys.stdout.write(json.dumps([asdict(truth) for truth in truths]) + "\n")
    return OK
