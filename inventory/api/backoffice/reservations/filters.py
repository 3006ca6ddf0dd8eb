"""What reservations can be filtered and sorted by."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from django.db.models import F, QuerySet
from django_filters import filters

from inventory.models import Channel, Reservation, ReservationState, sku_key
from warehouses.http.filters import SortFilter, StrictCharFilter, StrictChoiceFilter, TypeIdFilter
from warehouses.http.moments import (
    EndFilter,
    Moment,
    MomentFilter,
    MomentFilterSet,
    StartFilter,
    beginning_of,
)
from warehouses.models import Warehouse

__all__ = ["ReservationFilters"]


class ReservationSort(SortFilter):
    """What never ends by itself comes after all that does, whichever way round, on both engines."""

    def filter(self, qs: QuerySet[Any], value: str | None) -> QuerySet[Any]:
        if value == "expiresAt":
            return qs.order_by(F("expires_at").asc(nulls_last=True), "pk")
        if value == "-expiresAt":
            return qs.order_by(F("expires_at").desc(nulls_last=True), "-pk")
        return super().filter(qs, value)


class ReservationFilters(MomentFilterSet):
    moment_column = "created_at"

    locationId: ClassVar[filters.Filter] = TypeIdFilter(
        Warehouse.prefix, field_name="warehouse", help_text="Only reservations in this location."
    )
    sku: ClassVar[filters.Filter] = StrictCharFilter(
        method="of_sku",
        max_length=128,
        help_text="Only reservations of this SKU: its code, whatever the case.",
    )
    channelId: ClassVar[filters.Filter] = TypeIdFilter(
        Channel.prefix, field_name="channel", help_text="Only reservations for this channel."
    )
    state: ClassVar[filters.Filter] = StrictChoiceFilter(
        choices=ReservationState.choices, help_text="Only reservations in this state."
    )
    referenceId: ClassVar[filters.Filter] = StrictCharFilter(
        field_name="reference", max_length=120, help_text="Only reservations for this reference."
    )
    startDate: ClassVar[filters.Filter] = StartFilter()
    endDate: ClassVar[filters.Filter] = EndFilter()
    expiresBefore: ClassVar[filters.Filter] = MomentFilter(
        method="ending_before", help_text="Whose time is up before this instant, or before this day begins."
    )
    sort: ClassVar[filters.Filter] = ReservationSort(
        orders={"createdAt": ("created_at",), "expiresAt": ("expires_at",), "quantity": ("quantity",)}
    )

    def of_sku(self, rows: QuerySet[Reservation], name: str, value: str) -> QuerySet[Reservation]:
        return rows.filter(sku__code_key=sku_key(value))

    def ending_before(self, rows: QuerySet[Reservation], name: str, value: Moment) -> QuerySet[Reservation]:
        instant = value if isinstance(value, datetime) else beginning_of(value, self._zone())
        return rows.filter(expires_at__lt=instant)
