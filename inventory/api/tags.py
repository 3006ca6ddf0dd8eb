"""Entity tags of stock, for every contract.

A tag names the record's version and, after a dot, what was shown of it. Reading compares both: a renamed warehouse is
another answer. Writing compares the version alone: it is about the stock.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from warehouses.http.etags import ANY, Expected

__all__ = ["tag_of", "versions_of"]


def tag_of(version: str, shown: Mapping[str, Any]) -> str:
    """The strong tag, in its quotes, of a record shown as `shown`."""
    digest = hashlib.blake2s(json.dumps(shown).encode(), digest_size=6).hexdigest()
    return f'"{version}.{digest}"'


def versions_of(expected: Expected) -> frozenset[str] | None:
    """The versions that `If-Match` accepts; None for `*`, which takes any as long as there is one."""
    if expected is ANY or expected is None:
        return None
    return frozenset(tag.strip('"').partition(".")[0] for tag in expected)
