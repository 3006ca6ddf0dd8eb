"""A batch of rows costs the same number of SQL statements whatever its size."""

from __future__ import annotations

from functools import partial

import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from inventory.models import PosConnection, SyncType
from inventory.sync.batches import Origin, take_over
from inventory.sync.claims import claim
from inventory.sync.rows import Raw, content_of, json_cells
from tests import factories
from tests.inventory.sync.syncing import counts, sale, start
from warehouses.models import Organization, Warehouse

pytestmark = pytest.mark.django_db

# Two savepoints and their releases included: in a test, the transaction of the batch is one too.
STATEMENTS = {
    "new levels": 21,
    "known levels": 19,
    "unchanged": 14,
    "changes": 21,
    "repeated": 6,
    "refused": 9,
    "new lots": 26,
}


@pytest.mark.parametrize("size", [1, 3, 500])
def test_statements_of_a_batch(
    organization: Organization, shop: Warehouse, connection: PosConnection, size: int
) -> None:
    for number in range(size):
        factories.make_sku(organization, f"S{number}")
        factories.make_sku(organization, f"L{number}", is_lot_controlled=True)
    run = start(shop)
    run = claim(timezone.now())  # type: ignore[assignment]

    def statements(kind: SyncType, *, quantity: int, sku: str = "S", key: str = "", lot: str = "") -> int:
        raws = []
        for number in range(size):
            row = {"sku": f"{sku}{number}", "quantity": quantity, "lot": lot}
            if kind is SyncType.INCREMENTAL:
                row = sale(f"{key}{number}", f"{sku}{number}", quantity)
            raws.append(Raw(json_cells(row, kind), partial(content_of, row)))
        with CaptureQueriesContext(database) as captured:
            take_over(run, raws, {"at": {}}, origin=Origin(kind))
        return len(captured)

    full, changes = SyncType.FULL, SyncType.INCREMENTAL
    assert {
        "new levels": statements(full, quantity=9),
        "known levels": statements(full, quantity=7),
        "unchanged": statements(full, quantity=7),
        "changes": statements(changes, quantity=-1, key="a"),
        "repeated": statements(changes, quantity=-1, key="a"),
        "refused": statements(changes, quantity=-1, key="b", sku="X"),
        "new lots": statements(full, quantity=7, sku="L", lot="N"),
    } == STATEMENTS
    assert counts(run) == (7 * size, 4 * size, size, size, size)
