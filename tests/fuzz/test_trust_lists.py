"""Whatever lies in a gateway's folders of trust: its authority, lists, codes and wishes."""

import json
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from typing import Final

import pytest
from cryptography import x509
from hypothesis import given, settings
from hypothesis import strategies as st

from contract.identifiers import Source
from contract.link import Rejected
from gateway.trust import revoking
from gateway.trust.authority import OWN, Authority
from gateway.trust.codes import Codes
from gateway.trust.register import Register, revoked
from gateway.trust.revoking import Wish, wish
from tests.fuzz.harm import HUGE, WRONG, harmed
from tests.fuzz.mutations import mutated
from tests.support.virtual import START, VirtualClock, run_virtually

SOURCE: Final = Source.parse("/KEMBA/lane-1")
PAPER: Final = json.dumps(
    {"serial": "1f", "source": SOURCE, "keyid": "a" * 32, "ends_at": "2027-01-01T00:00:00Z"}
).encode()
DEEP: Final = b'{"serial":' + b"[" * 100_000


@pytest.fixture(scope="module")
def good() -> Iterator[Path]:
    """The files of an authority, and of another one in ``other``."""
    with tempfile.TemporaryDirectory() as folder:
        for name in ("it", "other"):
            Authority.make(Path(folder) / name, "KEMBA", START).issue_own(OWN, START)
        shutil.move(Path(folder) / "other", Path(folder) / "it" / "other")
        yield Path(folder) / "it"


@contextmanager
def with_file(good: Path, name: str, body: bytes | None) -> Iterator[Path]:
    """A copy of it, one file of which is this, or is gone."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(shutil.copytree(good, Path(folder) / "authority"))
        (copy / name).unlink()
        if body is not None:
            (copy / name).write_bytes(body)
        yield copy


@pytest.mark.parametrize("name", ["ca.key", "ca.crt"])
def test_an_authority_is_whole_or_named_and_never_made_anew(good: Path, name: str) -> None:
    """Half of one is none; but without its certificate it is not made a second time."""
    others = [(good / one).read_bytes() for one in ("other/ca.key", "other/ca.crt", "gateway.key")]

    @settings(max_examples=60)
    @given(st.one_of(st.none(), harmed((good / name).read_bytes(), *others)))
    def is_judged(body: bytes | None) -> None:
        with with_file(good, name, body) as folder:
            try:
                it = Authority.load(folder)
            except Rejected as error:
                assert str(folder) in str(error)  # noqa: PT017 - either is right
            else:
                assert it is None or it.pem == (good / "ca.crt").read_text()
                assert it is not None or (name, body) == ("ca.key", None)

    is_judged()


@pytest.mark.parametrize("days", [0, -1, 8])
def test_a_broker_s_list_is_never_one_that_it_could_not_use(good: Path, days: int) -> None:
    """Harmed, another authority's, of tomorrow or last week: then it is written, and says all."""
    serials = {"1f", "abcdef"}
    now = START + timedelta(days=days)
    lists = []
    for folder in (good, good / "other"):
        it = Authority.load(folder)
        assert it is not None
        it.keep_list(serials, START)
        lists.append((folder / "ca.crl").read_bytes())

    @settings(max_examples=40)
    @given(harmed(*lists))
    def is_kept(body: bytes) -> None:
        with with_file(good, "ca.crl", body) as folder:
            it = Authority.load(folder)
            assert it is not None
            assert it.keep_list(serials, now) or (not days and body in lists)
            kept = x509.load_pem_x509_crl((folder / "ca.crl").read_bytes())
            own = x509.load_pem_x509_certificate(it.pem.encode()).public_key()
            assert kept.is_signature_valid(own)  # type: ignore[arg-type]  # ours are of its kinds
            assert kept.last_update_utc <= now
            assert {f"{one.serial_number:x}" for one in kept} == serials

    is_kept()


@settings(max_examples=60)
@given(st.one_of(st.sampled_from(WRONG), st.binary(max_size=60)))
def test_a_certificate_of_ours_that_cannot_be_read_is_due(body: bytes) -> None:
    """So the gateway makes itself another one."""
    with tempfile.TemporaryDirectory() as folder:
        it = Authority.make(Path(folder), "KEMBA", START)
        (Path(folder) / "gateway.crt").write_bytes(body)
        assert it.is_due(OWN, START)


@settings(max_examples=150)
@given(
    st.lists(
        st.one_of(mutated(PAPER), harmed(PAPER), st.sampled_from((PAPER, DEEP, b"a" * HUGE))),
        max_size=4,
    )
)
def test_of_what_was_issued_every_line_is_read_or_was_torn(lines: list[bytes]) -> None:
    """What is read can be looked at: whose, until when, and whether its key still counts."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "issued.jsonl").write_bytes(b"\n".join((*lines, PAPER)) + b"\n")
        register = Register(Path(folder))
        assert "1f" in {one.serial for one in register.papers}
        register.count(SOURCE, START)
        revoked(register.papers, ())
        assert all(Source.parse(one.source).name for one in register.papers)
        register.forget(START)
        assert "1f" in {one.serial for one in Register(Path(folder)).papers}


def test_a_code_that_cannot_be_read_is_none(tmp_path: Path) -> None:
    """The other codes count."""

    async def main() -> None:
        codes = Codes(tmp_path, VirtualClock())
        name, _, secret = codes.make(SOURCE).partition("-")
        other = tmp_path / "codes" / "abcd.json"
        written = (tmp_path / "codes" / f"{name}.json").read_bytes()

        @settings(max_examples=100)
        @given(st.one_of(mutated(written), harmed(written), st.just(DEEP)))
        def is_read(body: bytes) -> None:
            other.write_bytes(body)
            assert isinstance(codes.secret("abcd", SOURCE), str | None)
            assert codes.secret(name, SOURCE) == secret

        is_read()

    run_virtually(main())


def test_a_wish_that_cannot_be_read_is_set_aside(tmp_path: Path) -> None:
    """And keeps none from coming true."""
    good = wish(tmp_path, Wish(source=SOURCE, reason="stolen", by="admin"))
    written = good.read_bytes()

    @settings(max_examples=100)
    @given(st.one_of(mutated(written), harmed(written), st.just(DEEP)))
    def is_read(body: bytes) -> None:
        (good.parent / "zz.json").write_bytes(body)
        found = revoking._wishes(good.parent)
        assert found[0] == (good, Wish(source=SOURCE, reason="stolen", by="admin"))
        assert len(found) == 2 or (good.parent / "zz.bad").exists()
        with suppress(FileNotFoundError):
            (good.parent / "zz.bad").unlink()

    is_read()
