"""The tables that checkpoints cover, and how a row of them becomes bytes: the same on both engines, for ever."""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from django.apps import apps
from django.db.models import QuerySet

__all__ = ["FORM", "Book", "Entry", "books", "canonical", "entries", "link"]

#: Which columns a checkpoint that is made now covers. A column that is added to a book is in the next one.
FORM: Final = 1


@dataclass(frozen=True, slots=True)
class Book:
    """An append-only table. `columns` are its fields by the form that they came with; `organization` is the path to
    the organization's key.

    Columns keep their order and their form: the digests of all rows depend on it.
    """

    model: str
    columns: Mapping[int, tuple[str, ...]]
    organization: str = "organization_id"

    def columns_of(self, form: int) -> list[str]:
        return [name for since, names in sorted(self.columns.items()) if since <= form for name in names]

    def rows(self) -> QuerySet[Any]:
        return apps.get_model(self.model)._base_manager.all()


_WHO: Final = ("actor_type", "actor_id", "actor_name")
#: By name. An app above adds its own in `AppConfig.ready`.
books: Final[dict[str, Book]] = {
    "adjustment": Book(
        "inventory.Adjustment",
        {
            1: (
                *("id", "organization_id", "source", "kind", "reason_code_id", "note", "reference"),
                *("line_count", *_WHO, "reverses_id", "created_at"),
            )
        },
    ),
    "movement": Book(
        "inventory.Movement",
        {
            1: (
                *("id", "organization_id", "level_id", "stock_item_id", "sku_id", "warehouse_id", "delta"),
                *("level_before", "level_after", "item_after", "level_version", "reason_code_id"),
                *("note", "reference", *_WHO, "document_type", "document_id"),
                *("recorded_at", "occurred_at"),
            )
        },
    ),
    "state_change": Book(
        "inventory.StateChange",
        {
            1: (
                *("id", "organization_id", "subject_type", "subject_id", "action", "from_state"),
                *("to_state", "quantity", "note", *_WHO, "created_at"),
            )
        },
    ),
}


@dataclass(frozen=True, slots=True)
class Entry:
    """A row, as a checkpoint sees it."""

    book: str
    key: UUID
    digest: bytes


def entries(*, since: UUID, until: UUID, form: int) -> dict[UUID, list[Entry]]:
    """The rows with keys from `since` to below `until`, by organization, in the order in which they are digested."""
    found: dict[UUID, list[Entry]] = defaultdict(list)
    for name, book in sorted(books.items()):
        columns = book.columns_of(form)
        if not columns:
            continue
        rows = book.rows().filter(pk__gte=since, pk__lt=until).order_by("pk")
        for organization, *values in rows.values_list(book.organization, *columns):
            digest = hashlib.sha256(canonical([name, *values])).digest()
            found[organization].append(Entry(name, values[0], digest))
    return found


def link(before: str, facts: list[Any], rows: list[Entry]) -> str:
    """The digest of a checkpoint after the one whose digest is `before` (empty: it is the first)."""
    digest = hashlib.sha256(canonical([before, *facts]))
    for row in rows:
        digest.update(row.digest)
    return digest.hexdigest()


def canonical(values: list[Any]) -> bytes:
    """`values` as JSON in one form: no spaces, ASCII, keys sorted, instants in UTC with microseconds."""
    return json.dumps(values, default=_text, sort_keys=True, separators=(",", ":"), allow_nan=False).encode()


def _text(value: object) -> str:
    if isinstance(value, UUID):
        return value.hex
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        # 1.50 and 1.5 are one number, and the engines keep a different number of zeros.
        return format(value.normalize(), "f")
    raise TypeError(f"There is no canonical form of {type(value).__name__}.")
