"""Put-away tasks as they are shown."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.db.models import Count, Sum

from inventory import put_away
from inventory.api.backoffice.objects import history_objects
from inventory.history import history_of
from inventory.models import PutAway, PutAwayLine, PutAwayState
from warehouses.access import Access
from warehouses.http.instants import instant, instant_or_none
from warehouses.http.paging import in_order
from warehouses.models import Bin

__all__ = ["task_object", "task_rows", "version_of"]


def version_of(task: PutAway) -> str:
    return f"{task.pk.hex}-{task.version}"


def task_rows(keys: list[UUID]) -> list[dict[str, Any]]:
    """The tasks of `keys` in their order, without their lines. Three queries."""
    found = PutAway.objects.filter(pk__in=keys).select_related("warehouse")
    rows: Iterable[Any] = (
        PutAwayLine.objects.order_by()
        .filter(put_away__in=keys)
        .values_list("put_away")
        .annotate(Count("pk"), Sum("quantity"))
    )
    sums = {key: (lines, quantity) for key, lines, quantity in rows}
    moved = put_away.moved_of(keys)
    return [_row(task, *sums.get(task.pk, (0, 0)), moved.get(task.pk)) for task in in_order(keys, found)]


def task_object(access: Access, task: PutAway) -> dict[str, Any]:
    """A task with its lines and history, whose location is at hand. Two queries, a third once it is completed."""
    lines = list(
        task.lines.select_related("sku", "lot", "from_bin__room", "to_bin__room").order_by("position")
    )
    is_done = task.state == PutAwayState.COMPLETED
    moved = put_away.moved_of([line.pk for line in lines]) if is_done else {}
    total = sum(moved.values()) if is_done else None
    may_write = access.covers(put_away.WRITE, task.warehouse_id)
    return {
        **_row(task, len(lines), sum(line.quantity for line in lines), total),
        "allowedActions": list(put_away.ALLOWED[task.state]) if may_write else [],
        "lines": [
            {
                "id": line.public_id,
                "sku": line.sku.code,
                "skuId": line.sku.public_id,
                "title": line.sku.title,
                "lotId": line.lot.public_id if line.lot else None,
                "lotCode": line.lot.code if line.lot else None,
                **_bin("fromBin", line.from_bin),
                "fromRoomName": line.from_bin.room.name,
                **_bin("toBin", line.to_bin),
                "toRoomName": line.to_bin.room.name,
                "isSuggested": line.is_suggested,
                "quantity": line.quantity,
                "putAway": moved.get(line.pk),
            }
            for line in lines
        ],
        "history": history_objects(history_of([task])[task.pk]),
    }


def _row(task: PutAway, lines: int, quantity: int, moved: int | None) -> dict[str, Any]:
    return {
        "id": task.public_id,
        "state": task.state,
        "locationId": task.warehouse.public_id,
        "locationName": task.warehouse.name,
        "referenceId": task.reference or None,
        "note": task.note or None,
        "lineCount": lines,
        "quantity": quantity,
        "putAway": moved,
        "createdBy": task.actor_name,
        "createdAt": instant(task.created_at),
        "closedAt": instant_or_none(task.closed_at),
        "version": task.version,
    }


def _bin(name: str, shelf: Bin) -> dict[str, Any]:
    return {f"{name}Id": shelf.public_id, f"{name}Code": shelf.code}
