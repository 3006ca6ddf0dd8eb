from __future__ import annotations

import pytest

from inventory.models import Sku
from tests import factories
from warehouses.access import Access, access_of_system
from warehouses.models import Organization, Warehouse


@pytest.fixture
def access(organization: Organization) -> Access:
    return access_of_system(organization)


@pytest.fixture
def here(organization: Organization) -> Warehouse:
    """The location that is replenished."""
    return factories.make_warehouse(organization, "Store")


@pytest.fixture
def depot(organization: Organization) -> Warehouse:
    """Where it may come from."""
    return factories.make_warehouse(organization, "Depot")


@pytest.fixture
def sku(organization: Organization) -> Sku:
    return factories.make_sku(organization, "SKU-1")
