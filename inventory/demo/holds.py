"""The demonstration's holds: goods that somebody wants to look at before they leave."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Final

from inventory.demo.documented import WAREHOUSE_A, key_of
from inventory.formulas import StockStatus
from inventory.holds import create_hold, release_hold
from inventory.models import LotState, Sku, StockItem
from warehouses import transactions
from warehouses.access import Access, access_of_system
from warehouses.actors import Actor, ActorType
from warehouses.models import Membership, Organization, Warehouse

__all__ = ["HOLD", "add_holds"]

#: What the documentation's examples name.
HOLD: Final = "hold_01hx000000e008000000000011"
_PLENTY: Final = 40
_LOTS: Final = 3


def add_holds(*, organization: Organization, now: datetime) -> None:
    """Make them through the product's own door: all of them stand on the stock of today."""
    access = _manager(organization)
    transactions.run(lambda: _hold_balm(access))
    items = (
        StockItem.objects.filter(
            organization=organization,
            lot__state=LotState.ACTIVE,
            lot__expires_on__gt=organization.today(),
            on_hand__gte=_PLENTY,
            level__status=StockStatus.NORMAL,
            level__warehouse__is_readonly=False,
        )
        .select_related("sku", "warehouse", "lot")
        .order_by("sku__code_key", "pk")
    )
    for number, item in enumerate(items[: _LOTS * 7 : 7]):
        transactions.run(partial(_hold_lot, access, item, number))


def _hold_balm(access: Access) -> None:
    create_hold(
        access=access,
        sku=Sku.objects.get(organization=access.organization, code="REGEN-003"),
        warehouse=Warehouse.objects.get(pk=key_of(WAREHOUSE_A)),
        quantity=8,
        reason="Leaking caps, waiting for the supplier",
        reference="QI-2026-014",
        key=key_of(HOLD),
    )


def _hold_lot(access: Access, item: StockItem, number: int) -> None:
    hold = create_hold(
        access=access,
        sku=item.sku,
        warehouse=item.warehouse,
        lot=item.lot,
        quantity=6 + 2 * number,
        reason="Sample is being tested",
        reference=f"QI-2026-{15 + number:03d}",
    )
    if number == 0:
        release_hold(access=access, hold=hold, quantity=4, note="Four were sealed and are sound")
    elif number == 1:
        release_hold(access=access, hold=hold, note="The test found nothing")


def _manager(organization: Organization) -> Access:
    access = access_of_system(organization)
    member = (
        Membership.objects.filter(organization=organization, user__email__startswith="manager@")
        .select_related("user")
        .first()
    )
    if member is None:
        return access
    return replace(access, actor=Actor(ActorType.USER, member.user.pk, member.user.email))
