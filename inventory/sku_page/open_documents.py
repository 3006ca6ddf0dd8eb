"""What is promised, held and on its way of a SKU just now: the documents that are open."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from django.db.models import Q, QuerySet

from inventory.models import (
    Hold,
    HoldState,
    Replenishment,
    ReplenishmentState,
    Reservation,
    ReservationState,
    Sku,
    TransferLine,
    TransferState,
)
from warehouses.access import Access

__all__ = ["Listed", "OpenDocuments", "read_open_documents"]

_LISTED: Final = 8


@dataclass(frozen=True, slots=True)
class Listed:
    """The first of them. `has_more`: there are more than are listed."""

    rows: Sequence[Any]
    has_more: bool

    def __bool__(self) -> bool:
        return bool(self.rows)


@dataclass(frozen=True, slots=True)
class OpenDocuments:
    """Reservations and holds with their warehouses; orders that no transfer carries; lines of open transfers."""

    reservations: Listed
    holds: Listed
    orders: Listed
    transfers: Listed


def read_open_documents(*, access: Access, sku: Sku, level_ids: Sequence[UUID]) -> OpenDocuments:
    """Where the caller may see them; `level_ids` are the SKU's stock levels where they may read stock. Four queries."""
    reservations = Reservation.objects.filter(level__in=level_ids, state=ReservationState.ACTIVE)
    holds = access.narrow(Hold.objects.all(), "inventory.read").filter(sku=sku, state=HoldState.ACTIVE)
    orders = access.narrow(Replenishment.objects.all(), "replenishment.read").filter(
        sku=sku, state=ReplenishmentState.OPEN, transfer_line=None
    )
    return OpenDocuments(
        reservations=_listed(
            reservations.select_related("warehouse", "channel").order_by("created_at", "pk")
        ),
        holds=_listed(holds.select_related("warehouse", "bin", "lot").order_by("created_at", "pk")),
        orders=_listed(orders.select_related("warehouse").order_by("expected_on", "created_at", "pk")),
        transfers=_listed(_open_lines(access, sku)),
    )


def _open_lines(access: Access, sku: Sku) -> QuerySet[TransferLine]:
    seen = TransferLine.objects.filter(
        sku=sku,
        transfer__organization=access.organization,
        transfer__state__in=(TransferState.DRAFT, TransferState.IN_TRANSIT),
    )
    places = access.warehouse_ids("transfers.read")
    if places is not None:
        either = Q(transfer__from_warehouse__in=places) | Q(transfer__to_warehouse__in=places)
        seen = seen.filter(either)
    return seen.select_related("transfer__from_warehouse", "transfer__to_warehouse").order_by(
        "transfer__expected_on", "transfer__created_at", "pk"
    )


def _listed(rows: QuerySet[Any]) -> Listed:
    found = list(rows[: _LISTED + 1])
    return Listed(found[:_LISTED], len(found) > _LISTED)
