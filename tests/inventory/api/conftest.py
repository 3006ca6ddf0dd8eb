from __future__ import annotations

from collections.abc import Callable

import pytest

from inventory.models import Sku
from tests import factories
from tests.inventory.api.callers import Caller
from tests.inventory.api.routes import EVERY_SCOPE
from warehouses.models import Organization, User, Warehouse


@pytest.fixture
def warehouse(organization: Organization) -> Warehouse:
    """Acme's first and default warehouse."""
    found: Warehouse | None = organization.default_warehouse
    assert found is not None
    return found


@pytest.fixture
def second(organization: Organization, warehouse: Warehouse) -> Warehouse:
    return factories.make_warehouse(organization, "Second warehouse")


@pytest.fixture
def marketplace(organization: Organization, warehouse: Warehouse) -> Warehouse:
    """A read-only one."""
    return factories.make_warehouse(organization, "FBA EU", type="FBA", marketplace="amazon_eu")


@pytest.fixture
def rival(db: None) -> Organization:
    """Another tenant."""
    return factories.make_organization("Rival")


@pytest.fixture
def rival_warehouse(rival: Organization) -> Warehouse:
    found: Warehouse = Warehouse.objects.get(organization=rival)
    return found


@pytest.fixture
def sku(organization: Organization) -> Sku:
    """Known to the catalogue, in no warehouse yet."""
    return factories.make_sku(organization, "SKU-001", title="Blue Widget 500ml")


@pytest.fixture
def key(organization: Organization) -> str:
    return factories.make_key(organization, EVERY_SCOPE)


@pytest.fixture
def api(key: str) -> Caller:
    """An integrator who may do everything in Acme that a route is there for."""
    return Caller(key)


@pytest.fixture
def api_with(organization: Organization) -> Callable[..., Caller]:
    """An integrator with a key of its own, made with what `factories.make_key` takes."""
    return lambda *args, **fields: Caller(factories.make_key(organization, *args, **fields))


@pytest.fixture
def alice(organization: Organization) -> User:
    """The owner of Acme."""
    return factories.make_person("alice@example.com", {organization: ["Owner"]})
