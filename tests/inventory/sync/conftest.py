"""A location that is connected with a point of sale."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from inventory.models import Adapter, PosConnection
from inventory.sync.connections import connect
from tests import factories
from tests.inventory.sync.feed_server import FeedServer
from warehouses.access import Access, access_of_system
from warehouses.models import Organization, Warehouse


@pytest.fixture(autouse=True)
def _surroundings(settings: Any, tmp_path: Path) -> None:
    settings.OUTGOING_NETWORKS = ["127.0.0.0/8"]
    settings.POS_DROP_DIR = tmp_path / "pos"
    settings.SYNC_WORKERS = 1


@pytest.fixture
def feed() -> Iterator[FeedServer]:
    with FeedServer() as server:
        yield server


@pytest.fixture
def access(organization: Organization) -> Access:
    return access_of_system(organization)


@pytest.fixture
def shop(organization: Organization) -> Warehouse:
    return factories.make_warehouse(organization, "Shop", type="store")


@pytest.fixture
def connection(access: Access, shop: Warehouse, feed: FeedServer) -> PosConnection:
    """The shop is connected with the feed."""
    return connect(access=access, warehouse=shop, adapter=Adapter.HTTP_FEED, url=feed.url)
