"""Counts what is quarantined, so that a burst becomes one word to the judge, not a thousand."""

from collections.abc import Sequence
from typing import Final

from contract.clock import Clock
from contract.messages import TEXT_MAX, SuspectsHeld
from contract.topics import source_of
from gateway.intake.quarantine import Suspect

TELL_FROM: Final = 10
"""Suspects in the name of one source before the judge is told."""
TELL_EVERY_S: Final = 60.0
SOURCES_MAX: Final = 1_000
"""Names that are counted apart; with more, counting begins anew."""


class Knocks:
    """Suspects that the judge has not been told of."""

    def __init__(self, clock: Clock) -> None:
        self._clock: Final = clock
        self._counts: dict[str, int] = {}
        self._told: dict[tuple[str, bool], float] = {}
        """When, by source and whether of a revoked key: noise that is told hides no thief."""

    def heard(self, suspects: Sequence[Suspect]) -> list[SuspectsHeld]:
        """What to tell the judge now."""
        reasons: dict[str, str] = {}
        revoked: dict[str, str] = {}
        for suspect in suspects:
            source = source_of(suspect.packet.topic)
            if source is not None:
                self._counts[source] = self._counts.get(source, 0) + 1
                reasons[source] = suspect.reason
                if suspect.revoked_key:
                    revoked[source] = suspect.revoked_key
        now = self._clock.monotonic_ns() / 1e9
        ready = [name for name in reasons if self._is_due(name, now, is_known=name in revoked)]
        self._told.update({(name, name in revoked): now for name in ready})
        if len(self._counts) > SOURCES_MAX or len(self._told) > SOURCES_MAX:
            self._counts.clear()
            self._told.clear()
            return []
        return [
            SuspectsHeld(
                source=name,
                count=self._counts.pop(name),
                reason=reasons[name][:TEXT_MAX],
                revoked_key=revoked.get(name, ""),
            )
            for name in ready
        ]

    def _is_due(self, source: str, now: float, *, is_known: bool) -> bool:
        """A revoked key is told of at once: noise does not sign."""
        told = self._told.get((source, is_known))
        is_enough = is_known or self._counts[source] >= TELL_FROM
        return is_enough and (told is None or told + TELL_EVERY_S <= now)
