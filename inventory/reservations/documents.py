"""What a document has reserved: its promises are made together, and given back or used up with what is done with it.

The document is locked by whoever acts on it. Nobody else changes its reservations, and they never run out by
themselves, so that what is read of them once the document is locked still holds when their levels are.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final
from uuid import UUID

from inventory import history, statements
from inventory.ledger import DocumentRef, Line, Mode, Posting, post
from inventory.models import Reservation, ReservationState, Sku
from inventory.reservations.states import ENDS, FULFIL, RELEASE
from warehouses.access import Access
from warehouses.identifiers import new_id
from warehouses.models import Warehouse

__all__ = ["Promise", "Taking", "release_for", "reserve_for"]


@dataclass(frozen=True, slots=True)
class Promise:
    """Units of a SKU that are to be reserved. `index` is the row of the request, for the problems of a refusal."""

    sku: Sku
    quantity: int
    index: int = 0


@dataclass(frozen=True, slots=True)
class Taking:
    """The reservations of a document as they end in somebody's posting: units of them leave, the rest is given back.

    `reservations` were read since the document is locked; those that are over are left as they are. `taken` says by
    their keys how many units leave, none where it does not name one. `rows` are the rows of the request that the lines
    with which the goods leave came from (None: the request as a whole), for the problems of a refusal.

    Whoever posts adds `lines` to their own, says of those with which the goods leave that they are promised, and calls
    `settle` in the same transaction.
    """

    access: Access
    document: DocumentRef
    reservations: Sequence[Reservation]
    taken: Mapping[UUID, int] = field(default_factory=dict)
    note: str = ""
    rows: Sequence[int | None] = ()

    def __post_init__(self) -> None:
        for reservation in self.reservations:
            if (reservation.document_type, reservation.document_id) != (self.document.type, self.document.id):
                raise ValueError("A document takes what was reserved for it, and nothing else.")
            if not 0 <= self.taken.get(reservation.pk, 0) <= reservation.open:
                raise ValueError("More is taken than is open of a reservation.")

    @property
    def lines(self) -> list[Line]:
        """What is promised less: all that is open."""
        return [
            Line(
                sku=reservation.sku,
                warehouse=reservation.warehouse,
                quantity=-reservation.open,
                reason=None,
                mode=Mode.RESERVE,
                note=self.note,
                reference=reservation.reference,
            )
            for reservation in self._open
        ]

    def settle(self, posting: Posting) -> None:
        """Write down what became of each reservation, and in its history. Two statements."""
        changed: list[tuple[object, ...]] = []
        entries: list[history.Entry] = []
        for reservation in self._open:
            left = self.taken.get(reservation.pk, 0)
            given_back = reservation.open - left
            before = reservation.state
            reservation.state = ENDS[FULFIL if left else RELEASE]
            if given_back:
                entries.append(self._entry(reservation, RELEASE, before, given_back, is_last=not left))
            if left:
                entries.append(self._entry(reservation, FULFIL, before, left, is_last=True))
            reservation.open = 0
            reservation.fulfilled += left
            reservation.closed_at = posting.recorded_at
            reservation.version += 1
            changed.append((reservation.pk, *(getattr(reservation, name) for name in _CHANGED)))
        statements.update(Reservation, _CHANGED, changed)
        history.note_all(
            organization=self.access.organization,
            actor=self.access.actor,
            entries=entries,
            at=posting.recorded_at,
        )

    @property
    def _open(self) -> list[Reservation]:
        return [each for each in self.reservations if each.state == ReservationState.ACTIVE]

    def _entry(
        self, reservation: Reservation, action: str, before: str, units: int, *, is_last: bool
    ) -> history.Entry:
        after = reservation.state if is_last else before
        return history.Entry(reservation, action, after, before, units, self.note)


_CHANGED: Final = ("open", "fulfilled", "state", "closed_at", "version")


def reserve_for(
    *,
    access: Access,
    document: DocumentRef,
    warehouse: Warehouse,
    promises: Sequence[Promise],
    reference: str,
    note: str = "",
    keys: Sequence[UUID] | None = None,
    recorded_at: datetime | None = None,
) -> list[Reservation]:
    """Promise all of `promises` to the document, or none of them; the reservations in their order.

    Asks for no permission: whoever acts on the document has theirs. They never run out by themselves. Runs in the
    caller's transaction, posts once, and takes the same number of statements whatever the number of promises. `keys`
    are the primary keys and `recorded_at` is the clock, for seeded demonstrations.

    Raises Conflict `STOCK_UNAVAILABLE` with what is `available` (of one bad promise), InvalidInput
    `INVALID_QUANTITY`, and as the ledger does; the problems are at each `Promise.index`, its `quantity`.
    """
    for promise in promises:
        if promise.quantity < 1:
            raise ValueError("A promise is about 1 unit or more.")
    posting = post(
        organization=access.organization,
        actor=access.actor,
        lines=[
            Line(
                sku=promise.sku,
                warehouse=warehouse,
                quantity=promise.quantity,
                reason=None,
                mode=Mode.RESERVE,
                note=note,
                reference=reference,
                index=promise.index,
            )
            for promise in promises
        ],
        document=document,
        recorded_at=recorded_at,
    )
    made = [
        Reservation(
            pk=key,
            organization=access.organization,
            level_id=posting.levels[promise.sku.pk, warehouse.pk].id,
            sku=promise.sku,
            warehouse=warehouse,
            quantity=promise.quantity,
            open=promise.quantity,
            document_type=document.type,
            document_id=document.id,
            reference=reference,
            note=note,
            actor_type=access.actor.type,
            actor_id=access.actor.id,
            actor_name=access.actor.name,
            created_at=posting.recorded_at,
        )
        for key, promise in zip(keys or [new_id() for _ in promises], promises, strict=True)
    ]
    statements.insert(
        Reservation, _ROW, [tuple(getattr(each, _attribute(name)) for name in _ROW) for each in made]
    )
    history.note_all(
        organization=access.organization,
        actor=access.actor,
        entries=[
            history.Entry(each, "create", each.state, quantity=each.quantity, reason=note) for each in made
        ],
        at=posting.recorded_at,
    )
    return made


def release_for(
    *, access: Access, document: DocumentRef, reservations: Sequence[Reservation], note: str = ""
) -> None:
    """Give back all that is open of the document's `reservations`, with their SKUs and warehouses at hand.

    Asks for no permission: whoever acts on the document has theirs. They were read since the document is locked. Runs
    in the caller's transaction and posts once, if anything is open. Raises as the ledger does.
    """
    taking = Taking(access, document, reservations, note=note)
    if not taking.lines:
        return
    taking.settle(
        post(organization=access.organization, actor=access.actor, lines=taking.lines, document=document)
    )


_ROW: Final = (
    "id organization level sku warehouse channel state quantity open fulfilled document_type document_id reference"
    " note expires_at closed_at version actor_type actor_id actor_name created_at"
).split()


def _attribute(name: str) -> str:
    return f"{name}_id" if name in {"organization", "level", "sku", "warehouse", "channel"} else name
