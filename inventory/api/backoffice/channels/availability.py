"""Availability records, a SKU's rules, and the check: `/api/inventory/availability` and what is under it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from rest_framework.request import Request
from rest_framework.response import Response

from inventory.api.backoffice.base import BackofficePaging
from inventory.api.backoffice.channels import documentation
from inventory.api.backoffice.channels.base import ChannelView
from inventory.api.backoffice.channels.bodies import ChannelRuleBody, CheckBody
from inventory.api.backoffice.channels.filters import AvailabilityFilters
from inventory.api.backoffice.channels.objects import (
    answer_object,
    availability_object,
    sku_availability_object,
)
from inventory.api.tags import require_tag, tag_of
from inventory.availability.checking import Wish, check
from inventory.availability.records import read_availability, read_sku, visible_levels
from inventory.channel_rules import rules_version, set_rule, visible_rules
from inventory.channels import channels_named
from inventory.models import Sku, TallyKind
from inventory.names import Names
from inventory.reservations import expire_due
from warehouses.http.etags import expected_tags
from warehouses.refusals import Refusal, gather

__all__ = ["AvailabilityCheck", "AvailabilityDetail", "AvailabilityList"]


class AvailabilityList(ChannelView):
    """`GET /api/inventory/availability`: a record for each SKU and location, by SKU code."""

    permissions = {"GET": ("inventory.read",)}
    query_parameters = ("locationId", "channelId")
    filterset_class = AvailabilityFilters
    paging_class = BackofficePaging

    @documentation.list_availability
    def get(self, request: Request) -> HttpResponse:
        place = self.location()
        levels = visible_levels(access=self.access, warehouse=place)
        channels = self.channels("channelId")

        def rows(keys: list[UUID]) -> list[dict[str, Any]]:
            found = read_availability(access=self.access, keys=keys, channels=channels)
            return [availability_object(record) for record in found]

        counted = self.counted(TallyKind.LEVEL, warehouse=place)
        return self.paged(self.page(self.filtered(levels), rows, counted=counted))


class AvailabilityDetail(ChannelView):
    """`GET` and `POST /api/inventory/availability/[id]`: one SKU, wherever it is stocked or a rule is about it."""

    permissions = {"GET": ("inventory.read",), "POST": ("inventory.write",)}

    @documentation.get_availability
    def get(self, request: Request, id: str) -> HttpResponse:
        return self._shown(self.sku_of_id(id))

    @documentation.set_channel_rule
    def post(self, request: Request, id: str) -> HttpResponse:
        body = ChannelRuleBody(data=request.data)
        body.is_valid(raise_exception=True)
        values = body.validated_data
        expected = expected_tags(request._request)

        def work() -> HttpResponse:
            names = Names(
                self.access,
                "inventory.write",
                locations=[values["locationId"]],
                channels=[values["channelId"]],
            )
            warehouse = names.location(values["locationId"])
            channel = names.channel(values["channelId"])
            sku = self.sku_of_id(id)
            set_rule(
                access=self.access,
                sku=sku,
                warehouse=warehouse,
                channel=channel,
                policy=values["policy"],
                allocation=values.get("allocation"),
                buffer=values.get("buffer"),
                precondition=lambda: require_tag(expected, self._version(sku)),
            )
            expire_due(self.access.organization)
            return self._shown(sku, status=201)

        return self.write(work)

    def _version(self, sku: Sku) -> str:
        return rules_version(sku, visible_rules(access=self.access).filter(sku=sku).order_by())

    def _shown(self, sku: Sku, *, status: int = 200) -> HttpResponse:
        channels = channels_named(access=self.access)
        records = read_sku(access=self.access, sku=sku, channels=channels)
        if not records:
            raise self.no_such_sku()
        shown = sku_availability_object(sku, records, channels)
        address = f"/{self.contract}/api/inventory/availability/{sku.public_id}"
        headers = {"Location": address} if status == 201 else {}
        return self.record(shown, tag_of(self._version(sku), shown), status=status, headers=headers)


class AvailabilityCheck(ChannelView):
    """`POST /api/inventory/availability/check`: changes nothing, and is sent as often as one likes."""

    permissions = {"POST": ("inventory.read",)}

    @documentation.check_availability
    def post(self, request: Request) -> HttpResponse:
        body = CheckBody(data=request.data)
        body.is_valid(raise_exception=True)
        values = body.validated_data
        place, channel, lines = values.get("locationId"), values.get("channelId"), values["lines"]
        expire_due(self.access.organization)
        names = Names(
            self.access,
            "inventory.read",
            skus=[line["sku"] for line in lines],
            locations=[place],
            channels=[channel],
        )
        warehouse = names.location(place) if place is not None else None
        sold_by = names.channel(channel) if channel is not None else None
        wishes: list[Wish] = []
        refused: list[Refusal] = []
        for index, line in enumerate(lines):
            try:
                wishes.append(Wish(names.sku(line["sku"], index), line["quantity"]))
            except Refusal as refusal:
                refused.append(refusal)
        if refused:
            raise gather(refused)
        answers = check(access=self.access, wishes=wishes, warehouse=warehouse, channel=sold_by)
        return Response({"data": [answer_object(answer) for answer in answers]})
