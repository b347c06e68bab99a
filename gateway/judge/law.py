"""Which judge decides, by which rules and settings: an entry of the journal like others. Pure."""

from typing import Final

import msgspec

from contract.messages import JudgeChanged
from gateway.judge.rules import RULES
from gateway.judge.settings import JudgeSettings
from gateway.judge.state import State

VERSION: Final = "10"
"""Raise it with every change that could make another change of the same entries."""


def law(settings: JudgeSettings) -> JudgeChanged:
    """The entry from which on this judge, with these settings, decides."""
    return JudgeChanged(
        version=VERSION,
        rules=tuple(rule.name for rule in RULES),
        settings=msgspec.json.encode(settings).decode(),
    )


def enact(state: State, law: JudgeChanged) -> None:
    """From here on this is in force."""
    state.version, state.rules = law.version, law.rules
    try:
        state.settings = msgspec.json.decode(law.settings or "{}", type=JudgeSettings)
    except msgspec.MsgspecError:
        # Settings of another version: those before them stay, here and in every replay, until
        # this version's own `judge.changed`, which the start of a gateway appends.
        return
