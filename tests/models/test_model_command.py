"""`greenlane model`: what is asked, what comes out, and what is said when something is missing."""

import json
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

import cv2
import pytest

from contract.config import BadConfig
from greenlane.cli import parser
from models.xray.bag import render

SIZE = (320, 240)


def run(*words: str) -> int:
    """The exit code of `greenlane model WORDS`."""
    arguments = parser().parse_args(["model", *words])
    return int(arguments.act(arguments))


@pytest.fixture
def images(tmp_path: Path) -> Path:
    """Six harmless pictures, and one with a shell."""
    folder = tmp_path / "images"
    folder.mkdir()
    for i in range(6):
        cv2.imwrite(str(folder / f"{i}.png"), render(300 + i, size=SIZE).pixels[..., ::-1])
    shell = render(9, threat="turtle_shell", size=SIZE)
    cv2.imwrite(str(folder / "9.png"), shell.pixels[..., ::-1])
    x1, y1, x2, y2 = shell.truths[0].box
    said = {
        "images": [{"id": 0, "file_name": "9.png"}],
        "categories": [{"id": 0, "name": "turtle_shell"}],
        "annotations": [{"image_id": 0, "category_id": 0, "bbox": [x1, y1, x2 - x1, y2 - y1]}],
    }
    (tmp_path / "labels.json").write_text(json.dumps(said))
    return folder


def test_folder_is_judged_with_and_without_items(
    images: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """One JSON object on standard output; both rates, intervals, pairs, latency."""
    labels = str(images.parent / "labels.json")
    words = ("--images", str(images), "--labels", labels, "--project-items", "8", "--seed", "4")
    assert run("evaluate", *words, "--json", "-") == 0
    out = capsys.readouterr().out
    said = json.loads(out)
    assert (said["pictures"], said["harmless_pictures"]) == (7, 6)
    assert said["figures"]["any"]["false_alarms_per_bag"]["of"] == 6
    assert said["figures"]["any"]["detection"]["of"] == 1 + said["projected_items"]
    assert 6 <= said["projected_items"] <= 8
    for pair in said["items"]:
        assert {"picture", "class", "box", "score_without", "score_with"} == set(pair)
    for figure in (*said["figures"].values(), said["bags"]):
        for rate in figure.values():
            low, high = rate["interval95"]
            assert low <= rate["value"] <= high
    assert said["latency_ms"]["median"] <= said["latency_ms"]["p95"]
    assert set(said["average_precision"]) == {"ap50", "ap50_95", "ap50_per_class"}
    control = said["by"]["what is projected into harmless pictures where no item is"]
    things = [rates["false_alarms_per_bag"]["of"] for rates in control.values()]
    assert min(things) >= 2
    assert max(things) <= 4
    run("evaluate", *words, "--json", "-")
    again = json.loads(capsys.readouterr().out)
    assert again["items"] == said["items"]


def test_without_labels_and_items_there_are_false_alarms_alone(
    images: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Every picture counts as harmless, and nothing is said of detection."""
    assert run("evaluate", "--images", str(images), "--markdown", "-") == 0
    out = capsys.readouterr().out
    assert "7 pictures, 7 of them harmless" in out
    assert "none there" in out
    assert "AP50" not in out


def test_simulated_bags_are_judged_by_circumstance_and_drawn(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Thickness, overlap and distractors come from the truth; the plots are well-formed."""
    plots = tmp_path / "plots"
    assert run("evaluate", "--bags", "12", "--plots", str(plots)) == 0
    out = capsys.readouterr().out
    for what in ("thickness", "overlap", "distractor", "Reliability", "median"):
        assert what in out
    for row in out.splitlines():
        if row.startswith("| ") and "%" in row and row.count("|") == 6:
            assert row.count("[") == 2 or "none there" in row
    for name in ("curve", "reliability"):
        root = ET.fromstring((plots / f"{name}.svg").read_text())  # noqa: S314 - ours
        assert root.tag.endswith("svg")


def test_what_cannot_be_judged_is_said_in_a_sentence(tmp_path: Path) -> None:
    """An empty folder, labels that are none."""
    with pytest.raises(BadConfig, match="no PNG"):
        run("evaluate", "--images", str(tmp_path))
    with pytest.raises(BadConfig, match="no recipe"):
        run("train", str(tmp_path / "none.toml"))


@pytest.mark.parametrize("verb", [["train", "smoke"], ["adapt", "--benign", "."]])
def test_without_pytorch_the_sentence_says_what_to_install(verb: list[str]) -> None:
    """And the exit code says that something outside is missing."""
    program = (
        "import sys; sys.modules['torch'] = None; "
        f"from greenlane.__main__ import main; sys.exit(main({['model', *verb]!r}))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False, timeout=100
    )
    assert done.returncode == 3, done.stderr
    assert 'pip install "greenlane[train]"' in done.stderr
