"""What the doctor found: one line for a person, one object for a program."""

import msgspec


class Finding(msgspec.Struct, frozen=True):
    """One thing looked at."""

    about: str
    is_ok: bool
    says: str
    """A fact where it is well, advice in a sentence where it is not."""


def well(about: str, fact: str) -> Finding:
    """Nothing to do."""
    return Finding(about, is_ok=True, says=fact)


def advice(about: str, sentence: str) -> Finding:
    """Somebody should do something."""
    return Finding(about, is_ok=False, says=sentence)
