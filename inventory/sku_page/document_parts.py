"""The parts of a timeline that are histories of documents: what was promised, held, moved and ordered."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from django.db.models import OuterRef, Q, QuerySet, Subquery, Sum

from inventory.models import (
    Hold,
    Replenishment,
    ReplenishmentSource,
    Reservation,
    StateChange,
    Transfer,
    TransferLine,
)
from inventory.sku_page.events import Documents, Event, Part, Reach, Record

__all__ = ["HOLDS", "ORDERS", "RESERVATIONS", "TRANSFERS", "told"]


def told(change: StateChange, record: Any, *, part: str, words: str, place: str, **more: Any) -> Event:
    """The event that a line of a document's history tells of."""
    name = more.pop("name", "") or record.public_id
    return Event(
        at=change.created_at,
        key=change.pk,
        prefix=StateChange.prefix,
        part=part,
        words=words,
        place=place,
        actor_type=change.actor_type,
        actor_name=change.actor_name,
        why=more.pop("why", change.note),
        record=Record(record._meta.label_lower, record.pk, name),
        **more,
    )


def _words(known: Mapping[str, str], change: StateChange) -> str:
    return known.get(change.action, change.action.replace("_", " ").capitalize())


# --- reservations

_RESERVED: Final[Mapping[str, str]] = {
    "create": "Reserved",
    "fulfil": "Reservation fulfilled",
    "release": "Reservation released",
    "expire": "Reservation ran out",
}


def _reservations(reach: Reach) -> QuerySet[Any]:
    return reach.there(Reservation.objects.select_related("warehouse", "channel"))


def _of_reservation(change: StateChange, row: Reservation) -> Event:
    units = change.quantity or 0
    made = change.action == "create"
    return told(
        change,
        row,
        part=RESERVATIONS.name,
        words=_words(_RESERVED, change),
        place=row.warehouse.name,
        where=row.channel.name if row.channel is not None else "",
        reference=row.reference,
        warehouse_id=row.warehouse_id,
        reserved=units if made else -units,
    )


# --- holds

_HELD: Final[Mapping[str, str]] = {"create": "Put on hold", "release": "Released from hold"}


def _holds(reach: Reach) -> QuerySet[Any]:
    return reach.there(Hold.objects.select_related("warehouse", "bin", "lot"))


def _of_hold(change: StateChange, row: Hold) -> Event:
    units = change.quantity or 0
    made = change.action == "create"
    named = [row.bin.code if row.bin else "", f"lot {row.lot.code}" if row.lot else ""]
    return told(
        change,
        row,
        part=HOLDS.name,
        words=_words(_HELD, change),
        place=row.warehouse.name,
        why=change.note or row.reason,
        where=", ".join(filter(None, named)),
        reference=row.reference,
        warehouse_id=row.warehouse_id,
        held=units if made else -units,
    )


# --- transfers

_MOVED: Final[Mapping[str, str]] = {
    "create": "Transfer drafted",
    "cancel": "Transfer cancelled",
    "surplus": "More was received than shipped",
    "write_off": "Written off in transit",
}


def _transfers(reach: Reach) -> QuerySet[Any]:
    """Seen at either end, as on their own pages; of the location that is chosen, those that begin or end there."""
    lines = TransferLine.objects.order_by().filter(sku=reach.sku)
    units = lines.filter(transfer=OuterRef("pk")).values("transfer").annotate(units=Sum("quantity"))
    rows = Transfer.objects.order_by().filter(
        reach.access.at_either_end("transfers.read"),
        organization=reach.access.organization,
        pk__in=lines.values("transfer"),
    )
    if reach.chosen is not None:
        rows = rows.filter(Q(from_warehouse=reach.chosen) | Q(to_warehouse=reach.chosen))
    return rows.select_related("from_warehouse", "to_warehouse").annotate(
        units=Subquery(units.values("units"))
    )


def _of_transfer(change: StateChange, row: Any) -> Event:
    is_about_line = change.action in {"create", "cancel"}
    return told(
        change,
        row,
        part=TRANSFERS.name,
        words=_words(_MOVED, change),
        place=f"{row.from_warehouse.name} → {row.to_warehouse.name}",
        reference=row.reference,
        # What was too much or too little was counted over all lines of it.
        units=row.units if is_about_line else None,
    )


# --- orders

_ORDERED: Final[Mapping[str, str]] = {
    "create": "Ordered",
    "cancel": "Order cancelled",
    "close": "Order closed",
    "write_off": "Order short, and closed",
}


def _orders(reach: Reach) -> QuerySet[Any]:
    rows = reach.access.narrow(Replenishment.objects.order_by(), "replenishment.read").filter(sku=reach.sku)
    if reach.chosen is not None:
        rows = rows.filter(warehouse=reach.chosen)
    return rows.select_related("warehouse")


def _of_order(change: StateChange, row: Replenishment) -> Event:
    words = _words(_ORDERED, change)
    if change.action == "create":
        is_bought = row.source_type == ReplenishmentSource.SUPPLIER and row.supplier
        words = f"{words} from {row.supplier}" if is_bought else f"{words} from another location"
    return told(
        change,
        row,
        part=ORDERS.name,
        words=words,
        place=row.warehouse.name,
        reference=row.reference,
        units=change.quantity,
    )


RESERVATIONS: Final = Part(
    "reservations",
    "Reservations",
    "bookmark_added",
    documents=Documents(Reservation.prefix, _reservations, _of_reservation),
)
HOLDS: Final = Part("holds", "Holds", "front_hand", documents=Documents(Hold.prefix, _holds, _of_hold))
TRANSFERS: Final = Part(
    "transfers",
    "Transfers",
    "local_shipping",
    documents=Documents(Transfer.prefix, _transfers, _of_transfer, silent=frozenset({"ship", "receive"})),
)
ORDERS: Final = Part(
    "orders",
    "Orders",
    "shopping_cart",
    documents=Documents(Replenishment.prefix, _orders, _of_order, silent=frozenset({"receive"})),
)
