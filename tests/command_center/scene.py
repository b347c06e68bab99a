"""All of a command center but its feed and its server: what a test asks over HTTP, it answers."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import argon2
import httpx
from fastapi import FastAPI

from command_center import api
from command_center.acts import Acts
from command_center.alert_log import AlertLog
from command_center.audit import Audit
from command_center.board import Board
from command_center.cursor import Cursor
from command_center.exports import Exports
from command_center.live import Live
from command_center.officers import Officers
from command_center.passwords import Passwords
from command_center.pictures import Pictures
from command_center.subscribers import Subscribers
from command_center.tokens import Tokens
from command_center.webhooks import Webhooks
from contract.link import Rejected, Unavailable
from contract.messages import (
    BlobAsked,
    BlobTold,
    CheckpointAsked,
    CheckpointTold,
    CompletenessAsked,
    CompletenessTold,
    EvidenceAsked,
    EvidenceTold,
    HistoryAsked,
    HistoryTold,
    Message,
    OfficeChanged,
    OfficerActed,
    Point,
    SeriesTold,
    Stretch,
)
from tests.command_center.scripted import sha256
from tests.support.scripted_gateway import EPOCH
from tests.support.virtual import START, VirtualClock, run_virtually

GOOD = "four quiet green lanes"
PNG = b"\x89PNG\r\n\x1a\n" + bytes(3_000)
ARCHIVE = b"PK\x03\x04" + bytes(5_000)
OURS = {"X-Greenlane": "1", "Origin": "http://desk"}


@dataclass
class Scene:
    """A command center without a gateway; `ask` is answered by the test."""

    app: FastAPI
    client: httpx.AsyncClient
    officers: Officers
    board: Board
    acts: Acts
    said: list[OfficerActed]
    asked: list[Message]
    recorded: list[OfficeChanged]

    async def sign_in(self, role: str, *posts: str) -> None:
        """Be an officer of that role, of every post unless they are named."""
        link = await self.officers.invite(f"A {role}", role, posts or ("*",))  # type: ignore[arg-type]  # a role
        token = await self.officers.use_link(link)
        await self.officers.set_password(token or "", GOOD)
        self.client.cookies = httpx.Cookies({"greenlane_session": token or ""})

    async def post(self, path: str, body: Any) -> httpx.Response:
        """As our own pages do."""
        return await self.client.post(path, json=body, headers=OURS)


@asynccontextmanager
async def opened(path: Path) -> AsyncIterator[Scene]:  # noqa: C901 - one answer a question
    """All parts but feed and server."""
    clock = VirtualClock()
    quick = Passwords(argon2.PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
    board, said, asked = Board(), list[OfficerActed](), list[Message]()
    recorded = list[OfficeChanged]()

    async def say(message: OfficerActed) -> None:
        said.append(message)

    async def record(message: OfficeChanged) -> None:
        recorded.append(message)

    async def ask(question: Message) -> Message:
        asked.append(question)
        match question:
            case HistoryAsked(device="gone"):
                raise Unavailable("the broker cannot be reached")
            case HistoryAsked():
                point = Point(at=START, mean=2.5, low=1, high=4, count=9)
                return HistoryTold(points=(point,), unit="kg", step_s=60)
            case CompletenessAsked(start=start, end=end):
                whole = Stretch(start=start, end=end, status="late", kept=7, missing=1, lost=0)
                return CompletenessTold(
                    status="late", reasons=("1 waits.",), stretches=(whole,), whole=whole
                )
            case CheckpointAsked():
                return CheckpointTold(checkpoint="o\n0\nAAAA\n\n\u2014 o AAAAAAA=\n")
            case BlobAsked(sha256=name) if name == sha256(PNG):
                return BlobTold(
                    size_bytes=len(PNG), media_type="text/html", piece=PNG[question.offset_bytes :]
                )
            case BlobAsked():
                raise Rejected("this blob has not arrived")
            case EvidenceAsked():
                return evidence_of(question, is_first=asked.count(question) == 1)
            case _:
                return SeriesTold(series=(("scale-1", "mass", "kg"),))

    async with (
        Officers.open(path / "officers.sqlite", clock=clock, passwords=quick) as officers,
        Acts.open(path / "acts.sqlite", say=say, told=lambda _: None) as acts,
        AlertLog.open(path / "alerts.sqlite", head=Cursor(EPOCH, 100)) as log,
        Tokens.open(path / "tokens.sqlite", officer=officers.active, clock=clock) as tokens,
        Subscribers.open(path / "subscribers.sqlite", clock=clock) as subscribers,
        Audit.open(path / "audit.sqlite", say=record, clock=clock) as audit,
    ):
        live = Live(board=board, who=officers.who, clock=clock)
        pictures = Pictures(path / "pictures", ask=ask, bytes_max=1_000_000)
        exports = Exports(path / "exports", ask=ask, audit=audit, clock=clock)
        parts = api.Parts(
            board=board,
            live=live,
            acts=acts,
            officers=officers,
            pictures=pictures,
            ask=ask,
            alert_log=log,
            tokens=tokens,
            webhooks=Webhooks(subscribers=subscribers, log=log, clock=clock),
            audit=audit,
            exports=exports,
            clock=clock,
        )
        app = api.build(parts)
        bare = api.routes(parts)
        transport = httpx.ASGITransport(app=app)
        async with (
            httpx.AsyncClient(transport=transport, base_url="http://desk") as client,
            asyncio.TaskGroup() as tasks,
        ):
            exporting = tasks.create_task(exports.run(), name="exports")
            yield Scene(bare, client, officers, board, acts, said, asked, recorded)
            exporting.cancel()


def evidence_of(asked: EvidenceAsked, *, is_first: bool) -> EvidenceTold:
    """It is made while it is asked for once; then it comes in two pieces."""
    if asked.alert == "a-gone":
        raise Rejected("the journal says nothing about an alert 'a-gone'")
    if asked.alert == "a-away":
        raise Unavailable("the broker cannot be reached")
    if is_first and not asked.offset_bytes:
        return EvidenceTold()
    name = sha256(ARCHIVE if asked.alert != "a-wrong" else b"")
    piece = ARCHIVE[asked.offset_bytes : asked.offset_bytes + len(ARCHIVE) // 2 + 1]
    return EvidenceTold(sha256=name, size_bytes=len(ARCHIVE), piece=piece, notes=("All is here.",))


def play(path: Path, act: Callable[[Scene], Awaitable[None]]) -> None:
    """On a virtual clock."""

    async def main() -> None:
        async with opened(path) as scene:
            await act(scene)

    run_virtually(main())
