"""`abc` and `accuracy`: what is due by class, and how exact the books were."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.utils import timezone

from cycle_counts import abc
from cycle_counts.models import CountBatch, CountSettings
from tests import factories
from tests.cycle_counts.api.desk import PATH, Desk, done
from tests.inventory.api.callers import Caller, problem_of
from warehouses import transactions

CLASSIFIED = datetime(2026, 3, 12, 1, tzinfo=UTC)


@pytest.fixture
def desk(desk: Desk) -> Desk:
    """Of MASKS most is used, by value, then of GLOVES; of the others nothing."""
    ground = desk.ground
    for code, bin, units in (("MASKS", "A-4", 30), ("GLOVES", "A-2", 5)):
        factories.stock(ground.sku(code), ground.warehouse, -units, bin=ground.bin(bin), code="SALE")
    transactions.run(lambda: abc.refresh(organization=ground.organization, now=timezone.now()))
    CountSettings.objects.update_or_create(
        organization=ground.organization, defaults={"classified_at": CLASSIFIED}
    )
    return desk


class TestClasses:
    def test_by_rank(self, desk: Desk) -> None:
        found = done(desk.caller("owner").get(f"{PATH}/abc"))

        assert [row["sku"] for row in found["data"]][:2] == ["MASKS", "GLOVES"]
        sku = desk.ground.sku("MASKS")
        assert found["data"][0] == {
            "sku": "MASKS",
            "skuId": sku.public_id,
            "title": sku.title,
            "abcClass": "A",
            "rank": 1,
            "units": 30,
            "value": 90.0,
            "share": 90.0,
            "cumulativeShare": 90.0,
            "lastCountedAt": None,
            "nextDueOn": desk.ground.organization.today().isoformat(),
            "isDue": True,
        }
        assert [row["abcClass"] for row in found["classes"]] == ["A", "B", "C"]
        assert found["classes"][0]["intervalDays"] == 30
        assert (
            found["classifiedAt"] is None or found["classifiedAt"] <= f"{timezone.now():%Y-%m-%dT%H:%M:%S}Z"
        )
        assert found["currency"] == desk.ground.organization.currency

    def test_what_it_is_narrowed_by(self, desk: Desk) -> None:
        place = desk.ground.warehouse.public_id
        for query, expected in (
            ("abcClass=A", ["MASKS"]),
            ("search=glov", ["GLOVES"]),
            ("search=BAR-SALINE", ["SALINE"]),
            (f"locationId={place}&dueOnly=true&abcClass=A", ["MASKS"]),
            ("limit=1&page=2", ["GLOVES"]),
        ):
            found = done(desk.caller("owner").get(f"{PATH}/abc?{query}"))
            assert [row["sku"] for row in found["data"]] == expected, query
        for query, expected_problem in (
            ("abcClass=D", (400, "INVALID_REQUEST", [("abcClass", "INVALID_CHOICE")])),
            ("dueOnly=maybe", (400, "INVALID_REQUEST", [("dueOnly", "INVALID")])),
            ("locationId=wh_x", (404, "WAREHOUSE_NOT_FOUND", [("locationId", "WAREHOUSE_NOT_FOUND")])),
            ("class=A", (400, "INVALID_REQUEST", [("class", "UNKNOWN_PARAMETER")])),
        ):
            assert problem_of(desk.caller("owner").get(f"{PATH}/abc?{query}")) == expected_problem

    def test_whoever_only_counts_is_not_told_what_is_used(self, desk: Desk) -> None:
        found = done(desk.caller("counter").get(f"{PATH}/abc"))
        assert {(row["units"], row["value"]) for row in found["data"]} == {(None, None)}
        assert {row["value"] for row in found["classes"]} == {None}
        assert problem_of(desk.caller("viewer").get(f"{PATH}/abc"))[0] == 403

    def test_a_count_of_some_classes(self, desk: Desk) -> None:
        counter = desk.ground.people["counter"].public_id
        body = {
            "locationId": desk.ground.warehouse.public_id,
            "classes": ["A"],
            "dueOnly": True,
            "limit": 1,
            "blind": False,
            "tolerance": {"value": 50},
            "assigneeIds": [counter],
            "dueOn": "2126-01-31",
            "name": "A items",
            "note": "First thing",
        }
        response = desk.caller("owner").post(f"{PATH}/abc", body)
        shown = done(response, 201)
        assert response["Location"].endswith(shown["id"])
        assert [line["sku"] for line in shown["lines"]] == ["MASKS"]
        assert (shown["origin"], shown["blind"], shown["name"], shown["note"], shown["dueOn"]) == (
            *("abc", False, "A items", "First thing"),
            "2126-01-31",
        )
        assert shown["scope"] == {"classes": ["A"], "dueOnly": True, "limit": 1}
        assert (shown["tolerance"]["value"], shown["assignees"][0]["id"]) == (50, counter)
        nothing = desk.caller("owner").post(f"{PATH}/abc", {**body, "classes": []})
        assert problem_of(nothing)[2] == [("/classes", "EMPTY")]

    def test_never_yet(self, desk: Desk) -> None:
        rival = factories.make_organization("Rival")
        person = factories.make_person("rival@example.com", {rival: ["Owner"]})
        found = done(Caller.person(person).get(f"{PATH}/abc"))
        assert (found["data"], found["classifiedAt"]) == ([], None)


class TestAccuracy:
    def test_by_week(self, desk: Desk) -> None:
        ended = done(desk.resolve("owner", desk.submitted(off={("GLOVES", "A-1"): -2})))
        assert ended["status"] == "resolved"
        place = desk.ground.warehouse.public_id
        for query in ("", "?weeks=1", f"?locationId={place}&until={desk.ground.organization.today()}"):
            found = done(desk.caller("owner").get(f"{PATH}/accuracy{query}"))
            whole = [row for row in found["data"] if row["abcClass"] is None]
            assert (whole[-1]["lines"], whole[-1]["hits"]) == (6, 3)
            assert found["currency"] == desk.ground.organization.currency
        for query, parameter in (("weeks=0", "weeks"), ("weeks=105", "weeks"), ("until=soon", "until")):
            refused = desk.caller("owner").get(f"{PATH}/accuracy?{query}")
            assert [name for name, _ in problem_of(refused)[2]] == [parameter]
        unknown = desk.caller("owner").get(f"{PATH}/accuracy?locationId=wh_x")
        assert problem_of(unknown)[:2] == (404, "WAREHOUSE_NOT_FOUND")

    def test_not_for_those_who_only_count(self, desk: Desk) -> None:
        assert CountBatch.objects.count() == 0
        assert problem_of(desk.caller("counter").get(f"{PATH}/accuracy"))[:2] == (403, "PERMISSION_DENIED")
