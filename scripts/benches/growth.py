"""``scripts/bench growth``: what a message and a device cost, of 10 devices up to 10,000.

    player ═▶ mosquitto ═▶ gateway ─▶ InfluxDB        1,000 agents at most, with ten devices each
                              ╚═▶ command center      then; 20 readings a message, as `fleet`'s

For each number of devices the whole line is new. First all of them together say as much as ever
(``same rate``), then each says as much as ever (``same rate of a device``); then nobody says
anything. CPU is that of the processes. Memory of a device is what the line takes more for so many
than for the fewest, while the same number of messages went through.
"""

import argparse
import contextlib
import json
import os
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Final

from greenlane import logs
from scripts.benches.bench import asking, verdict
from scripts.benches.player import READINGS
from scripts.benches.player_process import LAG_S_MAX, playing, said_by
from scripts.benches.side import Side, ours, stored_after
from scripts.benches.usage import MIB, Part

SIZES: Final = "10,100,1000,10000"
AGENTS_MAX: Final = 1_000
RATE: Final = 10_000.0
"""Readings/s of all together."""
RATE_OF_A_DEVICE: Final = 2.0
"""Readings/s."""
SECONDS: Final = 20.0
IDLE_S: Final = 10.0
FLAT: Final = 1.5
"""Up to so many times what the fewest devices cost a message, its cost is called flat."""
KIB_MAX: Final = 16.0
"""Memory of a device, gateway and command center together."""
OURS: Final = ("gateway", "command center")
PARTS: Final = (*OURS, "mosquitto", "influxd")
Fact = dict[str, Any]


def main() -> int:
    """Run the bench; 0 if the cost of a message is flat, and that of a device small."""
    parser = asking("growth", __doc__)
    parser.add_argument("--sizes", default=SIZES, help=f"devices (default: {SIZES})")
    parser.add_argument("--rate", type=float, default=RATE, help=f"readings/s ({RATE:,.0f})")
    parser.add_argument("--rate-of-a-device", type=float, default=RATE_OF_A_DEVICE)
    parser.add_argument("--seconds", type=float, default=SECONDS, help=f"default: {SECONDS:g}")
    asked = parser.parse_args()
    logs.set_up(level="error")
    facts: list[Fact] = []
    for size in map(int, asked.sizes.split(",")):
        with tempfile.TemporaryDirectory(prefix="greenlane-bench-") as name:
            facts += grown(Path(name), size, asked)
    for fact in facts:
        fewest = next(one for one in facts if one["said"] == fact["said"])
        if fact["devices"] > fewest["devices"] and "rss_mib" in fact:
            fact["kib_a_device"] = more(fact, fewest)
    print(table(facts))
    return judge(facts)


def grown(directory: Path, size: int, asked: argparse.Namespace) -> list[Fact]:
    """A line with so many devices: both rates, then silence."""
    asked.agents = min(size, AGENTS_MAX)
    asked.devices = size // asked.agents
    rates = {"same rate": asked.rate, "same rate of a device": size * asked.rate_of_a_device}
    keys = directory / "keys"
    with ours(directory / "line", keys, asked.agents) as side:
        facts = []
        for said, rate in rates.items():
            fact = {"devices": size, "agents": asked.agents, "said": said, "rate": rate}
            facts.append(fact | spoken(side, rate, keys, asked))
            print(json.dumps(facts[-1]), flush=True)
        silent = {"devices": size, "agents": asked.agents, "said": "nothing"} | silence(side)
        print(json.dumps(silent), flush=True)
    return [*facts, silent]


def spoken(side: Side, rate: float, keys: Path, asked: argparse.Namespace) -> Fact:
    """What it took to hear that, from the births on to the last reading in the database."""
    with ExitStack() as stack:
        player = stack.enter_context(playing(side, rate, keys, asked, 0.0, is_paused=True))
        begin_us = json.loads(said_by(player))["begin_us"]
        births = looked(side)
        print("go", file=player.stdin, flush=True)
        born = json.loads(said_by(player, births))["born"]
        parts = looked(side)
        print("go", file=player.stdin, flush=True)
        told = json.loads(said_by(player, parts))
        stored_s, (stored, total) = stored_after(side, begin_us, told, parts)
    return {
        "messages": told["sent"],
        "is_whole": (stored, total) == (told["readings"], told["sum"]),
        "lag_s_max": told["lag_s_max"],
        "stored_after_s": stored_s,
        "cpu_us_a_message": micros(parts, told["sent"]),
        "cpu_us_a_birth": micros(births, born),
        "rss_mib": {name: round(part.rss_max / MIB, 1) for name, part in parts.items()},
        "load_average": round(os.getloadavg()[0], 1),
    }


def micros(parts: dict[str, Part], times: int) -> dict[str, int]:
    """Microseconds of CPU for each of so many."""
    return {name: round(part.taken_s * 1e6 / times) for name, part in parts.items()}


def silence(side: Side) -> Fact:
    """What the devices take while they say nothing."""
    parts, began = looked(side), time.monotonic()
    time.sleep(IDLE_S)
    for part in parts.values():
        part.look()
    took_s = time.monotonic() - began
    return {"cpu_ms_a_s": {n: round(p.taken_s * 1e3 / took_s, 1) for n, p in parts.items()}}


def looked(side: Side) -> dict[str, Part]:
    """The processes from now on."""
    return {name: Part(pid, is_alone=True) for name, pid in side.parts.items()}


def more(fact: Fact, fewest: Fact) -> float:
    """KiB of our own memory for each device more."""
    mib = sum(float(fact["rss_mib"][name] - fewest["rss_mib"][name]) for name in OURS)
    devices = int(fact["devices"] - fewest["devices"])
    return round(mib * 1_024 / devices, 1)


def table(facts: list[Fact]) -> str:
    """All of it as Markdown."""
    head = ["devices", "agents", "said", "messages/s", *PARTS]
    head += [f"{name} MiB" for name in OURS] + ["KiB a device"]
    rows = ["CPU in µs a message", f"| {' | '.join(head)} |", "|" + "--:|" * len(head)]
    for fact in facts:
        known = fact.get("cpu_us_a_message") or fact["cpu_ms_a_s"]
        unit = "" if "rate" in fact else " ms/s"
        cells = [f"{fact['devices']:,}", f"{fact['agents']:,}", fact["said"]]
        cells += [f"{fact['rate'] / READINGS:,.0f}" if "rate" in fact else "0"]
        cells += [f"{known[name]:,}{unit}" for name in PARTS]
        cells += [f"{fact['rss_mib'][name]:,}" if "rss_mib" in fact else "" for name in OURS]
        cells += [str(fact.get("kib_a_device") or "")]
        rows.append(f"| {' | '.join(cells)} |")
    return "\n".join(rows)


def judge(facts: list[Fact]) -> int:
    """The verdict, by what was said at the same rate."""
    spoke = [fact for fact in facts if fact["said"] == "same rate"]
    costs = [sum(fact["cpu_us_a_message"][name] for name in OURS) for fact in spoke]
    ratio = costs[-1] / costs[0]
    kib = spoke[-1].get("kib_a_device", 0.0)
    heard = [fact for fact in facts if "is_whole" in fact]
    is_whole = all(one["is_whole"] and one["lag_s_max"] <= LAG_S_MAX for one in heard)
    is_good = ratio <= FLAT and kib <= KIB_MAX and is_whole
    return verdict(
        f"a message of {spoke[-1]['devices']:,} devices costs"
        f" {ratio:.2f} times one of {spoke[0]['devices']:,} (flat: up to {FLAT}), a device"
        f" {kib} KiB (at most {KIB_MAX:g}), {'all' if is_whole else 'NOT ALL'} arrived in time",
        is_good=is_good,
    )


if __name__ == "__main__":
    with contextlib.suppress(BrokenPipeError):
        sys.exit(main())
