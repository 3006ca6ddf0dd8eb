"""Rules, suggestions and orders in the back office."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from inventory.models import Replenishment, ReplenishmentRule, Sku, StateChange, StockLevel, Transfer
from inventory.verification import verify
from tests import factories
from tests.inventory.admin.conftest import House
from tests.inventory.replenishment.orders import SUPPLIER, from_location, order, rule
from warehouses.models import Warehouse

pytestmark = pytest.mark.django_db

RULES = "/admin/inventory/replenishmentrule/"
ORDERS = "/admin/inventory/replenishment/"


def rule_answers(house: House, **given: Any) -> dict[str, Any]:
    return {
        "sku": house.sku.pk,
        "warehouse": house.north.pk,
        "safety_stock": 5,
        "reorder_point": 25,
        "reorder_quantity": 10,
        "lead_time_days": 3,
        "window_days": 14,
        "maximum": "",
        "order_multiple": 1,
        "source_type": "supplier",
        "from_warehouse": "",
        "supplier": "Potters",
    } | given


class TestRules:
    def test_a_rule_is_made_changed_and_forgotten(self, house: House, logged_in: type[Client]) -> None:
        alice = logged_in(house.alice)
        assert alice.get(f"{RULES}add/").status_code == 200
        assert alice.post(f"{RULES}add/", rule_answers(house)).status_code == 302
        found = ReplenishmentRule.objects.get()
        level = StockLevel.objects.get(sku=house.sku, warehouse=house.north)
        assert (found.lead_time_days, found.window_days, found.supplier) == (3, 14, "Potters")
        assert (level.safety_stock, level.reorder_point, level.reorder_quantity) == (5, 25, 10)

        page = alice.get(f"{RULES}{found.pk}/change/").content.decode()
        assert 'name="reorder_point" value="25"' in page
        changes = rule_answers(
            house, reorder_point=30, maximum=60, source_type="transfer", from_warehouse=house.south.pk
        )
        assert alice.post(f"{RULES}{found.pk}/change/", changes).status_code == 302
        found.refresh_from_db()
        level.refresh_from_db()
        assert (found.maximum, found.source_type, found.from_warehouse, found.supplier) == (
            60,
            "transfer",
            house.south,
            "",
        )
        assert level.reorder_point == 30
        assert "South" in alice.get(RULES).content.decode()

        assert alice.post(f"{RULES}{found.pk}/delete/", {"post": "yes"}).status_code == 302
        assert not ReplenishmentRule.objects.exists()
        level.refresh_from_db()
        assert level.reorder_point == 30
        assert list(verify()) == []

    @pytest.mark.parametrize(
        ("given", "words"),
        [
            ({"maximum": 24}, "A maximum of 24 is below the reorder point, 25."),
            ({"source_type": "transfer", "from_warehouse": "north"}, "North does not supply itself"),
            ({"order_multiple": 0}, "greater than or equal to 1"),
            ({"window_days": 0}, "greater than or equal to 1"),
            ({"reorder_point": -1}, "greater than or equal to 0"),
        ],
    )
    def test_what_is_wrong_stands_beside_its_field(
        self, house: House, logged_in: type[Client], given: dict[str, Any], words: str
    ) -> None:
        if given.get("from_warehouse") == "north":
            given = {**given, "from_warehouse": house.north.pk}
        response = logged_in(house.alice).post(f"{RULES}add/", rule_answers(house, **given))
        assert response.status_code == 200
        assert words in response.content.decode()
        assert not ReplenishmentRule.objects.exists()

    def test_there_is_one_for_each_place(self, house: House, logged_in: type[Client]) -> None:
        rule(house.sku, house.north)
        response = logged_in(house.alice).post(f"{RULES}add/", rule_answers(house))
        assert "There is a rule for this SKU and location already" in response.content.decode()

    def test_only_those_who_may(self, house: House, logged_in: type[Client]) -> None:
        mine, other = rule(house.sku, house.north), rule(house.sku, house.south)
        assert logged_in(house.vera).get(f"{RULES}{mine.pk}/change/").status_code == 200
        assert logged_in(house.vera).post(f"{RULES}add/", rule_answers(house)).status_code == 403
        assert logged_in(house.vera).post(f"{RULES}{mine.pk}/delete/", {"post": "yes"}).status_code == 403
        bob = logged_in(house.bob)
        assert bob.get(f"{RULES}{other.pk}/change/").status_code == 404
        response = bob.post(f"{RULES}add/", rule_answers(house, warehouse=house.south.pk))
        assert "Select a valid choice" in response.content.decode()
        assert logged_in(house.charlie).get(f"{RULES}{mine.pk}/change/").status_code == 404
        assert ReplenishmentRule.objects.count() == 2


def suggestions(place: Warehouse, **query: Any) -> str:
    more = "".join(f"&{name}={value}" for name, value in query.items())
    return f"{reverse('admin:inventory_replenishmentrule_suggestions')}?location={place.pk}{more}"


class TestSuggestions:
    @pytest.fixture
    def low(self, house: House) -> StockLevel:
        rule(house.sku, house.north, reorder_point=25, changes={"maximum": 60}, source=SUPPLIER)
        return StockLevel.objects.get(sku=house.sku, warehouse=house.north)

    def test_the_numbers_are_shown(self, house: House, logged_in: type[Client], low: StockLevel) -> None:
        factories.stock(house.sku, house.north, -3, code="SALE")
        order(house.sku, house.north, 2)
        page = logged_in(house.vera).get(suggestions(house.north)).content.decode()
        for words in (
            "MUG-RED",
            "17<small>17 on hand",
            "2 on order, 0 in transit",
            "0.10<small>3 in 30 days",
            "set",
        ):
            assert words in page
        # Seventeen last for 170 days at three in thirty; lifted to the maximum.
        for words in ("170 d<small>", "60<small>", "41 needed"):
            assert words in page
        assert "Order selected" not in page  # she looks on
        page = logged_in(house.vera).get(suggestions(house.south)).content.decode()
        assert "Nothing has to be ordered" in page

    def test_what_is_ticked_is_ordered_from_where_the_rule_says(
        self, house: House, logged_in: type[Client], low: StockLevel
    ) -> None:
        cup, jug = (factories.make_sku(house.organization, code) for code in ("CUP", "JUG"))
        for sku in (cup, jug):
            rule(sku, house.north, reorder_point=5, source=from_location(house.south))
        keys = {level.sku.code: level.pk for level in StockLevel.objects.filter(warehouse=house.north)}
        form = {f"order-{key}": "1" for key in keys.values()} | {
            f"units-{keys['MUG-RED']}": "44",
            f"units-{keys['CUP']}": "5",
            f"units-{keys['JUG']}": "6",
        }
        response = logged_in(house.alice).post(suggestions(house.north), form, follow=True)
        assert "3 SKUs ordered for North." in response.content.decode()
        made = Replenishment.objects.order_by("sku__code_key")
        assert [(row.sku.code, row.quantity, row.supplier) for row in made] == [
            ("CUP", 5, ""),
            ("JUG", 6, ""),
            ("MUG-RED", 44, "Widget works"),
        ]
        transfer = Transfer.objects.get()
        assert list(transfer.lines.values_list("sku__code", "quantity")) == [("CUP", 5), ("JUG", 6)]
        assert (transfer.from_warehouse, transfer.to_warehouse) == (house.south, house.north)
        assert "Nothing has to be ordered" in response.content.decode()
        assert list(verify()) == []

    def test_what_was_just_ordered_is_taken_back_whole(
        self, house: House, logged_in: type[Client], low: StockLevel
    ) -> None:
        for code in ("CUP", "JUG"):
            sku = factories.make_sku(house.organization, code)
            rule(sku, house.north, reorder_point=5, source=from_location(house.south))
        keys = StockLevel.objects.filter(warehouse=house.north).values_list("pk", flat=True)
        form = {f"order-{key}": "1" for key in keys} | {f"units-{key}": "5" for key in keys}
        alice = logged_in(house.alice)
        page = alice.post(suggestions(house.north), form, follow=True).text
        undo = re.search(r'action="([^"]*take-back[^"]*)"', page)
        assert undo is not None
        address = undo[1].replace("&amp;", "&")
        placed = {"order": re.findall(r'name="order" value="([^"]+)"', page)}
        assert len(placed["order"]) == 3
        # It is offered once: an older page is not what one undoes.
        assert "take-back" not in alice.get(suggestions(house.north)).text

        assert logged_in(house.vera).post(address, placed).status_code == 403
        assert alice.get(address).status_code == 405
        assert alice.post(address, {"order": ["x"]}).status_code == 404
        # Not only some of what a transfer brings.
        carried = Replenishment.objects.filter(transfer_line__isnull=False)
        told = alice.post(address, {"order": [str(carried[0].pk)]}, follow=True).text
        assert "brings other goods too" in told
        assert set(Replenishment.objects.values_list("state", flat=True)) == {"open"}
        told = logged_in(house.charlie).post(address, placed, follow=True).text
        assert "There is no such replenishment." in told
        assert set(Replenishment.objects.values_list("state", flat=True)) == {"open"}

        page = alice.post(address, placed, follow=True).text
        assert "3 orders taken back" in page
        assert "MUG-RED" in page
        assert set(Replenishment.objects.values_list("state", flat=True)) == {"cancelled"}
        assert Transfer.objects.get().state == "cancelled"
        assert "nothing more can be done" in alice.post(address, placed, follow=True).text
        assert StateChange.objects.filter(action="cancel", subject_type="rpl").count() == 3
        assert list(verify()) == []

    def test_without_a_location_it_is_the_last_one_or_the_default(
        self, house: House, logged_in: type[Client], low: StockLevel
    ) -> None:
        address = reverse("admin:inventory_replenishmentrule_suggestions")

        def shown(client: Client) -> str:
            found = re.search(r'class="state-chip" aria-current="page">(.*?)</a>', client.get(address).text)
            return found[1] if found else ""

        alice = logged_in(house.alice)
        assert house.organization.default_warehouse is not None
        assert shown(alice) == house.organization.default_warehouse.name
        alice.get(suggestions(house.north))
        assert shown(alice) == "North"
        assert shown(logged_in(house.bob)) == "North"  # all that he may see
        house.north.is_active = False
        house.north.save()
        assert shown(alice) == house.organization.default_warehouse.name
        assert "no active location" in logged_in(house.bob).get(address).text

    def test_what_is_wrong_is_said_and_what_was_typed_stays(
        self, house: House, logged_in: type[Client], low: StockLevel
    ) -> None:
        rule(factories.make_sku(house.organization, "CUP"), house.north, reorder_point=5)
        alice = logged_in(house.alice)
        cup = StockLevel.objects.get(sku__code="CUP")
        response = alice.post(suggestions(house.north), {f"order-{cup.pk}": "1", f"units-{cup.pk}": "5"})
        assert response.status_code == 422
        assert "CUP: its rule does not say where it comes from." in response.content.decode()
        form = {f"order-{low.pk}": "1", f"units-{low.pk}": "none"}
        page = alice.post(suggestions(house.north), form).content.decode()
        assert "MUG-RED: give a whole number of units" in page
        assert 'value="none"' in page
        assert "checked" in page
        assert "Choose what to order first." in alice.post(suggestions(house.north), {}).content.decode()
        assert not Replenishment.objects.exists()

    def test_only_those_who_may(self, house: House, logged_in: type[Client], low: StockLevel) -> None:
        form = {f"order-{low.pk}": "1", f"units-{low.pk}": "5"}
        assert logged_in(house.vera).post(suggestions(house.north), form).status_code == 422
        assert logged_in(house.bob).get(suggestions(house.south)).status_code == 422
        assert logged_in(house.charlie).post(suggestions(house.north), form).status_code == 422
        south = StockLevel.objects.get(sku=house.sku, warehouse=house.south)
        form = {f"order-{south.pk}": "1", f"units-{south.pk}": "5"}
        assert logged_in(house.bob).post(suggestions(house.north), form).status_code == 422
        assert not Replenishment.objects.exists()

    def test_of_a_category_page_by_page(
        self, house: House, logged_in: type[Client], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("inventory.admin.suggestion_page._ROWS", 2)
        widgets = factories.make_category(house.organization)
        product = factories.make_product(house.organization, category=widgets)
        for number in range(3):
            rule(
                factories.make_sku(house.organization, f"P-{number}", product=product),
                house.north,
                reorder_point=5,
            )
        rule(factories.make_sku(house.organization, "OTHER"), house.north, reorder_point=5)
        alice = logged_in(house.alice)
        page = alice.get(suggestions(house.north, category=widgets.pk)).content.decode()
        assert "page 1 of 2" in page
        assert "P-1" in page
        assert "P-2" not in page
        page = alice.get(suggestions(house.north, category=widgets.pk, page=2)).content.decode()
        assert "P-2" in page
        assert "OTHER" not in page
        assert "This page is empty" in alice.get(suggestions(house.north, page=99)).content.decode()
        assert alice.get(suggestions(house.north, page="x")).status_code == 200

    @pytest.mark.parametrize("rows", [1, 3])
    def test_the_page_takes_the_same_statements_for_any_number(
        self, house: House, logged_in: type[Client], rows: int
    ) -> None:
        for number in range(rows):
            sku = factories.make_sku(house.organization, f"Q-{number}")
            rule(sku, house.north, reorder_point=5, source=from_location(house.south))
        alice = logged_in(house.alice)
        alice.get(suggestions(house.north))
        with CaptureQueriesContext(connection) as captured:
            page = alice.get(suggestions(house.north)).content.decode()
        assert page.count("data-order") == rows
        made = [query["sql"][:140] for query in captured.captured_queries]
        # What has run out, the categories to choose from, and the seven of the suggestions.
        assert len([sql for sql in made if "inventory_" in sql or "WITH" in sql]) == 9, "\n".join(made)


class TestOrders:
    def answers(self, house: House, **given: Any) -> dict[str, Any]:
        return {
            "sku": house.sku.pk,
            "warehouse": house.north.pk,
            "quantity": 12,
            "source_type": "supplier",
            "from_warehouse": "",
            "supplier": "Potters",
            "expected_on": "2040-05-31",
            "reference": "PO-1",
            "note": "",
        } | given

    def test_one_is_placed_at_a_supplier(self, house: House, logged_in: type[Client]) -> None:
        alice = logged_in(house.alice)
        assert alice.get(f"{ORDERS}add/").status_code == 200
        response = alice.post(f"{ORDERS}add/", self.answers(house))
        made = Replenishment.objects.get()
        assert response["Location"] == f"{ORDERS}{made.pk}/change/"
        assert (made.quantity, made.supplier, made.reference, made.actor_name) == (
            12,
            "Potters",
            "PO-1",
            "alice@acme.example",
        )
        page = alice.get(f"{ORDERS}{made.pk}/change/").content.decode()
        for words in ("MUG-RED", "Potters", "PO-1", "Create", "alice@acme.example", "Receive…", "Cancel"):
            assert words in page
        page = alice.get(f"{ORDERS}?q=PO-1").content.decode()
        assert "Potters" in page

    def test_one_is_placed_at_another_location(self, house: House, logged_in: type[Client]) -> None:
        form = self.answers(house, source_type="transfer", from_warehouse=house.south.pk)
        logged_in(house.alice).post(f"{ORDERS}add/", form)
        made = Replenishment.objects.get()
        assert made.supplier == ""
        assert made.transfer_line is not None
        assert made.transfer_line.transfer.from_warehouse == house.south
        page = logged_in(house.vera).get(f"{ORDERS}{made.pk}/change/").content.decode()
        assert made.transfer_line.transfer.public_id in page
        assert "Receive…" not in page

    @pytest.mark.parametrize(
        ("given", "words"),
        [
            ({"supplier": ""}, "Say who supplies MUG-RED."),
            ({"source_type": "transfer"}, "Say which location MUG-RED comes from."),
            ({"source_type": "transfer", "from_warehouse": "north"}, "North does not supply itself"),
            ({"quantity": 0}, "greater than or equal to 1"),
            ({"quantity": ""}, "This field is required"),
        ],
    )
    def test_what_is_wrong_stands_beside_its_field(
        self, house: House, logged_in: type[Client], given: dict[str, Any], words: str
    ) -> None:
        if given.get("from_warehouse") == "north":
            given = {**given, "from_warehouse": house.north.pk}
        response = logged_in(house.alice).post(f"{ORDERS}add/", self.answers(house, **given))
        assert response.status_code == 200
        assert words in response.content.decode()
        assert not Replenishment.objects.exists()

    def test_one_is_cancelled_after_asking(self, house: House, logged_in: type[Client]) -> None:
        made = order(house.sku, house.north, 5)
        alice = logged_in(house.alice)
        target = f"{ORDERS}{made.pk}/cancel/"
        assert "is not expected any more" in alice.get(target).content.decode()
        made.refresh_from_db()
        assert made.state == "open"
        assert alice.post(target).status_code == 302
        made.refresh_from_db()
        assert made.state == "cancelled"
        assert "nothing more can be done with it" in alice.post(target, follow=True).content.decode()

    def test_only_those_who_may(self, house: House, logged_in: type[Client]) -> None:
        made, other = order(house.sku, house.north, 5), order(house.sku, house.south, 5)
        vera, bob, charlie = (logged_in(user) for user in (house.vera, house.bob, house.charlie))
        assert vera.get(f"{ORDERS}{made.pk}/change/").status_code == 200
        assert vera.post(f"{ORDERS}{made.pk}/cancel/").status_code == 403
        assert vera.post(f"{ORDERS}add/", self.answers(house)).status_code == 403
        assert bob.get(f"{ORDERS}{other.pk}/change/").status_code == 404
        assert bob.post(f"{ORDERS}{other.pk}/cancel/").status_code in {403, 404}
        form = self.answers(house, source_type="transfer", from_warehouse=house.south.pk)
        assert "Select a valid choice" in bob.post(f"{ORDERS}add/", form).content.decode()
        assert charlie.get(f"{ORDERS}{made.pk}/change/").status_code in {403, 404}
        assert set(Replenishment.objects.values_list("state", flat=True)) == {"open"}
        assert Replenishment.objects.count() == 2

    @pytest.mark.parametrize("rows", [1, 3])
    @pytest.mark.parametrize("path", [RULES, ORDERS])
    def test_lists_take_the_same_statements_for_any_number(
        self, house: House, logged_in: type[Client], rows: int, path: str
    ) -> None:
        for number in range(rows):
            sku = factories.make_sku(house.organization, f"Q-{number}")
            rule(sku, house.north, source=from_location(house.south))
            order(sku, house.north, 1, from_location(house.south))
        alice = logged_in(house.alice)
        alice.get(path)
        with CaptureQueriesContext(connection) as captured:
            assert "Q-0" in alice.get(path).content.decode()
        made = [query["sql"] for query in captured.captured_queries]
        table = "inventory_replenishmentrule" if path == RULES else "inventory_replenishment"
        assert len([sql for sql in made if f'FROM "{table}"' in sql]) == 2, "\n".join(made)
        assert len([sql for sql in made if 'FROM "inventory_sku"' in sql]) == 0, "\n".join(made)
        assert Sku.objects.filter(code="Q-0").exists()
