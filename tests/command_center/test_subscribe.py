"""``greenlane subscribe`` beside a real server: its lines, its restarts, and what it is refused."""

import asyncio
from pathlib import Path

import msgspec
import pytest

from contract.config import BadConfig
from contract.link import Rejected
from contract.messages import AlertChanged
from greenlane.cli import parser
from greenlane.commands.subscribe import _token, follow, line_of
from tests.command_center.desk import WAIT_S, running
from tests.command_center.scripted import Gateway, alert
from tests.support.scripted_gateway import EPOCH
from tests.system.servers import free_port


async def said(lines: list[str], end: str) -> None:
    """Until a line ends so."""
    async with asyncio.timeout(WAIT_S):
        while not any(line.rstrip().endswith(end) for line in lines):
            await asyncio.sleep(0.02)


@pytest.mark.anyio
async def test_it_prints_a_line_for_each_change_through_restarts(
    tmp_path: Path, gateway: Gateway
) -> None:
    """What changed while the server was down comes first when it is back."""
    port, lines = free_port(), list[str]()
    async with running(tmp_path, gateway, port=port) as desk:
        await desk.sign_in_first()
        await desk.until(1)
        token = (await desk.token("*"))["Authorization"].removeprefix("Bearer ")
    async with asyncio.TaskGroup() as tasks:
        url = f"http://127.0.0.1:{port}"
        task = tasks.create_task(follow(url, token, f"{EPOCH}:1", lines.append), name="subscribe")
        for number in (2, 4):
            await gateway.tell(AlertChanged(alert=alert(f"a{number}")))
            async with running(tmp_path, gateway, port=port):
                await said(lines, f"[a{number}]  {EPOCH}:{number}")
                await gateway.tell(AlertChanged(alert=alert(f"a{number + 1}")))
                await said(lines, f"[a{number + 1}]  {EPOCH}:{number + 1}")
        task.cancel()
    assert len(lines) == 4


@pytest.mark.anyio
async def test_a_cursor_that_is_too_old_is_said_and_all_alerts_are_listed(
    tmp_path: Path, gateway: Gateway, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nobody is led to believe that nothing was missed."""
    lines: list[str] = []
    async with running(tmp_path, gateway) as desk:
        await desk.sign_in_first()
        await desk.until(1)
        token = (await desk.token("*"))["Authorization"].removeprefix("Bearer ")
        async with asyncio.TaskGroup() as tasks:
            url = desk.ready.url
            since = "f" * 16 + ":9"
            task = tasks.create_task(follow(url, token, since, lines.append), name="subscribe")
            await said(lines, "[a1]")
            await gateway.tell(AlertChanged(alert=alert("a2")))
            await said(lines, f"[a2]  {EPOCH}:2")
            task.cancel()
        assert "kept no longer" in capsys.readouterr().err
        with pytest.raises(Rejected, match="not valid"):
            await follow(desk.ready.url, "glt_wrong", "", lines.append)
        with pytest.raises(Rejected, match="signed in"):
            await follow(desk.ready.url, "", "", lines.append)
        with pytest.raises(Rejected, match="no URL"):
            await follow("desk.example", "", "", lines.append)


def test_a_line_cannot_steer_the_terminal() -> None:
    """Device text is printed, not obeyed."""
    hostile = msgspec.structs.replace(alert("a1"), title="\x1b[2J\r\nfine \u202e", subject="S1")
    line = line_of(hostile, f"{EPOCH}:7")
    assert line.isprintable()
    assert line.split() == [
        *("2026-11-22T12:00:00Z", "high", "open", "KEMBA", "S1", "\ufffd[2J\ufffd\ufffdfine"),
        *("\ufffd", "[a1]", f"{EPOCH}:7"),
    ]


def test_the_token_is_read_from_a_file(tmp_path: Path) -> None:
    """One line; anything else is one sentence."""
    file = tmp_path / "token"
    file.write_text("glt_abc\n")
    assert _token(file) == "glt_abc"
    for wrong in (b"", b"a\nb", b"\xff", b"x" * 300):
        file.write_bytes(wrong)
        with pytest.raises(BadConfig):
            _token(file)
    with pytest.raises(BadConfig):
        _token(tmp_path / "none")
    arguments = parser().parse_args(["subscribe", "http://x", "--since", f"{EPOCH}:1"])
    assert (arguments.url, arguments.since) == ("http://x", f"{EPOCH}:1")
