"""Adjustments: documents that post movements for a reason, and their reversal."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from inventory.ledger import DocumentRef, Line, Posting, post
from inventory.ledger.locking import Locked
from inventory.models import Adjustment, DocumentType, Movement, ReasonCode, Source
from warehouses.access import Access
from warehouses.actors import Actor
from warehouses.identifiers import new_id
from warehouses.models import Organization
from warehouses.refusals import Conflict, NotFound, Refusal, RuleBroken

__all__ = ["Recorded", "adjust", "reverse"]


@dataclass(frozen=True, slots=True)
class Recorded:
    """`adjustment` is None when nothing changed: every line asked for what was there already."""

    adjustment: Adjustment | None
    posting: Posting


def adjust(
    *,
    organization: Organization,
    actor: Actor,
    source: Source,
    lines: Sequence[Line],
    note: str = "",
    reference: str = "",
    reverses: Adjustment | None = None,
    precondition: Callable[[Locked], None] | None = None,
    refused: Sequence[Refusal] = (),
    by_sync: bool = False,
    recorded_at: datetime | None = None,
) -> Recorded:
    """Post `lines` to the ledger as one adjustment document, all or nothing.

    Runs in the caller's transaction. Locks and raises as `inventory.ledger.post` does. The document's reason is that
    of its lines, or none where they have several.
    """
    document = DocumentRef(DocumentType.ADJUSTMENT, new_id())
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
    if not posting.changes:
        return Recorded(None, posting)
    reasons = {lines[change.line].reason.pk: lines[change.line].reason for change in posting.changes}
    adjustment = Adjustment(
        pk=document.id,
        organization=organization,
        source=source,
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
    adjustment, then posts. Raises Conflict `ALREADY_REVERSED`, and RuleBroken
    `GOODS_GONE` naming what is missing where the goods that it added have left since; nothing is changed then.
    """
    organization = access.organization
    access.require("inventory.adjust")
    # Of two who reverse it at once, the second waits here and then sees the first one's reversal.
    mine = Adjustment.objects.select_for_update(of=("self",), no_key=True)
    if not mine.filter(pk=adjustment.pk, organization=organization).exists():
        raise NotFound("ADJUSTMENT_NOT_FOUND", "There is no such adjustment.")
    movements = list(
        Movement.objects.filter(document_id=adjustment.pk, document_type=DocumentType.ADJUSTMENT)
        .select_related("sku", "warehouse")
        .order_by("id")
    )
    if not all(access.covers("inventory.adjust", movement.warehouse_id) for movement in movements):
        raise NotFound("ADJUSTMENT_NOT_FOUND", "There is no such adjustment.")
    earlier = Adjustment.objects.filter(reverses=adjustment).first()
    if earlier is not None:
        raise _already(adjustment, earlier)
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


def _already(adjustment: Adjustment, earlier: Adjustment) -> Conflict:
    return Conflict(
        "ALREADY_REVERSED",
        f"{adjustment.public_id} has been reversed already, by {earlier.actor_name}.",
        extra={"reversedBy": earlier.public_id},
    )
