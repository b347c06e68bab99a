"""What can go wrong, and from which seed on: the seeds that found something stay the same days."""

from typing import Final

from tests.faults.plan import Happens, Kind, Trouble

STRANGERS_FROM: Final = 6_000
"""Seeds below have none: they are the runs that found what they found."""
KEYS_FROM: Final = 20_000
"""Seeds below change no keys and keep no snapshots; their database takes no time, and their command
center's disk is never full."""
FORGERS_FROM: Final = 40_000
"""Seeds below have no forger; their command center is only killed, cut off, or on a full disk."""
THIEVES_FROM: Final = 50_000
"""Seeds below have neither thief nor copied seal; no gateway dies just as a picture is all here."""
GENTLE: Final[tuple[Happens, ...]] = ("kill gateway", "stop gateway", "kill center", "broker")
GENTLE_TOO: Final[tuple[Happens, ...]] = ("cut", "database")
ROUGH: Final[tuple[Happens, ...]] = (
    *GENTLE,
    *GENTLE_TOO,
    "kill agent",
    "kill agent",
    "kill gateway",
    "stop agent",
    "restore card",
    "copy card",
    "double agent",
    "agent's clock",
    "agent's disk",
    "back up gateway",
    "restore gateway",
    "gateway's clock",
    "gateway's disk",
    "part",
)
ROUGH_TOO: Final[tuple[Happens, ...]] = ("rotate key", "revoke key", "center's disk")
ROUGH_THREE: Final[tuple[Happens, ...]] = (
    "center's clock",
    "part center",
    "copy center",
    "restore center",
    "forger",
    "forger",
)
GENTLE_MORE: Final[tuple[Happens, ...]] = ("thief", "picture's end")
ROUGH_MORE: Final[tuple[Happens, ...]] = (
    *GENTLE_MORE,
    "thief",
    "rotate key",
    "revoke key",
    "restore gateway",
)
BEFORE: Final[dict[Happens, Happens]] = {
    "restore gateway": "back up gateway",
    "restore card": "copy card",
    "restore center": "copy center",
}
"""What is restored was copied once: without that, too little of it would be seen."""
APART: Final[dict[Happens, frozenset[Happens]]] = {
    "rotate key": frozenset(("restore card", "double agent")),
    "revoke key": frozenset(("restore card", "double agent", "restore gateway")),
    "thief": frozenset(("restore gateway",)),
}
"""With these a key comes back that counts no more, or goes that does: a person has to enrol the box
anew, who is not in the plan. A number that a gateway lost with its disk, a thief may say first."""


def menu(seed: int, kind: Kind) -> tuple[Happens, ...]:
    """What this seed chooses from; what stands there twice is chosen more often."""
    is_rough = kind == "rough"
    chosen = (*ROUGH, *ROUGH_TOO * (seed >= KEYS_FROM)) if is_rough else (*GENTLE, *GENTLE_TOO)
    if seed >= FORGERS_FROM:
        chosen += ROUGH_THREE if is_rough else ("forger",)
    return chosen


def possible(troubles: list[Trouble]) -> list[Trouble]:
    """Without those that do not go together with what else goes wrong."""
    chosen = {trouble.what for trouble in troubles}
    return [one for one in troubles if not APART.get(one.what, frozenset()) & chosen]
