"""From the stock items that an integrator names to records that the caller may write; see `inventory.resolution`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from inventory.models import ReasonCode, StockItem
from inventory.reason_codes import find_reason_codes
from inventory.resolution import permission_denied, unknown_reason
from warehouses.access import Access
from warehouses.identifiers import decode
from warehouses.refusals import NotFound, Problem, Refusal

__all__ = ["ResolvedItem", "WantedItem", "item_not_found", "resolve_items"]


@dataclass(frozen=True, slots=True)
class WantedItem:
    """One row of a request: the public id of a stock item, and a reason code."""

    index: int
    item: str
    reason: str


@dataclass(frozen=True, slots=True)
class ResolvedItem:
    """`item` with its SKU, warehouse and bin."""

    item: StockItem
    reason: ReasonCode


def item_not_found(index: int | None = None) -> NotFound:
    """One and the same for every id. `index` is the row of the request; without one the address named the item."""
    detail = "There is no such inventory item."
    if index is None:
        return NotFound("INVENTORY_NOT_FOUND", detail)
    problem = Problem("INVENTORY_NOT_FOUND", detail, index, "stock_item")
    return NotFound("INVENTORY_NOT_FOUND", detail, problems=[problem])


def resolve_items(
    *, access: Access, permission: str, wanted: Sequence[WantedItem]
) -> tuple[dict[int, ResolvedItem], list[Refusal]]:
    """The records behind each row, by its index, and a refusal for each row that has none. Two queries.

    Refusals: `INVENTORY_NOT_FOUND`, `PERMISSION_DENIED` (in a warehouse the caller may read but not write),
    `UNKNOWN_REASON_CODE`.
    """
    access.require(permission)
    organization = access.organization
    keys = {row.item: decode(StockItem.prefix, row.item) for row in wanted}
    items = (
        StockItem.objects.order_by()
        .filter(organization=organization, pk__in={key for key in keys.values() if key is not None})
        .select_related("sku", "warehouse", "bin")
    )
    found = {item.pk: item for item in items}
    reasons = find_reason_codes(organization=organization, codes={row.reason for row in wanted})
    resolved: dict[int, ResolvedItem] = {}
    refused: list[Refusal] = []
    for row in wanted:
        key = keys[row.item]
        item = found.get(key) if key is not None else None
        reason = reasons.get(row.reason.casefold())
        if item is None or not _may_know(access, permission, item):
            refused.append(item_not_found(row.index))
        elif not access.covers(permission, item.warehouse_id):
            refused.append(permission_denied(permission, item.warehouse, row.index))
        elif reason is None:
            refused.append(unknown_reason(row.reason, row.index))
        else:
            resolved[row.index] = ResolvedItem(item, reason)
    return resolved, refused


def _may_know(access: Access, permission: str, item: StockItem) -> bool:
    return any(access.covers(name, item.warehouse_id) for name in (permission, "inventory.read"))
