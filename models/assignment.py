"""Which cells answer for which thing, and what their answers cost.

Task alignment (TOOD, Feng et al. 2021): the cells near a thing that already say it best, in class
and in box together, are the ones taught; how well their box fits is what their score should be.
Shapes: B pictures, G things, N cells, C classes.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

CELLS_PER_THING = 9
FIT_POWER = 4.0  # how much more a good box counts than a good score when cells are chosen
BOX_WEIGHT = 2.0
SHOWN_SHARE_MIN = 0.03  # of all cells; about what a mean batch shows
EPSILON = 1e-7


@dataclass(frozen=True)
class Targets:
    """What each cell should say."""

    score: Tensor
    """(B, N, C), 0 where nothing is."""
    box: Tensor
    """(B, N, 4) px, meaningless where the score is 0."""


def overlap(a: Tensor, b: Tensor) -> tuple[Tensor, Tensor]:
    """Return intersection over union and its generalised form of boxes (..., 4)."""
    inter = (torch.minimum(a[..., 2:], b[..., 2:]) - torch.maximum(a[..., :2], b[..., :2])).clamp(0)
    hull = torch.maximum(a[..., 2:], b[..., 2:]) - torch.minimum(a[..., :2], b[..., :2])
    shared = inter.prod(-1)
    union = _area(a) + _area(b) - shared + EPSILON
    covered = hull.clamp(0).prod(-1) + EPSILON
    fit = shared / union
    return fit, fit - (covered - union) / covered


def _area(box: Tensor) -> Tensor:
    return (box[..., 2:] - box[..., :2]).clamp(0).prod(-1)


@torch.no_grad()
def assign(scores: Tensor, boxes: Tensor, centres: Tensor, truths: Tensor) -> Targets:
    """Return the targets of scores (B, N, C), boxes (B, N, 4) and truths (B, G, 5).

    `centres` is (N, 2) px; a truth is class, x1, y1, x2, y2, its class -1 where there is none.
    """
    batch, cells, classes = scores.shape
    kind, truth = truths[..., 0].long(), truths[..., 1:]
    inside = (
        (centres[:, 0] > truth[..., 0:1])
        & (centres[:, 1] > truth[..., 1:2])
        & (centres[:, 0] < truth[..., 2:3])
        & (centres[:, 1] < truth[..., 3:4])
        & (kind[..., None] >= 0)
    )
    fit, _ = overlap(boxes[:, None], truth[:, :, None])
    index = kind.clamp(0)[:, None].expand(batch, cells, -1)
    said = scores.gather(2, index).transpose(1, 2)
    merit = said.clamp_min(EPSILON).sqrt() * fit.pow(FIT_POWER) * inside
    best, chosen = merit.topk(CELLS_PER_THING, dim=-1)
    mask = torch.zeros_like(merit).scatter_(-1, chosen, (best > 0).to(merit))
    # A cell near two things answers for the one it fits better.
    owner = (fit * mask).argmax(1)
    mask = mask * functional.one_hot(owner, truth.shape[1]).transpose(1, 2)
    merit = merit * mask
    top_fit = (fit * mask).amax(-1, keepdim=True)
    strength = (merit / (merit.amax(-1, keepdim=True) + EPSILON) * top_fit).amax(1)
    own_kind = kind.clamp(0).gather(1, owner)
    score = functional.one_hot(own_kind, classes) * strength[..., None]
    box = truth.gather(1, owner[..., None].expand(-1, -1, 4))
    return Targets(score.to(scores), box)


def outline_loss(logits: Tensor, silhouettes: Tensor) -> Tensor:
    """Return the cost of silhouettes: logits (B, C, h, w) against (B, h, w) of 0 or 1 + class.

    Cross-entropy per shown cell and Dice's overlap per class that is there, since most cells show
    nothing. A batch of honest bags must not outweigh one that hides much: hence the least share.
    """
    classes = logits.shape[1]
    truth = functional.one_hot(silhouettes.long(), classes + 1)[..., 1:].permute(0, 3, 1, 2)
    truth = truth.to(logits)
    said = logits.sigmoid()
    shared, total = (said * truth).sum((0, 2, 3)), (said + truth).sum((0, 2, 3))
    is_there = (truth.sum((0, 2, 3)) > 0).to(logits)
    dice = (1.0 - (2.0 * shared + 1.0) / (total + 1.0)) * is_there
    cross = functional.binary_cross_entropy_with_logits(logits, truth, reduction="sum")
    shown = truth.sum().clamp_min(SHOWN_SHARE_MIN * silhouettes.numel())
    cost: Tensor = dice.sum() / is_there.sum().clamp_min(1.0) + cross / shown
    return cost


def loss(logits: Tensor, boxes: Tensor, targets: Targets) -> Tensor:
    """Return the mean cost per taught cell of class logits (B, N, C) and boxes (B, N, 4)."""
    weight = (targets.score - logits.sigmoid()).abs().pow(2).detach()
    # Where something is, the whole error counts; elsewhere only confident nonsense does.
    weight = torch.where(targets.score > 0, targets.score, weight)
    kinds = functional.binary_cross_entropy_with_logits(
        logits, targets.score, weight, reduction="sum"
    )
    taught = targets.score.sum(-1)
    _, generalised = overlap(boxes, targets.box)
    edges = ((1.0 - generalised) * taught).sum()
    total: Tensor = (kinds + BOX_WEIGHT * edges) / taught.sum().clamp_min(1.0)
    return total
