"""Tokens: shown once, for some posts and some time, for reading alerts and nothing else."""

import asyncio
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import msgspec

from command_center.rights import RULES
from contract.messages import AlertChanged
from tests.command_center.scene import GOOD, OURS, Scene, play
from tests.command_center.scripted import alert
from tests.support.scripted_gateway import EPOCH

BODY: dict[str, Any] = {"name": "their board", "posts": ["KEMBA"]}


async def bearer(s: Scene, **body: Any) -> tuple[str, dict[str, str]]:
    """A new token's id, and the header of the program that has it; nobody is signed in then."""
    made = await s.post("/api/tokens", BODY | body)
    assert made.status_code == 201
    assert made.json()["secret"] not in (await s.client.get("/api/tokens")).text
    return made.json()["token"]["id"], {"Authorization": f"Bearer {made.json()['secret']}"}


def fill(s: Scene) -> None:
    """Alerts of two posts."""
    for number in range(1, 7):
        post = "KEMBA" if number % 2 else "GBLHR"
        one = msgspec.structs.replace(alert(f"a{number}"), post=post)
        s.board.apply(EPOCH, number, AlertChanged(alert=one))


def test_a_program_lists_the_alerts_of_its_posts_page_by_page(tmp_path: Path) -> None:
    """In the order of their last change; the cursor of one page begins the next."""

    async def act(s: Scene) -> None:
        fill(s)
        await s.sign_in("supervisor")
        _, program = await bearer(s)
        s.client.cookies.clear()
        found, after = [], ""
        for _ in range(2):
            params = {"limit": "2"} | ({"after": after} if after else {})
            page = (await s.client.get("/api/alerts", params=params, headers=program)).json()
            found += [one["id"] for one in page["alerts"]]
            after = page["cursor"]
        assert found == ["a1", "a3", "a5"]
        assert (page["is_last"], after) == (True, f"{EPOCH}:100")
        closed = await s.client.get("/api/alerts", params={"state": "closed"}, headers=program)
        assert closed.json()["alerts"] == []
        assert (await s.client.get("/api/alerts/a1", headers=program)).json()["id"] == "a1"
        for there in ("a2", "zz"):
            one = await s.client.get(f"/api/alerts/{there}", headers=program)
            assert one.status_code == 404
        old = await s.client.get("/api/alerts", params={"after": "f" * 16 + ":1"}, headers=program)
        assert (old.status_code, old.json()["cursor"]) == (410, f"{EPOCH}:100")
        for wrong in ({"after": "x"}, {"limit": "0"}, {"limit": "1001"}, {"state": "burning"}):
            bad = await s.client.get("/api/alerts", params=wrong, headers=program)
            assert bad.status_code == 422

    play(tmp_path, act)


def test_a_token_opens_nothing_but_alerts(tmp_path: Path) -> None:
    """Not even what its officer may do with the cookie in the same request."""

    async def act(s: Scene) -> None:
        fill(s)
        await s.sign_in("admin")
        _, program = await bearer(s, posts=["*"])
        for rule in RULES:
            if rule.needs is None or rule.takes_token or rule.method == "WS":
                continue
            path = {
                r"/api/alerts/[^/]{1,80}/acts": "/api/alerts/a1/acts",
                r"/api/officers/[^/]{1,40}": "/api/officers/A%20admin",
                r"/api/officers/[^/]{1,40}/link": "/api/officers/A%20admin/link",
                r"/admin(\.html)?": "/admin",
                r"/api/blobs/[0-9a-f]{64}(/png)?": "/api/blobs/" + "0" * 64,
                r"/api/alerts/[^/]{1,80}/evidence": "/api/alerts/a1/evidence",
                r"/api/evidence/[0-9a-f]{32}(/archive)?": "/api/evidence/" + "0" * 32,
                r"/api/openapi\.json": "/api/openapi.json",
                r"/api/asyncapi\.json": "/api/asyncapi.json",
                r"/set-password(\.html)?": "/set-password",
            }.get(rule.path, rule.path.replace("[0-9a-f]{16}", "0" * 16))
            path = "/" if "(?!" in path else path
            answer = await s.client.request(
                rule.method, path, headers={**OURS, **program}, json={"verb": "comment"}
            )
            assert answer.status_code == 403, (rule.method, path)
        assert s.said == []
        for wrong in ("Basic eA==", "Bearer", "Bearer glt_unknown", ""):
            bad = await s.client.get("/api/alerts", headers={"Authorization": wrong})
            assert bad.status_code in (401, 403)

    play(tmp_path, act)


def test_a_token_ends_when_it_is_taken_back_too_old_or_its_officer_is_out(tmp_path: Path) -> None:
    """Each at once; an admin takes back those of others."""

    async def status(s: Scene, program: dict[str, str]) -> int:
        async with httpx.AsyncClient(transport=s.client._transport, base_url="http://desk") as one:
            return (await one.get("/api/alerts", headers=program)).status_code

    async def act(s: Scene) -> None:
        fill(s)
        await s.sign_in("supervisor")
        revoked_id, revoked = await bearer(s)
        _, old = await bearer(s, days=1)
        _, kept = await bearer(s)
        assert [await status(s, one) for one in (revoked, old, kept)] == [200, 200, 200]
        await s.sign_in("admin")
        assert (await s.client.delete(f"/api/tokens/{revoked_id}")).status_code == 403
        gone = await s.client.delete(f"/api/tokens/{revoked_id}", headers=OURS)
        assert gone.json()["used_at"] is not None
        assert (await s.client.delete(f"/api/tokens/{'0' * 16}", headers=OURS)).status_code == 404
        await asyncio.sleep(timedelta(days=1).total_seconds())
        assert [await status(s, one) for one in (revoked, old, kept)] == [401, 401, 200]
        await s.officers.invite("Chief", "admin", ("*",))
        await s.officers.change("A supervisor", posts=("GBLHR",))
        async with httpx.AsyncClient(transport=s.client._transport, base_url="http://desk") as one:
            assert (await one.get("/api/alerts", headers=kept)).json()["alerts"] == []
        await s.officers.change("A supervisor", is_active=False)
        assert await status(s, kept) == 401

    play(tmp_path, act)


def test_a_token_is_for_posts_that_its_officer_holds(tmp_path: Path) -> None:
    """Neither every post nor another; and an officer makes none."""

    async def act(s: Scene) -> None:
        await s.sign_in("supervisor", "KEMBA")
        for posts in ([], ["*"], ["GBLHR"], ["KEMBA", "GBLHR"]):
            assert (await s.post("/api/tokens", {**BODY, "posts": posts})).status_code == 422
        assert (await s.post("/api/tokens", {**BODY, "days": 0})).status_code == 422
        assert (await s.post("/api/tokens", BODY)).status_code == 201
        await s.sign_in("officer")
        assert (await s.post("/api/tokens", BODY)).status_code == 403

    play(tmp_path, act)


def test_tokens_survive_a_restart_as_hashes(tmp_path: Path) -> None:
    """Who reads the file cannot read alerts with it; when it was used is kept."""
    kept: list[dict[str, str]] = []

    async def one(s: Scene) -> None:
        await s.sign_in("supervisor")
        _, program = await bearer(s)
        kept.append(program)
        assert (await s.client.get("/api/alerts", headers=program)).status_code == 200

    async def two(s: Scene) -> None:
        assert (await s.client.get("/api/alerts", headers=kept[0])).status_code == 200
        session = await s.officers.sign_in("A supervisor", GOOD)
        s.client.cookies = httpx.Cookies({"greenlane_session": session or ""})
        (told,) = (await s.client.get("/api/tokens")).json()["tokens"]
        assert told["used_at"] is not None

    play(tmp_path, one)
    secret = kept[0]["Authorization"].removeprefix("Bearer ").encode()
    assert all(secret not in file.read_bytes() for file in tmp_path.glob("tokens*"))
    play(tmp_path, two)


def test_subscribers_are_entered_by_admins_of_their_posts(tmp_path: Path) -> None:
    """Disabled, enabled, removed; the secret is told once; private addresses are refused."""

    async def act(s: Scene) -> None:
        asked = {"name": "b", "url": "https://a.example/x", "posts": ["KEMBA"]}
        await s.sign_in("supervisor")
        assert (await s.post("/api/subscribers", asked)).status_code == 403
        await s.officers.invite("Chief", "admin", ("*",))
        await s.sign_in("admin", "KEMBA")
        wrongs: tuple[dict[str, object], ...] = (
            {"url": "https://127.0.0.1/"},
            {"url": "file:///etc/passwd"},
            {"posts": ["GBLHR"]},
            {"posts": []},
            {"since": "x"},
        )
        for wrong in wrongs:
            assert (await s.post("/api/subscribers", asked | wrong)).status_code == 422
        old = await s.post("/api/subscribers", asked | {"since": "f" * 16 + ":1"})
        assert old.status_code == 410
        made = await s.post("/api/subscribers", asked)
        assert made.json()["secret"].startswith("whsec_")
        path = f"/api/subscribers/{made.json()['subscriber']['id']}"
        off = (await s.post(path, {"is_enabled": False})).json()
        assert (off["state"], off["reason"]) == ("disabled", "Disabled by A admin.")
        assert (await s.post(path, {"is_enabled": True})).json()["state"] == "live"
        await s.officers.change("A admin", posts=("GBLHR",))
        assert (await s.client.get("/api/subscribers")).json()["subscribers"] == []
        assert (await s.post(path, {"is_enabled": False})).status_code == 404
        assert (await s.client.delete(path, headers=OURS)).status_code == 404
        await s.officers.change("A admin", posts=("*",))
        assert (await s.client.delete(path, headers=OURS)).status_code == 204
        assert (await s.client.delete(path, headers=OURS)).status_code == 404

    play(tmp_path, act)
