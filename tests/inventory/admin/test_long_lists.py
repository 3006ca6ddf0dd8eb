"""Every list of the site costs the same queries with ten thousand rows as with a few."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib import admin
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from inventory.demo.bulk import fill
from inventory.models import Movement, StockItem, StockLevel
from tests import factories
from warehouses.models import User

pytestmark = pytest.mark.django_db

ROWS = 10_000
#: Pages that are no list of a model.
PAGES = (
    "admin:inventory_explorer",
    "admin:inventory_channel_matrix",
    "admin:inventory_replenishmentrule_suggestions",
)


def addresses() -> list[str]:
    lists = [
        reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
        for model in admin.site._registry
        if model._meta.app_label in {"inventory", "warehouses", "stock_requests", "cycle_counts"}
        and model is not User  # of all organizations: for superusers
    ]
    return [*lists, *map(reverse, PAGES)]


def costs(name: str, *, skus: int, movements: int) -> dict[str, int]:
    """The number of queries of each list, in an organization that has so much."""
    organization = fill(name=name, skus=skus, warehouses=2, movements=movements, advance=lambda count: None)
    client = Client()
    client.force_login(
        factories.make_person(f"{name}@long.example", {organization: ["Owner"]}),
        backend="django.contrib.auth.backends.ModelBackend",
    )
    found: dict[str, int] = {}
    for address in addresses():
        client.get(address)  # what is kept from then on
        with CaptureQueriesContext(connection) as captured:
            answer: Any = client.get(address)
        assert answer.status_code == 200, address
        found[address] = len(captured)
    return found


def test_ten_thousand_rows_cost_the_queries_of_a_few() -> None:
    few = costs("few", skus=240, movements=960)  # of each list two pages
    many = costs("many", skus=ROWS // 2, movements=ROWS)
    for model in (StockLevel, StockItem, Movement):
        assert model._default_manager.filter(organization__name="many").count() >= ROWS
    assert many == few
    assert len(many) >= 40
