"""The overview over HTTP: what needs whoever looks, the way to it, and figures of what they may see alone."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from inventory import transfers
from inventory.day_figures import refresh
from inventory.models import Delivery, DeliveryState, Event, StockLevel, Transfer, WebhookEndpoint
from tests import factories
from tests.inventory.admin.conftest import House
from warehouses import transactions
from warehouses.access import access_of_system
from warehouses.models import Organization, User

HOME = "/admin/"


@pytest.fixture
def owner(house: House) -> User:
    return factories.make_person("olga@acme.example", {house.organization: ["Owner"]})


def home_for(client: Client) -> Any:
    answer = client.get(HOME)
    assert answer.status_code == 200
    return answer.context["home"]


def work(home: Any) -> dict[str, int]:
    return {each.label: each.count for each in home.work}


def clear(home: Any) -> set[str]:
    return {each.label for each in home.clear}


def link_of(home: Any, label: str) -> str:
    (found,) = [each.link for each in (*home.work, *home.clear) if each.label == label]
    return str(found)


def rows_behind(client: Client, home: Any, label: str) -> int:
    """How many rows the list has that the work leads to."""
    page = client.get(link_of(home, label))
    assert page.status_code == 200
    return len(page.context["cl"].result_list)


def make_low(house: House, place: Any, code: str, left: int) -> None:
    sku = factories.make_sku(house.organization, code)
    factories.stock(sku, place, 5)
    StockLevel.objects.filter(sku=sku, warehouse=place).update(reorder_point=10)
    if left != 5:
        factories.stock(sku, place, left - 5, code="SALE")


def overdue_transfer(house: House, source: Any, to: Any, days: int = 1) -> Transfer:
    access = access_of_system(house.organization)
    drafted = transactions.run(
        lambda: transfers.create_transfer(
            access=access,
            from_warehouse=source,
            to_warehouse=to,
            lines=[transfers.WantedLine(house.sku, 1, None, None, None, 0)],
            expected_on=house.organization.today() - timedelta(days=days),
        )
    )
    return transactions.run(lambda: transfers.ship_transfer(access=access, transfer=drafted))


def endpoint_of(organization: Organization) -> WebhookEndpoint:
    return WebhookEndpoint.objects.create(
        organization=organization, url="https://receiver.example/hook", description="Shop", secret="sealed"
    )


def failed_delivery(endpoint: WebhookEndpoint, days: int = 0) -> None:
    at = timezone.now() - timedelta(days=days)
    event = Event.objects.create(
        organization=endpoint.organization, type="inventory.updated", body="{}", created_at=at
    )
    Delivery.objects.create(
        organization=endpoint.organization,
        endpoint=endpoint,
        event=event,
        state=DeliveryState.FAILED,
        created_at=at,
        finished_at=at,
    )


class TestWork:
    def test_low_and_out_of_stock_lead_to_just_these_rows(self, house: House, logged_in: Any) -> None:
        make_low(house, house.north, "LOW-1", 4)
        make_low(house, house.south, "LOW-2", 3)
        make_low(house, house.south, "OUT-1", 0)
        client = logged_in(house.alice)
        home = home_for(client)
        assert work(home) == {"Out of stock": 1, "Below reorder point": 3}
        assert rows_behind(client, home, "Out of stock") == 1
        assert rows_behind(client, home, "Below reorder point") == 3

    def test_of_other_warehouses_and_organizations_nothing_is_counted(
        self, house: House, logged_in: Any
    ) -> None:
        make_low(house, house.south, "LOW-2", 3)
        sku = factories.make_sku(house.other, "LOW-2")
        factories.stock(sku, house.other.default_warehouse, 5)
        StockLevel.objects.filter(sku=sku).update(reorder_point=10)
        assert work(home_for(logged_in(house.bob))) == {}
        assert work(home_for(logged_in(house.alice))) == {"Below reorder point": 1}
        assert work(home_for(logged_in(house.charlie))) == {"Below reorder point": 1}

    def test_goods_that_expire(self, house: House, logged_in: Any) -> None:
        today = house.organization.today()
        soon = house.organization.expiry_warning_days
        for number, days in enumerate((-1, 0, soon, soon + 1)):
            lot = factories.make_lot(house.sku, f"L{number}", today + timedelta(days=days))
            factories.stock(house.sku, house.north, 2, lot=lot)
        gone = factories.make_lot(house.sku, "L9", today - timedelta(days=9))
        factories.stock(house.sku, house.south, 2, lot=gone)
        client = logged_in(house.alice)
        home = home_for(client)
        assert work(home) == {"Expiring goods": 4}
        (found,) = home.work
        assert found.note == f"2 expired, the others within {soon} days"
        assert rows_behind(client, home, "Expiring goods") == 4
        assert work(home_for(logged_in(house.bob))) == {"Expiring goods": 3}

    def test_transfers_that_should_have_come(self, house: House, logged_in: Any) -> None:
        overdue_transfer(house, house.north, house.south)
        overdue_transfer(house, house.north, house.south, days=0)
        client = logged_in(house.alice)
        home = home_for(client)
        assert work(home) == {"Overdue transfers": 1}
        assert rows_behind(client, home, "Overdue transfers") == 1
        # Bob has the source; receiving is not his.
        assert work(home_for(logged_in(house.bob))) == {}

    def test_deliveries_that_failed_this_week(self, house: House, owner: User, logged_in: Any) -> None:
        endpoint = endpoint_of(house.organization)
        failed_delivery(endpoint)
        failed_delivery(endpoint, days=6)
        failed_delivery(endpoint, days=8)
        client = logged_in(owner)
        home = home_for(client)
        assert work(home) == {"Failed deliveries": 2}
        assert rows_behind(client, home, "Failed deliveries") == 2
        alice = home_for(logged_in(house.alice))
        assert "Failed deliveries" not in {*work(alice), *clear(alice)}
        assert work(home_for(logged_in(house.charlie))) == {}

    def test_webhooks_that_are_disabled(self, house: House, owner: User, logged_in: Any) -> None:
        endpoint = endpoint_of(house.organization)
        WebhookEndpoint.objects.filter(pk=endpoint.pk).update(state="disabled", disabled_at=timezone.now())
        client = logged_in(owner)
        home = home_for(client)
        assert work(home) == {"Disabled webhooks": 1}
        assert rows_behind(client, home, "Disabled webhooks") == 1

    def test_what_is_done_is_named_and_leads_to_its_list_too(
        self, house: House, owner: User, logged_in: Any
    ) -> None:
        client = logged_in(owner)
        home = home_for(client)
        assert clear(home) >= {"Out of stock", "Expiring goods", "Overdue transfers", "Failed deliveries"}
        for each in home.clear:
            assert client.get(each.link).status_code == 200, each.label
        page = client.get(HOME).text
        assert "Nothing waiting" in page
        assert "Everything that is yours to do is done." in page


class TestActivity:
    def test_nothing_waits_and_the_last_thing_that_happened_is_told(
        self, house: House, logged_in: Any
    ) -> None:
        factories.stock(house.sku, house.south, -2, code="SALE")
        client = logged_in(house.vera)
        page = client.get(HOME)
        assert "Nothing waiting" in page.text
        assert "You may look around here; nothing is yours to decide." in page.text
        activity = page.context["home"].activity
        assert activity.words == "Retail sale: MUG-RED −2 in South, by system"
        assert client.get(activity.link).status_code == 200

    def test_bob_is_told_of_his_warehouse_only(self, house: House, logged_in: Any) -> None:
        factories.stock(house.sku, house.south, -2, code="SALE")
        words = home_for(logged_in(house.bob)).activity.words
        assert words == "Manual adjustment: MUG-RED +20 in North, by system"


class TestFigures:
    def cards(self, client: Client) -> dict[str, str]:
        return {card.label: card.value for card in home_for(client).cards}

    def test_each_sees_the_sums_of_their_warehouses(self, house: House, logged_in: Any) -> None:
        house.sku.unit_cost = Decimal("2.50")
        house.sku.save()
        factories.reserve(house.sku, house.north, 5)
        for organization in (house.organization, house.other):
            refresh(organization=organization, now=timezone.now())
        currency = house.organization.currency
        alice = self.cards(logged_in(house.alice))
        assert (alice["Stock value"], alice["Units on hand"], alice["Available"]) == (
            f"68 {currency}",
            "27",
            "81.5%",
        )
        bob = self.cards(logged_in(house.bob))
        assert (bob["Stock value"], bob["Units on hand"], bob["Available"]) == (
            f"50 {currency}",
            "20",
            "75.0%",
        )
        charlie = self.cards(logged_in(house.charlie))
        assert (charlie["Units on hand"], charlie["Available"]) == ("5", "100.0%")

    def test_charts_have_a_sentence_and_a_table(self, house: House, logged_in: Any) -> None:
        refresh(organization=house.organization, now=timezone.now())
        page = logged_in(house.alice).get(HOME)
        charts = {chart.key: chart for chart in page.context["home"].charts}
        assert charts.keys() == {"value", "reasons"}
        for chart in charts.values():
            assert f'role="img" aria-label="{chart.summary}"' in page.text
            assert all(len(row) == len(chart.head) for row in chart.rows)
        assert charts["reasons"].rows == [("Manual adjustment", "27", "0", "2")]
        assert charts["reasons"].summary == (
            "27 units came and 0 went. Most moved for Manual adjustment: 27 in, 0 out."
        )
        assert len(charts["value"].rows) == 91

    def test_bobs_charts_are_of_his_warehouse(self, house: House, logged_in: Any) -> None:
        refresh(organization=house.organization, now=timezone.now())
        charts = {chart.key: chart for chart in home_for(logged_in(house.bob)).charts}
        assert charts["reasons"].rows == [("Manual adjustment", "20", "0", "1")]

    def test_before_they_are_read_it_says_so(self, house: House, logged_in: Any) -> None:
        page = logged_in(house.alice).get(HOME)
        assert page.context["home"].as_of is None
        assert "The figures are being read for the first time." in page.text

    def test_how_old_they_are_is_told(self, house: House, logged_in: Any) -> None:
        now = timezone.now()
        refresh(organization=house.organization, now=now)
        assert home_for(logged_in(house.alice)).as_of == now

    def test_every_link_opens(self, house: House, owner: User, logged_in: Any) -> None:
        refresh(organization=house.organization, now=timezone.now())
        client = logged_in(owner)
        home = home_for(client)
        links = [card.link for card in home.cards] + [chart.link for chart in home.charts]
        for link in links:
            assert client.get(link).status_code == 200, link


class TestWhoMayNot:
    def test_somebody_without_a_role_sees_no_figures(self, house: House, logged_in: Any) -> None:
        nobody = factories.make_person("nina@acme.example", {house.organization: []})
        home = home_for(logged_in(nobody))
        assert (home.work, home.clear, home.cards, home.charts, home.activity) == ([], [], [], [], None)

    def test_a_superuser_without_an_organization_gets_a_page(self, house: House, logged_in: Any) -> None:
        root = factories.make_person("root@acme.example", is_superuser=True)
        page = logged_in(root).get(HOME)
        assert page.status_code == 200
        assert "home" not in page.context


class TestQueries:
    def ask(self, client: Client) -> int:
        client.get(HOME)
        with CaptureQueriesContext(connection) as asked:
            assert client.get(HOME).status_code == 200
        return len(asked)

    def fill(self, house: House, endpoint: WebhookEndpoint, number: int) -> None:
        make_low(house, house.north, f"LOW-{number}", 3)
        make_low(house, house.south, f"OUT-{number}", 0)
        lot = factories.make_lot(house.sku, f"L{number}", date(2026, 1, 1))
        factories.stock(house.sku, house.north, 2, lot=lot)
        overdue_transfer(house, house.north, house.south)
        failed_delivery(endpoint)

    def test_they_are_the_same_with_one_row_and_with_three(
        self, house: House, owner: User, logged_in: Any, settings: Any
    ) -> None:
        settings.HOME_CHECKLIST = ""
        endpoint = endpoint_of(house.organization)
        client = logged_in(owner)
        self.fill(house, endpoint, 1)
        refresh(organization=house.organization, now=timezone.now())
        assert self.ask(client) == 41
        self.fill(house, endpoint, 2)
        self.fill(house, endpoint, 3)
        refresh(organization=house.organization, now=timezone.now())
        assert self.ask(client) == 41
