"""The runs of one source: which of them speaks, and whether what it says is old. Pure.

A clock can be wrong or set, so nothing here rests on one. A birth names the runs before it: that is
their order. Of one run, words are ordered by the monotonic clock of its box, which every stamp
carries. Of runs on two boxes, the count of each is laid beside the journal's time, by the word that
came quickest: a word that is late for it looks early, never the other way round.

    first word of a newer run           ─▶ "newer"    its devices count from here on
    the newest run, in its order        ─▶ "current"
    the newest run, behind what it said ─▶ "stale"    an old link's word behind the new one's
    another, from before it was followed─▶ "late"
    one never heard of, said before the newest began, on its box ─▶ "late"
    another, and it speaks on           ─▶ "again"    one key on two boxes: it is the newest now
"""

from datetime import datetime
from typing import Final, Literal, NamedTuple

import msgspec

from contract.messages import AgentAlive, AgentBorn, Event
from gateway.instant import microseconds

RUNS_MAX: Final = 16
"""Runs of one source that are remembered; the one heard of longest ago gives way."""
MARGIN_US: Final = 5_000_000
"""Between boxes: what is said so soon after a newer run was heard is taken for late."""
STEP_US: Final = 60_000_000
"""No word of the newest run is as late as this: the journal's clock was set forward."""

Verdict = Literal["newer", "current", "stale", "late", "again"]


class Word(NamedTuple):
    """A birth or a sign of life, as far as it tells runs apart."""

    epoch: str
    former: tuple[str, ...]
    """Other runs of which the source holds messages: all of them were before it."""
    boot: str
    said_us: int
    """By the monotonic clock of its box."""


class Turn(msgspec.Struct, frozen=True):
    """The word by which a run became the newest."""

    boot: str
    said_us: int
    """By its box."""
    heard_us: int
    """By the journal."""


class Run(msgspec.Struct):
    """What is known of one run; of one that was only named, nothing but who followed it."""

    said_us: int = 0
    """Its newest word, by its box."""
    ahead_us: int | None = None
    """The journal's time less that of its box, where its quickest word came."""
    next: Turn | None = None
    """Of the run that followed it, however many came after that one; none for the newest."""

    def came(self, ahead_us: int) -> int:
        """A word came with the journal so far ahead of its box; the least of all."""
        self.ahead_us = ahead_us if self.ahead_us is None else min(ahead_us, self.ahead_us)
        return self.ahead_us


class Runs(msgspec.Struct):
    """All that are remembered, by epoch."""

    epoch: str = ""
    """The newest."""
    begun: Turn | None = None
    """The word by which it became that."""
    by_epoch: dict[str, Run] = {}

    def hear(self, word: Word, at: datetime) -> Verdict:
        """What this word is, which the journal has from ``at``."""
        now_us = microseconds(at)
        run = self.by_epoch.get(word.epoch)
        if run is None:
            if self._is_overtaken(word):
                return "late"
            self._begin(word, now_us)
            return "newer"
        if word.epoch != self.epoch:
            if not _speaks_on(run, word, now_us):
                return "late"
            self._begin(word, now_us)
            return "again"
        ahead_us = now_us - word.said_us
        if run.ahead_us is not None and ahead_us > run.ahead_us + STEP_US:
            run.ahead_us = None
        run.came(ahead_us)
        is_stale = word.said_us < run.said_us
        run.said_us = max(word.said_us, run.said_us)
        return "stale" if is_stale else "current"

    def said(self, epoch: str, said_us: int) -> bool:
        """A numbered message about devices has its turn; false if a newer run has spoken since."""
        run = self.by_epoch.get(epoch)
        if run is not None and epoch == self.epoch:
            run.said_us = max(said_us, run.said_us)
        return run is None or epoch == self.epoch

    def _is_overtaken(self, word: Word) -> bool:
        """Whether its run ended before the newest began: nobody names one that held nothing."""
        begun = self.begun
        return begun is not None and word.boot == begun.boot and word.said_us < begun.said_us

    def _begin(self, word: Word, now_us: int) -> None:
        turn = self.begun = Turn(word.boot, word.said_us, now_us)
        for epoch in reversed(word.former[:RUNS_MAX]):
            self.by_epoch.setdefault(epoch, Run(next=turn))
        if self.epoch:
            self.by_epoch[self.epoch].next = turn
        run = self.by_epoch.pop(word.epoch, Run())
        run.next, run.said_us = None, max(word.said_us, run.said_us)
        run.came(now_us - word.said_us)
        self.by_epoch[word.epoch] = run  # behind all others: it is forgotten last
        self.epoch = word.epoch
        while len(self.by_epoch) > RUNS_MAX:
            del self.by_epoch[next(iter(self.by_epoch))]


def _speaks_on(run: Run, word: Word, now_us: int) -> bool:
    """Whether this was said after another run had followed this one."""
    is_first = run.ahead_us is None  # how late it came, nobody can tell
    quickest_us = run.came(now_us - word.said_us) + word.said_us
    if run.next is None:
        return False
    if word.boot == run.next.boot:
        return word.said_us > run.next.said_us
    return not is_first and quickest_us > run.next.heard_us + MARGIN_US


def word_of(event: Event, message: AgentBorn | AgentAlive) -> Word | None:
    """What tells runs apart; none if it names no run, as a gateway's own."""
    if not message.epochs:
        return None
    epoch, *former = (heads.epoch for heads in message.epochs)
    return Word(epoch, tuple(former), event.bootid, said_us_of(event))


def said_us_of(event: Event) -> int:
    """When it was said, by the monotonic clock of its box."""
    return int(event.monotonicns or 0) // 1_000
