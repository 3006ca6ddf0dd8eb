"""Lots, lot control and expired stock."""

from __future__ import annotations

import itertools
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from inventory.expiry.destruction import destroy
from inventory.expiry.lines import WantedUnits
from inventory.models import Destruction, Lot, Sku, StockItem
from tests import factories
from tests.inventory.api.route import UNKNOWN, Request, Route, item_id
from warehouses import transactions
from warehouses.access import access_of_system
from warehouses.identifiers import decode
from warehouses.models import Room, RoomType, Warehouse

_numbers = itertools.count(1)
_MANY = 30  # more than any test deletes
_UNITS = 500  # more than any test uses up
_LOTS = "/api/lots"
_EXPIRED = "/api/inventory/expired"
_VALIDATE = "/api/inventory/lot-control/validate"
_DESTRUCTIONS = "/api/inventory/destructions"


def prepare(sku: Sku, warehouse: Warehouse) -> None:
    """A SKU beside the one that the others write, in lots that are good, past and nowhere; a destruction room."""
    organization = warehouse.organization
    other = factories.make_sku(organization, _code(sku.code), title="Gummies", is_lot_controlled=True)
    today = organization.today()
    for code, days in (("GOOD", 90), ("PAST", -3)):
        lot = factories.make_lot(other, code, today + timedelta(days=days))
        factories.stock(other, warehouse, _UNITS, lot=lot)
    factories.make_lot(other, "CHANGED", today + timedelta(days=90))
    for number in range(_MANY):
        factories.make_lot(other, f"GONE-{number}")
    room = Room.objects.create(
        organization=organization,
        warehouse=warehouse,
        name="Destruction of lots",
        room_type=RoomType.DESTRUCTION,
        is_sellable=False,
    )
    factories.make_bin(warehouse, "DES-LOTS", room=room)
    past = StockItem.objects.get(lot__code="PAST", sku=other)
    transactions.run(
        lambda: destroy(
            access=access_of_system(organization), lines=[WantedUnits(past.public_id, 1)], reason="why"
        )
    )


def _code(sku: str) -> str:
    return f"{sku}-IN-LOTS"


def _place(sku: str, warehouse: str) -> Any:
    """The warehouse's key if the SKU is there, else None."""
    return None if item_id(sku, warehouse) == f"inv_{UNKNOWN}" else decode(Warehouse.prefix, warehouse)


def _lot(sku: str, warehouse: str, code: str) -> str:
    """The first lot whose code begins like that, of the SKU beside this one."""
    place = _place(sku, warehouse)
    rows = Lot.objects.filter(sku__code=_code(sku), sku__levels__warehouse=place, code__startswith=code)
    found = rows.order_by("id").first() if place is not None else None
    return found.public_id if found is not None else f"lot_{UNKNOWN}"


def _item(sku: str, warehouse: str, lot: str) -> str:
    place = _place(sku, warehouse)
    rows = StockItem.objects.filter(sku__code=_code(sku), warehouse=place, lot__code=lot)
    found = rows.order_by("id").first() if place is not None else None
    return found.public_id if found is not None else f"inv_{UNKNOWN}"


def _destruction(sku: str, warehouse: str) -> str:
    place = _place(sku, warehouse)
    found = Destruction.objects.filter(warehouse=place).order_by("id").first() if place is not None else None
    return found.public_id if found is not None else f"dst_{UNKNOWN}"


def _sku(sku: str, warehouse: str) -> str:
    """The SKU beside this one, if it is there; else a code that nothing has."""
    return _code(sku) if _place(sku, warehouse) is not None else "NO-SUCH-SKU"


def _lines(sku: str, warehouse: str, lot: str) -> dict[str, Any]:
    return {"lines": [{"stockItemId": _item(sku, warehouse, lot), "quantity": 1}], "note": "why"}


def _lot_post(sku: str, warehouse: str) -> list[Request]:
    new = f"NEW-{next(_numbers)}"
    body = {"code": new, "expiresOn": "2031-01-31", "state": "quarantined", "note": "why"}
    return [Request(_LOTS, {"sku": _sku(sku, warehouse), **body})]


def _lot_patch(sku: str, warehouse: str) -> list[Request]:
    body = {"code": "CHANGED", "expiresOn": "2031-01-31", "state": "quarantined", "note": "why"}
    return [Request(f"{_LOTS}/{_lot(sku, warehouse, 'CHANGED')}", body)]


def _validate_get(sku: str, warehouse: str) -> list[Request]:
    line = {"sku": _code(sku), "locationId": warehouse, "quantity": 1}
    return [
        Request(f"{_VALIDATE}?{urlencode({**line, 'lotCode': 'GOOD'})}"),
        Request(f"{_VALIDATE}?{urlencode({**line, 'lotId': _lot(sku, warehouse, 'GOOD')})}"),
    ]


def _validate_post(sku: str, warehouse: str) -> list[Request]:
    line = {"sku": _code(sku), "locationId": warehouse, "quantity": 1}
    return [
        Request(_VALIDATE, {"lines": [{**line, "lotCode": "GOOD"}]}),
        Request(_VALIDATE, {"lines": [{**line, "lotId": _lot(sku, warehouse, "GOOD")}]}),
    ]


def _expired_get(sku: str, warehouse: str) -> list[Request]:
    return [
        Request(_EXPIRED),
        Request(f"{_EXPIRED}?locationId={warehouse}"),
        Request(f"{_EXPIRED}?daysAhead=100&sku={_sku(sku, warehouse)}"),
    ]


ROUTES = [
    Route(
        "backoffice",
        "GET",
        _LOTS,
        "lot-list",
        lambda sku, place: [Request(_LOTS), Request(f"{_LOTS}?sku={_sku(sku, place)}")],
    ),
    Route(
        "backoffice",
        "POST",
        _LOTS,
        "lot-list",
        _lot_post,
        status=201,
        optional=frozenset({"expiresOn", "state", "note"}),
        nullable=frozenset({"expiresOn"}),
        blank=frozenset({"note"}),
    ),
    Route(
        "backoffice",
        "GET",
        f"{_LOTS}/{{id}}",
        "lot-detail",
        lambda sku, place: [Request(f"{_LOTS}/{_lot(sku, place, 'GOOD')}")],
    ),
    Route(
        "backoffice",
        "PATCH",
        f"{_LOTS}/{{id}}",
        "lot-detail",
        _lot_patch,
        optional=frozenset({"code", "expiresOn", "state", "note"}),
        nullable=frozenset({"expiresOn"}),
        blank=frozenset({"note"}),
    ),
    Route(
        "backoffice",
        "DELETE",
        f"{_LOTS}/{{id}}",
        "lot-detail",
        lambda sku, place: [Request(f"{_LOTS}/{_lot(sku, place, 'GONE')}")],
        status=204,
        media_types=(),
    ),
    Route("backoffice", "GET", _VALIDATE, "lot-control-validate", _validate_get),
    Route(
        "backoffice",
        "POST",
        _VALIDATE,
        "lot-control-validate",
        _validate_post,
        optional=frozenset({"lotCode", "lotId"}),
    ),
    Route("backoffice", "GET", _EXPIRED, "expired-list", _expired_get),
    Route(
        "backoffice",
        "POST",
        f"{_EXPIRED}/mark-expired",
        "expired-mark-expired",
        lambda sku, place: [Request(f"{_EXPIRED}/mark-expired", _lines(sku, place, "GOOD"))],
        optional=frozenset({"quantity", "note"}),
        blank=frozenset({"note"}),
    ),
    Route(
        "backoffice",
        "POST",
        f"{_EXPIRED}/mark-consumed",
        "expired-mark-consumed",
        lambda sku, place: [Request(f"{_EXPIRED}/mark-consumed", _lines(sku, place, "PAST"))],
        optional=frozenset({"quantity", "note"}),
        blank=frozenset({"note"}),
    ),
    Route(
        "backoffice",
        "POST",
        f"{_EXPIRED}/transfer-destruction",
        "expired-transfer-destruction",
        lambda sku, place: [
            Request(f"{_EXPIRED}/transfer-destruction", {**_lines(sku, place, "PAST"), "reason": "why"})
        ],
        status=201,
        optional=frozenset({"quantity", "note", "binId"}),
        blank=frozenset({"note"}),
    ),
    Route(
        "backoffice",
        "GET",
        _DESTRUCTIONS,
        "destruction-list",
        lambda sku, place: [Request(_DESTRUCTIONS), Request(f"{_DESTRUCTIONS}?locationId={place}")],
    ),
    Route(
        "backoffice",
        "GET",
        f"{_DESTRUCTIONS}/{{id}}",
        "destruction-detail",
        lambda sku, place: [Request(f"{_DESTRUCTIONS}/{_destruction(sku, place)}")],
    ),
]

QUERIES = {
    ("GET", _LOTS): {
        *(
            "sku",
            "code",
            "state",
            "expiresBefore",
            "expiresAfter",
            "hasStock",
            "startDate",
            "endDate",
            "sort",
        ),
        *("page", "limit"),
    },
    ("GET", _VALIDATE): {"sku", "lotCode", "lotId", "locationId", "quantity"},
    ("GET", _EXPIRED): {
        *("daysAhead", "locationId", "categoryId", "sku", "roomType", "state", "sort", "page", "limit"),
    },
    ("GET", _DESTRUCTIONS): {
        *("locationId", "binId", "sku", "lotId", "startDate", "endDate", "sort", "page", "limit"),
    },
}
WRITING = {"createLot", "changeLot", "validateLots", "markExpired", "markConsumed", "transferToDestruction"}
