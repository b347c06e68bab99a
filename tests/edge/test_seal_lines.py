"""The seal reader's protocol: what is printed reads back, and nothing breaks the parser."""

from contextlib import suppress
from datetime import UTC, datetime

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from contract.identifiers import SealId
from edge.drivers.seal_lines import (
    LINE_BYTES_MAX,
    BadLine,
    Beat,
    Fact,
    Hello,
    SealLine,
    Splitter,
    checksum_of,
    line_of,
    parse,
)

seconds = st.datetimes(
    min_value=datetime(2000, 1, 1),  # noqa: DTZ001 - hypothesis adds the zone
    max_value=datetime(2099, 1, 1),  # noqa: DTZ001 - the same
    timezones=st.just(UTC),
).map(lambda at: at.replace(microsecond=0))
seals = st.builds(
    SealLine,
    seal=st.from_regex(SealId.form, fullmatch=True).filter(str.isascii).map(SealId),
    state=st.sampled_from(["intact", "opened", "missing", "damaged"]),
    container=st.sampled_from(["", "HLXU4172205", "MSKU0000000"]),
    battery_percent=st.none() | st.integers(0, 100),
    sealed_at=st.none() | seconds,
    opened_at=st.none() | seconds,
    clock_at=st.none() | seconds,
)
facts: st.SearchStrategy[Fact] = seals | st.just(Beat()) | st.just(Hello(reader="north"))


def framed(body: bytes) -> bytes:
    """A line with the right checksum."""
    return b"$%b*%02X\r\n" % (body, checksum_of(body))


@given(facts)
def test_what_is_printed_reads_back(fact: Fact) -> None:
    """The simulated reader and the driver agree on every fact there is."""
    assert parse(line_of(fact)) == fact
    assert len(line_of(fact)) <= LINE_BYTES_MAX


@given(st.binary(max_size=2 * LINE_BYTES_MAX))
@example(b"$*00\r\n")
@example(framed(b"SEAL;id=HLX417;state=opened;opened=2026-02-30T00:00:00Z"))
@example(framed("SEAL;id=HLX417;state=opened;battery=٣".encode()))
def test_any_bytes_are_a_fact_or_a_bad_line(line: bytes) -> None:
    """Nothing that a reader sends raises anything else."""
    with suppress(BadLine):
        parse(line)


@given(st.text(max_size=200))
def test_any_text_in_a_right_frame_is_a_fact_or_a_bad_line(text: str) -> None:
    """Past the checksum the fields are as hostile as the frame."""
    with suppress(BadLine):
        parse(framed(text.encode()))


@given(facts, st.integers(0, 400), st.integers(1, 255))
def test_one_changed_byte_is_never_another_fact(fact: Fact, at: int, change: int) -> None:
    """The checksum catches every change of a single byte."""
    line = bytearray(line_of(fact))
    line[at % len(line)] ^= change
    with suppress(BadLine):
        assert parse(bytes(line)) == fact


@given(st.lists(facts, max_size=8), st.lists(st.integers(1, 50), min_size=1, max_size=20))
def test_lines_are_the_same_however_the_wire_cuts_them(said: list[Fact], cuts: list[int]) -> None:
    """TCP is a stream: a read may end anywhere."""
    wire = b"".join(line_of(fact) for fact in said)
    splitter, heard = Splitter(), []
    at = turn = 0
    while at < len(wire):
        size = cuts[turn % len(cuts)]
        heard += splitter.feed(wire[at : at + size])
        at, turn = at + size, turn + 1
    assert [parse(line) for line in heard if isinstance(line, bytes)] == said


@given(st.integers(LINE_BYTES_MAX, 5 * LINE_BYTES_MAX), st.integers(1, 600))
def test_an_overlong_line_is_one_bad_line_and_the_next_is_read(length: int, cut: int) -> None:
    """However it arrives it is reported once, and holds no memory."""
    wire = b"x" * length + b"\n" + line_of(Beat())
    splitter, heard = Splitter(), []
    for at in range(0, len(wire), cut):
        heard += splitter.feed(wire[at : at + cut])
    assert [type(line) for line in heard] == [BadLine, bytes]


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b"SEAL;id=HLX417", "no state is called"),
        (b"SEAL;id=417;state=sealed", "is not a seal id"),
        (b"SEAL;id=HLX417;state=sealed;battery=101", "battery"),
        (b"SEAL;id=HLX417;state=sealed;opened=yesterday", "not a time in UTC"),
        (b"SEAL;id=HLX417;id=HLX418;state=sealed", "stands twice"),
        (b"HELLO;reader=north;version=2", "version '2'"),
        (b"PING", "unknown kind"),
    ],
)
def test_a_bad_line_says_why(body: bytes, why: str) -> None:
    """Whoever installs a reader finds the mistake in the log."""
    with pytest.raises(BadLine, match=why):
        parse(framed(body))


def test_a_wrong_check_digit_is_no_bad_line() -> None:
    """It is a finding for the gateway; what is not a container number at all is passed on too."""
    wrong = parse(framed(b"SEAL;id=HLX417;state=sealed;container=HLXU 417220 4"))
    other = parse(framed(b"SEAL;id=HLX417;state=sealed;container=TRUCK 7"))
    assert isinstance(wrong, SealLine)
    assert isinstance(other, SealLine)
    assert (wrong.container, other.container) == ("HLXU4172204", "TRUCK 7")
