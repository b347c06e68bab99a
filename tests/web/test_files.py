"""What lies in `web/`: nothing inline, no markup from data, third parties as they are named."""

import hashlib
import json
import re
from pathlib import Path

import pytest

from command_center.rights import rule_for
from command_center.routes.pages import WEB

PAGES = sorted(WEB.glob("*.html"))
OURS = sorted(path for path in WEB.rglob("*.js") if "vendor" not in path.parts)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_page_has_nothing_inline(page: Path) -> None:
    """The content policy is default-src 'self': a script or style inside a page would not run."""
    text = page.read_text()
    assert not re.search(r"<script(?![^>]*\bsrc=)", text)
    assert not re.search(r"<style\b|\sstyle=|\son[a-z]+=", text)
    assert "//" not in text.replace("<!doctype", ""), "a page loads nothing from elsewhere"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_what_a_page_links_is_there_and_may_be_had(page: Path) -> None:
    """Every stylesheet, script and icon is a file that the guard lets through."""
    for link in re.findall(r'(?:href|src)="(/[^"#]*)', page.read_text()):
        if link != "/":
            assert (WEB / link[1:]).is_file(), link
            assert rule_for("GET", link) is not None, link


@pytest.mark.parametrize("script", OURS, ids=lambda path: path.name)
def test_no_script_makes_markup_from_text(script: Path) -> None:
    """Text of a device reaches the page as text only: there is no other way to put it there."""
    text = script.read_text()
    for word in (
        "innerHTML",
        "outerHTML",
        "insertAdjacentHTML",
        "document.write",
        "eval(",
        "DOMParser",
        "setHTML",
    ):
        assert word not in text


@pytest.mark.parametrize("script", OURS, ids=lambda path: path.name)
def test_what_a_script_imports_is_there(script: Path) -> None:
    """Relative paths, no import map, no bundler: each names a file."""
    for path in re.findall(
        r'^(?:import|export)[^"\n=]*"([^"]+)";', script.read_text(), re.MULTILINE
    ):
        assert path.startswith("."), path
        assert (script.parent / path).resolve().is_file(), path


def test_third_parties_are_those_of_the_manifest() -> None:
    """Version, licence and hash of every file under vendor/, and no file besides."""
    manifest = json.loads((WEB / "vendor" / "manifest.json").read_text())
    named: dict[str, str] = {}
    for package in manifest["packages"]:
        assert package["licence"] in ("MIT", "BSD-2-Clause", "BSD-3-Clause", "ISC", "Apache-2.0")
        assert re.fullmatch(r"\d+\.\d+\.\d+", package["version"])
        named |= {file["path"]: file["sha256"] for file in package["files"]}
    found = {
        str(path.relative_to(WEB / "vendor")): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in (WEB / "vendor").rglob("*")
        if path.is_file() and path.name != "manifest.json"
    }
    assert named == found
