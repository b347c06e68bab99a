"""Whatever lies where keys and certificates should: used, or named in a sentence with its path."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contract.delivery.certificate import Papers
from contract.identifiers import Source
from contract.link import Rejected
from contract.links.mqtt import BrokerConfig, credentials
from contract.messages import EnrolAnswered
from contract.signing import Key
from edge.identity import Credentials, StateDir
from gateway.trust.authority import OWN, Authority
from tests.fuzz.harm import WRONG, harmed
from tests.support.virtual import START

SOURCE: Final = Source.parse("/KEMBA/lane-1")
TLS: Final = Key(bytes(range(32)))


@pytest.fixture(scope="module")
def authority() -> Iterator[Authority]:
    """A good one, with a broker's certificate and a list beside it."""
    with tempfile.TemporaryDirectory() as folder:
        it = Authority.make(Path(folder), "KEMBA", START)
        it.issue_own(OWN, START)
        yield it


@contextmanager
def copy_of(authority: Authority) -> Iterator[Path]:
    """Its files, to be harmed."""
    with tempfile.TemporaryDirectory() as folder:
        yield Path(shutil.copytree(authority.folder, Path(folder) / "authority"))


@settings(max_examples=150)
@given(harmed(TLS.public.hex().encode()))
def test_a_private_key_is_read_or_named_and_never_written_over(body: bytes) -> None:
    """Above all not by a new one: what was signed with the old one would count no more."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "key"
        path.write_bytes(body)
        try:
            assert Key.load_or_make(path).pem()
        except Rejected as error:
            assert str(path) in str(error)  # noqa: PT017 - either is right
        assert path.read_bytes() == body


@settings(max_examples=100)
@given(harmed(TLS.public.hex().encode()))
def test_the_gateways_key_is_read_or_named(body: bytes) -> None:
    """An agent that does not know whom to believe does not begin."""
    with tempfile.TemporaryDirectory() as folder:
        state = StateDir(Path(folder))
        state.gateway.write_bytes(body)
        try:
            assert len(Credentials.load(state, SOURCE).gateway_key) == 32
        except Rejected as error:
            assert str(state.gateway) in str(error)  # noqa: PT017 - either is right


@pytest.mark.parametrize("name", ["own.pem", "ca.crt"])
def test_a_link_s_papers_are_used_or_named(authority: Authority, name: str) -> None:
    """Truncated, another's, of a wrong kind, behind a pass phrase: nobody is asked for one."""
    issued = authority.issue(SOURCE.name, TLS.public, START)
    good = {
        "own.pem": (TLS.pem() + issued.certificate).encode(),
        "ca.crt": authority.pem.encode(),
    }
    other = (authority.folder / "gateway.key").read_bytes()

    @settings(max_examples=80)
    @given(harmed(*good.values(), other))
    def is_judged(body: bytes) -> None:
        with tempfile.TemporaryDirectory() as folder:
            for each, right in good.items():
                (Path(folder) / each).write_bytes(body if each == name else right)
            config = BrokerConfig(
                ca_file=f"{folder}/ca.crt", cert_file=f"{folder}/own.pem", password_file=""
            )
            try:
                credentials(config)
            except Rejected as error:
                assert f"{folder}/{name}" in str(error)  # noqa: PT017 - either is right

    is_judged()


@settings(max_examples=60)
@given(st.one_of(st.sampled_from(WRONG), st.binary(max_size=80)))
def test_a_password_is_read_or_named(body: bytes) -> None:
    """In no UTF-8, too."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "password"
        path.write_bytes(body)
        try:
            credentials(BrokerConfig(password_file=str(path)))
        except Rejected as error:
            assert str(path) in str(error)  # noqa: PT017 - either is right


def test_what_a_gateway_answers_is_kept_only_if_a_link_can_use_it(authority: Authority) -> None:
    """Else the papers that were there go on counting."""
    issued = authority.issue(SOURCE.name, TLS.public, START)
    other = authority.issue(SOURCE.name, Key(bytes(32)).public, START)
    pems = [one.encode() for one in (issued.certificate, other.certificate, authority.pem)]

    @settings(max_examples=80)
    @given(harmed(*pems), st.booleans())
    def is_judged(body: bytes, is_certificate: bool) -> None:  # noqa: FBT001 - drawn
        text = body.decode(errors="replace")
        good = EnrolAnswered(
            is_enrolled=True,
            certificate=issued.certificate,
            authority=authority.pem,
            renew_at=START,
        )
        answer = EnrolAnswered(
            is_enrolled=True,
            certificate=text if is_certificate else issued.certificate,
            authority=authority.pem if is_certificate else text,
            renew_at=START + timedelta(days=1),
        )
        with tempfile.TemporaryDirectory() as folder:
            papers = Papers(Path(folder) / "tls")
            papers.keep(TLS, good)
            before = {path.name: path.read_bytes() for path in papers.folder.iterdir()}
            try:
                papers.keep(TLS, answer)
            except Rejected:
                assert before == {path.name: path.read_bytes() for path in papers.folder.iterdir()}
            credentials(BrokerConfig(ca_file=str(papers.authority), cert_file=str(papers.own)))

    is_judged()


@settings(max_examples=100)
@given(
    st.one_of(
        st.binary(max_size=40),
        st.sampled_from((b"2026-11-22T12:00:00", b"2026-11-22", b"0001-01-01T00:00:00+14:00")),
    )
)
def test_when_to_renew_is_known_or_not(body: bytes) -> None:
    """A time without a zone is none: nobody could compare it."""
    with tempfile.TemporaryDirectory() as folder:
        papers = Papers(Path(folder))
        for name in ("renew_at", "keyid"):
            (papers.folder / name).write_bytes(body)
        assert papers.renew_at is None or papers.renew_at.tzinfo
        assert isinstance(papers.keyid, str)
