"""What the requests of a route are about, made once in each process: hundreds of tests begin with it."""

from __future__ import annotations

from functools import partial

from inventory.models import Sku
from tests import factories
from tests.inventory.api.routes import Route, areas_of, prepare
from tests.rows import Remembered
from warehouses.models import Organization, Warehouse

__all__ = ["lay_ground"]


_grounds: dict[tuple[str, ...], Remembered[Organization]] = {}


def lay_ground(route: Route | None) -> Organization:
    """Acme, with SKU-001 in its first warehouse, and all that the requests of this route may be about; or of every one.

    Before anything else is made.
    """
    areas = areas_of(route)
    # Routes of the same areas have the same ground, whichever of them comes first.
    if areas not in _grounds:
        _grounds[areas] = Remembered(partial(_make, route))
    return _grounds[areas]()


def _make(route: Route | None) -> Organization:
    organization = factories.make_organization()
    sku: Sku = factories.make_sku(organization, "SKU-001", title="Blue Widget 500ml")
    warehouse: Warehouse = Warehouse.objects.get(organization=organization)
    factories.stock(sku, warehouse, 1000)
    prepare(sku, warehouse, route=route)
    return organization
