"""Certificates that count no more: entered before they are handed out, listed when a key ends."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from hypothesis import given
from hypothesis import strategies as st

from contract.link import Rejected
from contract.messages import KeyEnrolled, KeyRevoked
from contract.signing import Key
from gateway.trust.authority import LIST_EVERY, SOURCE_LASTS, Authority
from gateway.trust.forms import LIST_LASTS
from gateway.trust.keys import Keys
from gateway.trust.register import Paper, Register, revoked
from gateway.trust.revocations import LOOK_EVERY_S, Revocations
from tests.support.virtual import START, VirtualClock, run_virtually

BOX, OTHER = "/KEMBA/lane-1", "/KEMBA/lane-2"


def paper(serial: int, source: str, keyid: str, *, ends_at: datetime | None = None) -> Paper:
    """A certificate of ninety days."""
    ends_at = ends_at or START + SOURCE_LASTS
    return Paper(serial=f"{serial:x}", source=source, keyid=keyid, ends_at=ends_at)


def listed(folder: Path) -> set[int]:
    """The serials in the list, whose signature is the authority's."""
    found = x509.load_pem_x509_crl((folder / "ca.crl").read_bytes())
    own = x509.load_pem_x509_certificate((folder / "ca.crt").read_bytes())
    assert found.is_signature_valid(own.public_key())  # type: ignore[arg-type]  # of an authority
    return {one.serial_number for one in found}


def test_what_was_entered_is_there_after_a_power_cut(tmp_path: Path) -> None:
    """Also behind a line that was torn; only its owner reads it."""
    register = Register(tmp_path)
    register.enter(paper(1, BOX, "a"))
    file = tmp_path / "issued.jsonl"
    file.write_bytes(file.read_bytes() + b'{"serial": "2", "sour')
    again = Register(tmp_path)
    again.enter(paper(3, OTHER, "b"))
    assert [one.serial for one in Register(tmp_path).papers] == ["1", "3"]
    assert file.stat().st_mode & 0o077 == 0
    assert again.count(BOX, START) == 1
    assert again.count(BOX, START + SOURCE_LASTS) == 0


def test_what_has_ended_is_forgotten(tmp_path: Path) -> None:
    """A list need not name what no broker takes anyway."""
    register = Register(tmp_path)
    register.enter(paper(1, BOX, "a", ends_at=START))
    register.enter(paper(2, BOX, "a"))
    register.forget(START + timedelta(seconds=1))
    assert [one.serial for one in register.papers] == ["2"]
    assert register.papers == Register(tmp_path).papers


@given(
    st.lists(st.tuples(st.sampled_from([BOX, OTHER]), st.sampled_from("abc")), max_size=12),
    st.sets(st.tuples(st.sampled_from([BOX, OTHER]), st.sampled_from("abc"))),
)
def test_exactly_those_of_keys_that_count_no_more_are_listed(
    owners: list[tuple[str, str]], counting: set[tuple[str, str]]
) -> None:
    """A key of the same id at another box is another key."""
    papers = [paper(number, *owner) for number, owner in enumerate(owners, start=1)]
    found = revoked(papers, counting)
    for one in papers:
        assert (one.serial in found) == ((one.source, one.keyid) not in counting)


def test_the_list_follows_the_keys_and_is_renewed_in_time(tmp_path: Path) -> None:
    """At once when a key is revoked, each week otherwise; it lasts a year; a rotation is none."""

    async def main() -> None:
        clock, keys, register = VirtualClock(), Keys(), Register(tmp_path)
        authority = Authority.make(tmp_path, "KEMBA", START)
        assert listed(tmp_path) == set()
        old, new = Key.make(), Key.make()
        keys.enrolled(KeyEnrolled(source=BOX, keyid=old.keyid, public_key=old.public, by="a"))
        register.enter(paper(7, BOX, old.keyid))
        rotated = KeyEnrolled(
            source=BOX, keyid=new.keyid, public_key=new.public, by="a", replaces=old.keyid
        )
        keys.enrolled(rotated)
        register.enter(paper(8, BOX, new.keyid))
        names: list[str] = []
        revocations = Revocations(authority, register, keys=keys, dismiss=names.extend, clock=clock)
        async with asyncio.TaskGroup() as tasks:
            running = tasks.create_task(revocations.run(), name="revocations")
            await asyncio.sleep(1)
            assert listed(tmp_path) == set()
            keys.revoked(KeyRevoked(source=BOX, keyid=old.keyid, reason="lost", by="a"))
            revocations.look()
            await asyncio.sleep(1)
            assert listed(tmp_path) == {7}
            assert names == ["lane-1"]
            before = (tmp_path / "ca.crl").read_bytes()
            await asyncio.sleep(LOOK_EVERY_S * 3)
            assert (tmp_path / "ca.crl").read_bytes() == before
            clock.step_s = LIST_EVERY.total_seconds()
            await asyncio.sleep(LOOK_EVERY_S * 2)
            assert listed(tmp_path) == {7}
            found = x509.load_pem_x509_crl((tmp_path / "ca.crl").read_bytes())
            assert found.next_update_utc is not None
            assert found.next_update_utc - clock.utc_now() > LIST_LASTS - timedelta(days=1)
            clock.step_s = SOURCE_LASTS.total_seconds() + 1
            await asyncio.sleep(LOOK_EVERY_S * 2)
            assert listed(tmp_path) == set()
            assert names == ["lane-1"]  # once, however often the list is written
            running.cancel()

    run_virtually(main())


def test_a_client_gets_no_name_of_our_own(tmp_path: Path) -> None:
    """It could speak as that one."""
    authority, register = Authority.make(tmp_path, "KEMBA", datetime.now(UTC)), Register(tmp_path)
    register.enter(paper(1, BOX, "a"))
    for name in ("lane-1", "gateway", "command-center", "broker", "ca", "../x", "Alert", ""):
        with pytest.raises(Rejected):
            authority.issue_client(name, datetime.now(UTC))
    authority.issue_client("alert-subscriber", datetime.now(UTC))
    assert (tmp_path / "alert-subscriber.crt").exists()
