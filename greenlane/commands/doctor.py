"""``greenlane doctor``: is this box fit, and if not, what to do; one line for each thing."""

import argparse
import asyncio
from pathlib import Path
from typing import Any, Final

import msgspec

from greenlane.arguments import add_log, there
from greenlane.doctor.finding import Finding
from greenlane.exits import FAILED, OK

EXAMPLES: Final = "one in firmware_configs/"


class Report(msgspec.Struct, frozen=True):
    """What was found for one configuration; of the box alone without one."""

    config: str
    is_ok: bool
    findings: tuple[Finding, ...]


def add_parser(commands: Any) -> None:
    """Enter the command."""
    doctor = commands.add_parser(
        "doctor",
        help="look at this box: clock, disk, keys, certificates, broker, database, model",
        description="Says for each thing that a service needs whether it is well, or what to do. "
        "Changes nothing. Ends with 0 if all is well and with 1 if there is advice. Run it as the "
        "user of the service.",
    )
    doctor.add_argument(
        "--config",
        type=Path,
        metavar="FILE",
        action="append",
        default=[],
        help="TOML of a gateway, command center or agent on this box; may be given again",
    )
    doctor.add_argument("--json", action="store_true", help="for programs: one object")
    add_log(doctor)
    doctor.set_defaults(act=run, command=doctor.prog, example=EXAMPLES)


def run(arguments: argparse.Namespace) -> int:
    """Look, and say what was found."""
    configs = [there(path, arguments) for path in arguments.config]
    reports = asyncio.run(_looked(configs))
    if arguments.json:
        said = {"is_ok": all(one.is_ok for one in reports), "reports": reports}
        print(msgspec.json.encode(said).decode())
    else:
        for report in reports:
            print("\n".join(lines(report)))
    return OK if all(one.is_ok for one in reports) else FAILED


def lines(report: Report) -> list[str]:
    """The report for a person."""
    title = [f"{report.config}:"] if report.config else []
    return title + [
        f"{'ok' if one.is_ok else 'ADVICE':7}{one.about:14} {one.says}" for one in report.findings
    ]


async def _looked(configs: list[Path]) -> list[Report]:
    from contract.clock import SystemClock
    from greenlane.doctor import services

    clock = SystemClock()
    if not configs:
        return [_report("", services.nobody(Path.cwd(), clock))]
    return [_report(str(path), await _look(path, clock)) for path in configs]


async def _look(path: Path, clock: Any) -> list[Finding]:
    from greenlane.commands.configured import kind_of, read
    from greenlane.doctor import services

    config: Any = read(path)
    match kind_of(path):
        case "gateway":
            return await services.gateway(config, clock)
        case "command-center":
            return await services.command_center(config, clock)
        case "edge":
            return await services.agent(config, clock)


def _report(config: str, findings: list[Finding]) -> Report:
    return Report(config, all(one.is_ok for one in findings), tuple(findings))
