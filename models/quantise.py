"""Round a model to 8 bits: static, QDQ, calibrated on pictures; the last layers stay as they are.

Boxes are pixels and scores lie near 0: rounding what makes them costs more than it saves, so that
everything from the last convolutions on keeps its 32 bits. A picture has 8 bits to begin with: the
first convolution takes its bytes as they are, and nothing of it ever becomes a float.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static
from onnxruntime.quantization.shape_inference import quant_pre_process

from models.image import letterbox
from models.inference import INPUT

WHITE_LEVEL = 255
STEP = 1.0 / WHITE_LEVEL
"""Of a byte, in what the first convolution sees: white is 0 there, black is 1 (`network`)."""
ROUNDED = ("Conv", "Relu", "Add", "Concat", "MaxPool", "Resize", "Mul")


class _Pictures(CalibrationDataReader):  # type: ignore[misc]  # the library has no types
    """Pictures as the network gets them."""

    def __init__(
        self, pictures: Iterable[NDArray[np.uint8]], side: int, *, as_floats: bool
    ) -> None:
        squares = (letterbox(picture, side)[0] for picture in pictures)
        self._ready: Iterator[NDArray[Any]] = map(_planes, squares) if as_floats else squares

    def get_next(self) -> dict[str, NDArray[Any]] | None:
        """Return the next, or None when there is no more."""
        ready = next(self._ready, None)
        return None if ready is None else {INPUT: ready}


def _planes(square: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return a picture as networks of the older layout take it."""
    return np.ascontiguousarray(square.transpose(0, 3, 1, 2), dtype=np.float32)


def quantise(data: bytes, side: int, pictures: Iterable[NDArray[np.uint8]]) -> bytes:
    """Return the model rounded to 8 bits; `pictures` say how far its activations reach."""
    with tempfile.TemporaryDirectory(prefix="greenlane-int8-") as directory:
        plain, ready, rounded = (Path(directory, f"{name}.onnx") for name in ("a", "b", "c"))
        plain.write_bytes(data)
        # Every shape is fixed; the symbolic way would need one more package.
        quant_pre_process(str(plain), str(ready), skip_symbolic_shape=True)
        graph = onnx.load(str(ready)).graph
        takes_bytes = graph.input[0].type.tensor_type.elem_type == onnx.TensorProto.UINT8
        # A byte's steps, exactly, whether or not a calibration picture has a black spot.
        as_bytes = {
            "quant_type": QuantType.QUInt8,
            "scale": np.asarray([STEP], dtype=np.float32),
            "zero_point": np.asarray([0], dtype=np.uint8),
        }
        quantize_static(
            str(ready),
            str(rounded),
            _Pictures(pictures, side, as_floats=not takes_bytes),
            quant_format=QuantFormat.QDQ,
            per_channel=True,
            activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8,
            op_types_to_quantize=list(ROUNDED),
            nodes_to_exclude=_last(graph),
            extra_options={"TensorQuantOverrides": {_conv(graph).input[0]: [as_bytes]}},
        )
        return _from_bytes(rounded.read_bytes()) if takes_bytes else rounded.read_bytes()


def _conv(graph: onnx.GraphProto) -> onnx.NodeProto:
    """Return the first convolution."""
    node: onnx.NodeProto = next(node for node in graph.node if node.op_type == "Conv")
    return node


def _from_bytes(data: bytes) -> bytes:
    """Return the rounded model without the floats between a picture and its first convolution.

    `1 - x / 255` rounded to steps of 1/255 is `255 - x`. So the bytes themselves are taken, 255
    standing for 0, and the weights change their sign; what is padded is white, as before.
    """
    model = onnx.load_from_string(data)
    graph = model.graph
    makers = {name: node for node in graph.node for name in node.output}
    constants = {one.name: one for one in graph.initializer}
    conv = _conv(graph)
    read, weight = makers[conv.input[0]], makers[conv.input[1]]
    rounds = makers[read.input[0]]
    name = rounds.input[0]
    # The second stage samples the picture itself, in floats and with its own sign.
    for node in graph.node:
        if node is not conv:
            for i, taken in enumerate(node.input):
                if taken == read.output[0]:
                    node.input[i] = name
    graph.node.remove(rounds)
    while name != INPUT and not any(name in node.input for node in graph.node):
        node = makers[name]
        graph.node.remove(node)
        name = next(one for one in node.input if one == INPUT or one in makers)
    turned, white = "bytes", "white"
    graph.initializer.append(onnx.numpy_helper.from_array(np.asarray(WHITE_LEVEL, np.uint8), white))
    read.input[0], read.input[2] = turned, white
    stored = constants[weight.input[0]]
    stored.CopyFrom(onnx.numpy_helper.from_array(-onnx.numpy_helper.to_array(stored), stored.name))
    graph.node.insert(
        0, onnx.helper.make_node("Transpose", [INPUT], [turned], turned, perm=[0, 3, 1, 2])
    )
    used = {name for node in graph.node for name in node.input}
    for one in [one for one in graph.initializer if one.name not in used]:
        graph.initializer.remove(one)
    del graph.value_info[:]  # of tensors that are gone
    onnx.checker.check_model(model, full_check=True)
    return bytes(model.SerializeToString())


def _last(graph: onnx.GraphProto) -> list[str]:
    """Return the names of the nodes after which no other convolution takes what is rounded."""
    takers: dict[str, list[onnx.NodeProto]] = {}
    for node in graph.node:
        for name in node.input:
            takers.setdefault(name, []).append(node)
    leads: dict[str, bool] = {}
    for node in reversed(graph.node):  # the file is in topological order
        after = [taker for name in node.output for taker in takers.get(name, [])]
        leads[node.name] = any(
            t.op_type == "Conv" or (t.op_type in ROUNDED and leads[t.name]) for t in after
        )
    return [name for name, is_before in leads.items() if not is_before]
