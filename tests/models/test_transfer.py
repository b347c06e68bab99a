"""What weights are worth on other pictures: on simulated bags, with a network of a few weights."""

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

pytest.importorskip("torch", reason="PyTorch is not installed; it comes with the extra `train`")

import torch

from models.blocks import parts_of
from models.costs import of_first
from models.examples import Examples
from models.graft import begun, settle
from models.inference import Model
from models.labelled import Folder
from models.network import Network
from models.passport import CATALOGUE
from models.precision import Precision
from models.transfer import Transfer, transfer
from models.tuning import Pace, Tuning
from models.xray.bag import render

pytestmark = [
    pytest.mark.train,
    pytest.mark.timeout(300),
    pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::UserWarning"),
]
SIDE, WIDTH, PICTURES = 96, 8, 20
KINDS = ("bird", "elephant_tusk")


@pytest.fixture(scope="module")
def labelled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Simulated bags of two sources, 1 and 2, with YOLO labels."""
    folder = tmp_path_factory.mktemp("labelled")
    for name in ("images", "labels"):
        (folder / name).mkdir()
    (folder / "classes.txt").write_text("\n".join(KINDS))
    for i in range(PICTURES):
        picture = render(700 + i, threat=KINDS[i % 2], size=(128, 96))
        stem = f"{1 + i // (PICTURES // 2)}{i:03d}"
        cv2.imwrite(str(folder / "images" / f"{stem}.png"), picture.pixels[..., ::-1])
        lines = []
        for truth in picture.truths:
            x1, y1, x2, y2 = np.asarray(truth.box) / (128, 96, 128, 96)
            shares = ((x1 + x2) / 2, (y1 + y2) / 2, x2 - x1, y2 - y1)
            lines.append(f"{KINDS.index(truth.kind)} " + " ".join(f"{v:.5f}" for v in shares))
        (folder / "labels" / f"{stem}.txt").write_text("\n".join(lines))
    return folder


def plan(labelled: Path, out: Path, **more: object) -> Transfer:
    """As small as it can be."""
    said: dict[str, object] = {
        "images": labelled / "images", "labels": labelled / "labels",
        "classes": labelled / "classes.txt", "out": out, "side": SIDE, "width": WIDTH,
        "steps": 4, "batch": 2, "learning_rate": 1e-4, "is_half": False,
        "licence": "for this test alone",
    }  # fmt: skip
    return Transfer(**(said | more))  # type: ignore[arg-type]


def examples(labelled: Path) -> Examples:
    """All of them; crops for two steps."""
    folder = Folder.open(labelled / "images", labelled / "labels", labelled / "classes.txt")
    return Examples.of(folder.samples(KINDS), KINDS, SIDE, 64, 2)


def test_what_is_learnt_from_is_not_judged_by(labelled: Path, tmp_path: Path) -> None:
    """Blocks of successive names; the outcome counts both, and the model carries its licence."""
    outcome = transfer(plan(labelled, tmp_path))
    names = sorted(path.name for path in (labelled / "images").iterdir())
    parts = parts_of(names)
    assert outcome.learnt == len(parts.fit) + len(parts.calibrate)
    assert outcome.judged == len(parts.report)
    assert outcome.boxes >= outcome.judged
    assert outcome.ap50.low <= outcome.ap50.value <= outcome.ap50.high
    assert set(outcome.ap50_of) <= set(KINDS)
    assert set(outcome.by_source) == {"1", "2"}
    model = Model(tmp_path / "transfer.onnx")
    assert model.passport.classes == KINDS
    assert "for this test alone" in model.passport.licence
    said = json.loads((tmp_path / "outcome.json").read_text())
    assert said["outcome"]["steps"] == 4
    assert str(labelled) not in json.dumps(said)


def test_runs_differ_in_their_beginning_alone(labelled: Path, tmp_path: Path) -> None:
    """The heads of other classes are left behind, everything else comes along."""
    torch.manual_seed(5)
    other = Network(3, WIDTH)
    torch.save({"average": other.state_dict()}, tmp_path / "other.pt")
    network = begun(tmp_path / "other.pt", KINDS, width=1)
    assert network.state_dict()["heads.0.kind_out.weight"].shape[0] == len(KINDS)
    for name, value in other.state_dict().items():
        if "kind_out" not in name and "silhouette" not in name:
            assert torch.equal(network.state_dict()[name], value), name
    out = tmp_path / "grafted"
    first = transfer(plan(labelled, out, begin_with=tmp_path / "other.pt"))
    again = begun(out / "weights.pt", KINDS, WIDTH)
    kept = torch.load(out / "weights.pt", weights_only=True)["average"]
    assert all(torch.equal(value, kept[name]) for name, value in again.state_dict().items())
    assert (first.steps, first.gain) == (4, None)


def test_finished_run_is_judged_again_and_beside_another(labelled: Path, tmp_path: Path) -> None:
    """Nothing is learnt again, and over itself nothing is gained."""
    once = transfer(plan(labelled, tmp_path))
    again = transfer(plan(labelled, tmp_path, beside=tmp_path))
    assert again.ap50 == once.ap50
    assert again.gain == Precision(0.0, 0.0, 0.0)


def test_weights_that_are_none_of_ours_are_refused(tmp_path: Path) -> None:
    """Rather than a network of which half was drawn by chance."""
    torch.save({"average": {"layer1.weight": torch.zeros(1)}}, tmp_path / "x.pt")
    with pytest.raises(ValueError, match="no weights of ours"):
        begun(tmp_path / "x.pt", KINDS, WIDTH)


def tuning(pace: Pace, folder: Path) -> Tuning:
    """The run in a folder: afresh, or where it was."""
    network = Network(len(KINDS), WIDTH)
    return Tuning(network, of_first(network), pace, folder, "one")


def test_killed_run_goes_on_where_it_was(labelled: Path, tmp_path: Path) -> None:
    """Half now, half later, is the whole: to the last bit."""
    lessons, pace = examples(labelled), Pace(0.0, 4, 2, threads=1)
    ends = []
    for name in ("whole", "halves"):
        (tmp_path / name).mkdir()
        torch.manual_seed(1)
        run = tuning(pace, tmp_path / name)
        if name == "halves":
            run.network.train()
            for step in range(2):
                run.advance(lessons.batch([1, step], 2, SIDE))
            run.save()
            run = tuning(pace, tmp_path / name)
            assert run.step == 2
        run.run(lessons, SIDE, 1)
        ends.append(run.network)
    for one, other in zip(*(end.parameters() for end in ends), strict=True):
        assert torch.equal(one, other)


def test_first_lessons_are_crops_and_boxes_stand_for_outlines(labelled: Path) -> None:
    """The same seed makes the same batch; a filled box says its class, plus one."""
    lessons = examples(labelled)
    early, late = lessons.batch([1, 1], 8, SIDE), lessons.batch([1, 2], 8, SIDE)
    assert early.pixels.shape[-1] == 64
    assert late.pixels.shape[-1] == SIDE
    assert np.array_equal(late.pixels, lessons.batch([1, 2], 8, SIDE).pixels)
    for truths, outline in zip(late.truths, late.silhouettes, strict=True):
        known = truths[truths[:, 0] >= 0]
        smallest = min(known, key=lambda k: (k[3] - k[1]) * (k[4] - k[2]))
        column, row = ((smallest[1:3] + smallest[3:5]) / 2 // 8).astype(int)
        assert outline[row, column] == 1 + int(smallest[0])
        assert set(np.unique(outline)) <= {0, *(1 + int(kind) for kind in known[:, 0])}


def test_settling_changes_normalisations_alone(labelled: Path) -> None:
    """What unlabelled pictures can do: no weight moves."""
    torch.manual_seed(2)
    network = Network(len(KINDS), WIDTH)
    before = {name: value.clone() for name, value in network.state_dict().items()}
    settle(network, examples(labelled).pictures)
    moved = {n for n, v in network.state_dict().items() if not torch.equal(v, before[n])}
    assert moved
    assert all("running" in name or "num_batches" in name for name in moved)


def test_unseen_source_is_left_out_and_judged_alone(labelled: Path, tmp_path: Path) -> None:
    """A source is how names begin; all of its pictures but the learnt ones may be judged by."""
    unseen = transfer(
        plan(labelled, tmp_path / "unseen", without="2", judge_only="2",
             learn=("fit", "calibrate"), judge=("calibrate", "report"))
    )  # fmt: skip
    assert unseen.learnt <= PICTURES // 2
    assert unseen.by_source == {}


def test_handful_of_pictures_settles_nothing(labelled: Path, tmp_path: Path) -> None:
    """Means and variances of so few would make a network cry everywhere."""
    with pytest.raises(ValueError, match="to settle to"):
        transfer(plan(labelled, tmp_path, norms_only=True, only="2", judge_only="2"))


def test_what_must_not_be_is_refused(labelled: Path, tmp_path: Path) -> None:
    """Judging by what was learnt, the catalogue, nothing to learn from."""
    with pytest.raises(ValueError, match="both learnt from and judged"):
        transfer(plan(labelled, tmp_path, judge=("fit",)))
    with pytest.raises(ValueError, match="catalogue"):
        transfer(plan(labelled, CATALOGUE / "mine"))
    with pytest.raises(ValueError, match="no picture to learn from"):
        transfer(plan(labelled, tmp_path, only="9"))
    with pytest.raises(ValueError, match="the parts are"):
        transfer(plan(labelled, tmp_path, judge=("rest",)))
