"""``scripts/bench fleet``: how many signed readings a second reach InfluxDB, of 1,000 agents.

    player ═▶ mosquitto ═▶ gateway (verify, journal, judge) ─▶ InfluxDB     ours
    player ═▶ mosquitto ═▶ a loop that forwards bytes ──────▶ InfluxDB     the yardstick

The agents are enrolled as real ones are, by codes. What they say is composed, numbered, chained and
signed by the contract's own code *before* each turn, 20 readings a message, and then published over
a few connections at a steady rate. A rate is *sustained* if within a few seconds of the last word
every message is in the journal, count and sum of all values in InfluxDB are right, and nothing is
in the quarantine. The yardstick gets the very lines that our gateway would write. Rates are of
readings a second, and rise; both take turns. ``--alerts``: besides, how long an alert takes to a
websocket at half of the highest sustained rate (``--alerts RATE``: at this one, and nothing else),
from the moment at which its message was due.
"""

import argparse
import json
import os
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path
from statistics import median
from typing import Any, Final

from greenlane import logs
from scripts.benches.bench import asking, verdict
from scripts.benches.player import DEVICES
from scripts.benches.player_process import LAG_S_MAX, playing, said_by
from scripts.benches.rival_systems import System
from scripts.benches.rivals import Ear
from scripts.benches.side import Side, forwarding, ours, stored_after
from scripts.benches.usage import MIB, Part
from tests.system.line import DATABASE

AGENTS: Final = 1_000
RATES: Final = "20000,40000,60000,80000,100000,120000,140000,160000,200000"
SECONDS: Final = 10.0
GRACE_S: Final = 3.0
"""After the last word."""
TARGET: Final = 100_000
RATIO_MIN: Final = 0.6
ALERTS_PER_S: Final = 10.0


def main() -> int:
    """Run the bench; 0 if both targets were met."""
    parser = asking("fleet", __doc__)
    parser.add_argument("--agents", type=int, default=AGENTS, help=f"default: {AGENTS:,}")
    parser.add_argument("--devices", type=int, default=DEVICES, help=f"of each agent ({DEVICES})")
    parser.add_argument("--rates", default=RATES, help=f"readings/s (default: {RATES})")
    parser.add_argument("--seconds", type=float, default=SECONDS, help=f"default: {SECONDS:g}")
    parser.add_argument("--turns", type=int, default=1, help="of each rate (1)")
    parser.add_argument("--only", choices=("ours", "forward"), help="no turns: one of them")
    parser.add_argument(
        "--alerts",
        type=float,
        nargs="?",
        const=0.0,
        metavar="RATE",
        help="alerts as well, at half of the highest rate; or nothing but alerts, at this rate",
    )
    asked = parser.parse_args()
    logs.set_up(level="error")
    with tempfile.TemporaryDirectory(prefix="greenlane-bench-") as name, ExitStack() as stack:
        directory = Path(name)
        keys = directory / "keys"
        sides = [stack.enter_context(ours(directory / "ours", keys, asked.agents))]
        if asked.only != "ours" and not asked.alerts:
            sides.append(stack.enter_context(forwarding(directory / "forward")))
        if asked.alerts:
            for _ in range(asked.turns):
                turn(sides[0], asked.alerts, keys, asked, alerts=ALERTS_PER_S)
            return 0
        chosen = [side for side in sides if asked.only in (None, side.name)]
        facts = climb(chosen, keys, asked)
        best = {side.name: highest(facts, side.name) for side in chosen}
        if asked.alerts is not None and best.get("ours"):
            turn(sides[0], best["ours"] / 2, keys, asked, alerts=ALERTS_PER_S)
    return judge(best)


def climb(sides: list[Side], keys: Path, asked: argparse.Namespace) -> list[dict[str, Any]]:
    """Rising rates, in turns; who failed at one is not asked for the next."""
    facts: list[dict[str, Any]] = []
    failed: set[str] = set()
    for rate in map(float, asked.rates.split(",")):
        for side in [side for side in sides if side.name not in failed] * asked.turns:
            facts += [turn(side, rate, keys, asked)]
        for side in sides:
            mine = [f["sustained"] for f in facts if (f["side"], f["rate"]) == (side.name, rate)]
            if sum(mine) * 2 <= len(mine):
                failed.add(side.name)
    return facts


def highest(facts: list[dict[str, Any]], name: str) -> float:
    """The highest rate of which more than half of the turns were sustained; 0 if none."""
    rates = {fact["rate"] for fact in facts if fact["side"] == name}
    held = [
        rate
        for rate in rates
        if median(f["sustained"] for f in facts if (f["side"], f["rate"]) == (name, rate)) > 0.5  # noqa: PLR2004 - more than half
    ]
    return max(held, default=0.0)


def turn(
    side: Side, rate: float, keys: Path, asked: argparse.Namespace, *, alerts: float = 0.0
) -> dict[str, Any]:
    """One side at one rate, with an epoch of its own; prints and returns what was seen."""
    with ExitStack() as stack:
        player = stack.enter_context(playing(side, rate, keys, asked, alerts))
        begin_us = json.loads(said_by(player))["begin_us"]
        kept, quarantined = side.kept()
        ear = None
        if side.line is not None:
            hears, read = stack.enter_context(side.line.live()), side.times.read
            ear = Ear(System(side.line.broker, side.line.influx, DATABASE, [], hears, read))
        parts = {name: Part(pid) for name, pid in (side.parts | {"player": player.pid}).items()}
        print("go", file=player.stdin, flush=True)
        told = json.loads(said_by(player, parts))
        stored_s, counted = stored_after(side, begin_us, told, parts)
        kept, quarantined = (
            after - before for after, before in zip(side.kept(), (kept, quarantined), strict=True)
        )
    fact = {
        "side": side.name,
        "rate": rate,
        **{name: told[name] for name in ("sent", "readings", "lag_s_max")},
        "in_journal": kept,
        "quarantined": quarantined,
        "stored": counted[0],
        "is_sum_right": counted == (told["readings"], told["sum"]),
        "stored_after_s": stored_s,
        "cpu_s_per_100k": per_100k(parts, told["readings"]),
        "rss_mib": {name: round(part.rss_max / MIB) for name, part in parts.items()},
        "load_average": round(os.getloadavg()[0], 1),
    }
    is_whole = side.line is None or (kept, quarantined) == (told["sent"], 0)
    is_in_time = stored_s is not None and stored_s <= GRACE_S
    fact["sustained"] = is_whole and is_in_time and told["lag_s_max"] <= LAG_S_MAX
    if alerts and ear is not None:
        fact["alerts"] = [len(ear.latencies), told["alerts"]]
        shift_ms = told["began_after_s"] * 1_000
        p50, p99 = (round(value - shift_ms, 1) for value in ear.percentiles())
        fact |= {"alert_p50_ms": p50, "alert_p99_ms": p99}
    print(json.dumps(fact), flush=True)
    return fact


def per_100k(parts: dict[str, Part], readings: int) -> dict[str, float]:
    """Seconds of CPU of each part for 100,000 readings."""
    return {name: round(part.taken_s * 1e5 / readings, 2) for name, part in parts.items()}


def judge(best: dict[str, float]) -> int:
    """The verdict."""
    ours_, other = best.get("ours", 0.0), best.get("forward", 0.0)
    ratio = ours_ / other if other else 0.0
    is_good = ours_ >= TARGET and (ratio >= RATIO_MIN or "forward" not in best)
    return verdict(
        f"ours sustained {ours_:,.0f} readings/s (wanted: "
        f"{TARGET:,}), {ratio:.0%} of the {other:,.0f} of a loop that only forwards bytes (wanted: "
        f"{RATIO_MIN:.0%})",
        is_good=is_good,
    )


if __name__ == "__main__":
    sys.exit(main())
