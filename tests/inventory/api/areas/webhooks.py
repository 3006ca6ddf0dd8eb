"""Webhook endpoints and their deliveries."""

from __future__ import annotations

from inventory.models import Delivery, Sku, WebhookEndpoint
from tests.inventory.api.route import UNKNOWN, Request, Route, item_id, location_id
from tests.inventory.api.webhooks import WEBHOOK_URL, make_webhooks
from warehouses.identifiers import decode
from warehouses.models import Warehouse

_UNKNOWN_WEBHOOK = f"whk_{UNKNOWN}"
_UNKNOWN_DELIVERY = f"dlv_{UNKNOWN}"


def prepare(sku: Sku, warehouse: Warehouse) -> None:
    make_webhooks(warehouse.organization)


def _endpoint(sku: str, warehouse: str) -> WebhookEndpoint | None:
    """The newest webhook endpoint with a delivery of the warehouse's organization, if the SKU is there."""
    if item_id(sku, warehouse) == f"inv_{UNKNOWN}":
        return None
    owner = Warehouse.objects.get(pk=decode(Warehouse.prefix, warehouse)).organization
    endpoints = WebhookEndpoint.objects.filter(organization=owner, removed_at=None, deliveries__isnull=False)
    return endpoints.order_by("-id").first()


def _webhook(sku: str, warehouse: str) -> str:
    endpoint = _endpoint(sku, warehouse)
    return f"/api/webhooks/{endpoint.public_id if endpoint else _UNKNOWN_WEBHOOK}"


def _delivery(sku: str, warehouse: str) -> str:
    endpoint = _endpoint(sku, warehouse)
    if endpoint is None:
        return f"/api/webhooks/{_UNKNOWN_WEBHOOK}/deliveries/{_UNKNOWN_DELIVERY}"
    delivery = Delivery.objects.filter(endpoint=endpoint).first()
    return f"{_webhook(sku, warehouse)}/deliveries/{delivery.public_id if delivery else _UNKNOWN_DELIVERY}"


def _webhook_post(sku: str, warehouse: str) -> list[Request]:
    body = {"url": WEBHOOK_URL, "description": "why", "events": ["inventory.updated"]}
    return [Request("/api/webhooks", {**body, "locationIds": [location_id(sku, warehouse)]})]


def _webhook_patch(sku: str, warehouse: str) -> list[Request]:
    body = {"url": WEBHOOK_URL, "description": "why", "events": ["inventory.low_stock"]}
    return [Request(_webhook(sku, warehouse), {**body, "locationIds": [location_id(sku, warehouse)]})]


ROUTES = [
    Route(
        "backoffice",
        "GET",
        "/api/webhooks",
        "webhook-list",
        lambda sku, place: [Request("/api/webhooks")],
        is_of_organization=True,
    ),
    Route(
        "backoffice",
        "POST",
        "/api/webhooks",
        "webhook-list",
        _webhook_post,
        status=201,
        is_of_organization=True,
        blank=frozenset({"description"}),
        optional=frozenset({"description", "locationIds"}),
        nullable=frozenset({"locationIds"}),
    ),
    Route(
        "backoffice",
        "GET",
        "/api/webhooks/{id}",
        "webhook-detail",
        lambda sku, place: [Request(_webhook(sku, place))],
        is_of_organization=True,
    ),
    Route(
        "backoffice",
        "PATCH",
        "/api/webhooks/{id}",
        "webhook-detail",
        _webhook_patch,
        is_of_organization=True,
        optional=frozenset({"url", "description", "events", "locationIds"}),
        blank=frozenset({"description"}),
        nullable=frozenset({"locationIds"}),
    ),
    Route(
        "backoffice",
        "DELETE",
        "/api/webhooks/{id}",
        "webhook-detail",
        lambda sku, place: [Request(_webhook(sku, place))],
        status=204,
        media_types=(),
        is_of_organization=True,
    ),
    Route(
        "backoffice",
        "POST",
        "/api/webhooks/{id}",
        "webhook-detail",
        lambda sku, place: [Request(_webhook(sku, place), {"action": "rotate"})],
        is_of_organization=True,
    ),
    Route(
        "backoffice",
        "GET",
        "/api/webhooks/{id}/deliveries",
        "delivery-list",
        lambda sku, place: [Request(f"{_webhook(sku, place)}/deliveries")],
        is_of_organization=True,
    ),
    Route(
        "backoffice",
        "GET",
        "/api/webhooks/{id}/deliveries/{deliveryId}",
        "delivery-detail",
        lambda sku, place: [Request(_delivery(sku, place))],
        is_of_organization=True,
    ),
    Route(
        "backoffice",
        "POST",
        "/api/webhooks/{id}/deliveries/{deliveryId}",
        "delivery-detail",
        lambda sku, place: [Request(_delivery(sku, place), {"action": "replay"})],
        is_of_organization=True,
    ),
]

QUERIES = {
    ("GET", "/api/webhooks"): {"state", "page", "limit"},
    ("GET", "/api/webhooks/{id}/deliveries"): {"state", "eventType", "startDate", "endDate", "page", "limit"},
}
WRITING = {"createWebhook", "changeWebhook", "actOnWebhook", "actOnDelivery"}
