"""The second stage: what the first says loudest is looked at again, each box for itself.

boxes, logits ─▶ proposals ─▶ crops of the picture ─▶ SecondStage ─▶ other logits

A cascade as in R-CNN (Girshick et al. 2014) and its descendants, inside the one graph that is
exported: nearly all that is hidden has a box, and what is hard is telling it from what looks alike,
so that a look at a few boxes is worth far more than its computing. Shapes: N cells of one picture,
n proposals, C classes, S px a side of a crop.
"""

from __future__ import annotations

from typing import Final

import torch
from torch import Tensor, nn
from torch.nn import functional

from models.assignment import overlap
from models.network import Network, trunk

CROP_PX: Final = 128
MARGIN: Final = 1.25
"""How much wider a crop is than the longer side of its box."""
CROP_MIN_PX: Final = 30.0
"""Of the picture: what is smaller is not made larger than that."""
PROPOSALS_MAX: Final = 8
LOUD_MIN: Final = 0.2
"""What the first stage is less sure of is not looked at again, unless it says nothing louder."""
RIVALS: Final = 128
"""How many of the loudest cells may propose; a picture has more."""
RIVAL_IOU: Final = 0.6
HIDDEN: Final = 96
GEOMETRY: Final = 2
MIRRORS: Final = ((), (3,))
"""Along which axes a crop is mirrored, each time it is looked at: a bag has no left and right."""


class SecondStage(nn.Module):
    """Crops in, the first stage's logits corrected."""

    def __init__(self, classes: int, width: int) -> None:
        """Take the number of classes and the first stage's width."""
        super().__init__()
        self.trunk = nn.Sequential(*trunk(width))
        self.kind = nn.Sequential(
            nn.Linear(10 * width + classes + GEOMETRY, HIDDEN),
            nn.ReLU(),
            nn.Linear(HIDDEN, classes),
        )
        # As it begins it changes nothing.
        nn.init.zeros_(self.kind[-1].weight)  # type: ignore[arg-type]
        nn.init.zeros_(self.kind[-1].bias)  # type: ignore[arg-type]
        self.trust = nn.Parameter(torch.ones(classes))

    @classmethod
    def after(cls, first: Network, classes: int, width: int) -> SecondStage:
        """Return one that sees as the first stage does."""
        second = cls(classes, width)
        for own, other in zip(second.trunk, trunk_of(first), strict=True):
            own.load_state_dict(other.state_dict())
        return second

    def forward(self, crops: Tensor, logits: Tensor, extents: Tensor) -> Tensor:
        """Take crops (n, 3, S, S), the logits they had (n, C) and the boxes' extents (n, 2).

        Extents are width and height as shares of the picture's side. Returns logits (n, C).
        """
        seen = self.trunk(crops).float().mean((2, 3))
        geometry = extents.clamp_min(1e-3).log()
        said: Tensor = self.trust * logits + self.kind(torch.cat((seen, logits, geometry), 1))
        return said

    def mirrored(self, crops: Tensor, logits: Tensor, extents: Tensor) -> Tensor:
        """Return what `forward` does, the mean over all `MIRRORS`: more certain, little dearer."""
        times = len(MIRRORS)
        ways = torch.cat([crops.flip(axes) if axes else crops for axes in MIRRORS])
        said = self(ways, logits.repeat(times, 1), extents.repeat(times, 1))
        mean: Tensor = said.reshape(times, *logits.shape).mean(0)
        return mean


class TwoStages(nn.Module):
    """A picture in, the boxes looked at twice and their scores out."""

    def __init__(self, first: Network, second: SecondStage) -> None:
        """Take both."""
        super().__init__()
        self.first, self.second = first, second

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Take (1, 3, H, W) RGB 0 to 255; return boxes (1, n, 4) px and scores (1, n, C)."""
        kinds, boxes, _ = self.first.raw(x)
        boxes, logits = proposals(boxes[0], kinds[0])
        looked = self.second.mirrored(crops(x, boxes), logits, extents(boxes, x.shape[-1]))
        return boxes[None], looked.sigmoid()[None]


def trunk_of(network: Network) -> tuple[nn.Sequential, ...]:
    """Return the parts of a network that see."""
    return network.stem, network.down4, network.down8, network.down16, network.down32


def proposals(boxes: Tensor, logits: Tensor) -> tuple[Tensor, Tensor]:
    """Return the boxes (n, 4) and logits (n, C) to look at again, the loudest first, at least one.

    Of boxes (N, 4) and logits (N, C) of one picture. A box falls to any louder one that it
    overlaps (fast suppression: Bolya et al. 2019), whatever their classes; where one stays, all
    that it overlaps vote on its edges, each as loudly as it is (Gidaris and Komodakis 2015).
    """
    loud, order = logits.amax(-1).sigmoid().topk(RIVALS)
    boxes, logits = boxes[order], logits[order]
    shared, _ = overlap(boxes[:, None], boxes[None])
    place = torch.arange(RIVALS, device=boxes.device)
    falls = ((shared > RIVAL_IOU) & (place[:, None] < place)).float().amax(0)
    stays = (falls < 1.0) & ((loud >= LOUD_MIN) | (place == 0))
    chosen = stays.nonzero()[:PROPOSALS_MAX, 0]
    votes = (shared[chosen] > RIVAL_IOU).to(loud) * loud
    return votes @ boxes / votes.sum(1, keepdim=True), logits[chosen]


def extents(boxes: Tensor, side: int) -> Tensor:
    """Return width and height of boxes (n, 4) px as shares of the picture's side, (n, 2)."""
    return (boxes[:, 2:] - boxes[:, :2]) / side


def crops(x: Tensor, boxes: Tensor) -> Tensor:
    """Return squares round boxes (n, 4) px of one picture (1, 3, H, W), as ink: white is 0.

    (n, 3, S, S). One long sampling instead of n: no copy of the picture is made for each.
    """
    middle = (boxes[:, :2] + boxes[:, 2:]) / 2
    side = ((boxes[:, 2:] - boxes[:, :2]).amax(-1) * MARGIN).clamp_min(CROP_MIN_PX)
    step = (torch.arange(CROP_PX, device=x.device).to(x.dtype) + 0.5) / CROP_PX - 0.5
    at = middle[:, None] + side[:, None, None] * step[None, :, None]  # (n, S, 2): x, y of each
    at = 2.0 * at / x.shape[-1] - 1.0
    across = at[:, None, :, 0].expand(-1, CROP_PX, -1)
    down = at[:, :, None, 1].expand(-1, -1, CROP_PX)
    grid = torch.stack((across, down), -1).reshape(1, -1, CROP_PX, 2)
    long = functional.grid_sample(1.0 - x / 255.0, grid, align_corners=False)
    return long.reshape(x.shape[1], -1, CROP_PX, CROP_PX).transpose(0, 1)
