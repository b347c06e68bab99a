"""board.js is board.py in the browser: a snapshot and its changes equal a later snapshot."""

import json
from datetime import timedelta
from typing import Any

import msgspec
import pytest
from playwright.sync_api import Browser

from command_center.board import Board
from command_center.routes.pages import WEB
from contract.messages import (
    AgentChanged,
    AlertChanged,
    CompletenessChanged,
    JudgeChanged,
    Message,
    ScanChanged,
)
from tests.web import scene

pytestmark = [pytest.mark.browser, pytest.mark.timeout(60)]

FOLD = """async ({ source, snapshot, changes }) => {
  const module = URL.createObjectURL(new Blob([source], { type: "text/javascript" }));
  const { Board } = await import(module);
  const maps = ["alerts", "agents", "completeness", "scans"];
  const rest = (board) => [board.epoch, board.number, board.judge];
  const plain = (board) => JSON.stringify([...maps.map((name) => [...board[name]]), rest(board)]);
  const folded = new Board();
  folded.snapshot(snapshot[0]);
  const taken = changes.map((change) => folded.apply(change));
  const fresh = new Board();
  fresh.snapshot(snapshot[1]);
  return [taken.every(Boolean), plain(folded), plain(fresh)];
}"""


def changes() -> list[Message]:
    """Each kind that leaves a mark, new and then changed."""
    at = scene.now()
    body = scene.bag()
    alert, scan = scene.seal_alert(at=at), scene.scan(body, is_kept=False, at=at)
    alive = scene.agent(at=at, devices=scene.devices(at))
    done = msgspec.structs.replace(alert, state="closed", changed_at=at + timedelta(seconds=1))
    return [
        AlertChanged(alert=alert),
        AlertChanged(alert=scene.scan_alert(body, at=at)),
        alive,
        scene.whole(),
        ScanChanged(scan=scan),
        JudgeChanged(version="2", rules=("seal-opened",)),
        AlertChanged(alert=msgspec.structs.replace(alert, state="acknowledged")),
        ScanChanged(scan=msgspec.structs.replace(scan, is_kept=True)),
        msgspec.structs.replace(alive, state="silent"),
        msgspec.structs.replace(scene.holed(), source=scene.GATE),
        AlertChanged(alert=done),
    ]


def as_told(board: Board) -> dict[str, Any]:
    """A snapshot as a screen is told it, in JSON."""
    told: dict[str, Any] = json.loads(msgspec.json.encode(board.snapshot()))
    return {**told, "gateway": {"state": "live", "heard_at": None}, "acts": []}


@pytest.mark.parametrize("already", [0, 1, 5, 10])
def test_a_snapshot_and_its_changes_equal_a_later_snapshot(browser: Browser, already: int) -> None:
    """Wherever a screen joins, it knows the same in the end: for every kind of change."""
    board = Board()
    everything = changes()
    for number, message in enumerate(everything[:already], start=1):
        board.apply("e", number, message)
    board.epoch = "e"
    first = as_told(board)
    told = []
    for number, message in enumerate(everything[already:], start=already + 1):
        board.apply("e", number, message)
        data = json.loads(msgspec.json.encode(message))
        told.append({"epoch": "e", "number": number, "type": message.type, "data": data})
    page = browser.new_page()
    source = (WEB / "board.js").read_text()
    asked = {"source": source, "snapshot": [first, as_told(board)], "changes": told}
    is_taken, folded, fresh = page.evaluate(FOLD, asked)
    page.close()
    assert is_taken
    assert sorted_things(folded) == sorted_things(fresh)


def sorted_things(text: str) -> list[Any]:
    """Each map by its keys: the order of a snapshot is told by groups, that of changes is not."""
    return [
        sorted(part, key=str) if part and isinstance(part[0], list) else part
        for part in json.loads(text)
    ]


def test_every_change_that_marks_the_board_is_known_to_the_page() -> None:
    """A new kind of change must not be forgotten in the browser."""
    source = (WEB / "board.js").read_text()
    for message in (AlertChanged, AgentChanged, CompletenessChanged, ScanChanged, JudgeChanged):
        assert f'"{message.type}"' in source
