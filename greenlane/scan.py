"""`greenlane scan`: look at one picture now, without an agent or a gateway."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from greenlane.exits import FAILED, OK, OUTSIDE, USAGE
from models.detection import PictureError, Scan
from models.likelihood import Step
from models.passport import WILDLIFE_MODEL, Passport, PassportError


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to the command line; what is parsed has `act`, which runs it."""
    parser = subparsers.add_parser(
        "scan",
        help="look at one X-ray picture and say what is seen",
        description="Look at one X-ray picture (PNG, JPEG, 8- or 16-bit TIFF) with a detector.",
        epilog="exit codes: 0 looked at; 1 the result could not be written; "
        "2 the picture or the model cannot be used; 3 numpy, OpenCV or ONNX Runtime is missing",
    )
    parser.add_argument("image", type=Path, metavar="IMAGE")
    parser.add_argument("--json", action="store_true", help="print JSON instead of text")
    parser.add_argument(
        "--out", type=Path, metavar="PATH", help="annotated picture (default: NAME.scanned.png)"
    )
    parser.add_argument(
        "--model", type=Path, metavar="PATH", default=WILDLIFE_MODEL, help="another .onnx model"
    )
    parser.set_defaults(act=main)


def main(args: argparse.Namespace) -> int:
    """Scan, write the annotated picture, print the result; return the exit code."""
    image: Path = args.image
    out: Path = args.out or image.with_name(f"{image.stem}.scanned.png")
    try:
        # Here and not above: a gateway's command line starts without numpy and ONNX Runtime.
        from models.annotation import annotate
        from models.image import decode, read
        from models.inference import Model
    except ImportError as error:
        return _say(f"{error.name} is missing; install greenlane[models]", OUTSIDE)
    try:
        data = read(image)
        model = Model(args.model)
        scan = model.scan(data)
        picture = annotate(decode(data), scan.detections, model.passport.classes)
    except PictureError as error:
        return _say(f"{image}: {error}", USAGE)
    except PassportError as error:
        return _say(str(error), USAGE)
    try:
        out.write_bytes(picture)
    except OSError as error:
        return _say(f"cannot write {out}: {error.strerror or error}", FAILED)
    sys.stdout.write(as_json(scan) if args.json else as_text(scan, image, out, model.passport))
    return OK


def _say(sentence: str, code: int) -> int:
    sys.stderr.write(f"greenlane scan: {sentence}\n")
    return code


def as_json(scan: Scan) -> str:
    """Return the one JSON object that `--json` promises, with a line end."""
    said = {
        "model": scan.model,
        "milliseconds": round(scan.milliseconds, 2),
        "detections": [
            {
                "class": detection.kind,
                "score": round(detection.score, 4),
                "box": [round(edge, 1) for edge in detection.box],
            }
            for detection in scan.detections
        ],
    }
    return json.dumps(said) + "\n"


def _times(step: Step) -> str:
    if step.high is None:
        return f"at least {_two_digits(step.low)} times"
    interval = f"[{_two_digits(step.low)}, {_two_digits(step.high)}]"
    return f"{interval} {_two_digits(step.ratio)} times"


def _two_digits(value: float) -> str:
    return f"{float(f'{value:.1e}'):,.6g}"


def as_text(scan: Scan, image: Path, out: Path, passport: Passport) -> str:
    """Return the result as people read it, with what the model is known to be worth."""
    lines = [f"{image}: {scan.width} by {scan.height} px, {scan.milliseconds:.0f} ms, {scan.model}"]
    for seen in scan.detections:
        x1, y1, x2, y2 = (round(edge) for edge in seen.box)
        lines.append(f"  {seen.kind:<16} {seen.score:.2f}  from ({x1}, {y1}) to ({x2}, {y2}) px")
        lines.append(f"  {'':<16} on simulated bags {passport.figures[seen.kind]}")
        if step := seen.likelihood:
            lines.append(
                f"  {'':<16} so high {_times(step)} as often in bags that hide one as in others"
            )
    if not scan.detections:
        lines.append("  nothing seen; silence is no proof of an empty bag")
    lines.append(f"  picture: {out}")
    return "\n".join(lines) + "\n"
