"""The web server, as the tests of races start it; and the organization that the histories of the machine are of."""

from __future__ import annotations

from collections import Counter

import pytest

from tests import factories
from tests.inventory.api.routes import EVERY_SCOPE
from tests.machine.integrator import TIME_ZONE, Integrator
from tests.machine.shop import HOUSES, LOTS
from tests.races.conftest import start_server
from warehouses.models import Organization, Warehouse

__all__ = ["prepared_shop", "start_server"]


@pytest.fixture
def prepared_shop(organization: Organization, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two locations and some SKUs without stock, two keys, and no clock but the machine's."""
    monkeypatch.setattr("django.utils.timezone.now", lambda: Integrator.clock.now)
    monkeypatch.setattr(Integrator, "reached", Counter())
    organization.time_zone = TIME_ZONE
    organization.save()
    Warehouse.objects.update(name=HOUSES[0])
    factories.make_warehouse(organization, HOUSES[1])
    for code, lots in LOTS.items():
        factories.make_sku(organization, code, is_lot_controlled=lots != ("",))
    keys = tuple(factories.make_key(organization, EVERY_SCOPE, name=name) for name in ("A", "B"))
    monkeypatch.setattr(Integrator, "keys", keys, raising=False)
