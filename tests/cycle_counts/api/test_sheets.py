"""`blind-form` and `sheet`: counting on paper or in a spreadsheet."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest

from cycle_counts.api.sheets import documentation
from cycle_counts.models import CountEntry
from tests import factories
from tests.cycle_counts.api.desk import PATH, Desk, done
from tests.inventory.api.callers import problem_of
from tests.inventory.api.snapshots import everything

CSV = {"Content-Type": "text/csv"}


def sheet_of(desk: Desk, shown: dict[str, Any], who: str = "counter") -> Any:
    return desk.caller(who).get(f"{PATH}/blind-form?batchId={shown['id']}", Accept="text/csv")


def filled(text: str, *counted: str) -> str:
    """The sheet with so much counted in its first rows."""
    rows = list(csv.reader(io.StringIO(text)))
    for row, units in zip(rows[1:], counted, strict=False):
        row[7] = units
    out = io.StringIO()
    csv.writer(out).writerows(rows)
    return out.getvalue()


class TestForm:
    def test_where_to_look_for_what(self, desk: Desk) -> None:
        ground = desk.ground
        shown = desk.started(blind=False, name="Weekly", note="Mind the step")

        form = done(desk.caller("counter").get(f"{PATH}/blind-form?batchId={shown['id']}"))

        assert {name: value for name, value in form.items() if name != "bins"} == {
            "batchId": shown["id"],
            "number": "CC-00001",
            "name": "Weekly",
            "locationId": ground.warehouse.public_id,
            "locationName": "North",
            "status": "counting",
            "dueOn": None,
            "note": "Mind the step",
        }
        assert [(bin["binCode"], bin["roomName"], len(bin["lines"])) for bin in form["bins"]] == [
            ("A-1", "Front", 2),
            ("A-2", "Front", 1),
            ("A-3", "Back", 2),
            ("A-4", "Back", 1),
        ]
        assert form["bins"][0]["binId"] == ground.bin("A-1").public_id
        assert form["bins"][2]["lines"][0] == {
            "lineId": desk.line(shown, "SALINE", "A-3", "L-1")["id"],
            "position": 4,
            "sku": "SALINE",
            "title": "Title of SALINE",
            "barcode": "BAR-SALINE",
            "lotCode": "L-1",
            "expiresOn": "2098-01-31",
            "unit": ground.sku("SALINE").base_unit,
        }

    def test_what_was_counted_is_not_on_it(self, desk: Desk) -> None:
        shown = desk.started()
        row = {"lineId": shown["lines"][0]["id"], "countedQuantity": 987_654}
        done(desk.act("counter", shown, "count", counts=[row]))
        for accept in ("application/json", "text/csv"):
            response = desk.caller("owner").get(f"{PATH}/blind-form?batchId={shown['id']}", Accept=accept)
            assert response.status_code == 200
            assert "987654" not in response.content.decode()

    def test_the_sheet(self, desk: Desk) -> None:
        response = sheet_of(desk, desk.started())
        assert response["Content-Type"] == "text/csv; charset=utf-8"
        assert response["Content-Disposition"] == 'attachment; filename="count-CC-00001.csv"'
        rows = list(csv.reader(io.StringIO(response.content.decode())))
        assert rows[0] == documentation.get_blind_form.csv.splitlines()[0].split(",")  # type: ignore[union-attr]
        assert [row[2:4] for row in rows[1:3]] == [["A-1", "GLOVES"], ["A-1", "MASKS"]]
        assert {row[7] for row in rows[1:]} == {""}

    def test_a_text_is_no_formula(self, desk: Desk) -> None:
        sku = factories.make_sku(desk.ground.organization, "=1+1", title="@SUM(A1)")
        factories.stock(sku, desk.ground.warehouse, 1, bin=desk.ground.bin("A-1"))
        text = sheet_of(desk, desk.started()).content.decode()
        assert "'=1+1,'@SUM(A1)" in text

    def test_what_it_is_asked_by(self, desk: Desk) -> None:
        caller = desk.caller("counter")
        assert problem_of(caller.get(f"{PATH}/blind-form")) == (
            400,
            "INVALID_REQUEST",
            [("batchId", "REQUIRED")],
        )
        unknown = caller.get(f"{PATH}/blind-form?batchId=cc_nothing")
        assert problem_of(unknown)[:2] == (404, "CYCLE_COUNT_NOT_FOUND")
        refused = caller.get(f"{PATH}/blind-form?batchId=x", Accept="text/html")
        assert problem_of(refused)[0] == 406


class TestUpload:
    @pytest.mark.parametrize("how", ["text/csv", "application/json"])
    def test_the_sheet_comes_back(self, desk: Desk, how: str) -> None:
        shown = desk.started()
        text = filled(sheet_of(desk, shown).content.decode(), "9", "0")
        path = f"{PATH}/{shown['id']}/sheet"

        def upload() -> Any:
            if how == "text/csv":
                return desk.caller("counter").post(path, text.encode(), CSV)
            return desk.caller("counter").post(path, {"csv": text})

        answer = done(upload())

        assert [(line["sku"], line["countedQuantity"]) for line in answer["lines"]] == [
            ("GLOVES", 9),
            ("MASKS", 0),
        ]
        assert answer["progress"] == {"lines": 6, "counted": 2, "pending": 4, "found": 0}
        again = done(upload())
        assert again["lines"] == answer["lines"]
        assert CountEntry.objects.count() == 2

    def test_with_a_byte_order_mark_and_semicolons(self, desk: Desk) -> None:
        shown = desk.started()
        text = filled(sheet_of(desk, shown).content.decode(), "9").replace(",", ";")
        path = f"{PATH}/{shown['id']}/sheet"
        sent = {"Content-Type": "text/csv; charset=UTF-8", "Idempotency-Key": "K-1"}
        answer = desk.caller("counter").post(path, b"\xef\xbb\xbf" + text.encode(), sent)
        assert done(answer)["lines"][0]["countedQuantity"] == 9
        again = desk.caller("counter").post(path, b"\xef\xbb\xbf" + text.encode(), sent)
        assert again["Idempotent-Replayed"] == "true"

    def test_every_bad_row_is_named_and_nothing_is_counted(self, desk: Desk) -> None:
        shown = desk.started()
        first = shown["lines"][0]["id"]
        text = "\n".join(
            ("line_id,bin,sku,counted", f"{first},,,9", f"{first},,,many", "ccl_x,,,1", ",A-1,NOTHING,1")
        )
        before = everything()
        refused = desk.caller("counter").post(f"{PATH}/{shown['id']}/sheet", {"csv": text})
        assert problem_of(refused)[1] == "BATCH_REFUSED"
        assert {place for place, _ in problem_of(refused)[2]} >= {
            "/csv/1/counted",
            "/csv/2/line_id",
            "/csv/3/sku",
        }
        assert everything() == before

    @pytest.mark.parametrize(
        ("content", "headers", "expected"),
        [
            (b"", CSV, (400, "INVALID_JSON")),
            (b"nothing", CSV, (400, "INVALID_SHEET")),
            (b"line_id,counted\n", CSV, (400, "INVALID_SHEET")),
            (b"line_id,counted\n\xff,1\n", CSV, (400, "INVALID_REQUEST")),
            (b"line_id,counted\n\x00,1\n", CSV, (400, "INVALID_REQUEST")),
            (b"line_id\n", {"Content-Type": "text/csv; charset=latin-1"}, (415, "UNSUPPORTED_MEDIA_TYPE")),
            (b"line_id\n", {"Content-Type": "text/plain"}, (415, "UNSUPPORTED_MEDIA_TYPE")),
            (b"line_id\n", {**CSV, "Content-Encoding": "gzip"}, (415, "UNSUPPORTED_MEDIA_TYPE")),
            (b'{"csv": ""}', {}, (400, "INVALID_REQUEST")),
            (b'{"sheet": "x"}', {}, (400, "INVALID_REQUEST")),
        ],
    )
    def test_what_is_no_sheet(
        self, desk: Desk, content: bytes, headers: dict[str, str], expected: tuple[int, str]
    ) -> None:
        path = f"{PATH}/{desk.started()['id']}/sheet"
        before = everything()
        assert problem_of(desk.caller("counter").post(path, content, headers))[:2] == expected
        assert everything() == before

    def test_no_other_route_takes_a_file(self, desk: Desk) -> None:
        path = f"{PATH}/{desk.started()['id']}"
        assert problem_of(desk.caller("counter").post(path, b"line_id\n", CSV))[0] == 415

    def test_if_match(self, desk: Desk) -> None:
        shown = desk.started()
        text = filled(sheet_of(desk, shown).content.decode(), "9")
        refused = desk.caller("counter").post(
            f"{PATH}/{shown['id']}/sheet", text.encode(), {**CSV, "If-Match": '"x-1"'}
        )
        assert problem_of(refused)[0] == 412
