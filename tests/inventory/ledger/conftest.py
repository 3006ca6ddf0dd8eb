from __future__ import annotations

from datetime import date

import pytest

from tests import factories
from warehouses.models import Organization, Room, Warehouse
from warehouses.models.room import RoomType

TODAY = date(2026, 3, 12)


@pytest.fixture
def today(monkeypatch: pytest.MonkeyPatch) -> date:
    """It is the 12th of March 2026 in every organization."""
    monkeypatch.setattr(Organization, "today", lambda self: TODAY)
    return TODAY


@pytest.fixture
def depot(organization: Organization) -> Warehouse:
    """A warehouse with the bins MAIN, A-1 and A-2 in its sellable room and Q-1 in one that is not."""
    depot = factories.make_warehouse(organization, "Depot")
    factories.make_bin(depot, "A-1")
    factories.make_bin(depot, "A-2")
    quarantine = Room.objects.create(
        organization=organization,
        warehouse=depot,
        name="Quarantine",
        room_type=RoomType.QUARANTINE,
        is_sellable=False,
    )
    factories.make_bin(depot, "Q-1", room=quarantine)
    return depot
