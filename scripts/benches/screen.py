"""``scripts/bench screen``: does the screen stay responsive while 5,000 devices speak?

A simulated fleet (scenario busy-day) speaks through mosquitto to gateway, InfluxDB and command
center, while an officer works in Chromium: desk, devices, explorer and scans in turn, half a minute
each, a key every second. Told for each page, in ms: the first drawing as the page itself measures
it (script, style, layout and paint), from a key to the frame that shows what it did, and the
longest task as the browser reports it, of the first second and of all that follows; then what each
part used, and whether anything was lost.
"""

import argparse
import itertools
import json
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import psutil
from playwright.sync_api import Page

from greenlane import logs
from scripts.benches.chromium import desk, long_tasks
from scripts.benches.usage import Usage
from tests.system.line import PASSWORD, Line

DEVICES: Final = 5_000
RATE: Final = 2.0
SECONDS: Final = 600.0
TASK_MS_MAX: Final = 200.0
STAY_S: Final = 30.0
"""Seconds on one page."""
PAGES: Final = ("/", "/devices", "/explore", "/scans")
KEYS: Final = ("j", "j", "k")
DRAWN: Final = "performance.getEntriesByName('first drawing').map((one) => one.duration)"
AWAIT_KEY: Final = """
() => {
  window.shown = new Promise((done) => addEventListener("keydown", ({ timeStamp }) =>
    requestAnimationFrame(() => setTimeout(() => done(performance.now() - timeStamp))),
    { once: true, capture: true }));
}
"""
"""From when the browser had the key until the frame after it is drawn."""


@dataclass
class Seen:
    """What an officer had to wait for on one page, in ms."""

    frames: list[float] = field(default_factory=list)
    """From each key to its frame."""
    drawn: list[float] = field(default_factory=list)
    """The first drawing after each loading."""
    first: list[float] = field(default_factory=list)
    """Tasks over 50 ms in the second after the page was loaded: its first drawing."""
    later: list[float] = field(default_factory=list)
    """Those after it."""


def main() -> int:
    """Run the bench; 0 if nothing was lost and no task of the page took too long."""
    parser = argparse.ArgumentParser(
        prog="scripts/bench screen",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--devices", type=int, default=DEVICES, help=f"default: {DEVICES:,}")
    parser.add_argument("--rate", type=float, default=RATE, help=f"readings/s of each ({RATE:g})")
    parser.add_argument("--seconds", type=float, default=SECONDS, help=f"default: {SECONDS:g}")
    asked = parser.parse_args()
    logs.set_up(level="error")
    with tempfile.TemporaryDirectory(prefix="greenlane-bench-") as directory:
        return measure(Path(directory), asked)


def measure(directory: Path, asked: argparse.Namespace) -> int:
    """Let the fleet speak and the officer work; print what was seen."""
    line = Line(directory, "")
    with ExitStack() as stack:
        stack.enter_context(line.running())
        page = stack.enter_context(desk(str(line.officer.base_url), PASSWORD))
        fleet = subprocess.Popen(command(line, asked), stdout=subprocess.PIPE, text=True)
        stack.callback(fleet.kill)
        usage, began = Usage(parts(line, fleet.pid)), time.monotonic()
        seen = work(page, fleet, usage, str(line.officer.base_url))
        lasted = time.monotonic() - began
        told = fleet.communicate()[0]
        if not told:
            sys.exit("the fleet failed: there is no report")
        for fact in usage.told(lasted):
            print(json.dumps(fact))
    return judge(json.loads(told), seen)


def command(line: Line, asked: argparse.Namespace) -> list[str]:
    """The fleet, as a user would start it."""
    said = {"devices": asked.devices, "rate": asked.rate, "seconds": asked.seconds}
    sizes = [part for name, size in said.items() for part in (f"--{name}", str(size))]
    broker = f"mqtt://127.0.0.1:{line.broker.port}"
    config = str(line.directory / "gateway.toml")
    scenario = ["--scenario", "busy-day", "--broker", broker, "--gateway", config]
    return [sys.executable, "-m", "greenlane", "simulate", *scenario, *sizes]


def parts(line: Line, fleet: int) -> dict[str, int]:
    """Whom to look at."""
    chromium = next(
        process.pid
        for process in psutil.Process().children(recursive=True)
        if "chrom" in process.name()
    )
    return {
        "fleet": fleet,
        "mosquitto": line.broker.pid,
        "gateway": line.gateway.pid,
        "influxd": line.influx.pid,
        "command center": line.command_center.pid,
        "chromium": chromium,
    }


def work(page: Page, fleet: subprocess.Popen[str], usage: Usage, url: str) -> dict[str, Seen]:
    """The officer's shift, by page."""
    seen = {path: Seen() for path in PAGES}
    for path in itertools.cycle(PAGES):
        page.goto(f"{url}{path}")
        left = time.monotonic() + STAY_S
        page.wait_for_timeout(1_000)
        seen[path].drawn += page.evaluate(DRAWN)
        seen[path].first += long_tasks(page)
        for key in itertools.cycle(KEYS):
            page.evaluate(AWAIT_KEY)
            page.keyboard.press(key)
            seen[path].frames.append(page.evaluate("window.shown"))
            page.wait_for_timeout(1_000)
            seen[path].later += long_tasks(page)
            usage.look()
            if fleet.poll() is not None:
                return seen
            if time.monotonic() > left:
                break
    return seen


def judge(report: dict[str, Any], seen: dict[str, Seen]) -> int:
    """Print the figures and the verdict."""
    for path, of in seen.items():
        waits = sorted(of.frames)
        if not waits:
            continue
        fact = {
            "page": path,
            "keys": len(waits),
            "frame_p50_ms": round(waits[len(waits) // 2], 1),
            "frame_max_ms": round(waits[-1], 1),
            "first_drawing_max_ms": round(max(of.drawn, default=0.0), 1),
            "first_task_max_ms": max(of.first, default=0.0),
            "later_task_max_ms": max(of.later, default=0.0),
            "later_tasks_over_50_ms": len(of.later),
        }
        print(json.dumps(fact))
    said = {name: report[name] for name in ("devices", "seconds", "readings", "said", "receipted")}
    alerts = {name: report[f"alerts_{name}"] for name in ("expected", "seen")}
    print(json.dumps(said | {"alerts": alerts, "lag_s_max": report["lag_s_max"]}))
    worst = max(itertools.chain(*(of.first + of.later for of in seen.values())), default=0.0)
    is_whole = report["said"] == report["receipted"] and alerts["expected"] == alerts["seen"]
    is_good = is_whole and worst <= TASK_MS_MAX
    print(
        f"{'GOOD' if is_good else 'NOT GOOD'}: {report['said']:,} messages said, "
        f"{report['receipted']:,} receipted; {alerts['seen']} of {alerts['expected']} alerts; "
        f"longest task of the page {worst:.0f} ms (wanted: {TASK_MS_MAX:.0f})"
    )
    return 0 if is_good else 1


if __name__ == "__main__":
    sys.exit(main())
