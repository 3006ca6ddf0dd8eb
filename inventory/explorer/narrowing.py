"""The rows that filters leave."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet, Sum, Value
from django.db.models.functions import Concat

from inventory.explorer.filters import Filters
from inventory.formulas import StockStatus
from inventory.models import Barcode, Category, Sku, sku_key
from inventory.seen_stock import SeenStock, seen_stock, with_seen_status
from inventory.title_words import has_words
from warehouses.access import Access
from warehouses.identifiers import decode
from warehouses.models import Warehouse

__all__ = ["filtered", "stock_of"]

#: Of no record: what is malformed, not there or another organization's hides everything alike.
_NOTHING: Final = UUID(int=0)
#: SKUs with a word in their titles that are looked up one by one.
_FEW: Final = 1000


def stock_of(*, access: Access, filters: Filters) -> SeenStock:
    """What the caller sees, in the warehouse that the filters name or in all of theirs. No query."""
    if not filters.warehouse:
        return seen_stock(access=access)
    return seen_stock(access=access, warehouse_id=decode(Warehouse.prefix, filters.warehouse) or _NOTHING)


def filtered(stock: SeenStock, filters: Filters, *, access: Access) -> QuerySet[Any]:
    """The rows of `stock` that are left. Three queries at most, where something is searched for."""
    rows = stock.rows
    if filters.status:
        statuses = [StockStatus(status) for status in filters.status]
        if stock.adds_up:
            rows = with_seen_status(rows, statuses, levels=stock.levels)
        elif len(statuses) == 1:
            rows = rows.filter(status=statuses[0])
        else:
            rows = rows.filter(status__in=statuses)
    if filters.held:
        rows = rows.filter(_some(stock, Q(held__gt=0)))
    if filters.stock:
        there = _some(stock, Q(on_hand__gt=0))
        rows = rows.filter(there if filters.stock == "yes" else ~there)
        if filters.stock == "no" and not stock.adds_up:
            rows = rows.filter(status=StockStatus.OUT_OF_STOCK)  # so that an index leads to them
    if filters.oversold:
        rows = _oversold(stock, rows)
    if filters.category:
        category = decode(Category.prefix, filters.category) or _NOTHING
        rows = rows.filter(sku__product__category=category)
    if filters.lots:
        rows = rows.filter(sku__is_lot_controlled=filters.lots == "yes")
    return _searched(rows, filters.q, access) if filters.q else rows


def _some(stock: SeenStock, condition: Q) -> Any:
    """That the figures of a row say so; where they are to be added up: that those of one of its levels do."""
    if not stock.adds_up:
        return condition
    return Exists(stock.levels.filter(condition, sku=OuterRef("pk")))


def _oversold(stock: SeenStock, rows: QuerySet[Any]) -> QuerySet[Any]:
    if not stock.adds_up:
        # The status says it too, and there is an index of it.
        return rows.filter(status=StockStatus.OUT_OF_STOCK, available__lt=0)
    below = stock.levels.filter(available__lt=0).values("sku")
    added = stock.levels.filter(sku__in=below).values("sku").annotate(left=Sum("available"))
    return rows.filter(sku__in=added.filter(left__lt=0).values("sku"))


def _searched(rows: QuerySet[Any], term: str, access: Access) -> QuerySet[Any]:
    """A barcode or a public id finds its SKU and nothing else; then codes that begin so; only then words of titles."""
    if (key := decode(Sku.prefix, term.lower())) is not None:
        return rows.filter(sku=key)
    scanned = Barcode.objects.filter(organization=access.organization, code=term).values_list(
        "sku", flat=True
    )
    if (found := scanned.first()) is not None:
        return rows.filter(sku=found)
    begins = rows.filter(sort_code__startswith=sku_key(term))
    if begins.exists():
        return begins
    named = Sku.objects.filter(has_words(term), organization=access.organization)
    # Ordered by what is in no index: PostgreSQL would rather walk all codes until it has enough, and read each title.
    apart = named.order_by(Concat("code_key", Value(""))).values_list("pk", flat=True)
    few = list(apart[: _FEW + 1])
    # Of a word that many have, a page is full soon whichever way it is walked.
    return rows.filter(sku__in=few if len(few) <= _FEW else named.values("pk"))
