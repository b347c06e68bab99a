"""Weights to begin with: of other classes, all but the layers that name them; and settling them.

checkpoint ─▶ graft ─▶ a network for these classes ─▶ `tuning`
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from models.network import Network

OF_THE_CLASSES = ("kind_out", "silhouette")
"""Layers that say which class: of no use to other classes."""
BATCH = 16  # pictures that the normalisations are taken from at once; fewer say too little


def begun(checkpoint: Path | None, kinds: Sequence[str], width: int) -> Network:
    """Return a network that begins with a checkpoint's averaged weights, or from scratch.

    Checkpoints are those of `train`, `tuning` or `transfer`. One that says the same classes is
    taken whole. Raises ValueError if it is another network's.
    """
    if checkpoint is None:
        return laid_out(Network(len(kinds), width))
    said = torch.load(checkpoint, weights_only=True, map_location="cpu")
    weights: dict[str, torch.Tensor] = said.get("average", {})
    if "stem.0.weight" not in weights:
        raise ValueError(f"{checkpoint} holds no weights of ours")
    network = Network(len(kinds), weights["stem.0.weight"].shape[0])
    if said.get("classes") != list(kinds):
        weights = {
            name: value
            for name, value in weights.items()
            if not any(part in name for part in OF_THE_CLASSES)
        }
    unknown = network.load_state_dict(weights, strict=False).unexpected_keys
    if unknown:
        raise ValueError(f"{checkpoint} is another network's: {unknown[0]}")
    return laid_out(network)


def laid_out(network: Network) -> Network:
    """Return the network with its weights as the processor reads them fastest."""
    network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    return network


@torch.no_grad()
def settle(network: Network, pictures: Sequence[NDArray[np.uint8]]) -> None:
    """Take the normalisations' means and variances anew from pictures (side, side, 3), all alike.

    Nothing else changes and no label is read: what can be done with unlabelled pictures alone.
    Raises ValueError if they are fewer than `BATCH`: means of so few make a network cry.
    """
    if len(pictures) < BATCH:
        raise ValueError(f"{len(pictures)} pictures to settle to, not at least {BATCH}")
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.reset_running_stats()
            module.momentum = None  # the plain mean over all batches
    network.train()
    for first in range(0, len(pictures), BATCH):
        some = pictures[first : first + BATCH]
        planes = torch.stack([torch.from_numpy(one).permute(2, 0, 1) for one in some])
        network.raw(planes.float())
    network.eval()
