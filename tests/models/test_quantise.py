"""Eight bits: small, nearly the same, run only where the passport shows that nothing is lost."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("onnx", reason="onnx is not installed; it comes with the extra `train`")

from models.evaluation import wilson
from models.inference import Model, overlap, preferred, twin_of
from models.passport import WILDLIFE_MODEL, Passport, Quantised, digest, load, path_for
from models.quantise import quantise
from models.rates import Figure
from models.splits import DEMO
from models.xray.bag import render

pytestmark = pytest.mark.timeout(200)


def write(path: Path, onnx: bytes, passport: Passport) -> None:
    """A model and its passport."""
    path.write_bytes(onnx)
    path_for(path).write_text(passport.to_json())


@pytest.fixture(scope="module")
def rounded() -> bytes:
    """The shipped model in 8 bits."""
    passport, data = load(WILDLIFE_MODEL)
    pictures = (render(DEMO[800_000 + i]).pixels for i in range(6))
    return quantise(data, passport.input_side, pictures)


def beside(folder: Path, rounded: bytes, *, found: int, of: int = 1000) -> Path:
    """The shipped model with a twin that found so many of a thousand; the model itself 800."""
    passport, data = load(WILDLIFE_MODEL)

    def figures(hits: int) -> dict[str, Figure]:
        """The same for every class."""
        figure = Figure(wilson(min(hits, of), of), wilson(1, of))
        return dict.fromkeys((*passport.classes, "any"), figure)

    path = folder / "wildlife.onnx"
    write(path, data, passport)
    twin = replace(
        passport,
        sha256=digest(rounded),
        precision="int8",
        figures=figures(found),
        quantised=Quantised(passport.sha256, figures(800)),
    )
    write(twin_of(path), rounded, twin)
    return path


def test_twin_is_small_and_says_nearly_the_same(tmp_path: Path, rounded: bytes) -> None:
    """Less than half the size; what is sure lies where it lay, and is nearly as sure."""
    path = beside(tmp_path, rounded, found=800)
    assert len(rounded) < 0.45 * path.stat().st_size
    plain, twin = Model(path), Model(twin_of(path))
    assert twin.passport.precision == "int8"
    covered, off = [], []
    for seed in DEMO[810_000:810_004]:
        side = plain.passport.input_side
        square = render(seed, threat="turtle_shell", size=(side, side)).pixels[None]
        (boxes, scores), (near, like) = (m.infer(m.ready(square)) for m in (plain, twin))
        for box, score in zip(boxes[0], scores[0], strict=True):
            if score.max() > 0.5:
                shared = overlap(box, near[0])
                at = int(shared.argmax())
                covered.append(float(shared[at]))
                off.append(float(np.abs(like[0, at] - score).max()))
    assert len(off) >= 3
    assert np.median(covered) > 0.7
    assert np.median(off) < 0.15


def test_twin_runs_where_nothing_is_lost(tmp_path: Path, rounded: bytes) -> None:
    """At most one point, and intervals that overlap."""
    assert preferred(beside(tmp_path, rounded, found=795)).name == "wildlife.int8.onnx"


def test_twin_that_loses_more_than_a_point_does_not_run(tmp_path: Path, rounded: bytes) -> None:
    """Though the intervals still overlap."""
    assert preferred(beside(tmp_path, rounded, found=780)).name == "wildlife.onnx"


def test_twin_judged_by_few_bags_does_not_run(tmp_path: Path, rounded: bytes) -> None:
    """Where everything overlaps nothing is shown."""
    assert preferred(beside(tmp_path, rounded, found=98, of=100)).name == "wildlife.onnx"


def test_twin_of_another_model_or_spoilt_does_not_run(tmp_path: Path, rounded: bytes) -> None:
    """The model itself does."""
    path = beside(tmp_path, rounded, found=800)
    twin, _ = load(twin_of(path))
    assert twin.quantised is not None
    stranger = replace(twin, quantised=replace(twin.quantised, from_sha256="0" * 64))
    path_for(twin_of(path)).write_text(stranger.to_json())
    assert preferred(path) == path
    path_for(twin_of(path)).write_text(twin.to_json())
    assert preferred(path) == twin_of(path)
    twin_of(path).write_bytes(rounded + b"\0")
    assert preferred(path) == path


def test_passport_of_a_twin_survives_its_file(tmp_path: Path, rounded: bytes) -> None:
    """With the figures before rounding in it."""
    passport, _ = load(twin_of(beside(tmp_path, rounded, found=800)))
    assert Passport.from_json(passport.to_json()) == passport
    assert passport.loses_nothing
