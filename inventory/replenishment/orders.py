"""Replenishments: units on order for a location, from another location or from a supplier.

One from a supplier is an expected receipt (`inventory.receipts` names it); one from a location is a line of a draft
transfer, and follows that one. `open → received | cancelled`; `inventory.inbound` receives and closes them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from django.db.models import F
from django.utils import timezone

from inventory import statements
from inventory.history import Entry, note, note_all
from inventory.models import (
    Replenishment,
    ReplenishmentSource,
    ReplenishmentState,
    Sku,
    Transfer,
    TransferLine,
)
from inventory.models.sku import MAXIMUM_QUANTITY
from inventory.replenishment.rules import READ, WRITE, Source, same_location
from inventory.resolution import permission_denied
from inventory.transfers import WantedLine, cancel_transfer, create_transfer
from inventory.transitions import require_transition
from warehouses.access import Access
from warehouses.identifiers import decode, new_id
from warehouses.models import Warehouse
from warehouses.models.base import OrganizationQuerySet
from warehouses.refusals import Conflict, Forbidden, InvalidInput, NotFound, Problem, Refusal, gather

__all__ = [
    "ALLOWED",
    "MOST_ORDERS",
    "Order",
    "cancel",
    "find_replenishment",
    "not_found",
    "place_orders",
    "take_back",
    "visible_replenishments",
]

MOST_ORDERS: Final = 500

#: What can be done with a replenishment in each state. It is received by receipts and transfers.
ALLOWED: Final[dict[str, tuple[str, ...]]] = {
    ReplenishmentState.OPEN: ("cancel",),
    ReplenishmentState.RECEIVED: (),
    ReplenishmentState.CANCELLED: (),
}


@dataclass(frozen=True, slots=True)
class Order:
    """So many units of a SKU for a location. `index` is the row of the request, for the problems of a refusal.

    `key` is for a demonstration whose documentation names the record.
    """

    sku: Sku
    warehouse: Warehouse
    quantity: int
    source: Source
    expected_on: date | None = None
    reference: str = ""
    note: str = ""
    index: int | None = None
    key: UUID | None = None


def visible_replenishments(*, access: Access) -> OrganizationQuerySet[Replenishment]:
    """Those of the locations in which the caller has `replenishment.read`. Raises Forbidden `PERMISSION_DENIED`."""
    access.require(READ)
    found: Any = access.narrow(Replenishment.objects.all(), READ)
    rows: OrganizationQuerySet[Replenishment] = found
    return rows


def find_replenishment(*, access: Access, public_id: str, permission: str = READ) -> Replenishment:
    """The replenishment of this id, with all that is shown of it, where the caller has the permission.

    Raises Forbidden `PERMISSION_DENIED`, NotFound `REPLENISHMENT_NOT_FOUND`.
    """
    access.require(permission)
    key = decode(Replenishment.prefix, public_id)
    rows = access.narrow(Replenishment.objects.all(), permission)
    rows = rows.select_related("sku", "warehouse", "transfer_line__transfer__from_warehouse")
    found = rows.filter(pk=key).first() if key is not None else None
    if found is None:
        raise not_found()
    return found


def place_orders(
    *, access: Access, orders: Sequence[Order], at: datetime | None = None
) -> list[Replenishment]:
    """Put units on order, all or nothing; the records, in the order of `orders`.

    Orders from one location for another that are expected on the same day are lines of one draft transfer. Needs
    `replenishment.write` at each destination, `transfers.write` at both ends of a transfer, and a transaction of the
    caller's. Four statements, and those of `create_transfer` for each transfer.

    Raises, naming every bad order: Forbidden `PERMISSION_DENIED`, `READONLY_WAREHOUSE` (nothing can be received
    there), Conflict `WAREHOUSE_INACTIVE`, RuleBroken `SAME_LOCATION`, InvalidInput `INVALID_QUANTITY`, `INVALID_INPUT`
    (no supplier, or no location to come from).
    """
    access.require(WRITE)
    if not 0 < len(orders) <= MOST_ORDERS:
        raise InvalidInput("INVALID_REQUEST", f"Order 1 to {MOST_ORDERS} at once.")
    faults = [fault for order in orders if (fault := _fault_of(access, order)) is not None]
    if faults:
        raise gather(faults)
    lines = _draft_transfers(access, orders, at)
    now = at or timezone.now()
    actor = access.actor
    made = [
        Replenishment(
            pk=order.key or new_id(),
            organization=access.organization,
            sku=order.sku,
            warehouse=order.warehouse,
            quantity=order.quantity,
            source_type=order.source.type.value,
            transfer_line=lines.get(place),
            supplier=order.source.name,
            expected_on=order.expected_on,
            reference=order.reference,
            note=order.note,
            actor_type=actor.type,
            actor_id=actor.id,
            actor_name=actor.name,
            created_at=now,
        )
        for place, order in enumerate(orders)
    ]
    fields = [field.name for field in Replenishment._meta.concrete_fields]
    columns = [field.attname for field in Replenishment._meta.concrete_fields]
    statements.insert(
        Replenishment, fields, [[getattr(record, column) for column in columns] for record in made]
    )
    entries = [
        Entry(record, "create", record.state, quantity=record.quantity, reason=record.note) for record in made
    ]
    note_all(organization=access.organization, actor=actor, entries=entries, at=now)
    return made


def cancel(
    *,
    access: Access,
    replenishment: Replenishment,
    reason: str = "",
    condition: Callable[[Replenishment], None] | None = None,
) -> None:
    """Expect what is still open of an order no more. What has come of it stays received.

    The draft transfer of one from another location is cancelled with it. Needs `replenishment.write` at the
    destination, for a transfer `transfers.write` at its source too, and a transaction of the caller's. Locks the
    transfer, then the replenishment, which `condition` sees.

    Raises NotFound `REPLENISHMENT_NOT_FOUND`, Conflict `INVALID_TRANSITION` (it is closed, or its transfer has been
    shipped), `TRANSFER_SHARED` (other orders are on the same transfer).
    """
    access.require(WRITE)
    if not access.covers(WRITE, replenishment.warehouse_id):
        raise not_found()
    transfer = _lock_transfer(replenishment)
    rows = Replenishment.objects.select_for_update(of=("self",), no_key=True)
    locked = rows.filter(pk=replenishment.pk, organization=access.organization).first()
    if locked is None:
        raise not_found()
    if condition is not None:
        condition(locked)
    require_transition(locked, action="cancel", state=locked.state, allowed=ALLOWED[locked.state])
    if transfer is not None:
        others = TransferLine.objects.filter(transfer=transfer).exclude(replenishment=locked)
        if others.exists():
            raise Conflict(
                "TRANSFER_SHARED",
                f"{transfer.public_id} brings other goods too: cancel the transfer, and all that is on it.",
                extra={"transferId": transfer.public_id},
            )
        cancel_transfer(access=access, transfer=transfer, note=reason)
        return
    now = timezone.now()
    locked.state = ReplenishmentState.CANCELLED
    locked.version += 1
    locked.closed_at = now
    locked.save(update_fields=["state", "version", "closed_at"])
    note(
        organization=access.organization,
        actor=access.actor,
        subject=locked,
        action="cancel",
        from_state=ReplenishmentState.OPEN,
        to_state=ReplenishmentState.CANCELLED,
        at=now,
        quantity=locked.quantity - locked.received,
        reason=reason,
    )


def take_back(*, access: Access, keys: Collection[UUID], reason: str = "") -> int:
    """Cancel orders that were placed together, all or none of them; how many.

    Needs what `cancel` needs, for each, and a transaction of the caller's. Locks the transfers, then the orders, each
    by key. Raises what `cancel` raises; `TRANSFER_SHARED` only where a transfer carries what is not of `keys`.
    """
    access.require(WRITE)
    mine = Replenishment.objects.order_by("pk").filter(organization=access.organization, pk__in=keys)
    carried = TransferLine.objects.filter(replenishment__in=mine)
    transfers = list(
        Transfer.objects.select_for_update(of=("self",), no_key=True)
        .filter(pk__in=carried.values("transfer"))
        .select_related("from_warehouse", "to_warehouse")
        .order_by("pk")
    )
    locked = list(mine.select_for_update(of=("self",), no_key=True))
    if len(locked) < len(set(keys)) or not all(access.covers(WRITE, row.warehouse_id) for row in locked):
        raise not_found()
    for row in locked:
        require_transition(row, action="cancel", state=row.state, allowed=ALLOWED[row.state])
    if TransferLine.objects.filter(transfer__in=transfers).exclude(replenishment__in=locked).exists():
        raise Conflict(
            "TRANSFER_SHARED", "A transfer brings other goods too: cancel it, and all that is on it."
        )
    for transfer in transfers:
        cancel_transfer(access=access, transfer=transfer, note=reason)
    ordered = [row for row in locked if row.transfer_line_id is None]
    now = timezone.now()
    Replenishment.objects.filter(pk__in=[row.pk for row in ordered]).update(
        state=ReplenishmentState.CANCELLED, version=F("version") + 1, closed_at=now
    )
    note_all(
        organization=access.organization,
        actor=access.actor,
        entries=[
            Entry(
                row,
                "cancel",
                from_state=ReplenishmentState.OPEN,
                to_state=ReplenishmentState.CANCELLED,
                quantity=row.quantity - row.received,
                reason=reason,
            )
            for row in ordered
        ],
        at=now,
    )
    return len(locked)


def not_found() -> NotFound:
    return NotFound("REPLENISHMENT_NOT_FOUND", "There is no such replenishment.")


def _lock_transfer(replenishment: Replenishment) -> Transfer | None:
    """The transfer that carries it; which one never changes."""
    if replenishment.transfer_line_id is None:
        return None
    rows = Transfer.objects.select_for_update(of=("self",), no_key=True)
    return rows.get(lines=replenishment.transfer_line_id)


def _draft_transfers(access: Access, orders: Sequence[Order], at: datetime | None) -> dict[int, TransferLine]:
    """The transfer lines of the orders from other locations, by the place of the order."""
    together: dict[tuple[UUID, UUID, date | None], list[int]] = defaultdict(list)
    for place, order in enumerate(orders):
        origin = order.source.from_warehouse
        if order.source.type is ReplenishmentSource.TRANSFER and origin is not None:
            together[origin.pk, order.warehouse.pk, order.expected_on].append(place)
    lines: dict[int, TransferLine] = {}
    for places in together.values():
        first = orders[places[0]]
        origin = first.source.from_warehouse
        if origin is None:
            raise ValueError("An order of a transfer has a location that it comes from.")
        transfer = create_transfer(
            access=access,
            from_warehouse=origin,
            to_warehouse=first.warehouse,
            lines=[
                WantedLine(orders[place].sku, orders[place].quantity, index=orders[place].index or 0)
                for place in places
            ],
            note=first.note if len(places) == 1 else "",
            reference=first.reference if len(places) == 1 else "",
            expected_on=first.expected_on,
            created_at=at,
        )
        lines |= dict(zip(places, transfer.lines.order_by("position"), strict=True))
    return lines


def _fault_of(access: Access, order: Order) -> Refusal | None:
    place, source = order.warehouse, order.source
    if place.organization_id != access.organization.pk:
        raise ValueError("An order names a location of another organization.")
    if not access.covers(WRITE, place.pk):
        return permission_denied(WRITE, place, order.index)
    if place.is_readonly:
        return _refuse(
            order,
            Forbidden,
            "READONLY_WAREHOUSE",
            f"{place.name} is read-only: nothing can be received there.",
            "warehouse",
        )
    if not place.is_active:
        detail = f"{place.name} is inactive: its stock cannot change."
        return _refuse(order, Conflict, "WAREHOUSE_INACTIVE", detail, "warehouse")
    if not 0 < order.quantity <= MAXIMUM_QUANTITY:
        detail = f"A quantity is from 1 to {MAXIMUM_QUANTITY:,} units."
        return _refuse(order, InvalidInput, "INVALID_QUANTITY", detail, "quantity")
    if source.type is ReplenishmentSource.TRANSFER:
        if source.from_warehouse is None:
            detail = f"Say which location {order.sku.code} comes from."
            return _refuse(order, InvalidInput, "INVALID_INPUT", detail, "from_warehouse")
        if source.from_warehouse == place:
            return same_location(place, order.index)
    elif not source.name.strip():
        return _refuse(
            order, InvalidInput, "INVALID_INPUT", f"Say who supplies {order.sku.code}.", "supplier"
        )
    return None


def _refuse(order: Order, category: type[Refusal], code: str, detail: str, field: str) -> Refusal:
    return category(code, detail, problems=[Problem(code, detail, order.index, field)])
