from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.inventory.webhooks.receiver import Receiver, running_receiver
from warehouses.access import Access, access_of_system
from warehouses.models import Organization


@pytest.fixture(autouse=True)
def _this_machine_may_be_called(settings: Any) -> None:
    settings.OUTGOING_NETWORKS = ["127.0.0.0/8"]


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with running_receiver() as receiver:
        yield receiver


@pytest.fixture
def access(organization: Organization) -> Access:
    return access_of_system(organization)
