from __future__ import annotations

import pytest

from inventory.models import Sku
from tests import factories
from tests.inventory.clock import Clock
from warehouses.access import Access, access_of_system
from warehouses.models import Organization, Warehouse


@pytest.fixture
def access(organization: Organization) -> Access:
    return access_of_system(organization)


@pytest.fixture
def warehouse(organization: Organization) -> Warehouse:
    return organization.warehouses.get()


@pytest.fixture
def sku(organization: Organization, warehouse: Warehouse) -> Sku:
    """Ten units in the default bin."""
    sku = factories.make_sku(organization, "MUG")
    factories.stock(sku, warehouse, 10)
    return sku


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch)
