"""What the documents and comments name is there: paths, modules, commands with their options."""

import argparse
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from greenlane.cli import parser

ROOT = Path(__file__).parents[2]
TOPS = (
    *("contract", "edge", "gateway", "command_center", "models", "simulators", "greenlane"),
    *("tests", "scripts", "firmware_configs"),
)
"""Folders of the repository that names begin with."""
VENDORED = ROOT / "command_center" / "web" / "vendor"
IS_NO_PATH = re.compile(
    r"greenlane/(\d|KEMBA/)"  # a topic, the origin of a log
    r"|.*/NAME\b"  # one that the reader writes
    r"|gateway/(authority|journal\.sqlite)"  # in a state directory
    r"|greenlane/firmware_configs"  # in a checkout of that name
    r"|(edge|gateway)/helpers\b"  # ones that must not be there
)
PATH = re.compile(rf"(?<![\w/.~-])((?:{'|'.join(TOPS)})/[\w./-]*\w)")
FILE_IN_A_SPAN = re.compile(r"`(\w[\w/-]*\.(?:py|toml|md|js|css|csv|sh|lock|conf|acl))`")
MODULE = re.compile(r"python -m ([a-z_]+(?:\.[a-z_]+)+)")
SPAN = re.compile(r"``?greenlane ([^`…]+)``?")
LINE = re.compile(r"^(?:#\s*)?(?:\$ |sudo -u greenlane )?greenlane ([a-z][^#\n]*)", re.MULTILINE)
BENCH = re.compile(r"`scripts/bench ([a-z]+)")
WRITTEN_THERE = {"report.md"}
"""Files that a command writes."""


def tops() -> Iterator[Path]:
    """Every file of the repository that somebody wrote."""
    yield from ROOT.glob("*.md")
    for top in TOPS:
        for path in (ROOT / top).rglob("*"):
            if path.is_file() and "__pycache__" not in path.parts and VENDORED not in path.parents:
                yield path


FILES = sorted(tops())
NAMES = {path.relative_to(ROOT).as_posix() for path in FILES}
NAMES |= {parent for name in NAMES for parent in map(str, Path(name).parents)}
ENDS = {name[at:] for name in NAMES for at in (0, *(m.end() for m in re.finditer("/", name)))}
"""Ways to name a file or folder: whole, or without what leads there."""
PROSE = [path for path in FILES if path.suffix == ".md" and path.name != "PROVENANCE.md"]
EXAMPLES = [
    path
    for path in FILES
    if ROOT / "firmware_configs" in path.parents or path.name.endswith("example.toml")
]
CODE = [path for path in FILES if path.suffix == ".py"]


def named(path: Path) -> Iterator[str]:
    """The files and folders of the repository that a document names."""
    text = path.read_text()
    yield from (name for name in PATH.findall(text) if not IS_NO_PATH.match(name))
    if path.suffix == ".md":
        yield from (name for name in FILE_IN_A_SPAN.findall(text) if not IS_NO_PATH.match(name))


def unknown(line: str) -> str:
    """The first word of a command line that ``greenlane`` does not know; "" if it knows all."""
    at = parser()
    word: str
    for word in re.findall(r"[^\s|]+", line):
        inner = [a for a in at._actions if isinstance(a, argparse._SubParsersAction)]
        if word.startswith("--"):
            if word.split("=")[0] not in at._option_string_actions:
                return word
        elif inner and word in inner[0].choices:
            at = inner[0].choices[word]
        elif inner and inner[0].required and re.fullmatch(r"[a-z-]+", word):
            return word
    return ""


def test_the_documents_are_found() -> None:
    """Those that a reader begins with, and what the configurations say of themselves."""
    first = {"README.md", "ARCHITECTURE.md", "DECISIONS.md", "CHANGELOG.md"}
    assert first <= {path.name for path in PROSE}
    assert len(EXAMPLES) > len(first)


@pytest.mark.parametrize("path", [*PROSE, *EXAMPLES], ids=lambda path: path.name)
def test_a_named_file_is_there(path: Path) -> None:
    """Each path below one of our folders, and each file in a span of code."""
    assert [name for name in named(path) if name not in ENDS | WRITTEN_THERE] == []


def test_comments_name_files_that_are_there() -> None:
    """A module that moved takes its mentions along."""
    gone = [(path.name, name) for path in CODE for name in named(path) if name not in ENDS]
    assert gone == []


def test_a_named_module_can_be_run() -> None:
    """Each ``python -m`` of ours, wherever it is said."""
    said = {
        name for path in (*PROSE, *EXAMPLES, *CODE) for name in MODULE.findall(path.read_text())
    }
    files = {name.replace(".", "/") for name in said}
    assert {file for file in files if not {f"{file}.py", f"{file}/__main__.py"} & NAMES} == set()


def test_a_named_command_is_one_of_ours() -> None:
    """Each ``greenlane …`` in a document, a comment or a sentence for people, and its options."""
    wrong = []
    for path in (*PROSE, *EXAMPLES, *CODE):
        text = path.read_text()
        lines = SPAN.findall(text) + (LINE.findall(text) if path not in CODE else [])
        wrong += [(path.name, line) for line in lines if unknown(line)]
    assert wrong == []


def test_a_named_bench_is_there() -> None:
    """Each ``scripts/bench NAME``, and each row of the README's table."""
    said = {name for path in (*PROSE, *CODE) for name in BENCH.findall(path.read_text())}
    table = re.findall(r"^\| (`[a-z`, ]+`) \|", (ROOT / "README.md").read_text(), re.MULTILINE)
    said |= {name for row in table for name in re.findall(r"[a-z]+", row)}
    assert {name for name in said if f"scripts/benches/{name}.py" not in NAMES} == set()
