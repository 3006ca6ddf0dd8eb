"""Cycle counts as they are shown.

What the books say, and whatever follows from it, is read and shown only where `cycle_counts.blindness` allows it.
Elsewhere those members are absent: a null would say that there is nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Final
from uuid import UUID

from cycle_counts import planning
from cycle_counts.blindness import shows_book
from cycle_counts.drift import Drift, moved_since
from cycle_counts.models import BatchState, CountBatch, CountLine, LineState, Origin
from cycle_counts.rights import may_review, may_see_book
from cycle_counts.states import ALLOWED, OPEN
from cycle_counts.totals import Totals, totals_of
from inventory.api.backoffice.money import worth
from inventory.models import Adjustment
from warehouses.access import Access
from warehouses.http.instants import instant, instant_or_none
from warehouses.http.paging import in_order
from warehouses.identifiers import encode
from warehouses.models import User
from warehouses.models.base import PublicModel

__all__ = ["assignee_object", "batch_object", "batch_rows", "line_objects", "version_of"]

_CENT: Final = Decimal("0.01")
_SCOPE: Final = {
    "bins": "binIds",
    "rooms": "roomIds",
    "categories": "categoryIds",
    "skus": "skuIds",
    "classes": "classes",
    "due_only": "dueOnly",
    "expiring_within": "expiringWithinDays",
    "availability": "availability",
    "not_counted_for": "notCountedForDays",
    "sample": "sample",
    "limit": "limit",
}
_LINE: Final = ("bin", "sku", "lot")
_LINE_WITH_BOOK: Final = (*_LINE, "recount_of")


def version_of(batch: CountBatch) -> str:
    return f"{batch.pk.hex}-{batch.version}"


def batch_rows(access: Access) -> Callable[[list[UUID]], list[dict[str, Any]]]:
    """What shows the batches of some keys, in their order, without their lines.

    Four queries, and one for each kind of record that their scopes name.
    """

    def rows(keys: list[UUID]) -> list[dict[str, Any]]:
        found = CountBatch.objects.filter(pk__in=keys).select_related("warehouse")
        found = found.prefetch_related("assignees")
        batches = in_order(keys, found)
        totals = totals_of(keys)
        recounts = _recounts_of(keys)
        names = planning.names_of([batch.scope for batch in batches])
        return [_row(access, batch, totals[batch.pk], recounts[batch.pk], names) for batch in batches]

    return rows


def batch_object(access: Access, batch: CountBatch, *, lines: Sequence[UUID] | None = None) -> dict[str, Any]:
    """A batch with all of its lines, or with those of some keys, in their order. A constant number of queries."""
    totals, recounts = totals_of([batch.pk])[batch.pk], _recounts_of([batch.pk])[batch.pk]
    shown = _row(access, batch, totals, recounts, planning.names_of([batch.scope]))
    return {
        **shown,
        "scope": _scope(access, batch),
        "allowedTransitions": _transitions(access, batch),
        "lines": line_objects(access, batch, lines),
    }


def line_objects(
    access: Access, batch: CountBatch, keys: Sequence[UUID] | None = None
) -> list[dict[str, Any]]:
    """The lines of a batch: all, as they are walked, or those of some keys, in their order."""
    has_book = shows_book(access, batch)
    rows = CountLine.objects.filter(batch=batch).order_by("position")
    if not has_book:
        # What is not to be told is not read.
        rows = rows.defer("expected", "variance", "unit_cost", "level_version", "is_within", "abc_class")
    rows = rows.select_related(*(_LINE_WITH_BOOK if has_book else _LINE))
    found = list(rows) if keys is None else in_order(keys, rows.filter(pk__in=set(keys)))
    if not has_book:
        blind = [_line(line) | {"status": _blind_state(line)} for line in found]
        return blind if may_see_book(access, batch.warehouse_id) else _own_counts(access, found, blind)
    drifts = moved_since(found) if batch.state in {BatchState.COUNTING, BatchState.REVIEW} else {}
    return [_line(line) | _book(batch, line, drifts.get(line.pk)) for line in found]


def assignee_object(user: User) -> dict[str, Any]:
    return {"id": user.public_id, "name": user.name or user.email, "email": user.email}


def _row(
    access: Access, batch: CountBatch, totals: Totals, recounts: Sequence[UUID], names: Mapping[str, str]
) -> dict[str, Any]:
    has_book = shows_book(access, batch)
    # Whoever only counts is not told that somebody was in doubt: a recount looks like any other task.
    is_told = may_see_book(access, batch.warehouse_id)
    is_hidden = batch.origin == Origin.RECOUNT and not is_told
    shown = {
        "id": batch.public_id,
        "number": batch.label,
        "name": (batch.name or None) if not is_hidden else None,
        "locationId": batch.warehouse.public_id,
        "locationName": batch.warehouse.name,
        "status": batch.state,
        "version": batch.version,
        "blind": batch.is_blind,
        "origin": Origin.PLANNED.value if is_hidden else batch.origin,
        "scopeText": _scope_text(batch, names, shows_book=has_book),
        "tolerance": {
            "units": batch.tolerance_units,
            "percent": batch.tolerance_percent,
            "value": batch.tolerance_value,
        },
        "dueOn": batch.due_on.isoformat() if batch.due_on else None,
        "isLate": _is_late(access, batch),
        "assignees": [assignee_object(user) for user in batch.assignees.all()],
        "note": batch.note or None,
        "recountOfId": _id(CountBatch, batch.recount_of_id) if is_told else None,
        "recountIds": [encode(CountBatch.prefix, key) for key in recounts] if is_told else [],
        "adjustmentId": _id(Adjustment, batch.adjustment_id) if is_told else None,
        "createdBy": batch.actor_name,
        "createdAt": instant(batch.created_at),
        "startedAt": instant_or_none(batch.started_at),
        "submittedAt": instant_or_none(batch.submitted_at),
        "closedAt": instant_or_none(batch.closed_at),
        "progress": {
            "lines": totals.lines,
            "counted": totals.counted,
            "pending": totals.pending,
            "found": totals.found,
        },
    }
    if batch.submitted_at is not None and has_book:
        shown["review"] = _review(access, totals)
    return shown


def _review(access: Access, totals: Totals) -> dict[str, Any]:
    return {
        "undecided": totals.undecided,
        "accepted": totals.accepted,
        "withinTolerance": totals.within,
        "recount": totals.recount,
        "ignored": totals.ignored,
        "differences": totals.differences,
        "unitsExpected": totals.units_expected,
        "unitsCounted": totals.units_counted,
        "unitsOver": totals.units_over,
        "unitsShort": totals.units_short,
        "valueOver": worth(totals.value_over),
        "valueShort": worth(totals.value_short),
        "currency": access.organization.currency,
    }


def _scope(access: Access, batch: CountBatch) -> dict[str, Any]:
    shown = planning.scope_shown(batch.scope, shows_book=shows_book(access, batch))
    return {_SCOPE[name]: value for name, value in shown.items()}


def _scope_text(batch: CountBatch, names: Mapping[str, str], *, shows_book: bool) -> str:
    if batch.origin == Origin.RECOUNT:
        return "Chosen lines"
    return planning.words_of(batch.scope, names=names, shows_book=shows_book)


def _transitions(access: Access, batch: CountBatch) -> list[str]:
    """The statuses that the caller can bring it to."""
    if batch.state == BatchState.REVIEW and not may_review(access, batch.warehouse_id):
        return []
    return [target.value for target in ALLOWED[batch.state]]


def _is_late(access: Access, batch: CountBatch) -> bool:
    return batch.state in OPEN and batch.due_on is not None and batch.due_on < access.organization.today()


def _recounts_of(keys: Sequence[UUID]) -> dict[UUID, list[UUID]]:
    found: dict[UUID, list[UUID]] = {key: [] for key in keys}
    rows = CountBatch.objects.filter(recount_of__in=keys).order_by("created_at", "pk")
    pairs: Iterable[Any] = rows.values_list("recount_of", "pk")
    for recounted, key in pairs:
        found[recounted].append(key)
    return found


def _line(line: CountLine) -> dict[str, Any]:
    return {
        "id": line.public_id,
        "position": line.position,
        "binId": line.bin.public_id,
        "binCode": line.bin.code,
        "sku": line.sku.code if line.sku else None,
        "skuId": line.sku.public_id if line.sku else None,
        "title": line.sku.title if line.sku else None,
        "lotId": line.lot.public_id if line.lot else None,
        "lotCode": line.lot.code if line.lot else line.lot_code or None,
        "expiresOn": line.lot.expires_on.isoformat() if line.lot and line.lot.expires_on else None,
        "code": line.code or None,
        "isFound": line.is_found,
        "status": line.state,
        "countedQuantity": line.counted,
        "countedAt": instant_or_none(line.counted_at),
        "countedBy": line.counter_name or None,
        "remark": line.remark or None,
        "note": line.note or None,
    }


def _own_counts(
    access: Access, lines: Sequence[CountLine], rows: Sequence[dict[str, Any]]
) -> list[dict[str, Any]]:
    """The rows as somebody may see them who only counts, and who may have to count again what another has counted.

    That it was counted they are told, by whom and when; how many, and what was noted, only of their own counts.
    """
    told = {"countedQuantity", "note"}
    return [
        row
        if line.counted is None or line.counter_id == access.actor.id
        else {name: value for name, value in row.items() if name not in told}
        for line, row in zip(lines, rows, strict=True)
    ]


def _blind_state(line: CountLine) -> str:
    """Whether it was counted, and no more: what else it can be follows from the difference.

    What somebody had found and took back is the exception: that it is no line any more is their own doing.
    """
    if line.counted is not None:
        return LineState.COUNTED.value
    is_taken_back = line.is_found and line.state == LineState.IGNORED
    return (LineState.IGNORED if is_taken_back else LineState.PENDING).value


def _book(batch: CountBatch, line: CountLine, drift: Drift | None) -> dict[str, Any]:
    return {
        "abcClass": line.abc_class or None,
        "expectedQuantity": line.expected,
        "variance": line.variance,
        "variancePercent": _percent(line),
        "varianceValue": worth(line.variance_value),
        "withinTolerance": line.is_within,
        "movedSince": {"then": drift.then, "now": drift.now} if drift is not None else None,
        "rootCause": line.root_cause or None,
        "reviewNote": line.review_note or None,
        "reviewedBy": line.reviewer_name or None,
        "reviewedAt": instant_or_none(line.reviewed_at),
        # Whoever counts again is not to know what was counted before, whatever else they may see.
        "firstCount": _first_count(line.recount_of) if batch.submitted_at is not None else None,
    }


def _percent(line: CountLine) -> Decimal | None:
    """The variance in percent of what the books say; None where they say nothing."""
    if line.variance is None or not line.expected:
        return None
    return (Decimal(100 * line.variance) / line.expected).quantize(_CENT, ROUND_HALF_UP)


def _first_count(line: CountLine | None) -> Mapping[str, Any] | None:
    """What was counted before, of a line that counts again."""
    if line is None:
        return None
    return {
        "lineId": line.public_id,
        "countedQuantity": line.counted,
        "expectedQuantity": line.expected,
        "variance": line.variance,
        "countedAt": instant_or_none(line.counted_at),
        "countedBy": line.counter_name or None,
    }


def _id(model: type[PublicModel], key: UUID | None) -> str | None:
    return encode(model.prefix, key) if key is not None else None
