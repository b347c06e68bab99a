"""An officer downloads evidence from the dashboard; it verifies with nothing but the key."""

import re
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any, Final
from zipfile import ZipFile

import httpx
import pytest

from contract.messages import OfficeChanged, read
from tests.system.line import Line, picture_that_alerts
from tests.system.programs import greenlane, until

pytestmark = [pytest.mark.system, pytest.mark.timeout(400)]

FOLDERS: Final = ("entries/", "changes/", "pictures/", "passports/")


def test_evidence_from_the_dashboard_is_what_the_command_writes_and_verifies(
    tmp_path: Path,
) -> None:
    """Downloaded over HTTP, verified offline with the key alone; the journal knows who took it."""
    folder = tmp_path / "scans"
    folder.mkdir()
    devices = f'[[device]]\nfamily = "scan_folder"\ndevice = "scanner"\nfolder = "{folder}"\n'
    archive = tmp_path / "evidence.zip"
    with Line(tmp_path, devices, is_embedded=True).running() as line:
        (folder / "0125443871.png").write_bytes(picture_that_alerts())
        alert = until(lambda: _alert(line), line.board)
        address = f"/api/blobs/{alert['picture']['sha256']}"
        until(lambda: line.officer.get(address).status_code == httpx.codes.OK)
        told = _downloaded(line.officer, alert["id"], archive)
        assert told["size_bytes"] == archive.stat().st_size
        journal = tmp_path / "gateway" / "journal.sqlite"
        recorded = until(lambda: _recorded(journal), line.gateway.log.read_text)
        shown = line.officer.get("/api/audit").raise_for_status().json()["records"]
    trust = ("--trust", str(tmp_path / "gateway" / "gateway.pub"))
    said = greenlane("evidence", "verify", str(archive), *trust)
    assert said.endswith("VERIFIED.")
    assert (recorded.verb, recorded.about) == ("export evidence", alert["id"])
    assert f"sha256 {told['sha256']}" in recorded.detail
    assert (shown[0]["verb"], shown[0]["state"]) == ("export evidence", "done")
    by_hand = tmp_path / "by-hand.zip"
    config = str(tmp_path / "gateway.toml")
    greenlane("evidence", "export", alert["id"], "--config", config, "-o", str(by_hand))
    assert _names(archive) == _names(by_hand)


def _alert(line: Line) -> dict[str, Any] | None:
    alerts: list[dict[str, Any]] = line.board()["alerts"]
    return next((one for one in alerts if one["rule"] == "contraband_seen"), None)


def _downloaded(officer: httpx.Client, alert: str, archive: Path) -> dict[str, Any]:
    """As the page does it; returns what it was told at the end."""
    begun = officer.post(f"/api/alerts/{alert}/evidence")
    assert begun.status_code == httpx.codes.ACCEPTED, begun.text
    where = f"/api/evidence/{begun.json()['export']}"

    def over() -> dict[str, Any] | None:
        told: dict[str, Any] = officer.get(where).raise_for_status().json()
        return told if told["state"] in ("ready", "failed") else None

    told: dict[str, Any] = until(over)
    assert told["state"] == "ready", told
    answer = officer.get(f"{where}/archive").raise_for_status()
    assert re.search(f'attachment; filename="evidence-{alert}.zip"', str(answer.headers))
    archive.write_bytes(answer.content)
    return told


def _recorded(journal: Path) -> OfficeChanged | None:
    """What the journal says about who took evidence out."""
    with closing(sqlite3.connect(f"file:{journal}?mode=ro", uri=True)) as at:
        rows = at.execute("SELECT body FROM entry WHERE type = ?", (OfficeChanged.type,)).fetchall()
    said = [read(body).message() for (body,) in rows]
    found = (one for one in said if isinstance(one, OfficeChanged) and "export" in one.verb)
    return next(found, None)


def _names(archive: Path) -> set[str]:
    """The files that do not depend on when it was made, as checkpoints do."""
    with ZipFile(archive) as zipped:
        return {name for name in zipped.namelist() if name.startswith(FOLDERS)}
