"""What is done with one reservation: it is fulfilled or released, as a whole or in part.

A reservation has no lock of its own. It is read in the ledger's precondition, when its level is locked, and written
after the posting in the same transaction: what it says and what the level counts as reserved never part.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Final

from django.utils import timezone

from inventory import history
from inventory.ledger import DocumentRef, Line, Mode, Posting, post
from inventory.ledger.locking import Locked
from inventory.models import DocumentType, Nature, ReasonCode, Reservation, ReservationState
from inventory.reservations.states import (
    ALLOWED,
    ENDS,
    FULFIL,
    RELEASE,
    allowed,
    invalid_quantity,
    not_found,
    of_document,
    require_writer,
)
from inventory.transitions import require_transition
from warehouses.access import Access
from warehouses.refusals import Conflict, Problem, RuleBroken

__all__ = ["fulfil_reservation", "release_reservation"]

_SALE: Final = "sale"

Precondition = Callable[[Reservation], None]


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
    `REASON_NOT_ISSUE`, Conflict `RESERVATION_OF_DOCUMENT`, `INVALID_TRANSITION` (also once its time is up),
    `MORE_THAN_OPEN`, `STOCK_UNAVAILABLE` (what is there is on hold or expired), and as the ledger does.
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
        require_writer(self.access, self.reservation.warehouse)
        if self.quantity is not None and self.quantity < 1:
            raise invalid_quantity()
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
            raise not_found()
        self.reservation = now
        if now.document_id is not None:
            raise of_document(now)
        if self.precondition is not None:
            self.precondition(now)
        state = ReservationState.EXPIRED.value if self._is_over(now, locked) else now.state
        require_transition(now, action=self.action, state=state, allowed=ALLOWED.get(state, frozenset()))
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
            reservation.state = ENDS[self.action]
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
