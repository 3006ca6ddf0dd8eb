"""Holds: units that neither leave nor move until they are released. They are counted and corrected all the same.

Like a reservation, a hold has no lock of its own: it is read in the ledger's precondition, when its level is locked,
and written after the posting in the same transaction.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

from inventory import history, statements
from inventory.ledger import DocumentRef, Line, Mode, Posting, post
from inventory.ledger.locking import Locked
from inventory.models import DocumentType, Hold, HoldPart, HoldState, Lot, Sku, StockItem
from inventory.resolution import permission_denied
from inventory.transitions import require_transition
from warehouses.access import Access
from warehouses.identifiers import decode, new_id
from warehouses.models import Bin, Warehouse
from warehouses.refusals import Conflict, InvalidInput, NotFound, Problem

__all__ = [
    "READ",
    "RELEASE",
    "WRITE",
    "allowed",
    "create_hold",
    "find_hold",
    "release_hold",
]

READ: Final = "inventory.read"
WRITE: Final = "inventory.write"
RELEASE: Final = "release"

#: What can be done with a hold, by its state; the other one is an end.
_ALLOWED: Final[Mapping[str, frozenset[str]]] = {HoldState.ACTIVE.value: frozenset({RELEASE})}

Precondition = Callable[[Hold], None]


def create_hold(
    *,
    access: Access,
    sku: Sku,
    warehouse: Warehouse,
    reason: str,
    quantity: int | None = None,
    bin: Bin | None = None,
    lot: Lot | None = None,
    item: StockItem | None = None,
    reference: str = "",
    key: UUID | None = None,
) -> Hold:
    """Hold `quantity` units of the SKU in the warehouse, or in that bin, of that lot, in that stock item only.

    Without a quantity, all that is free in the scope: neither held already nor needed for what is reserved. What may
    leave first is held first. `key` is the record's primary key, for a demonstration whose documentation names it.
    Runs in the caller's transaction and posts once.

    Raises Forbidden `PERMISSION_DENIED`, InvalidInput `INVALID_QUANTITY` or `INVALID_REQUEST`, Conflict
    `STOCK_UNAVAILABLE` with what is `available`, and as the ledger does.
    """
    _require_writer(access, warehouse)
    reason = reason.strip()
    _check_form(quantity=quantity, reason=reason)
    line = Line(
        sku=sku,
        warehouse=warehouse,
        quantity=1 if quantity is None else quantity,
        reason=None,
        mode=Mode.HOLD,
        bin=bin,
        lot=lot,
        stock_item_id=item.pk if item is not None else None,
        takes_all=quantity is None,
        reference=reference,
    )
    hold_id = key or new_id()
    posting = post(
        organization=access.organization,
        actor=access.actor,
        lines=[line],
        document=DocumentRef(DocumentType.HOLD, hold_id),
    )
    units = sum(held.delta for held in posting.held)
    hold = Hold(
        pk=hold_id,
        organization=access.organization,
        sku=sku,
        warehouse=warehouse,
        bin=bin,
        lot=lot,
        stock_item=item,
        quantity=units,
        open=units,
        reason=reason,
        reference=reference,
        actor_type=access.actor.type,
        actor_id=access.actor.id,
        actor_name=access.actor.name,
        created_at=posting.recorded_at,
    )
    hold.save(force_insert=True)
    HoldPart.objects.bulk_create(
        HoldPart(hold=hold, stock_item_id=held.item.id, quantity=held.delta) for held in posting.held
    )
    history.note(
        organization=access.organization,
        actor=access.actor,
        subject=hold,
        action="create",
        to_state=hold.state,
        at=posting.recorded_at,
        quantity=units,
        reason=reason,
    )
    return hold


def release_hold(
    *,
    access: Access,
    hold: Hold,
    quantity: int | None = None,
    note: str = "",
    precondition: Precondition | None = None,
) -> Hold:
    """Let go of `quantity` units of what is still held, or of all of it: the parts in the order they were held in.

    `precondition` is called with the hold as it is under its level's lock, and may refuse. Runs in the caller's
    transaction and posts once. Raises Forbidden `PERMISSION_DENIED`, NotFound `HOLD_NOT_FOUND`, InvalidInput
    `INVALID_QUANTITY`, Conflict `INVALID_TRANSITION` and `MORE_THAN_OPEN`, and as the ledger does.
    """
    return _Release(access, hold, quantity, note, precondition).run()


def find_hold(*, access: Access, public_id: str, permission: str = READ) -> Hold:
    """The hold of this id, with its SKU, warehouse, bin and lot, where the caller has the permission.

    Raises NotFound `HOLD_NOT_FOUND`, and Forbidden `PERMISSION_DENIED` where the caller may only read.
    """
    key = decode(Hold.prefix, public_id)
    rows = Hold.objects.for_organization(access.organization).select_related("sku", "warehouse", "bin", "lot")
    found = rows.filter(pk=key).first() if key is not None else None
    if found is None or not any(access.covers(name, found.warehouse_id) for name in (permission, READ)):
        raise _not_found()
    if not access.covers(permission, found.warehouse_id):
        raise permission_denied(permission, found.warehouse, None)
    return found


def allowed(hold: Hold) -> frozenset[str]:
    """What can be done with it in its state."""
    return _ALLOWED.get(hold.state, frozenset())


@dataclass(slots=True)
class _Release:
    """Letting go of what is held, decided once the level is locked."""

    access: Access
    hold: Hold
    quantity: int | None
    note: str
    precondition: Precondition | None
    units: int = 0
    #: What is let go of each part.
    taken: list[tuple[HoldPart, int]] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)

    def run(self) -> Hold:
        _require_writer(self.access, self.hold.warehouse)
        if self.quantity is not None and self.quantity < 1:
            raise _invalid_quantity()
        # Which parts it is about is known under the lock: until then the line only says what is to be locked.
        self.lines.append(self._line(None))
        posting = post(
            organization=self.access.organization,
            actor=self.access.actor,
            lines=self.lines,
            document=DocumentRef(DocumentType.HOLD, self.hold.pk),
            precondition=self._decide,
        )
        return self._write(posting)

    def _line(self, quantity: int | None, item_id: UUID | None = None) -> Line:
        return Line(
            sku=self.hold.sku,
            warehouse=self.hold.warehouse,
            quantity=quantity,
            reason=None,
            mode=Mode.HOLD,
            stock_item_id=item_id,
        )

    def _decide(self, locked: Locked) -> None:
        """Read the hold and its parts anew and replace the lines by what is to be posted."""
        rows = Hold.objects.for_organization(self.access.organization)
        now = (
            rows.select_related("sku", "warehouse", "bin", "lot")
            .prefetch_related("parts")
            .filter(pk=self.hold.pk)
            .first()
        )
        if now is None:
            raise _not_found()
        self.hold = now
        if self.precondition is not None:
            self.precondition(now)
        require_transition(now, action=RELEASE, state=now.state, allowed=allowed(now))
        self.units = now.open if self.quantity is None else self.quantity
        if self.units > now.open:
            detail = f"{now.open} units of {now.public_id} are still held, not {self.units}."
            raise Conflict(
                "MORE_THAN_OPEN",
                detail,
                problems=[Problem("MORE_THAN_OPEN", detail, field="quantity")],
                extra={"open": now.open},
            )
        left = self.units
        for part in now.parts.all():
            if units := min(left, part.quantity):
                self.taken.append((part, units))
                left -= units
        self.lines[:] = [self._line(-units, part.stock_item_id) for part, units in self.taken]

    def _write(self, posting: Posting) -> Hold:
        hold = self.hold
        before = hold.state
        for part, units in self.taken:
            part.quantity -= units
        statements.update(HoldPart, ("quantity",), [(part.pk, part.quantity) for part, _ in self.taken])
        hold.open -= self.units
        if not hold.open:
            hold.state = HoldState.RELEASED
            hold.closed_at = posting.recorded_at
        hold.version += 1
        hold.save(update_fields=["open", "state", "closed_at", "version"])
        history.note(
            organization=self.access.organization,
            actor=self.access.actor,
            subject=hold,
            action=RELEASE,
            from_state=before,
            to_state=hold.state,
            at=posting.recorded_at,
            quantity=self.units,
            reason=self.note,
        )
        return hold


def _require_writer(access: Access, warehouse: Warehouse) -> None:
    access.require(WRITE)
    if not access.covers(WRITE, warehouse.pk):
        raise permission_denied(WRITE, warehouse, None)


def _check_form(*, quantity: int | None, reason: str) -> None:
    if quantity is not None and quantity < 1:
        raise _invalid_quantity()
    if not reason:
        detail = "Say why the units are held."
        raise InvalidInput("INVALID_REQUEST", detail, problems=[Problem("REQUIRED", detail, field="reason")])


def _invalid_quantity() -> InvalidInput:
    detail = "A quantity is 1 unit or more."
    return InvalidInput(
        "INVALID_QUANTITY", detail, problems=[Problem("INVALID_QUANTITY", detail, field="quantity")]
    )


def _not_found() -> NotFound:
    return NotFound("HOLD_NOT_FOUND", "There is no such hold.")
