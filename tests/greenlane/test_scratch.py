"""What a backup works in: gone at its end, and after a kill with the next one."""

import subprocess
import sys
from pathlib import Path

from greenlane.scratch import PREFIX, scratch

CHILD = """
import sys
from pathlib import Path
from greenlane.scratch import scratch
with scratch(Path(sys.argv[1])) as folder:
    (folder / "journal.sqlite").write_bytes(b"private")
    print(folder, flush=True)
    sys.stdin.read()
"""


def test_what_a_killed_one_left_goes_with_the_next(tmp_path: Path) -> None:
    """Not while it lives, and nothing that nobody can be told to have held."""
    stranger = tmp_path / f"{PREFIX}of-before"
    stranger.mkdir()
    with subprocess.Popen(
        [sys.executable, "-c", CHILD, str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as child:
        assert child.stdout is not None
        left = Path(child.stdout.readline().strip())
        with scratch(tmp_path) as ours:
            assert (left / "journal.sqlite").exists()
            assert ours != left
            child.kill()
            child.wait()
        assert left.exists()
        with scratch(tmp_path) as ours:
            assert sorted(tmp_path.iterdir()) == sorted([stranger, ours])
    assert list(tmp_path.iterdir()) == [stranger]


def test_one_who_was_killed_before_it_held_its_folder_leaves_nothing(tmp_path: Path) -> None:
    """Between the folder and its lock there is a moment."""
    dies = "import os, greenlane.scratch as s; s.held = lambda _: os._exit(1);"
    with subprocess.Popen([sys.executable, "-c", dies + CHILD, str(tmp_path)]) as child:
        child.wait()
    assert len(list(tmp_path.iterdir())) == 1
    with scratch(tmp_path) as ours:
        assert list(tmp_path.iterdir()) == [ours]
    assert list(tmp_path.iterdir()) == []


def test_nobody_else_may_look_into_it(tmp_path: Path) -> None:
    """It holds private keys."""
    with scratch(tmp_path) as folder:
        assert folder.stat().st_mode & 0o777 == 0o700
