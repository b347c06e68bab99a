"""The network: anchor-free, one stage, three scales, boxes decoded inside the graph.

The family is that of FCOS (Tian et al. 2019) and YOLOX (Ge et al. 2021): every cell of three grids
says how likely each class is there and how far the four edges are. Own code; needs the extra
`train`. Shapes: B pictures, N cells, C classes.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional

STRIDES = (8, 16, 32)
PRIOR = 0.01  # what an untrained cell says: nothing here, nearly surely
LOG_REACH_MAX = 5.0  # e^5 strides: no edge is farther


def conv(
    inputs: int, outputs: int, size: int = 3, stride: int = 1, groups: int = 1
) -> nn.Sequential:
    """Return convolution, normalisation, activation."""
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, size, stride, size // 2, groups=groups, bias=False),
        nn.BatchNorm2d(outputs, eps=1e-3, momentum=0.03),
        nn.ReLU(inplace=True),
    )


class Block(nn.Module):
    """A residual block on half of the channels (cross-stage partial)."""

    def __init__(self, channels: int, depth: int) -> None:
        """Take the channels in and out and how many 3 by 3 convolution pairs."""
        super().__init__()
        half = channels // 2
        self.left = conv(channels, half, 1)
        self.right = conv(channels, half, 1)
        self.steps = nn.ModuleList(
            nn.Sequential(conv(half, half, 1), conv(half, half)) for _ in range(depth)
        )
        self.join = conv(2 * half, channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        """Return features of the same shape."""
        left, right = self.left(x), self.right(x)
        for step in self.steps:
            left = left + step(left)
        joined: Tensor = self.join(torch.cat((left, right), 1))
        return joined


class Spread(nn.Module):
    """Pool over ever wider neighbourhoods, so that a cell sees the whole of a large thing."""

    def __init__(self, channels: int) -> None:
        """Take the channels in and out."""
        super().__init__()
        half = channels // 2
        self.squeeze = conv(channels, half, 1)
        self.pool = nn.MaxPool2d(5, 1, 2)
        self.join = conv(4 * half, channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        """Return features of the same shape."""
        views = [self.squeeze(x)]
        for _ in range(3):
            views.append(self.pool(views[-1]))
        joined: Tensor = self.join(torch.cat(views, 1))
        return joined


class Head(nn.Module):
    """Say class and edges for each cell of one grid."""

    def __init__(self, channels: int, classes: int) -> None:
        """Take the channels of the grid and the number of classes."""
        super().__init__()
        self.kind = nn.Sequential(
            conv(channels, channels, 3, 1, channels), conv(channels, channels, 1)
        )
        self.edge = nn.Sequential(
            conv(channels, channels, 3, 1, channels), conv(channels, channels, 1)
        )
        self.kind_out = nn.Conv2d(channels, classes, 1)
        self.edge_out = nn.Conv2d(channels, 4, 1)
        nn.init.constant_(self.kind_out.bias, -math.log((1 - PRIOR) / PRIOR))  # type: ignore[arg-type]
        nn.init.constant_(self.edge_out.bias, 0.5)  # type: ignore[arg-type]

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Return class logits (B, C, h, w) and log edge distances in strides (B, 4, h, w)."""
        return self.kind_out(self.kind(x)), self.edge_out(self.edge(x))


def trunk(
    width: int,
) -> tuple[nn.Sequential, nn.Sequential, nn.Sequential, nn.Sequential, nn.Sequential]:
    """Return what sees: five parts, each at half the resolution of the one before."""
    w = width
    return (
        conv(3, w, 3, 2),
        nn.Sequential(conv(w, 2 * w, 3, 2), Block(2 * w, 1)),
        nn.Sequential(conv(2 * w, 4 * w, 3, 2), Block(4 * w, 2)),
        nn.Sequential(conv(4 * w, 8 * w, 3, 2), Block(8 * w, 2)),
        nn.Sequential(conv(8 * w, 10 * w, 3, 2), Block(10 * w, 1), Spread(10 * w)),
    )


class Network(nn.Module):
    """A picture in, boxes and scores out."""

    def __init__(self, classes: int, width: int = 16) -> None:
        """Take the number of classes and the channels after the stem (16: about 0.8 M weights)."""
        super().__init__()
        w = width
        self.stem, self.down4, self.down8, self.down16, self.down32 = trunk(w)
        neck = 4 * w
        self.side8 = conv(4 * w, neck, 1)
        self.side16 = conv(8 * w, neck, 1)
        self.side32 = conv(10 * w, neck, 1)
        self.mix16, self.mix8 = Block(neck, 1), Block(neck, 1)
        self.back16, self.back32 = conv(neck, neck, 3, 2), conv(neck, neck, 3, 2)
        self.out16, self.out32 = Block(neck, 1), Block(neck, 1)
        # What a thing is shows in every pixel of it: asking for its outline as well teaches the
        # features many times faster than the few cells that answer for a box.
        self.silhouette = nn.Conv2d(neck, classes, 1)
        nn.init.constant_(self.silhouette.bias, -4.0)  # type: ignore[arg-type]
        self.heads = nn.ModuleList(Head(neck, classes) for _ in STRIDES)

    def features(self, x: Tensor) -> list[Tensor]:
        """Return one feature map per stride."""
        # White is an empty belt: as zero it needs no learning, and padding means the same.
        x = self.down4(self.stem(1.0 - x / 255.0))
        f8 = self.down8(x)
        f16 = self.down16(f8)
        f32 = self.side32(self.down32(f16))
        t16 = self.mix16(self.side16(f16) + functional.interpolate(f32, scale_factor=2.0))
        t8 = self.mix8(self.side8(f8) + functional.interpolate(t16, scale_factor=2.0))
        o16 = self.out16(t16 + self.back16(t8))
        o32 = self.out32(f32 + self.back32(o16))
        return [t8, o16, o32]

    def raw(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Return class logits (B, N, C), boxes (B, N, 4) px and silhouettes (B, C, H/8, W/8).

        The silhouettes are logits too, and for training only: the exporter drops them.
        """
        kinds, boxes = [], []
        features = self.features(x)
        for head, stride, feature in zip(self.heads, STRIDES, features, strict=True):
            kind, edge = head(feature)
            kinds.append(kind.flatten(2).transpose(1, 2))
            # Half precision is too coarse for pixels.
            reach = edge.float().clamp(max=LOG_REACH_MAX).exp().flatten(2).transpose(1, 2) * stride
            centre = cells(feature.shape[-2], feature.shape[-1], stride).to(reach)
            boxes.append(torch.cat((centre - reach[..., :2], centre + reach[..., 2:]), -1))
        return torch.cat(kinds, 1), torch.cat(boxes, 1), self.silhouette(features[0])

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Take (B, 3, H, W) RGB 0 to 255; return boxes (B, N, 4) px and scores (B, N, C) 0 to 1."""
        kinds, boxes, _ = self.raw(x)
        return boxes, kinds.sigmoid()


def cells(height: int, width: int, stride: int) -> Tensor:
    """Return the centres of a grid's cells in px, (height * width, 2) as x, y, row by row."""
    y, x = torch.meshgrid(torch.arange(height), torch.arange(width), indexing="ij")
    return (torch.stack((x, y), -1).reshape(-1, 2).float() + 0.5) * stride
