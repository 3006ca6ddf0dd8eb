"""The list of SKUs says what there is of them to those who may read all of it, and to nobody else."""

from __future__ import annotations

import pytest
from django.test import Client

from tests import factories
from tests.inventory.admin.conftest import House

pytestmark = pytest.mark.django_db

SKUS = "/admin/inventory/sku/"


def exported(client: Client, columns: str) -> list[str]:
    form = {"page": "inventory_sku", "query": "", "format": "csv", "columns": columns}
    return client.post("/admin/exports/new/", form).text.splitlines()


def test_who_reads_all_warehouses_sees_the_sums(house: House, logged_in: type[Client]) -> None:
    alice = logged_in(house.alice)
    page = alice.get(SKUS)
    assert {"on_hand", "available", "state"} <= set(page.context["cl"].list_display)
    assert 'class="field-on_hand' in page.text
    assert ",27,27," in exported(alice, "")[1]


def test_who_reads_one_of_them_sees_neither_sums_nor_what_follows_from_them(
    house: House, logged_in: type[Client]
) -> None:
    factories.make_person("pim@acme.example", {house.organization: ["Viewer"]})
    bob = logged_in(house.bob)
    page = bob.get(SKUS)
    assert "MUG-RED" in page.text
    assert not {"on_hand", "available", "state"} & set(page.context["cl"].list_display)
    for columns in ("", "all"):
        header, row = exported(bob, columns)
        assert "on_hand" not in header
        assert "27" not in row.split(",")
    # Neither by asking for them: a filter or an order would tell them one by one.
    assert "status" not in [
        each.parameter_name for each in page.context["cl"].filter_specs if hasattr(each, "parameter_name")
    ]
    assert bob.get(f"{SKUS}?status=out_of_stock")["Location"] == f"{SKUS}?e=1"
    assert bob.get(f"{SKUS}?summary__on_hand__gte=1").status_code == 400
    saved = {"do": "columns", "columns": ["on_hand"], "back": ""}
    bob.post(f"{SKUS}views/", saved)
    assert "on_hand" not in bob.get(SKUS).context["cl"].list_display
