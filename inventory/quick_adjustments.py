"""Adjustments by the ledger's short ways, on PostgreSQL: all of it done, or nothing.

A change of one SKU by an amount is one statement (`inventory.ledger.stroke`); whatever sets quantities, has several
lines, stores an answer or finds its stock in several places is two (`inventory.ledger.shortcut`). What is not the plain
case is left to `inventory.adjustments`, which also says what is wrong with a request: nothing is refused here.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from uuid import UUID

from django.db import IntegrityError
from django.utils import timezone

from inventory.ledger import DocumentRef, Mode, shortcut, stroke
from inventory.ledger.shortcut import Asked, Growth, Insert, Reading
from inventory.ledger.stroke import Missed, Wish
from inventory.models import Adjustment, AdjustmentKind, DocumentType, Source, sku_key
from warehouses import transactions
from warehouses.access import Access
from warehouses.idempotency_records import Claim
from warehouses.identifiers import decode, new_id
from warehouses.models import Warehouse

__all__ = ["QuickLine", "adjust_quickly"]

_COLUMNS = (
    "id", "organization", "source", "kind", "reason_code", "note", "reference", "line_count", "actor_type", "actor_id",
    "actor_name", "reverses", "created_at",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class QuickLine:
    """A change of one SKU as a contract names it: `warehouse` is a public id, or None for the one that has it."""

    code: str
    warehouse: str | None
    reason: str
    mode: Mode
    quantity: int
    note: str = ""
    reference: str = ""


def adjust_quickly(
    *,
    access: Access,
    permission: str,
    source: Source,
    lines: Sequence[QuickLine],
    note: str,
    reference: str,
    claim: Claim | None,
    beside: Callable[[Sequence[Reading]], Sequence[Insert]],
    with_product: bool = False,
) -> bool:
    """Post `lines` as one adjustment; False if that is not possible in this way, and then nothing was done.

    `beside` is called with the levels as they are going to be, in the order of `lines`, and gives what else is
    written in the same transaction, such as the stored answer of an idempotent request (`claim`).
    """
    if not _is_possible(access, permission, lines):
        return False
    asked = []
    for line in lines:
        place: UUID | None = None
        if line.warehouse is not None:
            place = decode(Warehouse.prefix, line.warehouse)
            if place is None or not access.covers(permission, place):
                return False
        asked.append(Asked(sku_key(line.code), place, line.reason.casefold()))

    wish = _wish(access, permission, lines, asked)
    if wish is not None and (wish.note, wish.reference) != (note, reference):
        wish = None  # a stroke says the same of the document and of its only line
    if wish is not None and claim is None:
        done = stroke.change(
            access.organization, access.actor, source, wish, timezone.now(), with_product=with_product
        )
        if isinstance(done, Reading):
            beside([done])
            return True
        if done is Missed.REFUSED:
            return False

    def attempt() -> tuple[Outcome, Sequence[Reading]]:
        found = shortcut.read(
            access.organization,
            asked,
            timezone.now(),
            claim=None if claim is None else (claim.caller, claim.key),
            with_product=with_product,
        )
        if found is None or not all(access.covers(permission, reading.warehouse_id) for reading in found):
            return Outcome.NOT_PLAIN, ()
        return _posted(access, source, found, lines, note, reference, claim, beside), found

    def strike(wish: Wish, found: Sequence[Reading]) -> Outcome:
        done = stroke.change(
            access.organization,
            access.actor,
            source,
            wish,
            timezone.now(),
            claim=claim,
            with_product=with_product,
        )
        if done is Missed.SPREAD:
            return _under_locks(found, attempt) if found else Outcome.CHANGED
        if done is Missed.REFUSED:
            return Outcome.NOT_PLAIN
        shortcut.insert(beside([done]))
        return Outcome.DONE

    keyed = None if claim is None else wish
    if keyed is not None and stroke.has_crowd(access.organization, keyed):
        outcome = _in_a_transaction(partial(strike, keyed, ()))
        if outcome is not Outcome.CHANGED:
            return outcome is Outcome.DONE
    outcome, found = attempt()
    if outcome is Outcome.CHANGED:
        # Somebody else is at the same stock: now it is waited for.
        outcome = _in_a_transaction(
            partial(_under_locks, found, attempt) if keyed is None else partial(strike, keyed, found)
        )
    return outcome is Outcome.DONE


def _wish(access: Access, permission: str, lines: Sequence[QuickLine], asked: Sequence[Asked]) -> Wish | None:
    """What one stroke could do; None for several lines, a quantity that is set, or a warehouse that is yet to be found
    out where the caller may not write all of them.
    """
    if len(lines) != 1 or lines[0].mode is not Mode.BY:
        return None
    if asked[0].warehouse_id is None and not access.everywhere(permission):
        return None
    return Wish(asked[0], lines[0].quantity, lines[0].note, lines[0].reference)


class Outcome(enum.Enum):
    DONE = "done"
    CHANGED = "changed"  # nothing was written: it was no longer as it had been read
    NOT_PLAIN = "not plain"


def _under_locks(
    found: Sequence[Reading], attempt: Callable[[], tuple[Outcome, Sequence[Reading]]]
) -> Outcome:
    shortcut.lock(found)
    return attempt()[0]


def _in_a_transaction(work: Callable[[], Outcome]) -> Outcome:
    try:
        return transactions.run(work)
    except IntegrityError:
        return Outcome.CHANGED  # the same request has been done meanwhile: the general way answers it


def _posted(
    access: Access,
    source: Source,
    found: Sequence[Reading],
    lines: Sequence[QuickLine],
    note: str,
    reference: str,
    claim: Claim | None,
    beside: Callable[[Sequence[Reading]], Sequence[Insert]],
) -> Outcome:
    growths: list[Growth] = []
    after: list[Reading] = []
    words: tuple[list[str], list[str]] = ([], [])
    recorded_at = shortcut.instant_after(found, timezone.now())
    for reading, line in zip(found, lines, strict=True):
        movements = shortcut.growths(reading, line.mode, line.quantity)
        if movements is None:
            return Outcome.NOT_PLAIN
        growths += movements
        words[0].extend([line.note] * len(movements))
        words[1].extend([line.reference] * len(movements))
        after.append(shortcut.grown(reading, movements, recorded_at) if movements else reading)
    if not growths:
        return Outcome.NOT_PLAIN
    document = DocumentRef(DocumentType.ADJUSTMENT, new_id())
    actor = access.actor
    reasons = {growth.of.reason_id for growth in growths}
    adjustment = Insert(
        Adjustment,
        _COLUMNS,
        (
            *(document.id, access.organization.pk, source.value, AdjustmentKind.ADJUSTMENT.value),
            *(reasons.pop() if len(reasons) == 1 else None, note, reference, len(growths)),
            *(actor.type.value, actor.id, actor.name, None, recorded_at),
        ),
    )
    done = shortcut.write(
        organization=access.organization,
        actor=actor,
        growths=growths,
        words=words,
        document=document,
        recorded_at=recorded_at,
        besides=(adjustment, *beside(after)),
        claim=None if claim is None else claim.number,
    )
    return Outcome.DONE if done else Outcome.CHANGED


def _is_possible(access: Access, permission: str, lines: Sequence[QuickLine]) -> bool:
    """Whether it may be tried: the caller has the permission somewhere, and all lines name a warehouse, or the only
    one does not.
    """
    return (
        shortcut.is_open()
        and access.may(permission)
        and (len(lines) == 1 or all(line.warehouse is not None for line in lines))
    )
