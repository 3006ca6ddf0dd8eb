"""The timeline of a SKU: everything that happened to it, a page at a time, in one order over all its parts.

A page costs the same however long the history is. The ledger is walked in its index from where the page begins; of the
other parts only what lies between the page's ends is looked for, once enough is found to know where it ends.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache
from typing import Any, Final
from uuid import UUID

from django.conf import settings
from django.db.models import Q, QuerySet
from django.utils.module_loading import import_string

from inventory.models import Sku, StateChange
from inventory.sku_page.document_parts import HOLDS, ORDERS, RESERVATIONS, TRANSFERS
from inventory.sku_page.events import Documents, Event, Mark, Part, Reach
from inventory.sku_page.ledger_part import STOCK
from inventory.sku_page.running import Sums, sums_after, sums_now
from warehouses.access import Access
from warehouses.actors import ActorType
from warehouses.models import Warehouse

__all__ = [
    "READ",
    "Page",
    "Row",
    "count_timeline",
    "parts",
    "places_of",
    "read_timeline",
    "walk_timeline",
]

READ: Final = "inventory.read"
_ROWS: Final = 50
_ROWS_AT_ONCE: Final = 500
_READINGS: Final = 3


@dataclass(frozen=True, slots=True)
class Row:
    """An event, with what there was once it had happened: None where other events between are left out."""

    event: Event
    sums: Sums | None


@dataclass(frozen=True, slots=True)
class Page:
    """Newest first. `has_newer` and `has_older`: there are more in that direction."""

    rows: Sequence[Row]
    has_newer: bool
    has_older: bool


@cache
def parts() -> tuple[Part, ...]:
    """In the order in which they are shown; those of the apps above are named by the setting SKU_TIMELINE_PARTS."""
    above = [import_string(name) for name in settings.SKU_TIMELINE_PARTS]
    return (STOCK, RESERVATIONS, HOLDS, TRANSFERS, ORDERS, *above)


def places_of(access: Access, warehouse: Warehouse | None) -> frozenset[UUID] | None:
    """The warehouses that a page is about: where the caller may read stock, or of those the one; None for all."""
    seen = access.warehouse_ids(READ)
    if warehouse is None:
        return seen
    return frozenset({warehouse.pk}) if seen is None or warehouse.pk in seen else frozenset()


def read_timeline(
    *,
    access: Access,
    sku: Sku,
    warehouse: Warehouse | None = None,
    part: str = "",
    who: ActorType | None = None,
    older_than: Mark | None = None,
    newer_than: Mark | None = None,
    rows: int = _ROWS,
) -> Page:
    """A page of what happened to the SKU where the caller may read stock, or in the one `warehouse` of these.

    Of one part alone, or done by one sort of actor, where these are given: then it is not told what there was after
    each event, for the events between are not on the page. Needs `inventory.read`: raises Forbidden
    `PERMISSION_DENIED`. At most a few queries for each part, whatever the history.
    """
    access.require(READ)
    reach = replace(
        _reach(access, sku, warehouse, who, rows + 1),
        below=older_than,
        above=newer_than,
        newest_first=newer_than is None,
    )
    is_whole = not part and who is None
    for _ in range(_READINGS):
        is_newest = older_than is None and newer_than is None
        top = sums_now(reach) if is_newest and is_whole else None
        found = _gather(reach, part)
        # The newest page begins with what there is: that and the events are of one moment, or both are read again.
        if top is None or top.version == sums_now(reach).version:
            break
    has_more = len(found) > rows
    shown = found[:rows] if reach.newest_first else found[:rows][::-1]
    if top is None and is_whole and shown:
        top = sums_after(reach, shown[0].mark)
    return Page(
        rows=_running(shown, top) if is_whole else [Row(event, None) for event in shown],
        has_newer=has_more if not reach.newest_first else older_than is not None,
        has_older=has_more if reach.newest_first else True,
    )


def walk_timeline(
    *,
    access: Access,
    sku: Sku,
    warehouse: Warehouse | None = None,
    part: str = "",
    who: ActorType | None = None,
) -> Iterator[Row]:
    """All of it, newest first, no more than some hundreds in memory."""
    mark: Mark | None = None
    while True:
        page = read_timeline(
            access=access,
            sku=sku,
            warehouse=warehouse,
            part=part,
            who=who,
            older_than=mark,
            rows=_ROWS_AT_ONCE,
        )
        yield from page.rows
        if not page.has_older or not page.rows:
            return
        mark = page.rows[-1].event.mark


def count_timeline(
    *,
    access: Access,
    sku: Sku,
    warehouse: Warehouse | None = None,
    part: str = "",
    who: ActorType | None = None,
    limit: int | None = None,
) -> int:
    """How many events there are, at most `limit`. Without one all of them are walked."""
    if limit is None:
        every = walk_timeline(access=access, sku=sku, warehouse=warehouse, part=part, who=who)
        return sum(1 for _ in every)
    access.require(READ)
    return len(_gather(_reach(access, sku, warehouse, who, limit), part))


def _reach(access: Access, sku: Sku, warehouse: Warehouse | None, who: ActorType | None, limit: int) -> Reach:
    return Reach(
        access=access,
        sku=sku,
        limit=limit,
        places=places_of(access, warehouse),
        chosen=warehouse.pk if warehouse is not None else None,
        who=who,
    )


def _running(events: Sequence[Event], top: Sums | None) -> list[Row]:
    """Each event with what there was after it: what there was after the newest, less what the newer ones changed."""
    found = []
    sums = top
    for event in events:
        found.append(Row(event, sums))
        if sums is not None:
            sums = replace(
                sums,
                on_hand=sums.on_hand - event.on_hand,
                reserved=sums.reserved - event.reserved,
                held=sums.held - event.held,
            )
    return found


# --- what lies in a reach


def _gather(reach: Reach, part: str) -> list[Event]:
    wanted = [each for each in parts() if not part or each.name == part]
    found: list[Event] = []
    for each in wanted:
        if each.read is None:
            continue
        found = reach.in_order([*found, *each.read(reach)])
        if len(found) == reach.limit:
            reach = reach.bounded_by(found[-1])
    documents = [each.documents for each in wanted if each.documents is not None]
    return reach.in_order([*found, *_of_documents(reach, documents)]) if documents else found


def _of_documents(reach: Reach, wanted: Sequence[Documents]) -> list[Event]:
    """What stands in the histories of documents: a few queries for each sort of them."""
    found: list[Event] = []
    for documents in wanted:
        rows = documents.rows(reach)
        changes = StateChange.objects.order_by().exclude(action__in=documents.silent)
        if reach.who is None:
            known = {row.pk: row for row in _touched(reach, rows, tells_all=not documents.silent)}
            lines = reach.take(changes.filter(subject_id__in=list(known)), "created_at")
        else:
            # Somebody may have done something with few of very many documents: these are found by what was done.
            keys = rows.order_by().values("pk")
            lines = reach.take(changes.filter(subject_id__in=keys, actor_type=reach.who), "created_at")
            known = rows.in_bulk([line.subject_id for line in lines])
        found += [documents.tell(line, known[line.subject_id]) for line in lines if line.subject_id in known]
    return found


def _touched(reach: Reach, rows: QuerySet[Any], *, tells_all: bool) -> list[Any]:
    """Those of the documents with which something was done within the reach.

    A document of version 1 was made, and nothing more; one that is closed has come to its end then.
    """
    first, last = _ends(reach, rows, tells_all=tells_all)
    begun, ended = Q(), Q()
    if last is not None:
        begun = Q(created_at__lte=last)
    if first is not None:
        ended = Q(created_at__gte=first) | (Q(version__gt=1) & (Q(closed_at=None) | Q(closed_at__gte=first)))
    return list(rows.filter(begun & ended))


def _ends(reach: Reach, rows: QuerySet[Any], *, tells_all: bool) -> tuple[datetime | None, datetime | None]:
    """Between which instants what is looked for has to be.

    Where the reach has no end in the direction in which it is walked, the documents give one: as many as are asked for
    were made by then, or closed by then, if each of that is an event.
    """
    above = reach.above[0] if reach.above is not None else None
    below = reach.below[0] if reach.below is not None else None
    counted = ("created_at", "closed_at") if tells_all else ("created_at",)
    if reach.newest_first and above is None:
        for at in counted:
            last = _nth(rows.filter(_until(at, below)).order_by(f"-{at}"), at, reach.limit)
            above = max(filter(None, (above, last)), default=None)
    if not reach.newest_first and below is None:
        for at in counted:
            last = _nth(rows.filter(_since(at, above)).order_by(at), at, reach.limit)
            below = min(filter(None, (below, last)), default=None)
    return above, below


def _until(at: str, instant: datetime | None) -> Q:
    return Q(**{f"{at}__isnull": False}) if instant is None else Q(**{f"{at}__lt": instant})


def _since(at: str, instant: datetime | None) -> Q:
    return Q(**{f"{at}__isnull": False}) if instant is None else Q(**{f"{at}__gt": instant})


def _nth(rows: QuerySet[Any], at: str, number: int) -> datetime | None:
    found: datetime | None = rows.values_list(at, flat=True)[number - 1 : number].first()
    return found
