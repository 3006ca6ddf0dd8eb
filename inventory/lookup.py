"""SKUs and lots by what is written on them: for the palette, which is asked with every key and every scan.

A barcode, a code, the beginning of a SKU's code, a lot's code: each is one look-up in an index. Words of titles are
looked for where nothing has such a code. Figures are those of the warehouses that the caller may see.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from django.db.models import OuterRef, QuerySet, Subquery, Sum, Value
from django.db.models.functions import Concat, Lower

from inventory.lots.records import visible_lots
from inventory.models import Barcode, Lot, Sku, StockItem, StockLevel, StockSummary, sku_key
from inventory.title_words import has_words
from warehouses.access import Access
from warehouses.palette import is_whole

__all__ = ["FoundLot", "FoundSku", "lots_of", "skus_of"]

_CATALOGUE: Final = "products.read"
_STOCK: Final = "inventory.read"
#: Fewer letters begin too many words to be worth it.
_SHORTEST_WORD: Final = 3


@dataclass(frozen=True, slots=True)
class FoundSku:
    """Units where the caller may see stock; None if they may see none at all. `bin` holds the most of it, or is ""."""

    sku: Sku
    is_exact: bool
    on_hand: int | None = None
    available: int | None = None
    bin: str = ""


@dataclass(frozen=True, slots=True)
class FoundLot:
    lot: Lot
    on_hand: int


def skus_of(*, access: Access, term: str, most: int) -> list[FoundSku]:
    """The SKUs of a scanned barcode; else those whose code begins with the term, the one that it is first.

    At most five queries, whatever they find.
    """
    if not access.may(_CATALOGUE):
        return []
    mine = Sku.objects.for_organization(access.organization)
    scanned = list(mine.filter(pk__in=_with_barcode(access, term)))
    if scanned:
        return _with_figures(access, [(sku, True) for sku in scanned])
    key = sku_key(term)
    if not key:
        return []
    found = list(mine.filter(code_key__startswith=key).order_by("code_key")[:most])
    if not found and len(key) >= _SHORTEST_WORD and not is_whole(term):
        # In an order that no index has: the planner would walk that of the codes, hoping to meet the words soon.
        found = list(mine.filter(has_words(term)).order_by(Concat("code_key", Value("")))[:most])
    return _with_figures(access, [(sku, sku.code_key == key) for sku in found])


def lots_of(*, access: Access, term: str, most: int) -> list[FoundLot]:
    """The lots of this code that the caller may see: several SKUs may have one. One query."""
    if not access.may(_STOCK):
        return []
    there = access.narrow(StockItem.objects.filter(lot=OuterRef("pk")), _STOCK).order_by().values("lot")
    units = Subquery(there.annotate(units=Sum("on_hand")).values("units"))
    rows = visible_lots(access).alias(key=Lower("code")).filter(key=term.lower())
    found = rows.select_related("sku").annotate(units=units).order_by("expires_on", "pk")[:most]
    return [FoundLot(lot, getattr(lot, "units", None) or 0) for lot in found]


def _with_barcode(access: Access, term: str) -> QuerySet[Barcode, UUID]:
    rows = Barcode.objects.order_by().filter(organization=access.organization, code=term)
    return rows.values_list("sku_id", flat=True)


def _with_figures(access: Access, found: Sequence[tuple[Sku, bool]]) -> list[FoundSku]:
    if not found or not access.may(_STOCK):
        return [FoundSku(sku, is_exact) for sku, is_exact in found]
    keys = [sku.pk for sku, _is_exact in found]
    figures = _figures(access, keys)
    bins = _bins(access, keys)
    return [
        FoundSku(sku, is_exact, *figures.get(sku.pk, (0, 0)), bins.get(sku.pk) or "")
        for sku, is_exact in found
    ]


def _figures(access: Access, keys: Sequence[UUID]) -> dict[UUID, tuple[int, int]]:
    """On hand and available by SKU: of all warehouses from the index over them, of some as their sum."""
    if access.everywhere(_STOCK):
        rows = StockSummary.objects.order_by().filter(organization=access.organization, sku__in=keys)
        return {
            sku: (on_hand, available)
            for sku, on_hand, available in rows.values_list("sku", "on_hand", "available")
        }
    levels = access.narrow(StockLevel.objects.order_by().filter(sku__in=keys), _STOCK)
    sums = levels.values("sku").annotate(there=Sum("on_hand"), free=Sum("available"))
    return {sku: (there, free) for sku, there, free in sums.values_list("sku", "there", "free")}


def _bins(access: Access, keys: Sequence[UUID]) -> dict[UUID, str | None]:
    """The bin with the most of each SKU."""
    # By way of the levels: items have an index by their level, and by SKU only those with a lot, or those without.
    items = access.narrow(StockItem.objects.filter(level__sku=OuterRef("pk"), on_hand__gt=0), _STOCK)
    fullest = items.order_by("-on_hand", "pk").values("bin__code")[:1]
    rows = Sku.objects.order_by().filter(pk__in=keys).annotate(fullest=Subquery(fullest))
    return dict(rows.values_list("pk", "fullest"))
