"""What is known of a thing's past, so that what comes late is told, and told once. Pure.

    forgotten ─▶ well ─ well ······· well ─ well ── bad, told ── well ─ well ─▶ open stretch ─▶ now
                             (gap)                    (gap)

A thing is well (in its range, there) nearly always; so the *gaps* are kept, in which nobody saw
that it was. What was bad and is heard late is news in a gap of which nothing was told, and lasted
at least until the gap ends. What is well and comes late parts a gap in two. Behind the last moment
at which it was well, the stretch is open: there, what is bad still may be.
"""

from datetime import datetime, timedelta
from typing import Final

import msgspec

GAPS_MAX: Final = 16
"""Gaps of one thing; with more, all up to the end of the oldest is forgotten, and what comes late
from then is told: rather twice than not at all."""
NEAR: Final = timedelta(seconds=10)
"""What was bad so shortly before what was told is a part of it; and so is what was bad so shortly
before or after the last that was heard of a forgotten time."""


class Gap(msgspec.Struct, array_like=True):
    """From one moment at which it was well to the next that is known."""

    after: datetime | None
    """None: it was never well before, as far as is known."""
    before: datetime
    told_from: datetime | None = None
    """What was told of it began so early; none: nothing was."""


class Past(msgspec.Struct, array_like=True):
    """Gaps in their order, and the open stretch behind them."""

    gaps: list[Gap] = []
    well_at: datetime | None = None
    """The open stretch begins; none: it was never well."""
    told_from: datetime | None = None
    """What was told of the open stretch began so early; none: nothing was."""
    known_from: datetime | None = None
    """All before is forgotten; none: nothing is."""
    recalled: datetime | None = None
    """What was bad last of what was heard from the forgotten time."""

    def is_open(self, at: datetime) -> bool:
        """Whether a moment is in the open stretch."""
        return self.well_at is None or at > self.well_at

    def well(self, at: datetime, least: timedelta) -> None:
        """It is well, and nothing later is known; shorter gaps than `least` are not noted."""
        self.note(Gap(self.well_at, at, self.told_from), least)
        self.well_at, self.told_from = at, None

    def note(self, gap: Gap, least: timedelta) -> None:
        """It was not seen to be well in between, and nothing later is known."""
        if _is_worth(gap, least):
            self.gaps.append(gap)
            self._forget()

    def was_well(self, at: datetime, least: timedelta, last: datetime) -> None:
        """That it was well then is heard late; `last` is the newest moment that is known."""
        if self._is_forgotten(at):
            self.recalled = None
        elif self.is_open(at):
            is_told = self.told_from is not None and self.told_from <= at
            self.note(Gap(self.well_at, at, self.told_from if is_told else None), least)
            self.well_at = at
            self.told_from = last if is_told else self.told_from
        else:
            for place, gap in enumerate(self.gaps):
                if (gap.after is None or gap.after < at) and at < gap.before:
                    self.gaps[place : place + 1] = _parted(gap, at, least)
                    self._forget()
                    return

    def was_bad(self, at: datetime, lasting: timedelta) -> bool:
        """That it was bad then is heard late: whether that is to be told; if so, it now is."""
        if self._is_forgotten(at):
            is_same = self.recalled is not None and abs(at - self.recalled) <= NEAR
            self.recalled = at
            return not is_same
        if self.is_open(at):
            is_news = _is_news(self.told_from, at, lasting)
            self.told_from = at if is_news else self.told_from
            return is_news
        for gap in self.gaps:
            if (gap.after is None or gap.after <= at) and at <= gap.before:
                if gap.told_from is None and gap.before - at < lasting:
                    continue
                is_news = _is_news(gap.told_from, at, lasting)
                gap.told_from = at if is_news else gap.told_from
                return is_news
        if lasting:
            return False  # it was well again before it had lasted
        place = sum(gap.before < at for gap in self.gaps)
        self.gaps.insert(place, Gap(at, at, at))
        self._forget()
        return True

    def _is_forgotten(self, at: datetime) -> bool:
        return self.known_from is not None and at <= self.known_from

    def _forget(self) -> None:
        while len(self.gaps) > GAPS_MAX:
            self.known_from = self.gaps.pop(0).before


def _is_news(told_from: datetime | None, at: datetime, lasting: timedelta) -> bool:
    """Whether nothing was told, or it began much earlier than what was told."""
    return told_from is None or told_from - at > max(lasting, NEAR)


def _parted(gap: Gap, at: datetime, least: timedelta) -> list[Gap]:
    told = gap.told_from
    is_left = told is not None and told <= at
    left = Gap(gap.after, at, told if is_left else None)
    right = Gap(at, gap.before, None if is_left else told)
    return [one for one in (left, right) if _is_worth(one, least)]


def _is_worth(gap: Gap, least: timedelta) -> bool:
    is_long = gap.after is None or gap.before - gap.after >= least
    return is_long or gap.told_from is not None
