"""What put-away tasks can be filtered by."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db.models import Exists, OuterRef, Q, QuerySet
from django_filters import filters

from inventory.models import Lot, PutAwayLine, PutAwayState, sku_key
from warehouses.http.filters import SortFilter, StrictCharFilter, StrictChoiceFilter, TypeIdFilter
from warehouses.http.moments import EndFilter, MomentFilterSet, StartFilter
from warehouses.identifiers import decode
from warehouses.models import Bin, Warehouse

__all__ = ["PutAwayFilters"]


class PutAwayFilters(MomentFilterSet):
    moment_column = "created_at"

    state: ClassVar[filters.Filter] = StrictChoiceFilter(
        choices=PutAwayState.choices, help_text="Only tasks in this state."
    )
    locationId: ClassVar[filters.Filter] = TypeIdFilter(
        Warehouse.prefix, field_name="warehouse", help_text="Only tasks of this location."
    )
    sku: ClassVar[filters.Filter] = StrictCharFilter(
        method="of_sku", max_length=64, help_text="Only tasks with this SKU: its code."
    )
    lotId: ClassVar[filters.Filter] = StrictCharFilter(
        method="of_lot", help_text="Only tasks that name this lot."
    )
    binId: ClassVar[filters.Filter] = StrictCharFilter(
        method="of_bin", help_text="Only tasks that take from this bin or bring to it."
    )
    referenceId: ClassVar[filters.Filter] = StrictCharFilter(
        field_name="reference", max_length=120, help_text="Only tasks with this reference."
    )
    createdBy: ClassVar[filters.Filter] = StrictCharFilter(
        field_name="actor_name", help_text="Only tasks that were made by this person or key: its name."
    )
    startDate: ClassVar[filters.Filter] = StartFilter()
    endDate: ClassVar[filters.Filter] = EndFilter()
    sort: ClassVar[filters.Filter] = SortFilter(
        orders={
            "createdAt": ("created_at",),
            "closedAt": ("closed_at",),
            "state": ("state",),
            "locationName": ("warehouse__name",),
        }
    )

    def of_sku(self, rows: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        return rows.filter(_has_line(sku__code_key=sku_key(value)))

    def of_lot(self, rows: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        key = decode(Lot.prefix, value)
        return rows.none() if key is None else rows.filter(_has_line(lot=key))

    def of_bin(self, rows: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        key = decode(Bin.prefix, value)
        return rows.none() if key is None else rows.filter(_has_line(Q(from_bin=key) | Q(to_bin=key)))


def _has_line(*conditions: Q, **lookups: Any) -> Exists:
    return Exists(PutAwayLine.objects.filter(*conditions, put_away=OuterRef("pk"), **lookups))
