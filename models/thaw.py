"""From ONNX back to PyTorch, so that a model can be trained on: the file is all that is needed.

The exporter has merged every normalisation into the convolution before it. So has the network that
is returned: it learns without them, which suits small batches of one scanner's pictures.
"""

from __future__ import annotations

import numpy as np
import onnx
import onnx.numpy_helper
import torch
from torch import Tensor, nn

from models.network import Network


class ThawError(ValueError):
    """The file is not a network of ours."""


def thaw(data: bytes, classes: int, width: int, side: int) -> Network:
    """Return the network that an exported file holds; raises `ThawError` if it is another one."""
    network = merged(Network(classes, width))
    graph = onnx.load_from_string(data).graph
    values = {one.name: onnx.numpy_helper.to_array(one) for one in graph.initializer}
    for node in graph.node:
        # Two constants that are the same are written once.
        if node.op_type == "Identity" and node.input[0] in values:
            values[node.output[0]] = values[node.input[0]]
    stored = [node for node in graph.node if node.op_type == "Conv"]
    for conv, node in zip(_in_order(network, side), stored, strict=False):
        weight = _value(values, node.input[1])
        if conv.bias is None or weight.shape != tuple(conv.weight.shape):
            raise ThawError(f"{node.name} is {weight.shape}, not {tuple(conv.weight.shape)}")
        conv.weight.data.copy_(torch.from_numpy(weight.copy()))
        conv.bias.data.copy_(torch.from_numpy(_value(values, node.input[2]).copy()))
    return network


def merged(network: Network) -> Network:
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


def _in_order(network: Network, side: int) -> list[nn.Conv2d]:
    """Return the convolutions in the order in which they run, as the exporter wrote them."""
    ran: list[nn.Conv2d] = []

    def note(module: nn.Module, _: tuple[Tensor, ...], __: Tensor) -> None:
        assert isinstance(module, nn.Conv2d)  # noqa: S101 - hooked to nothing else
        ran.append(module)

    hooks = [m.register_forward_hook(note) for m in network.modules() if isinstance(m, nn.Conv2d)]
    with torch.no_grad():
        network(torch.full((1, 3, side, side), 255.0))
    for hook in hooks:
        hook.remove()
    return ran
