"""From PyTorch to ONNX, and proof that both say the same."""

from __future__ import annotations

import io

import numpy as np
import onnx
import onnxruntime
import torch
from torch import Tensor, nn

from models.image import letterbox
from models.inference import BOXES, INPUT, SCORES
from models.splits import DEMO
from models.xray.bag import CLASSES, render

OPSET = 17
BOX_ERROR_PX_MAX = 0.05
SCORE_ERROR_MAX = 1e-3
CHECKED_PICTURES = 4
MODEL_BYTES_MAX = 8 * 1024 * 1024
"""What may be committed: a model travels to the edge over thin lines."""


class ExportError(Exception):
    """The exported graph does not say what the network says."""


class FromBytes(nn.Module):
    """The network as the edge feeds it: bytes as they were decoded, (1, H, W, 3).

    Turning and converting inside the graph costs a third of what it does outside, and the 8-bit
    twin (`quantise`) does neither.
    """

    def __init__(self, network: nn.Module) -> None:
        """Wrap a network."""
        super().__init__()
        self.network = network

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Return what the network says."""
        boxes, scores = self.network(x.permute(0, 3, 1, 2).float())
        return boxes, scores


def export(network: nn.Module, side: int) -> bytes:
    """Return the network as ONNX for a picture of `side` px; raises `ExportError` if it differs."""
    network = network.eval()
    buffer = io.BytesIO()
    example = torch.full((1, side, side, 3), 255, dtype=torch.uint8)
    torch.onnx.export(
        FromBytes(network).eval(),
        (example,),
        buffer,  # type: ignore[arg-type]  # the stubs forget that a buffer will do
        input_names=[INPUT],
        output_names=[BOXES, SCORES],
        opset_version=OPSET,
        dynamo=False,  # the newer exporter needs one more package and makes the same graph
    )
    data = buffer.getvalue()
    onnx.checker.check_model(onnx.load_from_string(data), full_check=True)
    if len(data) > MODEL_BYTES_MAX:
        message = f"the model has {len(data)} bytes, more than {MODEL_BYTES_MAX}"
        raise ExportError(message)
    _compare(network, data, side)
    return data


def _compare(network: nn.Module, data: bytes, side: int) -> None:
    session = onnxruntime.InferenceSession(data, providers=["CPUExecutionProvider"])
    for k in range(CHECKED_PICTURES):
        picture = render(DEMO[k], threat=CLASSES[k % len(CLASSES)], size=(side, side))
        square, _ = letterbox(picture.pixels, side)
        boxes, scores = session.run([BOXES, SCORES], {INPUT: square})
        with torch.no_grad():
            own_boxes, own_scores = network(torch.from_numpy(square).permute(0, 3, 1, 2).float())
        if scores.shape != own_scores.shape:
            raise ExportError(f"ONNX says {len(scores[0])} boxes, PyTorch {len(own_scores[0])}")
        box_error = float(np.abs(boxes - own_boxes.numpy()).max())
        score_error = float(np.abs(scores - own_scores.numpy()).max())
        if box_error > BOX_ERROR_PX_MAX or score_error > SCORE_ERROR_MAX:
            message = f"ONNX and PyTorch differ by {box_error} px and {score_error} in score"
            raise ExportError(message)
