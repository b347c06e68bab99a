"""What a batch costs each of the two stages: the number that a training makes smaller."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import torch
from torch import Tensor
from torch.nn import functional

from models.assignment import assign, loss, outline_loss, overlap
from models.network import STRIDES, Network, cells
from models.pictures import Batch
from models.second_stage import SecondStage, crops, extents, proposals

HIT_IOU: Final = 0.5
NEAR_IOU: Final = 0.25
NEAR_WEIGHT: Final = 0.2
"""Of a box that is neither on a thing nor off it."""

Cost = Callable[[Batch], Tensor]


def of_first(network: Network, *, is_half: bool = False) -> Cost:
    """Return what a batch costs the first stage; outlines count where the batch has any."""

    def cost(batch: Batch) -> Tensor:
        x = _planes(batch, network.stem[0].weight.device)  # type: ignore[arg-type]
        with torch.autocast(x.device.type, torch.bfloat16, enabled=is_half):
            logits, boxes, outlines = network.raw(x)
        logits, boxes = logits.float(), boxes.float()
        side = x.shape[-1]
        centres = torch.cat([cells(side // s, side // s, s) for s in STRIDES]).to(x.device)
        truths = torch.from_numpy(batch.truths).to(x.device)
        total = loss(logits, boxes, assign(logits.sigmoid(), boxes, centres, truths))
        if batch.silhouettes.any():
            silhouettes = torch.from_numpy(batch.silhouettes).to(x.device)
            total = total + outline_loss(outlines.float(), silhouettes)
        return total

    return cost


def of_second(first: Network, second: SecondStage, *, is_half: bool = False) -> Cost:
    """Return what a batch costs the second stage, per picture; the first one stays as it is."""
    first.eval()

    def cost(batch: Batch) -> Tensor:
        x = _planes(batch, second.trust.device)
        truths = torch.from_numpy(batch.truths).to(x.device)
        half = torch.autocast(x.device.type, torch.bfloat16, enabled=is_half)
        with torch.no_grad(), half:
            kinds, boxes, _ = first.raw(x)
        proposed = [proposals(*pair) for pair in zip(boxes.float(), kinds.float(), strict=True)]
        told = [
            wanted(said[0], own, kinds.shape[-1])
            for said, own in zip(proposed, truths, strict=True)
        ]
        squares = [crops(x[i : i + 1], said) for i, (said, _) in enumerate(proposed)]
        shares = torch.cat([extents(said, x.shape[-1]) for said, _ in proposed])
        logits = torch.cat([said for _, said in proposed])
        seen = torch.cat(squares).contiguous(memory_format=torch.channels_last)
        with half:
            looked = second(seen, logits, shares)
        score, weight = (torch.cat(part) for part in zip(*told, strict=True))
        total = functional.binary_cross_entropy_with_logits(
            looked.float(), score, weight, reduction="sum"
        )
        return total / len(x)

    return cost


def wanted(boxes: Tensor, truths: Tensor, classes: int) -> tuple[Tensor, Tensor]:
    """Return what boxes (n, 4) should score and how much it counts, (n, C) each.

    `truths` (G, 5) are class, x1, y1, x2, y2 of one picture, class -1 where there is none.
    """
    fit, _ = overlap(boxes[:, None], truths[None, :, 1:])
    own = functional.one_hot(truths[:, 0].long().clamp(min=0), classes) * (truths[:, :1] >= 0)
    best = (fit[..., None] * own).amax(1)
    near = (best > NEAR_IOU) & (best < HIT_IOU)
    weight = torch.ones_like(best).masked_fill(near, NEAR_WEIGHT)
    return (best >= HIT_IOU).float(), weight


def _planes(batch: Batch, device: torch.device) -> Tensor:
    x = torch.from_numpy(batch.pixels).to(device).float()
    return x.contiguous(memory_format=torch.channels_last)
