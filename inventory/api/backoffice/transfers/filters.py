"""What transfers, and the bins to choose from for one, can be filtered by."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db.models import Exists, OuterRef, QuerySet
from django_filters import filters

from inventory.models import Lot, TransferLine, TransferPick, TransferState, sku_key
from warehouses.http.filters import (
    EitherEndFilter,
    SortFilter,
    StrictCharFilter,
    StrictChoiceFilter,
    StrictFilterSet,
    TypeIdFilter,
)
from warehouses.http.moments import EndFilter, MomentFilterSet, StartFilter
from warehouses.identifiers import decode
from warehouses.models import Room, RoomType, Warehouse

__all__ = ["TransferBinFilters", "TransferFilters"]


class TransferFilters(MomentFilterSet):
    moment_column = "created_at"

    state: ClassVar[filters.Filter] = StrictChoiceFilter(
        choices=TransferState.choices, help_text="Only transfers in this state."
    )
    locationId: ClassVar[filters.Filter] = EitherEndFilter(
        help_text="Only transfers from or to this location."
    )
    fromLocationId: ClassVar[filters.Filter] = TypeIdFilter(
        Warehouse.prefix, field_name="from_warehouse", help_text="Only transfers from this location."
    )
    toLocationId: ClassVar[filters.Filter] = TypeIdFilter(
        Warehouse.prefix, field_name="to_warehouse", help_text="Only transfers to this location."
    )
    sku: ClassVar[filters.Filter] = StrictCharFilter(
        method="of_sku", max_length=64, help_text="Only transfers with this SKU: its code."
    )
    lotId: ClassVar[filters.Filter] = StrictCharFilter(
        method="of_lot", help_text="Only transfers that name this lot, or with which it was shipped."
    )
    referenceId: ClassVar[filters.Filter] = StrictCharFilter(
        field_name="reference", max_length=120, help_text="Only transfers with this reference."
    )
    createdBy: ClassVar[filters.Filter] = StrictCharFilter(
        field_name="actor_name", help_text="Only transfers that were made by this person or key: its name."
    )
    startDate: ClassVar[filters.Filter] = StartFilter()
    endDate: ClassVar[filters.Filter] = EndFilter()
    sort: ClassVar[filters.Filter] = SortFilter(
        orders={
            "createdAt": ("created_at",),
            "shippedAt": ("shipped_at",),
            "closedAt": ("closed_at",),
            "expectedOn": ("expected_on",),
            "state": ("state",),
            "fromLocationName": ("from_warehouse__name",),
            "toLocationName": ("to_warehouse__name",),
        }
    )

    def of_sku(self, rows: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        lines = TransferLine.objects.filter(transfer=OuterRef("pk"), sku__code_key=sku_key(value))
        return rows.filter(Exists(lines))

    def of_lot(self, rows: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        key = decode(Lot.prefix, value)
        if key is None:
            return rows.none()
        lines = TransferLine.objects.filter(transfer=OuterRef("pk"), lot=key)
        picks = TransferPick.objects.filter(line__transfer=OuterRef("pk"), lot=key)
        return rows.filter(Exists(lines) | Exists(picks))


class TransferBinFilters(StrictFilterSet):
    roomId: ClassVar[filters.Filter] = TypeIdFilter(
        Room.prefix, field_name="room", help_text="Only bins of this room."
    )
    roomType: ClassVar[filters.Filter] = StrictChoiceFilter(
        field_name="room__room_type", choices=RoomType.choices, help_text="Only bins of rooms of this type."
    )
    binCode: ClassVar[filters.Filter] = StrictCharFilter(
        field_name="code",
        lookup_expr="istartswith",
        max_length=40,
        help_text="Only bins whose code begins so.",
    )
    sort: ClassVar[filters.Filter] = SortFilter(
        orders={
            "pickSequence": ("pick_sequence", "code"),
            "binCode": ("code",),
            "capacity": ("capacity",),
        }
    )
