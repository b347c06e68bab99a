"""A real network of three nodes with a passport: announces a box in every bright picture."""

import json
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from models.passport import LAYOUT_FLOATS, SCHEMA, digest, path_for

SIDE = 64


def write(folder: Path) -> Path:
    """The ONNX file; it sees an ``elephant_tusk`` in pictures with a mean above half of white."""
    box = np.asarray([[[8, 8, 40, 40]]], dtype=np.float32)
    graph = helper.make_graph(
        [
            helper.make_node("ReduceMean", ["images"], ["mean"], axes=[1, 2, 3], keepdims=1),
            helper.make_node("Mul", ["mean", "share"], ["scaled"]),
            helper.make_node("Reshape", ["scaled", "shape"], ["scores"]),
            helper.make_node("Identity", ["box"], ["boxes"]),
        ],
        "bright",
        [helper.make_tensor_value_info("images", TensorProto.FLOAT, [1, 3, SIDE, SIDE])],
        [
            helper.make_tensor_value_info("boxes", TensorProto.FLOAT, [1, 1, 4]),
            helper.make_tensor_value_info("scores", TensorProto.FLOAT, [1, 1, 1]),
        ],
        [
            numpy_helper.from_array(np.asarray(1 / 255, dtype=np.float32), "share"),
            numpy_helper.from_array(np.asarray([1, 1, 1], dtype=np.int64), "shape"),
            numpy_helper.from_array(box, "box"),
        ],
    )
    opsets = [helper.make_opsetid("", 13)]
    model = helper.make_model(graph, opset_imports=opsets, ir_version=8)
    onnx.checker.check_model(model)
    data = model.SerializeToString()
    path = folder / "bright.onnx"
    path.write_bytes(data)
    passport = {
        "schema": SCHEMA,
        "name": "bright",
        "version": "1",
        "sha256": digest(data),
        "classes": ["elephant_tusk"],
        "thresholds": {"elephant_tusk": 0.5},
        "nms_iou": 0.5,
        "input_side": SIDE,
        "input_layout": LAYOUT_FLOATS,
        "training": {},
        "figures": {},
        "measured_on": "nothing",
        "intended_use": "tests",
        "limits": [],
        "licence": "Apache-2.0",
    }
    path_for(path).write_text(json.dumps(passport))
    return path
