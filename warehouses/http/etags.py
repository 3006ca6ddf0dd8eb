"""Entity tags: strong tags of a record's version, `If-None-Match` on reading, `If-Match` on writing (RFC 9110)."""

from __future__ import annotations

import hashlib
import re
from enum import Enum
from typing import Final

from django.http import HttpRequest

from warehouses.http.faults import invalid_header
from warehouses.refusals import Stale

__all__ = [
    "ANY",
    "Expected",
    "Wildcard",
    "etag",
    "expected_tags",
    "not_modified",
    "refuse_condition",
    "require_match",
]


class Wildcard(Enum):
    ANY = "*"


#: `If-Match: *`: whatever the version, as long as the record exists.
ANY: Final = Wildcard.ANY

Expected = frozenset[str] | Wildcard | None

_SAFE = re.compile(r"[A-Za-z0-9._:-]{1,64}")
_TAG = re.compile(r'\s*(W/)?("[\x21\x23-\x7e\x80-\xff]*")\s*(,|\Z)')


def etag(*parts: object) -> str:
    """The strong tag, in its quotes, of what `parts` identify: a version, or several values taken together."""
    text = "-".join(str(part) for part in parts)
    if not _SAFE.fullmatch(text):
        text = hashlib.sha256("\x1f".join(str(part) for part in parts).encode()).hexdigest()[:32]
    return f'"{text}"'


def expected_tags(request: HttpRequest) -> Expected:
    """The strong tags of `If-Match`, ANY for `*`, None without the header. Weak tags never match and are left out.

    Raises 400 for a header that cannot be read: a condition must not be dropped because it is misspelt.
    """
    header = request.headers.get("If-Match")
    if header is None:
        return None
    if header.strip() == "*":
        return ANY
    tags = _parse(header)
    if tags is None:
        raise invalid_header("If-Match", "If-Match takes * or quoted entity tags.")
    return frozenset(tag for weak, tag in tags if not weak)


def refuse_condition(request: HttpRequest) -> None:
    """Raise 400 for `If-Match` on a write of many records: dropping the condition would overwrite what it guards."""
    if expected_tags(request) is not None:
        raise invalid_header(
            "If-Match", "Many records have no common entity tag: write them one by one to be safe."
        )


def require_match(expected: Expected, current: str | None) -> None:
    """Raise Stale `PRECONDITION_FAILED` (412) unless `current` is among `expected`. None: the record does not exist.

    Ask after locking the record, inside the transaction that changes it.
    """
    if expected is None or (expected is ANY and current is not None):
        return
    if expected is ANY or current not in expected:
        raise Stale(
            "PRECONDITION_FAILED", "The record has changed since you read it. Read it again and decide anew."
        )


def not_modified(request: HttpRequest, tag: str) -> bool:
    """Whether the reader's copy is good, by `If-None-Match` (weak comparison). An unreadable header is ignored."""
    header = request.headers.get("If-None-Match")
    if header is None:
        return False
    if header.strip() == "*":
        return True
    return any(found == tag for _, found in _parse(header) or ())


def _parse(header: str) -> list[tuple[bool, str]] | None:
    tags: list[tuple[bool, str]] = []
    position = 0
    while position < len(header):
        match = _TAG.match(header, position)
        if match is None:
            return None
        tags.append((match[1] is not None, match[2]))
        position = match.end()
        if match[3] and position >= len(header):
            return None  # ends in a comma
    return tags or None
