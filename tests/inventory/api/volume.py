"""Many records at once, by raw inserts."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

from inventory import statements
from inventory.models import Movement, Sku, StockItem, StockLevel, StockSummary, sku_key
from tests.factories import make_product, reason
from warehouses.identifiers import new_id
from warehouses.models import Bin, Organization, Warehouse

__all__ = ["make_history", "make_levels", "make_skus"]

_BEGAN = datetime(2026, 1, 1, tzinfo=UTC)
_MOVEMENT = (
    "id organization level stock_item sku warehouse delta level_before level_after item_after level_version"
    " reason_code note reference actor_type actor_name document_type document_id recorded_at"
).split()


def make_skus(organization: Organization, count: int, *, prefix: str = "V-") -> list[str]:
    """The codes of `count` new SKUs of one product, in their order."""
    product = make_product(organization, f"Product of {prefix}")
    defaults = ("each", False, 5, 20, 50, True, _BEGAN)
    codes = [f"{prefix}{number:05d}" for number in range(count)]
    statements.insert(
        Sku,
        (
            "id organization product code code_key title base_unit is_lot_controlled safety_stock reorder_point"
            " reorder_quantity is_active created_at"
        ).split(),
        [
            (new_id(), organization.pk, product.pk, code, sku_key(code), f"Title of {code}", *defaults)
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
    hours: int = 0,
) -> None:
    """Stock of SKUs made by `make_skus` in each of `warehouses`: 100 units, but for one SKU in `every`, which has 10.

    It came `hours` after the beginning of 2026, one SKU a second. Safety stock is 5 and the reorder point 20, so that
    these few are low. One movement for each level, every invariant of the ledger kept.
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
                (
                    level,
                    organization.pk,
                    sku.pk,
                    warehouse.pk,
                    sku.code_key,
                    quantity,
                    0,
                    0,
                    5,
                    20,
                    50,
                    1,
                    _BEGAN,
                )
            )
            when = _BEGAN + timedelta(hours=hours, seconds=number)
            items.append((item, organization.pk, *place, bins[warehouse.pk], quantity, 0, when, when))
            what = (new_id(), organization.pk, level, item, sku.pk, warehouse.pk)
            quantities = (quantity, 0, quantity, quantity, 1)
            movements.append(
                (*what, *quantities, why.pk, "", "", "system", "system", "adjustment", new_id(), when)
            )
        several = len(warehouses)
        summaries.append(
            (
                sku.pk,
                organization.pk,
                sku.code_key,
                quantity * several,
                0,
                0,
                5 * several,
                20 * several,
                1,
                _BEGAN,
            )
        )
    columns = "on_hand reserved held safety_stock reorder_point"
    statements.insert(
        StockLevel,
        f"id organization sku warehouse sort_code {columns} reorder_quantity version updated_at".split(),
        levels,
    )
    statements.insert(
        StockItem, "id organization level sku warehouse bin on_hand held created_at updated_at".split(), items
    )
    statements.insert(
        StockSummary, f"sku organization sort_code {columns} version updated_at".split(), summaries
    )
    statements.insert(
        Movement,
        _MOVEMENT,
        movements,
    )


def make_history(organization: Organization, code: str, warehouses: Sequence[Warehouse], count: int) -> None:
    """`count` movements of one unit, out and in again, for a SKU made by `make_levels`: one an hour, by turns in each
    warehouse. The level ends as it was."""
    levels = {
        level.warehouse_id: level
        for level in StockLevel.objects.filter(
            sku__code=code, organization=organization, warehouse__in=warehouses
        )
    }
    items = {item.warehouse_id: item for item in StockItem.objects.filter(level__in=levels.values())}
    why = reason(organization)
    made: list[tuple[object, ...]] = []
    for number in range(count):
        level = levels[warehouses[number % len(warehouses)].pk]
        delta = -1 if level.version % 2 else 1
        before = level.on_hand
        level.on_hand += delta
        level.version += 1
        item = items[level.warehouse_id]
        what = (new_id(), organization.pk, level.pk, item.pk, level.sku_id, level.warehouse_id)
        quantities = (delta, before, level.on_hand, level.on_hand, level.version)
        when = _BEGAN + timedelta(hours=1 + number)
        made.append((*what, *quantities, why.pk, "", "", "system", "system", "adjustment", new_id(), when))
    statements.insert(Movement, _MOVEMENT, made)
    for level in levels.values():
        on_hand = {"on_hand": level.on_hand, "updated_at": _BEGAN + timedelta(hours=count)}
        StockLevel.objects.filter(pk=level.pk).update(version=level.version, **on_hand)
        StockItem.objects.filter(level=level).update(**on_hand)
    total = sum(level.on_hand for level in levels.values())
    StockSummary.objects.filter(sku__code=code, organization=organization).update(on_hand=total)
