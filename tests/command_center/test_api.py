"""The HTTP edge: who is let in, what is refused, and what an answer looks like."""

import asyncio
import json
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import argon2
import httpx
import msgspec
import pytest
from fastapi import FastAPI
from starlette.routing import Route, WebSocketRoute

from command_center import api
from command_center.acts import Acts
from command_center.alert_log import AlertLog
from command_center.audit import Audit
from command_center.board import Board
from command_center.cursor import Cursor
from command_center.exports import EACH_MAX, EXPORTS_MAX, KEPT_S, Exports
from command_center.guard import BODY_BYTES_MAX
from command_center.live import Live
from command_center.officers import Officers
from command_center.openapi import ANSWERS
from command_center.passwords import Passwords
from command_center.pictures import Pictures
from command_center.rights import rule_for
from command_center.subscribers import Subscribers
from command_center.tokens import Tokens
from command_center.webhooks import Webhooks
from contract.link import Rejected, Unavailable
from contract.messages import (
    AgentChanged,
    AlertChanged,
    BlobAsked,
    BlobTold,
    CheckpointAsked,
    CheckpointTold,
    CompletenessAsked,
    CompletenessTold,
    DeviceTwin,
    Evidence,
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
from tests.command_center.scripted import alert, sha256
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


def _paths(routes: Iterable[object]) -> list[tuple[str, str]]:
    """Method and path of every route, those of included routers too."""
    paths: list[tuple[str, str]] = []
    for route in routes:
        if isinstance(route, Route):
            paths += [(method, route.path) for method in route.methods or ()]
        elif isinstance(route, WebSocketRoute):
            paths.append(("WS", route.path))
        else:
            paths += _paths(route.original_router.routes)  # type: ignore[attr-defined]  # FastAPI's own, unexported
    return paths


def test_every_route_is_in_the_table_of_rights(tmp_path: Path) -> None:
    """A new route without a rule cannot be reached; this says so before it is shipped."""

    async def act(s: Scene) -> None:
        paths = _paths(s.app.routes)
        assert len(paths) >= 15
        fill = {"{alert}": "a1", "{name}": "Amina", "{sha256}": "0" * 64, "{path:path}": "desk.js"}
        fill |= {"{id}": "0" * 16, "{export}": "0" * 32}
        for method, path in paths:
            for hole, value in fill.items():
                path = path.replace(hole, value)  # noqa: PLW2901 - filled in step by step
            assert rule_for(method, path) is not None, (method, path)

    play(tmp_path, act)


def test_nobody_gets_pages_but_the_sign_in(tmp_path: Path) -> None:
    """Pages lead there; data says 401; neither says more."""

    async def act(s: Scene) -> None:
        page = await s.client.get("/")
        assert (page.status_code, page.headers["location"]) == (303, "/sign-in")
        assert (await s.client.get("/sign-in")).status_code == 200
        board = await s.client.get("/api/board")
        assert (board.status_code, board.json()) == (401, {"error": "Nobody is signed in."})
        assert (await s.client.get("/api/nothing")).status_code == 404
        assert (await s.client.get("/healthz")).json() == {"state": "ready"}

    play(tmp_path, act)


def test_the_one_time_link_leads_to_the_password_and_then_to_the_desk(tmp_path: Path) -> None:
    """Nothing works before it is set; the link works once."""

    async def act(s: Scene) -> None:
        token = await s.officers.first_link()
        came = await s.client.get("/first", params={"token": token or ""})
        assert (came.status_code, came.headers["location"]) == (303, "/set-password")
        cookie = came.headers["set-cookie"]
        assert "HttpOnly" in cookie
        assert "SameSite=strict" in cookie
        assert (await s.client.get("/api/me")).json() == {
            "name": "admin",
            "role": "admin",
            "posts": ["*"],
            "must_set_password": True,
        }
        assert (await s.client.get("/api/board")).status_code == 403
        assert (await s.client.get("/")).headers["location"] == "/set-password"
        assert (await s.post("/api/password", {"password": "short"})).status_code == 422
        done = await s.post("/api/password", {"password": GOOD, "name": "Officer 12"})
        assert done.status_code == 204
        assert (await s.client.get("/")).status_code == 200
        assert (await s.client.get("/api/board")).json()["me"]["name"] == "Officer 12"
        s.client.cookies.clear()
        again = await s.client.get("/first", params={"token": token or ""})
        assert (again.status_code, "set-cookie" in again.headers) == (303, False)
        assert again.headers["location"] == "/sign-in#used-link"

    play(tmp_path, act)


def test_sign_in_and_out(tmp_path: Path) -> None:
    """A cookie that only HTTP sees; gone after signing out."""

    async def act(s: Scene) -> None:
        await s.sign_in("officer")
        s.client.cookies.clear()
        named = {"name": "A officer", "password": GOOD}
        assert (await s.post("/api/sign-in", named)).status_code == 204
        assert (await s.client.get("/api/me")).json()["role"] == "officer"
        assert (await s.post("/api/sign-out", {})).status_code == 204
        assert (await s.client.get("/api/me")).status_code == 401

    play(tmp_path, act)


def test_guessing_is_slowed_down(tmp_path: Path) -> None:
    """After five failures even the right password waits; later it works."""

    async def act(s: Scene) -> None:
        await s.sign_in("officer")
        s.client.cookies.clear()
        for _ in range(5):
            wrong = await s.post("/api/sign-in", {"name": "A officer", "password": "wrong"})
            assert wrong.status_code == 401
        right = {"name": "A officer", "password": GOOD}
        slowed = await s.post("/api/sign-in", right)
        assert slowed.status_code == 429
        assert 0 < int(slowed.headers["retry-after"]) <= 300
        await asyncio.sleep(301)
        assert (await s.post("/api/sign-in", right)).status_code == 204

    play(tmp_path, act)


def test_what_changes_something_has_to_come_from_our_own_page(tmp_path: Path) -> None:
    """Without the header, or from another origin, nothing happens."""

    async def act(s: Scene) -> None:
        await s.sign_in("officer")
        s.board.apply(EPOCH, 1, AlertChanged(alert=alert("a1")))
        body = {"verb": "acknowledge"}
        for headers in (
            {},
            {"X-Greenlane": "0"},
            {"X-Greenlane": "1", "Origin": "http://evil"},
            {"X-Greenlane": "1", "Origin": "null"},
            {"Origin": "http://desk"},
        ):
            answer = await s.client.post("/api/alerts/a1/acts", json=body, headers=headers)
            assert answer.status_code == 403
        assert s.said == []

    play(tmp_path, act)


def test_an_act_is_said_with_the_officers_name_and_role(tmp_path: Path) -> None:
    """202 with its id; who did it is never the browser's to say."""

    async def act(s: Scene) -> None:
        await s.sign_in("officer")
        s.board.apply(EPOCH, 1, AlertChanged(alert=alert("a1")))
        done = await s.post("/api/alerts/a1/acts", {"verb": "comment", "note": "<b>hi</b>\u202e"})
        assert done.status_code == 202
        (said,) = s.said
        assert said.act == done.json()["act"]
        assert (said.officer, said.role, said.note) == ("A officer", "officer", "<b>hi</b>\u202e")
        unknown = await s.post("/api/alerts/zz/acts", {"verb": "comment"})
        assert unknown.status_code == 404
        wrong: list[object] = [{"verb": "burn"}, {"verb": "comment", "officer": "Other"}, [], "x"]
        for bad in wrong:
            assert (await s.post("/api/alerts/a1/acts", bad)).status_code == 422
        half = b'{"verb":"comment","note":"\\ud800"}'
        json_ = {**OURS, "Content-Type": "application/json"}
        assert (
            await s.client.post("/api/alerts/a1/acts", content=half, headers=json_)
        ).status_code == 422
        assert len(s.said) == 1

    play(tmp_path, act)


def test_a_viewer_may_look_and_not_act(tmp_path: Path) -> None:
    """403, with a sentence, and nothing is said."""

    async def act(s: Scene) -> None:
        await s.sign_in("viewer")
        s.board.apply(EPOCH, 1, AlertChanged(alert=alert("a1")))
        assert (await s.client.get("/api/board")).status_code == 200
        refused = await s.post("/api/alerts/a1/acts", {"verb": "acknowledge"})
        assert (refused.status_code, s.said) == (403, [])
        assert (await s.client.get("/api/officers")).status_code == 403

    play(tmp_path, act)


def test_officers_are_an_admins_to_invite(tmp_path: Path) -> None:
    """The link comes once, in the answer; an officer sees names, and invites nobody."""

    async def act(s: Scene) -> None:
        await s.sign_in("officer")
        asked = {"name": "Baraka", "role": "viewer", "posts": ["KEMBA"]}
        assert (await s.post("/api/officers", asked)).status_code == 403
        await s.sign_in("admin")
        link = (await s.post("/api/officers", asked)).json()["link"]
        assert (await s.post("/api/officers/Baraka", {"role": "officer"})).status_code == 200
        names = [one["name"] for one in (await s.client.get("/api/officers")).json()["officers"]]
        assert names == ["A admin", "A officer", "Baraka"]
        s.client.cookies.clear()
        assert (await s.client.get(link)).status_code == 303
        assert (await s.client.get("/api/me")).json()["role"] == "officer"

    play(tmp_path, act)


def test_a_large_body_is_refused_before_it_is_read(tmp_path: Path) -> None:
    """By the length it says, and by what comes without saying."""

    async def act(s: Scene) -> None:
        async def endless() -> AsyncIterator[bytes]:
            for _ in range(100):
                yield bytes(BODY_BYTES_MAX // 10)

        large = await s.post("/api/sign-in", {"name": "x" * BODY_BYTES_MAX, "password": ""})
        assert large.status_code == 413
        long = await s.client.post("/api/sign-in", content=endless(), headers=OURS)
        assert long.status_code == 413

    play(tmp_path, act)


def test_every_answer_forbids_what_we_do_not_need(tmp_path: Path) -> None:
    """Pages, data, refusals: the same headers."""

    async def act(s: Scene) -> None:
        for path in ("/sign-in", "/api/board", "/healthz", "/nothing.js", "/api/nothing"):
            headers = (await s.client.get(path)).headers
            policy = headers["content-security-policy"]
            assert policy.startswith("default-src 'self'")
            assert "frame-ancestors 'none'" in policy
            assert "unsafe" not in policy
            assert headers["x-content-type-options"] == "nosniff"
            assert headers["referrer-policy"] == "no-referrer"
        assert (await s.client.get("/api/board")).headers["cache-control"] == "no-store"

    play(tmp_path, act)


def test_hostile_text_passes_unaltered_as_json(tmp_path: Path) -> None:
    """Text is data: nothing is escaped away, nothing is dropped; the page uses textContent."""

    async def act(s: Scene) -> None:
        await s.sign_in("viewer")
        hostile = "</script><img src=x onerror=alert(1)> \u2028 \u202e '\";-- \x7f 🦏"
        s.board.apply(EPOCH, 1, AlertChanged(alert=alert("a1", title=hostile)))
        answer = await s.client.get("/api/board")
        assert answer.headers["content-type"] == "application/json"
        assert answer.json()["alerts"][0]["title"] == hostile

    play(tmp_path, act)


def test_the_checkpoint_is_the_gateways_note(tmp_path: Path) -> None:
    """As text, as tools for transparency logs read it; nobody who is not signed in gets it."""

    async def act(s: Scene) -> None:
        assert (await s.client.get("/api/checkpoint")).status_code == 401
        await s.sign_in("viewer")
        answer = await s.client.get("/api/checkpoint")
        assert answer.headers["content-type"] == "text/plain; charset=utf-8"
        assert answer.text.startswith("o\n0\n")

    play(tmp_path, act)


def test_history_is_the_gateways_answer(tmp_path: Path) -> None:
    """Points with mean, low, high; every mistake a sentence; 503 while nobody answers."""

    async def act(s: Scene) -> None:
        await s.sign_in("viewer")
        ask = {"device": "scale-1", "metric": "mass", "start": "2026-11-22T10:00:00Z"}
        good = await s.client.get(
            "/api/history", params={**ask, "end": "2026-11-22T11:00:00Z", "points": 10}
        )
        assert good.json() == {
            "points": [
                {"at": "2026-11-22T12:00:00Z", "mean": 2.5, "low": 1.0, "high": 4.0} | {"count": 9}
            ],
            "unit": "kg",
            "step_s": 60.0,
        }
        gone = {**ask, "device": "gone", "end": "2026-11-22T11:00:00Z"}
        away = await s.client.get("/api/history", params=gone)
        assert away.status_code == 503
        assert away.json() == {"error": "The broker cannot be reached"}
        for bad in ({"end": "2026-11-22T09:00:00Z"}, {"end": "noon"}, {}):
            answer = await s.client.get("/api/history", params={**ask, **bad})
            assert answer.status_code == 422
            assert answer.json()["error"]
        series = (await s.client.get("/api/series")).json()
        assert series == {"series": [{"device": "scale-1", "metric": "mass", "unit": "kg"}]}

    play(tmp_path, act)


def agent_with(source: str, *devices: str) -> AgentChanged:
    """An agent that names these devices."""
    twins = tuple(DeviceTwin(device=device, family="f") for device in devices)
    return AgentChanged(source=source, state="alive", devices=twins)


def test_whether_everything_is_here_is_the_gateways_answer(tmp_path: Path) -> None:
    """For one device of one agent; who stands at another post does not hear of it."""

    async def act(s: Scene) -> None:
        s.board.apply(EPOCH, 1, agent_with("/KEMBA/gate-2", "xray-a", "both"))
        s.board.apply(EPOCH, 2, agent_with("/BEANR/gate-7", "far", "both"))
        await s.sign_in("viewer")
        span = {"start": "2026-11-22T10:00:00Z", "end": "2026-11-22T11:00:00Z"}

        async def told(**params: str) -> httpx.Response:
            return await s.client.get("/api/completeness", params={**span, **params})

        answer = await told(device="xray-a", steps="1")
        assert answer.status_code == 200
        assert answer.json() == {
            "source": "/KEMBA/gate-2",
            "device": "xray-a",
            "status": "late",
            "reasons": ["1 waits."],
            "stretches": [whole := {**span, "status": "late", "kept": 7, "missing": 1, "lost": 0}],
            "whole": whole,
        }
        assert (await told(device="nobody")).status_code == 404
        assert (await told(device="xray-a", source="/KEMBA/gate-9")).status_code == 404
        which = await told(device="both")
        assert which.status_code == 422
        assert "/BEANR/gate-7, /KEMBA/gate-2" in which.json()["error"]
        one = await told(device="both", source="/BEANR/gate-7")
        assert one.json()["source"] == "/BEANR/gate-7"
        assert (await told(device="xray-a", end="2026-11-22T09:00:00Z")).status_code == 422
        assert (await told(device="xray-a", steps="0")).status_code == 422

    play(tmp_path, act)


def test_a_picture_is_what_its_bytes_are(tmp_path: Path) -> None:
    """Its media type is read from the bytes, nothing in it may run, and it is cached for ever."""

    async def act(s: Scene) -> None:
        await s.sign_in("viewer")
        name = sha256(PNG)
        answer = await s.client.get(f"/api/blobs/{name}")
        assert answer.content == PNG
        assert answer.headers["content-type"] == "image/png"
        assert "immutable" in answer.headers["cache-control"]
        assert "sandbox" in answer.headers["content-security-policy"]
        asked = len(s.asked)
        again = await s.client.get(
            f"/api/blobs/{name}", headers={"If-None-Match": answer.headers["etag"]}
        )
        assert (again.status_code, len(s.asked)) == (304, asked)
        assert (await s.client.get(f"/api/blobs/{'0' * 64}")).status_code == 404

    play(tmp_path, act)


def test_files_come_from_the_web_folder_alone(tmp_path: Path) -> None:
    """Neither dots nor encodings lead out of it."""

    async def act(s: Scene) -> None:
        await s.sign_in("admin")
        for path in ("/../api.py", "/%2e%2e/api.py", "/..%2fapi.py", "/api.py", "/web/x.js"):
            assert (await s.client.get(path)).status_code == 404
        page = await s.client.get("/")
        assert page.headers["content-type"].startswith("text/html")
        tag = {"If-None-Match": page.headers["etag"]}
        assert (await s.client.get("/", headers=tag)).status_code == 304

    play(tmp_path, act)


async def exported(s: Scene, alert_: str) -> dict[str, Any]:
    """Have it made, and follow it to its end."""
    begun = await s.post(f"/api/alerts/{alert_}/evidence", None)
    assert begun.status_code == 202, begun.text
    told: dict[str, Any] = begun.json()
    while told["state"] in ("making", "fetching"):
        await asyncio.sleep(1)
        told = (await s.client.get(f"/api/evidence/{told['export']}")).json()
    return told


def test_evidence_is_followed_handed_out_and_written_down(tmp_path: Path) -> None:
    """The gateway's bytes, verified by their hash; for who asked alone, and for some minutes."""

    async def act(s: Scene) -> None:
        s.board.apply(EPOCH, 1, AlertChanged(alert=alert("a1")))
        await s.sign_in("officer", "KEMBA")
        told = await exported(s, "a1")
        assert (told["state"], told["size_bytes"]) == ("ready", len(ARCHIVE))
        where = f"/api/evidence/{told['export']}"
        answer = await s.client.get(f"{where}/archive")
        assert answer.content == ARCHIVE
        assert answer.headers["content-type"] == "application/zip"
        assert answer.headers["content-disposition"] == 'attachment; filename="evidence-a1.zip"'
        assert answer.headers["cache-control"] == "no-store"
        (record,) = s.recorded
        assert (record.verb, record.about, record.officer) == ("export evidence", "a1", "A officer")
        assert record.detail.startswith(f"sha256 {told['sha256']}")
        await s.sign_in("supervisor", "*")
        assert (await s.client.get(where)).status_code == 404
        assert (await s.client.get(f"{where}/archive")).status_code == 404

    async def later(s: Scene) -> None:
        s.board.apply(EPOCH, 1, AlertChanged(alert=alert("a1")))
        await s.sign_in("officer")
        told = await exported(s, "a1")
        await asyncio.sleep(KEPT_S * 1.2)
        gone = await s.client.get(f"/api/evidence/{told['export']}/archive")
        assert gone.json() == {"error": "There is no such archive any more: export it again."}

    play(tmp_path / "first", act)
    play(tmp_path / "second", later)


@pytest.mark.parametrize(
    ("id_", "why"),
    [
        ("a-gone", "The journal says nothing about an alert 'a-gone'"),
        ("a-away", "The broker cannot be reached"),
        ("a-wrong", "What came is not the archive that the gateway made; export it again."),
    ],
)
def test_why_there_is_no_evidence_is_a_sentence_and_a_record(
    tmp_path: Path, id_: str, why: str
) -> None:
    """The journal is told of what was taken out only."""

    async def act(s: Scene) -> None:
        s.board.apply(EPOCH, 1, AlertChanged(alert=alert(id_)))
        await s.sign_in("admin")
        told = await exported(s, id_)
        assert (told["state"], told["error"]) == ("failed", why)
        early = await s.client.get(f"/api/evidence/{told['export']}/archive")
        assert early.status_code == 409
        (record,) = (await s.client.get("/api/audit")).json()["records"]
        assert (record["state"], record["reason"].lower()) == ("refused", why.lower())
        assert s.recorded == []

    play(tmp_path, act)


def test_evidence_is_for_who_holds_all_its_posts(tmp_path: Path) -> None:
    """Not for a viewer, not of another post, not if a message of another post is in it."""

    async def act(s: Scene) -> None:
        elsewhere = Evidence(
            source="/GBLHR/gate-1",
            stream="events",
            epoch=EPOCH,
            sequence=1,
            hash="0" * 64,
            type="seal.read",
            observed_at=START,
            says="It was sealed at Heathrow.",
        )
        both = msgspec.structs.replace(alert("a2"), evidence=(elsewhere,))
        s.board.apply(EPOCH, 1, AlertChanged(alert=alert("a1")))
        s.board.apply(EPOCH, 2, AlertChanged(alert=both))
        for role, posts, id_, status in (
            ("viewer", "*", "a1", 403),
            ("officer", "GBLHR", "a1", 404),
            ("supervisor", "KEMBA", "a2", 403),
            ("admin", "*", "a2", 202),
        ):
            await s.sign_in(role, posts)
            answer = await s.post(f"/api/alerts/{id_}/evidence", None)
            assert answer.status_code == status, answer.text

    play(tmp_path, act)


def test_archives_are_bounded(tmp_path: Path) -> None:
    """An officer waits for those that are made; finished ones give way to new ones."""

    async def act(s: Scene) -> None:
        s.board.apply(EPOCH, 1, AlertChanged(alert=alert("a-away")))
        s.board.apply(EPOCH, 2, AlertChanged(alert=alert("a1")))
        await s.sign_in("officer")
        for _ in range(EXPORTS_MAX + 2):
            assert (await exported(s, "a1"))["state"] == "ready"
        assert len(files(tmp_path / "exports")) == EXPORTS_MAX
        for _ in range(EACH_MAX):
            assert (await s.post("/api/alerts/a-away/evidence", None)).status_code == 202
        full = await s.post("/api/alerts/a-away/evidence", None)
        assert (full.status_code, full.json()["error"]) == (
            429,
            f"{EACH_MAX} archives are made for you already; wait for them.",
        )

    play(tmp_path, act)


def files(folder: Path) -> list[str]:
    """What lies there."""
    return sorted(path.name for path in folder.iterdir())


def test_the_openapi_document_describes_what_is_answered(tmp_path: Path) -> None:
    """OpenAPI 3.1, for those who are signed in; each real answer fits what it says."""

    async def act(s: Scene) -> None:
        assert (await s.client.get("/api/openapi.json")).status_code == 401
        await s.sign_in("admin")
        document = (await s.client.get("/api/openapi.json")).json()
        assert document["openapi"].startswith("3.1")
        events = (await s.client.get("/api/asyncapi.json")).text
        for text in (json.dumps(document), events):  # patterns as ECMA 262 knows them
            assert '"pattern"' in text
            assert r"\\Z" not in text
        refs = set(re.findall(r'"#/components/schemas/(\w+)"', json.dumps(document)))
        assert refs <= set(document["components"]["schemas"])
        s.board.apply(EPOCH, 1, AlertChanged(alert=alert("a1")))
        s.board.apply(EPOCH, 2, agent_with("/KEMBA/gate-2", "d"))
        span = {"start": "2026-11-22T10:00:00Z", "end": "2026-11-22T11:00:00Z"}
        asked = {
            "/api/history": {"device": "d", "metric": "m", **span},
            "/api/completeness": {"device": "d", **span},
        }
        ids = {"id": "0" * 16, "export": ""}
        bodies = {
            "/api/alerts/{alert}/acts": {"verb": "comment", "note": "seen"},
            "/api/officers": {"name": "Baraka", "role": "viewer", "posts": ["*"]},
            "/api/officers/{name}": {"role": "officer"},
            "/api/tokens": {"name": "a board", "posts": ["KEMBA"]},
            "/api/subscribers": {"name": "a", "url": "https://a.example/x", "posts": ["*"]},
            "/api/subscribers/{id}": {"is_enabled": False},
        }
        for (path, method, status), kind in ANSWERS.items():
            where = path.format(alert="a1", name="Baraka", **ids)
            if status == "410":
                answer = await s.client.get(where, params={"after": "f" * 16 + ":1"})
            elif method == "get":
                answer = await s.client.get(where, params=asked.get(path))
            elif method == "delete":
                answer = await s.client.delete(where, headers=OURS)
            else:
                answer = await s.post(where, bodies.get(path))
            assert answer.status_code == int(status), path
            told = msgspec.json.decode(answer.content, type=kind)
            fields = set(told.__struct_fields__)
            assert set(answer.json()) <= fields, path
            made = answer.json().get("token") or answer.json().get("subscriber") or {}
            ids["id"] = made.get("id", ids["id"])
            ids["export"] = answer.json().get("export", ids["export"])

    play(tmp_path, act)
