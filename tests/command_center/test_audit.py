"""What admins do is written before it is done, told to the journal, and paced."""

import asyncio
import contextlib
import sqlite3
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from command_center import audit as audits
from command_center.audit import Audit
from command_center.officers import Officer
from command_center.pace import ACTS_MAX
from contract.link import Rejected, Unavailable
from contract.messages import OfficeChanged
from tests.command_center.scene import Scene, play
from tests.support.virtual import VirtualClock, run_virtually

CHIEF = Officer("Chief", "admin", posts=("*",))
LOCAL = Officer("Local", "admin", posts=("KEMBA",))


class Outbox:
    """Takes what is said, unless it is full."""

    def __init__(self) -> None:
        self.said: list[OfficeChanged] = []
        self.is_full = False

    async def say(self, message: OfficeChanged) -> None:
        """See `audit.Say`."""
        if self.is_full:
            raise Unavailable("the outbox is full")
        self.said.append(message)


def keep(path: Path, outbox: Outbox, *lives: Callable[[Audit], Awaitable[None]]) -> None:
    """One life after the other over the same file."""

    async def main() -> None:
        for live in lives:
            opened = Audit.open(path / "audit.sqlite", say=outbox.say, clock=VirtualClock())
            async with opened as audit:
                await live(audit)

    run_virtually(main())


def test_done_refused_and_cut_short_are_three_things(tmp_path: Path) -> None:
    """What was refused says why; what was cut off says that it is not known; only done is told."""
    outbox = Outbox()

    async def first(audit: Audit) -> None:
        async with audit.act(CHIEF, "make token", posts=("KEMBA",), detail="a wall") as pen:
            pen.about("0123")
        with contextlib.suppress(Rejected):
            async with audit.act(CHIEF, "invite", about="Amina", posts=("KEMBA",)):
                raise Rejected("Another officer has this name.")
        with contextlib.suppress(asyncio.CancelledError):
            async with audit.act(CHIEF, "put out", about="Baraka", posts=("KEMBA",)):
                raise asyncio.CancelledError

    async def second(audit: Audit) -> None:
        shown = await audit.shown(CHIEF)
        assert [(one.verb, one.about, one.state, one.reason) for one in shown] == [
            ("put out", "Baraka", "begun", ""),
            ("invite", "Amina", "refused", "Another officer has this name."),
            ("make token", "0123", "done", ""),
        ]

    keep(tmp_path, outbox, first, second)
    (told,) = outbox.said
    assert (told.verb, told.about, told.officer, told.posts) == (
        *("make token", "0123", "Chief"),
        ("KEMBA",),
    )


def test_what_the_outbox_did_not_take_is_told_at_the_next_start(tmp_path: Path) -> None:
    """Once, and not again."""
    outbox = Outbox()

    async def full(audit: Audit) -> None:
        outbox.is_full = True
        async with audit.act(CHIEF, "reset", about="Amina", posts=("KEMBA",)):
            pass
        outbox.is_full = False

    async def nothing(_audit: Audit) -> None:
        return

    keep(tmp_path, outbox, full, nothing, nothing)
    assert [one.verb for one in outbox.said] == ["reset"]


def test_without_a_record_nothing_is_done(tmp_path: Path) -> None:
    """The disk takes none: the act does not begin."""
    outbox, done = Outbox(), []

    async def live(audit: Audit) -> None:
        with sqlite3.connect(tmp_path / "audit.sqlite") as other:
            other.execute("DROP TABLE records")
        with pytest.raises(Unavailable):
            async with audit.act(CHIEF, "put out", about="Baraka"):
                done.append("put out")

    keep(tmp_path, outbox, live)
    assert (done, outbox.said) == ([], [])


def test_an_admin_sees_what_concerns_the_own_posts(tmp_path: Path) -> None:
    """And what they did themselves; newest first, and no more than are kept."""

    async def live(audit: Audit) -> None:
        for post, by in (("KEMBA", CHIEF), ("GBLHR", CHIEF), ("*", CHIEF), ("GBLHR", LOCAL)):
            async with audit.act(by, "make token", posts=(post,)):
                pass
        shown = await audit.shown(LOCAL)
        assert [(one.officer, one.posts) for one in shown] == [
            ("Local", ("GBLHR",)),
            ("Chief", ("*",)),
            ("Chief", ("KEMBA",)),
        ]

    keep(tmp_path, Outbox(), live)


def test_the_oldest_records_give_way(tmp_path: Path) -> None:
    """The journal keeps them all."""

    async def live(audit: Audit) -> None:
        for number in range(5):
            async with audit.act(CHIEF, "make token", about=str(number)):
                pass
        assert [one.about for one in await audit.shown(CHIEF)] == ["4", "3", "2"]

    former, audits.KEPT_MAX = audits.KEPT_MAX, 3  # type: ignore[misc]  # restored below
    try:
        keep(tmp_path, Outbox(), live)
    finally:
        audits.KEPT_MAX = former  # type: ignore[misc]  # as it was


def test_no_secret_stands_in_a_record_and_every_act_has_one(tmp_path: Path) -> None:
    """Over HTTP: what is made is told once, and the record names the host of a URL alone."""

    async def act(s: Scene) -> None:
        await s.sign_in("admin")
        invited = await s.post(
            "/api/officers", {"name": "Amina", "role": "viewer", "posts": ["KEMBA"]}
        )
        again = await s.post(
            "/api/officers", {"name": "Amina", "role": "admin", "posts": ["KEMBA"]}
        )
        assert (invited.status_code, again.status_code) == (201, 422)
        reset = await s.post("/api/officers/Amina/link", {})
        assert (await s.post("/api/officers/A%20admin/link", {})).status_code == 422
        await s.post("/api/officers/Amina", {"role": "officer", "posts": ["GBLHR"]})
        token = await s.post("/api/tokens", {"name": "wall", "posts": ["*"]})
        hook = {"name": "hook", "url": "https://a.example/x?key=s3cret", "posts": ["*"]}
        made = await s.post("/api/subscribers", hook)
        id_ = made.json()["subscriber"]["id"]
        await s.post(f"/api/subscribers/{id_}", {"is_enabled": False})
        answer = await s.client.get("/api/audit")
        records = answer.json()["records"][::-1]
        assert [(one["verb"], one["state"]) for one in records] == [
            ("invite", "done"),
            ("invite", "refused"),
            ("reset", "done"),
            ("reset", "refused"),
            ("change officer", "done"),
            ("make token", "done"),
            ("add subscriber", "done"),
            ("pause subscriber", "done"),
        ]
        assert records[4]["posts"] == ["GBLHR", "KEMBA"]
        assert records[4]["detail"] == "as officer of GBLHR"
        secrets = [invited.json()["link"], reset.json()["link"]]
        secrets = [link.rpartition("=")[2] for link in secrets]
        for secret in (*secrets, token.json()["secret"], made.json()["secret"], "s3cret"):
            assert secret not in answer.text
        assert [one.verb for one in s.recorded] == [
            one["verb"] for one in records if one["state"] == "done"
        ]

    play(tmp_path, act)


def test_who_changes_too_much_at_once_has_to_wait(tmp_path: Path) -> None:
    """Tokens, officers and subscribers together; reading does not count; later it goes on."""

    async def act(s: Scene) -> None:
        await s.sign_in("admin")
        for number in range(ACTS_MAX):
            name = f"Officer {number}"
            made = {"name": name, "role": "viewer", "posts": ["KEMBA"]}
            assert (await s.post("/api/officers", made)).status_code == 201
        refused = await s.post("/api/tokens", {"name": "wall", "posts": ["*"]})
        assert refused.status_code == 429
        assert "Too many changes" in refused.json()["error"]
        assert (await s.client.get("/api/officers")).status_code == 200
        await asyncio.sleep(float(refused.headers["Retry-After"]))
        again = await s.post("/api/tokens", {"name": "wall", "posts": ["*"]})
        assert again.status_code == 201

    play(tmp_path, act)
