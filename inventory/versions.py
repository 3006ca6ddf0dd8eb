"""Versions of stock, as an integrator holds them between reading and writing.

A record over one warehouse carries the version of its stock level, one over several the version of the SKU's summary,
which moves with any of its levels.
"""

from __future__ import annotations

from collections.abc import Callable, Collection

from inventory.ledger.posting import Locked
from inventory.models import Sku
from warehouses.models import Warehouse
from warehouses.refusals import Stale

__all__ = ["level_version", "require_version", "summary_version"]


def level_version(version: int) -> str:
    return f"level-{version}"


def summary_version(version: int) -> str:
    return f"sku-{version}"


def require_version(
    *, sku: Sku, warehouse: Warehouse, expected: Collection[str] | None
) -> Callable[[Locked], None]:
    """A precondition for the ledger: the record is still one of the `expected` versions; None: it exists at all.

    Checked once the rows are locked, so that of two writers who read the same version one is refused.
    """

    def check(locked: Locked) -> None:
        level = locked.levels[sku.pk, warehouse.pk]
        current = {level_version(level.version), summary_version(locked.summary_versions[sku.pk])}
        if level.is_new or (expected is not None and current.isdisjoint(expected)):
            raise Stale("PRECONDITION_FAILED", f"{sku.code} has changed since it was read; read it again.")

    return check
