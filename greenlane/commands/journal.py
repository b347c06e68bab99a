"""``greenlane journal``: check, count, judge again and export what the gateway has kept."""

import argparse
import sys
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from contract.config import BadConfig
from greenlane.arguments import add_config, at_least, config_of, there
from greenlane.exits import FAILED, OK

if TYPE_CHECKING:
    from gateway.books.census import Census
    from gateway.books.report import Report
    from gateway.config import GatewayConfig

EXAMPLE: Final = "firmware_configs/post/gateway.toml"
SHOWN: Final = 20
"""Faults, sources and days that are shown; the rest is counted (all of them with --json)."""


def add_parser(commands: Any) -> None:
    """Enter the command."""
    journal = commands.add_parser(
        "journal",
        help="check, count, judge again or export the gateway's journal",
        description="Looks at the journal of a gateway, which may be running, and changes nothing.",
    )
    inner = journal.add_subparsers(metavar="check | stats | replay | export", required=True)
    check = _sub(
        inner,
        "check",
        check_it,
        "is everything as it was written",
        "Checks the file's structure, the checksum, hash and place of every entry, the changes and "
        "their signatures, the signed tree, the judge's snapshots and every picture. Names what is "
        "wrong with its position, and exits 1 if anything is.",
    )
    check.add_argument(
        "--signatures",
        action="store_true",
        help="verify the signature of every message as well (a minute for each million)",
    )
    stats = _sub(
        inner,
        "stats",
        count_it,
        "what is in it",
        "Counts entries and bytes by type, source and day, and says who has read how far and what "
        "retention has erased. Of a large journal types, sources and sizes are estimated from "
        "20,000 entries, and it says so.",
    )
    stats.add_argument(
        "--whole", action="store_true", help="read every entry (about 12 s for each GB)"
    )
    stats.add_argument("--json", action="store_true", help="everything, as one JSON document")
    replay = _sub(
        inner,
        "replay",
        judge_it_again,
        "judge it again and compare",
        "Judges every entry with a fresh judge and compares the changes with those that were told, "
        "byte for byte; exits 1 if any differs. With --settings it says instead how many alerts of "
        "each rule there would have been with the [judge] section of another configuration.",
    )
    replay.add_argument("--settings", type=Path, metavar="FILE", help="a gateway's TOML")
    export = _sub(
        inner,
        "export",
        export_it,
        "entries as lines of JSON",
        "Writes entries as lines of JSON, each message in a DSSE envelope as its sender signed it.",
    )
    export.add_argument("--first", type=at_least(1), default=1, metavar="POSITION")
    export.add_argument(
        "--last", type=at_least(0), default=0, metavar="POSITION", help="default: the last"
    )
    export.add_argument("--source", default="", metavar="/POST/NAME", help="only of this source")
    export.add_argument("--type", default="", help="only of this type, like seal.read")
    export.add_argument("-o", "--out", type=Path, metavar="FILE", help="default: standard output")


def _sub(
    inner: Any, name: str, act: Callable[[argparse.Namespace], int], short: str, long: str
) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = inner.add_parser(name, help=short, description=long)
    add_config(parser, EXAMPLE)
    parser.set_defaults(act=act)
    return parser


def check_it(arguments: argparse.Namespace) -> int:
    """Check it."""
    from gateway.books.check import Asked, check

    config = _config(arguments)
    asked = Asked(
        folder=config.folder,
        public=_public(config),
        is_deep=arguments.signatures,
        progress=_progress,
    )
    report = check(asked)
    _print_report(report)
    return OK if report.is_sound else FAILED


def count_it(arguments: argparse.Namespace) -> int:
    """Count it."""
    import msgspec

    from gateway.books.census import census

    told = census(_config(arguments).folder, _progress, is_whole=arguments.whole)
    if arguments.json:
        print(msgspec.json.format(msgspec.json.encode(told), indent=2).decode())
    else:
        _print_census(told)
    return OK


def judge_it_again(arguments: argparse.Namespace) -> int:
    """Judge it again."""
    from gateway.books.rejudge import rejudge
    from gateway.judge.law import VERSION

    config = _config(arguments)
    if arguments.settings is not None:
        return _back_test(config, there(arguments.settings, arguments))
    verdict = rejudge(
        config.folder, source=config.source, public=_public(config), progress=_progress
    )
    begin = f" after entry {verdict.after:,}" if verdict.after else ""
    print(
        f"journal {verdict.journal}: {verdict.entries:,} entries judged again, "
        f"{verdict.compared:,} changes compared{begin}, {verdict.difference_count:,} differ"
    )
    if verdict.pruned:
        print(f"{verdict.pruned:,} changes are held no longer and were not compared")
    if verdict.versions:
        others = ", ".join(verdict.versions)
        print(f"judge {others} decided a part of it; this is judge {VERSION}, and may differ there")
    for difference in verdict.differences[:SHOWN]:
        print(difference)
    return FAILED if verdict.difference_count else OK


def _back_test(config: "GatewayConfig", file: Path) -> int:
    from contract.config import load
    from gateway.books.rejudge import back_test
    from gateway.config import GatewayConfig

    trial = back_test(config.folder, load(file, GatewayConfig).judge, _progress)
    print(f"{trial.entries:,} entries; alerts by rule, as it was and with {file}:")
    for rule in sorted(trial.as_it_was | trial.as_it_would_be):
        print(f"  {rule:24} {trial.as_it_was[rule]:8,} {trial.as_it_would_be[rule]:8,}")
    return OK


def export_it(arguments: argparse.Namespace) -> int:
    """Export it."""
    from gateway.books.export import Wanted, lines

    wanted = Wanted(arguments.first, arguments.last, arguments.source, arguments.type)
    if wanted.first < 1 or (wanted.last and wanted.last < wanted.first):
        raise BadConfig("--first and --last are positions, counted from 1, in this order")
    folder = _config(arguments).folder
    with ExitStack() as stack:
        out = sys.stdout.buffer
        if arguments.out is not None:
            out = stack.enter_context(arguments.out.open("wb"))
        for line in lines(folder, wanted, _progress):
            out.write(line)
        out.flush()
    return OK


def _config(arguments: argparse.Namespace) -> "GatewayConfig":
    from gateway.config import GatewayConfig

    return config_of(arguments, GatewayConfig)


def _public(config: "GatewayConfig") -> bytes:
    """The gateway's public key, as it lies beside its journal."""
    from contract.link import Rejected

    path = config.folder / "gateway.pub"
    try:
        return bytes.fromhex(path.read_text().strip())
    except (FileNotFoundError, ValueError) as error:
        raise Rejected(f"{path}: no public key of a gateway is here") from error


def _progress(what: str, done: int, of: int) -> None:
    """On standard error, and only where somebody looks at it."""
    if sys.stderr.isatty():
        end = "\n" if done >= of else ""
        print(f"\r{what}: {done:,} of {of:,}  ", end=end, file=sys.stderr, flush=True)


def _print_report(report: "Report") -> None:
    print(f"journal {report.journal}")
    for what, times in report.counts.items():
        print(f"  {times:12,} {what}")
    for note in report.notes:
        print(f"note: {note}")
    for fault in report.faults[:SHOWN]:
        print(f"FAULT {fault}")
    if report.fault_count > SHOWN:
        print(f"and {report.fault_count - SHOWN:,} more")
    print("sound" if report.is_sound else f"{report.fault_count:,} faults")


def _print_census(told: "Census") -> None:
    print(
        f"journal {told.journal}: {told.position:,} entries, {told.file_bytes / 1e6:,.1f} MB on "
        f"disk, {told.changes:,} changes, {told.quarantined:,} quarantined"
    )
    if told.oldest_at and told.newest_at:
        print(f"from {told.oldest_at:%Y-%m-%d %H:%M:%S} to {told.newest_at:%Y-%m-%d %H:%M:%S} UTC")
    if told.is_estimated:
        print(
            f"Estimated from {told.looked_at:,} entries: types, sources and sizes. What is rare "
            "may not be there; --whole counts all."
        )
    _print_tallies(told)
    print(f"\n{'reader':36} {'needs nothing up to':>22}")
    for name, position in told.cursors.items():
        print(f"{name:36} {position:22,}")
    places = ", ".join(f"{position:,}" for position in told.snapshots) or "none"
    print(f"snapshots of the judge at: {places}")
    print(f"alerts rest on {told.alerts_rest_on:,} entries")
    for retention, upto in told.erased_upto.items():
        print(f"bodies of {retention} may be gone up to entry {upto:,}")


def _print_tallies(told: "Census") -> None:
    for name, tallies in (
        *(("type", told.by_type), ("kind", told.by_kind)),
        *(("source", told.by_source), ("day", told.by_day)),
    ):
        print(f"\n{name:36} {'entries':>12} {'MB':>10} {'erased':>12}")
        by_size = sorted(tallies.items(), key=lambda row: -row[1].entries)
        rows = list(tallies.items())[-SHOWN:] if name == "day" else by_size
        for key, tally in rows[:SHOWN]:
            print(f"{key:36} {tally.entries:12,} {tally.bytes / 1e6:10,.1f} {tally.erased:12,}")
        if len(tallies) > SHOWN:
            print(f"and {len(tallies) - SHOWN:,} more")
