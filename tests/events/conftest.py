"""An organization with stock, a receiver that is subscribed to all of it, and processes to be started."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings

from inventory.webhooks.endpoints import create_endpoint
from tests import factories
from tests.events.brokers import Broker, Folder, Redis
from tests.events.installation import Installation
from tests.events.receiver import Receiver
from warehouses import transactions
from warehouses.access import access_of_system
from warehouses.models import Organization

ON_HAND = 100

Subscribe = Callable[..., str]


@pytest.fixture
def shop(transactional_db: None) -> Organization:
    """Six SKUs, 100 of each in stock, to be reordered at 50."""
    organization = factories.make_organization()
    for number in range(1, 7):
        sku = factories.make_sku(organization, f"SKU-{number}", reorder_point=50)
        factories.stock(sku, organization.warehouses.get(), ON_HAND)
    return organization


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    server = Receiver()
    yield server
    server.close()


@pytest.fixture
def subscribe(shop: Organization, receiver: Receiver, settings: Any) -> Subscribe:
    """Have the receiver told of events at a path; returns the secret that they are signed with."""
    settings.OUTGOING_NETWORKS = ["127.0.0.0/8"]

    def create(*types: str, path: str = "/hook") -> str:
        _endpoint, secret = transactions.run(
            lambda: create_endpoint(
                access=access_of_system(shop), url=receiver.url(path), event_types=list(types)
            )
        )
        return secret

    return create


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Broker]:
    """Of the kind that this run of the suite is for."""
    if not django_settings.REDIS_URL:
        yield Folder(tmp_path)
        return
    if shutil.which("redis-server") is None:
        pytest.skip("redis-server is not installed: this takes a Redis that can be emptied and stopped")
    server = Redis(tmp_path)
    try:
        server.start()
        yield server
    finally:
        server.stop()


@pytest.fixture
def installation(
    shop: Organization, broker: Broker, tmp_path: Path, receiver: Receiver
) -> Iterator[Installation]:
    running = Installation(tmp_path, broker, factories.make_key(shop))
    yield running
    running.close()  # before the database is emptied, and while the receiver still listens
    for process in running.started:  # shown where the test has failed
        print(f"--- {process.log.name}\n{process.read_log()[-20_000:]}")  # noqa: T201
