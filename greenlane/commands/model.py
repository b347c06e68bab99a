"""``greenlane model``: train a detector, judge one, adapt one to a scanner. Thin; see `models`."""

import argparse
import json
import sys
from math import inf
from pathlib import Path
from typing import Any, Final

from contract.config import BadConfig
from greenlane.arguments import at_least, between
from greenlane.commands.needs import Needs
from greenlane.commands.specimen import add_specimen
from greenlane.exits import OK

BAGS: Final = 1_200
"""Simulated bags that `evaluate` judges by if no pictures are given."""
STDOUT: Final = "-"


def add_parser(commands: Any) -> None:
    """Enter the command."""
    model = commands.add_parser(
        "model", help="train, evaluate or adapt a detector; show a thing of yours"
    )
    verbs = model.add_subparsers(title="commands", metavar="COMMAND", required=True)
    _add_train(verbs)
    _add_evaluate(verbs)
    _add_adapt(verbs)
    add_specimen(verbs)


def _add_train(verbs: Any) -> None:
    train = verbs.add_parser(
        "train",
        help="train a detector on simulated bags",
        description="Renders bags, trains, exports, chooses thresholds, measures, and writes model "
        "and passport. A run that is killed goes on where it was. Needs the extra `train`.",
    )
    train.add_argument(
        "config", metavar="CONFIG", help="a recipe (TOML) or the name of one of ours"
    )
    train.add_argument("--runs", type=Path, default=Path("runs"), metavar="DIR")
    train.set_defaults(act=train_model)


def _add_evaluate(verbs: Any) -> None:
    judge = verbs.add_parser(
        "evaluate",
        help="say how often a detector finds what is hidden, and how often it cries in vain",
        description="Judges a detector by simulated bags that no weights have seen, or by a folder "
        "of pictures. Without labels every picture counts as harmless. Every detection rate comes "
        "with its false alarms per harmless bag.",
    )
    judge.add_argument("--model", type=Path, metavar="FILE", help="ONNX, its passport beside it")
    judge.add_argument("--images", type=Path, metavar="DIR", help="PNG, JPEG or TIFF")
    judge.add_argument("--labels", type=Path, metavar="DIR", help="YOLO (.txt), or COCO (.json)")
    judge.add_argument("--classes", type=Path, metavar="FILE", help="for YOLO: one name a line")
    judge.add_argument(
        "--project-items",
        type=at_least(0),
        default=0,
        metavar="N",
        help="judge by N of the harmless pictures again, with a simulated item in each",
    )
    judge.add_argument(
        "--seed", type=at_least(0), default=0, metavar="S", help="of the items (default: 0)"
    )
    judge.add_argument(
        "--bags", type=at_least(1), default=BAGS, help=f"simulated bags (default: {BAGS})"
    )
    judge.add_argument("--json", metavar="FILE", help="write JSON there; - for standard output")
    judge.add_argument("--markdown", metavar="FILE", help="write Markdown there (default: -)")
    judge.add_argument("--plots", type=Path, metavar="DIR", help="write two SVG plots there")
    judge.set_defaults(act=evaluate)


def _add_adapt(verbs: Any) -> None:
    adapt = verbs.add_parser(
        "adapt",
        help="adapt a detector to a scanner by some hundred of its harmless pictures",
        description="Projects simulated items into harmless pictures, fine-tunes, chooses the "
        "thresholds for a wanted rate of false alarms, and reports before and after; each on "
        "pictures of its own, blocks of successive names. What it writes stays yours and outside "
        "the catalogue. Needs the extra `train`. A run that is killed goes on where it was.",
    )
    adapt.add_argument("--benign", type=Path, required=True, metavar="FOLDER")
    adapt.add_argument(
        "--false-alarms",
        type=between(0, 1),
        default=0.016,
        metavar="SHARE",
        help="of harmless bags, all classes together (default: 0.016)",
    )
    adapt.add_argument("--model", type=Path, metavar="FILE", help="to begin from; ONNX")
    adapt.add_argument("--out", type=Path, default=Path("adapted"), metavar="DIR")
    adapt.add_argument(
        "--minutes", type=between(0, inf), default=60.0, help="for training (default: 60)"
    )
    adapt.add_argument(
        "--steps", type=at_least(0), default=0, help="of training, instead of --minutes"
    )
    adapt.add_argument("--seed", type=at_least(0), default=1)
    adapt.add_argument("--threads", type=at_least(1), default=2, help="of PyTorch (default: 2)")
    adapt.add_argument(
        "--licence", default="not stated", metavar="TEXT", help="of the pictures, for the passport"
    )
    adapt.set_defaults(act=adapt_model)


def train_model(arguments: argparse.Namespace) -> int:
    """Train by a recipe."""
    from models.recipe import RECIPES, read

    named = RECIPES / f"{arguments.config}.toml"
    try:
        recipe = read(named if named.exists() else Path(arguments.config))
    except FileNotFoundError as error:
        names = ", ".join(sorted(path.stem for path in RECIPES.glob("*.toml")))
        raise BadConfig(
            f"no recipe {arguments.config!r}: give a file, or one of {names}"
        ) from error
    except (OSError, ValueError) as error:
        raise BadConfig(str(error)) from error
    with Needs("train"):
        from models.train import train
    from models.passport import load
    from models.report import figures_table

    path = train(recipe, arguments.runs)
    passport, _ = load(path)
    print(f"{path}: {passport.id}\n\n{figures_table(passport.figures)}")
    return OK


def evaluate(arguments: argparse.Namespace) -> int:
    """Judge a model and write what came out."""
    with Needs("models"):
        from models import plots
        from models.hearing import Question, hear
        from models.report import as_dict, as_markdown
    question = Question(
        model=arguments.model,
        images=arguments.images,
        labels=arguments.labels,
        classes=arguments.classes,
        items=arguments.project_items,
        seed=arguments.seed,
        bags=arguments.bags,
    )
    if arguments.plots:
        arguments.plots.mkdir(parents=True, exist_ok=True)
    try:
        trial = hear(question)
    except ValueError as error:
        raise BadConfig(str(error)) from error
    if arguments.json:
        _write(arguments.json, json.dumps(as_dict(trial), indent=1) + "\n")
    if arguments.markdown or not arguments.json:
        _write(arguments.markdown or STDOUT, as_markdown(trial))
    if arguments.plots:
        for name, draw in (("curve", plots.curve), ("reliability", plots.reliability)):
            (arguments.plots / f"{name}.svg").write_text(draw(trial), encoding="utf-8")
    return OK


def adapt_model(arguments: argparse.Namespace) -> int:
    """Adapt a model to a scanner."""
    with Needs("train"):
        from models.adapt import Adaptation, adapt
    from models.inference import preferred, twin_of
    from models.report import as_markdown

    plan = Adaptation(
        benign=arguments.benign,
        out=arguments.out,
        model=arguments.model,
        false_alarms=arguments.false_alarms,
        minutes=arguments.minutes,
        steps=arguments.steps,
        seed=arguments.seed,
        licence=arguments.licence,
        threads=arguments.threads,
    )
    try:
        before, after, path = adapt(plan)
    except ValueError as error:
        raise BadConfig(str(error)) from error
    print(f"Before:\n\n{as_markdown(before)}\nAfter:\n\n{as_markdown(after)}\n{path}")
    twin = twin_of(path)
    runs = "runs by default" if preferred(path) == twin else "is not shown to lose nothing"
    print(f"{twin}: the same in 8 bits, {runs}; its figures are in report.md")
    return OK


def _write(where: str, text: str) -> None:
    if where == STDOUT:
        sys.stdout.write(text)
    else:
        Path(where).write_text(text, encoding="utf-8")
