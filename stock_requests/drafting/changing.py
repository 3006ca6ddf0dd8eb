"""Changing a request that nobody has decided on yet."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Final, TypedDict

from django.db.models import Count, Max, Sum
from django.utils import timezone

from inventory import history
from inventory.models import Category
from stock_requests.drafting.ends import (
    Destination,
    require_category,
    require_seen,
    require_usable,
    require_writable,
)
from stock_requests.drafting.lines import (
    MOST_LINES,
    ChangedLine,
    Kept,
    WantedLine,
    merged,
    require_lines,
    write_lines,
)
from stock_requests.drafting.withdrawal import Withdrawn, withdraw_decisions
from stock_requests.models import Priority, RequestLine, RequestState, StockRequest
from stock_requests.notifications import tell_submitted
from stock_requests.rights import editor
from stock_requests.states import EDITABLE, Condition, seize
from warehouses.access import Access
from warehouses.identifiers import new_id
from warehouses.models import Warehouse
from warehouses.records import validate
from warehouses.refusals import RuleBroken

__all__ = ["RequestChanges", "add_line", "update_request"]

_NOTHING: Final = Withdrawn(0, ())


class RequestChanges(TypedDict, total=False):
    """The fields that are to change. `lines` are all lines that there shall be: those not named go."""

    from_warehouse: Warehouse
    to: Destination
    category: Category | None
    priority: Priority
    needed_by: date | None
    note: str
    lines: Sequence[ChangedLine]


def update_request(
    *, access: Access, request: StockRequest, changes: RequestChanges, condition: Condition | None = None
) -> StockRequest:
    """Change a draft, or a request that waits for a decision: then the approvals so far are withdrawn.

    Where nothing differs from what is there, nothing is written. Needs `stockrequests.write` at either end, and where
    the ends change at one of the new ones, and a transaction of the caller's. Locks the request; a constant number of
    statements.

    Raises Conflict `INVALID_TRANSITION`, NotFound `STOCK_REQUEST_NOT_FOUND`, `REQUEST_LINE_NOT_FOUND`, RuleBroken
    `DUPLICATE_ROW`, what `create_request` raises of ends, category and lines, and what `condition` raises.
    """
    locked = seize(request, authorize=editor(access), states=EDITABLE, condition=condition)
    told = [*_change_ends(access, locked, changes), *_change_fields(access, locked, changes)]
    kept = None
    if "lines" in changes:
        before = list(locked.lines.filter(substitute_for__isnull=True).order_by("position"))
        kept = merged(access, before, changes["lines"])
        words = _told_of(before, kept)
        if words:
            told.append(words)
        else:
            kept = None
    if not told:
        return locked
    now = timezone.now()
    withdrawn = _withdraw(locked, now)
    if kept is not None:
        # Taken away and written anew under their keys: so none is ever in another's place, whatever their order.
        rows = RequestLine.objects.filter(request=locked)
        rows._raw_delete(rows.db)
        write_lines(locked, kept)
    locked.version += 1
    validate(locked)
    locked.save(
        update_fields=[
            *("from_warehouse", "to_warehouse", "to_room", "department"),
            *("category", "priority", "needed_by", "note", "version"),
        ]
    )
    _note(access, locked, "edit", "; ".join(told), withdrawn, now, _units(locked))
    return locked


def add_line(
    *, access: Access, request: StockRequest, line: WantedLine, condition: Condition | None = None
) -> RequestLine:
    """One line more, the last; of a request that waits for a decision the approvals so far are withdrawn.

    Needs `stockrequests.write` at either end, and a transaction of the caller's. Locks the request. Raises Conflict
    `INVALID_TRANSITION`, Forbidden `PERMISSION_DENIED`, NotFound `STOCK_REQUEST_NOT_FOUND`, `INVENTORY_NOT_FOUND`,
    InvalidInput `INVALID_QUANTITY`, RuleBroken `TOO_MANY_LINES`, and what `condition` raises.
    """
    locked = seize(request, authorize=editor(access), states=EDITABLE, condition=condition)
    require_lines(access, [line])
    now = timezone.now()
    withdrawn = _withdraw(locked, now)
    there = locked.lines.aggregate(lines=Count("pk"), last=Max("position"))
    if there["lines"] >= MOST_LINES:
        raise RuleBroken("TOO_MANY_LINES", f"A stock request has at most {MOST_LINES} lines.")
    written = Kept(new_id(), line.sku.pk, line.quantity, line.note)
    write_lines(locked, [written], first=(there["last"] or 0) + 1)
    locked.version += 1
    locked.save(update_fields=["version"])
    _note(access, locked, "add_line", f"{line.quantity} × {line.sku.code}", withdrawn, now, line.quantity)
    return RequestLine.objects.select_related("sku").get(pk=written.key)


def _change_ends(access: Access, locked: StockRequest, changes: RequestChanges) -> list[str]:
    """Set the new ends, if they are other than now; in words. What stays is not asked about again."""
    present = Destination.of(locked)
    source = changes.get("from_warehouse", locked.from_warehouse)
    destination = changes.get("to", present)
    if "to" in changes:
        require_seen(access, destination=destination)
    if "from_warehouse" in changes and source.pk != locked.from_warehouse_id:
        require_seen(access, source=source)
    is_moved = _keys(destination) != _keys(present)
    if source.pk == locked.from_warehouse_id and not is_moved:
        return []
    require_writable(access, source, destination)
    require_usable(source, destination)
    told = []
    if source.pk != locked.from_warehouse_id:
        told.append(f"from {locked.from_warehouse.name} → {source.name}")
    if is_moved:
        told.append(f"to {present.name} → {destination.name}")
    locked.from_warehouse = source
    locked.to_warehouse = destination.place
    locked.to_room = destination.room
    locked.department = destination.department
    return told


def _change_fields(access: Access, locked: StockRequest, changes: RequestChanges) -> list[str]:
    told = []
    if "category" in changes:
        category = changes["category"]
        require_category(access, category)
        if _key(category) != locked.category_id:
            told.append(f"category {locked.category or 'none'} → {category or 'none'}")
            locked.category = category
    if "priority" in changes and changes["priority"] != locked.priority:
        told.append(f"priority {Priority(locked.priority).word} → {changes['priority'].word}")
        locked.priority = changes["priority"]
    if "needed_by" in changes and changes["needed_by"] != locked.needed_by:
        told.append(f"needed by {locked.needed_by or 'no day'} → {changes['needed_by'] or 'no day'}")
        locked.needed_by = changes["needed_by"]
    if "note" in changes and changes["note"] != locked.note:
        told.append("note")
        locked.note = changes["note"]
    return told


def _told_of(before: Sequence[RequestLine], after: Sequence[Kept]) -> str:
    """What becomes of the lines, in words; empty where they stay as they are."""
    then = {line.pk: (line.sku_id, line.requested, line.note) for line in before}
    now = {line.key: (line.sku_id, line.quantity, line.note) for line in after}
    added, removed = len(now.keys() - then.keys()), len(then.keys() - now.keys())
    changed = sum(1 for key in now.keys() & then.keys() if now[key] != then[key])
    counted = ((added, "added"), (changed, "changed"), (removed, "removed"))
    words = [f"{number} {word}" for number, word in counted if number]
    if not words and list(then) != list(now):
        words = ["in another order"]
    return f"lines: {', '.join(words)}" if words else ""


def _withdraw(locked: StockRequest, now: datetime) -> Withdrawn:
    """Nobody has decided on a draft."""
    return withdraw_decisions(locked, at=now) if locked.state == RequestState.SUBMITTED else _NOTHING


def _note(
    access: Access,
    locked: StockRequest,
    action: str,
    told: str,
    withdrawn: Withdrawn,
    now: datetime,
    quantity: int,
) -> None:
    lost = str(withdrawn)
    reason = f"{told}; {lost}" if lost else told
    history.note(
        organization=access.organization,
        actor=access.actor,
        subject=locked,
        action=action,
        from_state=locked.state,
        to_state=locked.state,
        at=now,
        quantity=quantity,
        reason=history.shortened(reason),
    )
    if withdrawn.approvals:
        # Whoever had approved is asked anew: for what it is now.
        tell_submitted(access=access, request=locked, at=now, reason=reason)


def _units(locked: StockRequest) -> int:
    units = locked.lines.aggregate(units=Sum("requested"))["units"]
    return int(units or 0)


def _keys(destination: Destination) -> tuple[object, ...]:
    return _key(destination.place), _key(destination.room), _key(destination.department)


def _key(record: Category | Warehouse | object | None) -> object:
    return getattr(record, "pk", None)
