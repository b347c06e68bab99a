"""Adapting to a scanner, in small: every step, on a network that has learnt nothing."""

import json
import sys
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

pytest.importorskip("torch", reason="PyTorch is not installed; it comes with the extra `train`")

import torch

from models.adapt import Adaptation, adapt
from models.circumstances import CONTROL
from models.export import export
from models.inference import Model, preferred, twin_of
from models.network import Network
from models.passport import CATALOGUE, load, write
from models.recipe import RECIPES, read
from models.thaw import merged, thaw
from models.train import passport_of
from models.xray.bag import CLASSES, render

pytestmark = [
    pytest.mark.train,
    pytest.mark.timeout(300),
    pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::UserWarning"),
]
SIDE, WIDTH, PICTURES = 96, 8, 24


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A network that has learnt nothing, with a passport."""
    torch.manual_seed(3)
    torch.set_num_threads(1)
    recipe = replace(read(RECIPES / "smoke.toml"), input_px=SIDE, width=WIDTH)
    path = tmp_path_factory.mktemp("model") / "small.onnx"
    onnx = export(Network(len(CLASSES), WIDTH), SIDE)
    first = {"from_step": 0, "recipe": recipe.as_dict()}
    write(path, onnx, passport_of(recipe, onnx, [first]))
    return path


@pytest.fixture(scope="module")
def benign(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Harmless pictures, named by number."""
    folder = tmp_path_factory.mktemp("benign")
    for i in range(PICTURES):
        pixels = render(400 + i, size=(128, 96)).pixels
        cv2.imwrite(str(folder / f"scan{i:04d}.png"), pixels[..., ::-1])
    return folder


def plan(model: Path, benign: Path, out: Path) -> Adaptation:
    """As small as it can be."""
    return Adaptation(
        benign=benign, out=out, model=model, steps=3, batch=2, threads=1,
        false_alarms=0.2, licence="for this test alone",
    )  # fmt: skip


def test_thawed_network_says_what_its_file_says(model: Path) -> None:
    """To the last bit that both keep."""
    passport, data = load(model)
    network = thaw(data, len(CLASSES), WIDTH, SIDE)
    square = np.random.default_rng(0).integers(0, 256, (1, SIDE, SIDE, 3), dtype=np.uint8)
    boxes, scores = Model(model).infer(square)
    with torch.no_grad():
        own_boxes, own_scores = network(torch.from_numpy(square).permute(0, 3, 1, 2).float())
    assert np.abs(boxes - own_boxes.numpy()).max() < 0.05
    assert np.abs(scores - own_scores.numpy()).max() < 1e-3
    assert passport.classes == CLASSES


def test_merging_changes_nothing_that_is_said() -> None:
    """Normalisation by constants is a convolution."""
    torch.manual_seed(1)
    network = Network(2, WIDTH).eval()
    x = torch.rand(1, 3, 64, 64) * 255
    with torch.no_grad():
        before = network(x)
        after = merged(network)(x)
    assert torch.allclose(before[1], after[1], atol=1e-5)


def test_model_is_adapted_and_its_passport_says_to_what(
    model: Path, benign: Path, tmp_path: Path
) -> None:
    """Three parts without a common picture; before and after on the third; then again, resumed."""
    out = tmp_path / "out"
    before, after, path = adapt(plan(model, benign, out))
    passport, _ = load(path)
    parts = json.loads((out / "parts.json").read_text())
    named = [name for part in parts.values() for name in part]
    assert len(named) == len(set(named)) == PICTURES
    assert before.harmless == after.harmless == len(parts["report"])
    assert after.items
    assert passport.figures == after.figures
    assert passport.adapted["steps"] == 3
    assert passport.adapted["licence_of_pictures"] == "for this test alone"
    assert "for this test alone" in passport.licence
    assert "one scanner" in passport.limits[0]
    assert passport.reference["score"].counts
    said = json.loads((out / "report.json").read_text())
    assert set(said) == {"as_it_was", "before", "after", "twin"}
    assert all(CONTROL in trial["by"] for trial in said.values())
    twin, _ = load(twin_of(path))
    assert twin.precision == "int8"
    assert twin.quantised is not None
    assert twin.quantised.from_sha256 == passport.sha256
    assert twin.quantised.figures_before == passport.figures
    assert twin.thresholds == passport.thresholds
    assert twin.adapted == passport.adapted
    assert not twin.loses_nothing  # a handful of pictures show nothing
    assert preferred(path) == path
    assert Model(path).passport.id != Model(model).passport.id
    # Done already: nothing is learnt again, and the same comes out.
    digest = passport.sha256
    _, _, path = adapt(plan(model, benign, out))
    assert load(path)[0].sha256 == digest


def test_checkpoint_of_another_run_is_refused(model: Path, benign: Path, tmp_path: Path) -> None:
    """A folder is one run's."""
    adapt(plan(model, benign, tmp_path))
    with pytest.raises(ValueError, match="another run"):
        adapt(replace(plan(model, benign, tmp_path), seed=9))


def test_what_must_not_be_is_refused(model: Path, benign: Path, tmp_path: Path) -> None:
    """Adapted weights in the catalogue, a mad rate, a handful of pictures."""
    good = plan(model, benign, tmp_path)
    with pytest.raises(ValueError, match="catalogue"):
        adapt(replace(good, out=CATALOGUE / "mine"))
    with pytest.raises(ValueError, match="share"):
        adapt(replace(good, false_alarms=16.0))
    few = tmp_path / "few"
    few.mkdir()
    cv2.imwrite(str(few / "1.png"), render(1, size=(96, 96)).pixels)
    with pytest.raises(ValueError, match="not at least"):
        adapt(replace(good, benign=few))
    assert "torch" in sys.modules
