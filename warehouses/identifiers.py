"""Identifiers: UUIDv7 inside, TypeIDs (`wh_01h…`) outside.

A public id that is malformed, of another type, or of another organization is answered like one that does
not exist; `decode` therefore returns None instead of raising.
"""

from __future__ import annotations

from uuid import UUID

from uuid_utils.compat import uuid7

__all__ = ["ALPHABET", "decode", "encode", "new_id"]

ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
_VALUES = {letter: value for value, letter in enumerate(ALPHABET)}
_LENGTH = 26  # 26 letters of 5 bits hold the 128 bits of a UUID, the first letter using only 3 of them


def new_id() -> UUID:
    """A UUIDv7: sorts by creation, also within one millisecond of one process."""
    return uuid7()


def encode(prefix: str, value: UUID) -> str:
    """The TypeID of `value`, such as `wh_01h455vb4pex5vsknk084sn02q`."""
    number = value.int
    letters = [ALPHABET[(number >> shift) & 31] for shift in range(125, -1, -5)]
    return f"{prefix}_{''.join(letters)}"


def decode(prefix: str, text: object) -> UUID | None:
    """The UUID behind a TypeID of this `prefix`, or None for anything else."""
    if not isinstance(text, str):
        return None
    found, separator, letters = text.rpartition("_")
    if found != prefix or not separator or len(letters) != _LENGTH or letters[0] > "7":
        return None
    number = 0
    for letter in letters:
        value = _VALUES.get(letter)
        if value is None:
            return None
        number = number << 5 | value
    return UUID(int=number)
