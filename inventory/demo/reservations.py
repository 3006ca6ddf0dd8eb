"""The demonstration's reservations: orders that are being packed, and some that were called off."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final, NamedTuple
from uuid import UUID

from inventory.demo.documented import FBA_EU, FIXED, WAREHOUSE_A, key_of
from inventory.formulas import StockStatus
from inventory.models import Sku, StockLevel
from inventory.reservations import create_reservation, release_reservation
from warehouses import transactions
from warehouses.access import Access, access_of_system
from warehouses.actors import Actor, ActorType
from warehouses.models import ApiKey, Organization, Warehouse

__all__ = ["RESERVATION", "add_reservations"]

#: What the documentation's examples name.
RESERVATION: Final = "rsv_01hx000000e008000000000010"


class _Promise(NamedTuple):
    """`hours` after now it runs out, if it does."""

    sku: str
    place: str
    quantity: int
    reference: str
    hours: int | None = None
    note: str = ""
    public_id: str | None = None
    is_called_off: bool = False


# Together what nexus's documented example shows of SKU-001: 18 and 5 units.
_PROMISES: Final = (
    _Promise("SKU-001", WAREHOUSE_A, 12, "SO-104187", note="Trade order, leaves with the next truck"),
    _Promise("SKU-001", WAREHOUSE_A, 6, "SO-104190"),
    _Promise("SKU-001", FBA_EU, 5, "AMZ-305-7718093", note="Being packed by the marketplace"),
    _Promise("SKU-002", WAREHOUSE_A, 6, "SO-104211", 72, "To be collected on Friday", public_id=RESERVATION),
    _Promise("SKU-002", WAREHOUSE_A, 3, "CART-88213", 2, "In a shopping cart"),
    _Promise("REGEN-002", WAREHOUSE_A, 4, "SO-104195", note="Payment failed", is_called_off=True),
)
_CODES: Final = [fixed.code for fixed in FIXED]
_MORE: Final = 12
#: Units that such a level has at least, so that a promise does not change what it looks like.
_PLENTY: Final = 40


def add_reservations(*, organization: Organization, now: datetime) -> None:
    """Make them through the product's own door: all of them stand on the stock of today."""
    access = _web_shop(organization)
    skus = {sku.code: sku for sku in Sku.objects.filter(organization=organization, code__in=_CODES)}
    for promise in _PROMISES:
        warehouse = Warehouse.objects.get(pk=key_of(promise.place))
        key = key_of(promise.public_id) if promise.public_id else None
        _reserve(access, skus[promise.sku], warehouse, promise, now, key)
    levels = StockLevel.objects.filter(
        organization=organization,
        warehouse__is_readonly=False,
        sku__is_lot_controlled=False,
        status=StockStatus.NORMAL,
        on_hand__gte=_PLENTY,
    ).exclude(sku__code__in=_CODES)
    found = levels.select_related("sku", "warehouse").order_by("sort_code", "warehouse__name")
    for number, level in enumerate(found[: _MORE * 10 : 10]):
        if level.on_hand - level.reorder_point < _PLENTY:
            continue
        promise = _Promise("", "", 1 + number % 4, f"SO-{104_212 + number}", 6 + 11 * number)
        _reserve(access, level.sku, level.warehouse, promise, now, None)


def _reserve(
    access: Access, sku: Sku, warehouse: Warehouse, promise: _Promise, now: datetime, key: UUID | None
) -> None:
    expires_at = now + timedelta(hours=promise.hours) if promise.hours is not None else None
    # A read-only warehouse's promises are the marketplace's own.
    by = access_of_system(access.organization) if warehouse.is_readonly else access

    def work() -> None:
        reservation = create_reservation(
            access=by,
            sku=sku,
            warehouse=warehouse,
            quantity=promise.quantity,
            reference=promise.reference,
            expires_at=expires_at,
            note="" if promise.is_called_off else promise.note,
            by_sync=warehouse.is_readonly,
            key=key,
        )
        if promise.is_called_off:
            release_reservation(access=by, reservation=reservation, note=promise.note)

    transactions.run(work)


def _web_shop(organization: Organization) -> Access:
    access = access_of_system(organization)
    key = ApiKey.objects.filter(organization=organization, name="Web shop").first()
    return replace(access, actor=Actor(ActorType.KEY, key.pk, key.name)) if key is not None else access
