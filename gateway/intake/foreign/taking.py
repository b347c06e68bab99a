"""A batch of what was heard becomes drafts, one an adapter; what is unfit goes aside. Pure."""

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

import msgspec

from contract.link import Packet
from contract.links.subscriber import Said
from contract.wire import hash_of
from gateway.adapters.config import Adapter
from gateway.adapters.heard import ForeignHeard, Group, Match, readers, said, written
from gateway.adapters.payload import Answer
from gateway.adapters.row import Unfit
from gateway.entry import Draft
from gateway.intake.foreign.filters import expected
from gateway.intake.foreign.waiting import Taken
from gateway.intake.quarantine import Suspect

DEVICES_MAX: Final = 500
"""Devices of one adapter; what says to be a further one is not let in. As `gateway.judge.twins`."""
SUSPECTS_MAX: Final = 5
"""Unfit payloads of one topic in one batch that are looked at later; the rest is counted."""
TOPICS_MAX: Final = 20_000
"""Topics whose adapter is remembered; with more, all are forgotten."""


class Batch(NamedTuple):
    """What became of a batch."""

    drafts: list[Draft]
    suspects: list[Suspect]
    unfit: int
    """Payloads that were not let in; more than there are suspects, if there were too many."""
    kept: int
    """Messages in the drafts."""


class _Pile:
    """What one adapter has of a batch."""

    def __init__(self) -> None:
        self.groups: list[Group] = []
        self.answers: list[Answer] = []
        self.count = 0


class _Bench:
    """One adapter at work."""

    def __init__(self, adapter: Adapter) -> None:
        self.adapter: Final = adapter
        self.routes: Final = msgspec.json.encode(adapter.routes)
        self.readers: Final = readers(self.routes)
        self.devices: Final[set[str]] = set()
        self.next = 1

    def admit(self, device: str) -> None:
        """Raise `Unfit` for one device too many."""
        if len(self.devices) >= DEVICES_MAX:
            raise Unfit(f"more than {DEVICES_MAX} devices")
        self.devices.add(device)


class _Found(NamedTuple):
    """Whose a topic is."""

    bench: _Bench
    topic: str
    match: Match
    subscription: int
    """Copies that carry another identifier are not taken."""


class Taking:
    """All adapters, and which number each is at."""

    def __init__(
        self, adapters: Sequence[Adapter], epoch: str, subscribed: Mapping[str, int]
    ) -> None:
        self._subscribed: Final = subscribed
        self._benches: Final = [_Bench(adapter) for adapter in adapters]
        self._epoch: Final = epoch
        self._topics: dict[bytes, _Found | None] = {}

    def take(self, taken: Taken, heard_us: int) -> Batch:
        """Read all of it."""
        piles = {id(bench): _Pile() for bench in self._benches}
        suspects: list[Suspect] = []
        unfit = 0
        for name, messages in taken.items():
            found = self._found(name)
            if found is None:
                continue
            once: Sequence[Said] = messages
            if found.subscription:
                copies = (0, found.subscription)
                once = [one for one in messages if one.subscription in copies]
            if bad := _read(found, piles[id(found.bench)], once, heard_us):
                unfit += len(bad)
                suspects += [_suspect(found.topic, *one) for one in bad[:SUSPECTS_MAX]]
        drafts = [
            self._drafted(bench, pile, heard_us)
            for bench, pile in zip(self._benches, piles.values(), strict=True)
            if pile.count
        ]
        return Batch(drafts, suspects, unfit, sum(pile.count for pile in piles.values()))

    def _found(self, name: bytes) -> "_Found | None":
        """Whose topic it is: the first adapter that has a route for it."""
        if name in self._topics:
            return self._topics[name]
        if len(self._topics) >= TOPICS_MAX:
            self._topics.clear()
        topic = name.decode(errors="replace")
        matches = ((bench, bench.readers.match(topic)) for bench in self._benches)
        subscription = expected(topic, self._subscribed)
        found = (_Found(bench, topic, match, subscription) for bench, match in matches if match)
        self._topics[name] = first = next(found, None)
        return first

    def _drafted(self, bench: _Bench, pile: _Pile, heard_us: int) -> Draft:
        adapter = bench.adapter
        body = written(
            pile.groups,
            heard_us=heard_us,
            label=adapter.label,
            routes=bench.routes,
        )
        sequence, bench.next = bench.next, bench.next + pile.count
        return Draft(
            kind="foreign",
            source=adapter.source,
            stream="readings",
            epoch=self._epoch,
            sequence=sequence,
            hash=hash_of(body),
            type=ForeignHeard.type,
            body=body,
            message=said(pile.answers, count=pile.count, label=adapter.label),
        )


def _read(
    found: _Found, pile: _Pile, messages: Sequence[Said], heard_us: int
) -> list[tuple[bytes, str]]:
    """Put what can be read on the pile; returns the rest, with the reasons."""
    bad: list[tuple[bytes, str]] = []
    good: list[bytes] = []
    is_old = False
    bench, topic, (reader, levels), _ = found
    read, devices, answers, item = reader.read, bench.devices, pile.answers, pile.count
    for _, payload, _, is_retained, _ in messages:
        if is_retained is not is_old:
            if good:
                pile.groups.append(Group(topic, is_old, good))
            good, is_old = [], is_retained
        try:
            answer = read(payload, levels, item, heard_us, is_old=is_old)
            if answer is not None and answer[1] not in devices:
                bench.admit(answer[1])
        except Unfit as error:
            bad.append((payload, str(error)))
            continue
        answers.append(answer)
        good.append(payload)
        item += 1
    pile.count = item
    if good:
        pile.groups.append(Group(topic, is_old, good))
    return bad


def _suspect(topic: str, payload: bytes, reason: str) -> Suspect:
    packet = Packet(topic=topic, body=payload, content_type="")
    return Suspect(packet, hash_of(topic.encode() + b"\0" + payload), f"foreign: {reason}")
