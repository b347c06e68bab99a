"""Where weights come from: which code, which tools, which pictures."""

from __future__ import annotations

import hashlib
import platform
import subprocess
from importlib.metadata import version
from pathlib import Path
from typing import Any

from models.recipe import Recipe
from models.splits import TRAIN

TOOLS = ("numpy", "opencv-python-headless", "onnx", "onnxruntime", "torch")
SOURCES = Path(__file__).parent


def source_digest() -> str:
    """Return one SHA-256 over all code and tables under models/, so that the data can be remade."""
    total = hashlib.sha256()
    for path in sorted(p for p in SOURCES.rglob("*") if p.suffix in {".py", ".csv"}):
        total.update(path.relative_to(SOURCES).as_posix().encode() + b"\0")
        total.update(hashlib.sha256(path.read_bytes()).digest())
    return total.hexdigest()


def revision() -> str:
    """Return the commit that models/ stands at, marked if something there is not committed."""

    def git(*arguments: str) -> str:
        command = ("git", "-C", str(SOURCES), *arguments)
        done = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603 - constant words
        return done.stdout.strip()

    try:
        changed = git("status", "--porcelain", "--untracked-files=no", ".")
        return git("rev-parse", "HEAD") + ("+changed" if changed else "")
    except (OSError, subprocess.CalledProcessError):
        return "unknown"


def describe(recipe: Recipe, history: list[dict[str, Any]]) -> dict[str, Any]:
    """Return what a passport says about the training; `history` is `Training.history`."""
    pictures = recipe.pictures + (recipe.second.bags if recipe.second else 0)
    return {
        "data": (
            f"{pictures} bags simulated by models.xray, seeds {TRAIN.start} to "
            f"{TRAIN.start + pictures - 1}; no real X-ray, no weights of others"
        ),
        "begins_with": history[0].get("begins_with") if history else None,
        "recipe": recipe.as_dict(),
        "changed_under_way": [
            {"from_step": h["from_step"], "steps": h["recipe"]["steps"]} for h in history[1:]
        ],
        "revision": revision(),
        "source_sha256": source_digest(),
        "machine": platform.machine(),
        "tools": {name: version(name) for name in TOOLS},
    }
