"""The paper of a transfer: its number and its lines in bars, and no bin of an end that one does not see."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from inventory import transfers
from inventory.labels.code128 import code128
from inventory.models import Sku, Transfer
from tests import factories
from tests.inventory.admin.conftest import House
from warehouses import transactions
from warehouses.access import access_of_system
from warehouses.models import Bin

pytestmark = pytest.mark.django_db


def transfer(house: House, *skus: Sku, to_bin: Bin | None = None, reference: str = "TR-9") -> Transfer:
    lines = [transfers.WantedLine(sku, 2, None, None, to_bin, index) for index, sku in enumerate(skus)]
    return transactions.run(
        lambda: transfers.create_transfer(
            access=access_of_system(house.organization),
            from_warehouse=house.north,
            to_warehouse=house.south,
            lines=lines,
            note="Carefully <b>",
            reference=reference,
            expected_on=None,
        )
    )


def paper(client: Client, found: Transfer) -> str:
    answer = client.get(reverse("admin:transfer_paper", args=[found.public_id]))
    assert answer.status_code == 200
    return answer.content.decode()


def test_paper_has_bars_of_the_number_and_of_each_line(house: House, logged_in: type[Client]) -> None:
    bare = factories.make_sku(house.organization, "PLATE", title="Plate")
    shelf = factories.make_bin(house.south, "S-7")
    page = paper(logged_in(house.alice), transfer(house, house.sku, bare, to_bin=shelf))
    for text in ("TR-9", "4006381333931", "PLATE"):
        assert code128(text, narrowest=0.25) in page
    assert "S-7" in page
    assert "Carefully &lt;b&gt;" in page
    assert page.count('class="box"') == 2
    unnamed = transfer(house, bare, reference="")
    assert code128(unnamed.public_id, narrowest=0.25) in paper(logged_in(house.alice), unnamed)


def test_bin_of_the_other_end_is_not_on_it(house: House, logged_in: type[Client]) -> None:
    shelf = factories.make_bin(house.south, "S-7")
    page = paper(logged_in(house.bob), transfer(house, house.sku, to_bin=shelf))
    assert "MUG-RED" in page
    assert "S-7" not in page


def test_another_organizations_is_not_there(house: House, logged_in: type[Client]) -> None:
    address = reverse("admin:transfer_paper", args=[transfer(house, house.sku).public_id])
    assert logged_in(house.charlie).get(address).status_code == 404
    assert logged_in(house.alice).get(address.replace("trf_", "trx_")).status_code == 404
    counter = factories.make_person("c@acme.example", {house.organization: ["Counter"]})
    assert logged_in(counter).get(address).status_code == 403
    assert logged_in(house.alice).post(address).status_code == 405


def test_paper_costs_the_same_for_one_and_three_lines(
    house: House, logged_in: type[Client], django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    alice = logged_in(house.alice)
    more = [factories.make_sku(house.organization, code) for code in ("A", "B")]
    for one in (transfer(house, house.sku), transfer(house, house.sku, *more)):
        with django_assert_num_queries(13):
            paper(alice, one)
