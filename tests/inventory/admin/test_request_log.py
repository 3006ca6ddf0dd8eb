"""The log of API requests in the back office: found by id, filtered, nobody else's, at a constant number of queries."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from inventory.models import Adjustment
from tests import factories
from tests.inventory.admin.conftest import House
from warehouses.actors import ActorType
from warehouses.models import ApiKey, Organization, RequestRecord, User
from warehouses.request_log import log

LIST = "admin:warehouses_requestrecord_changelist"
PAGE = "admin:warehouses_requestrecord_change"


@pytest.fixture
def olga(house: House) -> User:
    return factories.make_person("olga@acme.example", {house.organization: ["Owner"]})


@pytest.fixture
def corner(olga: User) -> Client:
    client = Client()
    client.force_login(olga)
    return client


def record(organization: Organization, request_id: str = "one", **fields: Any) -> RequestRecord:
    given: dict[str, Any] = {
        "organization": organization,
        "request_id": request_id,
        "started_at": timezone.now(),
        "milliseconds": 3,
        "method": "GET",
        "path": f"/api/v1/inventory/{request_id}",
        "contract": "gateway",
        "status": 200,
        "actor_type": ActorType.KEY,
        "actor_name": "Shop",
    }
    made = RequestRecord(**(given | fields))
    made.save()
    return made


def shown(corner: Client, **query: str) -> set[str]:
    answer = corner.get(reverse(LIST), query)
    assert answer.status_code == 200
    return {row.request_id for row in answer.context["cl"].result_list}


class TestList:
    def test_a_request_is_found_by_its_id_alone(self, house: House, corner: Client) -> None:
        record(house.organization, "r-1")
        record(house.organization, "r-12")

        assert shown(corner, q="r-1") == {"r-1"}
        assert shown(corner, q=" r-12 ") == {"r-12"}
        assert shown(corner, q="r") == set()

    def test_or_by_the_code_of_its_problem(self, house: House, corner: Client) -> None:
        record(house.organization, "good")
        record(house.organization, "bad", status=409, code="STOCK_UNAVAILABLE")

        assert shown(corner, q="STOCK_UNAVAILABLE") == {"bad"}

    def test_filters(self, house: House, corner: Client) -> None:
        factories.make_key(house.organization, name="Shop")
        key = ApiKey.objects.get()
        mine = house.organization
        record(mine, "good", actor_id=key.pk)
        record(mine, "refused", status=422, method="POST")
        record(mine, "failed", status=500, actor_type=ActorType.USER, actor_id=house.alice.pk)

        assert shown(corner, answer="bad") == {"refused", "failed"}
        assert shown(corner, answer="refused") == {"refused"}
        assert shown(corner, answer="failed") == {"failed"}
        assert shown(corner, answer="good") == {"good"}
        assert shown(corner, method="POST") == {"refused"}
        assert shown(corner, caller="people") == {"failed"}
        assert shown(corner, caller=key.public_id) == {"good"}
        assert shown(corner, caller="key_nonsense") == set()
        assert shown(corner, since="15m") == {"good", "refused", "failed"}

    def test_another_organizations_requests_are_not_there(self, house: House, corner: Client) -> None:
        foreign = record(house.other, "same")
        record(house.organization, "same")

        answer = corner.get(reverse(LIST), {"q": "same"})

        assert [row.organization for row in answer.context["cl"].result_list] == [house.organization]
        assert corner.get(reverse(PAGE, args=[foreign.pk])).status_code == 404

    @pytest.mark.parametrize("person", ["alice", "bob", "vera"])
    def test_only_for_those_who_look_after_integrations(self, house: House, person: str) -> None:
        mine = record(house.organization)
        client = Client()
        client.force_login(getattr(house, person))

        assert client.get(reverse(LIST)).status_code == 403
        assert client.get(reverse(PAGE, args=[mine.pk])).status_code == 403

    def test_the_same_queries_for_one_row_and_three(self, house: House, corner: Client) -> None:
        counts = []
        for names in (["a"], ["b", "c"]):
            for name in names:
                record(house.organization, name, status=409, code="CONTENTION")
            corner.get(reverse(LIST))
            with CaptureQueriesContext(connection) as captured:
                corner.get(reverse(LIST))
            counts.append(len(captured))
            assert not [
                query for query in captured if "COUNT(*)" in query["sql"] and "requestrecord" in query["sql"]
            ]

        assert counts[0] == counts[1]

    def test_nothing_is_changed_or_deleted(self, house: House, corner: Client) -> None:
        mine = record(house.organization)

        for what in ("change", "delete"):
            address = reverse(f"admin:warehouses_requestrecord_{what}", args=[mine.pk])
            assert corner.post(address, {"post": "yes", "status": "500"}).status_code == 403
        assert corner.get(reverse("admin:warehouses_requestrecord_add")).status_code == 403
        assert RequestRecord.objects.get().status == 200


class TestPage:
    def test_what_was_answered_and_what_it_means(self, house: House, corner: Client) -> None:
        problem = json.dumps({"status": 409, "detail": "<b>12</b>", "code": "STOCK_UNAVAILABLE"})
        mine = record(
            house.organization, status=409, code="STOCK_UNAVAILABLE", problem=problem, method="POST"
        )

        page = corner.get(reverse(PAGE, args=[mine.pk])).text

        assert "409 Conflict" in page
        assert "/developers/errors/STOCK_UNAVAILABLE/" in page
        assert "&lt;b&gt;12&lt;/b&gt;" in page
        assert "<b>12</b>" not in page
        assert "What it changed" not in page

    def test_a_cut_off_answer_is_shown_as_it_is(self, house: House, corner: Client) -> None:
        mine = record(house.organization, status=400, code="INVALID_REQUEST", problem='{"errors": [{"point')

        assert "{&quot;errors&quot;: [{&quot;point" in corner.get(reverse(PAGE, args=[mine.pk])).text

    def test_what_a_request_changed_is_led_to(self, house: House, corner: Client) -> None:
        """From the call of a program to the document in the ledger, and through no guess."""
        log.forget()
        key = factories.make_key(house.organization)
        answer = Client().post(
            "/gateway/api/v1/inventory/adjust",
            {"sku": "MUG-RED", "adjustment": -2, "reason": "Broken", "warehouseId": house.north.public_id},
            content_type="application/json",
            headers={"X-API-Key": key, "X-Request-ID": "the-one"},
        )
        assert answer.status_code == 200, answer.content
        log.flush()
        made = Adjustment.objects.latest("pk")

        found = corner.get(reverse(LIST), {"q": "the-one"}).context["cl"].result_list
        page = corner.get(reverse(PAGE, args=[found[0].pk])).text

        assert made.public_id in page
        assert reverse("admin:inventory_adjustment_change", args=[made.pk]) in page
        assert "posted 1 movement" in page
        assert "more than one request under way" not in page

    def test_somebody_elses_change_of_the_moment_is_not_its(self, house: House, corner: Client) -> None:
        factories.make_key(house.organization)
        key = ApiKey.objects.get()
        factories.stock(house.sku, house.north, 3)  # not by the key
        now = timezone.now()
        mine = record(
            *(house.organization,),
            method="POST", actor_id=key.pk, started_at=now - timedelta(seconds=5), milliseconds=9000,
        )  # fmt: skip

        assert "No stock, and no document." in corner.get(reverse(PAGE, args=[mine.pk])).text
