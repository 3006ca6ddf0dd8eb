"""Channels, availability and what may be promised."""

from __future__ import annotations

import itertools
from urllib.parse import quote

from inventory.channels import create_channel
from inventory.models import Channel, Sku
from tests.inventory.api.route import UNKNOWN, Request, Route, location_id, sku_id
from warehouses.access import access_of_system
from warehouses.identifiers import decode
from warehouses.models import Organization, Warehouse

_SPARE = 12
_numbers = itertools.count(1)


def prepare(sku: Sku, warehouse: Warehouse) -> None:
    """Two channels to ask for, and others that nobody needs."""
    access = access_of_system(warehouse.organization)
    for code in ("used-1", "used-2", *(f"spare-{number}" for number in range(_SPARE))):
        create_channel(access=access, code=code, name=f"Channel {code}")


def _owner(sku: str, warehouse: str) -> Organization | None:
    """Whose the warehouse is, if the SKU is there."""
    place = decode(Warehouse.prefix, location_id(sku, warehouse))
    found = Warehouse.objects.select_related("organization").filter(pk=place).first()
    return found.organization if found else None


def _channel(owner: Organization | None, code: str = "used-1") -> str:
    found = Channel.objects.filter(organization=owner, code__startswith=code).order_by("pk").first()
    return found.public_id if owner is not None and found else f"chan_{UNKNOWN}"


def _known(sku: str) -> Organization | None:
    """Whose the SKU is, wherever it is: channels are in no warehouse."""
    found = Sku.objects.select_related("organization").filter(code=sku).order_by("pk").first()
    return found.organization if found else None


def _post_channel(sku: str, warehouse: str) -> list[Request]:
    number = next(_numbers)
    body = {"code": f"new-{number}", "name": f"New {number}", "buffer": 3, "isActive": True}
    return [Request("/api/channels", body)]


def _patch_channel(sku: str, warehouse: str) -> list[Request]:
    number = next(_numbers)
    path = f"/api/channels/{_channel(_owner(sku, warehouse), 'used-2')}"
    return [
        Request(path, {"code": f"used-2-{number}", "name": f"Used {number}", "buffer": 3, "isActive": True})
    ]


def _availability(sku: str, warehouse: str) -> list[Request]:
    path = "/api/inventory/availability"
    return [
        Request(path),
        Request(f"{path}?locationId={warehouse}"),
        Request(f"{path}?sku={quote(sku)}"),
    ]


def _rule(sku: str, warehouse: str) -> list[Request]:
    body = {"locationId": location_id(sku, warehouse), "channelId": _channel(_owner(sku, warehouse))}
    return [
        Request(
            f"/api/inventory/availability/{sku_id(sku, warehouse)}",
            {**body, "policy": "allocated", "allocation": 5, "buffer": 1},
        )
    ]


def _check(sku: str, warehouse: str) -> list[Request]:
    body = {"locationId": warehouse, "lines": [{"sku": sku, "quantity": 1}]}
    path = "/api/inventory/availability/check"
    return [Request(path, {**body, "channelId": _channel(_owner(sku, warehouse))}), Request(path, body)]


def _matrix(sku: str, warehouse: str) -> list[Request]:
    path = f"/api/inventory/channel-location?locationId={location_id(sku, warehouse)}"
    return [Request(path), Request(f"{path}&channels={_channel(_owner(sku, warehouse))}")]


def _drilldown(sku: str, warehouse: str) -> list[Request]:
    path = "/api/inventory/channel-location/drilldown"
    path = f"{path}?locationId={warehouse}&channelId={_channel(_owner(sku, warehouse))}"
    return [Request(f"{path}&skuId={sku_id(sku, warehouse)}"), Request(f"{path}&sku={quote(sku)}")]


def _summary(sku: str, warehouse: str) -> list[Request]:
    path = "/api/inventory/channel/summary"
    return [Request(path), Request(f"{path}?locationId={warehouse}")]


_CHANNEL = frozenset({"code", "name", "buffer", "isActive"})

ROUTES: list[Route] = [
    Route(
        "backoffice",
        "GET",
        "/api/channels",
        "channel-list",
        lambda sku, place: [Request("/api/channels")],
        is_of_catalogue=True,
    ),
    Route(
        "backoffice",
        "POST",
        "/api/channels",
        "channel-list",
        _post_channel,
        status=201,
        optional=frozenset({"buffer", "isActive"}),
        is_of_organization=True,
        names_nothing=True,
    ),
    Route(
        "backoffice",
        "GET",
        "/api/channels/{id}",
        "channel-detail",
        lambda sku, place: [Request(f"/api/channels/{_channel(_known(sku))}")],
        is_of_catalogue=True,
    ),
    Route(
        "backoffice",
        "PATCH",
        "/api/channels/{id}",
        "channel-detail",
        _patch_channel,
        optional=_CHANNEL,
        is_of_organization=True,
    ),
    Route(
        "backoffice",
        "DELETE",
        "/api/channels/{id}",
        "channel-detail",
        lambda sku, place: [Request(f"/api/channels/{_channel(_owner(sku, place), 'spare-')}")],
        status=204,
        media_types=(),
        is_of_organization=True,
    ),
    Route("backoffice", "GET", "/api/inventory/availability", "availability-list", _availability),
    Route(
        "backoffice",
        "GET",
        "/api/inventory/availability/{id}",
        "availability-detail",
        lambda sku, place: [Request(f"/api/inventory/availability/{sku_id(sku, place)}")],
    ),
    Route(
        "backoffice",
        "POST",
        "/api/inventory/availability/{id}",
        "availability-detail",
        _rule,
        status=201,
        optional=frozenset({"allocation", "buffer"}),
        nullable=frozenset({"buffer"}),
    ),
    Route(
        "backoffice",
        "POST",
        "/api/inventory/availability/check",
        "availability-check",
        _check,
        optional=frozenset({"locationId", "channelId"}),
    ),
    Route("backoffice", "GET", "/api/inventory/channel-location", "channel-location", _matrix),
    Route(
        "backoffice",
        "GET",
        "/api/inventory/channel-location/drilldown",
        "channel-location-drilldown",
        _drilldown,
    ),
    Route("backoffice", "GET", "/api/inventory/channel/summary", "channel-summary", _summary),
]
_PAGE = {"page", "limit"}
QUERIES: dict[tuple[str, str], set[str]] = {
    ("GET", "/api/channels"): {"isActive", "search", "startDate", "endDate", "sort", *_PAGE},
    ("GET", "/api/inventory/availability"): {
        *("locationId", "channelId", "sku", "search", "categoryId", "sort"),
        *_PAGE,
    },
    ("GET", "/api/inventory/channel-location"): {"locationId", "channels", "search", "sort", *_PAGE},
    ("GET", "/api/inventory/channel-location/drilldown"): {"locationId", "channelId", "sku", "skuId"},
    ("GET", "/api/inventory/channel/summary"): {"locationId", "channels", *_PAGE},
}
WRITING: set[str] = {"createChannel", "changeChannel", "setChannelRule", "checkAvailability"}
