"""The channels themselves: `/api/channels`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar
from uuid import UUID

from django.http import HttpResponse
from rest_framework.request import Request
from rest_framework.response import Response

from inventory import channels
from inventory.api.backoffice.base import BackofficePaging
from inventory.api.backoffice.channels import documentation
from inventory.api.backoffice.channels.base import ChannelView
from inventory.api.backoffice.channels.bodies import ChannelBody, ChannelChangeBody
from inventory.api.backoffice.channels.filters import ChannelFilters
from inventory.api.backoffice.channels.objects import channel_object, channel_record
from inventory.api.tags import require_tag, tag_of
from inventory.history import history_of
from inventory.models import Channel
from warehouses.http.etags import Expected, expected_tags
from warehouses.http.paging import in_order

__all__ = ["ChannelDetail", "ChannelList"]


class ChannelRecordView(ChannelView):
    shows_stock = False
    pointer_names: ClassVar[Mapping[str, str]] = {"is_active": "isActive"}

    def shown(self, channel: Channel, *, status: int = 200) -> HttpResponse:
        shown = channel_record(channel, history_of([channel])[channel.pk])
        headers = {"Location": f"/{self.contract}/api/channels/{channel.public_id}"} if status == 201 else {}
        return self.record(
            shown, tag_of(channels.channel_version(channel), shown), status=status, headers=headers
        )


class ChannelList(ChannelRecordView):
    """`GET` and `POST /api/channels`."""

    permissions = {"GET": ("inventory.read",), "POST": ("inventory.write",)}
    filterset_class = ChannelFilters
    paging_class = BackofficePaging

    @documentation.list_channels
    def get(self, request: Request) -> HttpResponse:
        rows = channels.visible_channels(access=self.access)
        return self.paged(self.page(self.filtered(rows), _objects))

    @documentation.create_channel
    def post(self, request: Request) -> HttpResponse:
        body = ChannelBody(data=request.data)
        body.is_valid(raise_exception=True)
        return self.write(
            lambda: self.shown(channels.create_channel(access=self.access, **body.validated_data), status=201)
        )


class ChannelDetail(ChannelRecordView):
    """`GET`, `PATCH` and `DELETE /api/channels/[id]`."""

    permissions = {"GET": ("inventory.read",), "PATCH": ("inventory.write",), "DELETE": ("inventory.write",)}

    @documentation.get_channel
    def get(self, request: Request, id: str) -> HttpResponse:
        return self.shown(channels.find_channel(access=self.access, public_id=id))

    @documentation.change_channel
    def patch(self, request: Request, id: str) -> HttpResponse:
        body = ChannelChangeBody(data=request.data)
        body.is_valid(raise_exception=True)
        expected = expected_tags(request._request)

        def work() -> HttpResponse:
            channel = self._expected(id, expected)
            return self.shown(
                channels.change_channel(access=self.access, channel=channel, **body.validated_data)
            )

        return self.write(work)

    @documentation.delete_channel
    def delete(self, request: Request, id: str) -> HttpResponse:
        expected = expected_tags(request._request)

        def work() -> HttpResponse:
            channels.delete_channel(access=self.access, channel=self._expected(id, expected))
            return Response(status=204)

        return self.write(work, body={})

    def _expected(self, public_id: str, expected: Expected) -> Channel:
        """The channel, locked, if it still is what `If-Match` names."""
        channel = channels.lock_channel(access=self.access, public_id=public_id)
        require_tag(expected, channels.channel_version(channel))
        return channel


def _objects(keys: list[UUID]) -> list[dict[str, Any]]:
    return [channel_object(channel) for channel in in_order(keys, Channel.objects.filter(pk__in=keys))]
