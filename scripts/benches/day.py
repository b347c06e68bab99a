"""``scripts/bench day``: bags through the whole product as fast as it takes them; 250,000 a day.

Pictures of a pre-rendered pool go into the folders of eight scanners of one agent with two workers,
never more than a few ahead; gateway, command center, broker and InfluxDB are real. Counted is what
the officers' stream says: a scan for every bag, an alert for each that the model announces, nothing
missing. A day's minutes are extrapolated from the bags that were run: `--bags 250000` runs them
all. Processor time of a bag in each process, this one among them, says what limits it.
"""

import argparse
import concurrent.futures
import itertools
import json
import multiprocessing
import os
import sys
import tempfile
import threading
import time
from collections.abc import Iterable
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np
from websockets.exceptions import ConnectionClosed

from greenlane import logs
from models.inference import Model, preferred
from models.passport import WILDLIFE_MODEL
from models.splits import DEMO
from models.xray.bag import CLASSES, render
from scripts.benches.bench import asking, verdict
from scripts.benches.usage import Usage
from tests.system.line import POST, Line
from tests.system.programs import until

DAY_BAGS: Final = 250_000
DAY_S: Final = 86_400
WANTED_MIN: Final = 75.0
STRETCH_S: Final = 30.0
"""The rate is told for each such stretch: one that falls with the number of bags would not last."""
POOL: Final = 2_000
BAGS: Final = 3_000
THREAT_EVERY: Final = 20
"""One picture of the pool in so many has something in it: far more than in any hall."""
AHEAD_MAX: Final = 48
"""Pictures that wait in the folders; a scanner waits as well when its disk is full."""
KEPT_AT_ONCE: Final = 500
"""Pictures that are rendered before they are written to the folder."""
SIZE_PX: Final = (640, 480)
QUALITY: Final = 85
SCANNERS: Final = 8
"""Of one agent: so many bags a day come from a hall of them, not from one."""
FIRST_TAG: Final = 1_000_000_000
QUIET_S_MAX: Final = 120.0
"""Without a new scan for so long the rest is not coming."""


def main() -> int:
    """Run the bench; 0 if nothing is lost and a day's bags would take `WANTED_MIN` or less."""
    parser = asking("day", __doc__)
    parser.add_argument("--bags", type=int, default=BAGS, help=f"default: {BAGS}")
    parser.add_argument("--pool", type=int, default=POOL, help=f"pictures, default: {POOL}")
    parser.add_argument(
        "--pictures", type=Path, help="folder that keeps the pool: rendered once, read after that"
    )
    parser.add_argument("--scanners", type=int, default=SCANNERS, help=f"default: {SCANNERS}")
    parser.add_argument("--workers", type=int, default=2, help="of the agent's detector")
    asked = parser.parse_args()
    logs.set_up(level="error")
    pool = kept(asked.pictures, asked.pool) if asked.pictures else rendered(range(asked.pool))
    model = Model(preferred(WILDLIFE_MODEL))
    positive = [bool(model.scan(body).detections) for body in pool]
    print(json.dumps({"pool": len(pool), "announced_in_pool": sum(positive)}))
    with tempfile.TemporaryDirectory(prefix="greenlane-bench-") as directory:
        return judge(run(Path(directory), pool, positive, asked), asked.bags)


def kept(folder: Path, count: int) -> list[bytes]:
    """The pool from a folder; what is not there yet is rendered, and stays."""
    folder.mkdir(parents=True, exist_ok=True)
    files = [folder / f"{number:06}.jpg" for number in range(count)]
    missing = [number for number in range(count) if not files[number].exists()]
    for first in range(0, len(missing), KEPT_AT_ONCE):
        some = missing[first : first + KEPT_AT_ONCE]
        for number, body in zip(some, rendered(some), strict=True):
            files[number].write_bytes(body)
    return [file.read_bytes() for file in files]


def rendered(numbers: Iterable[int]) -> list[bytes]:
    """Pictures of the pool, rendered on both cores."""
    spawn = multiprocessing.get_context("spawn")
    with concurrent.futures.ProcessPoolExecutor(2, mp_context=spawn) as workers:
        return list(workers.map(jpeg, numbers, chunksize=16))


def jpeg(number: int) -> bytes:
    """One bag as a JPEG."""
    cv2.setNumThreads(1)
    threat = CLASSES[number // THREAT_EVERY % len(CLASSES)] if number % THREAT_EVERY == 0 else None
    pixels = render(DEMO[900_000 + number], threat=threat, size=SIZE_PX).pixels
    bgr = np.ascontiguousarray(pixels[..., ::-1])
    return cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, QUALITY])[1].tobytes()


def distinct(body: bytes, number: int) -> bytes:
    """The same picture with other bytes: a comment after its first marker."""
    text = b"bag %d" % number
    return body[:2] + b"\xff\xfe" + (len(text) + 2).to_bytes(2) + text + body[2:]


class Heard:
    """What the officers' stream said: subjects with a scan, subjects with an alert."""

    def __init__(self, line: Line) -> None:
        self.scans: dict[str, float] = {}
        self.failed: list[str] = []
        self.alerts: set[str] = set()
        self._line: Final = line
        self._is_over = False
        self._thread: Final = threading.Thread(target=self._hear, name="heard", daemon=True)

    def start(self) -> None:
        """Listen until `stop`."""
        self._thread.start()

    def stop(self) -> None:
        """The line is about to end."""
        self._is_over = True

    def _hear(self) -> None:
        while True:
            try:
                with self._line.live() as stream:
                    for raw in stream:
                        for told in json.loads(raw):
                            self._take(told)
            except (ConnectionClosed, OSError):
                if self._is_over:
                    return

    def _take(self, told: dict[str, Any]) -> None:
        if told["kind"] == "snapshot":
            for one in told.get("scans", ()):
                self._scan(one)
            for one in told["alerts"]:
                self.alerts.add(one["subject"])
        elif told["kind"] == "change" and told["type"] == "scan.changed":
            self._scan(told["data"]["scan"])
        elif told["kind"] == "change" and told["type"] == "alert.changed":
            self.alerts.add(told["data"]["alert"]["subject"])

    def _scan(self, scan: dict[str, Any]) -> None:
        if scan.get("failed"):
            self.failed.append(scan["subject"])
        self.scans.setdefault(scan["subject"], time.monotonic())


def run(
    directory: Path, pool: list[bytes], positive: list[bool], asked: argparse.Namespace
) -> dict[str, Any]:
    """Put the bags through and return what came out."""
    folders = [directory / f"scanner-{n}" for n in range(asked.scanners)]
    for folder in folders:
        folder.mkdir()
    devices = f"[detector]\nworkers = {asked.workers}\n" + "".join(
        f'[[device]]\nfamily = "scan_folder"\ndevice = "{folder.name}"\nfolder = "{folder}"\n'
        "poll_s = 0.05\n"
        for folder in folders
    )
    with ExitStack() as stack:
        line = stack.enter_context(Line(directory, devices).running())
        heard = Heard(line)
        heard.start()
        stack.callback(heard.stop)
        until(lambda: line.is_complete(f"/{POST}/lane-1"))
        usage = Usage(
            {
                "agent": line.agent.pid,
                "gateway": line.gateway.pid,
                "command center": line.command_center.pid,
                "broker": line.broker.pid,
                "database": line.influx.pid,
                "bench": os.getpid(),
            },
            are_alone=True,
        )
        began = time.monotonic()
        feed(folders, pool, asked.bags, heard)
        wait(heard, asked.bags)
        ended = max(heard.scans.values(), default=began)
        taken_s = usage.look().taken_s()
        wanted = {f"{FIRST_TAG + n}" for n in range(asked.bags) if positive[n % len(pool)]}
        missing_alerts = settled(lambda: wanted - tags(heard.alerts))
        settled(lambda: () if line.is_complete(f"/{POST}/lane-1") else (1,))
        return {
            "bags": asked.bags,
            "scans": len(heard.scans),
            "failed": len(heard.failed),
            "seconds": ended - began,
            "bags_per_s": asked.bags / (ended - began),
            "bags_per_s_by_stretch": by_stretch(heard.scans.values(), began, ended),
            "alerts_wanted": len(wanted),
            "alerts_missing": len(missing_alerts),
            "nothing_missing": line.is_complete(f"/{POST}/lane-1"),
            "ms_of_a_bag": {n: round(s / asked.bags * 1e3, 2) for n, s in taken_s.items()},
            "cores": {n: round(s / (ended - began), 2) for n, s in taken_s.items()},
            "rss_mib": usage.rss_mib(),
        }


def by_stretch(times: Iterable[float], began: float, ended: float) -> list[float]:
    """The rate in each whole stretch of `STRETCH_S`, in bags/s."""
    counts = [0] * int((ended - began) / STRETCH_S)
    for at in times:
        if (place := int((at - began) / STRETCH_S)) < len(counts):
            counts[place] += 1
    return [round(count / STRETCH_S, 1) for count in counts]


def tags(subjects: set[str]) -> set[str]:
    """The bag tags among subjects, however they are written."""
    return {"".join(c for c in subject if c.isdigit()) for subject in subjects}


def feed(folders: list[Path], pool: list[bytes], bags: int, heard: Heard) -> None:
    """Write the bags, as fast as they are looked at."""
    for number in range(bags):
        while number - len(heard.scans) >= AHEAD_MAX:
            time.sleep(0.005)
        folder = folders[number % len(folders)]
        name = f"{FIRST_TAG + number}.jpg"
        (folder / f".{name}").write_bytes(distinct(pool[number % len(pool)], number))
        (folder / f".{name}").rename(folder / name)


def wait(heard: Heard, bags: int) -> None:
    """Until every bag has its scan, or nothing comes any more."""
    while len(heard.scans) < bags:
        last = max(heard.scans.values(), default=time.monotonic())
        if time.monotonic() - last > QUIET_S_MAX:
            return
        time.sleep(0.05)


def settled(missing: Any) -> Any:
    """What is missing after it had its time to come."""
    for _ in itertools.takewhile(lambda _: missing(), range(int(QUIET_S_MAX / 0.5))):
        time.sleep(0.5)
    return missing()


def took(bags: int) -> str:
    """How a day's minutes are known."""
    return "took" if bags == DAY_BAGS else f"would, by these {bags}, take"


def judge(facts: dict[str, Any], bags: int) -> int:
    """Print the figures and the verdict."""
    print(json.dumps(facts), flush=True)
    rate = facts["bags_per_s"]
    minutes = DAY_BAGS / rate / 60.0
    cores: dict[str, float] = facts["cores"]
    busiest = max(cores, key=lambda name: cores[name])
    is_whole = (
        facts["scans"] == bags
        and not facts["failed"]
        and not facts["alerts_missing"]
        and facts["nothing_missing"]
    )
    is_good = is_whole and minutes <= WANTED_MIN
    return verdict(
        f"{rate:.1f} bags/s, nothing lost: {is_whole}; a day "
        f"of {DAY_BAGS} {took(bags)} {minutes:.0f} minutes (wanted: "
        f"{WANTED_MIN:.0f}); all took {sum(cores.values()):.2f} of {os.cpu_count()} cores, most of "
        f"it the {busiest} with {cores[busiest]:.2f}; a hall that runs all day brings "
        f"{DAY_BAGS / DAY_S:.1f} bags/s",
        is_good=is_good,
    )


if __name__ == "__main__":
    sys.exit(main())
