"""What is on its way to a location: orders that are open, and transfers in transit.

Replenishments are received and closed here too, by receipts and by the transfers that carry them: it is below both.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db.models import F, Q, QuerySet, Sum

from inventory import statements
from inventory.history import Entry, note_all
from inventory.models import (
    Replenishment,
    ReplenishmentState,
    Transfer,
    TransferLine,
    TransferState,
)
from warehouses.actors import Actor
from warehouses.models import Organization

__all__ = [
    "Inbound",
    "follow_cancelled",
    "follow_lines",
    "inbound_of",
    "inbound_to",
    "lock_replenishments",
    "note_receipts",
    "outstanding",
    "units_in_transit",
    "units_on_order",
]


@dataclass(frozen=True, slots=True)
class Inbound:
    """Units that are expected: on order (from suppliers, or by transfers that are not shipped yet), and in transit."""

    on_order: int = 0
    in_transit: int = 0

    @property
    def total(self) -> int:
        return self.on_order + self.in_transit


def inbound_of(
    *, organization: Organization, warehouse_id: UUID, sku_ids: Collection[UUID] | None = None
) -> dict[UUID, Inbound]:
    """What is inbound there, by SKU; of `sku_ids` alone where they are given. Two queries. Absent: nothing is."""
    on_order = units_on_order(organization, warehouse_id)
    in_transit = units_in_transit(organization, warehouse_id)
    if sku_ids is not None:
        on_order, in_transit = on_order.filter(sku__in=sku_ids), in_transit.filter(sku__in=sku_ids)
    ordered = {sku_id: int(units) for sku_id, units in on_order}
    moving = {sku_id: int(units) for sku_id, units in in_transit}
    return {
        sku_id: Inbound(ordered.get(sku_id, 0), moving.get(sku_id, 0)) for sku_id in ordered.keys() | moving
    }


def inbound_to(*, organization: Organization, places: Collection[tuple[UUID, UUID]]) -> dict[Any, Inbound]:
    """What is inbound to each of `places`, which are (SKU, location). Two queries, none without places."""
    if not places:
        return {}
    sku_ids, warehouse_ids = ({place[part] for place in places} for part in (0, 1))
    on_order = _open_orders(organization).filter(sku__in=sku_ids, warehouse__in=warehouse_ids)
    in_transit = _under_way(organization).filter(sku__in=sku_ids, transfer__to_warehouse__in=warehouse_ids)
    ordered = _by_place(on_order.values_list("sku", "warehouse").annotate(units=Sum(_ORDERED)))
    moving = _by_place(in_transit.values_list("sku", "transfer__to_warehouse").annotate(units=Sum(_MOVING)))
    return {place: Inbound(ordered.get(place, 0), moving.get(place, 0)) for place in places}


def _by_place(rows: QuerySet[Any, Any]) -> dict[tuple[UUID, UUID], int]:
    return {(sku_id, warehouse_id): int(units) for sku_id, warehouse_id, units in rows}


def units_on_order(organization: Organization, warehouse_id: UUID) -> QuerySet[Any, Any]:
    """(SKU, units) of the open orders for a location that no transfer in transit carries yet."""
    rows = _open_orders(organization).filter(warehouse=warehouse_id)
    return rows.values_list("sku").annotate(units=Sum(_ORDERED))


def units_in_transit(organization: Organization, warehouse_id: UUID) -> QuerySet[Any, Any]:
    """(SKU, units) on their way to a location, whether or not somebody ordered them as a replenishment."""
    rows = _under_way(organization).filter(transfer__to_warehouse=warehouse_id)
    return rows.values_list("sku").annotate(units=Sum(_MOVING))


_ORDERED: Final = F("quantity") - F("received")
_MOVING: Final = F("shipped") - F("received") + F("surplus") - F("written_off")


def _open_orders(organization: Organization) -> QuerySet[Replenishment]:
    return Replenishment.objects.order_by().filter(
        Q(transfer_line=None) | Q(transfer_line__transfer__state=TransferState.DRAFT),
        organization=organization,
        state=ReplenishmentState.OPEN,
    )


def _under_way(organization: Organization) -> QuerySet[TransferLine]:
    return TransferLine.objects.order_by().filter(
        transfer__organization=organization, transfer__state=TransferState.IN_TRANSIT
    )


def outstanding(replenishment: Replenishment) -> int:
    """How many units of one order are inbound. Its transfer line and that one's transfer are at hand."""
    if replenishment.state != ReplenishmentState.OPEN:
        return 0
    line = replenishment.transfer_line
    if line is not None and line.transfer.state != TransferState.DRAFT:
        return line.in_transit
    return replenishment.quantity - replenishment.received


# --- receiving


def lock_replenishments(*, organization: Organization, keys: Iterable[UUID]) -> dict[UUID, Replenishment]:
    """The replenishments of `keys` that there are, locked in the order of their keys. One query, none without keys."""
    wanted = set(keys)
    if not wanted:
        return {}
    rows = Replenishment.objects.select_for_update(of=("self",), no_key=True).order_by("pk")
    return {row.pk: row for row in rows.filter(organization=organization, pk__in=wanted)}


@dataclass(frozen=True, slots=True)
class _Step:
    """What happens to one locked replenishment. `state` is the one that it is in afterwards."""

    replenishment: Replenishment
    state: ReplenishmentState
    received: int = 0
    written_off: int = 0
    reason: str = ""

    @property
    def acts(self) -> list[tuple[str, int]]:
        """What its history says: (action, units)."""
        if self.state is ReplenishmentState.CANCELLED:
            return [("cancel", 0)]
        if not self.received and not self.written_off:
            return [("close", 0)]
        return [("receive", self.received), ("write_off", self.written_off)]


def note_receipts(
    *,
    organization: Organization,
    actor: Actor,
    received: Mapping[UUID, int],
    locked: Mapping[UUID, Replenishment],
    document: str,
    at: datetime,
) -> None:
    """Write down that `received` units of each of the `locked` orders have come; what is complete is closed.

    More than was ordered closes an order too; fewer leave it open. `document` is what the history names as the cause.
    Two statements, none where nothing was received.
    """
    steps = []
    for key, units in received.items():
        order = locked[key]
        is_complete = order.received + units >= order.quantity
        state = ReplenishmentState.RECEIVED if is_complete else ReplenishmentState.OPEN
        steps.append(_Step(order, state, received=units, reason=document))
    _write(organization, actor, steps, at)


def follow_lines(
    *,
    organization: Organization,
    actor: Actor,
    lines: Sequence[TransferLine],
    at: datetime,
    is_closed: bool,
) -> None:
    """Let the replenishments that the lines of one transfer carry follow what was received and written off.

    Call it after the `lines` have their new quantities, with the transfer locked, before the ledger posts. What an
    order has received is set to what its line has, so that nothing counts twice. An order of which nothing is in
    transit any more is closed, whatever has come of it: units that were written off, or never shipped, are not
    expected any more. `is_closed`: the transfer is received, and with it everything on it. Locks the replenishments
    in the order of their keys. One query, and two statements more where a line carries a replenishment.
    """
    touched = {line.pk: line for line in lines}
    rows = _carried(organization).filter(transfer_line__in=list(touched))
    if is_closed and lines:
        rows = _carried(organization).filter(transfer_line__transfer=lines[0].transfer_id)
    steps = []
    for order in rows:
        line = touched.get(order.transfer_line_id)  # type: ignore[arg-type]
        units = line.received - order.received if line is not None else 0
        is_over = is_closed or (line is not None and line.in_transit == 0)
        state = ReplenishmentState(order.state)
        if state is ReplenishmentState.OPEN and is_over:
            state = ReplenishmentState.RECEIVED
        if units or state != order.state:
            lost = line.written_off if line is not None and state != order.state else 0
            steps.append(_Step(order, state, received=units, written_off=lost))
    _write(organization, actor, steps, at)


def follow_cancelled(
    *, organization: Organization, actor: Actor, transfer: Transfer, at: datetime, reason: str = ""
) -> None:
    """Cancel the open replenishments that a transfer carries, which is locked and cancelled itself.

    Locks them in the order of their keys. One query, and two statements more where there are any.
    """
    rows = _carried(organization).filter(transfer_line__transfer=transfer.pk, state=ReplenishmentState.OPEN)
    steps = [_Step(order, ReplenishmentState.CANCELLED, reason=reason) for order in rows]
    _write(organization, actor, steps, at)


def _carried(organization: Organization) -> QuerySet[Replenishment]:
    rows = Replenishment.objects.select_for_update(of=("self",), no_key=True).order_by("pk")
    return rows.filter(organization=organization)


def _write(organization: Organization, actor: Actor, steps: Sequence[_Step], at: datetime) -> None:
    rows = []
    entries = []
    for step in steps:
        order, before = step.replenishment, step.replenishment.state
        order.state = step.state.value
        order.received += step.received
        order.version += 1
        if order.closed_at is None and step.state is not ReplenishmentState.OPEN:
            order.closed_at = at
        rows.append((order.pk, order.state, order.received, order.version, order.closed_at))
        done = [(name, units) for name, units in step.acts if units or name in {"cancel", "close"}]
        entries += [
            Entry(order, name, order.state, before, units or None, step.reason) for name, units in done
        ]
    statements.update(Replenishment, ("state", "received", "version", "closed_at"), rows)
    note_all(organization=organization, actor=actor, entries=entries, at=at)
