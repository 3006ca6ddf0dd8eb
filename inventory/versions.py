"""Versions of stock, as an integrator holds them between reading and writing.

A record over one warehouse carries the version of its stock level, one over several the version of the SKU's summary,
which moves with any of its levels.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from uuid import UUID

from inventory.ledger.locking import Locked
from inventory.models import Sku
from warehouses.models import Warehouse
from warehouses.refusals import Stale

__all__ = ["level_version", "require_version", "summary_version"]


def level_version(level_id: UUID, version: int) -> str:
    """Names the level too: the same number elsewhere is another version."""
    return f"{level_id.hex}-{version}"


def summary_version(sku_id: UUID, version: int) -> str:
    return f"{sku_id.hex}-{version}"


def require_version(
    *, sku: Sku, warehouse: Warehouse, expected: Collection[str] | None
) -> Callable[[Locked], None]:
    """A precondition for the ledger: the record is still one of the `expected` versions; None: it exists at all.

    Checked once the rows are locked, so that of two writers who read the same version one is refused.
    """

    def check(locked: Locked) -> None:
        level = locked.levels[sku.pk, warehouse.pk]
        current = {
            level_version(level.id, level.version),
            summary_version(sku.pk, locked.summary_versions[sku.pk]),
        }
        if level.is_new or (expected is not None and current.isdisjoint(expected)):
            raise Stale("PRECONDITION_FAILED", f"{sku.code} has changed since it was read; read it again.")

    return check
