"""Replenishment."""

from __future__ import annotations

from inventory.models import Replenishment, ReplenishmentSource, ReplenishmentState, Sku
from inventory.replenishment.orders import Order, place_orders
from inventory.replenishment.rules import Source
from tests.inventory.api.route import UNKNOWN, Request, Route
from warehouses import transactions
from warehouses.access import access_of_system
from warehouses.identifiers import decode
from warehouses.models import Warehouse

_PATH = "/api/inventory/replenishment"
#: More than any test cancels: each request finds one that is open.
_ORDERS = 30


def prepare(sku: Sku, warehouse: Warehouse) -> None:
    source = Source(ReplenishmentSource.SUPPLIER, name="Widget works")
    orders = [Order(sku=sku, warehouse=warehouse, quantity=1, source=source) for _ in range(_ORDERS)]
    access = access_of_system(warehouse.organization)
    transactions.run(lambda: place_orders(access=access, orders=orders))


def _order(sku: str, warehouse: str) -> str:
    """The newest open replenishment of the SKU for the warehouse; an id that nothing has where there is none."""
    rows = Replenishment.objects.filter(sku__code=sku, state=ReplenishmentState.OPEN)
    found = rows.filter(warehouse=decode(Warehouse.prefix, warehouse)).order_by("-id").first()
    return found.public_id if found is not None else f"rpl_{UNKNOWN}"


def _config(sku: str, warehouse: str) -> list[Request]:
    body = {
        "sku": sku,
        "locationId": warehouse,
        "safetyStock": 1,
        "reorderPoint": 1,
        "reorderQuantity": 1,
        "maximum": 1,
        "orderMultiple": 1,
        "leadTimeDays": 1,
        "windowDays": 1,
        "source": {"type": "supplier", "name": "Widget works"},
    }
    return [Request(f"{_PATH}/config", body), Request(f"{_PATH}/config", {**body, "source": None})]


def _suggestions(sku: str, warehouse: str) -> list[Request]:
    body = {"locationId": warehouse, "skus": [sku], "page": 1, "limit": 1}
    return [Request(f"{_PATH}/suggestions", body)]


def _create(sku: str, warehouse: str) -> list[Request]:
    body = {
        "sku": sku,
        "locationId": warehouse,
        "quantity": 1,
        "source": {"type": "supplier", "name": "Widget works"},
        "expectedOn": "2040-05-31",
        "referenceId": "PO-1",
        "note": "why",
    }
    return [Request(_PATH, body)]


ROUTES = [
    Route(
        "backoffice",
        "GET",
        _PATH,
        "replenishment-list",
        lambda sku, place: [Request(_PATH), Request(f"{_PATH}?sku={sku}")],
    ),
    Route(
        "backoffice",
        "POST",
        _PATH,
        "replenishment-list",
        _create,
        status=201,
        optional=frozenset({"expectedOn", "referenceId", "note"}),
        nullable=frozenset({"expectedOn"}),
        blank=frozenset({"referenceId", "note"}),
    ),
    Route(
        "backoffice",
        "GET",
        f"{_PATH}/{{id}}",
        "replenishment-detail",
        lambda sku, place: [Request(f"{_PATH}/{_order(sku, place)}")],
    ),
    Route(
        "backoffice",
        "POST",
        f"{_PATH}/{{id}}",
        "replenishment-detail",
        lambda sku, place: [Request(f"{_PATH}/{_order(sku, place)}", {"action": "cancel", "note": "why"})],
        optional=frozenset({"note"}),
        blank=frozenset({"note"}),
    ),
    Route(
        "backoffice",
        "GET",
        f"{_PATH}/config",
        "replenishment-config",
        lambda sku, place: [Request(f"{_PATH}/config"), Request(f"{_PATH}/config?sku={sku}")],
    ),
    Route(
        "backoffice",
        "POST",
        f"{_PATH}/config",
        "replenishment-config",
        _config,
        optional=frozenset(
            {
                *("safetyStock", "reorderPoint", "reorderQuantity", "maximum", "orderMultiple"),
                *("leadTimeDays", "windowDays", "source"),
            }
        ),
        nullable=frozenset({"maximum", "source"}),
    ),
    Route(
        "backoffice",
        "POST",
        f"{_PATH}/suggestions",
        "replenishment-suggestions",
        _suggestions,
        optional=frozenset({"skus", "page", "limit"}),
    ),
]

QUERIES = {
    ("GET", _PATH): {
        *("locationId", "state", "sku", "skuId", "categoryId", "sourceType", "supplier", "transferId"),
        *("referenceId", "expectedBy", "startDate", "endDate", "sort", "page", "limit"),
    },
    ("GET", f"{_PATH}/config"): {"locationId", "sku", "categoryId", "isDefault", "sort", "page", "limit"},
}
WRITING = {
    "setReplenishmentConfig",
    "suggestReplenishment",
    "createReplenishment",
    "actOnReplenishment",
}
