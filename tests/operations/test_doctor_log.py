"""The doctor on signatures: facts, or one sentence each."""

from datetime import UTC, datetime
from pathlib import Path

import msgspec

from contract.proof.note import COSIGNATURE, Verifier
from contract.signing import Key
from gateway.config import GatewayConfig
from gateway.notary.config import WitnessConfig
from greenlane.doctor import log
from tests.evidence.cases import Post, made

NOW = datetime(2026, 11, 23, tzinfo=UTC)


def test_signatures_are_looked_at_in_the_journal_s_file(tmp_path: Path) -> None:
    """Of the gateway and of each witness; one of another key has cosigned nothing."""
    post: Post = made(tmp_path)
    ended = datetime(2026, 11, 22, tzinfo=UTC)
    own, witness = log.signatures(post.config, ended)
    assert (own.about, own.is_ok) == ("checkpoint", True)
    assert (witness.about, witness.is_ok) == ("witness witness.example", True)
    other = str(Verifier("another.example", Key.make().public, COSIGNATURE))
    config = msgspec.structs.replace(
        post.config, witness=(WitnessConfig(url="http://127.0.0.1:9/", key=other),)
    )
    assert "has cosigned nothing" in log.signatures(config, ended)[1].says
    none = log.signatures(msgspec.structs.replace(post.config, witness=()), ended)[1]
    assert none.is_ok
    assert "dated back" in none.says
    (post.config.folder / "journal.sqlite").write_bytes(b"no journal at all" * 100)
    (harmed,) = log.signatures(post.config, ended)
    assert "cannot be read" in harmed.says
    assert log.signatures(GatewayConfig(state_dir=str(tmp_path / "x"), posts=("KEMBA",)), NOW) == []
