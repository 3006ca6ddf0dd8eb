"""The examples of docs/pos-feed.md are feeds."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from inventory.models import Adapter, PosConnection
from inventory.sync.connections import connect
from tests import factories
from tests.inventory.sync.feed_server import Fault, FeedServer
from tests.inventory.sync.syncing import counts, on_hand, sync
from warehouses.access import Access
from warehouses.models import Organization, Warehouse

pytestmark = pytest.mark.django_db

PAGE = (Path(__file__).resolve().parents[3] / "docs" / "pos-feed.md").read_text()
EXAMPLES = dict(re.findall(r"^```((?:json|csv) (?:full|changes))\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL))


@pytest.fixture(autouse=True)
def _catalogue(organization: Organization) -> None:
    factories.make_sku(organization, "BD-EIGHTH-001")
    factories.make_sku(organization, "MILK-1L", is_lot_controlled=True)


def test_feed(shop: Warehouse, connection: PosConnection, feed: FeedServer) -> None:
    feed.faults += [Fault(body=EXAMPLES[f"json {name}"].encode()) for name in ("full", "changes")]
    assert counts(sync(shop)) == (2, 2, 0, 0, 0)
    assert on_hand(shop) == {"BD-EIGHTH-001": 45, "MILK-1L": 12}
    assert counts(sync(shop, "incremental")) == (3, 3, 0, 0, 0)
    assert on_hand(shop) == {"BD-EIGHTH-001": 44, "MILK-1L": 36}
    assert feed.queries()[1]["since"] == "18277"
    connection.refresh_from_db()
    assert connection.cursor == "18280"


def test_files(access: Access, shop: Warehouse, settings: Any) -> None:
    connect(access=access, warehouse=shop, adapter=Adapter.CSV_DROP, folder="shop-7")
    folder = Path(settings.POS_DROP_DIR) / "shop-7"
    for name in ("full", "changes"):
        (folder / f"{name}.csv").write_text(EXAMPLES[f"csv {name}"])
    assert counts(sync(shop)) == (2, 2, 0, 0, 0)
    assert counts(sync(shop, "incremental")) == (3, 3, 0, 0, 0)
    assert on_hand(shop) == {"BD-EIGHTH-001": 44, "MILK-1L": 36}
