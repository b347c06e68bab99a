"""What a journal may have in it, made from a seed: forks, holes, late ones, acts, silence."""

import random
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta

from contract.messages import (
    GENESIS,
    AgentAlive,
    AgentBorn,
    AgentGone,
    BlobKept,
    Detection,
    Device,
    EpochHeads,
    Identity,
    Message,
    ModelUsed,
    OfficerActed,
    Picture,
    Reading,
    ReadingsTaken,
    ScanCompleted,
    SealRead,
    Stamp,
    StreamHead,
    compose,
    read,
)
from contract.signing import Key
from contract.topics import stream_of
from contract.wire import hash_of
from gateway.entry import Draft, drafted
from gateway.judge.law import law
from gateway.judge.settings import JudgeSettings, Limit
from tests.support.virtual import START

SOURCES = ("/KEMBA/gate-1", "/KEMBA/gate-2", "/BEANR/gate-7", "/KEMBA/command-center")
GATEWAY = "/KEMBA/gateway"
KEYS = {source: Key(bytes([number]) * 32) for number, source in enumerate((*SOURCES, GATEWAY))}
SETTINGS = JudgeSettings(readings=(Limit(metric="temperature", high=8.0, for_s=4),))


def said(
    message: Message,
    source: str,
    at_s: float,
    number: int = 0,
    *,
    epoch: str = "",
    before: str = "",
    boot: tuple[str, float] = ("b", 0.0),
) -> Draft:
    """A message as the intake would hand it on; ``boot``: the box, and when it began."""
    boot_id, began_s = boot
    count_ns = max(0, int((at_s - began_s) * 1e9))
    stamp = Stamp(
        observed_at=START + timedelta(seconds=at_s), boot_id=boot_id, monotonic_ns=count_ns
    )
    stream = stream_of(message)
    identity = Identity(source, stream, epoch, number) if number else None
    body = compose(message, source=source, stamp=stamp, identity=identity, previous=before)
    key = KEYS.get(source)
    keyid, sig = (key.keyid, key.sign(body)) if key else ("k", b"s")
    return drafted(read(body), hash_=hash_of(body), body=body, keyid=keyid, sig=sig)


def own(message: Message, at_s: float) -> Draft:
    """What the gateway says itself."""
    draft = said(message, GATEWAY, at_s)
    return Draft(
        kind="own",
        source=GATEWAY,
        hash=draft.hash,
        type=draft.type,
        body=draft.body,
        message=draft.message,
        observed_at=draft.observed_at,
        keyid=draft.keyid,
        sig=draft.sig,
    )


def messages(
    chance: random.Random, at_s: float, numbers: int, alerts: Sequence[str] = ()
) -> Message:
    """Something that a source could say; acts are about ``alerts``, if there are any."""
    at = START + timedelta(seconds=at_s)
    kind = chance.randrange(5)
    if kind == 0:
        return SealRead(
            device=f"reader-{chance.randrange(3)}",
            seal=f"HLXU{chance.randrange(20)}",
            state=chance.choice(("intact", "opened", "missing", "damaged")),
            subject=chance.choice(("", "HLXU4172204", "GLZU3182041")),
            opened_at=at if chance.random() < 0.5 else None,
        )
    if kind == 1:
        detection = Detection(
            label=chance.choice(("elephant_tusk", "knife", "shoe")),
            score=round(chance.random(), 2),
            box=(0, 0, 9, 9),
        )
        picture = Picture(
            sha256=f"{chance.randrange(99):064x}",
            size_bytes=1,
            media_type="image/png",
            width_px=9,
            height_px=9,
        )
        return ScanCompleted(
            device="scanner",
            picture=picture,
            detections=(detection,) * chance.randrange(3),
            model=ModelUsed(name="m", sha256="0" * 64),
            milliseconds=1,
        )
    if kind == 2:
        return OfficerActed(
            act=f"act-{numbers}",
            verb=chance.choice(("acknowledge", "resolve", "close", "comment")),
            alert=chance.choice(alerts) if alerts else f"{chance.randrange(16):020x}",
            officer="Officer 12",
            role="officer",
        )
    return ReadingsTaken(
        readings=tuple(
            Reading(
                device=f"cold-{n}",
                metric="temperature",
                value=chance.uniform(5, 11),
                unit="Cel",
                observed_at=at,
            )
            for n in range(3)
        )
    )


def drafts(  # noqa: C901 - a list of odds
    seed: int, count: int = 400, alerts: Callable[[], Sequence[str]] = tuple, run: int = 0
) -> Iterator[list[Draft]]:
    """Groups of drafts that were appended together."""
    chance = random.Random(seed)  # noqa: S311 - a seed, no secret
    yield [own(law(SETTINGS), 0), own(AgentBorn(keyid="k", version="1", epochs=()), 0)]
    heads: dict[tuple[str, str], tuple[int, str]] = {}
    held_back: list[Draft] = []
    for step in range(count):
        at_s = step * 0.7
        source = chance.choice(SOURCES)
        epoch = f"{run * 16 + SOURCES.index(source):016x}"
        message = messages(chance, at_s, step, alerts())
        key = (source, stream_of(message))
        number, before = heads.get(key, (0, GENESIS))
        draft = said(message, source, at_s, number + 1, epoch=epoch, before=before)
        heads[key] = (number + 1, draft.hash)
        group = [draft]
        if chance.random() < 0.1:
            held_back.append(group.pop())
        if chance.random() < 0.1 and held_back:
            group.append(held_back.pop(0))
        if chance.random() < 0.03:
            group.append(said(message, source, at_s + 1, number + 1, epoch=epoch, before="f" * 64))
        if chance.random() < 0.3:
            group.append(Draft(kind="tick"))
        if chance.random() < 0.1:
            group.append(_life(source, epoch, heads, at_s))
        if chance.random() < 0.02:
            group.append(own(AgentGone(source=source, epoch=epoch), at_s))
        if chance.random() < 0.05:
            group.append(own(BlobKept(sha256=f"{chance.randrange(99):064x}", size_bytes=1), at_s))
        if group:
            yield group


def _life(
    source: str, epoch: str, heads: dict[tuple[str, str], tuple[int, str]], at_s: float
) -> Draft:
    streams = tuple(
        StreamHead(stream=stream, last=last, head=head)  # type: ignore[arg-type]
        for (whose, stream), (last, head) in heads.items()
        if whose == source
    )
    epochs = (EpochHeads(epoch=epoch, streams=streams),)
    if int(at_s) % 2:
        return said(AgentAlive(epochs=epochs), source, at_s)
    devices = (Device(device="scanner", family="scan_folder"),)
    return said(AgentBorn(keyid="k", version="1", epochs=epochs, devices=devices), source, at_s)
