"""``greenlane simulate``: a simulated post for an agent of yours, or a fleet of agents."""

import argparse
import logging
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from greenlane.arguments import add_log, broker_at, port
from greenlane.exits import FAILED, OK
from greenlane.serving import serve

if TYPE_CHECKING:
    from simulators.fleet import FleetConfig, Progress
    from simulators.keyring import CodeFor
    from simulators.report import Report
    from simulators.scenario_file import ScenarioFile

MODBUS_PORT: Final = 5020
SEAL_PORT: Final = 4900
BROKER: Final = "mqtt://127.0.0.1:1883"
POST: Final = "KEMBA"
SCENARIO: Final = "calm-post"
LINE_EVERY: Final = 10
"""Progress reports between two lines where standard error is no terminal."""
DESCRIPTION: Final = """\
With --folder: runs sensors (Modbus TCP), a seal reader (TCP) and a baggage scanner (a folder) for
an agent of yours until SIGINT or SIGTERM; the log tells the truth about what happens.

With --scenario or --devices: drives a broker at a steady rate with simulated agents, as a scenario
says, and reports at the end what was said, receipted and declared lost, and which alerts were
expected and seen: for people on standard error, as JSON on standard output. The exit code is 1 if
anything is missing. Their outboxes live in memory; all else is an agent's: enrolled with a code,
numbered, chained, signed, receipted.
"""


def add_parser(commands: Any) -> None:
    """Enter the command."""
    simulate = commands.add_parser(
        "simulate",
        help="run simulated devices for an agent of yours, or a fleet of simulated agents",
        description=DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    simulate.add_argument(
        "--seed", type=int, default=1, metavar="N", help="another number, another story"
    )
    _add_post(simulate.add_argument_group("devices for an agent of yours"))
    _add_fleet(simulate.add_argument_group("a fleet of simulated agents"))
    add_log(simulate)
    simulate.set_defaults(act=run)


def _add_post(group: Any) -> None:
    group.add_argument(
        "--folder", type=Path, metavar="DIR", help="the scanner writes pictures here"
    )
    group.add_argument("--host", default="127.0.0.1", help="default: 127.0.0.1")
    group.add_argument(
        "--modbus-port", type=port, default=MODBUS_PORT, metavar="N", help=f"default: {MODBUS_PORT}"
    )
    group.add_argument(
        "--seal-port", type=port, default=SEAL_PORT, metavar="N", help=f"default: {SEAL_PORT}"
    )


def _add_fleet(group: Any) -> None:
    group.add_argument(
        "--scenario",
        metavar="FILE",
        help="TOML, or the name of one of simulators/scenarios/ (default: calm-post)",
    )
    group.add_argument("--devices", type=int, metavar="N", help="instead of the scenario's")
    group.add_argument("--rate", type=float, metavar="R", help="readings a second of each device")
    group.add_argument("--seconds", type=float, metavar="S", help="how long they speak")
    group.add_argument("--agents", type=int, metavar="A", help="default: one for 100 devices")
    group.add_argument("--broker", default=BROKER, metavar="URL", help=f"default: {BROKER}")
    group.add_argument("--post", metavar="LOCODE", help=f"default: the gateway's first, or {POST}")
    group.add_argument(
        "--gateway",
        type=Path,
        metavar="FILE",
        help="the gateway's configuration, if it runs here: one-time codes are made as needed",
    )
    group.add_argument(
        "--codes", type=Path, metavar="FILE", help="one-time codes: lines of NAME CODE"
    )
    group.add_argument(
        "--keys",
        type=Path,
        metavar="FILE",
        help="keeps the agents' keys: a second run needs no codes",
    )


def run(arguments: argparse.Namespace) -> int:
    """Be the post, or the fleet."""
    from contract.config import BadConfig

    if arguments.scenario or arguments.devices:
        return _run_fleet(arguments)
    if arguments.folder is None:
        raise BadConfig(
            "say what to simulate: --folder DIR for devices, --scenario FILE or --devices N for a "
            "fleet (see --help)"
        )
    return _run_post(arguments)


def _run_post(arguments: argparse.Namespace) -> int:
    from contract.clock import SystemClock
    from simulators import post

    config = post.PostConfig(
        folder=str(arguments.folder),
        modbus_port=arguments.modbus_port,
        seal_port=arguments.seal_port,
        host=arguments.host,
        seed=arguments.seed,
    )
    return serve(lambda: post.run(config, clock=SystemClock()))


def _run_fleet(arguments: argparse.Namespace) -> int:
    from contract.clock import SystemClock
    from contract.links.mqtt import dialler
    from simulators import fleet

    config = _config(arguments)
    dial = dialler(broker_at(arguments.broker))
    # The links of fifty agents are no news, least of all while faults cut them.
    for name in ("contract.delivery", "contract.links"):
        logging.getLogger(name).setLevel(logging.ERROR)
    reports: list[Report] = []
    script, line = config.script, _Line()
    _say(
        f"{script.title}, seed {script.seed}: {script.devices:,} devices behind"
        f" {len(script.agents)} agents, {script.devices * script.rate:,.0f} readings/s"
    )

    async def drive() -> None:
        clock, left = SystemClock(), reports.append
        left(await fleet.run(config, dial, clock=clock, heard=line.show, left=left))

    serve(drive, is_uvloop=True)
    line.end()
    if not reports:
        _say("Ended before the first word: there is no report.")
        return OK
    return _end(reports[0])


def _end(report: "Report") -> int:
    import msgspec

    _say(report.text())
    print(msgspec.json.format(msgspec.json.encode(report)).decode(), flush=True)
    return OK if report.is_whole else FAILED


def _config(arguments: argparse.Namespace) -> "FleetConfig":
    from contract.config import BadConfig
    from contract.identifiers import NotAnIdentifier, Post
    from simulators.fleet import FleetConfig
    from simulators.keyring import Keyring
    from simulators.scenario_file import read_file
    from simulators.writing import write

    scenario = _resized(read_file(arguments.scenario or SCENARIO), arguments)
    post, code_for = _codes(arguments)
    try:
        post = Post.parse(post)
    except NotAnIdentifier as error:
        raise BadConfig(f"--post: {error}") from error
    path: Path | None = arguments.keys
    return FleetConfig(
        script=write(scenario, arguments.seed),
        post=post,
        keyring=Keyring.load(path),
        code_for=code_for,
        keys_kept=lambda ring: ring.save(path) if path else None,
    )


def _resized(scenario: "ScenarioFile", arguments: argparse.Namespace) -> "ScenarioFile":
    """The scenario with what the command line says instead."""
    from contract.config import BadConfig
    from simulators.scenario_file import resized

    sizes = {
        name: value
        for name in ("devices", "rate", "seconds", "agents")
        if (value := getattr(arguments, name)) is not None
    }
    try:
        return resized(scenario, sizes)
    except ValueError as error:
        raise BadConfig(f"the scenario does not fit: {error}") from error


def _codes(arguments: argparse.Namespace) -> "tuple[str, CodeFor]":
    """The post, and where one-time codes come from."""
    from contract.clock import SystemClock
    from contract.config import load
    from gateway.config import GatewayConfig
    from gateway.trust.codes import make_code
    from simulators.keyring import codes_in

    if arguments.gateway:
        gateway, clock = load(arguments.gateway, GatewayConfig), SystemClock()
        post = arguments.post or gateway.posts[0]
        return post, lambda source: make_code(gateway.folder, source, clock)
    post = arguments.post or POST
    if arguments.codes:
        return post, codes_in(arguments.codes, post)
    return post, lambda _source: None


class _Line:
    """One progress line on standard error: rewritten on a terminal, now and then elsewhere."""

    def __init__(self) -> None:
        self._is_terminal: Final = sys.stderr.isatty()
        self._count = 0

    def show(self, progress: "Progress") -> None:
        """How far it is."""
        tally = progress.tally
        text = (
            f"{progress.at_s:5.0f}/{progress.seconds:.0f} s  readings {progress.readings:,}"
            f"  said {tally.said:,}  receipted {tally.receipted:,}  lost {tally.declared:,}"
            f"  on the way {tally.missing:,}"
            f"  alerts {progress.alerts_seen}/{progress.alerts_expected}"
        )
        if progress.trouble:
            text += f"  {progress.trouble}"
        if self._is_terminal:
            print(f"\r\x1b[K{text}", end="", file=sys.stderr, flush=True)
        elif progress.trouble or self._count % LINE_EVERY == 0:
            _say(text)
        self._count += 1

    def end(self) -> None:
        """Leave the line."""
        if self._is_terminal and self._count:
            _say("")


def _say(sentence: str) -> None:
    print(sentence, file=sys.stderr, flush=True)
