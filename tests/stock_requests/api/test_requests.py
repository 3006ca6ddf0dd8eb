"""`/api/stock-requests`: made, read, changed, and decided on line by line."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from inventory.demo.documented import STORE, WAREHOUSE_A
from inventory.models import StockLevel
from inventory.verification import verify
from stock_requests.api.requests import documentation
from stock_requests.demo import documented as demo
from stock_requests.models import ApprovalRule, RequestSettings, StockRequest
from tests import factories
from tests.inventory.api.callers import Caller, problem, problem_of
from tests.inventory.api.snapshots import everything
from tests.stock_requests.api.desk import PATH, Desk, done
from warehouses.models import ApiKey, IdempotencyRecord, Warehouse

SCOPES = ("stockrequests.read", "stockrequests.write", "stockrequests.approve")


class TestCreating:
    def test_the_whole_of_it(self, desk: Desk) -> None:
        ground = desk.ground
        category = factories.make_category(ground.organization, "Consumables")
        body = desk.wanted(
            *(10, 4),
            toRoomId=ground.room.public_id,
            categoryId=category.public_id,
            priority="urgent",
            neededBy="2026-03-20",
            note="For Monday",
        )

        response = desk.caller("requester").post(PATH, body)

        shown = done(response, 201)
        assert response["Location"] == f"/backoffice{PATH}/{shown['id']}"
        got = desk.caller("requester").get(response["Location"])
        assert (got.json(), got["ETag"]) == (shown, response["ETag"])
        created = shown["history"][0]
        lines = shown["lines"]
        assert shown == {
            "id": StockRequest.objects.get().public_id,
            "number": "SR-00001",
            "status": "draft",
            "version": 1,
            "priority": "urgent",
            "neededBy": "2026-03-20",
            "note": "For Monday",
            "fromLocationId": ground.source.public_id,
            "fromLocationName": "Central",
            "toLocationId": ground.destination.public_id,
            "toLocationName": "Clinic",
            "toRoomId": ground.room.public_id,
            "toRoomName": "Pharmacy",
            "toDepartmentId": None,
            "toDepartmentName": None,
            "categoryId": category.public_id,
            "categoryName": "Consumables",
            "stocklistId": None,
            "backOrderOfId": None,
            "transferId": None,
            "requester": "requester@acme.example",
            "createdBy": "requester@acme.example",
            "createdAt": created["at"],
            "submittedAt": None,
            "decidedAt": None,
            "closedAt": None,
            "lineCount": 2,
            "requested": 14,
            "approved": None,
            "picked": 0,
            "fulfilled": 0,
            "substituted": 0,
            "backOrdered": 0,
            "closed": 0,
            "remaining": 14,
            "value": 32.0,
            "currency": ground.organization.currency,
            "allowedTransitions": ["submitted", "cancelled"],
            "approvals": shown["approvals"],
            "lines": [self.line(desk, lines[0], 1, 10), self.line(desk, lines[1], 2, 4)],
            "comments": [],
            "history": [
                {
                    "action": "create",
                    "fromState": None,
                    "toState": "draft",
                    "quantity": 14,
                    "note": "For Monday",
                    "by": "requester@acme.example",
                    "at": created["at"],
                }
            ],
        }
        assert shown["approvals"]["needed"] == 1
        assert (shown["approvals"]["given"], shown["approvals"]["isSatisfied"]) == (0, False)

    def line(self, desk: Desk, shown: dict[str, Any], position: int, quantity: int) -> dict[str, Any]:
        sku = desk.ground.skus[position - 1]
        nothing = dict.fromkeys(("picked", "fulfilled", "substituted", "backOrdered", "closed"), 0)
        return {
            "id": shown["id"],
            "position": position,
            "sku": sku.code,
            "skuId": sku.public_id,
            "title": sku.title,
            "note": None,
            "requested": quantity,
            "approved": None,
            **nothing,
            "received": None,
            "remaining": quantity,
            "changeReason": None,
            "shortageReason": None,
            "substituteForId": None,
            "reservationId": None,
            "onHand": 100,
            "available": 100,
            "availableAfter": 100 - quantity,
            "onOrder": 0,
            "safetyStock": sku.safety_stock,
        }

    @pytest.mark.parametrize("to", ["room of the source", "room alone", "department", "nobody"])
    def test_where_it_can_go(self, desk: Desk, to: str) -> None:
        ground = desk.ground
        named, expected = {
            "room of the source": ({"toRoomId": ground.ward.public_id}, (ground.source, ground.ward, None)),
            "room alone": ({"toRoomId": ground.room.public_id}, (ground.destination, ground.room, None)),
            "department": ({"toDepartmentId": ground.department.public_id}, (None, None, ground.department)),
            "nobody": ({}, (None, None, None)),
        }[to]
        body = desk.wanted() | named
        del body["toLocationId"]

        shown = done(desk.caller("owner").post(PATH, body), 201)

        ends = ("toLocationId", "toRoomId", "toDepartmentId")
        assert [shown[name] for name in ends] == [each.public_id if each else None for each in expected]

    def test_of_a_stocklist(self, desk: Desk) -> None:
        """What the request does not name is as the stocklist says."""
        ground = desk.ground
        category = factories.make_category(ground.organization, "Consumables")
        body = {
            "name": "Weekly",
            "fromLocationId": ground.source.public_id,
            "toRoomId": ground.room.public_id,
            "categoryId": category.public_id,
            "priority": "high",
            "note": "Every week",
            "lines": [{"sku": "GLOVES", "quantity": 5}, {"sku": "MASKS", "quantity": 6}],
        }
        stocklist = done(desk.caller("owner").post("/api/stocklists", body), 201)["id"]

        whole = done(desk.caller("requester").post(PATH, {"stocklistId": stocklist}), 201)
        part = done(
            desk.caller("requester").post(
                PATH,
                {
                    "stocklistId": stocklist,
                    "toLocationId": ground.destination.public_id,
                    "priority": "low",
                    "note": "Only gloves",
                    "lines": [{"sku": "GLOVES", "quantity": 9}],
                },
            ),
            201,
        )

        names = ("stocklistId", "fromLocationId", "toRoomId", "categoryId", "priority", "note")
        same = (stocklist, ground.source.public_id, ground.room.public_id, category.public_id)
        assert [whole[name] for name in names] == [*same, "high", "Every week"]
        assert [part[name] for name in names] == [*same, "low", "Only gloves"]
        assert [(line["sku"], line["requested"]) for line in whole["lines"]] == [("GLOVES", 5), ("MASKS", 6)]
        assert [(line["sku"], line["requested"]) for line in part["lines"]] == [("GLOVES", 9)]

    def test_what_is_refused(self, desk: Desk) -> None:
        ground = desk.ground
        elsewhere = factories.make_warehouse(ground.organization, "Elsewhere")
        marketplace = factories.make_warehouse(
            ground.organization, "FBA", type="FBA", marketplace="amazon_eu"
        )
        bare = elsewhere.rooms.create(organization=ground.organization, name="Bare")
        lines = [
            {"sku": "NOTHING", "quantity": 1},
            {"sku": "MASKS", "quantity": 1},
            {"sku": "x", "quantity": 1},
        ]
        before = everything()
        for changed, expected in (
            ({"toLocationId": ground.source.public_id}, (422, "SAME_LOCATION", ["/toLocationId"])),
            ({"toDepartmentId": ground.department.public_id}, (422, "ONE_DESTINATION", ["/toDepartmentId"])),
            (
                {"toLocationId": elsewhere.public_id, "toRoomId": bare.public_id},
                (422, "ROOM_HAS_NO_BIN", ["/toRoomId"]),
            ),
            ({"toRoomId": ground.ward.public_id}, (404, "ROOM_NOT_FOUND", ["/toRoomId"])),
            ({"toRoomId": "room_x"}, (404, "ROOM_NOT_FOUND", ["/toRoomId"])),
            ({"fromLocationId": "wh_x"}, (404, "WAREHOUSE_NOT_FOUND", ["/fromLocationId"])),
            ({"categoryId": "cat_x"}, (404, "CATEGORY_NOT_FOUND", ["/categoryId"])),
            ({"stocklistId": "stl_x"}, (404, "STOCKLIST_NOT_FOUND", ["/stocklistId"])),
            ({"toLocationId": marketplace.public_id}, (403, "READONLY_WAREHOUSE", ["/toLocationId"])),
            ({"lines": lines}, (404, "INVENTORY_NOT_FOUND", ["/lines/0/sku", "/lines/2/sku"])),
            ({"lines": [{"sku": "MASKS", "quantity": 0}]}, (400, "INVALID_REQUEST", ["/lines/0/quantity"])),
            (
                {"lines": [{"sku": "MASKS", "quantity": 1}] * 501},
                (400, "INVALID_REQUEST", ["/lines"]),
            ),
            ({"priority": 3}, (400, "INVALID_REQUEST", ["/priority"])),
            ({"neededBy": "tomorrow"}, (400, "INVALID_REQUEST", ["/neededBy"])),
            ({"status": "approved"}, (400, "INVALID_REQUEST", ["/status"])),
        ):
            status, code, where = problem_of(desk.caller("owner").post(PATH, desk.wanted() | changed))
            assert (status, code, [pointer for pointer, _ in where]) == expected, changed
        body = desk.wanted()
        del body["fromLocationId"]
        assert problem_of(desk.caller("owner").post(PATH, body))[2] == [("/fromLocationId", "REQUIRED")]
        assert everything() == before

    def test_the_same_key_makes_one(self, desk: Desk) -> None:
        make = {"Idempotency-Key": "K-1"}
        first = desk.caller("requester").post(PATH, desk.wanted(), make)
        again = desk.caller("requester").post(PATH, desk.wanted(), make)
        other = desk.caller("requester").post(PATH, desk.wanted(11), make)

        assert again.content == first.content
        assert (again["Idempotent-Replayed"], again["ETag"]) == ("true", first["ETag"])
        assert problem_of(other)[:2] == (422, "IDEMPOTENCY_KEY_REUSED")
        assert StockRequest.objects.count() == 1
        assert IdempotencyRecord.objects.count() == 1


class TestVersions:
    def test_changing_names_the_version(self, desk: Desk) -> None:
        shown = desk.created()
        path = f"{PATH}/{shown['id']}"
        requester = desk.caller("requester")
        tag = requester.get(path)["ETag"]
        before = everything()

        assert problem_of(requester.send("PATCH", path, {"note": "x"})) == (
            400,
            "INVALID_REQUEST",
            [("/version", "REQUIRED")],
        )
        assert problem_of(requester.send("PATCH", path, {"version": 1}))[0] == 400
        assert everything() == before
        assert done(requester.send("PATCH", path, {"note": "x"}, {"If-Match": tag}))["version"] == 2
        assert done(requester.send("PATCH", path, {"version": 2, "note": "y"}))["note"] == "y"
        assert problem_of(requester.send("PATCH", path, {"note": "z"}, {"If-Match": tag}))[:2] == (
            412,
            "PRECONDITION_FAILED",
        )

    def test_whoever_decides_on_what_they_have_not_seen_is_told(self, desk: Desk) -> None:
        shown = desk.brought_to("submitted")
        done(
            desk.caller("requester").send(
                "PATCH", f"{PATH}/{shown['id']}", {"version": 2, "lines": [{"sku": "GLOVES", "quantity": 90}]}
            )
        )
        before = everything()
        for who, act, more in (
            ("approver", "approve", {}),
            ("approver", "reject", {"reason": "x"}),
            ("requester", "rollback", {}),
            ("owner", "status", {"status": "approved"}),
        ):
            response = desk.post(who, shown, act, {"version": 2, **more})
            body = problem(response)
            assert (response.status_code, body["code"], body["version"]) == (409, "VERSION_CONFLICT", 3), act
            assert (body["by"], body["action"]) == ("requester@acme.example", "edit")
        assert everything() == before
        assert done(desk.post("approver", shown, "approve", {"version": 3}))["approved"] == 90

    @pytest.mark.parametrize(
        ("state", "who", "act", "body", "status"),
        [
            ("draft", "requester", "submit", {}, 200),
            ("draft", "requester", "lines", {"sku": "MASKS", "quantity": 1}, 201),
            ("submitted", "approver", "approve", {}, 200),
            ("submitted", "approver", "reject", {"reason": "x"}, 200),
            ("submitted", "requester", "rollback", {}, 200),
            ("approved", "picker", "status", {"status": "picking"}, 200),
            ("draft", "requester", "comment", {"text": "x"}, 201),
        ],
    )
    def test_if_match(
        self, desk: Desk, state: str, who: str, act: str, body: dict[str, Any], status: int
    ) -> None:
        shown = desk.created()
        path = f"{PATH}/{shown['id']}"
        stale = desk.caller("requester").get(path)["ETag"]
        done(desk.caller("requester").send("PATCH", path, {"version": 1, "note": "x"}))
        for step in {"draft": [], "submitted": ["submit"], "approved": ["submit", "approve"]}[state]:
            done(desk.post("approver" if step == "approve" else "requester", shown, step))
        before = everything()

        for header in (stale, '"x"', f"W/{desk.caller('owner').get(path)['ETag']}"):
            refused = desk.post(who, shown, act, body, If_Match=header)
            assert problem_of(refused)[:2] == (412, "PRECONDITION_FAILED"), header
        assert everything() == before
        current = desk.caller("owner").get(path)["ETag"]
        assert desk.post(who, shown, act, body, If_Match=current).status_code == status

    def test_deleting_if_match(self, desk: Desk) -> None:
        shown = desk.created()
        path = f"{PATH}/{shown['id']}"
        requester = desk.caller("requester")
        tag = requester.get(path)["ETag"]
        done(requester.send("PATCH", path, {"version": 1, "note": "x"}))

        assert problem_of(requester.send("DELETE", path, None, {"If-Match": tag}))[0] == 412
        tag = requester.get(path)["ETag"]
        assert requester.send("DELETE", path, None, {"If-Match": tag}).status_code == 204

    def test_who_has_it_is_told_so(self, desk: Desk) -> None:
        shown = desk.created()
        for path in (f"{PATH}/{shown['id']}", f"{PATH}/{shown['id']}/status"):
            tag = desk.caller("owner").get(path)["ETag"]
            assert desk.caller("owner").get(path, If_None_Match=tag).status_code == 304


class TestChanging:
    def test_nothing_named_stays(self, desk: Desk) -> None:
        shown = desk.created(neededBy="2026-03-20", note="why")
        body = {"version": 1, "neededBy": None, "note": None, "priority": "low"}

        changed = done(desk.caller("requester").send("PATCH", f"{PATH}/{shown['id']}", body))

        different = {name for name in shown if shown[name] != changed[name]}
        assert different == {"version", "neededBy", "note", "priority", "history"}
        assert (changed["neededBy"], changed["note"], changed["priority"]) == (None, None, "low")

    def test_where_it_goes(self, desk: Desk) -> None:
        """A room brings its location, another location ends the room, a department both."""
        ground = desk.ground
        shown = desk.created()
        source, clinic, none = ground.source.public_id, ground.destination.public_id, None
        ward, room = ground.ward.public_id, ground.room.public_id
        department = ground.department.public_id
        for number, (named, expected) in enumerate(
            (
                ({"toRoomId": ward}, (source, ward, none)),
                ({"toLocationId": clinic}, (clinic, none, none)),
                ({"toRoomId": room}, (clinic, room, none)),
                ({"toLocationId": clinic}, (clinic, room, none)),
                ({"toRoomId": none}, (clinic, none, none)),
                ({"toDepartmentId": department}, (none, none, department)),
                ({"toRoomId": room}, (clinic, room, none)),
                ({"toLocationId": none}, (none, none, none)),
            )
        ):
            version = desk.read(shown)["version"]
            changed = done(
                desk.caller("owner").send("PATCH", f"{PATH}/{shown['id']}", {"version": version, **named})
            )
            found = tuple(changed[name] for name in ("toLocationId", "toRoomId", "toDepartmentId"))
            assert found == expected, (number, named)

    def test_lines_that_are_named_stay_the_same_lines(self, desk: Desk) -> None:
        shown = desk.created(10, 4, 6)
        first, second, third = (line["id"] for line in shown["lines"])
        rows = [
            {"lineId": third, "quantity": 7},
            {"sku": "MASKS", "quantity": 1},
            {"lineId": first, "quantity": 10, "sku": "SALINE", "note": "cold"},
        ]

        changed = done(
            desk.caller("requester").send("PATCH", f"{PATH}/{shown['id']}", {"version": 1, "lines": rows})
        )

        lines = changed["lines"]
        assert [line["id"] for line in lines][::2] == [third, first]
        assert lines[1]["id"] not in {first, second, third}
        assert [(line["sku"], line["requested"], line["note"]) for line in lines] == [
            ("SALINE", 7, None),
            ("MASKS", 1, None),
            ("SALINE", 10, "cold"),
        ]

    def test_bad_lines_are_all_named(self, desk: Desk) -> None:
        shown, other = desk.created(), desk.created()
        mine, theirs = shown["lines"][0]["id"], other["lines"][0]["id"]
        before = everything()
        for rows, expected in (
            ([{"lineId": theirs, "quantity": 1}], (404, "REQUEST_LINE_NOT_FOUND", ["/lines/0/lineId"])),
            ([{"lineId": "rql_x", "quantity": 1}], (404, "REQUEST_LINE_NOT_FOUND", ["/lines/0/lineId"])),
            ([{"lineId": mine, "quantity": 1}] * 2, (422, "DUPLICATE_ROW", ["/lines/1/lineId"])),
            ([{"lineId": mine, "quantity": 1, "sku": "x"}], (404, "INVENTORY_NOT_FOUND", ["/lines/0/sku"])),
            ([{"quantity": 1}], (400, "INVALID_REQUEST", ["/lines/0/sku"])),
        ):
            body = {"version": 1, "lines": rows}
            response = desk.caller("requester").send("PATCH", f"{PATH}/{shown['id']}", body)
            status, code, where = problem_of(response)
            assert (status, code, [pointer for pointer, _ in where]) == expected, rows
        response = desk.post("requester", shown, "lines", {"sku": "NOTHING", "quantity": 1})
        assert problem_of(response) == (404, "INVENTORY_NOT_FOUND", [("/sku", "INVENTORY_NOT_FOUND")])
        assert everything() == before


class TestDeciding:
    def test_line_by_line(self, desk: Desk) -> None:
        """Ten, four and six asked for: eight and a back-order, none, and five and one of something else."""
        shown = desk.brought_to("submitted", 10, 4, 6)
        first, second, third = (line["id"] for line in shown["lines"])
        rows = [
            {"lineId": first, "quantity": 8, "reason": "Scarce", "remainder": "back_order"},
            {"lineId": second, "quantity": 0},
            {"lineId": third, "quantity": 5, "substitutes": [{"sku": "MASKS", "quantity": 1}]},
        ]
        body = {"version": 2, "lines": rows, "reason": "Not needed", "remainder": "closed", "note": "Fine"}

        changed = done(desk.post("approver", shown, "approve", body))

        told = [
            (
                line["sku"],
                *(line[name] for name in ("approved", "substituted", "backOrdered", "closed", "remaining")),
                line["changeReason"],
                line["substituteForId"],
            )
            for line in changed["lines"]
        ]
        assert told == [
            ("GLOVES", 8, 0, 2, 0, 8, "Scarce", None),
            ("MASKS", 0, 0, 0, 4, 0, "Not needed", None),
            ("SALINE", 5, 1, 0, 0, 5, "Not needed", None),
            ("MASKS", 1, 0, 0, 0, 1, None, third),
        ]
        assert [desk.stock(index) for index in range(3)] == [(100, 8), (100, 1), (100, 5)]
        (given,) = changed["approvals"]["approvals"]
        assert (given["by"], given["version"], given["note"]) == ("approver@acme.example", 2, "Fine")

        back = done(desk.post("picker", changed, "rollback", {"reason": "Again"}))
        assert [
            (line["id"], line["requested"], line["approved"], line["remaining"]) for line in back["lines"]
        ] == [
            (first, 10, None, 10),
            (second, 4, None, 4),
            (third, 6, None, 6),
        ]
        assert [desk.stock(index) for index in range(3)] == [(100, 0), (100, 0), (100, 0)]
        assert back["approvals"]["given"] == 0
        assert list(verify()) == []

    def test_every_bad_row_is_named(self, desk: Desk) -> None:
        shown = desk.brought_to("submitted", 10, 4)
        first, second = (line["id"] for line in shown["lines"])
        before = everything()
        for rows, expected in (
            ([{"lineId": first, "quantity": 11}], (422, "MORE_THAN_REQUESTED", ["/lines/0/quantity"])),
            ([{"lineId": first, "quantity": 9}], (422, "REASON_REQUIRED", ["/lines/0/reason"])),
            (
                [{"lineId": "rql_x", "quantity": 1}, {"lineId": second, "quantity": 5}],
                (422, "BATCH_REFUSED", ["/lines/0/lineId", "/lines/1/quantity"]),
            ),
            (
                [
                    {"lineId": first, "quantity": 0, "reason": "x"},
                    {"lineId": second, "quantity": 0, "reason": "x"},
                ],
                (422, "NOTHING_APPROVED", [""]),
            ),
            (
                [
                    {"lineId": second, "quantity": 4},
                    {
                        "lineId": first,
                        "quantity": 9,
                        "reason": "x",
                        "substitutes": [{"sku": "NOTHING", "quantity": 1}],
                    },
                ],
                (404, "INVENTORY_NOT_FOUND", ["/lines/1/substitutes"]),
            ),
        ):
            status, code, where = problem_of(desk.post("approver", shown, "approve", {"lines": rows}))
            assert (status, code, [pointer for pointer, _ in where]) == expected, rows
        assert everything() == before

    def test_more_than_there_is(self, desk: Desk) -> None:
        shown = desk.brought_to("submitted", 10, 101)
        before = everything()

        response = desk.post("approver", shown, "approve")

        body = problem(response)
        assert (response.status_code, body["code"], body["available"]) == (409, "STOCK_UNAVAILABLE", 100)
        assert everything() == before

    def test_picked_and_handed_over_in_parts(self, desk: Desk) -> None:
        shown = desk.brought_to("approved", 10, 4)
        first, second = (line["id"] for line in shown["lines"])

        picked = done(
            desk.post(
                "picker",
                shown,
                "status",
                {"status": "picking", "lines": [{"lineId": first, "quantity": 7}]},
            )
        )
        again = done(
            desk.post(
                "picker",
                shown,
                "status",
                {"status": "picking", "lines": [{"lineId": second, "quantity": 4}]},
            )
        )
        before = everything()
        short = {"status": "fulfilled"}
        assert problem_of(desk.post("picker", shown, "status", short))[1] == "REMAINDER_REQUIRED"
        rows = [{"lineId": first, "quantity": 7, "remainder": "closed"}]
        unsaid = {**short, "lines": rows}
        assert problem_of(desk.post("picker", shown, "status", unsaid)) == (
            422,
            "REASON_REQUIRED",
            [("/lines/0/reason", "REASON_REQUIRED")],
        )
        assert everything() == before
        done(
            desk.post("picker", shown, "status", {**short, "lines": [{**rows[0], "remainder": "back_order"}]})
        )

        ended = desk.read(shown)
        assert [line["picked"] for line in picked["lines"]] == [7, 0]
        assert [line["picked"] for line in again["lines"]] == [7, 4]
        assert [(line["fulfilled"], line["backOrdered"], line["received"]) for line in ended["lines"]] == [
            (7, 3, 0),
            (4, 0, 0),
        ]
        assert (desk.stock(0), desk.stock(1)) == ((93, 0), (96, 0))
        (order,) = done(desk.caller("owner").get(f"{PATH}?backOrderOfId={shown['id']}"))["data"]
        assert (order["status"], order["requested"], order["requester"]) == (
            "submitted",
            3,
            "requester@acme.example",
        )
        transfer = f"/api/inventory/transfers/{ended['transferId']}"
        done(desk.caller("owner").post(transfer, {"action": "receive"}))
        assert [line["received"] for line in desk.read(shown)["lines"]] == [7, 4]
        level = StockLevel.objects.get(sku=desk.ground.skus[0], warehouse=desk.ground.destination)
        assert level.on_hand == 7
        assert list(verify()) == []

    def test_two_are_needed(self, desk: Desk) -> None:
        ApprovalRule.objects.create(
            organization=desk.ground.organization, name="Dear", minimum_value=10, approvals=2
        )
        shown = desk.brought_to("submitted")

        first = done(desk.post("approver", shown, "approve"))
        before = everything()
        again = desk.post("approver", shown, "approve")
        assert problem_of(again)[:2] == (409, "ALREADY_APPROVED")
        assert everything() == before
        second = done(desk.post("second_approver", shown, "approve"))

        assert (first["status"], first["approvals"]["needed"], first["approvals"]["given"]) == (
            "submitted",
            2,
            1,
        )
        assert first["approvals"]["requirements"] == [
            {"name": "Dear", "needed": 2, "given": ["approver@acme.example"], "approvers": []}
        ]
        assert (second["status"], second["approvals"]["isSatisfied"]) == ("approved", True)
        assert desk.stock() == (100, 10)

    def test_nobody_decides_on_their_own(self, desk: Desk) -> None:
        """Neither in person nor with a key of theirs, unless the organization allows it."""
        body = desk.wanted()
        shown = done(desk.caller("owner").post(PATH, body), 201)
        done(desk.post("owner", shown, "submit"))
        key = factories.make_key(desk.ground.organization, SCOPES)
        ApiKey.objects.update(created_by=desk.ground.people["owner"])
        mine = Caller(key)
        before = everything()
        for send in (
            lambda act, sent: desk.post("owner", shown, act, sent),
            lambda act, sent: mine.post(f"{PATH}/{shown['id']}/{act}", sent),
        ):
            for act, sent in (
                ("approve", {}),
                ("reject", {"reason": "x"}),
                ("status", {"status": "approved"}),
            ):
                assert problem_of(send(act, sent))[:2] == (403, "SELF_APPROVAL"), act
        assert everything() == before
        RequestSettings.objects.create(organization=desk.ground.organization, allows_self_approval=True)
        assert done(desk.post("owner", shown, "approve"))["status"] == "approved"

    def test_a_key_does_not_decide_on_what_it_made(self, desk: Desk) -> None:
        one, other = (Caller(factories.make_key(desk.ground.organization, SCOPES)) for _ in range(2))
        shown = done(one.post(PATH, desk.wanted()), 201)
        done(one.post(f"{PATH}/{shown['id']}/submit", {}))

        assert problem_of(one.post(f"{PATH}/{shown['id']}/approve", {}))[:2] == (403, "SELF_APPROVAL")
        assert done(other.post(f"{PATH}/{shown['id']}/approve", {}))["status"] == "approved"


class TestComments:
    def test_who_is_called_must_see_the_request(self, desk: Desk) -> None:
        shown = desk.created()
        before = everything()
        for text in ("@nobody@acme.example?", "Hello @viewer@acme.example and @nobody@acme.example"):
            response = desk.post("requester", shown, "comment", {"text": text})
            assert problem_of(response) == (422, "UNKNOWN_MEMBER", [("/text", "UNKNOWN_MEMBER")])
        assert everything() == before

    def test_the_same_key_writes_once(self, desk: Desk) -> None:
        shown = desk.created()
        for _ in range(2):
            done(desk.post("requester", shown, "comment", {"text": "x"}, Idempotency_Key="K-1"), 201)
        assert len(desk.read(shown)["comments"]) == 1


class TestSight:
    """Which end sees what, and does what."""

    @pytest.fixture
    def there(self, desk: Desk) -> dict[str, Warehouse]:
        third = factories.make_warehouse(desk.ground.organization, "Third")
        return {"source": desk.ground.source, "destination": desk.ground.destination, "third": third}

    def test_reading(self, desk: Desk, there: dict[str, Warehouse]) -> None:
        shown = desk.created()
        hidden = {"onHand", "available", "availableAfter", "onOrder", "safetyStock"}
        for name, place in there.items():
            limited = Caller(factories.make_key(desk.ground.organization, SCOPES, warehouses=[place]))
            listed = done(limited.get(PATH))
            one = limited.get(f"{PATH}/{shown['id']}")
            if name == "third":
                assert listed["data"] == []
                unknown = limited.get(f"{PATH}/req_01h455vb4pex5vsknk084sn02q")
                assert problem_of(one) == problem_of(unknown) == (404, "STOCK_REQUEST_NOT_FOUND", [])
                continue
            assert [row["id"] for row in listed["data"]] == [shown["id"]]
            for line in (*done(one)["lines"], *done(limited.get(f"{PATH}/{shown['id']}/lines"))["data"]):
                nulls = {field for field in hidden if line[field] is None}
                assert nulls == (set() if name == "source" else hidden), name

    @pytest.mark.parametrize(
        ("state", "act", "body", "who"),
        [
            ("draft", "submit", {}, {"source", "destination"}),
            ("draft", "lines", {"sku": "MASKS", "quantity": 1}, {"source", "destination"}),
            ("draft", "comment", {"text": "x"}, {"source", "destination"}),
            ("submitted", "rollback", {}, {"source", "destination"}),
            ("submitted", "approve", {}, {"source"}),
            ("submitted", "reject", {"reason": "x"}, {"source"}),
            ("submitted", "status", {"status": "approved"}, {"source"}),
            ("submitted", "status", {"status": "cancelled"}, {"source", "destination"}),
            ("approved", "rollback", {}, {"source"}),
            ("approved", "status", {"status": "picking"}, {"source"}),
            ("approved", "status", {"status": "submitted"}, {"source"}),
            ("picking", "status", {"status": "fulfilled"}, {"source"}),
        ],
    )
    def test_acting(
        self,
        desk: Desk,
        there: dict[str, Warehouse],
        state: str,
        act: str,
        body: dict[str, Any],
        who: set[str],
    ) -> None:
        for name, place in there.items():
            shown = desk.brought_to(state)
            limited = Caller(factories.make_key(desk.ground.organization, SCOPES, warehouses=[place]))
            before = everything()
            response = limited.post(f"{PATH}/{shown['id']}/{act}", body)
            if name in who:
                assert response.status_code in {200, 201}, (name, response.content)
                continue
            expected = (404, "STOCK_REQUEST_NOT_FOUND") if name == "third" else (403, "PERMISSION_DENIED")
            assert problem_of(response)[:2] == expected, name
            assert everything() == before

    def test_another_organization(self, desk: Desk) -> None:
        shown = desk.brought_to("submitted")
        rival = Caller(factories.make_key(factories.make_organization("Rival"), SCOPES))
        before = everything()
        assert done(rival.get(PATH))["data"] == []
        for method, path, body in (
            ("GET", "", None),
            ("GET", "/lines", None),
            ("GET", "/status", None),
            ("PATCH", "", {"version": 2, "note": "x"}),
            ("DELETE", "", None),
            ("POST", "/lines", {"sku": "MASKS", "quantity": 1}),
            ("POST", "/submit", {}),
            ("POST", "/approve", {}),
            ("POST", "/reject", {"reason": "x"}),
            ("POST", "/rollback", {}),
            ("POST", "/comment", {"text": "x"}),
            ("POST", "/status", {"status": "approved"}),
        ):
            response = rival.send(method, f"{PATH}/{shown['id']}{path}", body)
            assert problem_of(response) == (404, "STOCK_REQUEST_NOT_FOUND", []), (method, path)
        assert problem_of(rival.post(PATH, desk.wanted()))[0] == 404
        assert everything() == before

    def test_creating_takes_writing_at_one_end_and_sight_of_the_other(
        self, desk: Desk, there: dict[str, Warehouse]
    ) -> None:
        for places, expected in (
            (["source", "destination"], 201),
            (["destination"], 404),
            (["source"], 404),
            (["third"], 404),
        ):
            key = factories.make_key(
                desk.ground.organization, SCOPES, warehouses=[there[name] for name in places]
            )
            assert Caller(key).post(PATH, desk.wanted()).status_code == expected, places
        assert problem_of(desk.caller("viewer").post(PATH, desk.wanted()))[:2] == (403, "PERMISSION_DENIED")


class TestLists:
    @pytest.fixture
    def three(self, desk: Desk) -> list[dict[str, Any]]:
        """A draft of the requester's, one that waits, and one of the owner's for the department, the oldest first."""
        ground = desk.ground
        today = ground.organization.today()
        category = factories.make_category(ground.organization, "Consumables")
        first = desk.created(2, note="Blue gloves", priority="low", neededBy=str(today - timedelta(days=1)))
        second = desk.brought_to("submitted", 10, 4, priority="urgent", categoryId=category.public_id)
        body = {
            "fromLocationId": ground.source.public_id,
            "toDepartmentId": ground.department.public_id,
            "neededBy": str(today + timedelta(days=7)),
            "lines": [{"sku": "SALINE", "quantity": 1}],
        }
        third = done(desk.caller("owner").post(PATH, body), 201)
        return [first, second, desk.read(third)]

    def test_filters_and_sorts(self, desk: Desk, three: list[dict[str, Any]]) -> None:
        ground = desk.ground
        today = ground.organization.today()
        for query, expected in (
            ("", [3, 2, 1]),
            ("status=draft", [3, 1]),
            ("status=draft,submitted", [3, 2, 1]),
            ("status=approved,fulfilled", []),
            ("priority=urgent", [2]),
            (f"locationId={ground.source.public_id}", [3, 2, 1]),
            (f"locationId={ground.destination.public_id}", [2, 1]),
            (f"fromLocationId={ground.source.public_id}", [3, 2, 1]),
            (f"toLocationId={ground.destination.public_id}", [2, 1]),
            ("toLocationId=wh_x", []),
            (f"toRoomId={ground.room.public_id}", []),
            (f"toDepartmentId={ground.department.public_id}", [3]),
            (f"categoryId={three[1]['categoryId']}", [2]),
            ("requester=requester@acme.example", [2, 1]),
            ("createdBy=owner@acme.example", [3]),
            ("sku=masks", [2]),
            ("sku=NOTHING", []),
            ("search=blue", [1]),
            ("search=SR-00002", [2]),
            ("search=3", [3]),
            (f"neededAfter={today}", [3]),
            (f"neededBefore={today}", [1]),
            ("overdue=true", [1]),
            ("overdue=false", [3, 2]),
            (f"startDate={today}&endDate={today}", [3, 2, 1]),
            (f"startDate={today + timedelta(days=1)}", []),
            (f"endDate={today - timedelta(days=1)}", []),
            ("sort=number", [1, 2, 3]),
            ("sort=-priority", [2, 3, 1]),
            ("sort=value", [1, 3, 2]),
            ("sort=-value", [2, 3, 1]),
            ("sort=-status,", None),
            ("limit=1&page=2", [2]),
        ):
            response = desk.caller("owner").get(f"{PATH}?{query}")
            if expected is None:
                assert response.status_code == 400
                continue
            found = [int(row["number"][-1]) for row in done(response)["data"]]
            assert found == expected, query

    def test_overdue_is_what_is_still_waited_for(self, desk: Desk) -> None:
        """Neither what is needed today, nor what nobody waits for any more."""
        today = desk.ground.organization.today()
        late = desk.brought_to("picking", neededBy=str(today - timedelta(days=1)))
        desk.brought_to("cancelled", neededBy=str(today - timedelta(days=1)))
        desk.created(neededBy=str(today))

        found = done(desk.caller("owner").get(f"{PATH}?overdue=true"))["data"]

        assert [row["id"] for row in found] == [late["id"]]

    def test_a_row_is_the_record_without_what_is_under_it(self, desk: Desk, three: list[Any]) -> None:
        under = {"allowedTransitions", "approvals", "lines", "comments", "history"}
        listed = done(desk.caller("owner").get(f"{PATH}?sort=number"))
        assert listed["pagination"] == {"page": 1, "limit": 50, "total": 3, "totalPages": 1}
        assert listed["data"] == [
            {name: value for name, value in shown.items() if name not in under} for shown in three
        ]

    def test_lines(self, desk: Desk, three: list[Any]) -> None:
        path = f"{PATH}/{three[1]['id']}/lines"
        gloves, masks = three[1]["lines"]
        for query, expected in (
            ("", [gloves, masks]),
            ("sort=-position", [masks, gloves]),
            ("sort=requested", [masks, gloves]),
            ("sku=masks", [masks]),
            (f"lineId={gloves['id']}", [gloves]),
            ("lineId=rql_x", []),
            ("search=glo", [gloves]),
            ("isOpen=true", [gloves, masks]),
            ("isOpen=false", []),
            (f"substituteForId={gloves['id']}", []),
            ("limit=1&page=2", [masks]),
        ):
            assert done(desk.caller("owner").get(f"{path}?{query}"))["data"] == expected, query

    @pytest.mark.parametrize(
        ("query", "parameter"),
        [
            ("status=gone", "status"),
            ("status=draft,", "status"),
            ("status=draft&status=submitted", "status"),
            ("state=draft", "state"),
            ("priority=3", "priority"),
            ("overdue=maybe", "overdue"),
            ("neededBefore=soon", "neededBefore"),
            ("sort=total", "sort"),
            ("limit=201", "limit"),
        ],
    )
    def test_bad_parameters(self, desk: Desk, query: str, parameter: str) -> None:
        status, code, where = problem_of(desk.caller("owner").get(f"{PATH}?{query}"))
        assert (status, code) == (400, "INVALID_REQUEST")
        assert [name for name, _ in where] == [parameter]


def test_the_examples_name_what_the_demonstration_has() -> None:
    names = ("DRAFT", "SPARE", "SUBMITTED", "DOUBTFUL", "REJECTED", "APPROVED")
    assert [getattr(documentation, name) for name in names] == [getattr(demo, name) for name in names]
    assert (documentation.LOCATION, documentation.STORE) == (WAREHOUSE_A, STORE)
    change, approval, status = (
        operation.example["lines"][0]["lineId"]  # type: ignore[index]
        for operation in (
            documentation.change_request,
            documentation.approve_request,
            documentation.set_request_status,
        )
    )
    assert {demo.DRAFT: change, demo.SUBMITTED: approval, demo.APPROVED: status} == demo.LINES
