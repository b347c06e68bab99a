"""``scripts/bench rivals``: our gateway beside Node-RED, on the same plain JSON of foreign devices.

    load generator ═▶ mosquitto ═▶ ours | Node-RED ═▶ InfluxDB
                                        └═▶ alerts on a websocket

Both hear the same topics on the same broker, write one point of ten fields a message into the same
database and raise an alert for each message over a limit. Ours keeps a durable journal besides;
Node-RED has a flow with a hand-written batching function. They take turns, each turn with a fresh
broker and database and a second that is not counted; a rate is *sustained* if every message is in
the database and every alert at the subscriber within two seconds of the last word; it counts if
more than half of its turns are. What is missing was dropped by the broker, or is not in our
journal, or was not stored: each turn counts all of them.
CPU is that of all processes of the system itself: ours are gateway and command center.

Needs a folder with a load generator and an installed Node-RED (``--peers``, ``--node-red``).
"""

import argparse
import contextlib
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from statistics import median
from typing import Any, Final

from websockets.exceptions import ConnectionClosed

from greenlane import logs
from scripts.benches.bench import asking, quantile, verdict
from scripts.benches.drops import Drops
from scripts.benches.rival_systems import System, node_red, ours, over_limit
from scripts.benches.usage import MIB, Part
from tests.system.line import DATABASE
from tests.system.programs import until

RATES: Final = "12000,20000,24000,28000,32000,36000,40000"
SECONDS: Final = 15.0
TURNS: Final = 3
WARM_UP_RATE: Final = 2_000
GRACE_S: Final = 2.0
P99_MS_MAX: Final = 1_000.0
DEVICES: Final = 101
"""One in a hundred messages is over the limit: with 100 devices all would be of the same one, and
for us one long episode; so it is another device each time, whose next message is in range."""
LATENCY_RATE: Final = 12_000
CPU_S_MAX: Final = 2.0
"""Seconds of CPU for 100,000 messages."""
RATE_RATIO: Final = 1.4
MEMORY_MIB_MAX: Final = 200.0


def main() -> int:
    """Run the bench; 0 if every target of ours was met."""
    parser = asking("rivals", __doc__)
    home = Path("~/.cache/greenlane-peers").expanduser()
    parser.add_argument(
        "--peers", type=Path, required=True, metavar="DIR", help="with loadgen.py and node-red/"
    )
    parser.add_argument(
        "--node-red", type=Path, default=home, metavar="DIR", help=f"where it is ({home})"
    )
    parser.add_argument("--rates", default=RATES, help=f"messages/s (default: {RATES})")
    parser.add_argument("--seconds", type=float, default=SECONDS, help=f"default: {SECONDS:g}")
    parser.add_argument("--turns", type=int, default=TURNS, help=f"of each rate ({TURNS})")
    parser.add_argument("--only", choices=("ours", "node-red"), help="no turns: one of them")
    asked = parser.parse_args()
    logs.set_up(level="error")
    if not (asked.peers / "loadgen.py").exists():
        print(f"no load generator in {asked.peers}: say where with --peers", file=sys.stderr)
        return 3
    systems = {"ours": ours, "node-red": lambda at: node_red(at, asked.peers, asked.node_red)}
    if asked.only:
        systems = {asked.only: systems[asked.only]}
    return compare(systems, asked)


def compare(systems: dict[str, Any], asked: argparse.Namespace) -> int:
    """Rising rates, in turns; who failed at one is not asked for the next."""
    facts: list[dict[str, Any]] = []
    failed: set[str] = set()
    for rate in map(int, asked.rates.split(",")):
        for _ in range(asked.turns):
            for name, system in systems.items():
                if name not in failed:
                    facts.append({"system": name} | turn(system, rate, asked))
                    print(json.dumps(facts[-1]), flush=True)
        failed |= {name for name in systems if not is_held(facts, name, rate)}
    return judge(facts) if len(systems) > 1 else 0


def is_held(facts: list[dict[str, Any]], name: str, rate: int) -> bool:
    """Whether a system sustained a rate in more than half of its turns."""
    told: list[bool] = [
        one["sustained"] for one in facts if (one["system"], one["rate"]) == (name, rate)
    ]
    return 2 * sum(told) > len(told)


def turn(system: Any, rate: int, asked: argparse.Namespace) -> dict[str, Any]:
    """One system, fresh, at one rate."""
    with tempfile.TemporaryDirectory(prefix="greenlane-bench-") as at, system(Path(at)) as up:
        ear, dropped = Ear(up), Drops(up.broker)
        warm_up(up, ear, asked)
        parts = [Part(pid) for pid in up.pids]
        in_journal, begin_us = up.kept() or 0, time.time_ns() // 1_000
        sent, ended = said(up, rate, asked.seconds, asked), time.monotonic()
        stored_s = alerts_s = None
        kept = (0, 0)
        while time.monotonic() - ended < GRACE_S * 5 and (stored_s is None or alerts_s is None):
            for part in parts:
                part.look()
            late = round(time.monotonic() - ended, 2)
            if alerts_s is None and len(ear.latencies) >= sent["alerts"]:
                alerts_s = late
            if stored_s is None:
                kept = stored(up, begin_us)
                if kept == (sent["sent"], sum(range(sent["sent"]))):
                    stored_s = late
            time.sleep(0.1)
        for part in parts:
            part.look()
        if up.database == DATABASE and stored_s is not None:
            ear.since(over_limit(up))
        p50, p99 = ear.percentiles()
        return {
            "rate": rate,
            "sent": sent["sent"],
            "stored": kept[0],
            "in_journal": None if (now := up.kept()) is None else now - in_journal,
            "dropped_by_broker": dropped.count,
            "alerts": [len(ear.latencies), sent["alerts"]],
            "stored_after_s": stored_s,
            "alerts_after_s": alerts_s,
            "alert_p50_ms": p50,
            "alert_p99_ms": p99,
            "cpu_s_per_100k": round(sum(part.taken_s for part in parts) * 1e5 / sent["sent"], 2),
            "cpu_s_of_each": [round(part.taken_s * 1e5 / sent["sent"], 2) for part in parts],
            "rss_mib": round(sum(part.rss_max for part in parts) / MIB),
            "sustained": None not in (stored_s, alerts_s)
            and max(stored_s or 0.0, alerts_s or 0.0) <= GRACE_S
            and p99 <= P99_MS_MAX,
            "load_average": round(os.getloadavg()[0], 1),
        }


def said(up: System, rate: int, seconds: float, asked: argparse.Namespace) -> dict[str, Any]:
    """Let the load generator speak; returns what it said."""
    load = [
        *(sys.executable, str(asked.peers / "loadgen.py")),
        *("--broker", f"mqtt://127.0.0.1:{up.broker.port}"),
        *("--rate", str(rate), "--seconds", str(seconds), "--devices", str(DEVICES)),
    ]
    told: dict[str, Any] = json.loads(
        subprocess.run(load, stdout=subprocess.PIPE, check=True).stdout
    )
    return told


def warm_up(up: System, ear: "Ear", asked: argparse.Namespace) -> None:
    """A second that is not counted.

    For its first points the database makes files and syncs them; who has a journal waits for that.
    """
    sent = said(up, WARM_UP_RATE, 1.0, asked)
    until(lambda: stored(up)[0] >= sent["sent"] and len(ear.latencies) >= sent["alerts"])
    ear.latencies.clear()


class Ear:
    """Hears alerts in a thread of its own, each once."""

    def __init__(self, system: System) -> None:
        self.latencies: dict[object, float] = {}
        self._system: Final = system
        threading.Thread(target=self._hear, name="alerts", daemon=True).start()

    def _hear(self) -> None:
        with contextlib.suppress(ConnectionClosed):
            for said in self._system.alerts:
                now_us = time.time_ns() // 1_000
                for name, at_us in self._system.read(said):
                    self.latencies.setdefault(name, (now_us - at_us) / 1_000)

    def since(self, moments: dict[str, list[int]]) -> None:
        """Count from these instead: of each device, when it was over the limit (microseconds).

        What our gateway says rests on a batch of foreign messages, so it names when that arrived.
        """
        names: Any = list(self.latencies)
        for device, nth, heard_at_us in names:
            late_us = heard_at_us - moments[device][nth - 1]
            self.latencies[device, nth, heard_at_us] += late_us / 1_000

    def percentiles(self) -> tuple[float, float]:
        """Median and 99th percentile, in milliseconds."""
        known = self.latencies.values()
        return round(quantile(known, 0.5), 1), round(quantile(known, 0.99), 1)


def stored(system: System, begin_us: int = 0) -> tuple[int, int]:
    """How many points are in the database since that moment, and the sum of their numbers."""
    question = f'SELECT COUNT("seq"), SUM("seq") FROM "telemetry" WHERE time >= {begin_us - 1_000}u'  # noqa: S608 - ours
    (result,) = system.influx.ask(question, system.database)["results"]
    count = total = 0
    for series in result.get("series", ()):
        count += series["values"][0][1]
        total += int(series["values"][0][2])
    return count, total


def judge(facts: list[dict[str, Any]]) -> int:
    """Medians of both, and the verdict."""
    told = {}
    for name in ("ours", "node-red"):
        held = [fact for fact in facts if fact["system"] == name and fact["sustained"]]
        rates = {fact["rate"] for fact in held if is_held(facts, name, fact["rate"])}
        usual = [fact for fact in held if fact["rate"] == LATENCY_RATE] or held
        if not rates:
            return verdict(f"{name} sustained nothing", is_good=False)
        told[name] = {
            "sustained_rate": max(rates),
            "cpu_s_per_100k": median(fact["cpu_s_per_100k"] for fact in held),
            "alert_p99_ms": median(fact["alert_p99_ms"] for fact in usual),
            "rss_mib": max(fact["rss_mib"] for fact in held),
        }
        print(json.dumps({"system": name} | told[name]))
    mine, red = told["ours"], told["node-red"]
    goals = {
        f"CPU <= {CPU_S_MAX} s": mine["cpu_s_per_100k"] <= CPU_S_MAX,
        f"rate >= {RATE_RATIO} x": mine["sustained_rate"] >= RATE_RATIO * red["sustained_rate"],
        "alert p99 no worse": mine["alert_p99_ms"] <= red["alert_p99_ms"],
        f"memory <= {MEMORY_MIB_MAX:.0f} MiB": mine["rss_mib"] <= MEMORY_MIB_MAX,
    }
    missed = [goal for goal, is_met in goals.items() if not is_met]
    words = f"missed {', '.join(missed)}" if missed else "every goal met"
    return verdict(words, is_good=not missed)


if __name__ == "__main__":
    sys.exit(main())
