"""What can be promised, over HTTP: records, rules, the check, the matrix, its drill-down and the totals."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from inventory.availability import drilldown
from inventory.models import Channel, ChannelRule, Reservation, Sku, StateChange, StockItem
from tests import factories
from tests.inventory.api.callers import Caller, problem_of
from tests.inventory.api.routes import EVERY_SCOPE
from tests.inventory.api.snapshots import everything
from tests.inventory.api.volume import make_levels, make_skus
from tests.inventory.channels.worlds import make_channel, make_rule, make_shelf, make_world
from warehouses.models import Organization, Warehouse

LIST = "/api/inventory/availability"
MATRIX = "/api/inventory/channel-location"
SUMMARY = "/api/inventory/channel/summary"


@pytest.fixture
def web(organization: Organization) -> Channel:
    return make_channel(organization, "web-shop", buffer=2)


@pytest.fixture
def market(organization: Organization) -> Channel:
    return make_channel(organization, "marketplace")


@pytest.fixture
def stocked(sku: Sku, warehouse: Warehouse) -> Sku:
    """30 units: 20 sound, 6 not for selling, 4 expired; 3 of the sound ones on hold."""
    factories.stock(sku, warehouse, 20)
    factories.stock(sku, warehouse, 6, bin=make_shelf(warehouse, "Q-1", is_sellable=False))
    yesterday = sku.organization.today() - timedelta(days=1)
    lot = factories.make_lot(sku, "OLD", yesterday)
    factories.stock(sku, warehouse, 4, lot=lot)
    factories.hold(sku, warehouse, 3, item=StockItem.objects.get(on_hand=20), reason="Scratched")
    return sku


def column(channel: Channel) -> dict[str, Any]:
    return {
        "channelId": channel.public_id,
        "code": channel.code,
        "name": channel.name,
        "isActive": channel.is_active,
    }


def share(channel: Channel, atp: int, **fields: Any) -> dict[str, Any]:
    return {
        **column(channel),
        "policy": "shared",
        "hasRule": False,
        "buffer": channel.buffer,
        "allocation": None,
        "allocationLeft": None,
        "reserved": 0,
        "availableToPromise": atp,
    } | fields


def post_rule(api: Caller, sku: Sku, warehouse: Warehouse, channel: Channel, **body: Any) -> Any:
    headers = body.pop("headers", None)
    body = {"locationId": warehouse.public_id, "channelId": channel.public_id} | body
    return api.post(f"{LIST}/{sku.public_id}", body, headers=headers)


class TestRecords:
    def test_every_term_and_every_channel(
        self, api: Caller, stocked: Sku, warehouse: Warehouse, web: Channel, market: Channel
    ) -> None:
        make_rule(stocked, warehouse, market, "allocated", allocation=5)
        factories.reserve(stocked, warehouse, 2, channel=market)
        make_channel(stocked.organization, "old", is_active=False)
        place = {
            "locationId": warehouse.public_id,
            "locationName": warehouse.name,
            "locationIsActive": True,
            "onHand": 30,
            "notSellable": 6,
            "quarantined": 0,
            "expired": 4,
            "sellable": 20,
            "reserved": 2,
            "held": 3,
            "safetyStock": 0,
            "availableToPromise": 15,
            "channels": [
                share(
                    market, 3, policy="allocated", hasRule=True, allocation=5, allocationLeft=3, reserved=2
                ),
                share(web, 13),
            ],
        }
        about = {"skuId": stocked.public_id, "sku": "SKU-001", "title": "Blue Widget 500ml"}
        assert api.get(LIST).json() == {
            "data": [{**about, **place}],
            "pagination": {"page": 1, "limit": 50, "total": 1, "totalPages": 1},
        }
        assert api.get(f"{LIST}/{stocked.public_id}").json() == {
            **about,
            "availableToPromise": 15,
            "channels": [
                {**column(market), "availableToPromise": 3},
                {**column(web), "availableToPromise": 13},
            ],
            "locations": [place],
        }

    def test_is_clamped_in_each_location_before_it_is_added_up(
        self, api: Caller, sku: Sku, warehouse: Warehouse, second: Warehouse, web: Channel
    ) -> None:
        factories.stock(sku, warehouse, 1)  # less than the buffer
        factories.stock(sku, second, 10)
        body = api.get(f"{LIST}/{sku.public_id}").json()
        assert body["availableToPromise"] == 11
        assert [row["availableToPromise"] for row in body["channels"]] == [8]
        (answer,) = api.post(
            f"{LIST}/check", {"channelId": web.public_id, "lines": [{"sku": "SKU-001", "quantity": 8}]}
        ).json()["data"]
        assert (answer["available"], answer["canFulfil"]) == (8, True)

    def test_filters(
        self, api: Caller, organization: Organization, warehouse: Warehouse, second: Warehouse, web: Channel
    ) -> None:
        category = factories.make_category(organization)
        tray = factories.make_product(organization, "Serving board", category)
        for code, title, product in (
            ("OAK-2", "Oak tray, large", tray),
            ("OAK-1", "Oak tray, small", tray),
            ("MUG", "Tray-shaped mug", None),
        ):
            made = factories.make_sku(organization, code, title=title, product=product)
            factories.stock(made, warehouse, len(code))
        factories.stock(made, second, 1)

        def found(query: str) -> list[str]:
            return [row["sku"] for row in api.get(f"{LIST}?{query}").json()["data"]]

        assert found("") == ["MUG", "MUG", "OAK-1", "OAK-2"]
        assert found("sort=-sku&limit=3") == ["OAK-2", "OAK-1", "MUG"]
        assert found("sort=onHand") == ["MUG", "MUG", "OAK-2", "OAK-1"]
        assert found("sort=-onHand&limit=2") == ["OAK-1", "OAK-2"]
        assert found("sku=oak-1") == ["OAK-1"]
        assert found("search=OAK") == ["OAK-1", "OAK-2"]
        assert found("search=tray+large") == ["OAK-2"]
        assert found("search=board") == ["OAK-1", "OAK-2"]
        assert found("search=nothing") == []
        assert found(f"categoryId={category.public_id}") == ["OAK-1", "OAK-2"]
        assert found("categoryId=cat_01h455vb4pex5vsknk084sn02q") == []
        assert found(f"locationId={second.public_id}") == ["MUG"]
        shown = api.get(f"{LIST}?channelId={web.public_id}&limit=1").json()["data"][0]["channels"]
        assert [row["channelId"] for row in shown] == [web.public_id]

    @pytest.mark.parametrize(
        ("query", "status", "code", "where"),
        [
            ("locationId=wh_nothing", 404, "WAREHOUSE_NOT_FOUND", "locationId"),
            ("channelId=chan_nothing", 404, "CHANNEL_NOT_FOUND", "channelId"),
            ("sort=atp", 400, "INVALID_REQUEST", "sort"),
            ("limit=201", 400, "INVALID_REQUEST", "limit"),
        ],
    )
    def test_what_there_is_not(self, api: Caller, query: str, status: int, code: str, where: str) -> None:
        found = problem_of(api.get(f"{LIST}?{query}"))
        assert (found[0], found[1], found[2][0][0]) == (status, code, where)

    def test_a_reservation_that_has_run_out_counts_no_more(
        self, api: Caller, sku: Sku, warehouse: Warehouse, market: Channel
    ) -> None:
        factories.stock(sku, warehouse, 10)
        make_rule(sku, warehouse, market, "allocated", allocation=4)
        factories.reserve(sku, warehouse, 4, channel=market, expires_at=timezone.now() + timedelta(hours=1))
        path = f"{LIST}/{sku.public_id}"
        assert api.get(path).json()["locations"][0]["channels"] == [
            share(market, 0, policy="allocated", hasRule=True, allocation=4, allocationLeft=0, reserved=4)
        ]
        Reservation.objects.update(expires_at=timezone.now())
        check = {"channelId": market.public_id, "lines": [{"sku": sku.code, "quantity": 4}]}
        assert api.post(f"{LIST}/check", check).json()["data"][0]["canFulfil"] is True
        assert api.get(path).json()["channels"][0]["availableToPromise"] == 4

    def test_an_inactive_location_promises_nothing(
        self, api: Caller, sku: Sku, warehouse: Warehouse, web: Channel
    ) -> None:
        factories.stock(sku, warehouse, 10)
        Warehouse.objects.filter(pk=warehouse.pk).update(is_active=False)
        body = api.get(f"{LIST}/{sku.public_id}").json()
        assert (body["availableToPromise"], body["channels"][0]["availableToPromise"]) == (0, 0)
        assert body["locations"][0]["locationIsActive"] is False


@pytest.mark.postgresql
@pytest.mark.parametrize("path", [LIST, MATRIX])
def test_the_total_of_all_is_exact_without_counting_the_levels(
    api: Caller, organization: Organization, warehouse: Warehouse, path: str
) -> None:
    """A search is counted, what lies in other places is not, and deep pages go on where they should."""
    other = factories.make_warehouse(organization, "Second")
    make_levels(organization, make_skus(organization, 60), [warehouse])
    make_levels(organization, make_skus(organization, 5, prefix="W-"), [warehouse, other])
    rival = factories.make_organization("Rival")
    make_levels(rival, make_skus(rival, 7), list(Warehouse.objects.filter(organization=rival)))
    place = f"{path}?locationId={warehouse.public_id}"

    def asked(query: str) -> tuple[int, list[str], bool]:
        with CaptureQueriesContext(connection) as captured:
            found = api.get(f"{place}{query}").json()
        counts = any(
            "COUNT(*)" in query["sql"] and "inventory_stocklevel" in query["sql"]
            for query in captured.captured_queries
        )
        return found["pagination"]["total"], [row["sku"] for row in found["data"]], counts

    total, first, is_counted = asked("&limit=20")
    assert (total, len(first), is_counted) == (65, 20, False)
    assert asked("&limit=20&page=4") == (65, [f"W-{number:05d}" for number in range(5)], False)
    assert asked("&search=W-")[0::2] == (5, True)
    assert asked("&sort=-sku&limit=2") == (65, ["W-00004", "W-00003"], False)


class TestRules:
    def test_a_rule_is_made_and_replaced(
        self, api: Caller, sku: Sku, warehouse: Warehouse, web: Channel
    ) -> None:
        factories.stock(sku, warehouse, 10)
        made = post_rule(api, sku, warehouse, web, policy="allocated", allocation=4, buffer=0)
        assert made.status_code == 201
        assert made["Location"] == f"/backoffice{LIST}/{sku.public_id}"
        assert made.json() == api.get(f"{LIST}/{sku.public_id}").json()
        assert made["ETag"] == api.get(f"{LIST}/{sku.public_id}")["ETag"]
        assert made.json()["locations"][0]["channels"] == [
            share(web, 4, policy="allocated", hasRule=True, allocation=4, allocationLeft=4, buffer=0)
        ]
        assert post_rule(api, sku, warehouse, web, policy="excluded").status_code == 201
        rule = ChannelRule.objects.get()
        assert (rule.policy, rule.allocation, rule.buffer) == ("excluded", None, None)
        assert post_rule(api, sku, warehouse, web, policy="excluded").status_code == 201  # says nothing new
        history = StateChange.objects.filter(subject_id=rule.pk).order_by("created_at")
        assert [(row.action, row.from_state, row.to_state, row.quantity, row.note) for row in history] == [
            ("create", "", "allocated", 4, "buffer 0"),
            ("change", "allocated", "excluded", None, ""),
        ]

    @pytest.mark.parametrize(
        ("body", "where"),
        [
            ({"policy": "allocated"}, ("/allocation", "REQUIRED")),
            ({"policy": "allocated", "allocation": None}, ("/allocation", "REQUIRED")),
            ({"policy": "shared", "allocation": 1}, ("/allocation", "INVALID")),
            ({"policy": "excluded", "allocation": 0}, ("/allocation", "INVALID")),
            ({"policy": "free"}, ("/policy", "INVALID_CHOICE")),
            ({"policy": "shared", "buffer": -1}, ("/buffer", "MIN_VALUE")),
        ],
    )
    def test_that_make_no_sense(
        self,
        api: Caller,
        sku: Sku,
        warehouse: Warehouse,
        web: Channel,
        body: dict[str, Any],
        where: tuple[str, str],
    ) -> None:
        before = everything()
        found = problem_of(post_rule(api, sku, warehouse, web, **body))
        assert found == (400, "INVALID_REQUEST", [where])
        assert everything() == before

    def test_of_the_rules_that_were_read(
        self, api: Caller, sku: Sku, warehouse: Warehouse, web: Channel, market: Channel
    ) -> None:
        factories.stock(sku, warehouse, 10)
        tag = {"If-Match": api.get(f"{LIST}/{sku.public_id}")["ETag"]}
        factories.stock(sku, warehouse, 5)  # stock moves all the time: no reason to refuse
        assert post_rule(api, sku, warehouse, web, policy="excluded", headers=tag).status_code == 201
        before = everything()
        refused = post_rule(api, sku, warehouse, market, policy="excluded", headers=tag)
        assert problem_of(refused) == (412, "PRECONDITION_FAILED", [])
        assert everything() == before

    def test_before_there_is_stock_and_where_nobody_writes_stock(
        self, api: Caller, sku: Sku, marketplace: Warehouse, web: Channel
    ) -> None:
        assert problem_of(api.get(f"{LIST}/{sku.public_id}"))[:2] == (404, "INVENTORY_NOT_FOUND")
        made = post_rule(api, sku, marketplace, web, policy="excluded")
        assert made.status_code == 201
        (place,) = made.json()["locations"]
        assert (place["locationName"], place["onHand"]) == ("FBA EU", 0)

    def test_only_where_one_may_write(
        self,
        api_with: Callable[..., Caller],
        sku: Sku,
        warehouse: Warehouse,
        second: Warehouse,
        web: Channel,
    ) -> None:
        for place in (warehouse, second):
            factories.stock(sku, place, 5)
        limited = api_with(EVERY_SCOPE, warehouses=[second])
        before = everything()
        found = problem_of(post_rule(limited, sku, warehouse, web, policy="excluded"))
        assert found == (404, "WAREHOUSE_NOT_FOUND", [("/locationId", "WAREHOUSE_NOT_FOUND")])
        assert everything() == before
        answer = post_rule(limited, sku, second, web, policy="excluded").json()
        assert [place["locationId"] for place in answer["locations"]] == [second.public_id]
        assert api_with(["inventory.read"]).get(f"{LIST}/{sku.public_id}").status_code == 200


class TestCheck:
    def test_lines_for_one_sku_compete(
        self, api: Caller, sku: Sku, warehouse: Warehouse, second: Warehouse
    ) -> None:
        factories.stock(sku, warehouse, 4)
        factories.stock(sku, second, 6)
        lines = [{"sku": code, "quantity": quantity} for code, quantity in (("SKU-001", 7), ("sku-001", 5))]
        places = {place.name: place.public_id for place in (warehouse, second)}

        def source(name: str, available: int, quantity: int) -> dict[str, Any]:
            return {
                "locationId": places[name],
                "locationName": name,
                "available": available,
                "quantity": quantity,
            }

        about = {"sku": "SKU-001", "skuId": sku.public_id}
        before = everything()
        assert api.post(f"{LIST}/check", {"lines": [*lines, {"sku": "SKU-001", "quantity": 1}]}).json() == {
            "data": [
                {
                    **about,
                    "quantity": 7,
                    "available": 10,
                    "canFulfil": True,
                    "shortBy": 0,
                    "locations": [source("Second warehouse", 6, 6), source("Main warehouse", 4, 1)],
                },
                {
                    **about,
                    "quantity": 5,
                    "available": 3,
                    "canFulfil": False,
                    "shortBy": 2,
                    "locations": [source("Main warehouse", 3, 3)],
                },
                {
                    **about,
                    "quantity": 1,
                    "available": 0,
                    "canFulfil": False,
                    "shortBy": 1,
                    "locations": [],
                },
            ]
        }
        assert everything() == before

    def test_in_one_location_for_one_channel(
        self, api: Caller, sku: Sku, warehouse: Warehouse, second: Warehouse, web: Channel
    ) -> None:
        factories.stock(sku, warehouse, 4)
        factories.stock(sku, second, 6)
        body = {
            "locationId": warehouse.public_id,
            "channelId": web.public_id,
            "lines": [{"sku": "SKU-001", "quantity": 3}],
        }
        (answer,) = api.post(f"{LIST}/check", body).json()["data"]
        assert (answer["available"], answer["shortBy"]) == (2, 1)

    def test_every_unknown_line_is_named(self, api: Caller, sku: Sku) -> None:
        lines = [{"sku": code, "quantity": 1} for code in ("NONE-1", "SKU-001", "NONE-2")]
        assert problem_of(api.post(f"{LIST}/check", {"lines": lines})) == (
            *(404, "INVENTORY_NOT_FOUND"),
            [("/lines/0/sku", "INVENTORY_NOT_FOUND"), ("/lines/2/sku", "INVENTORY_NOT_FOUND")],
        )

    @pytest.mark.parametrize(
        ("body", "where"),
        [
            ({"locationId": "wh_x"}, ("/locationId", "WAREHOUSE_NOT_FOUND")),
            ({"channelId": "chan_x"}, ("/channelId", "CHANNEL_NOT_FOUND")),
        ],
    )
    def test_what_there_is_not(
        self, api: Caller, sku: Sku, body: dict[str, Any], where: tuple[str, str]
    ) -> None:
        response = api.post(f"{LIST}/check", {**body, "lines": [{"sku": "SKU-001", "quantity": 1}]})
        assert problem_of(response) == (404, where[1], [where])

    def test_only_stock_that_one_may_see(
        self, api_with: Callable[..., Caller], sku: Sku, warehouse: Warehouse, second: Warehouse
    ) -> None:
        factories.stock(sku, warehouse, 50)
        factories.stock(sku, second, 1)
        limited = api_with(["inventory.read"], warehouses=[second])
        (answer,) = limited.post(f"{LIST}/check", {"lines": [{"sku": "SKU-001", "quantity": 9}]}).json()[
            "data"
        ]
        assert (answer["available"], len(answer["locations"])) == (1, 1)


class TestMatrix:
    def test_a_row_for_each_sku_of_the_location(
        self,
        api: Caller,
        stocked: Sku,
        warehouse: Warehouse,
        second: Warehouse,
        web: Channel,
        market: Channel,
    ) -> None:
        make_rule(stocked, warehouse, market, "excluded")
        factories.stock(factories.make_sku(stocked.organization, "ELSEWHERE"), second, 5)
        old = make_channel(stocked.organization, "old", is_active=False)
        row = {
            "skuId": stocked.public_id,
            "sku": "SKU-001",
            "title": "Blue Widget 500ml",
            "onHand": 30,
            "availableToPromise": 17,
            "cells": [
                {"channelId": market.public_id, "availableToPromise": 0, "policy": "excluded"},
                {"channelId": web.public_id, "availableToPromise": 15, "policy": "shared"},
            ],
        }
        answer = {
            "locationId": warehouse.public_id,
            "locationName": warehouse.name,
            "channels": [column(market), column(web)],
            "data": [row],
            "pagination": {"page": 1, "limit": 50, "total": 1, "totalPages": 1},
        }
        path = f"{MATRIX}?locationId={warehouse.public_id}"
        assert api.get(path).json() == answer
        named = api.get(f"{path}&channels={old.public_id},{web.public_id}").json()
        assert named["channels"] == [column(old), column(web)]
        assert [cell["availableToPromise"] for cell in named["data"][0]["cells"]] == [0, 15]

    @pytest.mark.parametrize(
        ("query", "status", "code", "where"),
        [
            ("", 400, "INVALID_REQUEST", "locationId"),
            ("locationId=wh_x", 404, "WAREHOUSE_NOT_FOUND", "locationId"),
            ("locationId={}&channels=chan_x", 404, "CHANNEL_NOT_FOUND", "channels"),
            ("locationId={}&channels=,", 404, "CHANNEL_NOT_FOUND", "channels"),
            ("locationId={}&limit=201", 400, "INVALID_REQUEST", "limit"),
            ("locationId={}&sort=title", 400, "INVALID_REQUEST", "sort"),
        ],
    )
    def test_what_there_is_not(
        self, api: Caller, warehouse: Warehouse, query: str, status: int, code: str, where: str
    ) -> None:
        found = problem_of(api.get(f"{MATRIX}?{query.format(warehouse.public_id)}"))
        assert (found[0], found[1], found[2][0][0]) == (status, code, where)

    def test_pages_and_search(self, api: Caller, organization: Organization, warehouse: Warehouse) -> None:
        make_levels(organization, make_skus(organization, 7), [warehouse])
        path = f"{MATRIX}?locationId={warehouse.public_id}"
        body = api.get(f"{path}&limit=3&page=3").json()
        assert [row["sku"] for row in body["data"]] == ["V-00006"]
        assert body["pagination"] == {"page": 3, "limit": 3, "total": 7, "totalPages": 3}
        assert api.get(f"{path}&limit=3&page=4").json()["data"] == []
        assert [row["sku"] for row in api.get(f"{path}&search=v-00002").json()["data"]] == ["V-00002"]
        assert api.get(f"{path}&search=product+of").json()["pagination"]["total"] == 7

    def test_without_channels_there_are_rows_without_cells(
        self, api: Caller, sku: Sku, warehouse: Warehouse
    ) -> None:
        factories.stock(sku, warehouse, 5)
        (row,) = api.get(f"{MATRIX}?locationId={warehouse.public_id}").json()["data"]
        assert (row["availableToPromise"], row["cells"]) == (5, [])


class TestDrilldown:
    def path(self, warehouse: Warehouse, channel: Channel, sku: str) -> str:
        return f"{MATRIX}/drilldown?locationId={warehouse.public_id}&channelId={channel.public_id}&{sku}"

    def test_terms_and_the_records_behind_them(
        self, api: Caller, stocked: Sku, warehouse: Warehouse, web: Channel
    ) -> None:
        make_rule(stocked, warehouse, web, "allocated", allocation=5)
        factories.reserve(stocked, warehouse, 2, channel=web, reference="SO-7")
        factories.reserve(stocked, warehouse, 1, reference="SO-8")
        body = api.get(self.path(warehouse, web, "sku=sku-001")).json()
        assert body == api.get(self.path(warehouse, web, f"skuId={stocked.public_id}")).json()
        terms = {row["term"]: row["quantity"] for row in body["terms"]}
        assert terms == {
            "onHand": 30,
            "notSellable": -6,
            "quarantined": 0,
            "expired": -4,
            "reserved": -3,
            "held": -3,
            "safetyStock": 0,
            "buffer": -2,
            "belowZero": 0,
            "notOffered": 0,
            "overAllocation": -9,
        }
        assert sum(terms.values()) == body["availableToPromise"] == 3
        assert body["beforeLimits"] == 12
        assert (body["policy"], body["allocation"], body["allocationUsed"], body["allocationLeft"]) == (
            *("allocated", 5),
            *(2, 3),
        )
        assert body["rule"]["id"] == ChannelRule.objects.get().public_id
        assert body["channel"] == column(web)
        items = {
            (row["countsAs"], row["roomName"], row["lotCode"], row["onHand"], row["held"], row["heldCounted"])
            for row in body["stockItems"]
        }
        assert items == {
            ("sellable", "Main", None, 20, 3, 3),
            ("notSellable", "Room of Q-1", None, 6, 0, 0),
            ("expired", "Main", "OLD", 4, 0, 0),
        }
        assert [(row["referenceId"], row["quantity"], row["channelId"]) for row in body["reservations"]] == [
            ("SO-7", 2, web.public_id),
            ("SO-8", 1, None),
        ]
        (hold,) = body["holds"]
        assert (hold["quantity"], hold["reason"]) == (3, "Scratched")

    def test_reservations_that_are_not_listed_are_told_as_a_sum(
        self, api: Caller, sku: Sku, warehouse: Warehouse, web: Channel, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(drilldown, "MOST_RESERVATIONS", 2)
        factories.stock(sku, warehouse, 20)
        for quantity in (1, 2, 3, 4):
            factories.reserve(sku, warehouse, quantity)
        body = api.get(self.path(warehouse, web, "sku=SKU-001")).json()
        assert [row["quantity"] for row in body["reservations"]] == [1, 2]
        assert body["moreReservations"] == {"count": 2, "quantity": 7}

    def test_what_is_held_of_goods_that_are_not_sellable_is_taken_away_once(
        self, api: Caller, sku: Sku, warehouse: Warehouse, market: Channel
    ) -> None:
        factories.stock(sku, warehouse, 10)
        shelf = make_shelf(warehouse, "Q-1", is_sellable=False)
        factories.stock(sku, warehouse, 6, bin=shelf)
        factories.hold(sku, warehouse, 6, bin=shelf)
        body = api.get(self.path(warehouse, market, "sku=SKU-001")).json()
        assert body["availableToPromise"] == 10
        assert {(row["countsAs"], row["heldCounted"]) for row in body["stockItems"]} == {
            ("sellable", 0),
            ("notSellable", 0),
        }
        # A count finds none of the six: the hold stands, and the ledger would not reserve ten.
        factories.stock(sku, warehouse, -6, bin=shelf, code="cycle_count")
        body = api.get(self.path(warehouse, market, "sku=SKU-001")).json()
        assert body["availableToPromise"] == 4
        assert {row["term"]: row["quantity"] for row in body["terms"]}["held"] == -6
        factories.reserve(sku, warehouse, 4, channel=market)

    def test_a_sku_that_never_was_there(
        self, api: Caller, sku: Sku, warehouse: Warehouse, web: Channel
    ) -> None:
        body = api.get(self.path(warehouse, web, "sku=SKU-001")).json()
        assert (body["availableToPromise"], body["stockItems"]) == (0, [])
        assert sum(row["quantity"] for row in body["terms"]) == 0

    @pytest.mark.parametrize(
        ("query", "status", "code", "where"),
        [
            ("locationId={0}&channelId={1}", 400, "INVALID_REQUEST", "sku"),
            ("locationId={0}&channelId={1}&sku=SKU-001&skuId=sku_x", 400, "INVALID_REQUEST", "sku"),
            ("locationId={0}&sku=SKU-001", 400, "INVALID_REQUEST", "channelId"),
            ("channelId={1}&sku=SKU-001", 400, "INVALID_REQUEST", "locationId"),
            ("locationId={0}&channelId=chan_x&sku=SKU-001", 404, "CHANNEL_NOT_FOUND", "channelId"),
            ("locationId={0}&channelId={1},{1}&sku=SKU-001", 404, "CHANNEL_NOT_FOUND", "channelId"),
            ("locationId={0}&channelId={1}&sku=NONE", 404, "INVENTORY_NOT_FOUND", "sku"),
            ("locationId={0}&channelId={1}&skuId=sku_x", 404, "INVENTORY_NOT_FOUND", "skuId"),
        ],
    )
    def test_what_there_is_not(
        self,
        api: Caller,
        sku: Sku,
        warehouse: Warehouse,
        web: Channel,
        query: str,
        status: int,
        code: str,
        where: str,
    ) -> None:
        path = f"{MATRIX}/drilldown?{query.format(warehouse.public_id, web.public_id)}"
        found = problem_of(api.get(path))
        assert (found[0], found[1], found[2][0][0]) == (status, code, where)


class TestSummary:
    def test_of_all_and_of_one_location(
        self,
        api: Caller,
        api_with: Callable[..., Caller],
        sku: Sku,
        warehouse: Warehouse,
        second: Warehouse,
        web: Channel,
        market: Channel,
    ) -> None:
        Sku.objects.filter(pk=sku.pk).update(unit_cost="0.3333")
        factories.stock(sku, warehouse, 10)
        factories.stock(sku, second, 6)
        make_rule(sku, warehouse, market, "allocated", allocation=3)
        factories.reserve(sku, warehouse, 1, channel=market)

        def totals(query: str, caller: Caller = api) -> list[tuple[Any, ...]]:
            rows = caller.get(f"{SUMMARY}?{query}").json()["data"]
            names = ("code", "skuCount", "units", "value", "allocated", "reserved")
            return [tuple(row[name] for name in names) for row in rows]

        assert totals("") == [("marketplace", 1, 8, 2.67, 3, 1), ("web-shop", 1, 11, 3.67, 0, 0)]
        assert totals(f"locationId={second.public_id}") == [
            ("marketplace", 1, 6, 2.0, 0, 0),
            ("web-shop", 1, 4, 1.33, 0, 0),
        ]
        assert totals(f"channels={web.public_id}") == [("web-shop", 1, 11, 3.67, 0, 0)]
        assert totals("limit=1&page=2") == [("web-shop", 1, 11, 3.67, 0, 0)]
        limited = api_with(["inventory.read"], warehouses=[second])
        assert totals("", limited) == totals(f"locationId={second.public_id}")


@pytest.mark.django_db
@pytest.mark.parametrize("seed", [100, 101])
def test_over_http_too_every_page_says_the_same(seed: int) -> None:
    world = make_world(seed)
    api = Caller(factories.make_key(world.organization, ["inventory.read"]))
    named = ",".join(channel.public_id for channel in world.channels)
    units = {channel.public_id: 0 for channel in world.channels}
    for warehouse in world.warehouses:
        for row in api.get(f"{MATRIX}?locationId={warehouse.public_id}&channels={named}").json()["data"]:
            for cell in row["cells"]:
                units[cell["channelId"]] += cell["availableToPromise"]
                query = f"locationId={warehouse.public_id}&channelId={cell['channelId']}&sku={row['sku']}"
                why = api.get(f"{MATRIX}/drilldown?{query}").json()
                terms = sum(term["quantity"] for term in why["terms"])
                assert terms == why["availableToPromise"] == cell["availableToPromise"]
                check = {
                    "locationId": warehouse.public_id,
                    "channelId": cell["channelId"],
                    "lines": [{"sku": row["sku"], "quantity": 1}],
                }
                (answer,) = api.post(f"{LIST}/check", check).json()["data"]
                assert answer["available"] == cell["availableToPromise"]
    summary = api.get(f"{SUMMARY}?channels={named}").json()["data"]
    assert {row["channelId"]: row["units"] for row in summary} == units


@contextmanager
def statements(number: int) -> Iterator[None]:
    with CaptureQueriesContext(connection) as captured:
        yield
    made = [query["sql"][:200] for query in captured.captured_queries]
    assert len(made) == number, "\n".join(made)


class TestQueryCounts:
    """The key, what has run out, and then: the location where one is named, the channels, and of a list how many there
    are, which are on the page, their SKUs and their terms."""

    @pytest.fixture
    def api(self, api: Caller) -> Caller:
        """Its key has been used in this minute: noting that costs one more statement, once."""
        api.get("/nexus/api/inventory/warehouses")
        return api

    @pytest.fixture(params=[1, 3, 200])
    def rows(
        self,
        request: pytest.FixtureRequest,
        organization: Organization,
        warehouse: Warehouse,
        second: Warehouse,
    ) -> int:
        """So many SKUs in each of two locations, and as many channels, up to eight."""
        count: int = request.param
        codes = make_skus(organization, count)
        make_levels(organization, codes, [warehouse, second], every=1)
        for number in range(min(count, 8)):
            channel = make_channel(organization, f"c-{number}")
            make_rule(Sku.objects.get(code=codes[0]), warehouse, channel, "allocated", allocation=number)
        return count

    @pytest.mark.parametrize(
        ("path", "shown", "number"),
        [
            (f"{MATRIX}?limit=200&locationId={{}}", 1, 8),
            (f"{MATRIX}?limit=200&locationId={{}}&search=v-", 1, 8),
            (f"{LIST}?limit=200", 2, 7),
            (f"{LIST}?limit=200&locationId={{}}", 1, 8),
        ],
    )
    def test_of_a_page(
        self, api: Caller, rows: int, warehouse: Warehouse, path: str, shown: int, number: int
    ) -> None:
        with statements(number):
            response = api.get(path.format(warehouse.public_id))
        assert len(response.json()["data"]) == min(rows * shown, 200)

    def test_of_channels(self, api: Caller, rows: int) -> None:
        with statements(4):
            assert len(api.get("/api/channels").json()["data"]) == min(rows, 8)

    def test_of_the_totals(self, api: Caller, rows: int) -> None:
        with statements(7):
            assert len(api.get(SUMMARY).json()["data"]) == min(rows, 8)

    def test_of_one_sku(self, api: Caller, rows: int) -> None:
        sku = Sku.objects.get(code="V-00000")
        with statements(7):
            assert len(api.get(f"{LIST}/{sku.public_id}").json()["locations"]) == 2

    def test_of_a_check(self, api: Caller, rows: int) -> None:
        lines = [{"sku": f"V-{number:05d}", "quantity": 1} for number in range(rows)]
        with statements(6):
            assert len(api.post(f"{LIST}/check", {"lines": lines}).json()["data"]) == rows

    def test_of_a_drilldown(self, api: Caller, rows: int, warehouse: Warehouse) -> None:
        channel = Channel.objects.get(code="c-0")
        sku = Sku.objects.get(code="V-00000")
        for _ in range(min(rows, 3)):
            factories.reserve(sku, warehouse, 1, channel=None)
            factories.hold(sku, warehouse, 1)
        query = f"locationId={warehouse.public_id}&channelId={channel.public_id}&sku={sku.code}"
        with statements(12):
            body = api.get(f"{MATRIX}/drilldown?{query}").json()
        assert len(body["reservations"]) == len(body["holds"]) == min(rows, 3)
