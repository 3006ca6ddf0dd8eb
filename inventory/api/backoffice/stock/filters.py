"""What the lists of stock can be filtered and sorted by."""

from __future__ import annotations

from datetime import date
from typing import Any, ClassVar, Final
from uuid import UUID

from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django_filters import filters

from inventory.adjustments import visible_movements
from inventory.api.backoffice.base import BackofficePaging
from inventory.api.sorting import sorted_apart
from inventory.models import (
    Adjustment,
    AdjustmentKind,
    Barcode,
    Category,
    Direction,
    Lot,
    Nature,
    Product,
    ReasonCode,
    Sku,
    Source,
    StockItem,
    StockLevel,
    sku_key,
)
from inventory.stock_documents import ADJUST, RESERVED_REASONS
from warehouses.http.filters import (
    SortFilter,
    StrictBooleanFilter,
    StrictCharFilter,
    StrictChoiceFilter,
    StrictDateFilter,
    StrictFilterSet,
    TypeIdFilter,
)
from warehouses.http.moments import EndFilter, MomentFilterSet, StartFilter
from warehouses.http.organization import require_access
from warehouses.identifiers import decode
from warehouses.models import Bin, RoomType, Warehouse
from warehouses.models.warehouse import WarehouseType

__all__ = [
    "AdjustmentFilters",
    "InventoryPaging",
    "LocationStockFilters",
    "ProductLevelFilters",
    "ReasonCodeFilters",
    "RecordedStockFilters",
    "StockItemFilters",
]

_FEW: Final = 1000


class InventoryPaging(BackofficePaging):
    """The contract's document gives the list of stock items a size of its own."""

    default_size = 20
    maximum_size = 100


class PickingFilter(TypeIdFilter):
    """An id that few items have."""

    def filter(self, qs: QuerySet[Any], value: str | None) -> QuerySet[Any]:
        return sorted_apart(super().filter(qs, value)) if value else qs


class ItemSort(SortFilter):
    """Items without an expiry date come last, whichever way the list is turned: first what has to go first."""

    def filter(self, qs: QuerySet[Any], value: str | None) -> QuerySet[Any]:
        if value not in {"expiresOn", "-expiresOn"}:
            return super().filter(qs, value)
        expiry = F("lot__expires_on")
        turned = value.startswith("-")
        order = expiry.desc(nulls_last=True) if turned else expiry.asc(nulls_last=True)
        return qs.order_by(order, "-pk" if turned else "pk")


class StockItemFilters(StrictFilterSet):
    """Over stock items. What picks a part of them sorts that part; `sort`, which comes last, has the last word."""

    productMasterId: ClassVar[filters.Filter] = PickingFilter(
        Product.prefix, field_name="level__sku__product", help_text="Only SKUs of this product."
    )
    lotId: ClassVar[filters.Filter] = PickingFilter(
        Lot.prefix, field_name="lot", help_text="Only items of this lot."
    )
    binId: ClassVar[filters.Filter] = PickingFilter(
        Bin.prefix, field_name="bin", help_text="Only items in this bin."
    )
    sku: ClassVar[filters.Filter] = StrictCharFilter(
        method="of_sku", max_length=64, help_text="Only the SKU with this code."
    )
    search: ClassVar[filters.Filter] = StrictCharFilter(
        method="found",
        max_length=100,
        help_text="Only SKUs whose code begins with this, whose title has all of its words, or whose barcode it is.",
    )
    categoryId: ClassVar[filters.Filter] = StrictCharFilter(
        method="in_category", help_text="Only products of this category, by its id."
    )
    roomType: ClassVar[filters.Filter] = StrictChoiceFilter(
        method="in_rooms", choices=RoomType.choices, help_text="Only items in rooms of this type."
    )
    hasStock: ClassVar[filters.Filter] = StrictBooleanFilter(
        method="with_stock", help_text="true: only items with units on hand; false: only empty ones."
    )
    expiresBefore: ClassVar[filters.Filter] = StrictDateFilter(
        method="expiring", help_text="Only lots whose last day is before this one, as in 2026-01-27."
    )
    sort: ClassVar[filters.Filter] = ItemSort(
        orders={
            "createdAt": ("created_at",),
            "updatedAt": ("updated_at",),
            "sku": ("sku__code_key", "bin__code"),
            "onHand": ("on_hand",),
            "expiresOn": ("lot__expires_on",),
            "bin": ("warehouse__name", "bin__pick_sequence", "bin__code"),
        },
        help_text="Sorted by this, with a minus before it the other way round; the oldest item first if left out.",
    )

    def of_sku(self, items: QuerySet[StockItem], name: str, value: str) -> QuerySet[StockItem]:
        return self._of(items, self._skus().filter(code_key=sku_key(value)))

    def found(self, items: QuerySet[StockItem], name: str, value: str) -> QuerySet[StockItem]:
        return self._of(items, self._skus().filter(searched(value)))

    def in_category(self, items: QuerySet[StockItem], name: str, value: str) -> QuerySet[StockItem]:
        key = decode(Category.prefix, value)
        return items.none() if key is None else self._of(items, self._skus().filter(product__category=key))

    def in_rooms(self, items: QuerySet[StockItem], name: str, value: str) -> QuerySet[StockItem]:
        bins = Bin.objects.order_by().filter(organization=self._organization, room__room_type=value)
        few = _few(bins)
        found = items.filter(bin__room__room_type=value) if few is None else items.filter(bin__in=few)
        return sorted_apart(found)

    def with_stock(self, items: QuerySet[StockItem], name: str, value: bool) -> QuerySet[StockItem]:
        return items.filter(on_hand__gt=0) if value else sorted_apart(items.filter(on_hand=0))

    def expiring(self, items: QuerySet[StockItem], name: str, value: date) -> QuerySet[StockItem]:
        lots = Lot.objects.order_by().filter(organization=self._organization, expires_on__lt=value)
        few = _few(lots)
        found = items.filter(lot__expires_on__lt=value) if few is None else items.filter(lot__in=few)
        return sorted_apart(found)

    @property
    def _organization(self) -> Any:
        return require_access(self.request).organization

    def _skus(self) -> QuerySet[Sku]:
        return Sku.objects.order_by().filter(organization=self._organization)

    def _of(self, items: QuerySet[StockItem], skus: QuerySet[Sku]) -> QuerySet[StockItem]:
        few = _few(skus)
        if few is None:
            return sorted_apart(items.filter(level__sku__in=skus))
        return sorted_apart(items.filter(level__sku__in=few))


def searched(term: str, path: str = "") -> Q:
    """SKUs by the beginning of the code, all words of the title, or a barcode. `path` leads to the SKU."""
    words = Q()
    for word in term.split():
        words &= Q(**{f"{path}title__icontains": word})
    code = Q(**{f"{path}code_key__startswith": sku_key(term)})
    scanned = Exists(Barcode.objects.filter(sku=OuterRef(f"{path}pk"), code=term.strip()))
    return code | words | Q(scanned)


def _few(records: QuerySet[Any]) -> list[UUID] | None:
    """The keys of `records`, to be looked up one by one; None if they are so many that the items of theirs are too.

    PostgreSQL cannot tell across tables how few items a filter leaves, and would read all of them to find the few.
    """
    keys = list(records.values_list("pk", flat=True)[: _FEW + 1])
    return keys if len(keys) <= _FEW else None


class RecordedStockFilters(MomentFilterSet):
    """Over adjustments."""

    moment_column = "created_at"

    locationId: ClassVar[filters.Filter] = StrictCharFilter(
        method="at_location", help_text="Only those that changed stock at this location."
    )
    sku: ClassVar[filters.Filter] = StrictCharFilter(
        method="of_sku", max_length=64, help_text="Only those that changed the SKU with this code."
    )
    reasonCode: ClassVar[filters.Filter] = StrictCharFilter(
        method="for_reason", max_length=40, help_text="Only those for this reason, in any capitals."
    )
    source: ClassVar[filters.Filter] = StrictChoiceFilter(
        choices=Source.choices, help_text="Only those that came this way."
    )
    createdBy: ClassVar[filters.Filter] = StrictCharFilter(
        field_name="actor_name",
        lookup_expr="icontains",
        help_text="Only those by a person or key with this in the name.",
    )
    referenceId: ClassVar[filters.Filter] = StrictCharFilter(
        field_name="reference", max_length=120, help_text="Only those with this reference."
    )
    isReversed: ClassVar[filters.Filter] = StrictBooleanFilter(
        method="reversed",
        help_text="true: only those that were reversed; false: only those that were not.",
    )
    startDate: ClassVar[filters.Filter] = StartFilter()
    endDate: ClassVar[filters.Filter] = EndFilter()
    sort: ClassVar[filters.Filter] = SortFilter(
        orders={
            "createdAt": ("created_at",),
            "createdBy": ("actor_name",),
            "lineCount": ("line_count",),
        },
        help_text="Sorted by this, with a minus before it the other way round; the newest first if left out.",
    )

    def at_location(self, rows: QuerySet[Adjustment], name: str, value: str) -> QuerySet[Adjustment]:
        key = decode(Warehouse.prefix, value)
        seen = visible_movements(access=require_access(self.request), permission=ADJUST)
        return (
            rows.filter(Exists(seen.filter(document_id=OuterRef("pk"), warehouse=key)))
            if key
            else rows.none()
        )

    def reversed(self, rows: QuerySet[Adjustment], name: str, value: bool) -> QuerySet[Adjustment]:
        return rows.filter(reversed_by__isnull=not value)

    def of_sku(self, rows: QuerySet[Adjustment], name: str, value: str) -> QuerySet[Adjustment]:
        access = require_access(self.request)
        seen = visible_movements(access=access, permission=ADJUST)
        skus = Sku.objects.order_by().filter(organization=access.organization, code_key=sku_key(value))
        return rows.filter(pk__in=seen.filter(sku__in=skus).values("document_id"))

    def for_reason(self, rows: QuerySet[Adjustment], name: str, value: str) -> QuerySet[Adjustment]:
        organization = require_access(self.request).organization
        reasons = ReasonCode.objects.order_by().filter(organization=organization, code_key=value.casefold())
        return rows.filter(reason_code__in=reasons)


class AdjustmentFilters(RecordedStockFilters):
    kind: ClassVar[filters.Filter] = StrictChoiceFilter(
        choices=AdjustmentKind.choices, help_text="Only documents of this kind."
    )


class ReasonCodeFilters(StrictFilterSet):
    """Over reason codes."""

    direction: ClassVar[filters.Filter] = StrictChoiceFilter(
        choices=Direction.choices, help_text="Only reasons of this direction."
    )
    nature: ClassVar[filters.Filter] = StrictChoiceFilter(
        choices=Nature.choices, help_text="Only reasons of this nature."
    )
    isSelectable: ClassVar[filters.Filter] = StrictBooleanFilter(
        method="selectable",
        help_text="true: only those that an adjustment can be made for; false: the others.",
    )
    search: ClassVar[filters.Filter] = StrictCharFilter(
        method="found", max_length=100, help_text="Only those with this in the code or the name."
    )
    sort: ClassVar[filters.Filter] = SortFilter(
        orders={"code": ("code_key",), "name": ("name",)},
        help_text="Sorted by this, with a minus before it the other way round; by code if left out.",
    )

    def selectable(self, rows: QuerySet[ReasonCode], name: str, value: bool) -> QuerySet[ReasonCode]:
        reserved = Q(code_key__in=RESERVED_REASONS)
        return rows.exclude(reserved) if value else rows.filter(reserved)

    def found(self, rows: QuerySet[ReasonCode], name: str, value: str) -> QuerySet[ReasonCode]:
        return rows.filter(Q(code__icontains=value) | Q(name__icontains=value))


class LocationStockFilters(StrictFilterSet):
    """Over warehouses."""

    type: ClassVar[filters.Filter] = StrictChoiceFilter(
        choices=WarehouseType.choices, help_text="Only locations of this type."
    )
    isActive: ClassVar[filters.Filter] = StrictBooleanFilter(
        field_name="is_active", help_text="true: only locations in use; false: only those that are not."
    )
    search: ClassVar[filters.Filter] = StrictCharFilter(
        method="found", max_length=100, help_text="Only locations with this in the name or the address."
    )
    sort: ClassVar[filters.Filter] = SortFilter(
        orders={"name": ("name",), "type": ("type", "name"), "createdAt": ("created_at",)},
        help_text="Sorted by this, with a minus before it the other way round; by name if left out.",
    )

    def found(self, rows: QuerySet[Warehouse], name: str, value: str) -> QuerySet[Warehouse]:
        return rows.filter(Q(name__icontains=value) | Q(address__icontains=value))


class ProductLevelFilters(StrictFilterSet):
    """Over the SKUs of a product."""

    search: ClassVar[filters.Filter] = StrictCharFilter(
        method="found",
        max_length=100,
        help_text="Only SKUs whose code begins with this, whose title has all of its words, or whose barcode it is.",
    )
    isStocked: ClassVar[filters.Filter] = StrictBooleanFilter(
        method="stocked",
        help_text="true: only SKUs that are or were in stock somewhere; false: only the others.",
    )
    sort: ClassVar[filters.Filter] = SortFilter(
        orders={"sku": ("code_key",), "title": ("title", "code_key")},
        help_text="Sorted by this, with a minus before it the other way round; by SKU code if left out.",
    )

    def found(self, rows: QuerySet[Sku], name: str, value: str) -> QuerySet[Sku]:
        return rows.filter(searched(value))

    def stocked(self, rows: QuerySet[Sku], name: str, value: bool) -> QuerySet[Sku]:
        access = require_access(self.request)
        levels = access.narrow(StockLevel.objects.order_by(), "inventory.read").filter(sku=OuterRef("pk"))
        return rows.filter(Exists(levels) if value else ~Exists(levels))
