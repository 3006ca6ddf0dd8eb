"""The demonstration's replenishment: rules, and what is on order at suppliers and from the first warehouse."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Final

from inventory.demo.documented import STORE, WAREHOUSE_A, key_of
from inventory.demo.transfers import manager_of
from inventory.formulas import StockStatus
from inventory.models import ReplenishmentSource, Sku, Source, StockLevel
from inventory.receipts import Delivered, record_receipt
from inventory.replenishment.orders import Order, place_orders
from inventory.replenishment.rules import Source as Origin
from inventory.replenishment.rules import configure
from warehouses import transactions
from warehouses.access import Access
from warehouses.models import Organization, Warehouse

__all__ = ["ORDER", "TO_CANCEL", "add_replenishment"]

#: The orders that the documentation names: one to look at and to receive, and one to cancel.
ORDER: Final = "rpl_01hx000000e008000000000031"
TO_CANCEL: Final = "rpl_01hx000000e008000000000032"

_REGEN: Final = Origin(ReplenishmentSource.SUPPLIER, name="Regen Labs")
_GLASS: Final = Origin(ReplenishmentSource.SUPPLIER, name="Glashütte Nord")
_SUPPLIERS: Final = ("Nordwaren GmbH", "Alpen Handel AG", "Hansa Import", "Müller & Söhne")
_RULES: Final = 24
_LOW: Final = 3
_UNITS: Final = 48


def add_replenishment(*, organization: Organization, now: datetime) -> None:
    """Make them through the product's own doors. What is only on order changes no stock."""
    access = manager_of(organization)
    first = Warehouse.objects.get(pk=key_of(WAREHOUSE_A))
    shop = Warehouse.objects.get(pk=key_of(STORE))
    transactions.run(partial(_documented, access, first, now))
    _rules_of_the_assortment(access, first, shop)
    low = _levels(first, StockStatus.LOW, _LOW)
    if len(low) < _LOW:
        return  # a demonstration without an assortment
    transactions.run(partial(_on_order, access, low, now))
    transactions.run(partial(_half_delivered, access, first, now))
    transactions.run(partial(_from_the_first_warehouse, access, first, shop, now))


def _documented(access: Access, first: Warehouse, now: datetime) -> None:
    today = access.organization.today()
    skus = {sku.code: sku for sku in Sku.objects.filter(organization=access.organization, code__in=_FIXED)}
    for code, (source, maximum, multiple, lead) in _FIXED.items():
        changes = {"maximum": maximum, "order_multiple": multiple, "lead_time_days": lead}
        configure(access=access, sku=skus[code], warehouse=first, changes=changes, source=source)
    place_orders(
        access=access,
        at=now - timedelta(days=1),
        orders=[
            Order(
                sku=skus["REGEN-002"],
                warehouse=first,
                quantity=80,
                source=_REGEN,
                expected_on=today + timedelta(days=6),
                reference="PO-2026-0311",
                key=key_of(ORDER),
            ),
            Order(
                sku=skus["REGEN-003"],
                warehouse=first,
                quantity=60,
                source=_REGEN,
                expected_on=today + timedelta(days=6),
                reference="PO-2026-0312",
                key=key_of(TO_CANCEL),
            ),
        ],
    )


#: Where each is ordered, its maximum, order multiple and lead time.
_FIXED: Final[dict[str, tuple[Origin, int | None, int, int]]] = {
    "REGEN-001": (_REGEN, None, 1, 7),
    "REGEN-002": (_REGEN, 200, 10, 7),
    "REGEN-003": (_REGEN, 120, 10, 7),
    "SKU-001": (_GLASS, None, 24, 21),
    "SKU-002": (_GLASS, 400, 24, 21),
}


def _rules_of_the_assortment(access: Access, first: Warehouse, shop: Warehouse) -> None:
    """The first warehouse buys, the shop is filled from there."""
    here = Origin(ReplenishmentSource.TRANSFER, first)
    for place, level in enumerate(_levels(first, None, _RULES)):
        supplier = Origin(ReplenishmentSource.SUPPLIER, name=_SUPPLIERS[place % len(_SUPPLIERS)])
        changes = {"lead_time_days": 7 + 7 * (place % 3), "order_multiple": (1, 6, 12)[place % 3]}
        transactions.run(
            partial(
                configure, access=access, sku=level.sku, warehouse=first, changes=changes, source=supplier
            )
        )
    for level in _levels(shop, None, _RULES):
        changes = {"lead_time_days": 2, "window_days": 14}
        transactions.run(
            partial(configure, access=access, sku=level.sku, warehouse=shop, changes=changes, source=here)
        )


def _on_order(access: Access, low: Sequence[StockLevel], now: datetime) -> None:
    today = access.organization.today()
    orders = [
        Order(
            sku=level.sku,
            warehouse=level.warehouse,
            quantity=_UNITS * (place + 1),
            source=Origin(ReplenishmentSource.SUPPLIER, name=_SUPPLIERS[place]),
            expected_on=today + timedelta(days=2 + 3 * place),
            reference=f"PO-2026-03{place + 20}",
        )
        for place, level in enumerate(low)
    ]
    place_orders(access=access, orders=orders, at=now - timedelta(days=3))


def _half_delivered(access: Access, first: Warehouse, now: datetime) -> None:
    """The lorry had room for a part of it only."""
    level = _levels(first, StockStatus.NORMAL, 1)[0]
    source = Origin(ReplenishmentSource.SUPPLIER, name=_SUPPLIERS[0])
    wanted = Order(
        sku=level.sku,
        warehouse=first,
        quantity=2 * _UNITS,
        source=source,
        expected_on=access.organization.today(),
        reference="PO-2026-0298",
    )
    (order,) = place_orders(access=access, orders=[wanted], at=now - timedelta(days=8))
    record_receipt(
        access=access,
        source=Source.ADMIN,
        warehouse=first,
        lines=[Delivered(level.sku, _UNITS, replenishment=order.pk)],
        note="The rest comes next week",
        reference="DN-88121",
        recorded_at=now - timedelta(days=1),
    )


def _from_the_first_warehouse(access: Access, first: Warehouse, shop: Warehouse, now: datetime) -> None:
    """One transfer brings all that the shop has ordered for one day."""
    here = Origin(ReplenishmentSource.TRANSFER, first)
    tomorrow = access.organization.today() + timedelta(days=1)
    orders = [
        Order(level.sku, shop, 6 + 2 * place, here, expected_on=tomorrow)
        for place, level in enumerate(_levels(shop, StockStatus.LOW, 2))
    ]
    if orders:
        place_orders(access=access, orders=orders, at=now - timedelta(hours=2))


def _levels(warehouse: Warehouse, status: StockStatus | None, most: int) -> list[StockLevel]:
    """Levels of the assortment, without lots, by code: no documented SKU is among them."""
    rows = StockLevel.objects.filter(warehouse=warehouse, sku__is_lot_controlled=False)
    rows = rows.exclude(sku__code__in=[*_FIXED, "BD-EIGHTH-001"])
    if status is not None:
        rows = rows.filter(status=status)
    return list(rows.select_related("sku", "warehouse").order_by("sort_code")[:most])
