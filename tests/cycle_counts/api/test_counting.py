"""`count`: entries of lines, SKUs and scanned codes, told where they are refused, and once however often sent."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from cycle_counts.models import CountBin, CountEntry, CountLine
from tests.cycle_counts.api.desk import PATH, Desk, done
from tests.inventory.api.callers import problem, problem_of
from tests.inventory.api.snapshots import everything
from warehouses.http.instants import instant


def count(desk: Desk, shown: dict[str, Any], *rows: dict[str, Any], who: str = "counter", **more: Any) -> Any:
    return desk.act(who, shown, "count", counts=list(rows), **more)


class TestEntries:
    def test_the_answer_is_what_was_counted_in_the_order_it_was_sent(self, desk: Desk) -> None:
        shown = desk.started()
        masks, gloves = (desk.line(shown, code, "A-1") for code in ("MASKS", "GLOVES"))
        told = {"remark": "damaged", "note": "The box is wet"}

        answer = done(
            count(
                desk,
                shown,
                {"lineId": masks["id"], "countedQuantity": 0, **told},
                {"lineId": gloves["id"], "countedQuantity": 12},
            )
        )

        assert [line["id"] for line in answer["lines"]] == [masks["id"], gloves["id"]]
        first = answer["lines"][0]
        assert (first["countedQuantity"], first["status"], first["countedBy"]) == (
            0,
            "counted",
            "counter@acme.example",
        )
        assert (first["remark"], first["note"]) == ("damaged", "The box is wet")
        assert answer["progress"] == {"lines": 6, "counted": 2, "pending": 4, "found": 0}
        assert answer["version"] == shown["version"] + 1

    def test_what_nobody_had_planned(self, desk: Desk) -> None:
        shown = desk.started()
        bin, lot = desk.ground.bin("A-2").public_id, desk.ground.lot("L-1").public_id
        rows = [
            {"sku": "tape", "binId": bin, "countedQuantity": 2},
            {"sku": "SALINE", "binId": bin, "lotId": lot, "countedQuantity": 3},
            {"sku": "SALINE", "binId": bin, "lotCode": "L-9", "countedQuantity": 4},
            {"code": "BAR-MASKS", "binId": bin, "countedQuantity": 5},
            {"code": "4006381333931", "binId": bin, "countedQuantity": 6},
            {"sku": "GLOVES", "binId": bin, "countedQuantity": 20},
        ]

        answer = done(count(desk, shown, *rows))

        names = ("sku", "lotCode", "code", "isFound", "countedQuantity")
        assert [tuple(line[name] for name in names) for line in answer["lines"]] == [
            ("TAPE", None, None, True, 2),
            ("SALINE", "L-1", None, True, 3),
            ("SALINE", "L-9", None, True, 4),
            ("MASKS", None, answer["lines"][3]["code"], True, 5),
            (None, None, "4006381333931", True, 6),
            ("GLOVES", None, None, False, 20),
        ]
        assert answer["lines"][5]["id"] == desk.line(shown, "GLOVES", "A-2")["id"]
        assert answer["progress"]["found"] == 5

    def test_a_count_is_taken_back(self, desk: Desk) -> None:
        shown = desk.started()
        line = desk.line(shown, "GLOVES", "A-1")
        found = {"sku": "TAPE", "binId": desk.ground.bin("A-1").public_id}
        done(
            count(desk, shown, {"lineId": line["id"], "countedQuantity": 3}, {**found, "countedQuantity": 1})
        )

        answer = done(
            count(
                desk,
                shown,
                {"lineId": line["id"], "countedQuantity": None},
                {**found, "countedQuantity": None},
            )
        )

        states = [(row["status"], row["countedQuantity"], row["countedBy"]) for row in answer["lines"]]
        assert states == [("pending", None, None), ("ignored", None, None)]

    def test_bins_that_are_finished(self, desk: Desk) -> None:
        shown = desk.started()
        bin = desk.ground.bin("A-2")
        at = instant(timezone.now())
        answer = done(
            desk.act("counter", shown, "count", visited=[{"binId": bin.public_id, "visitedAt": at}])
        )
        assert answer["lines"] == []
        assert CountBin.objects.get(bin=bin).visitor_name == "counter@acme.example"

    def test_the_clock_that_sent_it_may_be_wrong(self, desk: Desk) -> None:
        shown = desk.started(blind=False)
        line = desk.line(shown, "GLOVES", "A-1")
        ahead = timezone.now() + timedelta(hours=5)
        row = {"lineId": line["id"], "countedQuantity": 3, "countedAt": instant(ahead)}

        refused = count(desk, shown, row)
        answer = done(count(desk, shown, row, sentAt=instant(ahead)))

        assert problem_of(refused) == (
            400,
            "COUNTED_IN_FUTURE",
            [("/counts/0/countedAt", "COUNTED_IN_FUTURE")],
        )
        assert answer["lines"][0]["countedAt"] < instant(timezone.now() + timedelta(minutes=1))


class TestOnce:
    def test_an_entry_counts_once_however_often_it_is_sent(self, desk: Desk) -> None:
        shown = desk.started()
        row = {
            "lineId": desk.line(shown, "GLOVES", "A-1")["id"],
            "countedQuantity": 9,
            "clientId": "round-1",
            "countedAt": instant(timezone.now()),
        }
        first = done(count(desk, shown, row))
        before = everything()

        again = done(count(desk, shown, row))

        assert again == first
        assert everything() == before
        done(desk.act("counter", shown, "submit"))
        late = done(count(desk, shown, row))
        assert [line["id"] for line in late["lines"]] == [row["lineId"]]
        assert CountEntry.objects.count() == 1

    def test_with_other_content_it_is_refused(self, desk: Desk) -> None:
        shown = desk.started()
        row = {"lineId": desk.line(shown, "GLOVES", "A-1")["id"], "clientId": "round-1"}
        done(count(desk, shown, {**row, "countedQuantity": 9}))
        before = everything()
        refused = count(desk, shown, {**row, "countedQuantity": 8})
        assert problem_of(refused) == (422, "CLIENT_ID_REUSED", [("/counts/0/clientId", "CLIENT_ID_REUSED")])
        assert everything() == before

    def test_the_same_request_again(self, desk: Desk) -> None:
        shown = desk.started()
        row = {"lineId": desk.line(shown, "GLOVES", "A-1")["id"], "countedQuantity": 9}
        sent = {"Idempotency-Key": "K-1"}
        path, body = f"{PATH}/{shown['id']}", {"action": "count", "counts": [row]}
        first = desk.caller("integrator").post(path, body, sent)
        again = desk.caller("integrator").post(path, body, sent)
        assert (again.content, again["Idempotent-Replayed"]) == (first.content, "true")
        assert CountEntry.objects.count() == 1


class TestRefused:
    def test_every_bad_row_is_named_and_nothing_is_counted(self, desk: Desk) -> None:
        shown = desk.started()
        good = {"lineId": desk.line(shown, "GLOVES", "A-1")["id"], "countedQuantity": 9}
        bin = desk.ground.bin("A-1").public_id
        before = everything()
        for rows, expected in (
            (
                [good, {**good, "lineId": "ccl_nothing"}],
                (404, "COUNT_LINE_NOT_FOUND", ["/counts/1/lineId"]),
            ),
            (
                [good, {**good, "lineId": f"ccl_{'0' * 25}1"}],
                (404, "COUNT_LINE_NOT_FOUND", ["/counts/1/lineId"]),
            ),
            (
                [{"sku": "NOTHING", "binId": bin, "countedQuantity": 1}, good],
                (404, "INVENTORY_NOT_FOUND", ["/counts/0/sku"]),
            ),
            (
                [{"sku": "TAPE", "binId": "bin_x", "countedQuantity": 1}],
                (404, "BIN_NOT_FOUND", ["/counts/0/binId"]),
            ),
            (
                [{"sku": "TAPE", "binId": bin, "lotId": "lot_x", "countedQuantity": 1}],
                (404, "LOT_NOT_FOUND", ["/counts/0/lotId"]),
            ),
            (
                [{"sku": "x", "binId": bin, "countedQuantity": 1}, {**good, "lineId": "x"}],
                (422, "BATCH_REFUSED", ["/counts/0/sku", "/counts/1/lineId"]),
            ),
            ([{"countedQuantity": 1}], (400, "INVALID_REQUEST", ["/counts/0/lineId"])),
            ([{**good, "sku": "TAPE"}], (400, "INVALID_REQUEST", ["/counts/0/sku"])),
            ([{**good, "binId": bin}], (400, "INVALID_REQUEST", ["/counts/0/binId"])),
            ([{"sku": "TAPE", "countedQuantity": 1}], (400, "INVALID_REQUEST", ["/counts/0/binId"])),
            (
                [{"code": "x", "binId": bin, "lotId": "lot_x", "countedQuantity": 1}],
                (400, "INVALID_REQUEST", ["/counts/0/lotId"]),
            ),
            (
                [{"sku": "TAPE", "binId": bin, "lotId": "x", "lotCode": "x", "countedQuantity": 1}],
                (400, "INVALID_REQUEST", ["/counts/0/lotCode"]),
            ),
            ([{**good, "countedQuantity": -1}], (400, "INVALID_REQUEST", ["/counts/0/countedQuantity"])),
            ([{"lineId": good["lineId"]}], (400, "INVALID_REQUEST", ["/counts/0/countedQuantity"])),
        ):
            status, code, where = problem_of(count(desk, shown, *rows))
            assert (status, code, [place for place, _ in where]) == expected, rows
        visited = desk.act("counter", shown, "count", visited=[{"binId": bin}, {"binId": "bin_x"}])
        assert problem_of(visited)[2] == [("/visited/1/binId", "BIN_NOT_FOUND")]
        assert everything() == before

    def test_too_many(self, desk: Desk) -> None:
        shown = desk.started()
        refused = desk.act("counter", shown, "count", counts=[{}] * 10_001)
        assert problem_of(refused)[2] == [("/counts", "MAX_LENGTH")]

    def test_a_line_that_somebody_else_has_counted(self, desk: Desk) -> None:
        shown = desk.started()
        row = {"lineId": desk.line(shown, "GLOVES", "A-1")["id"], "countedQuantity": 9}
        done(count(desk, shown, row))
        before = everything()
        refused = count(desk, shown, {**row, "countedQuantity": 8}, who="other_counter")
        assert problem_of(refused) == (
            409,
            "COUNTED_BY_ANOTHER",
            [("/counts/0/lineId", "COUNTED_BY_ANOTHER")],
        )
        found = problem(refused)
        counted = CountLine.objects.get(position=1)
        assert counted.counted_at is not None
        assert (found["by"], found["at"]) == ("counter@acme.example", instant(counted.counted_at))
        assert everything() == before

    @pytest.mark.parametrize("state", ["draft", "review", "resolved"])
    def test_what_is_not_being_counted(self, desk: Desk, state: str) -> None:
        shown = desk.created() if state == "draft" else desk.submitted()
        if state == "resolved":
            done(desk.resolve("owner", shown))
        row = {"lineId": desk.line(shown, "GLOVES", "A-1")["id"], "countedQuantity": 9}
        refused = count(desk, shown, row)
        assert problem_of(refused)[:2] == (409, "INVALID_TRANSITION")
        assert problem(refused)["state"] == state

    def test_nothing_counted_is_not_submitted(self, desk: Desk) -> None:
        shown = desk.started()
        assert problem_of(desk.act("counter", shown, "submit"))[:2] == (422, "NOTHING_COUNTED")

    def test_whoever_reads_counts_nothing(self, desk: Desk) -> None:
        shown = desk.created()
        for action in ("start", "submit", "cancel"):
            refused = desk.act("viewer", shown, action)
            assert problem_of(refused) == (403, "PERMISSION_DENIED", [])
