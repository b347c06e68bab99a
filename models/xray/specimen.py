"""A solid of your own, as a mesh, in a simulated bag or in a picture that a scanner made.

    python -m models.xray.specimen tusk.stl OUT.png --material ivory             # a bag, two views
    python -m models.xray.specimen tusk.stl OUT.png --material ivory --into scan.png

What it is called, the box round it and how thick it is for the beam go to standard output as JSON.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from math import radians
from pathlib import Path

import numpy as np

from models.detection import PictureError
from models.image import decode, read
from models.xray.bag import Item, Truth
from models.xray.materials import materials
from models.xray.mesh import BadMesh
from models.xray.mesh_files import CM_PER_UNIT, read_mesh
from models.xray.parts import Part, Thing
from models.xray.projection import NoRoom, hide
from models.xray.two_views import beside, write
from models.xray.views import render_views

SIZE_PX = (640, 440)


def specimen(args: argparse.Namespace) -> Item:
    """Return the thing that the command line names; raises `BadMesh` or OSError."""
    mesh = read_mesh(args.mesh, args.unit)
    x, y, z = (radians(angle) for angle in args.turn)
    part = Part(args.material, mesh.turned(x=x, y=y, z=z).centred(), density=args.density)
    return Item(args.kind or args.mesh.stem, Thing([part]))


def show(item: Item, args: argparse.Namespace) -> list[Truth]:
    """Write the picture and return its truths; raises `NoRoom`, `PictureError`, OSError."""
    if args.into:
        put = hide(decode(read(args.into)), item.kind, args.seed, own=item.thing)
        write(args.out, put.pixels)
        return [put.truth]
    views = render_views(args.seed, size=SIZE_PX, own=[item])
    write(args.out, np.asarray(beside(views), dtype=np.uint8))
    return [truth for view in views for truth in view.truths]


def main(arguments: Sequence[str] | None = None) -> int:
    """Read the mesh, write the picture, print the truth."""
    parser = argparse.ArgumentParser(
        prog="python -m models.xray.specimen",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("mesh", type=Path, help="STL, PLY or OBJ: a closed surface")
    parser.add_argument("out", type=Path, help="PNG to write")
    parser.add_argument("--material", required=True, choices=sorted(materials()), metavar="NAME")
    parser.add_argument("--density", type=float, default=1.0, help="share of the material's own")
    parser.add_argument("--unit", default="mm", choices=CM_PER_UNIT, help="of the file (mm)")
    parser.add_argument("--turn", type=float, nargs=3, default=(0, 0, 0), metavar=("X", "Y", "Z"))
    parser.add_argument("--kind", help="what its truth calls it (the file's name)")
    parser.add_argument("--seed", type=int, default=0, help="of the bag, or of the place in it")
    parser.add_argument("--into", type=Path, metavar="PICTURE", help="that a scanner made")
    args = parser.parse_args(arguments)
    try:
        truths = show(specimen(args), args)
    except (BadMesh, PictureError, NoRoom, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return 2
    sys.stdout.write(json.dumps([asdict(truth) for truth in truths]) + "\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
