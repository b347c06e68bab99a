"""A trial as JSON for programs and as Markdown for people: interval first, both rates together."""

from __future__ import annotations

from collections.abc import Mapping
from math import isnan
from typing import Any

from models.rates import Figure
from models.trial import SCHEMA, Trial

INTRODUCTION = (
    "Intervals are of 95 % and stand before the rate. *Found*: right class, box overlapping by "
    "half or more. *False alarms*: harmless bags in which it was announced; *harmless*: with "
    "nothing of the model's classes in it."
)
COCO_S = "(COCO's, mean over classes; bootstrap over pictures)."
SEES_PROJECTION = (
    "**Part of what is found, is found for having been simulated**: harmless things that look like "
    "no class, projected in the same way, raise more alarms than these pictures alone. Trust what "
    "is found no further than that; train longer, or with more pictures."
)
RELIABILITY = (
    "Reliability of the scores: of the boxes said in these bags, this share was right. It "
    "belongs to this mixture of bags; a score is no probability."
)


def as_dict(trial: Trial) -> dict[str, Any]:
    """Return the trial for JSON."""
    return {
        "schema": SCHEMA,
        "model": trial.model,
        "data": trial.data,
        "pictures": trial.pictures,
        "harmless_pictures": trial.harmless,
        "projected_items": len(trial.items),
        "thresholds": trial.thresholds,
        "figures": {kind: figure.as_dict() for kind, figure in trial.figures.items()},
        "bags": trial.bags.as_dict(),
        "sees_projection": trial.sees_projection(),
        "average_precision": _precisions(trial.precisions),
        "by": {
            name: {part: figure.as_dict() for part, figure in table.items()}
            for name, table in trial.by.items()
        },
        "reliability": trial.reliability,
        "curve": [{"margin": at} | figure.as_dict() for at, figure in trial.curve],
        "latency_ms": trial.latency_ms,
        "drift": trial.drift,
        "items": trial.items,
    }


def _precisions(found: dict[str, Any]) -> dict[str, Any]:
    if not found:
        return {}
    of = {kind: None if isnan(value) else value for kind, value in found["ap50_of"].items()}
    return {
        "ap50": found["ap50"].as_dict(),
        "ap50_95": found["ap50_95"].as_dict(),
        "ap50_per_class": of,
    }


def as_markdown(trial: Trial) -> str:
    """Return the trial as people read it."""
    again = f"; {len(trial.items)} again with a simulated item" if trial.items else ""
    lines = [
        f"# {trial.model}",
        "",
        f"{trial.data}: {trial.pictures} pictures, {trial.harmless} of them harmless{again}.",
        "",
        INTRODUCTION,
        "",
        *_table("class", trial.figures),
        "",
        f"Bags with something in them that were stopped at all, for whatever: {trial.bags}.",
        "",
    ]
    if trial.precisions:
        lines += [
            f"AP50 {trial.precisions['ap50']}, AP50:95 {trial.precisions['ap50_95']} {COCO_S}",
            "",
        ]
    for name, table in trial.by.items():
        lines += [f"By {name}:", "", *_table("part", table), ""]
    if trial.sees_projection():
        lines += [SEES_PROJECTION, ""]
    lines += [*_reliability(trial), ""]
    took = trial.latency_ms
    lines.append(
        f"From pixels to detections: median {took['median']:.1f} ms, 95th percentile "
        f"{took['p95']:.1f} ms over {took['pictures']:.0f} pictures, one thread, on this machine."
    )
    if trial.drift:
        beside = f"{trial.drift['verdict']}*: {trial.drift['stability_index']}"
        lines += ["", f"Beside the passport's pictures these are *{beside}."]
    return "\n".join(lines) + "\n"


def figures_table(table: Mapping[str, Figure]) -> str:
    """Return figures per class as a table in Markdown."""
    return "\n".join(_table("class", table))


def _table(what: str, table: Mapping[str, Figure]) -> list[str]:
    rows = [
        f"| {what} | found | of | false alarms per harmless bag | of |",
        "|---|---|---|---|---|",
    ]
    for name, figure in table.items():
        found, cried = figure.cells()
        of = figure.detection.of
        rows.append(
            f"| {name} | {found if of else 'none there'} | {of} | "
            f"{cried if figure.false_alarm.of else 'none there'} | {figure.false_alarm.of} |"
        )
    return rows


def _reliability(trial: Trial) -> list[str]:
    rows = [
        RELIABILITY,
        "",
        "| mean score | boxes | right |",
        "|---|---|---|",
    ]
    rows += [
        f"| {one['score']:.2f} | {one['boxes']:.0f} | "
        f"[{one['right_low']:.1%}, {one['right_high']:.1%}] {one['right']:.1%} |"
        for one in trial.reliability
    ]
    return rows
