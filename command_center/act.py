"""An act as screens are told of it. Pure; `acts` keeps them."""

from typing import Literal

import msgspec

from contract.messages import Verb


class Act(msgspec.Struct, frozen=True, kw_only=True):
    """An act as screens are told of it."""

    act: str
    alert: str
    verb: Verb
    officer: str
    state: Literal["sending", "done", "refused"]
    reason: str = ""
    post: str = ""
    """Of its alert: who does not hold it is not told."""
