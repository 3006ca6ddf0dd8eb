"""Analytics."""

from __future__ import annotations

from inventory.models import Sku
from tests.inventory.api.route import Request, Route
from warehouses.models import Warehouse


def prepare(sku: Sku, warehouse: Warehouse) -> None:
    """It is about the stock that there is anyhow."""


_PATH = "/api/inventory/analytics"

ROUTES: list[Route] = [
    Route(
        "backoffice",
        "GET",
        _PATH,
        "inventory-analytics",
        lambda sku, place: [Request(_PATH), Request(f"{_PATH}?locationId={place}")],
    )
]
QUERIES: dict[tuple[str, str], set[str]] = {
    ("GET", _PATH): {"locationId", "fromDate", "toDate", "categoryId"},
}
WRITING: set[str] = set()
