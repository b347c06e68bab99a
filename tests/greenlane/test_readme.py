"""What the READMEs say can be typed: every command, option, path and exit code."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from greenlane.cli import parser
from greenlane.exits import MEANING

ROOT = Path(__file__).parents[2]
READMES = ("README.md", "firmware_configs/raspberry-pi/README.md")
SCRIPTS = {"scripts/demo": "demo", "scripts/test": "", "scripts/bench": ""}


def commands(name: str) -> list[str]:
    """Lines of the shell blocks of a README."""
    blocks = re.findall(r"^```sh\n(.*?)^```", (ROOT / name).read_text(), re.DOTALL | re.MULTILINE)
    return [line for block in blocks for line in block.splitlines() if line.strip()]


COMMANDS = [(name, line) for name in READMES for line in commands(name)]


@pytest.mark.parametrize(("name", "line"), COMMANDS)
def test_a_command_can_be_typed(name: str, line: str) -> None:
    """Ours are parsed by our parser; scripts are there and can be run."""
    words = shlex.split(line, comments=True)
    programs = [at for at, word in enumerate(words) if word.endswith("bin/greenlane")]
    if words[:3] == ["sudo", "-u", "greenlane"] and words[3] == "greenlane":
        programs = [3]
    ours = 0 if words[0] == "greenlane" else next(iter(programs), None)
    if words[0] in SCRIPTS:
        assert (ROOT / words[0]).stat().st_mode & 0o111
        if command := SCRIPTS[words[0]]:
            parser().parse_args([command, *words[1:]])
    elif ours is not None:
        parser().parse_args(words[ours + 1 :])
    else:
        known = ("sudo", "cd", "git", "echo", "findmnt")
        assert words[0] in known, f"{name}: nobody checks {line!r}"


@pytest.mark.parametrize("name", READMES)
def test_a_link_leads_somewhere(name: str) -> None:
    """Every relative link is a file or folder of this repository."""
    text = (ROOT / name).read_text()
    links = [link for link in re.findall(r"\]\(([^)#]+)", text) if not link.startswith("http")]
    assert [link for link in links if not (ROOT / name).parent.joinpath(link).exists()] == []


def test_exit_codes_are_those_of_the_help() -> None:
    """The table of the README says what ``greenlane --help`` says."""
    readme = (ROOT / "README.md").read_text()
    told = dict(re.findall(r"^  (\d)  (.*)$", MEANING, re.MULTILINE))
    assert dict(re.findall(r"^\| (\d) \| (.*) \|$", readme, re.MULTILINE)) == told


def test_the_command_line_starts_without_the_services() -> None:
    """A help text is no reason to load a web framework, a neural network or a database."""
    code = "import greenlane.cli, sys; greenlane.cli.parser(); print(*sys.modules)"
    heavy = {"numpy", "onnxruntime", "cv2", "fastapi", "uvicorn", "duckdb", "aiomqtt", "pymodbus"}

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not heavy & set(done.stdout.split())
