"""A folder that trains anywhere: this code, a recipe, what it needs, one command.

    python -m models.package FOLDER [RECIPE]

For a machine with a GPU, PyTorch and no network. What comes back from it is
`runs/NAME/NAME.onnx` with its passport.
"""

from __future__ import annotations

import argparse
import shutil
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

from models.provenance import TOOLS, revision, source_digest
from models.recipe import RECIPES, read

SOURCES = Path(__file__).parent
LEFT_OUT = ("__pycache__", "catalogue", "docs")
"""Not needed to train: weights and pictures for people."""
BYTES_MAX = 60 * 1024 * 1024
NEEDED = (*TOOLS, "tqdm")
README = """# Train the Greenlane detector elsewhere

    pip install -r requirements.txt     # or have these already: the machine needs no network
    {command}

In this folder, with Python 3.11 or later. Recipe: `models/recipes/{recipe}.toml`; smoke test in
under a minute on two cores: `python -m models.train smoke`. The pictures are rendered here first
(about {gigabytes:.0f} GB under `runs/`), then learnt from on {device}. A killed run goes on where
it was when started again. The result is `runs/{recipe}/{recipe}.onnx` and its passport, the `.json`
beside it: copy both. Loaders hand batches over in shared memory, `/dev/shm`: 2 GB of it.

Revision {revision}, source {digest}.
"""


class PackageError(Exception):
    """The folder is there already, or would be too large to carry."""


def package(folder: Path, recipe_name: str) -> int:
    """Write the folder and return its size in bytes; raises `PackageError`."""
    recipe = read(RECIPES / f"{recipe_name}.toml")
    if folder.exists():
        message = f"{folder} exists; name a new folder"
        raise PackageError(message)
    shutil.copytree(SOURCES, folder / "models", ignore=shutil.ignore_patterns(*LEFT_OUT))
    (folder / "requirements.txt").write_text(
        "".join(f"{name}=={version(name).split('+')[0]}\n" for name in NEEDED), encoding="utf-8"
    )
    names = [recipe_name]
    while first := read(RECIPES / f"{names[0]}.toml").begins_with:
        names.insert(0, first)
    text = README.format(
        recipe=recipe_name,
        command=" && ".join(f"python -m models.train {name}" for name in names),
        gigabytes=recipe.pictures * recipe.input_px**2 * 3 / 1e9,
        device=recipe.device,
        revision=revision(),
        digest=source_digest(),
    )
    (folder / "README.md").write_text(text, encoding="utf-8")
    size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    if size > BYTES_MAX:
        message = f"{folder} has {size} bytes, more than {BYTES_MAX}"
        raise PackageError(message)
    return size


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the folder."""
    parser = argparse.ArgumentParser(prog="python -m models.package", description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("recipe", nargs="?", default="wildlife_full")
    args = parser.parse_args(arguments)
    try:
        size = package(args.folder, args.recipe)
    except PackageError as error:
        parser.error(str(error))
    print(f"{args.folder}: {size / 1e6:.1f} MB; see its README.md")  # noqa: T201 - a command
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
