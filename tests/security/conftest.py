from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.db import connection

from tests.application_role import requests_act_as_a_role
from tests.inventory.api.conftest import (  # the same callers
    api,
    api_with,
    key,
    rival,
    rival_warehouse,
    second,
    sku,
    warehouse,
)
from tests.races.conftest import server, start_server  # the product's web server

__all__ = [
    "api",
    "api_with",
    "key",
    "rival",
    "rival_warehouse",
    "second",
    "server",
    "sku",
    "start_server",
    "warehouse",
]


@pytest.fixture
def role(db: None) -> Iterator[str]:
    """Requests act as the application's role, on PostgreSQL."""
    if connection.vendor != "postgresql":
        pytest.skip("row-level security is PostgreSQL's")
    with requests_act_as_a_role() as name:
        yield name
