"""``scripts/bench screen``: does the screen stay responsive while 5,000 devices speak?

A simulated fleet (scenario busy-day) speaks through mosquitto to gateway, InfluxDB and command
center, while an officer works in Chromium: the desk, the devices and the explorer in turn, a key
every second. Told: the longest task of the page as the browser itself reports it, the time from a
key to the next frame, what each part used, and whether anything was lost.
"""

import argparse
import itertools
import json
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
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
FRAME: Final = """
() => new Promise((done) => {
  const began = performance.now();
  requestAnimationFrame(() => setTimeout(() => done(performance.now() - began)));
})
"""


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
        tasks, frames = work(page, fleet, usage, str(line.officer.base_url))
        lasted = time.monotonic() - began
        told = fleet.communicate()[0]
        if not told:
            sys.exit("the fleet failed: there is no report")
        for fact in usage.told(lasted):
            print(json.dumps(fact))
    return judge(json.loads(told), tasks, frames)


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


def work(
    page: Page, fleet: subprocess.Popen[str], usage: Usage, url: str
) -> tuple[dict[str, list[float]], dict[str, list[float]]]:
    """The officer's shift: milliseconds of long tasks, and of waiting for a frame, by page."""
    tasks: dict[str, list[float]] = {}
    frames: dict[str, list[float]] = {}
    for path in itertools.cycle(PAGES):
        page.goto(f"{url}{path}")
        left = time.monotonic() + STAY_S
        for key in itertools.cycle(KEYS):
            page.wait_for_timeout(1_000)
            page.keyboard.press(key)
            frames.setdefault(path, []).append(page.evaluate(FRAME))
            tasks.setdefault(path, []).extend(long_tasks(page))
            usage.look()
            if fleet.poll() is not None:
                return tasks, frames
            if time.monotonic() > left:
                break
    return tasks, frames


def judge(
    report: dict[str, Any], tasks: dict[str, list[float]], frames: dict[str, list[float]]
) -> int:
    """Print the figures and the verdict."""
    for path, waits in frames.items():
        ordered = sorted(waits)
        fact = {
            "page": path,
            "keys": len(ordered),
            "frame_p50_ms": round(ordered[len(ordered) // 2], 1),
            "frame_max_ms": round(ordered[-1], 1),
            "tasks_over_50_ms": len(tasks[path]),
            "task_max_ms": max(tasks[path], default=0.0),
        }
        print(json.dumps(fact))
    said = {name: report[name] for name in ("devices", "seconds", "readings", "said", "receipted")}
    alerts = {name: report[f"alerts_{name}"] for name in ("expected", "seen")}
    print(json.dumps(said | {"alerts": alerts, "lag_s_max": report["lag_s_max"]}))
    worst = max(itertools.chain(*tasks.values()), default=0.0)
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
