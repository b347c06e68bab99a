"""What every message is, and every part of one; the two ways in which reading one fails."""

from typing import ClassVar

import msgspec


class Unreadable(ValueError):
    """The envelope cannot be read: nobody can say whose number this was."""


class Refused(ValueError):
    """The envelope is good, its data is not: the message is kept as refused, under its number."""


# Frozen, and made of what is frozen: no cycle can be of these, so the collector need not look.


class Part(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """Something that stands inside a message."""


class Message(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """The data of a CloudEvent; `type` is its CloudEvents type without the prefix."""

    type: ClassVar[str] = ""
