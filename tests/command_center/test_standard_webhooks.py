"""Signatures by Standard Webhooks are those of its reference libraries."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks import Webhook, WebhookVerificationError

from command_center.standard_webhooks import headers, secret_of

VECTOR = Path(__file__).parent.parent / "vectors" / "standard-webhooks" / "sign-vector.json"


def test_the_vector_of_the_reference_libraries() -> None:
    """The same secret, id, time and body: the same signature."""
    vector = json.loads(VECTOR.read_text())
    signed = headers(
        vector["secret"],
        id_=vector["msg_id"],
        at=datetime.fromtimestamp(vector["timestamp"], UTC),
        body=vector["payload"].encode(),
    )
    assert signed["webhook-signature"] == vector["webhook_signature"]


@given(key=st.binary(min_size=24, max_size=64), said=st.dictionaries(st.text(), st.text()))
def test_an_outsider_verifies_and_notices_every_change(key: bytes, said: dict[str, str]) -> None:
    """With the package of PyPI, as a receiver would."""
    body = json.dumps(said, ensure_ascii=False).encode()
    secret = secret_of(key)
    signed = headers(secret, id_="msg_1", at=datetime.now(UTC), body=body)
    assert Webhook(secret).verify(body, signed) == said
    with pytest.raises(WebhookVerificationError):
        Webhook(secret).verify(body + b" ", signed)
    with pytest.raises(WebhookVerificationError):
        Webhook(secret).verify(body, {**signed, "webhook-id": "msg_2"})
