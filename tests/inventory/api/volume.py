"""Many records at once, by raw inserts."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

from inventory.ledger import rows
from inventory.models import Movement, Sku, StockItem, StockLevel, StockSummary, sku_key
from tests.factories import make_product, reason
from warehouses.identifiers import new_id
from warehouses.models import Bin, Organization, Warehouse

__all__ = ["make_levels", "make_skus"]

_BEGAN = datetime(2026, 1, 1, tzinfo=UTC)

def make_skus(organization: Organization, count: int, *, prefix: str = "V-") -> list[str]:
    """The codes of `count` new SKUs of one product, in their order."""
    product = make_product(organization, f"Product of {prefix}")
    codes = [f"{prefix}{number:05d}" for number in range(count)]
    rows.insert(
        Sku,
        (
            "id organization product code code_key title base_unit is_lot_controlled safety_stock reorder_point"
            " reorder_quantity is_active created_at"
        ).split(),
        [
            (new_id(), organization.pk, product.pk, code, sku_key(code), f"Title of {code}", "each")
            + (False, 5, 20, 50, True, _BEGAN)
            for code in codes
        ],
    )
    return codes

def make_levels(
    organization: Organization,
    codes: Sequence[str],
    warehouses: Sequence[Warehouse],
    *,
    every: int = 100,
) -> None:
    """Stock of SKUs made by `make_skus` in each of `warehouses`: 100 units, but for one SKU in `every`, which has 10.

    Safety stock is 5 and the reorder point 20, so that these few are low. One movement for each level, every invariant
    of the ledger kept.
    """
    skus = {sku.code: sku for sku in Sku.objects.filter(organization=organization, code__in=codes)}
    bins: dict[UUID, UUID] = dict(
        Bin.objects.filter(warehouse__in=warehouses, is_default=True).values_list("warehouse_id", "pk")
    )
    why = reason(organization)
    levels: list[tuple[object, ...]] = []
    items: list[tuple[object, ...]] = []
    movements: list[tuple[object, ...]] = []
    summaries: list[tuple[object, ...]] = []
    for number, code in enumerate(codes):
        sku = skus[code]
        quantity = 10 if number % every == 0 else 100
        for warehouse in warehouses:
            level, item = new_id(), new_id()
            place = (level, sku.pk, warehouse.pk)
            levels.append(
                (level, organization.pk, sku.pk, warehouse.pk, sku.code_key, quantity, 0, 0, 5, 20, 50, 1, _BEGAN)
            )
            items.append((item, organization.pk, *place, bins[warehouse.pk], quantity, 0, _BEGAN))
            movements.append(
                (new_id(), organization.pk, level, item, sku.pk, warehouse.pk, quantity, 0, quantity, quantity, 1)
                + (why.pk, "", "", "system", "system", "adjustment", new_id(), _BEGAN + timedelta(seconds=number))
            )
        several = len(warehouses)
        summaries.append(
            (sku.pk, organization.pk, sku.code_key, quantity * several, 0, 0, 5 * several, 20 * several, 1, _BEGAN)
        )
    quantities = "on_hand reserved held safety_stock reorder_point"
    rows.insert(
        StockLevel,
        f"id organization sku warehouse sort_code {quantities} reorder_quantity version updated_at".split(),
        levels,
    )
    rows.insert(
        StockItem, "id organization level sku warehouse bin on_hand held updated_at".split(), items
    )
    rows.insert(StockSummary, f"sku organization sort_code {quantities} version updated_at".split(), summaries)
    rows.insert(
        Movement,
        (
            "id organization level stock_item sku warehouse delta level_before level_after item_after level_version"
            " reason_code note reference actor_type actor_name document_type document_id recorded_at"
        ).split(),
        movements,
    )
