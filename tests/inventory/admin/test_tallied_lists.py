"""The lists of the back office say how many rows there are, and show the right ones, wherever a page is."""

from __future__ import annotations

from typing import Any

import pytest
from django.db.models import Model
from django.test import Client
from django.urls import reverse

from inventory import tallies
from inventory.models import Sku, StockItem, StockLevel
from inventory.tallies import packing
from tests.factories import make_organization, make_person, make_warehouse
from tests.inventory.api.volume import make_levels, make_skus
from warehouses.admin import paginator
from warehouses.http.organization import SESSION_KEY
from warehouses.models import Organization

pytestmark = pytest.mark.django_db

LISTS: dict[type[Model], tuple[str, ...]] = {
    Sku: ("code_key",),
    StockLevel: ("sort_code", "warehouse_id"),
    StockItem: ("created_at", "pk"),
}


def shown(client: Client, model: type[Model], query: str) -> tuple[int, list[Any]]:
    """(how many the list says there are, the keys of the page)."""
    name = f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist"
    response = client.get(f"{reverse(name)}?{query}")
    assert response.status_code == 200, response.content
    found = response.context_data["cl"]  # type: ignore[attr-defined]
    return found.result_count, [row.pk for row in found.result_list]


@pytest.mark.parametrize("model", LISTS, ids=lambda model: model.__name__)
def test_every_page_is_that_of_the_whole_list(
    organization: Organization, monkeypatch: pytest.MonkeyPatch, model: type[Model]
) -> None:
    monkeypatch.setattr(packing, "ROWS", 10)
    monkeypatch.setattr(packing, "ENOUGH", 1)
    monkeypatch.setattr(paginator, "_NEAR_ENOUGH", 0)
    second = make_warehouse(organization, "Second")
    make_levels(
        organization,
        make_skus(organization, 70),
        [organization.warehouses.get(name="Main warehouse"), second],
    )
    rival = make_organization("Rival")
    make_levels(rival, make_skus(rival, 70), list(rival.warehouses.all()))
    tallies.pack_due()
    client = Client()
    client.force_login(make_person("owner@example.com", {organization: ["Owner"]}))
    session = client.session
    session[SESSION_KEY] = str(organization.pk)
    session.save()

    rows = model._default_manager.filter(organization=organization)
    wanted = list(rows.order_by(*LISTS[model]).values_list("pk", flat=True))
    pages = range(1, -(-len(wanted) // 50) + 1)
    found = [shown(client, model, f"q=&p={page}") for page in pages]
    assert {total for total, _ in found} == {len(wanted)}
    assert [key for _, keys in found for key in keys] == wanted
    # Filters and other orders are counted, and walked from the beginning.
    total, keys = shown(client, model, "q=V-00001")
    assert (total, len(keys)) == (len(keys), 1 if model is Sku else 2)
    turned = [key for page in pages for key in shown(client, model, f"q=&o=-1&p={page}")[1]]
    assert sorted(turned) == sorted(wanted)
    assert turned != wanted
    if model is not Sku:
        place = f"warehouse__id__exact={second.pk}"
        assert shown(client, model, place)[0] == 70
