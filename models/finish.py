"""Complete a trained model: thresholds, likelihood ratios, histograms, figures, an 8-bit twin.

    python -m models.finish MODEL.onnx [--tune-bags N] [--bags N] [--false-alarms SHARE]

Writes MODEL.json anew and MODEL.int8.onnx with a passport of its own. Both are measured on the same
test bags at the same thresholds, so that the twin's passport says what rounding costs.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from models.appraisal import likelihood_of, reference_of
from models.evaluation import HIT_IOU, Look, figures
from models.hearing import RENDERERS, told
from models.inference import Model, twin_of
from models.operating import operating_point
from models.passport import Passport, Quantised, digest, write
from models.quantise import quantise
from models.report import figures_table
from models.sources import PICTURE_PX, SimulatedBags
from models.splits import TEST, TUNE
from models.trial import look_at

CALIBRATION_PICTURES = 96
SIMULATED = "simulated bags"
TUNE_BAGS = 1_200
TEST_BAGS = 2_000


def finish(
    path: Path,
    tune_bags: int = TUNE_BAGS,
    test_bags: int = TEST_BAGS,
    *,
    picture_px: int = PICTURE_PX,
    false_alarms_max: float | None = None,
) -> Passport:
    """Write both passports and the twin; return the twin's passport.

    Thresholds are chosen for `false_alarms_max` per honest bag, or stay what they are if None.
    """
    plain = Model(path)
    kinds, side = plain.passport.classes, plain.passport.input_side
    data = path.read_bytes()
    # Harmless and other bags in turn, as they come: both reach the activations that matter.
    shown = SimulatedBags(min(CALIBRATION_PICTURES, tune_bags), TUNE, picture_px).samples(kinds)
    rounded = quantise(data, side, (one.pixels for one in shown))
    twin_path = twin_of(path)
    provisional = Quantised(plain.passport.sha256, plain.passport.figures)
    write(twin_path, rounded, _as_twin(plain.passport, rounded, provisional))
    twin = Model(twin_path)
    tuned, tested = (
        _looks((plain, twin), SimulatedBags(count, split, picture_px, RENDERERS))
        for count, split in ((tune_bags, TUNE), (test_bags, TEST))
    )
    levels = plain.passport.thresholds
    if false_alarms_max is not None:
        levels = operating_point(tuned[0], false_alarms_max, kinds)
    before, after = (figures(looks, levels) for looks in tested)
    measured_on = (
        f"{test_bags} simulated bags, seeds {TEST.start} to {TEST.start + test_bags - 1}, every "
        f"other one honest; found means the right class and a box overlapping by {HIT_IOU} or more"
    )
    if false_alarms_max is not None:
        measured_on += f"; thresholds chosen on {tune_bags // 2} other honest bags"
    first, second = (
        replace(
            model.passport,
            thresholds=levels,
            likelihood=likelihood_of(looks, kinds),
            likelihood_on=SIMULATED,
            reference=reference_of(looks),
            measured_on=measured_on,
        )
        for model, looks in zip((plain, twin), tuned, strict=True)
    )
    write(path, data, replace(first, figures=before))
    quantised = Quantised(plain.passport.sha256, before)
    finished = replace(_as_twin(second, rounded, quantised), figures=after)
    write(twin_path, rounded, finished)
    return finished


def _as_twin(passport: Passport, onnx: bytes, quantised: Quantised) -> Passport:
    return replace(passport, sha256=digest(onnx), precision="int8", quantised=quantised)


def _looks(models: Sequence[Model], bags: SimulatedBags) -> list[list[Look]]:
    """Return what each model says of the same bags."""
    looks: list[list[Look]] = [[] for _ in models]
    for sample in told(bags.samples(models[0].passport.classes), len(bags), "bags"):
        for model, seen in zip(models, looks, strict=True):
            seen.extend(look_at(model, [sample]))
    return looks


def main(arguments: Sequence[str] | None = None) -> int:
    """Finish a model and say what rounding costs."""
    parser = argparse.ArgumentParser(prog="python -m models.finish", description=__doc__)
    parser.add_argument("model", type=Path)
    parser.add_argument("--tune-bags", type=int, default=TUNE_BAGS)
    parser.add_argument("--bags", type=int, default=TEST_BAGS, help="test bags")
    parser.add_argument(
        "--false-alarms", type=float, help="choose thresholds for so many per honest bag"
    )
    args = parser.parse_args(arguments)
    twin = finish(args.model, args.tune_bags, args.bags, false_alarms_max=args.false_alarms)
    verdict = "loses nothing: it runs by default" if twin.loses_nothing else "loses: 32 bits run"
    before = twin.quantised.figures_before if twin.quantised else {}
    print(  # noqa: T201 - a command
        f"32 bits\n\n{figures_table(before)}\n\n8 bits: {verdict}\n\n{figures_table(twin.figures)}"
    )
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
