"""Reservations."""

from __future__ import annotations

from urllib.parse import quote

from inventory.models import Channel, Reservation, Sku
from tests import factories
from tests.inventory.api.route import UNKNOWN, Request, Route
from warehouses.identifiers import decode
from warehouses.models import Warehouse

_PATH = "/api/inventory/reservations"
_CHANNEL = "reserving"


def prepare(sku: Sku, warehouse: Warehouse) -> None:
    """One reservation, of so many units that each request fulfils or releases one of them."""
    Channel.objects.get_or_create(
        organization=warehouse.organization, code=_CHANNEL, defaults={"name": "Reserving"}
    )
    factories.reserve(sku, warehouse, 50)


def _reservation(sku: str, warehouse: str) -> str:
    place = decode(Warehouse.prefix, warehouse)
    found = Reservation.objects.filter(sku__code=sku, warehouse=place, open__gt=1).order_by("id").first()
    return f"{_PATH}/{found.public_id if found is not None else f'rsv_{UNKNOWN}'}"


def _channel(warehouse: str) -> str:
    place = decode(Warehouse.prefix, warehouse)
    found = Channel.objects.filter(organization__warehouses=place, code=_CHANNEL).first()
    return found.public_id if found is not None else f"chan_{UNKNOWN}"


def _list(sku: str, warehouse: str) -> list[Request]:
    return [
        Request(_PATH),
        Request(f"{_PATH}?locationId={warehouse}"),
        Request(f"{_PATH}?sku={quote(sku)}"),
        Request(f"{_PATH}?channelId={_channel(warehouse)}"),
    ]


def _post(sku: str, warehouse: str) -> list[Request]:
    body = {"sku": sku, "locationId": warehouse, "quantity": 1, "referenceId": "R-1", "note": "why"}
    more = {"channelId": _channel(warehouse), "expiresAt": "2099-03-12T14:00:00Z"}
    return [Request(_PATH, {**body, **more}), Request(_PATH, body)]


def _act(sku: str, warehouse: str) -> list[Request]:
    body = {"quantity": 1, "note": "why"}
    return [
        Request(_reservation(sku, warehouse), {"action": "fulfil", "reasonCode": "SALE", **body}),
        Request(_reservation(sku, warehouse), {"action": "release", **body}),
    ]


ROUTES = [
    Route("backoffice", "GET", _PATH, "reservation-list", _list),
    Route(
        "backoffice",
        "POST",
        _PATH,
        "reservation-list",
        _post,
        status=201,
        optional=frozenset({"channelId", "expiresAt", "note"}),
        blank=frozenset({"note"}),
    ),
    Route(
        "backoffice",
        "GET",
        f"{_PATH}/{{id}}",
        "reservation-detail",
        lambda sku, place: [Request(_reservation(sku, place))],
    ),
    Route(
        "backoffice",
        "POST",
        f"{_PATH}/{{id}}",
        "reservation-detail",
        _act,
        optional=frozenset({"quantity", "reasonCode", "note"}),
        blank=frozenset({"note"}),
    ),
]
QUERIES = {
    ("GET", _PATH): {
        *("locationId", "sku", "channelId", "state", "referenceId", "startDate", "endDate"),
        *("expiresBefore", "sort", "page", "limit"),
    }
}
WRITING = {"createReservation", "actOnReservation"}
