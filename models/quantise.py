"""Round a model to 8 bits: static, QDQ, calibrated on pictures; the last layers stay as they are.

Boxes are pixels and scores lie near 0: rounding what makes them costs more than it saves, so that
everything from the last convolutions on keeps its 32 bits.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
import onnx
from numpy.typing import NDArray
from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static
from onnxruntime.quantization.shape_inference import quant_pre_process

from models.image import letterbox
from models.inference import INPUT

ROUNDED = ("Conv", "Relu", "Add", "Concat", "MaxPool", "Resize", "Mul")


class _Pictures(CalibrationDataReader):  # type: ignore[misc]  # the library has no types
    """Pictures as the network gets them."""

    def __init__(self, pictures: Iterable[NDArray[np.uint8]], side: int) -> None:
        self._planes: Iterator[NDArray[np.float32]] = (letterbox(p, side)[0] for p in pictures)

    def get_next(self) -> dict[str, NDArray[np.float32]] | None:
        """Return the next, or None when there is no more."""
        planes = next(self._planes, None)
        return None if planes is None else {INPUT: planes}


def quantise(data: bytes, side: int, pictures: Iterable[NDArray[np.uint8]]) -> bytes:
    """Return the model rounded to 8 bits; `pictures` say how far its activations reach."""
    with tempfile.TemporaryDirectory(prefix="greenlane-int8-") as directory:
        plain, ready, rounded = (Path(directory, f"{name}.onnx") for name in ("a", "b", "c"))
        plain.write_bytes(data)
        # Every shape is fixed; the symbolic way would need one more package.
        quant_pre_process(str(plain), str(ready), skip_symbolic_shape=True)
        graph = onnx.load(str(ready)).graph
        quantize_static(
            str(ready),
            str(rounded),
            _Pictures(pictures, side),
            quant_format=QuantFormat.QDQ,
            per_channel=True,
            activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8,
            op_types_to_quantize=list(ROUNDED),
            nodes_to_exclude=_last(graph),
        )
        return rounded.read_bytes()


def _last(graph: onnx.GraphProto) -> list[str]:
    """Return the names of the nodes after which there is no other convolution."""
    takers: dict[str, list[onnx.NodeProto]] = {}
    for node in graph.node:
        for name in node.input:
            takers.setdefault(name, []).append(node)
    leads: dict[str, bool] = {}
    for node in reversed(graph.node):  # the file is in topological order
        after = [taker for name in node.output for taker in takers.get(name, [])]
        leads[node.name] = any(t.op_type == "Conv" or leads[t.name] for t in after)
    return [name for name, is_before in leads.items() if not is_before]
