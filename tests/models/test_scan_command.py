"""`greenlane scan`: one picture, one answer, one exit code."""

import argparse
import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from greenlane import scan
from models.inference import Model
from models.passport import WILDLIFE_MODEL
from models.splits import DEMO
from models.xray.bag import render


def run(*words: str) -> int:
    """The exit code of `greenlane scan WORDS`."""
    parser = argparse.ArgumentParser()
    scan.add_parser(parser.add_subparsers())
    args = parser.parse_args(["scan", *words])
    return int(args.act(args))


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    """A scan in which the shipped model sees something."""
    model = Model(WILDLIFE_MODEL)
    for seed in DEMO[:50]:
        pixels = render(seed, threat="turtle_shell", size=(640, 480)).pixels
        if model.detect(pixels):
            path = tmp_path / "bag.png"
            cv2.imwrite(str(path), np.ascontiguousarray(pixels[..., ::-1]))
            return path
    raise AssertionError("not one shell found in fifty bags")


def test_json_has_exactly_the_promised_form(
    picture: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """One object on stdout, nothing else, nothing on stderr."""
    assert run(str(picture), "--json") == 0
    out, err = capsys.readouterr()
    said = json.loads(out)
    assert err == ""
    assert list(said) == ["model", "milliseconds", "detections"]
    assert said["model"].startswith("wildlife-")
    assert said["milliseconds"] > 0
    assert said["detections"]
    for seen in said["detections"]:
        assert list(seen) == ["class", "score", "box"]
        x1, y1, x2, y2 = seen["box"]
        assert 0 <= x1 < x2 <= 640
        assert 0 <= y1 < y2 <= 480
        assert 0 < seen["score"] < 1


def test_annotated_picture_lies_next_to_the_scan(picture: Path) -> None:
    """Same size, other pixels, the original untouched."""
    before = picture.read_bytes()
    assert run(str(picture)) == 0
    drawn = cv2.imread(str(picture.with_name("bag.scanned.png")))
    assert drawn is not None
    original = cv2.imread(str(picture))
    assert original is not None
    assert drawn.shape == original.shape
    assert not np.array_equal(drawn, original)
    assert picture.read_bytes() == before


def test_out_says_where_the_picture_goes(picture: Path, tmp_path: Path) -> None:
    """And only there."""
    out = tmp_path / "seen.png"
    assert run(str(picture), "--out", str(out)) == 0
    assert out.exists()
    assert not picture.with_name("bag.scanned.png").exists()


def test_text_names_both_rates(picture: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A detection is never shown without what it is worth."""
    run(str(picture))
    out = capsys.readouterr().out
    assert "found" in out
    assert "false alarms" in out
    assert "times as often in bags that hide one as in others" in out


@pytest.mark.parametrize("content", [None, b"", b"not a picture"])
def test_bad_file_is_one_sentence_and_code_two(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], content: bytes | None
) -> None:
    """On stderr, without a traceback, and nothing is written."""
    path = tmp_path / "bad.png"
    if content is not None:
        path.write_bytes(content)
    assert run(str(path), "--json") == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.count("\n") == 1
    assert not path.with_name("bad.scanned.png").exists()


def test_model_without_passport_is_code_two(
    picture: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A model from nowhere is not run."""
    stray = tmp_path / "stray.onnx"
    stray.write_bytes(WILDLIFE_MODEL.read_bytes())
    assert run(str(picture), "--model", str(stray)) == 2
    assert "passport" in capsys.readouterr().err
