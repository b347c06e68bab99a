"""Two plots of a trial as SVG, drawn by hand: no library is worth its weight for two lines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import log10
from xml.sax.saxutils import escape

from models.trial import Trial

WIDTH, HEIGHT, MARGIN = 520, 380, 56
INK, GRID, LINE, BAND = "#222222", "#dddddd", "#005ab5", "#9cc3e6"
RATE_MIN = 1e-3  # left end of a logarithmic axis
TICKS = 5


@dataclass
class _Plot:
    """A square of 0 to 1 with axes; y grows upwards."""

    title: str
    across: str
    up: str
    marks: list[str] = field(default_factory=list)

    def at(self, x: float, y: float) -> tuple[float, float]:
        return MARGIN + x * (WIDTH - 2 * MARGIN), HEIGHT - MARGIN - y * (HEIGHT - 2 * MARGIN)

    def line(self, points: Sequence[tuple[float, float]], colour: str = LINE) -> None:
        path = " ".join(f"{px:.1f},{py:.1f}" for px, py in (self.at(*p) for p in points))
        self.marks.append(f'<polyline points="{path}" fill="none" stroke="{colour}"/>')

    def band(self, points: Sequence[tuple[float, float, float]]) -> None:
        edge = [(x, low) for x, low, _ in points] + [(x, high) for x, _, high in reversed(points)]
        path = " ".join(f"{px:.1f},{py:.1f}" for px, py in (self.at(*p) for p in edge))
        self.marks.append(f'<polygon points="{path}" fill="{BAND}" opacity="0.5"/>')

    def dot(self, x: float, y: float) -> None:
        px, py = self.at(x, y)
        self.marks.append(f'<circle cx="{px:.1f}" cy="{py:.1f}" r="4" fill="{LINE}"/>')

    def tick(self, share: float, label: str, *, is_up: bool) -> None:
        here = self.at(0, share) if is_up else self.at(share, 0)
        end = self.at(1, share) if is_up else self.at(share, 1)
        self.marks.append(
            f'<line x1="{here[0]:.1f}" y1="{here[1]:.1f}" x2="{end[0]:.1f}" y2="{end[1]:.1f}" '
            f'stroke="{GRID}"/>'
        )
        x, y, anchor = (
            (here[0] - 6, here[1] + 4, "end")
            if is_up
            else (
                here[0],
                here[1] + 16,
                "middle",
            )
        )
        self.marks.append(f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{label}</text>')

    def svg(self) -> str:
        middle, foot = WIDTH / 2, HEIGHT - 14
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" '
            f'font-family="sans-serif" font-size="11" fill="{INK}">'
            f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>'
            f'<text x="{middle}" y="22" text-anchor="middle" font-size="13">'
            f"{escape(self.title)}</text>{''.join(self.marks)}"
            f'<text x="{middle}" y="{foot}" text-anchor="middle">{escape(self.across)}</text>'
            f'<text transform="translate(14 {HEIGHT / 2}) rotate(-90)" text-anchor="middle">'
            f"{escape(self.up)}</text></svg>\n"
        )


def curve(trial: Trial) -> str:
    """Return detection against false alarms per harmless bag; the dot is where thresholds stand."""
    plot = _Plot(
        f"{trial.model}: found against false alarms",
        "false alarms per harmless bag (logarithmic)",
        "hidden things found, with 95 % interval",
    )
    for rate in (0.001, 0.01, 0.1, 1.0):
        plot.tick(_log(rate), f"{rate:.1%}", is_up=False)
    for step in range(TICKS + 1):
        plot.tick(step / TICKS, f"{step / TICKS:.0%}", is_up=True)
    points = sorted(
        (_log(f.false_alarm.value), f.detection.low, f.detection.high, f.detection.value)
        for _, f in trial.curve
    )
    if points:
        plot.band([(x, low, high) for x, low, high, _ in points])
        plot.line([(x, value) for x, _, _, value in points])
    now = trial.figures["any"]
    plot.dot(_log(now.false_alarm.value), now.detection.value)
    return plot.svg()


def reliability(trial: Trial) -> str:
    """Return the share of right boxes against their score."""
    plot = _Plot(
        f"{trial.model}: reliability of the scores",
        "mean score of the boxes",
        "share of them that was right, with 95 % interval",
    )
    for step in range(TICKS + 1):
        for is_up in (True, False):
            plot.tick(step / TICKS, f"{step / TICKS:.1f}", is_up=is_up)
    plot.line([(0, 0), (1, 1)], GRID)
    points = [(b["score"], b["right_low"], b["right_high"], b["right"]) for b in trial.reliability]
    if points:
        plot.band([(x, low, high) for x, low, high, _ in points])
        plot.line([(x, value) for x, _, _, value in points])
        for x, _, _, value in points:
            plot.dot(x, value)
    return plot.svg()


def _log(rate: float) -> float:
    """Return where a rate lies on the logarithmic axis, 0 to 1."""
    return (log10(max(rate, RATE_MIN)) - log10(RATE_MIN)) / -log10(RATE_MIN)
