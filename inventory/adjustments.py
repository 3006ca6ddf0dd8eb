"""Adjustments: documents that post movements for a reason, and their reversal."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet

from inventory.ledger import DocumentRef, Line, Posting, post
from inventory.ledger.locking import Locked
from inventory.models import Adjustment, AdjustmentKind, DocumentType, Movement, ReasonCode, Source
from warehouses.access import Access
from warehouses.actors import Actor
from warehouses.identifiers import decode, new_id
from warehouses.models import Organization
from warehouses.refusals import Conflict, NotFound, Refusal, RuleBroken

__all__ = [
    "Recorded",
    "adjust",
    "find_adjustment",
    "lock_adjustment",
    "reverse",
    "visible_adjustments",
    "visible_movements",
]


@dataclass(frozen=True, slots=True)
class Recorded:
    """`adjustment` is None when nothing changed, unless it was to be kept then too: every line asked for what was there
    already.
    """

    adjustment: Adjustment | None
    posting: Posting


def adjust(
    *,
    organization: Organization,
    actor: Actor,
    source: Source,
    lines: Sequence[Line],
    kind: AdjustmentKind = AdjustmentKind.ADJUSTMENT,
    note: str = "",
    reference: str = "",
    reverses: Adjustment | None = None,
    precondition: Callable[[Locked], None] | None = None,
    refused: Sequence[Refusal] = (),
    by_sync: bool = False,
    recorded_at: datetime | None = None,
    keeps_empty: bool = False,
    document_id: UUID | None = None,
) -> Recorded:
    """Post `lines` to the ledger as one adjustment document, all or nothing.

    Runs in the caller's transaction. Locks and raises as `inventory.ledger.post` does. The document's reason is that
    of its lines, or none where they have several. `keeps_empty`: it is written even where nothing changed, because
    that somebody looked and found all as it should be is worth knowing. `document_id` is its key: of a form that
    may be sent twice, or of a demonstration whose documentation names it.
    """
    document = DocumentRef(DocumentType.ADJUSTMENT, document_id or new_id())
    posting = post(
        organization=organization,
        actor=actor,
        lines=lines,
        document=document,
        precondition=precondition,
        refused=refused,
        by_sync=by_sync,
        recorded_at=recorded_at,
    )
    if not posting.changes and not keeps_empty:
        return Recorded(None, posting)
    changed = [lines[change.line] for change in posting.changes] or lines
    reasons = {line.reason.pk: line.reason for line in changed if line.reason is not None}
    adjustment = Adjustment(
        pk=document.id,
        organization=organization,
        source=source,
        kind=kind,
        reason_code=reasons.popitem()[1] if len(reasons) == 1 else None,
        note=note,
        reference=reference,
        line_count=len(posting.changes),
        actor_type=actor.type,
        actor_id=actor.id,
        actor_name=actor.name,
        reverses=reverses,
        created_at=posting.recorded_at,
    )
    adjustment.save(force_insert=True)
    return Recorded(adjustment, posting)


def reverse(*, access: Access, source: Source, adjustment: Adjustment, note: str = "") -> Recorded:
    """Undo `adjustment` by a new one with the opposite movements on the same stock items, linked both ways.

    Needs `inventory.adjust` in every warehouse that it touched, and a transaction of the caller's. Locks the
    adjustment, then posts. Raises Conflict `ALREADY_REVERSED`, Conflict `NOTHING_TO_REVERSE` where it has no movements,
    and RuleBroken `GOODS_GONE` naming what is missing where the goods that it added have left since; nothing is
    changed then.
    """
    organization = access.organization
    access.require("inventory.adjust")
    # Of two who reverse it at once, the second waits here and then sees the first one's reversal.
    lock_adjustment(access=access, adjustment=adjustment)
    movements = list(
        Movement.objects.filter(document_id=adjustment.pk, document_type=DocumentType.ADJUSTMENT)
        .select_related("sku", "warehouse")
        .order_by("id")
    )
    if not all(access.covers("inventory.adjust", movement.warehouse_id) for movement in movements):
        raise _not_found()
    earlier = Adjustment.objects.filter(reverses=adjustment).first()
    if earlier is not None:
        raise _already(adjustment, earlier)
    if not movements:
        raise Conflict("NOTHING_TO_REVERSE", f"{adjustment.public_id} has changed nothing.")
    reason = ReasonCode.objects.get(organization=organization, code_key="reversal")
    lines = [
        Line(
            sku=movement.sku,
            warehouse=movement.warehouse,
            quantity=-movement.delta,
            reason=reason,
            stock_item_id=movement.stock_item_id,
            note=note,
            reference=movement.reference,
            index=index,
        )
        for index, movement in enumerate(movements)
    ]
    try:
        return adjust(
            organization=organization,
            actor=access.actor,
            source=source,
            lines=lines,
            note=note,
            reference=adjustment.reference,
            reverses=adjustment,
        )
    except RuleBroken as refusal:
        if refusal.code != "NEGATIVE_QUANTITY":
            raise
        raise RuleBroken(
            "GOODS_GONE",
            f"{adjustment.public_id} cannot be reversed, the goods have left since: {refusal.detail}",
            problems=refusal.problems,
            extra=refusal.extra,
        ) from refusal


def visible_movements(*, access: Access, permission: str) -> QuerySet[Movement]:
    """The movements of adjustments in the warehouses where the caller has the permission."""
    movements = Movement.objects.order_by().filter(document_type=DocumentType.ADJUSTMENT)
    return access.narrow(movements, permission)


def visible_adjustments(*, access: Access, permission: str) -> QuerySet[Adjustment]:
    """The adjustments of which the caller may see a movement at least, and the caller's own.

    Somebody who is limited to warehouses sees a document that touched others too, but of its lines only their own.
    """
    adjustments = Adjustment.objects.order_by("-created_at", "-id").filter(organization=access.organization)
    if access.everywhere(permission):
        return adjustments
    if not access.may(permission):
        return adjustments.none()
    seen = visible_movements(access=access, permission=permission).filter(document_id=OuterRef("pk"))
    mine = Q(actor_id=access.actor.id) if access.actor.id is not None else Q(pk__in=())
    return adjustments.filter(Exists(seen) | mine)


def find_adjustment(*, access: Access, permission: str, public_id: str) -> Adjustment:
    """Raises NotFound `ADJUSTMENT_NOT_FOUND`. With its reason, what it reverses and what reversed it."""
    key = decode(Adjustment.prefix, public_id)
    seen = visible_adjustments(access=access, permission=permission)
    seen = seen.select_related("reason_code", "reverses", "reversed_by")
    found = seen.filter(pk=key).first() if key is not None else None
    if found is None:
        raise _not_found()
    return found


def lock_adjustment(*, access: Access, adjustment: Adjustment) -> None:
    """Nobody else reverses it until the transaction ends. Raises NotFound `ADJUSTMENT_NOT_FOUND`."""
    mine = Adjustment.objects.order_by().select_for_update(of=("self",), no_key=True)
    if not mine.filter(pk=adjustment.pk, organization=access.organization).exists():
        raise _not_found()


def _not_found() -> NotFound:
    return NotFound("ADJUSTMENT_NOT_FOUND", "There is no such adjustment.")


def _already(adjustment: Adjustment, earlier: Adjustment) -> Conflict:
    return Conflict(
        "ALREADY_REVERSED",
        f"{adjustment.public_id} has been reversed already, by {earlier.actor_name}.",
        extra={"reversedBy": earlier.public_id},
    )
