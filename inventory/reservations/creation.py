"""Reserving by itself: an order, a shopping cart, a customer who collects on Friday."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.utils import timezone

from inventory import history
from inventory.availability import promisable_to
from inventory.ledger import DocumentRef, Line, Mode, post
from inventory.ledger.locking import Locked
from inventory.models import Channel, DocumentType, Reservation, Sku
from inventory.reservations.states import invalid_quantity, require_writer
from warehouses.access import Access
from warehouses.identifiers import new_id
from warehouses.models import Warehouse
from warehouses.refusals import Conflict, InvalidInput, Problem, RuleBroken

__all__ = ["create_reservation"]


def create_reservation(
    *,
    access: Access,
    sku: Sku,
    warehouse: Warehouse,
    quantity: int,
    reference: str,
    channel: Channel | None = None,
    expires_at: datetime | None = None,
    note: str = "",
    by_sync: bool = False,
    key: UUID | None = None,
) -> Reservation:
    """Promise `quantity` units of the SKU in the warehouse, for `reference` (an order's number, say).

    From `expires_at` on it does not count any more. With a `channel`, no more than may be promised to that channel
    there. `by_sync` reserves in a read-only warehouse; `key` is the record's primary key, for a demonstration whose
    documentation names it. Runs in the caller's transaction and posts once.

    Raises Forbidden `PERMISSION_DENIED`, InvalidInput `INVALID_QUANTITY` or `INVALID_REQUEST`, RuleBroken
    `EXPIRES_IN_PAST`, Conflict `STOCK_UNAVAILABLE` with what is `available`, and as the ledger does.
    """
    require_writer(access, warehouse)
    reference = reference.strip()
    _check_form(quantity=quantity, reference=reference, expires_at=expires_at)
    reservation_id = key or new_id()

    def precondition(locked: Locked) -> None:
        if channel is not None:
            _require_promisable(channel, sku, warehouse, quantity)

    posting = post(
        organization=access.organization,
        actor=access.actor,
        lines=[
            Line(
                sku=sku,
                warehouse=warehouse,
                quantity=quantity,
                reason=None,
                mode=Mode.RESERVE,
                reference=reference,
            )
        ],
        document=DocumentRef(DocumentType.RESERVATION, reservation_id),
        precondition=precondition,
        by_sync=by_sync,
    )
    reservation = Reservation(
        pk=reservation_id,
        organization=access.organization,
        level_id=posting.levels[sku.pk, warehouse.pk].id,
        sku=sku,
        warehouse=warehouse,
        channel=channel,
        quantity=quantity,
        open=quantity,
        reference=reference,
        note=note,
        expires_at=expires_at,
        actor_type=access.actor.type,
        actor_id=access.actor.id,
        actor_name=access.actor.name,
        created_at=posting.recorded_at,
    )
    reservation.save(force_insert=True)
    history.note(
        organization=access.organization,
        actor=access.actor,
        subject=reservation,
        action="create",
        to_state=reservation.state,
        at=posting.recorded_at,
        quantity=quantity,
        reason=note,
    )
    return reservation


def _check_form(*, quantity: int, reference: str, expires_at: datetime | None) -> None:
    if quantity < 1:
        raise invalid_quantity()
    if not reference:
        detail = "Say what the units are reserved for."
        raise InvalidInput(
            "INVALID_REQUEST", detail, problems=[Problem("REQUIRED", detail, field="reference")]
        )
    if expires_at is not None and expires_at <= timezone.now():
        detail = "That time has passed already: the reservation would never count."
        raise RuleBroken(
            "EXPIRES_IN_PAST", detail, problems=[Problem("EXPIRES_IN_PAST", detail, field="expires_at")]
        )


def _require_promisable(channel: Channel, sku: Sku, warehouse: Warehouse, quantity: int) -> None:
    """Raise Conflict `STOCK_UNAVAILABLE` where the channel may be promised less than that. Its level is locked."""
    most = promisable_to(channel, sku, warehouse)
    if quantity > most:
        detail = (
            f"{channel.name} may be promised {most} units of {sku.code} in {warehouse.name};"
            f" {quantity} were asked for."
        )
        raise Conflict(
            "STOCK_UNAVAILABLE",
            detail,
            problems=[Problem("STOCK_UNAVAILABLE", detail, field="quantity")],
            extra={"available": most},
        )
