"""``scripts/bench detector``: pictures/s of the whole detector beside its bare network, 720p in.

Both in every precision that is there, on one and two cores, in turns, the best of all rounds, since
the machine is shared. Judged is processor time a picture: pipeline within 1.35 times the network.
"""

import json
import statistics
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import cv2
import numpy as np

from models.image import decode, letterbox
from models.inference import Model, twin_of
from models.passport import WILDLIFE_MODEL
from models.xray.bag import CLASSES, render
from scripts.benches.bench import asking, verdict

SIZE_PX: Final = (1280, 720)
PICTURES: Final = 8
ROUNDS: Final = 5
SECONDS: Final = 1.5
"""Of each case in each round."""
RATIO_MAX: Final = 1.35
WORKERS: Final = (1, 2)
QUALITY: Final = 85


@dataclass
class Case:
    """One way to run, and what was measured of it in each round."""

    precision: str
    workers: int
    what: str
    one: Callable[[int], object]
    """Does the picture of this number."""
    per_s: list[float] = field(default_factory=list)
    cpu_ms: list[float] = field(default_factory=list)


def main() -> int:
    """Run the bench; 0 if the pipeline costs little more than the network."""
    parser = asking("detector", __doc__)
    parser.add_argument("--model", type=Path, default=WILDLIFE_MODEL)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--seconds", type=float, default=SECONDS, help="of a case in a round")
    asked = parser.parse_args()
    cv2.setNumThreads(1)
    files = [jpeg(number) for number in range(PICTURES)]
    cases = [case for path in models(asked.model) for case in cases_of(Model(path), files)]
    for _ in range(asked.rounds):
        for case in cases:
            measure(case, asked.seconds)
    return judge(cases)


def models(path: Path) -> list[Path]:
    """The model, and its 8-bit twin if there is one."""
    return [path, *([twin_of(path)] if twin_of(path).exists() else [])]


def jpeg(number: int) -> bytes:
    """A bag as a JPEG; every other one with something in it."""
    threat = CLASSES[number % len(CLASSES)] if number % 2 else None
    pixels = render(970_000 + number, threat=threat, size=SIZE_PX).pixels
    bgr = np.ascontiguousarray(pixels[..., ::-1])
    return cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, QUALITY])[1].tobytes()


def cases_of(model: Model, files: list[bytes]) -> list[Case]:
    """Bare network and whole pipeline, on one and on two cores."""
    side = model.passport.input_side
    inputs = [model.ready(letterbox(decode(file), side)[0]) for file in files]
    ways: dict[str, Callable[[int], object]] = {
        "network": lambda n: model.infer(inputs[n % len(inputs)]),
        "pipeline": lambda n: model.scan(files[n % len(files)]),
    }
    precision = model.passport.precision
    return [Case(precision, w, what, one) for w in WORKERS for what, one in ways.items()]


def measure(case: Case, seconds: float) -> None:
    """Add one round."""

    def work(_: int) -> int:
        done = 0
        while time.perf_counter() < until:
            case.one(done)
            done += 1
        return done

    case.one(0)
    with ThreadPoolExecutor(case.workers) as workers:
        began, cpu = time.perf_counter(), time.process_time()
        until = began + seconds
        done = sum(workers.map(work, range(case.workers)))
        took = time.perf_counter() - began
    case.per_s.append(done / took)
    case.cpu_ms.append((time.process_time() - cpu) / done * 1_000)


def judge(cases: list[Case]) -> int:
    """Print the figures and the verdict."""
    best: dict[tuple[str, int, str], tuple[float, float]] = {}
    for case in cases:
        best[case.precision, case.workers, case.what] = max(case.per_s), min(case.cpu_ms)
        figures = {
            "precision": case.precision,
            "workers": case.workers,
            "what": case.what,
            "pictures_per_s": {"best": round(max(case.per_s), 1)}
            | {"median": round(statistics.median(case.per_s), 1)},
            "cpu_ms": {"best": round(min(case.cpu_ms), 2)}
            | {"median": round(statistics.median(case.cpu_ms), 2)},
        }
        print(json.dumps(figures))
    ratios = {}
    for (precision, workers, what), whole in best.items():
        if what == "pipeline":
            bare = best[precision, workers, "network"]
            ratio = {"cpu": whole[1] / bare[1], "wall": bare[0] / whole[0]}
            ratios[precision, workers] = ratio["cpu"]
            rounded = {name: round(value, 3) for name, value in ratio.items()}
            print(json.dumps({"precision": precision, "workers": workers, "ratio": rounded}))
    worst = max(ratios.values())
    is_good = worst <= RATIO_MAX
    return verdict(
        f"the pipeline takes at most {worst:.2f} times the "
        f"processor time of its network (wanted: {RATIO_MAX})",
        is_good=is_good,
    )


if __name__ == "__main__":
    sys.exit(main())
