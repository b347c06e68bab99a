"""Topic patterns and MQTT filters: what a pattern says is what its filter hears."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract.link import Rejected
from contract.links.memory import matches
from gateway.adapters.pattern import Pattern
from gateway.intake.foreign.filters import covers, cross, expected, subscriptions

levels = st.lists(st.sampled_from(["a", "b", "tele", "x-1"]), min_size=1, max_size=4)
topics = levels.map("/".join)
filters = st.lists(st.sampled_from(["a", "b", "+", "tele"]), min_size=1, max_size=4).flatmap(
    lambda some: st.sampled_from(["/".join(some), "/".join([*some, "#"]), "#"])
)


def test_named_levels_are_told_apart() -> None:
    """``{device}`` is one level, ``{device+}`` one or more, ``{}`` any."""
    assert Pattern("bench/{device}/telemetry").match("bench/d 1/telemetry") == {"device": "d 1"}
    assert Pattern("bench/{device}/telemetry").match("bench/a/b/telemetry") is None
    assert Pattern("z/{device+}").match("z/cold/room") == {"device": "cold/room"}
    assert Pattern("{device}/{}/{metric}").match("a/b/c") == {"device": "a", "metric": "c"}
    assert Pattern("z/{device+}/availability").filter == "z/#"
    assert Pattern("{device}/sensor/{metric}/state").filter == "+/sensor/+/state"


@pytest.mark.parametrize(
    "text", ["", "a//b", "a/{name}", "a/#", "a/+/b", "a/x{device}", "{device}/{device}"]
)
def test_a_pattern_that_is_none_is_explained(text: str) -> None:
    """Every mistake has a sentence."""
    with pytest.raises(Rejected, match="topic"):
        Pattern(text)


@given(topics)
def test_a_filter_hears_every_topic_of_its_pattern(topic: str) -> None:
    """What a pattern matches, the broker sends."""
    for text in ("{device}/a", "{device+}", "a/{device+}/b", "tele/{}/{device}"):
        pattern = Pattern(text)
        if pattern.match(topic) is not None:
            assert matches(pattern.filter, topic)


@given(filters, filters, topics)
def test_covering_and_crossing_mean_what_topics_do(one: str, other: str, topic: str) -> None:
    """A filter covers another if it hears all that it hears; two cross if some topic has both."""
    hears_one, hears_other = matches(one, topic), matches(other, topic)
    if covers(one, other) and hears_other:
        assert hears_one
    if hears_one and hears_other:
        assert cross(one, other)
    assert covers(one, topic) == hears_one


@given(st.lists(filters, min_size=1, max_size=5), topics)
def test_of_all_copies_of_a_message_one_is_taken(some: list[str], topic: str) -> None:
    """Whatever the filters, a topic that is heard has just one identifier that counts."""
    subscribed = subscriptions(some)
    heard = [number for one, number in subscribed.items() if matches(one, topic)]
    assert bool(heard) == any(matches(one, topic) for one in some)
    if len(heard) > 1:
        assert heard.count(expected(topic, subscribed)) == 1
