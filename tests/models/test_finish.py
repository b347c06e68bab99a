"""What a trained model gets at the end: likelihood ratios, histograms, an 8-bit twin."""

from pathlib import Path

import pytest

pytest.importorskip("torch", reason="PyTorch is not installed; it comes with the extra `train`")

from models.finish import finish
from models.inference import twin_of
from models.passport import WILDLIFE_MODEL, load, path_for

pytestmark = [pytest.mark.train, pytest.mark.timeout(300)]


def test_model_and_twin_are_measured_by_the_same_bags(tmp_path: Path) -> None:
    """At the same thresholds; both passports fit their files, and an old one is enough to begin."""
    path = tmp_path / "wildlife.onnx"
    path.write_bytes(WILDLIFE_MODEL.read_bytes())
    path_for(path).write_bytes(path_for(WILDLIFE_MODEL).read_bytes())
    told = finish(path, tune_bags=16, test_bags=12)
    (plain, _), (twin, _) = load(path), load(twin_of(path))
    assert twin == told
    assert twin.thresholds == plain.thresholds
    assert twin.precision == "int8"
    assert twin.quantised is not None
    assert twin.quantised.from_sha256 == plain.sha256
    assert twin.quantised.figures_before == plain.figures
    assert not twin.loses_nothing  # a dozen bags show nothing
    for passport in (plain, twin):
        assert sum(passport.reference["score"].counts) == 8
        assert "12 simulated bags" in passport.measured_on
        assert passport.likelihood == {}  # too few of a kind to say anything
