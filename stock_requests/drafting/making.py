"""Making a request."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

from django.utils import timezone

from inventory import history
from inventory.models import Category
from inventory.numbers import next_number
from stock_requests.drafting.ends import (
    Destination,
    may_see,
    require_category,
    require_seen,
    require_usable,
    require_writable,
)
from stock_requests.drafting.lines import Kept, WantedLine, require_lines, write_lines
from stock_requests.models import Priority, RequestNumber, RequestState, Stocklist, StockRequest
from stock_requests.rights import WRITE
from warehouses.access import Access
from warehouses.identifiers import new_id
from warehouses.models import Warehouse
from warehouses.records import validate
from warehouses.refusals import Conflict, NotFound, Problem
from warehouses.who_may import person_behind

__all__ = ["create_request"]


def create_request(
    *,
    access: Access,
    from_warehouse: Warehouse,
    to: Destination = Destination(),  # noqa: B008 - it is frozen
    category: Category | None = None,
    priority: Priority = Priority.NORMAL,
    needed_by: date | None = None,
    note: str = "",
    lines: Sequence[WantedLine] = (),
    stocklist: Stocklist | None = None,
    key: UUID | None = None,
    created_at: datetime | None = None,
) -> StockRequest:
    """Draft a request; with a stocklist and no lines, with the lines of the stocklist. Nothing is promised by it.

    Needs `stockrequests.write` at the source or at the destination, sight of the other (the permission to read
    requests there), and a transaction of the caller's. Locks the organization's last number; a constant number of
    statements. `key` and `created_at` are for seeded demonstrations.

    Raises Forbidden `PERMISSION_DENIED`, `READONLY_WAREHOUSE`, NotFound `WAREHOUSE_NOT_FOUND`, `ROOM_NOT_FOUND`,
    `DEPARTMENT_NOT_FOUND`, `CATEGORY_NOT_FOUND`, `STOCKLIST_NOT_FOUND`, `INVENTORY_NOT_FOUND`, Conflict
    `WAREHOUSE_INACTIVE`, `DEPARTMENT_INACTIVE`, `STOCKLIST_INACTIVE`, RuleBroken `ONE_DESTINATION`, `SAME_LOCATION`,
    `ROOM_HAS_NO_BIN`, InvalidInput `INVALID_QUANTITY`, `INVALID_REQUEST`, `INVALID_INPUT`; of several bad lines one
    refusal with every problem.
    """
    access.require(WRITE)
    require_seen(access, source=from_warehouse, destination=to)
    require_writable(access, from_warehouse, to)
    require_category(access, category)
    if stocklist is not None:
        _require_stocklist(access, stocklist)
    require_usable(from_warehouse, to)
    require_lines(access, lines)
    wanted = [Kept(new_id(), line.sku.pk, line.quantity, line.note) for line in lines]
    if stocklist is not None and not wanted:
        listed = stocklist.lines.order_by("position").values_list("sku", "quantity")
        wanted = [Kept(new_id(), sku_id, quantity, "") for sku_id, quantity in listed]
    now = created_at or timezone.now()
    person = person_behind(access.actor)
    request = StockRequest(
        pk=key or new_id(),
        organization=access.organization,
        number=next_number(RequestNumber, access.organization),
        from_warehouse=from_warehouse,
        to_warehouse=to.place,
        to_room=to.room,
        department=to.department,
        category=category,
        priority=priority,
        needed_by=needed_by,
        note=note,
        stocklist=stocklist,
        requested_by_id=person,
        actor_type=access.actor.type,
        actor_id=access.actor.id,
        actor_name=access.actor.name,
        created_at=now,
    )
    validate(request)
    request.save(force_insert=True)
    write_lines(request, wanted)
    history.note(
        organization=access.organization,
        actor=access.actor,
        subject=request,
        action="create",
        to_state=RequestState.DRAFT,
        at=now,
        quantity=sum(line.quantity for line in wanted),
        reason=note,
    )
    return request


def _require_stocklist(access: Access, stocklist: Stocklist) -> None:
    places = [
        place for place in (stocklist.from_warehouse_id, stocklist.to_warehouse_id) if place is not None
    ]
    if stocklist.organization_id != access.organization.pk or not any(
        may_see(access, place) for place in places
    ):
        detail = "There is no such stocklist."
        problem = Problem("STOCKLIST_NOT_FOUND", detail, field="stocklist")
        raise NotFound("STOCKLIST_NOT_FOUND", detail, problems=[problem])
    if not stocklist.is_active:
        detail = f"The stocklist {stocklist.name} is inactive: no new request is made of it."
        problem = Problem("STOCKLIST_INACTIVE", detail, field="stocklist")
        raise Conflict("STOCKLIST_INACTIVE", detail, problems=[problem])
