"""Read a mesh that somebody else made: STL, PLY or OBJ, through trimesh (extra `mesh`)."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import numpy as np
import trimesh

from models.xray.mesh import BadMesh, Mesh

SUFFIXES: Final = frozenset({".stl", ".ply", ".obj"})
CM_PER_UNIT: Final = {"mm": 0.1, "cm": 1.0, "m": 100.0, "inch": 2.54}
"""The files do not say their unit; most programs write millimetres."""
BYTES_MAX: Final = 64 * 1024 * 1024
CM_MIN: Final = 0.2
"""Smaller than two pixels of any picture here: the unit is wrong."""


def read_mesh(path: Path, unit: str = "mm") -> Mesh:
    """Return the solid in a file, in cm, its origin in the middle of the box round it.

    Corners in the same place are one; whoever wrote the file may have written them thrice. Raises
    `BadMesh` with a sentence if it holds no closed surface, and OSError if it cannot be read.
    """
    if unit not in CM_PER_UNIT:
        raise BadMesh(f"no such unit: {unit!r}; one of {', '.join(CM_PER_UNIT)}")
    if path.suffix.lower() not in SUFFIXES:
        raise BadMesh(f"{path.name} is none of {', '.join(sorted(SUFFIXES))}")
    if path.stat().st_size > BYTES_MAX:
        raise BadMesh(f"{path.name} has more than {BYTES_MAX} bytes")
    try:
        with np.errstate(invalid="ignore", over="ignore"):
            found = trimesh.load_mesh(path, process=True)
    except (ValueError, LookupError, TypeError, AttributeError) as broken:
        raise BadMesh(f"{path.name} cannot be read as a mesh: {broken}") from broken
    if not isinstance(found, trimesh.Trimesh) or len(found.faces) == 0:
        raise BadMesh(f"{path.name} holds no triangles")
    vertices = np.asarray(found.vertices, dtype=np.float64) * CM_PER_UNIT[unit]
    if np.ptp(vertices, axis=0).max() < CM_MIN:
        raise BadMesh(f"the mesh is smaller than {CM_MIN:g} cm: say its unit")
    return Mesh(vertices, np.asarray(found.faces, dtype=np.int64)).centred()
