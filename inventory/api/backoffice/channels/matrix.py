"""The channel × location matrix, why a cell says what it says, and what each channel has in all."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from rest_framework.request import Request
from rest_framework.response import Response

from inventory.api.backoffice.base import BackofficePaging
from inventory.api.backoffice.channels import documentation
from inventory.api.backoffice.channels.base import ChannelView
from inventory.api.backoffice.channels.filters import MatrixFilters
from inventory.api.backoffice.channels.objects import (
    column_object,
    drilldown_object,
    matrix_object,
    total_object,
)
from inventory.availability.drilldown import drill_down
from inventory.availability.records import read_availability, visible_levels
from inventory.availability.summary import summarize
from inventory.channels import visible_channels
from inventory.models import Channel, TallyKind
from warehouses.http.faults import invalid_parameters
from warehouses.http.paging import in_order

__all__ = ["ChannelLocation", "ChannelLocationDrilldown", "ChannelSummary"]


class ChannelLocation(ChannelView):
    """`GET /api/inventory/channel-location`: a row for each SKU of a location, a cell for each channel.

    Keys of the page are found in an index; nothing is computed for the other rows.
    """

    permissions = {"GET": ("inventory.read",)}
    query_parameters = ("locationId", "channels")
    filterset_class = MatrixFilters
    paging_class = BackofficePaging

    @documentation.get_matrix
    def get(self, request: Request) -> HttpResponse:
        warehouse = self.needed_location()
        channels = self.channels()
        levels = visible_levels(access=self.access, warehouse=warehouse)

        def rows(keys: list[UUID]) -> list[dict[str, Any]]:
            found = read_availability(access=self.access, keys=keys, channels=channels)
            return [matrix_object(record) for record in found]

        counted = self.counted(TallyKind.LEVEL, warehouse=warehouse)
        page = self.page(self.filtered(levels), rows, counted=counted)
        answer = self.paged(page)
        answer.data = {
            "locationId": warehouse.public_id,
            "locationName": warehouse.name,
            "channels": [column_object(channel) for channel in channels],
            **answer.data,
        }
        return answer


class ChannelLocationDrilldown(ChannelView):
    """`GET /api/inventory/channel-location/drilldown`: one cell, every term of it, and the records behind each."""

    permissions = {"GET": ("inventory.read",)}
    query_parameters = ("locationId", "channelId", "sku", "skuId")

    @documentation.get_drilldown
    def get(self, request: Request) -> HttpResponse:
        warehouse = self.needed_location()
        if "channelId" not in request.query_params:
            raise invalid_parameters([("channelId", "REQUIRED", "Name the channel.")])
        (channel,) = self.channels("channelId")
        found = drill_down(
            organization=self.access.organization,
            sku=self.sku_of_query(),
            warehouse=warehouse,
            channel=channel,
        )
        return Response(drilldown_object(found))


class ChannelSummary(ChannelView):
    """`GET /api/inventory/channel/summary`."""

    permissions = {"GET": ("inventory.read",)}
    query_parameters = ("locationId", "channels")
    paging_class = BackofficePaging

    @documentation.get_channel_summary
    def get(self, request: Request) -> HttpResponse:
        warehouse = self.location()
        wanted = [channel.pk for channel in self.channels()]

        def rows(keys: list[UUID]) -> list[dict[str, Any]]:
            channels = in_order(keys, Channel.objects.filter(pk__in=keys))
            totals = summarize(access=self.access, channels=channels, warehouse=warehouse)
            return [total_object(channel, totals[channel.pk]) for channel in channels]

        return self.paged(self.page(visible_channels(access=self.access).filter(pk__in=wanted), rows))
