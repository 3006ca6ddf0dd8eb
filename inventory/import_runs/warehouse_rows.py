"""Rows about stock in warehouses: what they name, looked up in batches, and how they are taken back."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import Any, Protocol, TypeVar

from inventory.adjustments import reverse
from inventory.catalogue import find_skus
from inventory.import_runs.effects import Judged, Trouble
from inventory.import_runs.row_work import RowWork
from inventory.imports.names import Names
from inventory.models import Adjustment, ImportedLine, ImportRow, Sku, Source, sku_key
from warehouses.models import Warehouse
from warehouses.refusals import Conflict, Refusal

__all__ = ["StockDocuments", "WarehouseRows", "joined"]


class _AboutSku(Protocol):
    @property
    def index(self) -> int: ...
    @property
    def sku_code(self) -> str: ...


Asked = TypeVar("Asked", bound=_AboutSku)


class WarehouseRows(RowWork):
    """Needs its permission in every warehouse that a row names."""

    @cached_property
    def names(self) -> Names:
        return Names.for_access(
            self.access, self.permission, warehouse=self.run.warehouse, reason=self.run.reason_code
        )

    def place(self, name: str) -> Warehouse:
        """The warehouse of a row. Raises BadValue."""
        found = self.names.warehouse(name)
        self.places.add(found.pk)
        return found

    def known(self, entries: Sequence[Asked], judged: Judged) -> tuple[list[Asked], dict[str, Sku]]:
        """The entries whose SKU there is, and the SKUs; the others are judged. One query."""
        skus = find_skus(organization=self.organization, codes={entry.sku_code for entry in entries})
        good: list[Asked] = []
        for entry in entries:
            if sku_key(entry.sku_code) in skus:
                good.append(entry)
            else:
                judged.bad[entry.index] = [
                    ("sku", f"there is no SKU {entry.sku_code}: import the catalogue first")
                ]
        return good, skus


class StockDocuments(WarehouseRows):
    """What is posted as adjustments, each of many rows, and taken back by reversing them."""

    permission = "inventory.adjust"
    has_documents = True

    def note(self, entries: Sequence[Any]) -> str:
        """What the adjustment of these rows is called."""
        numbers = [entry.index for entry in entries]
        return f"Import of {self.run.file_name}, rows {min(numbers):,} to {max(numbers):,}"[:500]

    def undo(self, rows: Iterable[ImportRow]) -> dict[int, Trouble]:
        """Reverse the adjustment that the rows are part of: all of it, or nothing where goods have left since."""
        rows = list(rows)
        keys = {row.document_id for row in rows if row.document_id is not None}
        for key in keys:
            adjustment = Adjustment.objects.get(pk=key, organization=self.organization)
            try:
                reverse(
                    access=self.access,
                    source=Source.IMPORT,
                    adjustment=adjustment,
                    note=f"Undone: import of {self.run.file_name}"[:500],
                )
            except Conflict as conflict:
                # Somebody has reversed it by hand, or it has changed nothing: there is nothing left to do.
                if conflict.code not in ("ALREADY_REVERSED", "NOTHING_TO_REVERSE"):
                    raise
            except Refusal as refusal:
                words = "; ".join(problem.detail for problem in refusal.problems[:3]) or refusal.detail
                return {row.number: ("", f"the goods have left since: {words}"[:500]) for row in rows}
            # The same file may be imported again.
            ImportedLine.objects.filter(organization=self.organization, document_id=key).delete()
        return {}


def joined(judged: Judged, other: Judged) -> Judged:
    return Judged({**judged.good, **other.good}, {**judged.bad, **other.bad})
