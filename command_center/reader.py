"""Who reads alerts: an officer with a session, or a program with a token. Pure."""

from collections.abc import Callable
from dataclasses import dataclass

from command_center.posts import Posts


@dataclass(frozen=True, slots=True)
class Reader:
    """A name for logs and limits, and the posts that may be read."""

    name: str
    posts: Posts


Who = Callable[[], Reader | None]
"""Asked again before everything that is told: none once the session or token is over."""
