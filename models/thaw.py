"""From ONNX back to PyTorch, so that a model can be trained on: the file is all that is needed.

The exporter has merged every normalisation into the convolution before it. So has the network that
is returned: it learns without them, which suits small batches of one scanner's pictures.
"""

from __future__ import annotations

from typing import Final, TypeVar

import numpy as np
import onnx
import onnx.numpy_helper
import torch
from torch import Tensor, nn

from models.network import Network
from models.second_stage import SecondStage, TwoStages

SECOND: Final = "network.second."
"""What the exporter calls the second stage's own weights by."""
T = TypeVar("T", bound=nn.Module)


class ThawError(ValueError):
    """The file is not a network of ours."""


def thaw(data: bytes, classes: int, width: int, side: int) -> Network | TwoStages:
    """Return the network that an exported file holds; raises `ThawError` if it is another one."""
    graph = onnx.load_from_string(data).graph
    values = {one.name: onnx.numpy_helper.to_array(one) for one in graph.initializer}
    for node in graph.node:
        # Two constants that are the same are written once.
        if node.op_type == "Identity" and node.input[0] in values:
            values[node.output[0]] = values[node.input[0]]
    first = Network(classes, width)
    network: Network | TwoStages = first
    if any(name.startswith(SECOND) for name in values):
        network = TwoStages(first, SecondStage(classes, width))
        _name_by_name(network.second, values)
    merged(network)
    stored = [node for node in graph.node if node.op_type == "Conv"]
    for conv, node in zip(_in_order(network, side), stored, strict=False):
        weight = _value(values, node.input[1])
        if conv.bias is None or weight.shape != tuple(conv.weight.shape):
            raise ThawError(f"{node.name} is {weight.shape}, not {tuple(conv.weight.shape)}")
        conv.weight.data.copy_(torch.from_numpy(weight.copy()))
        conv.bias.data.copy_(torch.from_numpy(_value(values, node.input[2]).copy()))
    return network


def _name_by_name(second: SecondStage, values: dict[str, np.ndarray]) -> None:
    """Fill what is no convolution: the exporter keeps its names."""
    for name, parameter in second.named_parameters():
        if not name.startswith("trunk."):
            parameter.data.copy_(torch.from_numpy(_value(values, SECOND + name).copy()))


def merged(network: T) -> T:
    """Return the network with each normalisation merged into the convolution before it."""
    for module in network.eval().modules():
        if not isinstance(module, nn.Sequential):
            continue
        for i in range(len(module) - 1):
            first, second = module[i], module[i + 1]
            if isinstance(first, nn.Conv2d) and isinstance(second, nn.BatchNorm2d):
                module[i] = nn.utils.fusion.fuse_conv_bn_eval(first, second)
                module[i + 1] = nn.Identity()
    return network


def _value(values: dict[str, np.ndarray], name: str) -> np.ndarray:
    if name not in values:
        raise ThawError(f"{name} is no constant of the file (rounded to 8 bits?)")
    return values[name]


def _in_order(network: nn.Module, side: int) -> list[nn.Conv2d]:
    """Return the convolutions in the order in which they run, as the exporter wrote them."""
    ran: list[nn.Conv2d] = []

    def note(module: nn.Module, _: tuple[Tensor, ...], __: Tensor) -> None:
        assert isinstance(module, nn.Conv2d)  # noqa: S101 - hooked to nothing else
        ran.append(module)

    hooks = [
        module.register_forward_hook(note)
        for name, module in network.named_modules()
        if isinstance(module, nn.Conv2d) and "silhouette" not in name  # the exporter drops it
    ]
    with torch.no_grad():
        network(torch.full((1, 3, side, side), 255.0))
    for hook in hooks:
        hook.remove()
    return ran
