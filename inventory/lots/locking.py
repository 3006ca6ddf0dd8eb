"""Taking hold of lots: first the lots in the order of their keys, then the stock levels in the ledger's own.

A posting reads what state a lot is in after it has locked the levels that it takes from. Whoever changes what may
leave (the state, the last day) therefore holds the levels that have the lot until the change is committed: a posting
comes whole before it or whole after it. Changing the lot's row alone would let an issue that is under way finish with
what it read before.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from uuid import UUID

from django.db.models import Q
from django.utils import timezone

from inventory.ledger import Line
from inventory.ledger.locking import lock
from inventory.models import Lot, StockItem, StockLevel
from warehouses.models import Organization

__all__ = ["lock_lots", "lock_stock", "stock_of"]


def lock_lots(organization: Organization, keys: Collection[UUID]) -> dict[UUID, Lot]:
    """The lots of these keys as they are now and until the transaction ends. One query, none without keys."""
    if not keys:
        return {}
    rows = Lot.objects.select_for_update(of=("self",), no_key=True).order_by("pk")
    return {lot.pk: lot for lot in rows.filter(organization=organization, pk__in=keys)}


def lock_stock(
    organization: Organization, *, lots: Collection[UUID] = (), items: Collection[UUID] = ()
) -> None:
    """Lock the stock levels that have any of the `lots` or hold any of the stock `items`. Writes nothing.

    What is posted afterwards in the same transaction may touch these levels and no others: they are locked once, in one
    order. Four queries, one where there is no stock.
    """
    # An OR within one table, which two indexes answer; over a join, the database would look at every level.
    named = StockItem.objects.order_by().filter(Q(pk__in=items) | Q(lot__in=lots))
    levels = StockLevel.objects.order_by().filter(organization=organization, pk__in=named.values("level"))
    rows = levels.select_related("sku", "warehouse")
    lines = [Line(sku=level.sku, warehouse=level.warehouse, quantity=None, reason=None) for level in rows]
    if lines:
        lock(organization, lines, now=timezone.now())


def stock_of(lots: Iterable[UUID]) -> list[StockItem]:
    """The stock items that have units of any of the lots, in every warehouse. One query."""
    return list(StockItem.objects.order_by().filter(lot__in=list(lots), on_hand__gt=0))
