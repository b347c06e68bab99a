"""Identifiers against the numbers that others print."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract.identifiers import BagTag, Container, NotAnIdentifier, Post, SealId, Source

NUMBERS = json.loads(
    (Path(__file__).parents[1] / "vectors" / "iso6346" / "iso6346-numbers.json").read_text()
)


@pytest.mark.parametrize("number", [entry["n"] for entry in NUMBERS["valid"]])
def test_published_container_numbers_have_right_check_digits(number: str) -> None:
    """Numbers that others published (ISO 6346)."""
    assert Container.parse(number).is_checked


@pytest.mark.parametrize("number", [entry["n"] for entry in NUMBERS["invalid"]])
def test_published_wrong_numbers_are_findings_or_no_numbers(number: str) -> None:
    """A wrong check digit is read, and marked; another length is no number."""
    try:
        container = Container.parse(number)
    except NotAnIdentifier:
        assert len(number) != 11
    else:
        assert not container.is_checked


@given(st.from_regex(r"[A-Z]{3}[UJZ][0-9]{6}", fullmatch=True), st.integers(1, 9))
def test_a_mistyped_check_digit_is_always_found(stem: str, slip: int) -> None:
    """Whichever other digit stands there."""
    digit = Container(stem + "0").expected_check_digit
    assert Container(f"{stem}{digit}").is_checked
    assert not Container(f"{stem}{(digit + slip) % 10}").is_checked


def test_identifiers_have_one_normal_form() -> None:
    """Case, spaces and hyphens are the writer's; people read it in groups."""
    assert Container.parse("hlxu 417220-5") == "HLXU4172205"
    assert Container.parse("csqu3054383").for_people() == "CSQU 305438 3"
    assert BagTag.parse("0125 443 871").for_people() == "0125 443 871"
    assert SealId.parse("hlxu-417") == "HLXU417"


def test_a_wrong_form_says_what_the_form_is() -> None:
    """With an example, for who typed it."""
    with pytest.raises(NotAnIdentifier, match="UN/LOCODE"):
        Post.parse("Mombasa")


def test_a_source_knows_its_post_and_name() -> None:
    """They are its two parts."""
    source = Source.parse("/KEMBA/gate-2")
    assert (source.post, source.name) == ("KEMBA", "gate-2")


@given(st.text(max_size=40))
def test_no_text_makes_a_parser_crash(text: str) -> None:
    """It is an identifier of that form, or none."""
    for kind in (Container, BagTag, SealId, Post, Source):
        try:
            assert kind.form.fullmatch(kind.parse(text))
        except NotAnIdentifier:
            continue
