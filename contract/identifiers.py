"""Identifiers of the field as validated types: a wrong check digit is a finding, never a crash.

Each type is a ``str`` in its normal form. ``parse`` raises `NotAnIdentifier` with a reason that a
person can act on; a number that has the right form but the wrong check digit is an identifier all
the same, and says so through ``is_checked``.
"""

import re
from typing import ClassVar, Self


class NotAnIdentifier(ValueError):
    """The text has not the form of this identifier; the message says what the form is."""


class Identifier(str):
    """A string of one known form."""

    __slots__ = ()
    form: ClassVar[re.Pattern[str]]
    says: ClassVar[str]
    noise: ClassVar[re.Pattern[str]] = re.compile(r"[\s.-]+")

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return ``text`` in its normal form (upper case, without spaces, dots and hyphens)."""
        normal = cls.noise.sub("", text).upper()
        if not cls.form.fullmatch(normal):
            raise NotAnIdentifier(f"{text!r} is not {cls.says}")
        return cls(normal)


class Container(Identifier):
    """A freight container number, ISO 6346: owner, category U/J/Z, serial, check digit."""

    __slots__ = ()
    form = re.compile(r"[A-Z]{3}[UJZ][0-9]{7}")
    says = "a container number (ISO 6346: four letters, seven digits, like HLXU 417220 5)"

    @property
    def expected_check_digit(self) -> int:
        """The check digit of ISO 6346:2022 annex A: letters count 10 to 38 without 11, 22, 33."""
        total = sum(_ISO6346_VALUE[c] << i for i, c in enumerate(self[:10]))
        return total % 11 % 10

    @property
    def is_checked(self) -> bool:
        """Whether the last digit is the one that the first ten characters demand."""
        return int(self[10]) == self.expected_check_digit

    def for_people(self) -> str:
        """As painted on the box: ``HLXU 417220 5``."""
        return f"{self[:4]} {self[4:10]} {self[10]}"


_ISO6346_VALUE = {str(d): d for d in range(10)} | dict(
    zip(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZ",
        (n for n in range(10, 39) if n % 11),
        strict=True,
    )
)


class BagTag(Identifier):
    """A baggage licence plate, IATA resolution 740: ten digits (leading digit, airline, serial)."""

    __slots__ = ()
    form = re.compile(r"[0-9]{10}")
    says = "a bag tag (IATA resolution 740: ten digits, like 0125 443 871)"

    def for_people(self) -> str:
        """As printed on the tag: ``0125 443 871``."""
        return f"{self[:4]} {self[4:7]} {self[7:]}"


class SealId(Identifier):
    """An electronic seal, ISO 18185: manufacturer (three or four letters) and tag number."""

    __slots__ = ()
    form = re.compile(r"[A-Z]{3,4}[0-9]{3,10}")
    says = "a seal id (three or four letters of the manufacturer, then digits, like HLXU-417)"


class Plate(Identifier):
    """A vehicle registration plate: two to twelve letters and digits."""

    __slots__ = ()
    form = re.compile(r"[A-Z0-9]{2,12}")
    says = "a registration plate (two to twelve letters and digits)"


class Post(Identifier):
    """A border place by its UN/LOCODE: country (two letters) and place (three)."""

    __slots__ = ()
    form = re.compile(r"[A-Z]{2}[A-Z2-9]{3}")
    says = "a post (UN/LOCODE: two letters and three, like KEMBA)"


class HsCode(Identifier):
    """A goods code of the Harmonized System: two, four or six digits."""

    __slots__ = ()
    form = re.compile(r"[0-9]{2}(?:[0-9]{2}){0,2}")
    says = "an HS code (two, four or six digits)"


class CitesPermit(Identifier):
    """A CITES permit number: two letters of the country, then what its authority prints."""

    __slots__ = ()
    form = re.compile(r"[A-Z]{2}[A-Z0-9/]{2,24}")
    says = "a CITES permit (two letters of the country, then up to 24 letters and digits)"


class Source(Identifier):
    """Who numbers and signs messages: ``/POST/name``, as the CloudEvents attribute ``source``."""

    __slots__ = ()
    form = re.compile(r"/[A-Z]{2}[A-Z2-9]{3}/[a-z0-9](?:[a-z0-9-]{0,30}[a-z0-9])?")
    says = "a source (/POST/name, like /KEMBA/gate-2; the name in a-z, 0-9 and hyphens)"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return ``text`` if it is a source; nothing is normalised, for it is signed as it is."""
        if not cls.form.fullmatch(text):
            raise NotAnIdentifier(f"{text!r} is not {cls.says}")
        return cls(text)

    @classmethod
    def of(cls, post: str, name: str) -> Self:
        """The source called ``name`` at ``post``."""
        return cls.parse(f"/{post}/{name}")

    @property
    def post(self) -> Post:
        """The border place that the source stands at."""
        return Post(self.split("/")[1])

    @property
    def name(self) -> str:
        """The source's own name, unique at its post."""
        return self.split("/")[2]
