"""Which rows a listing of SKUs walks: one index each, whatever the caller sees and filters."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from inventory.api.nexus.records import records_of_levels, records_of_skus
from inventory.models import TallyKind
from inventory.seen_stock import seen_stock
from inventory.tallies import Tally, tally_of
from warehouses.access import Access
from warehouses.models import Warehouse

__all__ = ["Listing", "counted_stock", "listing"]

Records = Callable[[list[UUID]], list[dict[str, Any]]]
Listing = tuple[QuerySet[Any], Records]


def listing(*, access: Access, warehouse: Warehouse | None) -> Listing:
    """The keys of the SKUs that the caller sees, by `sort_code`, and how keys become records (one query).

    Where they see several warehouses but not all, a row's `status` is not that of these (`with_seen_status`).
    """
    stock = seen_stock(access=access, warehouse_id=warehouse.pk if warehouse is not None else None)
    records = records_of_levels if stock.is_by_level else records_of_skus
    return stock.rows, partial(records, access=access)


def counted_stock(access: Access, *, warehouse: Warehouse | None, status: str | None) -> Tally | None:
    """How many SKUs `listing` has, of one status if it is named.

    None where they have to be counted: a caller who sees several warehouses but not all sees SKUs of several tallies.
    """
    statuses = None if status is None else (status,)
    places = access.warehouse_ids("inventory.read")
    if warehouse is not None or (places is not None and len(places) == 1):
        place = warehouse.pk if warehouse is not None else None
        return tally_of(TallyKind.LEVEL, access=access, warehouse_id=place, statuses=statuses)
    if places is not None:
        return None
    return tally_of(TallyKind.SUMMARY, access=access, statuses=statuses)
