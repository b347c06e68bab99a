"""The post's own authority, checked by OpenSSL: for whom, for how long, and who may read it."""

import asyncio
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from contract.link import Rejected
from contract.signing import Key
from gateway.trust.authority import LOOK_EVERY_S, OWN, SOURCE_LASTS, Authority, keep_own
from tests.support.virtual import START, VirtualClock, run_virtually

NOW = datetime.now(UTC)


def openssl(*arguments: str | Path) -> str:
    command = ["openssl", *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    return done.stdout + done.stderr


def test_a_source_s_certificate_is_for_its_name_and_key_alone(tmp_path: Path) -> None:
    """Signed by the authority, for a client, under the name that the access list asks for."""
    authority, tls = Authority.make(tmp_path, "KEMBA", NOW), Key.make()
    issued = authority.issue("lane-1", tls.public, NOW)
    paper, key = tmp_path / "lane-1.crt", tmp_path / "lane-1.key"
    paper.write_text(issued.certificate)
    key.write_text(tls.pem())
    verified = openssl("verify", "-purpose", "sslclient", "-CAfile", tmp_path / "ca.crt", paper)
    assert verified.strip().endswith("OK")
    assert "OK" not in openssl(
        "verify", "-purpose", "sslserver", "-CAfile", tmp_path / "ca.crt", paper
    )
    assert "CN = lane-1" in openssl("x509", "-in", paper, "-noout", "-subject")
    assert openssl("x509", "-in", paper, "-noout", "-pubkey") == openssl(
        "pkey", "-in", key, "-pubout"
    )
    assert issued.renew_at == NOW + SOURCE_LASTS * 2 / 3


def test_the_broker_is_certified_for_each_of_its_names(tmp_path: Path) -> None:
    """Names and addresses; and for nothing but a server."""
    authority = Authority.make(tmp_path, "KEMBA", NOW)
    authority.issue_broker(["broker.post.example", "192.0.2.1"], NOW)
    for option, name in (("-verify_hostname", "broker.post.example"), ("-verify_ip", "192.0.2.1")):
        said = openssl(
            *("verify", "-purpose", "sslserver", option, name),
            *("-CAfile", tmp_path / "ca.crt", tmp_path / "broker.crt"),
        )
        assert said.strip().endswith("OK")
    with pytest.raises(Rejected, match="1 to 20"):
        authority.issue_broker([], NOW)


def test_private_keys_are_for_their_owner_and_the_authority_is_found_again(tmp_path: Path) -> None:
    """Mode 0600; the same authority after a restart; none where there is none."""
    authority = Authority.make(tmp_path / "it", "KEMBA", NOW)
    authority.issue_own(OWN, NOW)
    for path in (tmp_path / "it").iterdir():
        assert path.stat().st_mode & 0o077 == 0
    again = Authority.load(tmp_path / "it")
    assert again is not None
    assert again.pem == authority.pem
    assert Authority.load(tmp_path / "nowhere") is None
    (tmp_path / "it" / "ca.key").write_text("no key")
    with pytest.raises(Rejected, match="cannot be read"):
        Authority.load(tmp_path / "it")


@pytest.mark.parametrize("behind", [timedelta(minutes=5), timedelta(hours=23)])
def test_whose_clock_is_behind_takes_all_that_was_issued(tmp_path: Path, behind: timedelta) -> None:
    """Certificates, the authority, the list of revoked ones: a broker that lags refuses nobody."""
    authority = Authority.make(tmp_path, "KEMBA", NOW)
    authority.issue_broker(["127.0.0.1"], NOW)
    authority.issue_own(OWN, NOW)
    serials = []
    for name in ("lane-1", "stolen"):
        issued = authority.issue(name, Key.make().public, NOW)
        (tmp_path / f"{name}.crt").write_text(issued.certificate)
        serials.append(issued.serial)
    authority.keep_list(serials[1:], NOW)

    def said(name: str) -> str:
        return openssl(
            *("verify", "-crl_check_all", "-attime", str(int((NOW - behind).timestamp()))),
            *("-CRLfile", tmp_path / "ca.crl", "-CAfile", tmp_path / "ca.crt"),
            tmp_path / f"{name}.crt",
        ).strip()

    for name in ("broker", OWN, "lane-1"):
        assert said(name).endswith("OK"), said(name)
    assert "certificate revoked" in said("stolen")


def test_what_is_no_key_gets_no_certificate(tmp_path: Path) -> None:
    """The reason is a sentence."""
    with pytest.raises(Rejected, match="no Ed25519 key"):
        Authority.make(tmp_path, "KEMBA", NOW).issue("lane-1", b"short", NOW)


def test_the_gateway_renews_its_own_when_two_thirds_have_passed(tmp_path: Path) -> None:
    """Not before; and without an authority nothing happens."""

    async def main() -> None:
        clock = VirtualClock()
        Authority.make(tmp_path, "KEMBA", START).issue_own(OWN, START)
        first = (tmp_path / "gateway.crt").read_text()
        async with asyncio.TaskGroup() as tasks:
            keeping = [
                tasks.create_task(keep_own(folder, clock), name="keeping")
                for folder in (tmp_path, tmp_path / "nowhere")
            ]
            await asyncio.sleep(LOOK_EVERY_S * 3)
            assert (tmp_path / "gateway.crt").read_text() == first
            clock.step_s = timedelta(days=62).total_seconds()
            await asyncio.sleep(LOOK_EVERY_S * 3)
            assert (tmp_path / "gateway.crt").read_text() != first
            for task in keeping:
                task.cancel()
        assert not (tmp_path / "nowhere").exists()

    run_virtually(main())
