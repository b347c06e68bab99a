"""A batch of foreign messages as one entry: the exact bytes, and how they were read. Pure.

    4 bytes length of the header | header (JSON) | payload | payload | …

The header names the topics, the length of every payload, when they were heard, and the routes by
which they were read; so the entry says the same in a replay, whatever the configuration says then.
"""

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Annotated, ClassVar, Final, NamedTuple

import msgspec
from msgspec import Meta

from contract.messages import Message, Refused
from gateway.adapters.pattern import Pattern
from gateway.adapters.payload import Answer, Reader
from gateway.adapters.route import Route
from gateway.adapters.row import Label, Presence, Row, Unfit

VERSION: Final = 1
"""Of the way in which routes are read; raise it where the same payload would say something else."""
LENGTH_BYTES: Final = 4
TOPICS_MAX: Final = 20_000
"""Topics of one adapter whose route is remembered; with more, all are forgotten."""
Count = Annotated[int, Meta(ge=0)]


class ForeignHeard(Message, frozen=True, kw_only=True):
    """What foreign devices said; never travels. A message has the entry's number plus `item`."""

    type: ClassVar[str] = "foreign.heard"
    label: Label
    count: int
    """Messages in this entry."""
    rows: list[Row]
    presences: list[Presence]


class Group(NamedTuple):
    """Messages of one topic, in their order."""

    topic: str
    is_old: bool
    """The broker had kept it for whoever subscribes."""
    payloads: Sequence[bytes]


class _Topic(msgspec.Struct, frozen=True, array_like=True):
    topic: str
    is_old: bool
    lengths: list[Count]


class _Header(msgspec.Struct, frozen=True):
    version: int
    heard_us: int
    label: Label
    routes: msgspec.Raw
    topics: list[_Topic]


class Match(NamedTuple):
    """A route that a topic belongs to, and what the levels of the topic are called."""

    reader: Reader
    levels: dict[str, str]


_HEADER: Final = msgspec.json.Decoder(_Header)
_ROUTES: Final = msgspec.json.Decoder(tuple[Route, ...])


class Readers:
    """The routes of one adapter, ready to read; the first that matches a topic has it."""

    def __init__(self, routes: Iterable[Route]) -> None:
        self._routes: Final = tuple((Pattern(r.topic), r.payload, Reader(r)) for r in routes)
        self._matches: dict[str, Match | None] = {}

    def match(self, topic: str) -> Match | None:
        """Who reads a topic; none if it is not for us."""
        if topic in self._matches:
            return self._matches[topic]
        if len(self._matches) >= TOPICS_MAX:
            self._matches.clear()
        found = self._matches[topic] = self._look(topic)
        return found

    def _look(self, topic: str) -> Match | None:
        for pattern, payload, reader in self._routes:
            levels = pattern.match(topic)
            if levels is not None:
                return None if payload == "nothing" else Match(reader, levels)
        return None


@lru_cache(maxsize=256)
def readers(routes: bytes) -> Readers:
    """Of routes as JSON."""
    return Readers(_ROUTES.decode(routes))


def written(groups: Sequence[Group], *, heard_us: int, label: Label, routes: bytes) -> bytes:
    """The body of an entry."""
    header = msgspec.json.encode(
        _Header(
            version=VERSION,
            heard_us=heard_us,
            label=label,
            routes=msgspec.Raw(routes),
            topics=[_Topic(g.topic, g.is_old, list(map(len, g.payloads))) for g in groups],
        )
    )
    payloads = (payload for group in groups for payload in group.payloads)
    return b"".join((len(header).to_bytes(LENGTH_BYTES), header, *payloads))


def reread(body: bytes) -> ForeignHeard:
    """What a body says, the same as when it was heard; raise `Refused` for one that is not ours."""
    start = LENGTH_BYTES + int.from_bytes(body[:LENGTH_BYTES])
    try:
        header = _HEADER.decode(body[LENGTH_BYTES:start])
        routes = readers(bytes(header.routes))
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise Refused(f"{ForeignHeard.type}: {error}") from error
    if header.version != VERSION:
        raise Refused(f"{ForeignHeard.type} of version {header.version}")
    answers: list[Answer] = []
    item, at = 0, start
    for topic in header.topics:
        match = routes.match(topic.topic)
        for length in topic.lengths:
            payload, at = body[at : at + length], at + length
            if match is not None:
                answers.append(_answer(match, payload, item, header.heard_us, topic))
            item += 1
    if at != len(body):
        raise Refused(f"{ForeignHeard.type}: its payloads have other lengths than it says")
    return said(answers, count=item, label=header.label)


def _answer(match: Match, payload: bytes, item: int, heard_us: int, topic: _Topic) -> Answer:
    try:
        return match.reader.read(payload, match.levels, item, heard_us, is_old=topic.is_old)
    except Unfit as error:
        raise Refused(f"{ForeignHeard.type}: {error}") from error


def said(answers: Iterable[Answer], *, count: int, label: Label) -> ForeignHeard:
    """What these answers say together."""
    rows: list[Row] = []
    presences: list[Presence] = []
    for answer in answers:
        if type(answer) is Row:
            rows.append(answer)
        elif type(answer) is Presence:
            presences.append(answer)
    return ForeignHeard(label=label, count=count, rows=rows, presences=presences)
