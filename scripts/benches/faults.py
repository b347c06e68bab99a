"""``scripts/bench faults``: posts under faults from seeds; what was lost, doubled, or wrong.

A virtual run is agents, a gateway, a command center and a database, all but the last the real
parts; the network drops, repeats, delays and truncates, any part is killed between any two of its
awaits and begins again from the files of its last commit, cards and journals are restored, clocks
jump, disks are full. A seed gives the same run again (PYTHONHASHSEED is fixed for that).

A real run is processes over mosquitto and InfluxDB (tests/faults/real.py) that die at moments of
the seed; what each was doing then is chance.
"""

import json
import logging
import multiprocessing
import os
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict
from typing import Final

from scripts.benches.bench import asking, verdict
from tests.faults import real, virtual
from tests.faults.seeds import plan

RUNS: Final = 100
RUNS_OF_A_PROCESS: Final = 50
"""Then a new one begins: nothing that a run leaves behind adds up."""
HASHES: Final = "PYTHONHASHSEED"


def main(arguments: list[str]) -> int:
    """Run what was asked for; 0 if nothing was wrong."""
    parser = asking("faults", __doc__)
    add = parser.add_argument
    add("--runs", type=int, default=RUNS, metavar="N", help=f"virtual runs (default: {RUNS})")
    add("--first-seed", type=int, default=0, metavar="S", help="of both kinds (default: 0)")
    add("--jobs", type=int, default=1, metavar="N", help="virtual runs side by side (default: 1)")
    add("--real", type=int, default=0, metavar="N", help="real runs, after those (default: none)")
    add("--seed", type=int, metavar="S", help="one virtual run, with its plan and its log")
    add("--real-seed", type=int, metavar="S", help="one real run")
    asked = parser.parse_args(arguments)
    if asked.seed is not None:
        logging.basicConfig(level=logging.INFO, format="%(levelname).1s %(name)s %(message)s")
        print(plan(asked.seed))
        return _verdict([virtual.run(asked.seed)], 0)
    if asked.real_seed is not None:
        return _verdict([], _real([asked.real_seed]))
    logging.disable(logging.CRITICAL)  # what goes wrong on purpose says so all the time
    seeds = range(asked.first_seed, asked.first_seed + asked.runs)
    outcomes = []
    for outcome in _run_all(seeds, asked.jobs):
        print(json.dumps(_facts(outcome)), flush=True)
        outcomes.append(outcome)
    first = asked.first_seed
    return _verdict(outcomes, _real(range(first, first + asked.real)))


def _run_all(seeds: range, jobs: int) -> Iterator[virtual.Outcome]:
    with multiprocessing.Pool(jobs, maxtasksperchild=RUNS_OF_A_PROCESS) as pool:
        yield from pool.imap_unordered(virtual.run, seeds)


def _facts(outcome: virtual.Outcome) -> dict[str, object]:
    facts = asdict(outcome)
    del facts["plan"]
    return {
        "seed": outcome.plan.seed,
        "kind": outcome.plan.kind,
        "troubles": sorted({trouble.what for trouble in outcome.plan.troubles}),
        **facts,
    }


def _real(seeds: range | list[int]) -> int:
    """How many of the real runs went wrong."""
    wrong = 0
    for seed in seeds:
        outcome = real.run(seed)
        print(json.dumps(asdict(outcome)), flush=True)
        wrong += bool(outcome.wrongs)
    return wrong


def _verdict(outcomes: list[virtual.Outcome], real_wrong: int) -> int:
    bad = [outcome for outcome in outcomes if outcome.wrongs]
    for outcome in bad:
        print(f"seed {outcome.plan.seed}: again with --seed {outcome.plan.seed}")
        for wrong in outcome.wrongs[:10]:
            print(f"  {wrong}")
    happened = Counter(trouble.what for one in outcomes for trouble in one.plan.troubles)
    print(
        json.dumps(
            {
                "runs": len(outcomes),
                "wrong": len(bad),
                "real wrong": real_wrong,
                "said": sum(one.said for one in outcomes),
                "kept": sum(one.kept for one in outcomes),
                "declared lost": sum(one.lost for one in outcomes),
                "points": sum(one.points for one in outcomes),
                "alerts": sum(one.alerts for one in outcomes),
                "compared with a day without faults": sum(one.compared for one in outcomes),
                "troubles": dict(sorted(happened.items())),
                "packets": dict(sum((Counter(one.packets) for one in outcomes), Counter())),
            }
        )
    )
    is_good = not bad and not real_wrong
    words = "nothing lost, nothing doubled" if is_good else "something was lost, doubled or wrong"
    return verdict(words, is_good=is_good)


if __name__ == "__main__":
    if os.environ.get(HASHES) != "0":
        os.environ[HASHES] = "0"  # sets of text come in one order then: a seed is the same again
        again = [sys.executable, "-m", "scripts.benches.faults", *sys.argv[1:]]
        os.execv(sys.executable, again)  # noqa: S606 - ourselves
    sys.exit(main(sys.argv[1:]))
