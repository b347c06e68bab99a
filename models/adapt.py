"""Adapt a detector to a scanner, by some hundred harmless pictures that it made.

    pictures ─▶ fit ──────▶ + simulated items ─▶ train on ─▶ export ─▶ round to 8 bits
             ├▶ calibrate ─▶ thresholds for the wanted false alarms
             └▶ report ───▶ figures before and after, and of the 8-bit twin, with and without items

The three parts share no block of successive ids. What comes out is the user's: it is never written
into the catalogue, and its passport names the pictures' licence.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from torch import nn

from models.appraisal import likelihood_of, reference_of
from models.blocks import parts_of
from models.calibration import Calibrated, calibrate, levelled
from models.costs import of_first, of_second
from models.evaluation import figures, thresholds
from models.export import export
from models.ground import Ground
from models.inference import Model, twin_of
from models.labelled import Folder
from models.lessons import Backgrounds
from models.passport import (
    CATALOGUE,
    WILDLIFE_MODEL,
    Passport,
    Quantised,
    digest,
    load,
    write,
)
from models.provenance import revision, source_digest
from models.quantise import quantise
from models.report import as_dict, as_markdown
from models.second_stage import TwoStages
from models.thaw import thaw
from models.trial import Trial, judge
from models.tuning import Pace, Tuning

PICTURES_MIN = 20
BASE_FALSE_ALARMS = 0.05  # at which the classes are compared with each other, on `fit`
NAME = "adapted.onnx"
SECOND: Final = "second"  # the folder of the second stage's checkpoint
FIRST_SHARE: Final = 0.5  # of the time goes to the first stage
PROJECTED = "this scanner's harmless pictures, with and without a simulated item"
TITLES = {
    "as_it_was": "Before, at the thresholds it came with:",
    "before": "Before, at thresholds chosen for the wanted false alarms:",
    "after": "After:",
    "twin": "After, in 8 bits, at the same thresholds:",
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
    old, new = (
        _judged(model, ground, plan, when)
        for model, when in ((begun, "before"), (Model(target), "after"))
    )
    passport = _passport(new, old, plan, ground, taken)
    write(target, onnx, passport)
    twin = _rounded(target, onnx, passport, ground, plan)
    _report(plan, old, new, twin, ground)
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


def _tuned(plan: Adaptation, ground: Ground, path: Path) -> tuple[nn.Module, int]:
    """Return the network that has learnt from `fit`, and in how many steps (of each stage)."""
    passport, data = load(path)
    width, side = int(passport.training["recipe"]["width"]), passport.input_side
    network = thaw(data, len(passport.classes), width, side)
    fit = [sample.pixels for sample in ground.folder.samples((), ground.parts.fit)]
    backgrounds = Backgrounds.of(fit, passport.classes)
    identity = _identity(plan, ground.folder, passport)
    first = network.first if isinstance(network, TwoStages) else network
    share = FIRST_SHARE if isinstance(network, TwoStages) else 1.0
    pace = Pace(share * plan.minutes, plan.steps, plan.batch, threads=plan.threads)
    tuning = Tuning(first, of_first(first), pace, plan.out, identity)
    tuning.run(backgrounds, side, plan.seed)
    if isinstance(network, TwoStages):
        again = plan.out / SECOND
        again.mkdir(exist_ok=True)
        pace = replace(pace, minutes=plan.minutes - pace.minutes)
        cost = of_second(first, network.second)
        Tuning(network.second, cost, pace, again, identity).run(backgrounds, side, plan.seed)
    return network, tuning.step


def _judged(model: Model, ground: Ground, plan: Adaptation, when: str) -> Verdict:
    passport = model.passport
    fit = ground.fit(model, when)
    base = levelled(thresholds(fit, BASE_FALSE_ALARMS, passport.classes))
    harmless, with_items = ground.looks(model, "calibrate", plan.seed, when)
    calibrated = calibrate(harmless, base, plan.false_alarms)
    passport = replace(
        passport,
        thresholds=calibrated.thresholds,
        likelihood=likelihood_of([*harmless, *with_items], passport.classes),
        likelihood_on=PROJECTED,
        reference=reference_of(harmless),
    )
    looks, items = ground.looks(model, "report", plan.seed, when)
    beside = ground.controls(model, plan.seed, when)
    data = _data(plan)
    return Verdict(
        passport,
        calibrated,
        judge(passport, looks, data, items, beside),
        judge(model.passport, looks, data, items, beside),
    )


def _data(plan: Adaptation) -> str:
    return f"Real harmless pictures in {plan.benign.name}, items simulated and projected"


def _rounded(
    path: Path, onnx: bytes, passport: Passport, ground: Ground, plan: Adaptation
) -> Trial:
    """Write the 8-bit twin beside a model; return its trial on the report part.

    At the model's thresholds and on the same pictures, so that its passport says what rounding
    costs: on that the edge decides which of the two runs.
    """
    rounded = quantise(onnx, passport.input_side, ground.shown(passport.classes, plan.seed))
    named = Quantised(passport.sha256, passport.figures)
    first = replace(passport, sha256=digest(rounded), precision="int8", quantised=named)
    write(twin_of(path), rounded, first)
    twin = Model(twin_of(path))
    harmless, with_items = ground.looks(twin, "calibrate", plan.seed, "8 bits")
    looks, items = ground.looks(twin, "report", plan.seed, "8 bits")
    beside = ground.controls(twin, plan.seed, "8 bits")
    finished = replace(
        first,
        likelihood=likelihood_of([*harmless, *with_items], passport.classes),
        reference=reference_of(harmless),
        figures=figures([*looks, *items], passport.thresholds),
    )
    write(twin_of(path), rounded, finished)
    return judge(finished, looks, _data(plan), items, beside)


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


def _report(plan: Adaptation, old: Verdict, new: Verdict, twin: Trial, ground: Ground) -> None:
    """Write what came out, and which picture was used for what."""
    trials = {"as_it_was": old.as_it_was, "before": old.trial, "after": new.trial, "twin": twin}
    said = {name: as_dict(trial) for name, trial in trials.items()}
    (plan.out / "report.json").write_text(json.dumps(said, indent=1), encoding="utf-8")
    text = "\n".join(f"{TITLES[name]}\n\n{as_markdown(trial)}" for name, trial in trials.items())
    (plan.out / "report.md").write_text(text, encoding="utf-8")
    names = {
        part: [ground.folder.pictures[i].name for i in getattr(ground.parts, part)]
        for part in ("fit", "calibrate", "report")
    }
    (plan.out / "parts.json").write_text(json.dumps(names, indent=1), encoding="utf-8")
