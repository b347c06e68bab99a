"""Enrolment: both sides prove that they know the code, and the box that it holds the key."""

import pytest

from contract.delivery.enrolment import Code, challenge, check, new_nonce, prove
from contract.link import Rejected
from contract.messages import EnrolAnswered, EnrolAsked, EnrolChallenged
from contract.signing import Key

SOURCE = "/KEMBA/gate-2"
BOX, GATEWAY, STRANGER = Key(bytes(32)), Key(b"g" * 32), Key(b"s" * 32)
CODE = Code("k3m9", "secret")


def challenged(secret: str = CODE.secret, nonce: bytes = bytes(32)) -> EnrolChallenged:
    asked = EnrolAsked(public_key=BOX.public, code=CODE.name)
    told = challenge(SOURCE, asked, secret=secret, nonce=nonce, key=GATEWAY)
    assert isinstance(told, EnrolChallenged)
    return told


def test_a_box_with_the_code_is_entered() -> None:
    """The entry for the journal names the key that the box showed."""
    proof = prove(SOURCE, challenged(), code=CODE, key=BOX)
    entered = check(SOURCE, proof, secret=CODE.secret, nonce=bytes(32), gateway_key=GATEWAY.public)
    assert (entered.source, entered.public_key) == (SOURCE, BOX.public)


def test_a_gateway_without_the_code_is_not_believed() -> None:
    """The box sees it by the challenge, before it has proved anything."""
    with pytest.raises(Rejected, match="does not know the code"):
        prove(SOURCE, challenged(secret="guess"), code=CODE, key=BOX)  # noqa: S106 - a wrong one


def test_a_box_without_the_code_is_not_entered() -> None:
    """A guess makes another proof than the code does."""
    proof = prove(SOURCE, challenged(secret="guess"), code=Code("k3m9", "guess"), key=BOX)  # noqa: S106 - a wrong one
    with pytest.raises(Rejected, match="wrong, used, or too old"):
        check(SOURCE, proof, secret=CODE.secret, nonce=bytes(32), gateway_key=GATEWAY.public)


@pytest.mark.parametrize("what", ["nonce", "source", "gateway"])
def test_a_proof_counts_once_for_one_box_at_one_gateway(what: str) -> None:
    """A recorded proof is worthless elsewhere and later."""
    proof = prove(SOURCE, challenged(), code=CODE, key=BOX)
    with pytest.raises(Rejected):
        check(
            "/KEMBA/gate-3" if what == "source" else SOURCE,
            proof,
            secret=CODE.secret,
            nonce=new_nonce() if what == "nonce" else bytes(32),
            gateway_key=STRANGER.public if what == "gateway" else GATEWAY.public,
        )


def test_something_that_is_no_key_is_refused_at_once() -> None:
    """Without a challenge, and in a sentence."""
    asked = EnrolAsked(public_key=b"short", code="k3m9")
    told = challenge(SOURCE, asked, secret="x", nonce=bytes(32), key=GATEWAY)  # noqa: S106 - any
    assert isinstance(told, EnrolAnswered)
    assert not told.is_enrolled


@pytest.mark.parametrize("text", ["", "k3m9", "-x", "k3m9-"])
def test_a_mistyped_code_is_refused_before_it_travels(text: str) -> None:
    """A code is a name and a secret; both have to be there."""
    with pytest.raises(Rejected, match="name-secret"):
        Code.parse(text)
