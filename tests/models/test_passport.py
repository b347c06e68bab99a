"""No passport, no flight: a model runs only as what it was measured as."""

import json
from pathlib import Path

import onnx
import pytest

from models.inference import Model, Runtime
from models.passport import WILDLIFE_MODEL, Passport, PassportError, digest, load, path_for


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of the shipped model that a test may spoil."""
    path = tmp_path / "wildlife.onnx"
    path.write_bytes(WILDLIFE_MODEL.read_bytes())
    path_for(path).write_bytes(path_for(WILDLIFE_MODEL).read_bytes())
    return path


def change(model: Path, **values: object) -> None:
    """Rewrite fields of a passport."""
    path = path_for(model)
    path.write_text(json.dumps({**json.loads(path.read_text()), **values}))


def test_passport_survives_its_file() -> None:
    """Written and read again it is the same."""
    passport, _ = load(WILDLIFE_MODEL)
    assert Passport.from_json(passport.to_json()) == passport


def test_one_changed_byte_of_the_model_is_refused(copy: Path) -> None:
    """The error names both hashes."""
    data = bytearray(copy.read_bytes())
    data[len(data) // 2] ^= 1
    copy.write_bytes(data)
    with pytest.raises(PassportError, match="SHA-256"):
        Model(copy)


def test_model_without_passport_is_refused(copy: Path) -> None:
    """However good it may be."""
    path_for(copy).unlink()
    with pytest.raises(PassportError, match="passport"):
        load(copy)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("schema", "greenlane.passport/99"),
        ("classes", ["elephant_tusk"]),
        ("thresholds", {"elephant_tusk": 0.5}),
        ("input_layout", "NHWC"),
        ("input_side", 320),
        ("figures", {"any": {"detection": {"hits": 1, "of": 1, "low": 0, "high": 1}}}),
        ("surprise", 1),
        ("sha256", "0" * 64),
    ],
)
def test_passport_that_does_not_fit_is_refused(copy: Path, field: str, value: object) -> None:
    """Unknown schema, other classes, another input, a detection rate without false alarms."""
    change(copy, **{field: value})
    with pytest.raises(PassportError):
        Model(copy)


def test_passport_with_other_classes_than_the_graph_is_refused(copy: Path) -> None:
    """Even where its own numbers agree with each other."""
    change(copy, classes=["a", "b"], thresholds={"a": 0.5, "b": 0.5})
    with pytest.raises(PassportError, match="classes"):
        Model(copy)


def test_text_that_is_no_passport_is_refused() -> None:
    """Neither JSON nor object."""
    for text in ("", "[]", "null", "{}", "\x00"):
        with pytest.raises(PassportError):
            Passport.from_json(text)


def test_bytes_that_are_no_network_are_refused(copy: Path) -> None:
    """Even with a passport that has their hash."""
    copy.write_bytes(b"not a network")
    change(copy, sha256=digest(b"not a network"))
    with pytest.raises(PassportError, match="ONNX Runtime"):
        Model(copy)


def test_unknown_provider_is_refused() -> None:
    """With the names of those there are."""
    with pytest.raises(PassportError, match="CPUExecutionProvider"):
        Model(WILDLIFE_MODEL, Runtime(provider="AbacusExecutionProvider"))


def test_shipped_passport_says_what_must_be_said() -> None:
    """Simulated, not for operation, both rates per class, small enough to travel."""
    passport, data = load(WILDLIFE_MODEL)
    assert len(data) < 8 * 1024 * 1024
    assert "simulated" in passport.limits[0]
    assert "not for operational use" in passport.limits[0]
    assert "no real X-ray" in passport.training["data"]
    assert set(passport.figures) == {*passport.classes, "any"}
    for figure in passport.figures.values():
        assert figure.detection.low <= figure.detection.value <= figure.detection.high
        assert figure.false_alarm.of >= 1000
        assert "false alarms" in str(figure)
    assert onnx.load_from_string(data).producer_name == "pytorch"
