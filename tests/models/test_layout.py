"""What a network takes: the bytes of a picture as they were decoded, in 32 bits and in 8."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import pytest

pytest.importorskip("torch", reason="PyTorch is not installed; it comes with the extra `train`")

import torch

from models.export import export
from models.image import letterbox
from models.inference import Model
from models.network import Network
from models.passport import LAYOUT, PassportError, digest, write
from models.quantise import quantise
from models.recipe import RECIPES, read
from models.train import passport_of
from models.xray.bag import CLASSES, render

pytestmark = [
    pytest.mark.train,
    pytest.mark.timeout(120),
    pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::UserWarning"),
]
SIDE, WIDTH = 96, 8


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A network that has learnt nothing, and its 8-bit twin."""
    torch.manual_seed(5)
    torch.set_num_threads(1)
    recipe = replace(read(RECIPES / "smoke.toml"), input_px=SIDE, width=WIDTH)
    plain = export(Network(len(CLASSES), WIDTH), SIDE)
    rounded = quantise(plain, SIDE, (render(900 + i, size=(SIDE, SIDE)).pixels for i in range(4)))
    folder = tmp_path_factory.mktemp("models")
    paths = {name: folder / f"{name}.onnx" for name in ("float32", "int8")}
    for (precision, path), data in zip(paths.items(), (plain, rounded), strict=True):
        passport = passport_of(recipe, data, [])
        write(path, data, replace(passport, sha256=digest(data), precision=precision))
    return paths


def test_graphs_take_bytes_as_they_were_decoded(models: dict[str, Path]) -> None:
    """Both, so that nothing outside turns or converts a picture."""
    for path in models.values():
        model = Model(path)
        square, _ = letterbox(render(1, size=(80, 60)).pixels, SIDE)
        assert model.passport.input_layout == LAYOUT
        assert model.ready(square) is square


def test_eight_bits_go_into_the_first_convolution_without_a_float(models: dict[str, Path]) -> None:
    """Nothing but a turn lies between the input and the bytes that are multiplied."""
    graph = onnx.load(str(models["int8"])).graph
    ways, names = [], ["images"]
    while names:
        name = names.pop()
        takers = [node for node in graph.node if name in node.input]
        ways += [node.op_type for node in takers]
        names += [out for node in takers if node.op_type != "Conv" for out in node.output]
    assert ways == ["Transpose", "DequantizeLinear", "Conv"]
    used = {name for node in graph.node for name in node.input}
    assert all(one.name in used for one in graph.initializer)


def test_rounded_network_says_nearly_the_same(models: dict[str, Path]) -> None:
    """White, black and a bag: the first layer's rounding costs nothing, for bytes are steps."""
    plain, twin = Model(models["float32"]), Model(models["int8"])
    white = np.full((SIDE, SIDE, 3), 255, dtype=np.uint8)
    for pixels in (white, white * 0, render(3, size=(SIDE, SIDE)).pixels):
        (boxes, scores), (near, like) = (model.infer(pixels[None]) for model in (plain, twin))
        assert np.abs(scores - like).max() < 0.01
        assert np.median(np.abs(boxes - near)) < 1.0


def test_passport_of_another_layout_is_refused(models: dict[str, Path], tmp_path: Path) -> None:
    """A graph that takes bytes is not fed floats, whatever the passport claims."""
    data = models["float32"].read_bytes()
    passport = Model(models["float32"]).passport
    path = tmp_path / "other.onnx"
    write(path, data, replace(passport, input_layout="NCHW float32 RGB 0..255, white letterbox"))
    with pytest.raises(PassportError, match="input"):
        Model(path)
