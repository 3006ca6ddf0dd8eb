"""A line of a file as a change of stock, and how it is known again."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from hashlib import sha256
from typing import Any
from uuid import UUID

from inventory import statements
from inventory.imports.fields import read_change, read_code, read_instant, read_text
from inventory.imports.names import Names
from inventory.ledger import Line
from inventory.models import ImportedLine, ReasonCode, Sku, sku_key
from warehouses.models import Organization, Warehouse

__all__ = ["MovementLine", "MovementReader", "known_digests", "ledger_lines", "remember"]


@dataclass(frozen=True, slots=True)
class MovementLine:
    """A line that was read: what it asks for, and what it is known by. `record` is where it came from."""

    record: Any
    index: int
    sku_code: str
    warehouse: Warehouse
    quantity: int
    reason: ReasonCode
    note: str
    reference: str
    occurred_at: datetime | None
    digest: str


class MovementReader:
    """Reads the lines of one file in its order: of equal lines, each is told from the ones before it."""

    def __init__(self, names: Names, zone: tzinfo) -> None:
        self._names = names
        self._zone = zone
        self._equals: Counter[bytes] = Counter()

    def read(self, cells: Mapping[str, str], *, record: Any, index: int) -> MovementLine:
        """Raises BadValue."""
        code = read_code(cells, "sku")
        warehouse = self._names.warehouse(read_text(cells, "warehouse", longest=120))
        quantity = read_change(cells, "quantity_change")
        reason = self._names.reason(read_text(cells, "reason_code", longest=40), quantity)
        note = read_text(cells, "note", longest=500, lines=True)
        reference = read_text(cells, "reference", longest=120)
        occurred_at, written = read_instant(cells, "occurred_at", self._zone)
        said = [sku_key(code), str(warehouse.pk), quantity, reason.code_key, note, reference, written]
        alike = sha256(json.dumps(said).encode("ascii")).digest()
        digest = sha256(alike + str(self._equals[alike]).encode("ascii")).hexdigest()
        self._equals[alike] += 1
        return MovementLine(
            record, index, code, warehouse, quantity, reason, note, reference, occurred_at, digest
        )


def known_digests(organization: Organization, lines: Iterable[MovementLine]) -> set[str]:
    """The digests among those of `lines` that are posted already. One query."""
    digests = [line.digest for line in lines]
    found = ImportedLine.objects.filter(organization=organization, digest__in=digests)
    return set(found.values_list("digest", flat=True))


def ledger_lines(lines: Iterable[MovementLine], skus: Mapping[str, Sku]) -> list[Line]:
    """What the ledger is asked to do; `skus` by their key."""
    return [
        Line(
            sku=skus[sku_key(line.sku_code)],
            warehouse=line.warehouse,
            quantity=line.quantity,
            reason=line.reason,
            note=line.note,
            reference=line.reference,
            occurred_at=line.occurred_at,
            index=line.index,
        )
        for line in lines
    ]


def remember(organization: Organization, lines: Sequence[MovementLine], document_id: UUID) -> None:
    """Make it known, in the transaction that posted them, that these lines are posted."""
    statements.insert(
        ImportedLine,
        ("organization", "digest", "document_id"),
        [(organization.pk, line.digest, document_id) for line in lines],
    )
