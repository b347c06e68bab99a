"""What weights are worth on other pictures: learn labelled ones from scratch, or from the weights.

    python -m models.transfer --images DIR --labels DIR --classes FILE --out DIR
        [--begin-with CHECKPOINT.pt] [--steps N] [--learning-rate R] [--seed S] [--licence TEXT]
        [--learn fit,calibrate] [--judge report] [--rehearse]
        [--without SOURCE | --only SOURCE] [--judge-only SOURCE] [--norms-only] [--beside RUN]

    pictures ─▶ blocks of successive ids ─▶ learn (fit, calibrate) ─▶ export ─┐
                                       └──▶ judge (report) ───────────────────┴─▶ AP50, interval

Two runs that differ in `--begin-with` alone see the same pictures in the same order; `--beside RUN`
(the `--out` of an earlier one) says how much is gained over it, on the same pictures. `--rehearse`
learns from `fit` and judges on `calibrate`: by it a learning rate is chosen without a look at
`report`. A source is how names begin: `4` is every picture whose name begins with 4. `--norms-only`
takes no step and reads no label: the means and variances of the normalisations alone are taken
anew from the pictures. A killed run goes on where it was. What comes out is for measuring; its
passport names the pictures' licence, and it is never written into the catalogue.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import torch

from models.blocks import parts_of
from models.costs import of_first
from models.evaluation import Look
from models.examples import Examples
from models.export import export
from models.graft import begun, settle
from models.inference import Model
from models.labelled import Folder
from models.passport import CATALOGUE, LAYOUT, SCHEMA, Figure, Passport, digest, write
from models.precision import Precision, gained, precisions
from models.provenance import revision, source_digest
from models.rates import wilson
from models.tuning import Pace, Tuning

MODEL = "transfer.onnx"
PARTS = ("fit", "calibrate", "report")
FLOOR = 0.001  # the least score that counts for an average precision
NMS_IOU = 0.5
CROP_SHARE = 0.75  # side of a crop, of a picture's
CROPS_STEPS_SHARE = 0.6  # of the steps learn from crops: over half as dear, no less to see


@dataclass(frozen=True, kw_only=True)
class Transfer:
    """What is asked for."""

    images: Path
    labels: Path
    classes: Path | None
    out: Path
    begin_with: Path | None = None
    """A checkpoint of `models.train` or of another transfer; None: from scratch."""
    steps: int = 1000
    batch: int = 16
    learning_rate: float = 3e-3
    side: int = 256
    width: int = 16
    """Of a network from scratch; one that is begun with has its own."""
    seed: int = 1
    threads: int = 1
    is_half: bool = True
    learn: tuple[str, ...] = ("fit", "calibrate")
    judge: tuple[str, ...] = ("report",)
    without: str = ""
    only: str = ""
    judge_only: str = ""
    norms_only: bool = False
    beside: Path | None = None
    """Another run's folder: what is gained over it is said."""
    licence: str = "not stated"
    """Of the pictures."""


@dataclass(frozen=True)
class Outcome:
    """What came out."""

    ap50: Precision
    ap50_of: dict[str, float]
    """Per class that is there."""
    by_source: dict[str, Precision]
    """By the first character of the name, where that tells several sources apart."""
    gain: Precision | None
    """AP50 less that of the run beside."""
    learnt: int
    judged: int
    boxes: int
    """Labelled things in the pictures that were judged."""
    steps: int
    minutes: float
    """Of learning: processor time, since the machine may be shared; from the last kill on."""


@dataclass(frozen=True)
class _Ground:
    folder: Folder
    kinds: tuple[str, ...]
    learnt: tuple[int, ...]
    judged: tuple[int, ...]


def transfer(plan: Transfer) -> Outcome:
    """Learn and judge; raises `ValueError` if a folder or a plan will not do."""
    ground = _opened(plan)
    plan.out.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(plan.seed)
    network = begun(plan.begin_with, ground.kinds, plan.width)
    started, steps = time.process_time(), 0
    if plan.norms_only:
        settle(network, _examples(plan, ground).pictures)
    else:
        pace = Pace(0.0, plan.steps, plan.batch, plan.learning_rate, plan.threads)
        cost = of_first(network, is_half=plan.is_half)
        tuning = Tuning(network, cost, pace, plan.out, _identity(plan, ground))
        tuning.run(_examples(plan, ground), plan.side, plan.seed)
        steps = tuning.step
    minutes = (time.process_time() - started) / 60.0
    state = {"classes": list(ground.kinds), "average": network.state_dict()}
    torch.save(state, plan.out / "weights.pt")
    onnx = export(network, plan.side)
    path = plan.out / MODEL
    write(path, onnx, _passport(plan, ground, onnx))
    outcome = _judged(path, plan.beside, ground, steps, minutes)
    said = {"plan": _as_dict(plan), "outcome": asdict(outcome)}
    (plan.out / "outcome.json").write_text(json.dumps(said, indent=1), encoding="utf-8")
    return outcome


def _opened(plan: Transfer) -> _Ground:
    if plan.out.resolve().is_relative_to(CATALOGUE.resolve()):
        raise ValueError("the catalogue holds models trained on simulated bags alone: other --out")
    if not set(plan.learn) | set(plan.judge) <= set(PARTS):
        raise ValueError(f"the parts are {', '.join(PARTS)}")
    folder = Folder.open(plan.images, plan.labels, plan.classes)
    kinds = tuple(sorted({kind for said in folder.labels.values() for kind, _, _ in said}))
    if not kinds:
        raise ValueError(f"{plan.labels}: no box in it")
    names = [path.name for path in folder.pictures]
    parts = asdict(parts_of(names))
    learnt, judged = (
        [place for part in chosen for place in parts[part]] for chosen in (plan.learn, plan.judge)
    )
    if plan.without:
        learnt = [i for i in learnt if not names[i].startswith(plan.without)]
    learnt = [i for i in learnt if names[i].startswith(plan.only)]
    judged = [i for i in judged if names[i].startswith(plan.judge_only)]
    if set(learnt) & set(judged):
        raise ValueError("some pictures would be both learnt from and judged by")
    if not (learnt and judged):
        raise ValueError("there is no picture to learn from, or none to judge by")
    return _Ground(folder, kinds, tuple(sorted(learnt)), tuple(sorted(judged)))


def _examples(plan: Transfer, ground: _Ground) -> Examples:
    samples = ground.folder.samples(ground.kinds, ground.learnt)
    crop = round(plan.side * CROP_SHARE / 32) * 32
    crops_until = round(plan.steps * CROPS_STEPS_SHARE)
    return Examples.of(samples, ground.kinds, plan.side, crop, crops_until)


def _looked(path: Path, ground: _Ground) -> list[Look]:
    model = Model(path)
    return [
        Look(sample.truths, model.detect(sample.pixels, FLOOR), sample.name)
        for sample in ground.folder.samples(ground.kinds, ground.judged)
    ]


def _judged(
    path: Path, beside: Path | None, ground: _Ground, steps: int, minutes: float
) -> Outcome:
    looks = _looked(path, ground)
    found = precisions(looks, ground.kinds)
    sources = sorted({Path(one.name).name[0] for one in looks})
    parts = {s: [one for one in looks if Path(one.name).name[0] == s] for s in sources}
    by_source = {s: precisions(part, ground.kinds) for s, part in parts.items()}
    if len(parts) == 1:
        by_source = {}
    gain = gained(_looked(beside / MODEL, ground), looks, ground.kinds) if beside else None
    return Outcome(
        gain=gain,
        ap50=found["ap50"],
        ap50_of=found["ap50_of"],
        by_source={s: said["ap50"] for s, said in by_source.items() if said},
        learnt=len(ground.learnt),
        judged=len(looks),
        boxes=sum(len(one.truths) for one in looks),
        steps=steps,
        minutes=minutes,
    )


def _as_dict(plan: Transfer) -> dict[str, Any]:
    """Return the plan for a file: folders by their names, since no other machine has ours."""
    return {k: v.name if isinstance(v, Path) else v for k, v in asdict(plan).items()}


def _identity(plan: Transfer, ground: _Ground) -> str:
    """Return what must be the same for a run to go on."""
    said = _as_dict(replace(plan, threads=0, judge=(), judge_only="", beside=None)) | {
        "begun": digest(plan.begin_with.read_bytes()) if plan.begin_with else "",
        "pictures": [ground.folder.pictures[i].name for i in ground.learnt],
    }
    return hashlib.sha256(json.dumps(said).encode()).hexdigest()


def _passport(plan: Transfer, ground: _Ground, onnx: bytes) -> Passport:
    training = {"plan": _as_dict(plan), "pictures": len(ground.learnt)}
    return Passport(
        schema=SCHEMA,
        name="transfer",
        version="1",
        sha256=digest(onnx),
        classes=ground.kinds,
        thresholds=dict.fromkeys(ground.kinds, 0.5),
        nms_iou=NMS_IOU,
        input_side=plan.side,
        input_layout=LAYOUT,
        training=training | {"revision": revision(), "source_sha256": source_digest()},
        figures={"any": Figure(wilson(0, 0), wilson(0, 0))},
        measured_on="not measured; average precision in outcome.json",
        intended_use="To measure what weights are worth on other pictures; nothing else.",
        limits=("Thresholds have not been chosen.",),
        licence=f"code Apache-2.0; weights learnt from pictures under: {plan.licence}",
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Learn, judge, print."""
    parser = argparse.ArgumentParser(
        prog="python -m models.transfer",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    for name in ("images", "labels", "out"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    for name in ("classes", "begin-with", "beside"):
        parser.add_argument(f"--{name}", type=Path)
    for name in ("steps", "batch", "side", "seed", "threads"):
        parser.add_argument(f"--{name}", type=int, default=getattr(Transfer, name))
    parser.add_argument("--learning-rate", type=float, default=Transfer.learning_rate)
    for name in ("without", "only", "judge-only", "licence"):
        parser.add_argument(f"--{name}", default=getattr(Transfer, name.replace("-", "_")))
    for name in ("learn", "judge"):
        default: tuple[str, ...] = getattr(Transfer, name)
        parser.add_argument(f"--{name}", type=lambda s: tuple(s.split(",")), default=default)
    parser.add_argument("--norms-only", action="store_true")
    parser.add_argument("--rehearse", action="store_true")
    said = vars(parser.parse_args(arguments))
    if said.pop("rehearse"):
        said |= {"learn": ("fit",), "judge": ("calibrate",)}
    outcome = transfer(Transfer(**said))
    print(json.dumps(asdict(outcome), indent=1))  # noqa: T201 - a command
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
