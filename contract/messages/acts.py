"""What officers and administrators did."""

from typing import Annotated, ClassVar, Literal

from msgspec import Meta

from contract.messages.fields import Instant, Name, Text
from contract.messages.message import Message, Part

Verb = Literal["acknowledge", "start", "assign", "comment", "resolve", "close", "reopen"]
Role = Literal["viewer", "officer", "supervisor", "admin"]


class ActDone(Part, frozen=True, kw_only=True):
    """What an officer did, as the journal has it."""

    act: Name
    verb: Verb
    officer: Name
    role: Role
    at: Instant
    note: Text = ""


class OfficerActed(Message, frozen=True, kw_only=True):
    """What an officer did to an alert; the command center has checked the rights."""

    type: ClassVar[str] = "officer.acted"
    act: Name
    verb: Verb
    alert: Name
    officer: Name
    role: Role
    note: Text = ""
    assignee: Annotated[str, Meta(max_length=80)] = ""


class ActRefused(Message, frozen=True, kw_only=True):
    """An officer's act that the state of the alert forbids."""

    type: ClassVar[str] = "act.refused"
    act: Name
    alert: Name
    reason: Text


class OfficeChanged(Message, frozen=True, kw_only=True):
    """Who may sign in, read alerts or be told them was changed, or evidence was taken; by whom."""

    type: ClassVar[str] = "office.changed"
    act: Name
    verb: Name
    """As the command center's own record calls it, like "invite" or "revoke token"."""
    about: Name
    """The officer's name, or the id of a token, subscriber or alert."""
    officer: Name
    role: Role
    posts: tuple[Annotated[str, Meta(max_length=5)], ...] = ()
    """What it reaches; `*` is every post."""
    detail: Text = ""
