"""Archives of evidence over HTTP: followed, handed out, written down, and bounded."""

import asyncio
from pathlib import Path
from typing import Any

import msgspec
import pytest

from command_center.exports import EACH_MAX, EXPORTS_MAX, KEPT_S
from contract.messages import (
    AlertChanged,
    Evidence,
)
from tests.command_center.scene import ARCHIVE, Scene, play
from tests.command_center.scripted import alert
from tests.support.scripted_gateway import EPOCH
from tests.support.virtual import START


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
