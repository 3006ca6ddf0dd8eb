"""What webhooks and their deliveries can be filtered by."""

from __future__ import annotations

from typing import ClassVar

from django_filters import filters

from inventory.models import DeliveryState, EndpointState, EventType
from warehouses.http.filters import StrictChoiceFilter, StrictFilterSet
from warehouses.http.moments import EndFilter, MomentFilterSet, StartFilter

__all__ = ["DeliveryFilters", "EndpointFilters"]


class EndpointFilters(StrictFilterSet):
    state: ClassVar[filters.Filter] = StrictChoiceFilter(
        choices=EndpointState.choices, help_text="Only endpoints in this state."
    )


class DeliveryFilters(MomentFilterSet):
    moment_column = "created_at"

    state: ClassVar[filters.Filter] = StrictChoiceFilter(
        choices=DeliveryState.choices, help_text="Only deliveries in this state."
    )
    eventType: ClassVar[filters.Filter] = StrictChoiceFilter(
        field_name="event__type", choices=EventType.choices, help_text="Only deliveries of this event."
    )
    startDate: ClassVar[filters.Filter] = StartFilter()
    endDate: ClassVar[filters.Filter] = EndFilter()
