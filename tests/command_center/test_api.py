"""The HTTP edge: what the answers to an officer look like."""

import json
import re
from pathlib import Path

import httpx
import msgspec

from command_center.openapi import ANSWERS
from contract.messages import (
    AgentChanged,
    AlertChanged,
    DeviceTwin,
)
from tests.command_center.scene import OURS, PNG, Scene, play
from tests.command_center.scripted import alert, sha256
from tests.support.scripted_gateway import EPOCH


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
