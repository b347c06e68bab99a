"""A form is that of the whole text: nothing stands before or behind it, not even a newline."""

import importlib
import json
import pkgutil
import re
from collections.abc import Iterator
from types import ModuleType
from typing import Annotated, Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec import Meta

import command_center
import contract
import edge
import gateway
from contract.messages import Event, Refused, Unreadable, read
from contract.pattern import for_documents, whole
from tests.contract.composed import composed
from tests.contract.samples import SAMPLES

FORMS = ("[0-9a-f]{64}", "([0-9]{10})?", "events|readings|bulk|changes", r"/.*\.py")


def structs() -> Iterator[type[msgspec.Struct]]:
    """Every struct of the contract and of the services."""
    for package in (contract, gateway, edge, command_center):
        for found in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
            if not found.name.endswith("__main__"):
                module: ModuleType = importlib.import_module(found.name)
                for one in vars(module).values():
                    if isinstance(one, type) and issubclass(one, msgspec.Struct):
                        yield one


def patterns(value: Any, seen: set[int]) -> Iterator[str]:
    """All that stand in a description by `msgspec.inspect`."""
    if id(value) in seen:
        return
    seen.add(id(value))
    if isinstance(value, msgspec.inspect.StrType) and value.pattern:
        yield value.pattern
    inner = value if isinstance(value, tuple | list) else ()
    if isinstance(value, msgspec.Struct):
        inner = [getattr(value, name) for name in value.__struct_fields__]
    for one in inner:
        yield from patterns(one, seen)


def test_every_pattern_of_the_product_is_of_a_whole_text() -> None:
    """Or of a beginning alone; none ends with the sign that lets a newline through."""
    kinds = sorted(set(structs()), key=lambda kind: f"{kind.__module__}.{kind.__qualname__}")
    found = {one for kind in kinds for one in patterns(msgspec.inspect.type_info(kind), set())}
    assert len(found) > len(FORMS)
    assert [one for one in sorted(found) if not one.endswith(r"\Z") and one != "^/"] == []


@pytest.mark.parametrize("form", FORMS)
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data(), around=st.sampled_from(["\n", "\r\n", " ", "\x00", "\u2028", "a"]))
def test_nothing_may_stand_before_or_behind_a_form(
    form: str, data: st.DataObject, around: str
) -> None:
    """By msgspec itself; what has the form is taken."""
    kind = Annotated[str, Meta(pattern=whole(form))]
    text = data.draw(st.from_regex(re.compile(form, re.ASCII), fullmatch=True))
    assert msgspec.convert(text, kind) == text
    for other in (text + around, around + text):
        if not re.fullmatch(form, other):
            with pytest.raises(msgspec.ValidationError):
                msgspec.convert(other, kind)


FIELDS = ("source", "stream", "epoch", "sequence", "previous", "monotonicns")


@pytest.mark.parametrize("field", FIELDS)
def test_an_envelope_with_a_newline_in_a_number_is_unreadable(field: str) -> None:
    """One message has one way to be written: a second one would be let in beside it."""
    document = json.loads(composed("seal.read"))
    document[field] += "\n"
    with pytest.raises(Unreadable):
        read(json.dumps(document).encode())


@pytest.mark.parametrize("kind", ["blob.asked", "blob.part", "evidence.asked", "key.enrolled"])
def test_a_message_with_a_newline_behind_a_hash_is_refused(kind: str) -> None:
    """Wherever a form is asked for inside."""
    document = json.loads(composed(kind))
    name = "source" if kind == "key.enrolled" else "sha256"
    name = "export" if kind == "evidence.asked" else name
    assert read(json.dumps(document).encode()).message() == SAMPLES[kind]
    document["data"][name] += "\n"
    with pytest.raises(Refused):
        read(json.dumps(document).encode()).message()


def test_documents_have_patterns_that_their_readers_know() -> None:
    """The very end is `$` in ECMA 262; what is no pattern of ours is left alone."""
    (schema,), components = msgspec.json.schema_components([Event])
    told = json.dumps(for_documents([schema, components]))
    assert r"\\A" not in told
    assert r"\\Z" not in told
    assert components["Event"]["properties"]["epoch"]["pattern"] == r"\A(?:([0-9a-f]{16})?)\Z"
    assert '"pattern": "^(?:([0-9a-f]{16})?)$"' in told
    assert for_documents({"pattern": "^/", "properties": {"pattern": {"type": "string"}}}) == {
        "pattern": "^/",
        "properties": {"pattern": {"type": "string"}},
    }
