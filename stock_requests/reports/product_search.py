"""What can be asked for: SKUs, with what there is of each at the source, and at the destination."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Case, Exists, OuterRef, Q, QuerySet, Value, When

from inventory.models import Barcode, Sku, StockLevel, sku_key
from stock_requests.figures import StockThere, stock_at
from warehouses.models import Organization, Warehouse

__all__ = ["FoundProduct", "found_products", "in_stock", "products_of", "searched"]


@dataclass(frozen=True, slots=True)
class FoundProduct:
    """A SKU with its product, category and barcodes at hand. `at_destination` is None where none was named."""

    sku: Sku
    at_source: StockThere
    at_destination: StockThere | None = None


def products_of(organization: Organization) -> QuerySet[Sku]:
    """The SKUs that are dealt in, by code: the order of an index."""
    return Sku.objects.filter(organization=organization, is_active=True).order_by("code_key", "pk")


def searched(skus: QuerySet[Sku], *, organization: Organization, term: str) -> QuerySet[Sku]:
    """Those of `skus` that the term means: the one whose barcode it is, first, and those whose code begins with it.

    Where there is none of either, those that have all of its words in their title: only then are titles read, of which
    there is no index. A code that is the term itself is the first of those that begin with it. Two queries besides.
    """
    word = term.strip()
    scanned = list(
        Barcode.objects.filter(organization=organization, code=word).values_list("sku_id", flat=True)
    )
    begins = Q(code_key__startswith=sku_key(word))
    if scanned:
        first = Case(When(pk__in=scanned, then=Value(0)), default=Value(1))
        return skus.filter(Q(pk__in=scanned) | begins).order_by(first, "code_key", "pk")
    found = skus.filter(begins)
    # Asked for in the order of the index by code: without one, PostgreSQL may look for the first by any other.
    if found.order_by("code_key").values_list("pk", flat=True).first() is not None:
        return found
    words = Q()
    for each in word.split():
        words &= Q(title__icontains=each)
    return skus.filter(words)


def in_stock(skus: QuerySet[Sku], *, warehouse_id: UUID, is_there: bool) -> QuerySet[Sku]:
    """Those of which there are units in the warehouse, or those of which there are none."""
    there = Exists(StockLevel.objects.filter(sku=OuterRef("pk"), warehouse=warehouse_id, on_hand__gt=0))
    return skus.filter(there if is_there else ~there)


def found_products(
    keys: Sequence[UUID],
    *,
    organization: Organization,
    source: Warehouse,
    destination: Warehouse | None = None,
) -> list[FoundProduct]:
    """The SKUs of `keys` in their order. Five queries, whatever the number of keys."""
    rows = Sku.objects.filter(pk__in=keys).select_related("product__category").prefetch_related("barcodes")
    places = [source] if destination is None else [source, destination]
    there = stock_at(organization=organization, places={(key, place.pk) for key in keys for place in places})
    found = {sku.pk: sku for sku in rows}
    return [
        FoundProduct(
            sku=sku,
            at_source=there[sku.pk, source.pk],
            at_destination=there[sku.pk, destination.pk] if destination is not None else None,
        )
        for sku in (found[key] for key in keys if key in found)
    ]
