"""Run a model on a picture: bytes → letterbox → ONNX Runtime → overlapping boxes thinned.

The one place where the network's output becomes detections, for the edge and for the figures in
the passport alike.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from models.detection import Detection, Scan
from models.features import features_of
from models.image import Letterbox, decode_for, letterbox
from models.likelihood import ratio_of
from models.passport import LAYOUT_FLOATS, Passport, PassportError, load

DETECTIONS_MAX = 50  # per picture; more is noise no officer would look through
CANDIDATES_MAX = 300  # per picture, before thinning

INPUT, BOXES, SCORES = "images", "boxes", "scores"
BATCH, CHANNELS, BOX_EDGES = 1, 3, 4


onnxruntime.disable_telemetry_events()  # what a border looks at is nobody else's business


@dataclass(frozen=True)
class Runtime:
    """How ONNX Runtime runs."""

    provider: str = "CPUExecutionProvider"
    threads: int = 1
    """Threads inside one picture: two workers of one thread beat one of two."""


class Model:
    """A network whose passport fits; safe to call from several threads."""

    def __init__(self, path: Path, runtime: Runtime | None = None) -> None:
        """Load and check; raises `PassportError` if the file is not what its passport says."""
        self.passport, data = load(path)
        self._session = _open(data, runtime or Runtime())
        _check(self._session, self.passport)
        self._floor = np.asarray(
            [self.passport.thresholds[kind] for kind in self.passport.classes], dtype=np.float32
        )

    def scan(self, data: bytes) -> Scan:
        """Return what is seen in an encoded picture; raises `PictureError` if it is none."""
        started = time.perf_counter()
        rgb, width, height = decode_for(data, self.passport.input_side)
        square, fitted = letterbox(rgb, self.passport.input_side)
        boxes, scores = self.infer(self.ready(square))
        whole = fitted.of(width, height)
        detections = _thin(boxes[0], scores[0], self._floor, self.passport, whole)
        return Scan(
            width,
            height,
            _weighed(detections, self.passport),
            self.passport.id,
            milliseconds=(time.perf_counter() - started) * 1000.0,
            weighed_on=self.passport.likelihood_on,
            loudest=float(scores.max()),
            seen=features_of(fitted.inside(square)),
        )

    def detect(self, rgb: NDArray[np.uint8], floor: float | None = None) -> tuple[Detection, ...]:
        """Return what is seen in (height, width, 3) RGB.

        `floor` replaces the passport's thresholds; only the evaluation has a reason to.
        """
        square, fitted = letterbox(rgb, self.passport.input_side)
        least = self._floor if floor is None else np.full_like(self._floor, floor)
        boxes, scores = self.infer(self.ready(square))
        return _thin(boxes[0], scores[0], least, self.passport, fitted)

    def ready(self, square: NDArray[np.uint8]) -> NDArray[Any]:
        """Return a letterbox as this network takes it: as it is, or as planes of floats."""
        if self.passport.input_layout != LAYOUT_FLOATS:
            return square
        return np.ascontiguousarray(square.transpose(0, 3, 1, 2), dtype=np.float32)

    def infer(self, ready: NDArray[Any]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Return boxes and scores of a ready input: the bare network, for who measures it."""
        boxes, scores = self._session.run([BOXES, SCORES], {INPUT: ready})
        return boxes, scores


def twin_of(path: Path) -> Path:
    """Return where the 8-bit twin of a model lies: beside it."""
    return path.with_suffix(".int8.onnx")


def preferred(path: Path) -> Path:
    """Return the model to run: the 8-bit twin where its passport shows that nothing is lost.

    A twin that is missing, spoilt, or of another model leaves the model itself.
    """
    try:
        twin, _ = load(twin_of(path))
        plain, _ = load(path)
    except PassportError:
        return path
    is_its_own = twin.quantised is not None and twin.quantised.from_sha256 == plain.sha256
    return twin_of(path) if is_its_own and twin.loses_nothing else path


def _open(data: bytes, runtime: Runtime) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = runtime.threads
    options.inter_op_num_threads = 1
    # The arena keeps the largest picture's memory for ever; a box of 1 GB has better uses for it.
    options.enable_cpu_mem_arena = False
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    available = onnxruntime.get_available_providers()
    if runtime.provider not in available:
        message = f"no provider {runtime.provider!r} here; there are {', '.join(available)}"
        raise PassportError(message)
    try:
        return onnxruntime.InferenceSession(data, options, providers=[runtime.provider])
    except Exception as error:  # ONNX Runtime's errors share no public base class
        message = f"ONNX Runtime refuses the model: {error}"
        raise PassportError(message) from error


def _check(session: onnxruntime.InferenceSession, passport: Passport) -> None:
    """Raise `PassportError` unless the graph has the input and the classes it claims."""
    side = passport.input_side
    inputs = {node.name: (list(node.shape), node.type) for node in session.get_inputs()}
    if passport.input_layout == LAYOUT_FLOATS:
        wanted = [BATCH, CHANNELS, side, side], "tensor(float)"
    else:
        wanted = [BATCH, side, side, CHANNELS], "tensor(uint8)"
    if inputs != {INPUT: wanted}:
        raise PassportError(f"the model's input is {inputs}, not {wanted}")
    outputs = {node.name: list(node.shape) for node in session.get_outputs()}
    if set(outputs) != {BOXES, SCORES}:
        message = f"the model's outputs are {sorted(outputs)}, not {BOXES} and {SCORES}"
        raise PassportError(message)
    if outputs[SCORES][-1] != len(passport.classes) or outputs[BOXES][-1] != BOX_EDGES:
        message = (
            f"the model says {outputs[SCORES][-1]} classes, its passport {len(passport.classes)}"
        )
        raise PassportError(message)


def _thin(
    boxes: NDArray[np.float32],
    scores: NDArray[np.float32],
    floor: NDArray[np.float32],
    passport: Passport,
    fitted: Letterbox,
) -> tuple[Detection, ...]:
    """Return the surest of each heap of overlapping boxes of one class, in the original's px."""
    loud = np.flatnonzero(scores >= floor)  # of a flat array: most pictures have none
    if not loud.size:
        return ()
    sure = scores.ravel()[loud]
    order = np.argsort(-sure, kind="stable")[:CANDIDATES_MAX]
    rows, kinds = np.divmod(loud[order], scores.shape[1])
    sure, boxes = sure[order], fitted.original(boxes[rows])
    kept: list[int] = []
    open_ = np.ones(len(rows), dtype=bool)
    for i in range(len(rows)):
        if not open_[i]:
            continue
        kept.append(i)
        if len(kept) == DETECTIONS_MAX:
            break
        rivals = np.flatnonzero(open_ & (kinds == kinds[i]))
        open_[rivals[overlap(boxes[i], boxes[rivals]) > passport.nms_iou]] = False
    places = boxes.tolist()
    return tuple(
        Detection(passport.classes[kinds[i]], float(sure[i]), tuple(places[i])) for i in kept
    )


def _weighed(detections: tuple[Detection, ...], passport: Passport) -> tuple[Detection, ...]:
    """Return them with the likelihood ratio of the loudest of each class.

    Only that one: what the passport weighs is a bag by its loudest box, and a second box of the
    class would count the same evidence twice.
    """
    loudest = {one.kind: i for i, one in reversed(tuple(enumerate(detections)))}
    return tuple(
        replace(one, likelihood=ratio_of(passport.likelihood.get(one.kind, ()), one.score))
        if loudest[one.kind] == i
        else one
        for i, one in enumerate(detections)
    )


def overlap(box: NDArray[np.float32], others: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the intersection over union of one box (4,) with others (n, 4)."""
    low = np.maximum(box[:2], others[:, :2])
    high = np.minimum(box[2:], others[:, 2:])
    shared = np.prod(np.clip(high - low, 0.0, None), axis=1)
    area = np.prod(box[2:] - box[:2]) + np.prod(others[:, 2:] - others[:, :2], axis=1) - shared
    return np.asarray(shared / np.maximum(area, 1e-6), dtype=np.float32)
