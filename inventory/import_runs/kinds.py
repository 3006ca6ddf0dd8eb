"""What a row of each kind asks for, does, and how it is undone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from inventory.import_runs.catalogue_rows import CatalogueRows
from inventory.import_runs.movement_rows import MovementRows
from inventory.import_runs.reorder_rows import ReorderRows
from inventory.import_runs.row_work import RowWork
from inventory.import_runs.stock_rows import StockRows
from inventory.models import ImportKind, ImportRun
from warehouses.access import Access
from warehouses.refusals import Forbidden

__all__ = ["KINDS", "kinds_for", "require_kind", "work_of"]

KINDS: Final[Mapping[str, type[RowWork]]] = {
    ImportKind.CATALOGUE.value: CatalogueRows,
    ImportKind.STOCK.value: StockRows,
    ImportKind.MOVEMENTS.value: MovementRows,
    ImportKind.REORDER.value: ReorderRows,
}


def kinds_for(access: Access) -> list[str]:
    """What the caller may import."""
    return [kind for kind, work in KINDS.items() if work.may(access)]


def require_kind(access: Access, kind: str) -> None:
    """Raise Forbidden `PERMISSION_DENIED`."""
    work = KINDS[kind]
    if not work.may(access):
        everywhere = " in the whole organization" if work.is_organization_wide else ""
        raise Forbidden(
            "PERMISSION_DENIED",
            f"This needs the permission {work.permission}{everywhere}.",
            extra={"missing": [work.permission]},
        )


def work_of(run: ImportRun, access: Access) -> RowWork:
    """Raises Forbidden `PERMISSION_DENIED` where the rights have ended since."""
    require_kind(access, run.kind)
    return KINDS[run.kind](run, access)
