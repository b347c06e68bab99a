"""Adapt a detector to a scanner, by some hundred harmless pictures that it made.

    pictures ─▶ fit ──────▶ + simulated items ─▶ train on ─▶ export
             ├▶ calibrate ─▶ thresholds for the wanted false alarms
             └▶ report ───▶ figures before and after, with and without items

The three parts share no block of successive ids. What comes out is the user's: it is never written
into the catalogue, and its passport names the pictures' licence.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from models.appraisal import likelihood_of, reference_of
from models.blocks import Parts, parts_of
from models.calibration import Calibrated, calibrate, levelled
from models.evaluation import Look, thresholds
from models.export import export
from models.inference import Model
from models.labelled import Folder
from models.lessons import Backgrounds
from models.network import Network
from models.passport import CATALOGUE, WILDLIFE_MODEL, Passport, digest, load, write
from models.provenance import revision, source_digest
from models.report import as_dict, as_markdown
from models.sources import projected
from models.thaw import thaw
from models.trial import Trial, judge, look_at
from models.tuning import Pace, Tuning

PICTURES_MIN = 20
ITEMS_PER_PICTURE = 3  # in the report and for calibration: each picture with several items, in turn
ITEMS_MAX = 1_200
BASE_FALSE_ALARMS = 0.05  # at which the classes are compared with each other, on `fit`
NAME = "adapted.onnx"
PROJECTED = "this scanner's harmless pictures, with and without a simulated item"
TITLES = {
    "as_it_was": "Before, at the thresholds it came with:",
    "before": "Before, at thresholds chosen for the wanted false alarms:",
    "after": "After:",
}
LIMIT = (
    "Adapted to one scanner's harmless pictures with simulated items: figures hold for that "
    "scanner and for items as simulated; a trial with real ones has not been made."
)


@dataclass(frozen=True, kw_only=True)
class Adaptation:
    """What is asked for."""

    benign: Path
    out: Path
    model: Path | None = None
    """To begin from; None: the one in the catalogue."""
    false_alarms: float = 0.016
    minutes: float = 60.0
    steps: int = 0
    """Of training; 0: as many as fit into `minutes`."""
    seed: int = 1
    licence: str = "not stated"
    """Of the pictures."""
    batch: int = 8
    threads: int = 2


@dataclass(frozen=True)
class Ground:
    """The pictures, and which of them is used for what."""

    folder: Folder
    parts: Parts


@dataclass(frozen=True)
class Verdict:
    """What a model is worth on one scanner's pictures."""

    passport: Passport
    """With thresholds, likelihood ratios and histograms of these pictures."""
    calibrated: Calibrated
    trial: Trial
    """At those thresholds, on the report part."""
    as_it_was: Trial
    """At the thresholds it came with."""


def adapt(plan: Adaptation) -> tuple[Trial, Trial, Path]:
    """Return the trials before and after on the report part, and the new model's path.

    "Before" has thresholds chosen for the same false alarms, so that the two can be compared; how
    it does as it came is in report.json. Raises `ValueError` if a folder or a plan will not do.
    """
    ground = _opened(plan)
    path = plan.model or WILDLIFE_MODEL
    begun = Model(path)
    plan.out.mkdir(parents=True, exist_ok=True)
    tuned, taken = _tuned(plan, ground, path)
    onnx, target = export(tuned, begun.passport.input_side), plan.out / NAME
    write(target, onnx, _first(begun.passport, onnx))
    old, new = (_judged(model, ground, plan) for model in (begun, Model(target)))
    write(target, onnx, _passport(new, old, plan, ground, taken))
    _report(plan, old, new, ground)
    return old.trial, new.trial, target


def _opened(plan: Adaptation) -> Ground:
    if plan.out.resolve().is_relative_to(CATALOGUE.resolve()):
        raise ValueError("the catalogue holds models trained on simulated bags alone: other --out")
    if not 0.0 < plan.false_alarms < 1.0:
        raise ValueError(f"--false-alarms is a share between 0 and 1, not {plan.false_alarms}")
    folder = Folder.open(plan.benign)
    if len(folder) < PICTURES_MIN:
        raise ValueError(f"{plan.benign}: {len(folder)} pictures, not at least {PICTURES_MIN}")
    return Ground(folder, parts_of([path.name for path in folder.pictures]))


def _tuned(plan: Adaptation, ground: Ground, path: Path) -> tuple[Network, int]:
    passport, data = load(path)
    width = int(passport.training["recipe"]["width"])
    network = thaw(data, len(passport.classes), width, passport.input_side)
    pace = Pace(plan.minutes, plan.steps, plan.batch, threads=plan.threads)
    tuning = Tuning(network, pace, plan.out, _identity(plan, ground.folder, passport))
    fit = [sample.pixels for sample in ground.folder.samples((), ground.parts.fit)]
    backgrounds = Backgrounds.of(fit, passport.classes)
    return tuning.run(backgrounds, passport.input_side, plan.seed), tuning.step


def _judged(model: Model, ground: Ground, plan: Adaptation) -> Verdict:
    passport = model.passport
    fit = list(look_at(model, ground.folder.samples((), ground.parts.fit)))
    base = levelled(thresholds(fit, BASE_FALSE_ALARMS, passport.classes))
    harmless, with_items = _looks(model, ground.folder, ground.parts.calibrate, [plan.seed, 1])
    calibrated = calibrate(harmless, base, plan.false_alarms)
    passport = replace(
        passport,
        thresholds=calibrated.thresholds,
        likelihood=likelihood_of([*harmless, *with_items], passport.classes),
        likelihood_on=PROJECTED,
        reference=reference_of(harmless),
    )
    looks, items = _looks(model, ground.folder, ground.parts.report, [plan.seed, 2])
    data = f"Real harmless pictures in {plan.benign.name}, items simulated and projected"
    return Verdict(
        passport,
        calibrated,
        judge(passport, looks, data, items),
        judge(model.passport, looks, data, items),
    )


def _looks(
    model: Model, folder: Folder, places: Sequence[int], seed: Sequence[int]
) -> tuple[list[Look], list[Look]]:
    """Return looks at harmless pictures, and at each of them several times with an item."""
    kinds = model.passport.classes
    count = min(ITEMS_MAX, ITEMS_PER_PICTURE * len(places))
    put = projected(folder, places, count, kinds=kinds, seed=seed)
    return list(look_at(model, folder.samples((), places))), list(look_at(model, put))


def _identity(plan: Adaptation, folder: Folder, passport: Passport) -> str:
    """Return what must be the same for a run to go on."""
    said = {
        "pictures": [path.name for path in folder.pictures],
        "began_from": passport.sha256,
        "seed": plan.seed,
        "batch": plan.batch,
        "minutes": plan.minutes,
        "steps": plan.steps,
    }
    return hashlib.sha256(json.dumps(said).encode()).hexdigest()


def _first(begun: Passport, onnx: bytes) -> Passport:
    """Return a passport by which the new weights can be run, to be measured."""
    return replace(begun, name=f"{begun.name}-adapted", sha256=digest(onnx), quantised=None)


def _passport(new: Verdict, old: Verdict, plan: Adaptation, ground: Ground, taken: int) -> Passport:
    chosen = new.calibrated
    adapted: dict[str, Any] = {
        "began_from": old.passport.id,
        "pictures": f"{len(ground.folder)} harmless ones in {plan.benign.name}",
        "licence_of_pictures": plan.licence,
        "fit": len(ground.parts.fit),
        "calibrate": len(ground.parts.calibrate),
        "report": len(ground.parts.report),
        "split": "blocks of successive ids, no block in two parts",
        "seed": plan.seed,
        "steps": taken,
        "batch": plan.batch,
        "false_alarms_wanted": plan.false_alarms,
        "false_alarms_expected": chosen.expected,
        "false_alarms_allowed_on_calibrate": chosen.allowed,
        "figures_before": {kind: f.as_dict() for kind, f in old.trial.figures.items()},
        "revision": revision(),
        "source_sha256": source_digest(),
    }
    return replace(
        new.passport,
        figures=new.trial.figures,
        measured_on=(
            f"{new.trial.harmless} real harmless pictures of the report part, and "
            f"{len(new.trial.items)} times one of them with a simulated item projected into it; "
            "found means the right class and a box overlapping by 0.5 or more; thresholds chosen "
            f"on {chosen.bags} other pictures"
        ),
        adapted=adapted,
        limits=(LIMIT, *new.passport.limits),
        licence=f"code Apache-2.0; weights learnt from pictures under: {plan.licence}",
    )


def _report(plan: Adaptation, old: Verdict, new: Verdict, ground: Ground) -> None:
    """Write what came out, and which picture was used for what."""
    trials = {"as_it_was": old.as_it_was, "before": old.trial, "after": new.trial}
    said = {name: as_dict(trial) for name, trial in trials.items()}
    (plan.out / "report.json").write_text(json.dumps(said, indent=1), encoding="utf-8")
    text = "\n".join(f"{TITLES[name]}\n\n{as_markdown(trial)}" for name, trial in trials.items())
    (plan.out / "report.md").write_text(text, encoding="utf-8")
    names = {
        part: [ground.folder.pictures[i].name for i in getattr(ground.parts, part)]
        for part in ("fit", "calibrate", "report")
    }
    (plan.out / "parts.json").write_text(json.dumps(names, indent=1), encoding="utf-8")
