"""The HTTP edge: who is let in, and what is refused before it is looked at."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from pathlib import Path

from starlette.routing import Route, WebSocketRoute

from command_center.guard import BODY_BYTES_MAX
from command_center.rights import rule_for
from command_center.routes.session import ADDRESS_TRIES_MAX
from contract.messages import AlertChanged
from tests.command_center.scene import GOOD, OURS, Scene, play
from tests.command_center.scripted import alert
from tests.support.scripted_gateway import EPOCH


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
        assert slowed.json() == {"error": "Too many tries. Try again in 5 min."}
        await asyncio.sleep(240)
        soon = await s.post("/api/sign-in", right)
        assert soon.json() == {
            "error": f"Too many tries. Try again in {soon.headers['retry-after']} s."
        }
        await asyncio.sleep(61)
        assert (await s.post("/api/sign-in", right)).status_code == 204

    play(tmp_path, act)


def test_who_guesses_at_many_names_is_slowed_down_by_address(tmp_path: Path) -> None:
    """One try at each name stays below every name's limit."""

    async def act(s: Scene) -> None:
        for number in range(ADDRESS_TRIES_MAX):
            tried = await s.post("/api/sign-in", {"name": f"Name {number}", "password": "wrong"})
            assert tried.status_code == 401
        slowed = await s.post("/api/sign-in", {"name": "One more", "password": "wrong"})
        assert slowed.status_code == 429

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
