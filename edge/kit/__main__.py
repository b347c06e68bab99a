"""``python -m edge.kit FILE``: runs the driver suite against a driver that somebody wrote.

Exit codes: 0 all passed, 1 a check failed, 2 the file cannot be checked.
"""

import argparse
import asyncio
import faulthandler
import sys
import tempfile
from pathlib import Path
from types import ModuleType
from typing import Final

from contract.clock import SystemClock
from edge.driver import DeviceLost
from edge.drivers.driver_file import driver_class_in, load
from edge.kit import template
from edge.kit.bench import BenchOf, CheckFailed
from edge.kit.suite import CHECKS, Check

CHECK_S_MAX: Final = 120.0
"""A driver that blocks the event loop for so long is ended, and the traceback shows where."""


def main(arguments: list[str]) -> int:
    """Print the template, or check a file; the exit code."""
    parser = argparse.ArgumentParser(prog="python -m edge.kit", description=__doc__)
    parser.add_argument("file", nargs="?", type=Path, help="the driver, with its BENCH")
    parser.add_argument("--template", action="store_true", help="print a driver to start from")
    told = parser.parse_args(arguments)
    if told.template:
        sys.stdout.write(Path(template.__file__).read_text())
        return 0
    if told.file is None:
        parser.error("name the file of a driver, or --template")
    try:
        module = load(told.file.resolve())
        found = driver_class_in(module)
        bench_of = _bench_in(module)
    except DeviceLost as error:
        _say(str(error))
        return 2
    _say(f"{told.file}: {found.__name__}")
    failed = sum(not _is_passed(check, found, bench_of) for check in CHECKS)
    _say(f"{len(CHECKS) - failed} of {len(CHECKS)} checks passed")
    return int(failed > 0)


def _bench_in(module: ModuleType) -> BenchOf:
    bench_of: BenchOf | None = getattr(module, "BENCH", None)
    if bench_of is None:
        raise DeviceLost(f"{module.__file__}: no BENCH to plug and unplug; see --template")
    return bench_of


def _is_passed(check: Check, driver_class: type, bench_of: BenchOf) -> bool:
    name = check.__name__.replace("_", " ")
    faulthandler.dump_traceback_later(CHECK_S_MAX, exit=True)
    try:
        asyncio.run(_run(check, driver_class, bench_of))
    except CheckFailed as error:
        _say(f"  FAILED  {name}: {error}")
        return False
    except Exception as error:  # noqa: BLE001 - whatever a stranger's code raises is a result
        _say(f"  FAILED  {name}: {type(error).__name__}: {error}")
        return False
    finally:
        faulthandler.cancel_dump_traceback_later()
    _say(f"  ok      {name}")
    return True


async def _run(check: Check, driver_class: type, bench_of: BenchOf) -> None:
    with tempfile.TemporaryDirectory(prefix="greenlane-kit-") as folder:
        bench = bench_of(Path(folder))
        await check(bench, driver_class(bench.settings, SystemClock()))


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
