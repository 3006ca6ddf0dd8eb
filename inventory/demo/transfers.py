"""The demonstration's transfers: one in each state, between the warehouses and the shop."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Final

from inventory.demo.documented import FIXED, STORE, WAREHOUSE_A, key_of
from inventory.formulas import StockStatus
from inventory.models import Sku, StockLevel, Transfer
from inventory.transfers import (
    Receipt,
    WantedLine,
    cancel_transfer,
    create_transfer,
    receive_transfer,
    ship_transfer,
)
from warehouses import transactions
from warehouses.access import Access, access_of_system
from warehouses.actors import Actor, ActorType
from warehouses.models import Membership, Organization, RoomType, Warehouse

__all__ = ["TRANSFER", "add_transfers", "manager_of"]

#: The draft that the documentation names.
TRANSFER: Final = "trf_01hx000000e008000000000011"
#: Units that a level has left beyond its reorder point, so that a transfer does not change what it looks like.
_PLENTY: Final = 40
_ARTICLES: Final = 9


def add_transfers(*, organization: Organization, now: datetime) -> None:
    """Make them through the product's own door: what they ship is of today's stock."""
    access = manager_of(organization)
    first = Warehouse.objects.get(pk=key_of(WAREHOUSE_A))
    shop = Warehouse.objects.get(pk=key_of(STORE))
    transactions.run(partial(_draft, access, first, shop, now))
    skus = _plentiful(first)
    second = Warehouse.objects.filter(organization=organization, name="Warehouse B").first()
    if second is None or len(skus) < _ARTICLES:
        return  # a demonstration without an assortment
    transactions.run(partial(_on_the_road, access, first, second, skus[:2], now))
    transactions.run(partial(_half_arrived, access, first, second, skus[2:4], now))
    transactions.run(partial(_arrived_short, access, first, second, skus[4:6], now))
    transactions.run(partial(_arrived, access, first, shop, skus[6:7], now))
    transactions.run(partial(_called_off, access, first, second, skus[7:8], now))
    transactions.run(partial(_between_bins, access, first, skus[8], now))


def manager_of(organization: Organization) -> Access:
    """The access of the demonstration's warehouse manager; the product's own where there are no people."""
    access = access_of_system(organization)
    member = (
        Membership.objects.filter(organization=organization, user__email__startswith="manager@")
        .select_related("user")
        .first()
    )
    if member is None:
        return access
    return replace(access, actor=Actor(ActorType.USER, member.user.pk, member.user.email))


def _draft(access: Access, first: Warehouse, shop: Warehouse, now: datetime) -> None:
    sku = Sku.objects.get(organization=access.organization, code="SKU-002")
    create_transfer(
        access=access,
        from_warehouse=first,
        to_warehouse=shop,
        lines=[WantedLine(sku, 24)],
        note="The shop runs short of the large bottles",
        reference="TO-2026-0118",
        expected_on=access.organization.today() + timedelta(days=4),
        key=key_of(TRANSFER),
        created_at=now - timedelta(hours=3),
    )


def _on_the_road(access: Access, first: Warehouse, second: Warehouse, skus: list[Sku], now: datetime) -> None:
    _shipped(access, first, second, skus, (12, 8), "TO-2026-0117", now - timedelta(hours=20))


def _half_arrived(
    access: Access, first: Warehouse, second: Warehouse, skus: list[Sku], now: datetime
) -> None:
    transfer = _shipped(access, first, second, skus, (10, 6), "TO-2026-0115", now - timedelta(days=2))
    lines = list(transfer.lines.order_by("position"))
    receive_transfer(
        access=access,
        transfer=transfer,
        receipts=[Receipt(lines[0].pk, 10), Receipt(lines[1].pk, 2)],
        note="One box is missing; the carrier is looking for it",
        recorded_at=now - timedelta(days=1),
    )


def _arrived_short(
    access: Access, first: Warehouse, second: Warehouse, skus: list[Sku], now: datetime
) -> None:
    transfer = _shipped(access, first, second, skus, (14, 9), "TO-2026-0109", now - timedelta(days=6))
    lines = list(transfer.lines.order_by("position"))
    receive_transfer(
        access=access,
        transfer=transfer,
        receipts=[
            Receipt(lines[0].pk, 12, shortage_reason="Two were broken on the way"),
            Receipt(lines[1].pk, 10, surplus_reason="One more was in the box than on the list"),
        ],
        is_final=True,
        recorded_at=now - timedelta(days=5),
    )


def _arrived(access: Access, first: Warehouse, shop: Warehouse, skus: list[Sku], now: datetime) -> None:
    transfer = _shipped(access, first, shop, skus, (8,), "TO-2026-0104", now - timedelta(days=9))
    receive_transfer(access=access, transfer=transfer, recorded_at=now - timedelta(days=8))


def _called_off(access: Access, first: Warehouse, second: Warehouse, skus: list[Sku], now: datetime) -> None:
    transfer = create_transfer(
        access=access,
        from_warehouse=first,
        to_warehouse=second,
        lines=[WantedLine(skus[0], 30)],
        reference="TO-2026-0112",
        created_at=now - timedelta(days=3),
    )
    cancel_transfer(access=access, transfer=transfer, note="Hamburg has found its own again")


def _between_bins(access: Access, first: Warehouse, sku: Sku, now: datetime) -> None:
    """From the shelf where it lies to one of the reserve."""
    item = sku.levels.get(warehouse=first).items.filter(on_hand__gte=_PLENTY).select_related("bin").first()
    reserve = first.bins.filter(room__room_type=RoomType.STORAGE, stock_items=None, is_default=False).first()
    if item is None or reserve is None:
        return
    create_transfer(
        access=access,
        from_warehouse=first,
        to_warehouse=first,
        lines=[WantedLine(sku, 20, from_bin=item.bin, to_bin=reserve)],
        note="Make room on the lower shelf",
        created_at=now - timedelta(minutes=40),
    )


def _shipped(
    access: Access,
    source: Warehouse,
    destination: Warehouse,
    skus: list[Sku],
    quantities: tuple[int, ...],
    reference: str,
    at: datetime,
) -> Transfer:
    transfer = create_transfer(
        access=access,
        from_warehouse=source,
        to_warehouse=destination,
        lines=[WantedLine(sku, quantity) for sku, quantity in zip(skus, quantities, strict=True)],
        reference=reference,
        expected_on=(at + timedelta(days=2)).date(),
        created_at=at - timedelta(hours=2),
    )
    return ship_transfer(access=access, transfer=transfer, recorded_at=at)


def _plentiful(warehouse: Warehouse) -> list[Sku]:
    levels = StockLevel.objects.filter(
        warehouse=warehouse, status=StockStatus.NORMAL, on_hand__gte=_PLENTY, held=0
    ).exclude(sku__code__in=[fixed.code for fixed in FIXED])
    found = levels.select_related("sku").order_by("-sort_code")
    return [level.sku for level in found if level.available - level.reorder_point >= _PLENTY][:_ARTICLES]
