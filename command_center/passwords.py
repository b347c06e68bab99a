"""Passwords as argon2id hashes, made and checked off the loop, few at a time."""

import asyncio
from typing import Final

import argon2
from argon2.exceptions import InvalidHashError, VerificationError

PASSWORD_CHARS_MIN: Final = 12
PASSWORD_CHARS_MAX: Final = 256
AT_ONCE_MAX: Final = 2
"""Hashes at once: each takes 64 MiB and a core."""


class BadPassword(ValueError):
    """This cannot be a password; the message says why."""


class Passwords:
    """Hashes and checks."""

    def __init__(self, hasher: argon2.PasswordHasher | None = None) -> None:
        self._hasher: Final = hasher or argon2.PasswordHasher()
        self._room: Final = asyncio.Semaphore(AT_ONCE_MAX)
        self._nobodys = ""

    async def hash(self, password: str, *, name: str) -> str:
        """The hash of a new password of officer ``name``; raise `BadPassword` for a poor one."""
        check(password, name)
        async with self._room:
            return await asyncio.to_thread(self._hasher.hash, password)

    async def is_right(self, hash_: str, password: str) -> bool:
        """Whether the password has this hash; an empty hash takes as long, and is never right."""
        if len(password) > PASSWORD_CHARS_MAX:
            return False
        async with self._room:
            return await asyncio.to_thread(self._checked, hash_, password)

    def _checked(self, hash_: str, password: str) -> bool:
        # A name that nobody has must not answer faster than one that somebody has.
        if not self._nobodys:
            self._nobodys = self._hasher.hash("nobody's password")
        try:
            return self._hasher.verify(hash_ or self._nobodys, password) and bool(hash_)
        except (VerificationError, InvalidHashError):
            return False


def check(password: str, name: str) -> None:
    """Raise `BadPassword` for what is short, endless, one letter, or the officer's name."""
    if len(password) < PASSWORD_CHARS_MIN:
        raise BadPassword(f"The password needs at least {PASSWORD_CHARS_MIN} characters.")
    if len(password) > PASSWORD_CHARS_MAX:
        raise BadPassword(f"The password has more than {PASSWORD_CHARS_MAX} characters.")
    if len(set(password)) < 4 or name.lower() * 2 in password.lower():  # noqa: PLR2004 - a few letters over and over
        raise BadPassword("The password repeats itself; take a few words that only you know.")
