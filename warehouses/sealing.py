"""Secrets that have to be read again, such as a webhook's signing secret, are stored sealed.

The key is derived from SECRET_KEY: a copy of the database alone opens nothing, and a lost SECRET_KEY loses what was
sealed with it. SECRET_KEY_FALLBACKS still open what older secrets have sealed.
"""

from __future__ import annotations

import base64
import functools

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

__all__ = ["Unreadable", "seal", "unseal"]


class Unreadable(Exception):
    """It was sealed with another SECRET_KEY, or is damaged."""


def seal(text: str) -> str:
    """`text` as it may be stored. Sealing twice gives two different texts."""
    return _box().encrypt(text.encode()).decode("ascii")


def unseal(sealed: str) -> str:
    """What was sealed. Raises Unreadable."""
    try:
        return _box().decrypt(sealed.encode("ascii", "replace")).decode()
    except InvalidToken as error:
        raise Unreadable("A stored secret cannot be read with this SECRET_KEY.") from error


def _box() -> MultiFernet:
    return _box_of((settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS))


@functools.lru_cache(maxsize=4)
def _box_of(secrets: tuple[str, ...]) -> MultiFernet:
    return MultiFernet([Fernet(_derived(secret)) for secret in secrets])


def _derived(secret: str) -> bytes:
    """A key for this purpose only: what signs sessions must not be what seals secrets."""
    key = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"tallyhouse sealing").derive(secret.encode())
    return base64.urlsafe_b64encode(key)
