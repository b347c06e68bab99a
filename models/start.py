"""What a training begins with: the weights of another run, finished, told in the passport."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import torch
from torch import Tensor


@dataclass(frozen=True)
class Start:
    """The averaged weights of a finished run."""

    weights: dict[str, Tensor]
    told: dict[str, Any]
    """What a passport says of them: name, SHA-256, steps, recipe, and what they began with."""

    @classmethod
    def of(cls, folder: Path) -> Self:
        """Return what the run in a folder ended with; ValueError where it has not ended."""
        checkpoint = folder / "checkpoint.pt"
        if not checkpoint.exists():
            raise ValueError(f"{checkpoint} is not there: train {folder.name} first")
        state = torch.load(checkpoint, weights_only=True, map_location="cpu")
        steps, first, last = state["step"], state["history"][0], state["history"][-1]
        if steps < last["recipe"]["steps"]:
            raise ValueError(f"{checkpoint} is at step {steps}: train {folder.name} to its end")
        weights = state["average"]
        told = {
            "name": folder.name,
            "weights_sha256": weights_digest(weights),
            "steps": steps,
            "recipe": last["recipe"],
            "begins_with": first.get("begins_with"),
        }
        return cls(weights, told)


def weights_digest(weights: dict[str, Tensor]) -> str:
    """Return one SHA-256 over names and values, in the order of the names."""
    total = hashlib.sha256()
    for name in sorted(weights):
        total.update(name.encode() + b"\0")
        total.update(weights[name].contiguous().cpu().numpy().tobytes())
    return total.hexdigest()
