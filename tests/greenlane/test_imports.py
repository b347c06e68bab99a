"""The import rules catch what they forbid: each rule is broken in a copy of the code."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.timeout(120)

ROOT = Path(__file__).parents[2]
PACKAGES = (
    *("contract", "models", "edge", "gateway", "command_center", "simulators", "greenlane"),
)
RULE = "gateway/judge/rules/seal_opened.py"
VIOLATIONS = [
    (RULE, "import time", "Decisions are pure"),
    ("command_center/board.py", "import contract.clock", "Decisions are pure"),
    (RULE, "import edge.driver", "Services share messages"),
    ("contract/topics.py", "import gateway.judge.rule", "Services share messages"),
    (RULE, "import gateway.judge.rules.seal_cloned", "Plugins stand alone"),
    ("edge/helpers.py", "", "The edge reads top down"),
    ("edge/driver.py", "import edge.agent", "The edge reads top down"),
    ("edge/agent.py", "import aiomqtt", "Only one folder speaks MQTT"),
    ("edge/line.py", "import onnxruntime", "Only the detector and the models"),
    ("gateway/judge/judge.py", "import numpy", "nothing heavy"),
    ("gateway/judge/judge.py", "import gateway.journal.store", "The gateway reads top down"),
    ("gateway/judge/rule.py", "import gateway.judge.state", "The judge reads top down"),
    ("gateway/helpers.py", "", "The gateway reads top down"),
    ("greenlane/evidence/story_part.py", "import gateway.judge.judge", "Evidence is verified"),
    ("contract/proof/note.py", "import contract.clock", "Evidence is verified"),
    ("models/inference.py", "import torch", "PyTorch is for training alone"),
]


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All Python files, and the rules."""
    directory = tmp_path_factory.mktemp("copy")
    for package in PACKAGES:
        for path in (ROOT / package).rglob("*.py"):
            target = directory / path.relative_to(ROOT)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, target)
    shutil.copyfile(ROOT / "pyproject.toml", directory / "pyproject.toml")
    return directory


def broken_rules(directory: Path) -> list[str]:
    """Names of the rules that the code in this directory breaks."""
    code = "import sys; sys.path.insert(0, ''); from importlinter.cli import lint_imports_command"
    done = subprocess.run(
        [sys.executable, "-c", f"{code}; lint_imports_command()", "--no-cache"],
        cwd=directory,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    lines = done.stdout.splitlines()
    assert any(" KEPT" in line for line in lines), done.stdout + done.stderr
    return [line.partition(" BROKEN")[0] for line in lines if " BROKEN" in line]


@pytest.mark.system
@pytest.mark.parametrize(("file", "line", "rule"), VIOLATIONS)
def test_a_forbidden_import_breaks_its_rule(copy: Path, file: str, line: str, rule: str) -> None:
    """A rule that nobody can break is no rule: each one is seen to refuse something."""
    path = copy / file
    before = path.read_text() if path.exists() else None
    try:
        path.write_text(f"{before or ''}\n{line}\n")
        assert any(rule in name for name in broken_rules(copy))
    finally:
        path.unlink() if before is None else path.write_text(before)
