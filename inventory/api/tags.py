"""Entity tags of stock, for every contract.

A tag names the record's version and, after a dot, what was shown of it. Reading compares both: a renamed warehouse is
another answer. Writing compares the version alone: it is about the stock.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from inventory.ledger import Line
from inventory.ledger.locking import Locked
from inventory.versions import require_version
from warehouses.http.etags import ANY, Expected
from warehouses.http.rendering import json_bytes
from warehouses.refusals import Stale

__all__ = ["condition_on", "require_tag", "tag_of"]


def tag_of(version: str, shown: Mapping[str, Any]) -> str:
    """The strong tag, in its quotes, of a record shown as `shown`."""
    digest = hashlib.blake2s(json_bytes(shown), digest_size=6).hexdigest()
    return f'"{version}.{digest}"'


def condition_on(lines: Sequence[Line], expected: Expected) -> Callable[[Locked], None] | None:
    """What `If-Match` asks of the ledger for a write of one line: one of these versions, or with `*` any at all."""
    if expected is None or len(lines) != 1:
        return None
    versions = None if expected is ANY else _versions(expected)
    return require_version(sku=lines[0].sku, warehouse=lines[0].warehouse, expected=versions)


def require_tag(expected: Expected, version: str) -> None:
    """What `If-Match` asks of a record that exists, is locked, and has this version. Raises Stale."""
    if expected is not None and expected is not ANY and version not in _versions(expected):
        raise Stale("PRECONDITION_FAILED", "The record has changed since it was read; read it again.")


def _versions(expected: frozenset[str]) -> set[str]:
    return {tag.strip('"').partition(".")[0] for tag in expected}
