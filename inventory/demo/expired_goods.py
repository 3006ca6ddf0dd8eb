"""The demonstration's expired goods, and one record of goods that were destroyed."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import Final, NamedTuple

from inventory.adjustments import adjust
from inventory.catalogue.own_barcodes import internal_ean13
from inventory.demo.documented import WAREHOUSE_A, key_of
from inventory.expiry.destruction import destroy
from inventory.expiry.lines import WantedUnits
from inventory.expiry.nightly import expire_lots_of
from inventory.ledger import Line
from inventory.models import AdjustmentKind, Barcode, Category, Lot, Product, ReasonCode, Sku, Source
from warehouses import transactions
from warehouses.access import Access, access_of_system
from warehouses.actors import Actor, ActorType
from warehouses.models import Bin, Membership, Organization, RoomType, Warehouse

__all__ = [
    "DESTRUCTION",
    "ITEM_OF_FRESH_LOT",
    "ITEM_OF_PAST_LOT",
    "ITEM_OF_SOON_LOT",
    "LOT",
    "LOT_CODE",
    "LOT_UNUSED",
    "SKU_OF_LOTS",
    "add_expired_goods",
]

#: What the documentation's examples name: a SKU with a lot that keeps, one that soon expires, one that has, and one
#: that never came.
SKU_OF_LOTS: Final = "VITA-GUM-60"
LOT: Final = "lot_01hx000000e008000000000061"
LOT_CODE: Final = "VG-2207"
LOT_UNUSED: Final = "lot_01hx000000e008000000000064"
ITEM_OF_FRESH_LOT: Final = "inv_01hx000000e008000000000061"
ITEM_OF_SOON_LOT: Final = "inv_01hx000000e008000000000062"
ITEM_OF_PAST_LOT: Final = "inv_01hx000000e008000000000063"
DESTRUCTION: Final = "dst_01hx000000e008000000000065"

_BARCODE_NUMBER: Final = 9_061


class _Delivery(NamedTuple):
    """`expires_in` counts from today. Without an item none of it came."""

    lot: str
    code: str
    expires_in: int
    units: int = 0
    item: str | None = None


_DELIVERIES: Final = (
    _Delivery(LOT, LOT_CODE, 210, 60, ITEM_OF_FRESH_LOT),
    _Delivery("lot_01hx000000e008000000000062", "VG-2144", 12, 48, ITEM_OF_SOON_LOT),
    _Delivery("lot_01hx000000e008000000000063", "VG-2098", -9, 30, ITEM_OF_PAST_LOT),
    _Delivery(LOT_UNUSED, "VG-2231", 300),
)


def add_expired_goods(*, organization: Organization, now: datetime) -> None:
    """Gummies in four lots, six of which were destroyed the day before yesterday; and last night's change of state."""
    access = _manager(organization)
    warehouse = Warehouse.objects.get(pk=key_of(WAREHOUSE_A))
    sku = _gummies(organization)
    received = now - timedelta(days=75)
    lots = {each.lot: _lot(sku, each, received) for each in _DELIVERIES}
    reason = ReasonCode.objects.get(organization=organization, code_key="supplier_receipt")
    shelf = _empty_shelf(warehouse)
    lines = [
        Line(
            sku=sku,
            warehouse=warehouse,
            quantity=each.units,
            reason=reason,
            bin=shelf,
            lot=lots[each.lot],
            new_item_id=key_of(each.item),
            reference="PO-2026-1904",
            note="Three lots on one pallet",
        )
        for each in _DELIVERIES
        if each.item is not None
    ]
    transactions.run(
        partial(
            adjust,
            organization=organization,
            actor=access.actor,
            source=Source.ADMIN,
            kind=AdjustmentKind.RECEIPT,
            lines=lines,
            reference="PO-2026-1904",
            recorded_at=received,
        )
    )
    transactions.run(
        partial(
            destroy,
            access=access,
            lines=[WantedUnits(ITEM_OF_PAST_LOT, 6)],
            reason="Past their date and stuck together",
            note="Collected by the waste disposal on Friday",
            key=key_of(DESTRUCTION),
            recorded_at=now - timedelta(days=2),
        )
    )
    expire_lots_of(organization, now)


def _gummies(organization: Organization) -> Sku:
    product = Product.objects.create(
        organization=organization,
        name="Vitamin gummies",
        category=Category.objects.filter(organization=organization, name="Wellness").first(),
    )
    sku = Sku.objects.create(
        organization=organization,
        product=product,
        code=SKU_OF_LOTS,
        title="Vitamin gummies, 60 pieces",
        unit_cost=Decimal("3.85"),
        unit_price=Decimal("9.90"),
        is_lot_controlled=True,
        safety_stock=6,
        reorder_point=20,
        reorder_quantity=60,
    )
    Barcode.objects.create(organization=organization, sku=sku, code=internal_ean13(_BARCODE_NUMBER))
    return sku


def _lot(sku: Sku, delivery: _Delivery, received: datetime) -> Lot:
    return Lot.objects.create(
        pk=key_of(delivery.lot),
        organization=sku.organization,
        sku=sku,
        code=delivery.code,
        expires_on=sku.organization.today() + timedelta(days=delivery.expires_in),
        received_at=received,
    )


def _empty_shelf(warehouse: Warehouse) -> Bin:
    """The last shelf of the walk on which nothing lies."""
    shelves = Bin.objects.filter(warehouse=warehouse, room__room_type=RoomType.STORAGE, is_default=False)
    found = shelves.exclude(stock_items__on_hand__gt=0).order_by("-pick_sequence").first()
    if found is None:
        raise LookupError("Every shelf of the demonstration is full.")
    return found


def _manager(organization: Organization) -> Access:
    """With everything in hand, under the name of the manager where there is one."""
    access = access_of_system(organization)
    member = (
        Membership.objects.filter(organization=organization, user__email__startswith="manager@")
        .select_related("user")
        .first()
    )
    if member is None:
        return access
    return replace(access, actor=Actor(ActorType.USER, member.user.pk, member.user.email))
