"""From a recipe to a model with its passport.

    python -m models.train RECIPE [--runs DIR] [--publish]

    recipe ─▶ pictures ─▶ first stage ─▶ second stage ─▶ export ─▶ finish ─▶ passport

RECIPE is a TOML file or the name of one in models/recipes. A killed run goes on where it was when
started again. `--publish` copies the model and its 8-bit twin into models/catalogue.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from torch import nn

from models.evaluation import report, wilson
from models.export import export
from models.finish import finish
from models.inference import twin_of
from models.network import Network
from models.passport import (
    CATALOGUE,
    LAYOUT,
    SCHEMA,
    Figure,
    Passport,
    digest,
    load,
    write,
)
from models.pictures import Rendering, Store
from models.provenance import describe
from models.recipe import RECIPES, Recipe, read
from models.second_stage import TwoStages
from models.second_training import trained
from models.training import Training
from models.xray.bag import CLASSES

NMS_IOU = 0.5
HONEST_AND_OTHERS: Final = 2
"""Every other bag of a trial is honest; a recipe counts the honest ones."""
INTENDED_USE = (
    "To point an officer at baggage X-ray pictures that may show wildlife contraband, as one "
    "factor among others (declaration, permit, seal). Never to decide alone."
)
LIMITS = (
    (
        "Trained and measured on simulated pictures of simulated threats in 2-D only; not for "
        "operational use before adaptation to the scanner and a trial on it."
    ),
    "An unseen scanner is another world: figures on real pictures are unknown and will be lower.",
    (
        "Horn, scale, reptile and bird look like food, plastic and leather in density and atomic "
        "number: expect misses. Ivory shares its colour with glass, PVC and aluminium."
    ),
    "One view from above; things under or over dense metal are not seen.",
    "Eight classes only; silence about any other thing means nothing.",
)


def passport_of(recipe: Recipe, onnx: bytes, history: list[dict[str, Any]]) -> Passport:
    """Return a passport with everything but thresholds and figures."""
    unknown = Figure(wilson(0, 0), wilson(0, 0))
    return Passport(
        schema=SCHEMA,
        name=recipe.name,
        version="1",
        sha256=digest(onnx),
        classes=CLASSES,
        thresholds=dict.fromkeys(CLASSES, 0.5),
        nms_iou=NMS_IOU,
        input_side=recipe.input_px,
        input_layout=LAYOUT,
        training=describe(recipe, history),
        figures={"any": unknown},
        measured_on="not measured",
        intended_use=INTENDED_USE,
        limits=LIMITS,
        licence="Apache-2.0",
    )


def train(recipe: Recipe, runs: Path) -> Path:
    """Return the path of the finished model of a recipe; its 8-bit twin lies beside it."""
    folder = runs / recipe.name
    folder.mkdir(parents=True, exist_ok=True)
    training = Training(recipe, folder)
    network: nn.Module = _first(training, folder)
    if recipe.second:
        network = TwoStages(training.average, trained(recipe, training.average, folder))
    onnx = export(network, recipe.input_px)
    path = folder / f"{recipe.name}.onnx"
    write(path, onnx, passport_of(recipe, onnx, training.history))
    finish(
        path,
        HONEST_AND_OTHERS * recipe.tune_bags,
        recipe.test_bags,
        picture_px=recipe.picture_px,
        false_alarms_max=recipe.false_alarms_max,
    )
    return path


def _first(training: Training, folder: Path) -> Network:
    """Return the first stage, learnt; a run that has learnt already needs no pictures."""
    recipe = training.recipe
    store = Store(
        folder / "pictures",
        recipe.pictures,
        recipe.picture_px,
        recipe.input_px,
        recipe.lookalike_share,
        recipe.twice,
    )
    if training.step == recipe.steps:
        return training.average.cpu().eval()
    with Rendering(store, recipe.renderers):
        return training.run(store)


def main(arguments: Sequence[str] | None = None) -> int:
    """Train, export, measure; print the figures."""
    parser = argparse.ArgumentParser(prog="python -m models.train", description=__doc__)
    parser.add_argument("recipe", help="a TOML file or a name in models/recipes")
    parser.add_argument("--runs", type=Path, default=Path("runs"))
    parser.add_argument("--publish", action="store_true")
    args = parser.parse_args(arguments)
    named = RECIPES / f"{args.recipe}.toml"
    recipe = read(named if named.exists() else Path(args.recipe))
    path = train(recipe, args.runs)
    if args.publish:
        for one in (path, twin_of(path)):
            passport, onnx = load(one)
            write(CATALOGUE / one.name, onnx, passport)
    passport, _ = load(path)
    print(f"{passport.id}\n\n{report(passport.figures)}")  # noqa: T201 - a command
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
