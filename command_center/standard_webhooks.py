"""Signatures by Standard Webhooks 1.0 (standardwebhooks.com), symmetric. Pure.

A receiver checks them with any library of that name, in any language.
"""

import base64
import hashlib
import hmac
from datetime import datetime
from typing import Final

PREFIX: Final = "whsec_"
SECRET_BYTES: Final = 32
"""The standard asks for 24 to 64."""


def secret_of(key: bytes) -> str:
    """A key as it is shown to the receiver."""
    return PREFIX + base64.b64encode(key).decode()


def headers(secret: str, *, id_: str, at: datetime, body: bytes) -> dict[str, str]:
    """The three headers of a delivery; the same ``id_`` for every try of the same message."""
    seconds = str(int(at.timestamp()))
    signed = b".".join((id_.encode(), seconds.encode(), body))
    key = base64.b64decode(secret.removeprefix(PREFIX))
    signature = base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()
    return {
        "webhook-id": id_,
        "webhook-timestamp": seconds,
        "webhook-signature": f"v1,{signature}",
    }
