"""Entity tags of stock, for every contract.

A tag names the record's version and, after a dot, what was shown of it. Reading compares both: a renamed warehouse is
another answer. Writing compares the version alone: it is about the stock.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from inventory.ledger import Line
from inventory.ledger.locking import Locked
from inventory.versions import require_version
from warehouses.http.etags import ANY, Expected

__all__ = ["condition_on", "tag_of"]


def tag_of(version: str, shown: Mapping[str, Any]) -> str:
    """The strong tag, in its quotes, of a record shown as `shown`."""
    digest = hashlib.blake2s(json.dumps(shown).encode(), digest_size=6).hexdigest()
    return f'"{version}.{digest}"'


def condition_on(lines: Sequence[Line], expected: Expected) -> Callable[[Locked], None] | None:
    """What `If-Match` asks of the ledger for a write of one line: one of these versions, or with `*` any at all."""
    if expected is None or len(lines) != 1:
        return None
    versions = None if expected is ANY else {tag.strip('"').partition(".")[0] for tag in expected}
    return require_version(sku=lines[0].sku, warehouse=lines[0].warehouse, expected=versions)
