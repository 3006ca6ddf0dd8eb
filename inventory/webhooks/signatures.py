"""Signatures of Standard Webhooks: HMAC-SHA256 over id, time and body, in the form that its libraries verify.

The time is signed with the body, so that a message that somebody kept is worth nothing some minutes later.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from collections.abc import Sequence

__all__ = ["new_secret", "sign", "signed_headers"]

_PREFIX = "whsec_"
_KEY_BYTES = 32


def new_secret() -> str:
    """A signing secret as its receiver is shown it: `whsec_` and the base64 of 32 random bytes."""
    return _PREFIX + base64.b64encode(secrets.token_bytes(_KEY_BYTES)).decode("ascii")


def sign(secret: str, *, message_id: str, timestamp: int, body: bytes) -> str:
    """One signature, such as `v1,K5oZ…=`; `timestamp` is in Unix seconds."""
    key = base64.b64decode(secret.removeprefix(_PREFIX), validate=True)
    content = f"{message_id}.{timestamp}.".encode() + body
    return "v1," + base64.b64encode(hmac.digest(key, content, hashlib.sha256)).decode("ascii")


def signed_headers(signing: Sequence[str], *, message_id: str, timestamp: int, body: bytes) -> dict[str, str]:
    """The three headers of an attempt, with one signature for each of the secrets that are `signing`."""
    signatures = [sign(secret, message_id=message_id, timestamp=timestamp, body=body) for secret in signing]
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join(signatures),
    }
