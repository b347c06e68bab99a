"""Officers of one post, over HTTP: what they get, and what they may give."""

from collections.abc import Awaitable, Callable
from pathlib import Path

from tests.command_center.scene import PNG, Scene, play
from tests.command_center.scripted import sha256
from tests.command_center.two_posts import CHANGES, HERE, THERE
from tests.support.scripted_gateway import EPOCH


def as_officer_of(*posts: str, role: str = "admin") -> Callable[[Scene], Awaitable[None]]:
    """Signed in, before a board of two posts."""

    async def act(s: Scene) -> None:
        for post in (HERE, THERE):
            for number, make in enumerate(CHANGES.values()):
                s.board.apply(EPOCH, number, make(post))
        await s.sign_in(role, *posts)

    return act


def test_every_route_is_cut(tmp_path: Path) -> None:
    """An admin of one post: the board, acts, histories, series, pictures, officers."""

    async def act(s: Scene) -> None:
        await as_officer_of(HERE)(s)
        board = await s.client.get("/api/board")
        assert THERE not in board.text
        assert board.json()["me"]["posts"] == [HERE]
        body = {"verb": "comment", "note": "seen"}
        assert (await s.post(f"/api/alerts/a-{THERE}/acts", body)).status_code == 404
        assert (await s.post(f"/api/alerts/a-{HERE}/acts", body)).status_code == 202
        assert [one.alert for one in s.said] == [f"a-{HERE}"]
        span = {"start": "2026-11-22T10:00:00Z", "end": "2026-11-22T11:00:00Z", "metric": "mass"}
        for device, status in ((f"scale-{THERE}", 404), ("unknown", 404), (f"scale-{HERE}", 200)):
            history = await s.client.get("/api/history", params={**span, "device": device})
            assert history.status_code == status
        assert (await s.client.get("/api/series")).json() == {"series": []}
        # The gateway would give the picture: it is refused here, and not even asked for.
        asked = len(s.asked)
        for end in ("", "/png"):
            assert (await s.client.get(f"/api/blobs/{sha256(PNG)}{end}")).status_code == 404
            of_there = sha256(b"scan" + THERE.encode())
            assert (await s.client.get(f"/api/blobs/{of_there}{end}")).status_code == 404
        assert len(s.asked) == asked
        await s.client.get(f"/api/blobs/{sha256(HERE.encode())}")
        assert len(s.asked) == asked + 1

    play(tmp_path, act)


def test_nobody_gives_posts_that_they_do_not_hold(tmp_path: Path) -> None:
    """An admin of one post neither makes nor changes nor sees officers of another."""

    async def act(s: Scene) -> None:
        await s.officers.invite("Chief", "admin", ("*",))
        await s.officers.invite("Far", "officer", (THERE,))
        await as_officer_of(HERE)(s)
        asked = {"name": "New", "role": "officer"}
        assert (await s.post("/api/officers", asked)).status_code == 422
        for posts in (["*"], [THERE], [HERE, THERE]):
            assert (await s.post("/api/officers", {**asked, "posts": posts})).status_code == 422
        assert (await s.post("/api/officers", {**asked, "posts": [HERE]})).status_code == 201
        for name in ("Chief", "Far"):
            again = {"name": name, "role": "viewer", "posts": [HERE]}
            assert (await s.post("/api/officers", again)).status_code == 422
            for body in ({"posts": [HERE]}, {"is_active": False}, {"role": "viewer"}):
                assert (await s.post(f"/api/officers/{name}", body)).status_code == 422
        grown = await s.post("/api/officers/New", {"posts": ["*"]})
        assert grown.status_code == 422
        names = [one["name"] for one in (await s.client.get("/api/officers")).json()["officers"]]
        assert names == ["A admin", "Chief", "New"]

    play(tmp_path, act)


def test_an_officer_without_posts_sees_nothing(tmp_path: Path) -> None:
    """Fail closed: no post is no post."""

    async def act(s: Scene) -> None:
        await s.officers.invite("Chief", "admin", ("*",))
        await as_officer_of(HERE)(s)
        await s.officers.change("A admin", posts=())
        board = (await s.client.get("/api/board")).json()
        for field in ("alerts", "agents", "completeness", "scans", "acts"):
            assert board[field] == []

    play(tmp_path, act)


def test_posts_survive_a_restart(tmp_path: Path) -> None:
    """They rest in the file, with the officer."""

    async def one(s: Scene) -> None:
        await s.officers.invite("Chief", "admin", ("*",))
        await s.officers.invite("Amina", "officer", (HERE, THERE))

    async def two(s: Scene) -> None:
        assert [(o.name, o.posts) for o in s.officers.all()] == [
            ("Amina", (HERE, THERE)),
            ("Chief", ("*",)),
        ]

    play(tmp_path, one)
    play(tmp_path, two)
