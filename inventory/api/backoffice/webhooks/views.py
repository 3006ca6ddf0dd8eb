"""The webhook routes: `/api/webhooks` and what is under it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar
from uuid import UUID

from django.http import HttpResponse
from rest_framework.request import Request
from rest_framework.response import Response

from inventory.api.backoffice.base import BackofficePaging, BackofficeView
from inventory.api.backoffice.webhooks import documentation
from inventory.api.backoffice.webhooks.bodies import (
    ChangeBody,
    CreateBody,
    DeliveryActionBody,
    EndpointActionBody,
)
from inventory.api.backoffice.webhooks.filters import DeliveryFilters, EndpointFilters
from inventory.api.backoffice.webhooks.objects import (
    delivery_object,
    delivery_record,
    endpoint_object,
    endpoint_objects,
    version_of,
)
from inventory.api.tags import require_tag, tag_of
from inventory.models import Delivery, WebhookEndpoint
from inventory.resolution import find_warehouses
from inventory.webhooks import deliveries, endpoints
from warehouses.http.etags import Expected, expected_tags
from warehouses.http.paging import in_order
from warehouses.models import Warehouse
from warehouses.refusals import NotFound

__all__ = ["DeliveryDetail", "DeliveryList", "WebhookDetail", "WebhookList"]

_MANAGE: Mapping[str, tuple[str, ...]] = {"GET": ("integrations.manage",), "POST": ("integrations.manage",)}


class WebhookView(BackofficeView):
    shows_stock = False
    pointer_names: ClassVar[Mapping[str, str]] = {
        "event_types": "events",
        "warehouses": "locationIds",
        "warehouse": "",
    }
    rows_field = "locationIds"  # the one list whose entries can be at fault
    permissions = _MANAGE

    def endpoint(self, public_id: str) -> WebhookEndpoint:
        return endpoints.find_endpoint(access=self.access, public_id=public_id)

    def places(self, public_ids: Sequence[str] | None) -> list[Warehouse]:
        endpoints.require_manager(self.access)  # before it is told which of these there are
        return find_warehouses(access=self.access, public_ids=public_ids or ())

    def shown(self, endpoint: WebhookEndpoint, *, status: int = 200, **extra: Any) -> HttpResponse:
        shown = endpoint_object(endpoint)
        tag = tag_of(version_of(endpoint), shown)
        headers = {"Location": f"/{self.contract}/api/webhooks/{endpoint.public_id}"} if status == 201 else {}
        return self.record({**shown, **extra}, tag, status=status, headers=headers)


class WebhookList(WebhookView):
    """`GET` and `POST /api/webhooks`. Whoever has events sent somewhere has to be allowed to read what they tell."""

    permissions = {**_MANAGE, "POST": ("integrations.manage", "inventory.read")}

    filterset_class = EndpointFilters
    paging_class = BackofficePaging

    @documentation.list_webhooks
    def get(self, request: Request) -> HttpResponse:
        rows = endpoints.visible_endpoints(access=self.access).order_by("created_at", "id")
        return self.paged(self.page(self.filtered(rows), endpoint_objects))

    @documentation.create_webhook
    def post(self, request: Request) -> HttpResponse:
        body = CreateBody(data=request.data)
        body.is_valid(raise_exception=True)
        values = body.validated_data

        def work() -> HttpResponse:
            endpoint, secret = endpoints.create_endpoint(
                access=self.access,
                url=values["url"],
                description=values.get("description", ""),
                event_types=values["events"],
                warehouses=self.places(values.get("locationIds")),
            )
            return self.shown(endpoint, secret=secret, status=201)

        return self.write(work, is_secret=True)


class WebhookDetail(WebhookView):
    """`GET`, `PATCH`, `DELETE` and `POST /api/webhooks/[id]`."""

    permissions = {
        **_MANAGE,
        "PATCH": ("integrations.manage", "inventory.read"),
        "DELETE": ("integrations.manage",),
    }

    @documentation.get_webhook
    def get(self, request: Request, id: str) -> HttpResponse:
        return self.shown(self.endpoint(id))

    @documentation.change_webhook
    def patch(self, request: Request, id: str) -> HttpResponse:
        body = ChangeBody(data=request.data)
        body.is_valid(raise_exception=True)
        values = body.validated_data
        expected = expected_tags(request._request)

        def work() -> HttpResponse:
            endpoint = self._expected(id, expected)
            changed = endpoints.change_endpoint(
                access=self.access,
                endpoint=endpoint,
                url=values.get("url", endpoint.url),
                description=values.get("description", endpoint.description),
                event_types=values.get("events", endpoint.event_types),
                warehouses=self.places(values["locationIds"]) if "locationIds" in values else None,
            )
            return self.shown(changed)

        return self.write(work)

    @documentation.remove_webhook
    def delete(self, request: Request, id: str) -> HttpResponse:
        expected = expected_tags(request._request)

        def work() -> HttpResponse:
            endpoints.remove_endpoint(access=self.access, endpoint=self._expected(id, expected))
            return Response(status=204)

        return self.write(work, body={})

    @documentation.act_on_webhook
    def post(self, request: Request, id: str) -> HttpResponse:
        body = EndpointActionBody(data=request.data)
        body.is_valid(raise_exception=True)
        values = body.validated_data
        return self.write(
            lambda: self._act(self.endpoint(id), values), is_secret=values["action"] == "rotate"
        )

    def _act(self, endpoint: WebhookEndpoint, values: Mapping[str, Any]) -> HttpResponse:
        match values["action"]:
            case "pause":
                return self.shown(endpoints.pause_endpoint(access=self.access, endpoint=endpoint))
            case "resume":
                return self.shown(endpoints.resume_endpoint(access=self.access, endpoint=endpoint))
            case "rotate":
                secret = endpoints.rotate_secret(access=self.access, endpoint=endpoint)
                return self.shown(endpoint, secret=secret)
            case "test":
                sent = endpoints.send_test(access=self.access, endpoint=endpoint)
                return self.shown(endpoint, delivery=delivery_object(sent))
            case _:
                count = deliveries.replay_failed(access=self.access, endpoint=endpoint, since=values["since"])
                return self.shown(endpoint, replayed=count)

    def _expected(self, public_id: str, expected: Expected) -> WebhookEndpoint:
        """The endpoint, locked, if it still is what `If-Match` names."""
        endpoint = endpoints.lock_endpoint(self.access, self.endpoint(public_id))
        require_tag(expected, version_of(endpoint))
        return endpoint


class DeliveryList(WebhookView):
    """`GET /api/webhooks/[id]/deliveries`: the newest first."""

    permissions = {"GET": ("integrations.manage",)}
    filterset_class = DeliveryFilters
    paging_class = BackofficePaging

    @documentation.list_deliveries
    def get(self, request: Request, id: str) -> HttpResponse:
        rows = Delivery.objects.filter(endpoint=self.endpoint(id)).order_by("-created_at", "-id")
        return self.paged(self.page(self.filtered(rows), _delivery_objects))


class DeliveryDetail(WebhookView):
    """`GET` and `POST /api/webhooks/[id]/deliveries/[deliveryId]`."""

    @documentation.get_delivery
    def get(self, request: Request, id: str, deliveryId: str) -> HttpResponse:
        delivery = self._delivery(id, deliveryId)
        return self.record(delivery_record(delivery, delivery.attempts.all()))

    @documentation.act_on_delivery
    def post(self, request: Request, id: str, deliveryId: str) -> HttpResponse:
        body = DeliveryActionBody(data=request.data)
        body.is_valid(raise_exception=True)

        def work() -> HttpResponse:
            delivery = self._delivery(id, deliveryId)
            return self.record(delivery_object(deliveries.replay(access=self.access, delivery=delivery)))

        return self.write(work)

    def _delivery(self, public_id: str, delivery_id: str) -> Delivery:
        endpoint = self.endpoint(public_id)
        delivery = deliveries.find_delivery(access=self.access, public_id=delivery_id)
        if delivery.endpoint_id != endpoint.pk:
            raise NotFound("DELIVERY_NOT_FOUND", "There is no such delivery.")
        return delivery


def _delivery_objects(keys: list[UUID]) -> list[dict[str, Any]]:
    found: Iterable[Delivery] = Delivery.objects.filter(pk__in=keys).select_related("event")
    return [delivery_object(delivery) for delivery in in_order(keys, found)]
