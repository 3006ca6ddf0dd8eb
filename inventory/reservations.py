"""Reservations: units of a stock level that are promised to somebody, until they leave, are given back, or time is up.

A reservation has no lock of its own. It is read in the ledger's precondition, when its level is locked, and written
after the posting in the same transaction: what it says and what the level counts as reserved never part.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from typing import Final
from uuid import UUID

from django.utils import timezone

from inventory import history
from inventory.availability import promisable_to
from inventory.ledger import DocumentRef, Line, Mode, Posting, expire, post
from inventory.ledger.locking import Locked
from inventory.models import (
    Channel,
    DocumentType,
    Nature,
    ReasonCode,
    Reservation,
    ReservationState,
    Sku,
)
from inventory.resolution import permission_denied
from inventory.transitions import require_transition
from warehouses import transactions
from warehouses.access import Access
from warehouses.identifiers import decode, new_id
from warehouses.models import Organization, Warehouse
from warehouses.refusals import Conflict, InvalidInput, NotFound, Problem, RuleBroken

__all__ = [
    "FULFIL",
    "READ",
    "RELEASE",
    "WRITE",
    "allowed",
    "create_reservation",
    "expire_due",
    "find_reservation",
    "fulfil_reservation",
    "organizations_with_due",
    "release_reservation",
]

READ: Final = "inventory.read"
WRITE: Final = "inventory.write"
FULFIL: Final = "fulfil"
RELEASE: Final = "release"

#: What can be done with a reservation, by its state; each of the others is an end.
_ALLOWED: Final[Mapping[str, frozenset[str]]] = {ReservationState.ACTIVE.value: frozenset({FULFIL, RELEASE})}
_ENDS: Final = {FULFIL: ReservationState.FULFILLED, RELEASE: ReservationState.RELEASED}
_SALE: Final = "sale"
_LEVELS_AT_ONCE: Final = 200

Precondition = Callable[[Reservation], None]


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
    _require_writer(access, warehouse)
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


def fulfil_reservation(
    *,
    access: Access,
    reservation: Reservation,
    quantity: int | None = None,
    reason: ReasonCode | None = None,
    note: str = "",
    precondition: Precondition | None = None,
) -> Reservation:
    """The goods leave, first expired first out: `quantity` of what is open, or all of it.

    `reason` is one with which goods leave, by default SALE. `precondition` is called with the reservation as it is
    under its level's lock, and may refuse. Runs in the caller's transaction and posts once. Raises Forbidden
    `PERMISSION_DENIED`, NotFound `RESERVATION_NOT_FOUND`, InvalidInput `INVALID_QUANTITY`, RuleBroken
    `REASON_NOT_ISSUE`, Conflict `INVALID_TRANSITION` (also once its time is up), `MORE_THAN_OPEN`,
    `STOCK_UNAVAILABLE` (what is there is on hold or expired), and as the ledger does.
    """
    chosen = reason or ReasonCode.objects.get(organization=access.organization, code_key=_SALE)
    if chosen.nature != Nature.ISSUE or not chosen.allows(-1):
        detail = f"{chosen.code} is no reason with which goods leave, as {_SALE.upper()} is one."
        raise RuleBroken(
            "REASON_NOT_ISSUE", detail, problems=[Problem("REASON_NOT_ISSUE", detail, field="reason")]
        )
    act = _Act(access, reservation, FULFIL, quantity, precondition, reason=chosen, note=note)
    try:
        return act.run()
    except RuleBroken as refusal:
        if refusal.code not in {"NEGATIVE_QUANTITY", "INSUFFICIENT_STOCK"}:
            raise
        raise Conflict(
            "STOCK_UNAVAILABLE",
            f"{reservation.public_id} cannot be fulfilled: {refusal.detail}",
            problems=[
                Problem("STOCK_UNAVAILABLE", problem.detail, field=problem.field)
                for problem in refusal.problems
            ],
            extra=refusal.extra,
        ) from refusal


def release_reservation(
    *,
    access: Access,
    reservation: Reservation,
    quantity: int | None = None,
    note: str = "",
    precondition: Precondition | None = None,
) -> Reservation:
    """Promise so much less: `quantity` of what is open, or all of it.

    Runs, calls `precondition` and raises as `fulfil_reservation` does, but for what is about goods that leave.
    """
    return _Act(access, reservation, RELEASE, quantity, precondition, note=note).run()


def find_reservation(*, access: Access, public_id: str, permission: str = READ) -> Reservation:
    """The reservation of this id, with its SKU, warehouse and channel, where the caller has the permission.

    Raises NotFound `RESERVATION_NOT_FOUND`, and Forbidden `PERMISSION_DENIED` where the caller may only read.
    """
    key = decode(Reservation.prefix, public_id)
    rows = Reservation.objects.for_organization(access.organization).select_related(
        "sku", "warehouse", "channel"
    )
    found = rows.filter(pk=key).first() if key is not None else None
    if found is None or not any(access.covers(name, found.warehouse_id) for name in (permission, READ)):
        raise _not_found()
    if not access.covers(permission, found.warehouse_id):
        raise permission_denied(permission, found.warehouse, None)
    return found


def allowed(reservation: Reservation) -> frozenset[str]:
    """What can be done with it in its state."""
    return _ALLOWED.get(reservation.state, frozenset())


def expire_due(organization: Organization) -> None:
    """Take what has run out off the stock of the organization. One query where nothing has.

    Every reader of stock calls this first, so that an expired reservation stops counting at its instant; a task does
    the same for the events that it sets free.
    """
    due = Reservation.objects.filter(
        organization=organization, state=ReservationState.ACTIVE, expires_at__lte=timezone.now()
    )
    rows = due.order_by("sku", "warehouse").select_related("sku", "warehouse")
    places = {(row.sku_id, row.warehouse_id): (row.sku, row.warehouse) for row in rows}
    wanted = list(places.values())
    for start in range(0, len(wanted), _LEVELS_AT_ONCE):
        some = wanted[start : start + _LEVELS_AT_ONCE]
        transactions.run(partial(expire, organization=organization, places=some))


def organizations_with_due(now: datetime) -> list[Organization]:
    """The organizations of which some reservation has run out by `now` and still stands as active. One query."""
    due = Reservation.objects.filter(state=ReservationState.ACTIVE, expires_at__lte=now)
    return list(Organization.objects.filter(pk__in=due.order_by().values("organization")).order_by("pk"))


@dataclass(slots=True)
class _Act:
    """Something that is done with what is open of a reservation, decided once its level is locked."""

    access: Access
    reservation: Reservation
    action: str
    quantity: int | None
    precondition: Precondition | None
    reason: ReasonCode | None = None
    note: str = ""
    units: int = 0
    lines: list[Line] = field(default_factory=list)

    def run(self) -> Reservation:
        _require_writer(self.access, self.reservation.warehouse)
        if self.quantity is not None and self.quantity < 1:
            raise _invalid_quantity()
        # How many units it is about is known under the lock: until then the line only says what is to be locked.
        self.lines.append(
            Line(
                sku=self.reservation.sku,
                warehouse=self.reservation.warehouse,
                quantity=None,
                reason=None,
            )
        )
        posting = post(
            organization=self.access.organization,
            actor=self.access.actor,
            lines=self.lines,
            document=DocumentRef(DocumentType.RESERVATION, self.reservation.pk),
            precondition=self._decide,
        )
        return self._write(posting)

    def _decide(self, locked: Locked) -> None:
        """Read the reservation anew and replace the lines by what is to be posted."""
        rows = Reservation.objects.for_organization(self.access.organization)
        now = rows.select_related("sku", "warehouse", "channel").filter(pk=self.reservation.pk).first()
        if now is None:
            raise _not_found()
        self.reservation = now
        if self.precondition is not None:
            self.precondition(now)
        state = ReservationState.EXPIRED.value if self._is_over(now, locked) else now.state
        require_transition(now, action=self.action, state=state, allowed=_ALLOWED.get(state, frozenset()))
        self.units = now.open if self.quantity is None else self.quantity
        if self.units > now.open:
            detail = f"{now.open} units of {now.public_id} are still open, not {self.units}."
            raise Conflict(
                "MORE_THAN_OPEN",
                detail,
                problems=[Problem("MORE_THAN_OPEN", detail, field="quantity")],
                extra={"open": now.open},
            )
        free = Line(
            sku=now.sku,
            warehouse=now.warehouse,
            quantity=-self.units,
            reason=None,
            mode=Mode.RESERVE,
            note=self.note,
            reference=now.reference,
        )
        self.lines[:] = [free]
        if self.action == FULFIL:
            self.lines.append(replace(free, mode=Mode.BY, reason=self.reason, is_promised=True))

    @staticmethod
    def _is_over(reservation: Reservation, locked: Locked) -> bool:
        """Whether its time is up: the ledger has taken it off the level, or it came while the lock was waited for.

        The row follows only with what the ledger writes.
        """
        if any(expired.id == reservation.pk for expired in locked.expired):
            return True
        ends = reservation.expires_at
        return bool(allowed(reservation)) and ends is not None and ends <= timezone.now()

    def _write(self, posting: Posting) -> Reservation:
        reservation = self.reservation
        before = reservation.state
        reservation.open -= self.units
        if self.action == FULFIL:
            reservation.fulfilled += self.units
        if not reservation.open:
            reservation.state = _ENDS[self.action]
            reservation.closed_at = posting.recorded_at
        reservation.version += 1
        reservation.save(update_fields=["open", "fulfilled", "state", "closed_at", "version"])
        history.note(
            organization=self.access.organization,
            actor=self.access.actor,
            subject=reservation,
            action=self.action,
            from_state=before,
            to_state=reservation.state,
            at=posting.recorded_at,
            quantity=self.units,
            reason=self.note,
        )
        return reservation


def _require_writer(access: Access, warehouse: Warehouse) -> None:
    access.require(WRITE)
    if not access.covers(WRITE, warehouse.pk):
        raise permission_denied(WRITE, warehouse, None)


def _check_form(*, quantity: int, reference: str, expires_at: datetime | None) -> None:
    if quantity < 1:
        raise _invalid_quantity()
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


def _invalid_quantity() -> InvalidInput:
    detail = "A quantity is 1 unit or more."
    return InvalidInput(
        "INVALID_QUANTITY", detail, problems=[Problem("INVALID_QUANTITY", detail, field="quantity")]
    )


def _not_found() -> NotFound:
    return NotFound("RESERVATION_NOT_FOUND", "There is no such reservation.")
