"""Channels, their rules, and the pages of what can be promised."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from inventory.models import Channel, ChannelRule, StateChange
from tests import factories
from tests.inventory.admin.conftest import House
from tests.inventory.channels.worlds import make_channel, make_rule, make_shelf

pytestmark = pytest.mark.django_db


def url(name: str, *args: Any) -> str:
    return reverse(f"admin:inventory_{name}", args=args)


def matrix(client: Client, **query: Any) -> Any:
    return client.get(url("channel_matrix"), query)


def terms_of(page: str) -> dict[str, int]:
    """The terms that the explanation shows, those of 0 left out."""
    rows = re.findall(r'data-term="(\w+)">.*?<td class="number">\s*([+\-\d,]+)</td>', page, re.DOTALL)
    found = {name: int(number.replace(",", "")) for name, number in rows}
    assert len(found) == 11
    return {name: number for name, number in found.items() if number}


class TestChannels:
    def test_made_changed_deactivated_and_deleted(self, house: House, logged_in: type[Client]) -> None:
        alice = logged_in(house.alice)
        typed = {"code": "web-shop", "name": "Web shop", "buffer": 2, "is_active": "on"}
        assert alice.post(url("channel_add"), typed).status_code == 302
        channel = Channel.objects.get()
        assert (channel.organization, channel.buffer) == (house.organization, 2)

        assert alice.post(url("channel_change", channel.pk), typed | {"buffer": 5}).status_code == 302
        action = {"action": "deactivate", "_selected_action": [str(channel.pk)]}
        assert alice.post(url("channel_changelist"), action).status_code == 302
        channel.refresh_from_db()
        assert (channel.buffer, channel.is_active) == (5, False)
        page = alice.get(url("channel_change", channel.pk)).text
        assert "alice@acme.example" in page
        assert "buffer 5" in page

        assert alice.post(url("channel_delete", channel.pk), {"post": "yes"}).status_code == 302
        assert not Channel.objects.exists()
        actions = StateChange.objects.filter(subject_id=channel.pk).order_by("created_at")
        assert [row.action for row in actions] == ["create", "change", "deactivate", "delete"]

    def test_what_is_wrong_stands_beside_its_field(self, house: House, logged_in: type[Client]) -> None:
        make_channel(house.organization, "web-shop")
        page = logged_in(house.alice).post(
            url("channel_add"), {"code": "WEB-SHOP!", "name": "web SHOP", "buffer": 0, "is_active": "on"}
        )
        assert page.status_code == 200
        assert page.context["adminform"].form.errors.keys() == {"code"}
        page = logged_in(house.alice).post(
            url("channel_add"), {"code": "shop", "name": "web SHOP", "buffer": 0, "is_active": "on"}
        )
        assert page.context["adminform"].form.errors.keys() == {"name"}
        assert Channel.objects.count() == 1

    def test_one_with_reservations_stays(self, house: House, logged_in: type[Client]) -> None:
        channel = make_channel(house.organization)
        factories.reserve(house.sku, house.north, 1, channel=channel)
        page = logged_in(house.alice).post(url("channel_delete", channel.pk), {"post": "yes"}, follow=True)
        assert "has reservations" in page.text
        assert Channel.objects.filter(pk=channel.pk).exists()

    def test_only_who_may_write_everywhere_changes_them(self, house: House, logged_in: type[Client]) -> None:
        channel = make_channel(house.organization)
        typed = {"code": "mine", "name": "Mine", "buffer": 0, "is_active": "on"}
        for person in (house.bob, house.vera):
            client = logged_in(person)
            assert "Web shop" in client.get(url("channel_changelist")).text
            assert client.post(url("channel_add"), typed).status_code == 403
            assert client.post(url("channel_change", channel.pk), typed).status_code == 403
            assert client.post(url("channel_delete", channel.pk), {"post": "yes"}).status_code == 403
        charlie = logged_in(house.charlie)
        assert "Web shop" not in charlie.get(url("channel_changelist")).text
        assert charlie.get(url("channel_change", channel.pk)).status_code == 404
        assert list(Channel.objects.values_list("code", flat=True)) == ["web-shop"]


class TestRules:
    def typed(self, house: House, channel: Channel, **fields: Any) -> dict[str, Any]:
        place = {"sku": house.sku.pk, "warehouse": house.north.pk, "channel": channel.pk}
        return place | {"policy": "allocated", "allocation": "5", "buffer": ""} | fields

    def test_made_changed_and_removed(self, house: House, logged_in: type[Client]) -> None:
        alice, channel = logged_in(house.alice), make_channel(house.organization)
        assert alice.post(url("channelrule_add"), self.typed(house, channel)).status_code == 302
        rule = ChannelRule.objects.get()
        assert (rule.policy, rule.allocation, rule.buffer) == ("allocated", 5, None)
        listed = alice.get(url("channelrule_changelist")).text
        assert re.search(r'class="text-link">5</a>', listed)

        changed = {"policy": "shared", "allocation": "", "buffer": "3"}
        assert alice.post(url("channelrule_change", rule.pk), changed).status_code == 302
        rule.refresh_from_db()
        assert (rule.policy, rule.allocation, rule.buffer) == ("shared", None, 3)
        assert alice.post(url("channelrule_delete", rule.pk), {"post": "yes"}).status_code == 302
        assert not ChannelRule.objects.exists()
        actions = StateChange.objects.filter(subject_id=rule.pk).order_by("created_at")
        assert [(row.action, row.to_state) for row in actions] == [
            ("create", "allocated"),
            ("change", "shared"),
            ("delete", "deleted"),
        ]

    @pytest.mark.parametrize(
        ("fields", "field"),
        [
            ({"allocation": ""}, "allocation"),
            ({"policy": "shared"}, "allocation"),
            ({"allocation": "-1"}, "allocation"),
            ({"buffer": "2000000000"}, "buffer"),
            ({"policy": "free"}, "policy"),
        ],
    )
    def test_what_is_wrong_stands_beside_its_field(
        self, house: House, logged_in: type[Client], fields: dict[str, str], field: str
    ) -> None:
        channel = make_channel(house.organization)
        page = logged_in(house.alice).post(url("channelrule_add"), self.typed(house, channel, **fields))
        assert page.context["adminform"].form.errors.keys() == {field}
        assert not ChannelRule.objects.exists()

    def test_a_second_one_is_not_made_over_the_first(self, house: House, logged_in: type[Client]) -> None:
        channel = make_channel(house.organization)
        make_rule(house.sku, house.north, channel, "excluded")
        page = logged_in(house.alice).post(url("channelrule_add"), self.typed(house, channel))
        assert page.context["adminform"].form.errors.keys() == {"channel"}
        assert ChannelRule.objects.get().policy == "excluded"

    def test_everybody_in_their_own_warehouses(self, house: House, logged_in: type[Client]) -> None:
        channel = make_channel(house.organization)
        make_rule(house.sku, house.south, channel, "excluded")
        south = ChannelRule.objects.get()
        bob = logged_in(house.bob)
        assert bob.post(url("channelrule_add"), self.typed(house, channel)).status_code == 302
        refused = bob.post(url("channelrule_add"), self.typed(house, channel, warehouse=house.south.pk))
        assert refused.context["adminform"].form.errors.keys() == {"warehouse"}
        assert bob.get(url("channelrule_change", south.pk)).status_code == 404
        assert bob.post(url("channelrule_delete", south.pk), {"post": "yes"}).status_code == 404
        assert "South" not in re.sub(r"<select.*?</select>", "", bob.get(url("channelrule_changelist")).text)
        vera = logged_in(house.vera)
        assert vera.post(url("channelrule_add"), self.typed(house, channel)).status_code == 403
        assert ChannelRule.objects.count() == 2

    def test_the_list_costs_the_same_for_one_and_three_rules(
        self, house: House, logged_in: type[Client], django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        alice, channels = (
            logged_in(house.alice),
            [make_channel(house.organization, f"c-{n}") for n in range(3)],
        )
        make_rule(house.sku, house.north, channels[0], "excluded")
        with django_assert_num_queries(RULES):
            alice.get(url("channelrule_changelist"))
        make_rule(house.sku, house.south, channels[1], "excluded")
        make_rule(house.sku, house.south, channels[2], "excluded")
        with django_assert_num_queries(RULES):
            alice.get(url("channelrule_changelist"))


# Session, user, access, what has run out, and of the matrix: the location, the channels, how many, which, their SKUs,
# their terms, and what the form offers and is asked for.
RULES = 18
MATRIX = 20
CHANNELS = 14


class TestMatrix:
    def test_a_row_for_each_sku_and_a_cell_for_each_channel(
        self, house: House, logged_in: type[Client]
    ) -> None:
        web = make_channel(house.organization, "web-shop", buffer=2)
        make_rule(
            house.sku, house.north, make_channel(house.organization, "market"), "allocated", allocation=5
        )
        make_channel(house.organization, "old", is_active=False)
        page = matrix(logged_in(house.alice), location=house.north.pk)
        assert "MUG-RED" in page.text
        cells = re.findall(r'aria-label="(\d+) of MUG-RED for ([\w ]+): why\?"', page.text)
        assert cells == [("5", "Market"), ("18", "Web shop")]
        assert "of 5 allocated" in page.text
        address = re.findall(r'href="([^"]*explain[^"]*)"', page.text)[1].replace("&amp;", "&")
        why = logged_in(house.alice).get(address)
        assert f"<strong>{web.name}</strong>" in why.text
        assert terms_of(why.text) == {"on_hand": 20, "buffer": -2}

    @pytest.mark.postgresql
    def test_the_skus_of_a_location_are_not_counted(self, house: House, logged_in: type[Client]) -> None:
        """Their number is kept, and exact; those of a search are counted."""
        make_channel(house.organization)
        for number in range(55):
            sku = factories.make_sku(house.organization, f"TRAY-{number:02d}")
            factories.stock(sku, house.north, 1)
            factories.stock(sku, house.south, 1)
        alice = logged_in(house.alice)

        def counts(**query: Any) -> bool:
            with CaptureQueriesContext(connection) as captured:
                page = matrix(alice, location=house.north.pk, **query)
            assert ("55 SKUs" if query.get("q") else "56 SKUs") in page.text
            return any(
                "COUNT(*)" in one["sql"] and "inventory_stocklevel" in one["sql"]
                for one in captured.captured_queries
            )

        assert not counts()
        assert not counts(page=2)
        assert counts(q="tray")

    def test_searched_and_paged(self, house: House, logged_in: type[Client]) -> None:
        make_channel(house.organization)
        for number in range(55):
            sku = factories.make_sku(house.organization, f"TRAY-{number:02d}", title="Oak tray")
            factories.stock(sku, house.north, 1)
        alice = logged_in(house.alice)
        first = matrix(alice, location=house.north.pk)
        assert "56 SKUs, page 1 of 2" in first.text
        assert "TRAY-49" not in first.text
        assert "TRAY-54" in matrix(alice, location=house.north.pk, page=2).text
        assert "1 SKU<" in matrix(alice, location=house.north.pk, q="mug-").text
        assert "55 SKUs, page 1 of 2" in matrix(alice, location=house.north.pk, q="tray oak").text
        assert "has no SKU like" in matrix(alice, location=house.north.pk, q="nothing").text
        for odd in ({"page": "x"}, {"page": "-1"}, {"q": "\x00"}, {"q": "%"}, {"page": "9" * 40}):
            assert matrix(alice, location=house.north.pk, **odd).status_code == 200

    def test_only_locations_that_one_may_see(self, house: House, logged_in: type[Client]) -> None:
        channel = make_channel(house.organization)
        explain = {"channel": channel.pk, "sku": house.sku.pk}
        bob = logged_in(house.bob)
        assert matrix(bob, location=house.north.pk).status_code == 200
        assert "South" not in matrix(bob).text
        assert matrix(bob, location=house.south.pk).status_code == 404
        assert bob.get(url("channel_explain"), explain | {"location": house.north.pk}).status_code == 200
        assert bob.get(url("channel_explain"), explain | {"location": house.south.pk}).status_code == 404
        assert bob.get(url("channel_summary"), {"location": house.south.pk}).status_code == 404
        charlie = logged_in(house.charlie)
        assert matrix(charlie, location=house.north.pk).status_code == 404
        assert charlie.get(url("channel_explain"), explain | {"location": house.north.pk}).status_code == 404
        nobody = logged_in(
            factories.make_person("nobody@acme.example", {house.organization: []}, is_staff=True)
        )
        for page in ("matrix", "explain", "summary", "check"):
            assert nobody.get(url(f"channel_{page}")).status_code == 403
        assert matrix(alice := logged_in(house.alice), location="x").status_code == 404
        assert alice.get(url("channel_explain")).status_code == 404

    def test_the_way_there_is_in_the_sidebar(self, house: House, logged_in: type[Client]) -> None:
        assert url("channel_matrix") in logged_in(house.vera).get("/admin/").text

    @pytest.mark.parametrize("rows", [1, 3, 50])
    def test_costs_the_same_however_many_rows(
        self,
        house: House,
        logged_in: type[Client],
        rows: int,
        django_assert_num_queries: DjangoAssertNumQueries,
    ) -> None:
        make_channel(house.organization)
        for number in range(rows - 1):
            factories.stock(factories.make_sku(house.organization, f"ROW-{number}"), house.north, 5)
        alice = logged_in(house.alice)
        with django_assert_num_queries(MATRIX):
            page = matrix(alice, location=house.north.pk)
        assert page.text.count('class="promise-code"') == rows

    def test_the_list_of_channels_costs_the_same_for_one_and_three(
        self, house: House, logged_in: type[Client], django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        alice = logged_in(house.alice)
        make_channel(house.organization, "c-1")
        with django_assert_num_queries(CHANNELS):
            alice.get(url("channel_changelist"))
        make_channel(house.organization, "c-2")
        make_channel(house.organization, "c-3")
        with django_assert_num_queries(CHANNELS):
            alice.get(url("channel_changelist"))


class TestExplanation:
    def test_every_term_and_the_records_behind_it(self, house: House, logged_in: type[Client]) -> None:
        web = make_channel(house.organization, "web-shop", buffer=1)
        lot = factories.make_lot(house.sku, "OLD", house.organization.today().replace(year=2020))
        factories.stock(house.sku, house.north, 4, lot=lot)
        factories.stock(house.sku, house.north, 6, bin=make_shelf(house.north, "Q-1", is_sellable=False))
        factories.reserve(house.sku, house.north, 3, channel=web, reference="SO-77")
        factories.hold(house.sku, house.north, 2, reason="Scratched")
        make_rule(house.sku, house.north, web, "allocated", allocation=8)
        query = {"location": house.north.pk, "channel": web.pk, "sku": house.sku.pk}
        page = logged_in(house.alice).get(url("channel_explain"), query)
        terms = terms_of(page.text)
        assert terms == {
            "on_hand": 30,
            "not_sellable": -6,
            "expired": -4,
            "reserved": -3,
            "held": -2,
            "buffer": -1,
            "over_allocation": -9,
        }
        assert sum(terms.values()) == 5
        for words in (
            "SO-77",
            "Scratched",
            "Q-1",
            "OLD",
            "Lot is expired",
            "Room is not for selling",
            "5 left",
        ):
            assert words in page.text
        assert "Change the rule" in page.text
        assert "Change the rule" not in logged_in(house.vera).get(url("channel_explain"), query).text


class TestTotals:
    def test_of_every_location_and_of_one(self, house: House, logged_in: type[Client]) -> None:
        make_channel(house.organization, "web-shop", buffer=2)
        house.sku.unit_cost = "1.50"
        house.sku.save()
        text = logged_in(house.alice).get(url("channel_summary")).text
        assert re.findall(r'<td class="number">([\d.,]+)</td>', text) == ["1", "23", "34.50", "0", "0"]
        text = logged_in(house.alice).get(url("channel_summary"), {"location": house.south.pk}).text
        assert re.findall(r'<td class="number">([\d.,]+)</td>', text) == ["1", "5", "7.50", "0", "0"]
        text = logged_in(house.bob).get(url("channel_summary")).text
        assert re.findall(r'<td class="number">([\d.,]+)</td>', text) == ["1", "18", "27.00", "0", "0"]


class TestCheck:
    def test_lines_compete_for_the_same_stock(self, house: House, logged_in: type[Client]) -> None:
        make_channel(house.organization)
        page = logged_in(house.alice).post(
            url("channel_check"), {"location": "", "channel": "", "lines": "mug-red 25\nMUG-RED 5\n"}
        )
        text = re.sub(r"\s+", " ", page.text)
        assert "20 from North<br>5 from South" in text
        assert "Short by 3" in text

    @pytest.mark.parametrize(
        "lines", ["", "MUG-RED", "MUG-RED 0", "MUG-RED x", "NONE 1", "MUG-BLUE 1", "MUG-RED ５"]
    )
    def test_what_is_wrong_stands_beside_the_lines(
        self, house: House, logged_in: type[Client], lines: str
    ) -> None:
        page = logged_in(house.alice).post(
            url("channel_check"), {"location": "", "channel": "", "lines": lines}
        )
        assert page.status_code == 422
        assert page.context["form"].errors.keys() == {"lines"}
