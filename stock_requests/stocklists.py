"""Stocklists: templates of requests. One is seen and changed by whoever sees and changes a request of its ends."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TypedDict
from uuid import UUID

import structlog
from django.utils import timezone

from inventory import statements
from inventory.models import Category
from stock_requests.drafting.ends import (
    Destination,
    require_category,
    require_seen,
    require_usable,
    require_writable,
)
from stock_requests.drafting.lines import WantedLine, require_lines
from stock_requests.models import Priority, Stocklist, StocklistLine
from stock_requests.named_rows import delete_row, save_named
from stock_requests.rights import READ, WRITE
from warehouses.access import Access
from warehouses.identifiers import decode, new_id
from warehouses.models import Warehouse
from warehouses.models.base import OrganizationQuerySet
from warehouses.refusals import Forbidden, NotFound, Problem, RuleBroken, gather

__all__ = [
    "StocklistChanges",
    "create_stocklist",
    "delete_stocklist",
    "find_stocklist",
    "may_change_stocklist",
    "update_stocklist",
    "visible_stocklists",
]

#: Looks at the locked stocklist and may refuse, as If-Match does.
Condition = Callable[[Stocklist], None]

_log = structlog.get_logger(__name__)
_RELATED = ("from_warehouse", "to_warehouse", "to_room", "to_room__warehouse", "department", "category")


class StocklistChanges(TypedDict, total=False):
    """The fields that are to change. `lines` are all lines that there shall be."""

    name: str
    from_warehouse: Warehouse
    to: Destination
    category: Category | None
    priority: Priority
    note: str
    is_active: bool
    lines: Sequence[WantedLine]


def visible_stocklists(*, access: Access, permission: str = READ) -> OrganizationQuerySet[Stocklist]:
    """The stocklists for which the caller has the permission at one end or both, by name. Raises Forbidden."""
    access.require(permission)
    rows = Stocklist.objects.for_organization(access.organization).select_related(*_RELATED)
    return rows.filter(access.at_either_end(permission))


def find_stocklist(
    *, access: Access, public_id: str, permission: str = READ, field: str | None = None
) -> Stocklist:
    """The stocklist of this id with its ends, if the caller sees it or has `permission` at one of them.

    `field` is the input that names it, None where the address does. Raises Forbidden `PERMISSION_DENIED` (nowhere),
    NotFound `STOCKLIST_NOT_FOUND`.
    """
    access.require(permission)
    key = decode(Stocklist.prefix, public_id)
    rows = Stocklist.objects.for_organization(access.organization).select_related(*_RELATED)
    found = rows.filter(access.at_either_end(READ, permission), pk=key).first() if key is not None else None
    if found is None:
        raise _not_found(field)
    return found


def may_change_stocklist(access: Access, stocklist: Stocklist) -> bool:
    """Whether the caller may write requests at one of its ends."""
    return access.covers_either(WRITE, stocklist.from_warehouse_id, stocklist.to_warehouse_id)


def create_stocklist(
    *,
    access: Access,
    name: str,
    from_warehouse: Warehouse,
    to: Destination = Destination(),  # noqa: B008 - it is frozen
    category: Category | None = None,
    priority: Priority = Priority.NORMAL,
    note: str = "",
    lines: Sequence[WantedLine] = (),
    key: UUID | None = None,
    created_at: datetime | None = None,
) -> Stocklist:
    """Write a template. Needs what `create_request` needs at its ends, and a transaction of the caller's.

    A constant number of statements. `key` and `created_at` are for seeded demonstrations.

    Raises what `create_request` raises of ends, category and lines, InvalidInput `INVALID_INPUT`, Conflict
    `STOCKLIST_NAME_TAKEN`, RuleBroken `NO_LINES`, `DUPLICATE_ROW` (a SKU twice).
    """
    access.require(WRITE)
    require_seen(access, source=from_warehouse, destination=to)
    require_writable(access, from_warehouse, to)
    require_category(access, category)
    require_usable(from_warehouse, to)
    _require_lines(access, lines)
    stocklist = Stocklist(
        pk=key or new_id(),
        organization=access.organization,
        name=name.strip(),
        from_warehouse=from_warehouse,
        to_warehouse=to.place,
        to_room=to.room,
        department=to.department,
        category=category,
        priority=priority,
        note=note,
        created_at=created_at or timezone.now(),
    )
    save_named(stocklist, code="STOCKLIST_NAME_TAKEN")
    _write_lines(stocklist, lines)
    _tell("stocklist.created", access, stocklist)
    return stocklist


def update_stocklist(
    *, access: Access, stocklist: Stocklist, changes: StocklistChanges, condition: Condition | None = None
) -> Stocklist:
    """Change a template; the requests that were made of it stay as they are.

    Needs `stockrequests.write` at either end, and where the ends change at one of the new ones, and a transaction of
    the caller's. Locks the stocklist; a constant number of statements. Raises NotFound `STOCKLIST_NOT_FOUND`, Forbidden
    `PERMISSION_DENIED`, what `create_stocklist` raises, and what `condition` raises.
    """
    current = _seize(access, stocklist, condition)
    _change_ends(access, current, changes)
    if "category" in changes:
        require_category(access, changes["category"])
        current.category = changes["category"]
    current.name = changes.get("name", current.name).strip()
    current.priority = changes.get("priority", current.priority)
    current.note = changes.get("note", current.note)
    current.is_active = changes.get("is_active", current.is_active)
    if "lines" in changes:
        _require_lines(access, changes["lines"])
    current.version += 1
    save_named(current, code="STOCKLIST_NAME_TAKEN")
    if "lines" in changes:
        keys = dict(current.lines.values_list("sku", "pk"))
        rows = StocklistLine.objects.filter(stocklist=current)
        # Taken away and written anew under their keys: so none is ever in another's place, whatever their order.
        rows._raw_delete(rows.db)
        _write_lines(current, changes["lines"], keys)
    _tell("stocklist.changed", access, current)
    return current


def delete_stocklist(*, access: Access, stocklist: Stocklist, condition: Condition | None = None) -> None:
    """Delete a template; the requests that were made of it stay, without one.

    Needs `stockrequests.write` at either end, and a transaction of the caller's. Locks the stocklist. Raises NotFound
    `STOCKLIST_NOT_FOUND`, Forbidden `PERMISSION_DENIED`, and what `condition` raises.
    """
    current = _seize(access, stocklist, condition, no_key=False)
    delete_row(current, code="STOCKLIST_IN_USE")
    _tell("stocklist.deleted", access, stocklist)


def _seize(
    access: Access, stocklist: Stocklist, condition: Condition | None, *, no_key: bool = True
) -> Stocklist:
    access.require(WRITE)
    rows = Stocklist.objects.for_organization(access.organization).select_for_update(
        of=("self",), no_key=no_key
    )
    seen = access.at_either_end(READ, WRITE)
    current = rows.select_related(*_RELATED).filter(seen, pk=stocklist.pk).first()
    if current is None:
        raise _not_found(None)
    if not may_change_stocklist(access, current):
        ends = (current.from_warehouse, current.to_warehouse)
        places = " or ".join(place.name for place in ends if place is not None)
        raise Forbidden(
            "PERMISSION_DENIED", f"This needs the permission {WRITE} in {places}.", extra={"missing": [WRITE]}
        )
    if condition is not None:
        condition(current)
    return current


def _change_ends(access: Access, current: Stocklist, changes: StocklistChanges) -> None:
    """What stays is not asked about again."""
    source = changes.get("from_warehouse", current.from_warehouse)
    destination = changes.get("to", Destination.of(current))
    if "to" in changes:
        require_seen(access, destination=destination)
    if source.pk != current.from_warehouse_id:
        require_seen(access, source=source)
    elif destination == Destination.of(current):
        return
    require_writable(access, source, destination)
    require_usable(source, destination)
    current.from_warehouse = source
    current.to_warehouse = destination.place
    current.to_room = destination.room
    current.department = destination.department


def _require_lines(access: Access, lines: Sequence[WantedLine]) -> None:
    if not lines:
        detail = "A stocklist has at least one line."
        raise RuleBroken("NO_LINES", detail, problems=[Problem("NO_LINES", detail, field="lines")])
    require_lines(access, lines)
    seen = set()
    twice = []
    for line in lines:
        if line.sku.pk in seen:
            detail = f"{line.sku.code} is in the list twice."
            problem = Problem("DUPLICATE_ROW", detail, line.index, "sku")
            twice.append(RuleBroken("DUPLICATE_ROW", detail, problems=[problem]))
        seen.add(line.sku.pk)
    if twice:
        raise gather(twice)


def _write_lines(
    stocklist: Stocklist, lines: Sequence[WantedLine], keys: dict[UUID, UUID] | None = None
) -> None:
    """Insert the lines, those that were there before under the keys that they had. One statement."""
    known = keys or {}
    statements.insert(
        StocklistLine,
        ("id", "stocklist", "position", "sku", "quantity"),
        [
            (known.get(line.sku.pk) or new_id(), stocklist.pk, position, line.sku.pk, line.quantity)
            for position, line in enumerate(lines, start=1)
        ],
    )


def _not_found(field: str | None) -> NotFound:
    detail = "There is no such stocklist."
    problems = [Problem("STOCKLIST_NOT_FOUND", detail, field=field)] if field else []
    return NotFound("STOCKLIST_NOT_FOUND", detail, problems=problems)


def _tell(event: str, access: Access, stocklist: Stocklist) -> None:
    actor = access.actor
    _log.info(event, id=stocklist.public_id, actor_type=actor.type.value, actor_id=str(actor.id or ""))
