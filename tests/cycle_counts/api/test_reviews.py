"""`decide` and `resolve`: what becomes of the differences, and what is posted of them."""

from __future__ import annotations

from typing import Any

import pytest

from cycle_counts.models import CountBatch
from inventory.models import Adjustment, AdjustmentKind, Movement
from inventory.verification import verify
from tests.cycle_counts.api.desk import PATH, Desk, done
from tests.inventory.api.callers import problem, problem_of
from tests.inventory.api.snapshots import everything

OFF = {("GLOVES", "A-1"): -2, ("MASKS", "A-4"): 5, ("SALINE", "A-3", "L-1"): -1}


def decide(desk: Desk, shown: dict[str, Any], *rows: dict[str, Any], who: str = "owner", **more: Any) -> Any:
    return desk.caller(who).post(f"{PATH}/decide", {"batchId": shown["id"], "lines": list(rows), **more})


def on(
    desk: Desk, shown: dict[str, Any], place: tuple[str, ...], resolution: str, **more: Any
) -> dict[str, Any]:
    return {"lineId": desk.line(shown, *place)["id"], "resolution": resolution, **more}


class TestReading:
    def test_what_the_review_is_shown(self, desk: Desk) -> None:
        shown = desk.submitted(off=OFF, tolerance={"units": 1})
        desk.ground.stock_by("GLOVES", "A-1", -4)

        read = desk.read(shown)

        line = desk.line(read, "GLOVES", "A-1")
        assert {name: line[name] for name in ("expectedQuantity", "countedQuantity", "variance")} == {
            "expectedQuantity": 10,
            "countedQuantity": 8,
            "variance": -2,
        }
        assert (line["variancePercent"], line["varianceValue"]) == (-20.0, -4.0)
        assert line["movedSince"] == {"then": 10, "now": 6}
        within = desk.line(read, "SALINE", "A-3", "L-1")
        assert (within["status"], within["withinTolerance"], within["variance"]) == ("accepted", True, -1)
        assert read["review"] == {
            "undecided": 2,
            "accepted": 4,
            "withinTolerance": 4,
            "recount": 0,
            "ignored": 0,
            "differences": 3,
            "unitsExpected": 85,
            "unitsCounted": 87,
            "unitsOver": 5,
            "unitsShort": 3,
            "valueOver": 15.0,
            "valueShort": 9.0,
            "currency": desk.ground.organization.currency,
        }

    def test_where_it_can_go_is_for_those_who_may(self, desk: Desk) -> None:
        shown = desk.submitted(off=OFF)
        for who, expected in (
            ("owner", ["resolved", "cancelled"]),
            ("approver", ["resolved", "cancelled"]),
            ("integrator", ["resolved", "cancelled"]),
            ("counter", []),
        ):
            assert desk.read(shown, who)["allowedTransitions"] == expected


class TestDeciding:
    def test_a_decision_is_kept_and_taken_back(self, desk: Desk) -> None:
        shown = desk.submitted(off=OFF)
        before = Movement.objects.count()

        decided = done(
            decide(
                desk,
                shown,
                on(desk, shown, ("GLOVES", "A-1"), "accept", rootCause="picking", note="Picked twice"),
                on(desk, shown, ("MASKS", "A-4"), "ignore"),
                version=shown["version"],
            )
        )

        line = desk.line(decided, "GLOVES", "A-1")
        names = ("status", "rootCause", "reviewNote", "reviewedBy")
        assert [line[name] for name in names] == ["accepted", "picking", "Picked twice", "owner@acme.example"]
        assert desk.line(decided, "MASKS", "A-4")["status"] == "ignored"
        assert (decided["status"], decided["version"]) == ("review", shown["version"] + 1)
        back = done(decide(desk, shown, on(desk, shown, ("GLOVES", "A-1"), "undecided")))
        assert desk.line(back, "GLOVES", "A-1")["status"] == "counted"
        assert Movement.objects.count() == before

    def test_what_is_refused_and_where(self, desk: Desk) -> None:
        started = desk.started()
        found = {"code": "4006381333931", "binId": desk.ground.bin("A-2").public_id, "countedQuantity": 6}
        rows = [row for row in desk.counts(started, OFF) if row["lineId"] != started["lines"][1]["id"]]
        done(desk.act("counter", started, "count", counts=[*rows, found]))
        done(desk.act("counter", started, "submit"))
        shown = desk.read(started)
        (unknown,) = (line["id"] for line in shown["lines"] if line["sku"] is None)
        pending = shown["lines"][1]["id"]
        first = on(desk, shown, ("GLOVES", "A-1"), "accept")
        before = everything()
        for lines, expected in (
            ([first, {**first, "lineId": "ccl_x"}], (404, "COUNT_LINE_NOT_FOUND", ["/lines/1/lineId"])),
            ([first, first], (422, "DUPLICATE_ROW", ["/lines/1/lineId"])),
            ([{**first, "lineId": pending}], (422, "LINE_NOT_COUNTED", ["/lines/0/resolution"])),
            ([{**first, "lineId": unknown}], (422, "SKU_UNKNOWN_YET", ["/lines/0/sku"])),
            ([{**first, "lineId": unknown, "sku": "x"}], (404, "INVENTORY_NOT_FOUND", ["/lines/0/sku"])),
            ([{**first, "lineId": unknown, "sku": "GLOVES"}], (409, "ITEM_COUNTED_TWICE", ["/lines/0/sku"])),
            ([{**first, "sku": "MASKS"}], (422, "SKU_KNOWN", ["/lines/0/sku"])),
            ([{**first, "resolution": "approve"}], (400, "INVALID_REQUEST", ["/lines/0/resolution"])),
            ([{**first, "rootCause": "gremlins"}], (400, "INVALID_REQUEST", ["/lines/0/rootCause"])),
            ([], (400, "INVALID_REQUEST", ["/lines"])),
        ):
            status, code, where = problem_of(decide(desk, shown, *lines))
            assert (status, code, [place for place, _ in where]) == expected, lines
        left = desk.resolve("owner", shown)
        assert problem_of(left)[:2] == (422, "SKU_UNKNOWN_YET")
        assert everything() == before
        named = done(decide(desk, shown, {**first, "lineId": unknown, "sku": "TAPE"}))
        (line,) = (line for line in named["lines"] if line["id"] == unknown)
        assert (line["sku"], line["code"], line["variance"]) == ("TAPE", "4006381333931", 6)

    def test_a_version_that_was_not_seen(self, desk: Desk) -> None:
        shown = desk.submitted(off=OFF)
        tag = desk.caller("owner").get(f"{PATH}/{shown['id']}")["ETag"]
        row = on(desk, shown, ("GLOVES", "A-1"), "accept")
        done(decide(desk, shown, row))
        before = everything()
        stale = decide(desk, shown, row, version=shown["version"])
        assert (problem_of(stale)[:2], stale.json()["version"]) == (
            (409, "VERSION_CONFLICT"),
            shown["version"] + 1,
        )
        body = {"batchId": shown["id"], "version": shown["version"]}
        assert problem_of(desk.caller("owner").post(f"{PATH}/resolve", body))[0] == 409
        late = desk.caller("owner").post(f"{PATH}/resolve", {"batchId": shown["id"]}, {"If-Match": tag})
        assert problem_of(late)[0] == 412
        assert everything() == before


class TestResolving:
    def test_all_that_are_left_are_accepted_and_posted_once(self, desk: Desk) -> None:
        shown = desk.submitted(off=OFF)
        desk.ground.stock_by("GLOVES", "A-1", -4)
        before = Movement.objects.count()

        ended = done(desk.resolve("approver", shown, note="Weekly round"))

        adjustment = Adjustment.objects.get(kind=AdjustmentKind.COUNT)
        assert (ended["status"], ended["adjustmentId"]) == ("resolved", adjustment.public_id)
        assert Movement.objects.count() == before + 3
        assert (ended["allowedTransitions"], ended["closedAt"] is not None) == ([], True)
        assert {line["status"] for line in ended["lines"]} == {"accepted"}
        assert {line["movedSince"] for line in ended["lines"]} == {None}
        assert desk.ground.on_hand("GLOVES", "A-1") == 4
        assert desk.ground.on_hand("MASKS", "A-4") == 45
        assert list(verify()) == []
        refused = problem(desk.resolve("owner", shown))
        assert (refused["code"], refused["by"]) == ("INVALID_TRANSITION", "approver@acme.example")

    def test_line_by_line_it_stays_in_review_until_all_are_decided_on(self, desk: Desk) -> None:
        shown = desk.submitted(off=OFF)
        first = on(desk, shown, ("GLOVES", "A-1"), "accept", note="Seen")
        part = done(desk.resolve("owner", shown, lines=[first]))
        assert (part["status"], part["adjustmentId"]) == ("review", None)
        rest = [
            on(desk, shown, ("MASKS", "A-4"), "recount"),
            on(desk, shown, ("SALINE", "A-3", "L-1"), "ignore"),
        ]
        other = desk.ground.people["other_counter"]
        whole = done(desk.resolve("owner", shown, lines=rest, recountAssigneeIds=[other.public_id]))
        assert whole["status"] == "resolved"
        (again,) = whole["recountIds"]
        recount = done(desk.caller("owner").get(f"{PATH}/{again}"))
        assert (recount["status"], recount["recountOfId"], recount["origin"]) == (
            "draft",
            shown["id"],
            "recount",
        )
        assert [(line["sku"], line["binCode"]) for line in recount["lines"]] == [("MASKS", "A-4")]
        assert [each["id"] for each in recount["assignees"]] == [other.public_id]

    def test_who_may(self, desk: Desk) -> None:
        shown = desk.submitted(off=OFF)
        row = on(desk, shown, ("GLOVES", "A-1"), "accept")
        before = everything()
        for who in ("counter", "other_counter"):
            for response in (desk.resolve(who, shown), decide(desk, shown, row, who=who)):
                refused = problem(response)
                assert (refused["status"], refused["missing"]) == (403, ["inventory.countreview"])
        assert problem_of(desk.resolve("viewer", shown))[0] == 403
        assert everything() == before
        done(decide(desk, shown, row, who="integrator"))
        assert done(desk.resolve("integrator", shown))["status"] == "resolved"

    @pytest.mark.parametrize("who", ["counter", "viewer"])
    def test_assignees_of_a_recount(self, desk: Desk, who: str) -> None:
        """Neither who has counted it, nor who may not count."""
        shown = desk.submitted(off=OFF)
        rows = [on(desk, shown, place, "recount") for place in OFF]
        named = desk.ground.people[who].public_id
        refused = desk.resolve("owner", shown, lines=rows, recountAssigneeIds=[named])
        code = "NOBODY_TO_RECOUNT" if who == "counter" else "ASSIGNEE_MAY_NOT_COUNT"
        assert problem_of(refused)[:2] == (422, code)
        assert problem_of(refused)[2][0][0].startswith("/recountAssigneeIds")

    def test_what_is_gone_is_named_and_nothing_is_posted(self, desk: Desk) -> None:
        shown = desk.submitted(off={("GLOVES", "A-1"): -8, ("MASKS", "A-4"): 5})
        desk.ground.stock_by("GLOVES", "A-1", -7)
        before = everything()
        rows = [on(desk, shown, ("MASKS", "A-4"), "accept"), on(desk, shown, ("GLOVES", "A-1"), "accept")]
        refused = desk.resolve("owner", shown, lines=rows)
        status, code, where = problem_of(refused)
        assert (status, code) == (422, "NEGATIVE_QUANTITY")
        assert [place.split("/")[:3] for place, _ in where] == [["", "lines", "1"]]
        assert everything() == before

    def test_the_same_request_again(self, desk: Desk) -> None:
        shown = desk.submitted(off=OFF)
        sent = {"Idempotency-Key": "K-1"}
        body = {"batchId": shown["id"]}
        first = desk.caller("integrator").post(f"{PATH}/resolve", body, sent)
        again = desk.caller("integrator").post(f"{PATH}/resolve", body, sent)
        assert (again.content, again["Idempotent-Replayed"]) == (first.content, "true")
        assert Adjustment.objects.filter(kind=AdjustmentKind.COUNT).count() == 1
        assert CountBatch.objects.count() == 1
