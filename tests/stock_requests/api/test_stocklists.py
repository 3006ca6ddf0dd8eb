"""`/api/stocklists`: templates of requests."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from stock_requests.api.stocklists import documentation
from stock_requests.models import Stocklist, StocklistLine, StockRequest
from tests import factories
from tests.inventory.api.callers import Caller, problem_of
from tests.inventory.api.snapshots import everything
from tests.stock_requests.api.desk import PATH as REQUESTS
from tests.stock_requests.api.desk import Desk, done
from tests.stock_requests.conftest import Ground
from warehouses.http.instants import instant
from warehouses.models import Warehouse

pytestmark = pytest.mark.django_db

PATH = "/api/stocklists"
UNKNOWN = "01h455vb4pex5vsknk084sn02q"


@pytest.fixture
def owner(desk: Desk) -> Caller:
    return desk.caller("owner")


def body(ground: Ground, name: str = "Weekly", *quantities: int, **more: Any) -> dict[str, Any]:
    lines = [
        {"sku": sku.code, "quantity": quantity}
        for sku, quantity in zip(ground.skus, quantities or (10,), strict=False)
    ]
    return {
        "name": name,
        "fromLocationId": ground.source.public_id,
        "toLocationId": ground.destination.public_id,
        "lines": lines,
        **more,
    }


def patch(caller: Caller, shown: dict[str, Any], change: dict[str, Any], **headers: str) -> Any:
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    return caller.send("PATCH", f"{PATH}/{shown['id']}", change, sent)


class TestCreating:
    def test_it_is_shown_as_it_was_made(self, owner: Caller, ground: Ground) -> None:
        category = factories.make_category(ground.organization, "Hygiene")
        more = {"categoryId": category.public_id, "priority": "high", "note": "On Mondays"}

        response = owner.post(PATH, body(ground, "Weekly", 10, 5, **more))

        shown = done(response, 201)
        stocklist = Stocklist.objects.get()
        lines = list(stocklist.lines.order_by("position"))
        assert shown == {
            "id": stocklist.public_id,
            "name": "Weekly",
            "version": 1,
            "isActive": True,
            "fromLocationId": ground.source.public_id,
            "fromLocationName": "Central",
            "toLocationId": ground.destination.public_id,
            "toLocationName": "Clinic",
            "toRoomId": None,
            "toRoomName": None,
            "toDepartmentId": None,
            "toDepartmentName": None,
            "categoryId": category.public_id,
            "categoryName": "Hygiene",
            "priority": "high",
            "note": "On Mondays",
            "lineCount": 2,
            "quantity": 15,
            "createdAt": instant(stocklist.created_at),
            "lines": [
                {
                    "id": line.public_id,
                    "position": position,
                    "sku": sku.code,
                    "skuId": sku.public_id,
                    "title": sku.title,
                    "quantity": quantity,
                }
                for line, position, sku, quantity in (
                    (lines[0], 1, ground.skus[0], 10),
                    (lines[1], 2, ground.skus[1], 5),
                )
            ],
        }
        assert response["Location"] == f"/backoffice{PATH}/{stocklist.public_id}"
        read = owner.get(response["Location"])
        assert (done(read), read["ETag"]) == (shown, response["ETag"])

    def test_to_a_room_a_department_or_nobody(self, owner: Caller, ground: Ground) -> None:
        to = {"toLocationId", "toRoomId", "toDepartmentId"}

        def ends(**named: str) -> dict[str, Any]:
            sent = body(ground, f"List {Stocklist.objects.count()}")
            del sent["toLocationId"]
            shown = done(owner.post(PATH, {**sent, **named}), 201)
            return {name: shown[name] for name in to if shown[name] is not None}

        room, department = ground.room.public_id, ground.department.public_id
        assert ends(toRoomId=room) == {"toRoomId": room, "toLocationId": ground.destination.public_id}
        assert ends(toDepartmentId=department) == {"toDepartmentId": department}
        assert ends() == {}

    @pytest.mark.parametrize(
        ("change", "status", "code", "where"),
        [
            ({"name": "weekly"}, 409, "STOCKLIST_NAME_TAKEN", [("/name", "STOCKLIST_NAME_TAKEN")]),
            ({"name": " "}, 400, "INVALID_REQUEST", [("/name", "BLANK")]),
            ({"lines": []}, 400, "INVALID_REQUEST", [("/lines", "EMPTY")]),
            (
                {"lines": [{"sku": "GLOVES", "quantity": 0}]},
                400,
                "INVALID_REQUEST",
                [("/lines/0/quantity", "MIN_VALUE")],
            ),
            (
                {"lines": [{"sku": "GLOVES", "quantity": 1}, {"sku": "gloves", "quantity": 2}]},
                422,
                "DUPLICATE_ROW",
                [("/lines/1/sku", "DUPLICATE_ROW")],
            ),
            (
                {"lines": [{"sku": "GLOVES", "quantity": 1}, {"sku": "NONE", "quantity": 2}]},
                404,
                "INVENTORY_NOT_FOUND",
                [("/lines/1/sku", "INVENTORY_NOT_FOUND")],
            ),
            (
                {"fromLocationId": f"wh_{UNKNOWN}"},
                404,
                "WAREHOUSE_NOT_FOUND",
                [("/fromLocationId", "WAREHOUSE_NOT_FOUND")],
            ),
            ({"toRoomId": f"room_{UNKNOWN}"}, 404, "ROOM_NOT_FOUND", [("/toRoomId", "ROOM_NOT_FOUND")]),
            (
                {"toDepartmentId": "nonsense"},
                404,
                "DEPARTMENT_NOT_FOUND",
                [("/toDepartmentId", "DEPARTMENT_NOT_FOUND")],
            ),
            (
                {"categoryId": f"cat_{UNKNOWN}"},
                404,
                "CATEGORY_NOT_FOUND",
                [("/categoryId", "CATEGORY_NOT_FOUND")],
            ),
            ({"priority": "2"}, 400, "INVALID_REQUEST", [("/priority", "INVALID_CHOICE")]),
            ({"isActive": True}, 400, "INVALID_REQUEST", [("/isActive", "UNKNOWN_FIELD")]),
        ],
    )
    def test_refusals_name_what_is_wrong_and_change_nothing(
        self,
        owner: Caller,
        ground: Ground,
        change: dict[str, Any],
        status: int,
        code: str,
        where: list[tuple[str, str]],
    ) -> None:
        done(owner.post(PATH, body(ground)), 201)
        before = everything()

        response = owner.post(PATH, {**body(ground, "Other"), **change})

        assert problem_of(response) == (status, code, where)
        assert everything() == before

    def test_both_ends_one_location(self, owner: Caller, ground: Ground) -> None:
        response = owner.post(PATH, body(ground, toLocationId=ground.source.public_id))
        assert problem_of(response) == (422, "SAME_LOCATION", [("/toLocationId", "SAME_LOCATION")])

    def test_it_takes_the_right_at_one_end(self, desk: Desk, ground: Ground) -> None:
        done(desk.caller("requester").post(PATH, body(ground)), 201)
        assert problem_of(desk.caller("viewer").post(PATH, body(ground, "Other")))[:2] == (
            403,
            "PERMISSION_DENIED",
        )
        sent = body(ground, "Other")
        del sent["toLocationId"]
        assert problem_of(desk.caller("requester").post(PATH, sent)) == (
            403,
            "PERMISSION_DENIED",
            [("/fromLocationId", "PERMISSION_DENIED")],
        )
        assert Stocklist.objects.count() == 1

    def test_the_same_key_makes_it_once(self, owner: Caller, ground: Ground) -> None:
        header = {"Idempotency-Key": "K-1"}
        first = owner.post(PATH, body(ground), header)
        again = owner.post(PATH, body(ground), header)
        assert (again.json(), again["Idempotent-Replayed"]) == (first.json(), "true")
        assert Stocklist.objects.count() == 1

    def test_a_request_is_made_of_it(self, desk: Desk, ground: Ground) -> None:
        shown = done(desk.caller("owner").post(PATH, body(ground, "Weekly", 10, 5, priority="high")), 201)

        made = done(desk.caller("requester").post(REQUESTS, {"stocklistId": shown["id"]}), 201)

        assert [(line["sku"], line["requested"]) for line in made["lines"]] == [("GLOVES", 10), ("MASKS", 5)]
        assert (made["stocklistId"], made["priority"], made["toLocationId"]) == (
            shown["id"],
            "high",
            ground.destination.public_id,
        )


class TestChanging:
    @pytest.fixture
    def shown(self, owner: Caller, ground: Ground) -> dict[str, Any]:
        return done(owner.post(PATH, body(ground, "Weekly", 10, 5)), 201)

    def test_only_what_is_given(self, owner: Caller, ground: Ground, shown: dict[str, Any]) -> None:
        assert done(patch(owner, shown, {"note": "Now"})) == {**shown, "note": "Now", "version": 2}
        assert done(patch(owner, shown, {"note": None, "isActive": False, "priority": "low"})) == {
            **shown,
            "version": 3,
            "isActive": False,
            "priority": "low",
        }

    def test_lines_are_all_lines_and_keep_their_ids(
        self, owner: Caller, ground: Ground, shown: dict[str, Any]
    ) -> None:
        lines = [{"sku": "SALINE", "quantity": 7}, {"sku": "MASKS", "quantity": 6}]

        found = done(patch(owner, shown, {"lines": lines}))

        assert [(line["sku"], line["quantity"], line["position"]) for line in found["lines"]] == [
            ("SALINE", 7, 1),
            ("MASKS", 6, 2),
        ]
        assert found["lines"][1]["id"] == shown["lines"][1]["id"]
        assert StocklistLine.objects.count() == 2

    def test_another_destination(self, owner: Caller, ground: Ground, shown: dict[str, Any]) -> None:
        found = done(patch(owner, shown, {"toDepartmentId": ground.department.public_id}))
        assert (found["toLocationId"], found["toDepartmentName"]) == (None, ground.department.name)
        found = done(patch(owner, shown, {"toRoomId": ground.room.public_id}))
        assert (found["toLocationName"], found["toRoomName"], found["toDepartmentId"]) == (
            "Clinic",
            "Pharmacy",
            None,
        )
        found = done(patch(owner, shown, {"toRoomId": None}))
        assert (found["toLocationName"], found["toRoomName"]) == ("Clinic", None), "the location stays"

    def test_an_inactive_one_makes_no_request(self, desk: Desk, owner: Caller, shown: dict[str, Any]) -> None:
        done(patch(owner, shown, {"isActive": False}))
        response = desk.caller("requester").post(REQUESTS, {"stocklistId": shown["id"]})
        assert problem_of(response)[:2] == (409, "STOCKLIST_INACTIVE")
        assert not StockRequest.objects.exists()

    def test_a_stale_tag_changes_nothing(self, owner: Caller, shown: dict[str, Any]) -> None:
        path = f"{PATH}/{shown['id']}"
        tag = owner.get(path)["ETag"]
        done(patch(owner, shown, {"note": "First"}, If_Match=tag))
        before = everything()

        assert problem_of(patch(owner, shown, {"note": "Second"}, If_Match=tag))[:2] == (
            412,
            "PRECONDITION_FAILED",
        )
        assert owner.send("DELETE", path, headers={"If-Match": tag}).status_code == 412
        assert everything() == before

    def test_nothing_to_change(self, owner: Caller, shown: dict[str, Any]) -> None:
        assert problem_of(patch(owner, shown, {}))[:2] == (400, "INVALID_REQUEST")

    def test_a_reader_may_not(self, desk: Desk, shown: dict[str, Any]) -> None:
        before = everything()
        viewer = desk.caller("viewer")
        path = f"{PATH}/{shown['id']}"
        for response in (patch(viewer, shown, {"note": "x"}), viewer.send("DELETE", path)):
            assert problem_of(response)[:2] == (403, "PERMISSION_DENIED")
        assert everything() == before

    def test_deleting_leaves_its_requests(self, desk: Desk, owner: Caller, shown: dict[str, Any]) -> None:
        made = done(desk.caller("requester").post(REQUESTS, {"stocklistId": shown["id"]}), 201)
        path = f"{PATH}/{shown['id']}"

        response = owner.send("DELETE", path)

        assert (response.status_code, response.content) == (204, b"")
        assert problem_of(owner.get(path))[:2] == (404, "STOCKLIST_NOT_FOUND")
        assert desk.read(made)["stocklistId"] is None
        assert len(desk.read(made)["lines"]) == 2


class TestReading:
    def test_hidden_foreign_unknown_and_malformed_are_one_answer(self, desk: Desk, ground: Ground) -> None:
        elsewhere = factories.make_warehouse(ground.organization, "Elsewhere")
        sent = body(ground, "Hidden", fromLocationId=elsewhere.public_id)
        del sent["toLocationId"]
        hidden = done(desk.caller("owner").post(PATH, sent), 201)["id"]
        rival = factories.make_organization("Rival")
        theirs = Stocklist.objects.create(
            organization=rival, name="Theirs", from_warehouse=Warehouse.objects.get(organization=rival)
        )
        approver = desk.caller("approver")
        for public_id in (hidden, theirs.public_id, f"stl_{UNKNOWN}", f"req_{UNKNOWN}", "nonsense"):
            assert problem_of(approver.get(f"{PATH}/{public_id}")) == (404, "STOCKLIST_NOT_FOUND", [])
        assert done(approver.get(PATH))["pagination"]["total"] == 0
        assert [row["name"] for row in done(desk.caller("owner").get(PATH))["data"]] == ["Hidden"]

    def test_a_row_is_the_record_without_its_lines(self, owner: Caller, ground: Ground) -> None:
        shown = done(owner.post(PATH, body(ground, "Weekly", 10, 5)), 201)
        del shown["lines"]
        assert done(owner.get(PATH)) == {
            "data": [shown],
            "pagination": {"page": 1, "limit": 50, "total": 1, "totalPages": 1},
        }

    def test_narrowed_and_sorted(self, owner: Caller, ground: Ground) -> None:
        category = factories.make_category(ground.organization, "Hygiene")
        named = {"categoryId": category.public_id, "priority": "urgent"}
        done(owner.post(PATH, body(ground, "Weekly", 1, 1, **named)), 201)
        to_room = body(ground, "Back to the ward", 1, toRoomId=ground.ward.public_id)
        to_room["toLocationId"] = ground.source.public_id
        done(owner.post(PATH, to_room), 201)
        for_department = body(ground, "Old", 1, toDepartmentId=ground.department.public_id)
        for_department["fromLocationId"] = ground.destination.public_id
        del for_department["toLocationId"]
        old = done(owner.post(PATH, for_department), 201)
        done(patch(owner, old, {"isActive": False}))
        today = ground.organization.today()
        Stocklist.objects.filter(name="Old").update(
            created_at=Stocklist.objects.get(name="Old").created_at - timedelta(days=5)
        )

        def names(query: str) -> list[str]:
            return [row["name"] for row in done(owner.get(f"{PATH}?{query}"))["data"]]

        back, old_one, weekly = "Back to the ward", "Old", "Weekly"
        assert names("") == [back, old_one, weekly]
        assert names("sort=-name") == [weekly, old_one, back]
        assert names("sort=createdAt") == [old_one, weekly, back]
        assert names("sort=-priority")[0] == weekly
        assert names("sort=fromLocationName")[2] == old_one
        assert names("search=WARD") == [back]
        assert names(f"locationId={ground.destination.public_id}") == [old_one, weekly]
        assert names(f"fromLocationId={ground.source.public_id}") == [back, weekly]
        assert names(f"toLocationId={ground.destination.public_id}") == [weekly]
        assert names(f"toRoomId={ground.ward.public_id}") == [back]
        assert names(f"toDepartmentId={ground.department.public_id}") == [old_one]
        assert names(f"categoryId={category.public_id}") == [weekly]
        assert names("priority=urgent") == [weekly]
        assert names("isActive=false") == [old_one]
        assert names("sku=masks") == [weekly]
        assert names(f"startDate={today}") == [back, weekly]
        assert names(f"endDate={today - timedelta(days=1)}") == [old_one]
        assert names("locationId=nonsense") == []
        assert names("limit=1&page=2") == [old_one]

    @pytest.mark.parametrize(
        ("query", "parameter", "code"),
        [
            ("sort=lines", "sort", "INVALID_CHOICE"),
            ("priority=2", "priority", "INVALID_CHOICE"),
            ("isActive=yes", "isActive", "INVALID"),
            ("status=draft", "status", "UNKNOWN_PARAMETER"),
        ],
    )
    def test_bad_parameters(self, owner: Caller, query: str, parameter: str, code: str) -> None:
        found = problem_of(owner.get(f"{PATH}?{query}"))
        assert found == (400, "INVALID_REQUEST", [(parameter, code)])


class TestQueries:
    def count(self, number: int, work: Any) -> dict[str, Any]:
        with CaptureQueriesContext(connection) as captured:
            response = work()
        assert response.status_code < 300, response.content
        made = [query["sql"][:200] for query in captured.captured_queries]
        assert len(made) == number, "\n".join(made)
        return dict(response.json()) if response.content else {}

    @pytest.mark.parametrize("rows", [1, 3])
    def test_the_same_whatever_the_number_of_lines(self, owner: Caller, ground: Ground, rows: int) -> None:
        for number in range(rows):
            done(owner.post(PATH, body(ground, f"List {number}", *[1] * rows)), 201)
        shown = self.count(19, lambda: owner.post(PATH, body(ground, "Weekly", *[2] * rows)))
        self.count(13, lambda: owner.get(PATH))
        self.count(11, lambda: owner.get(f"{PATH}/{shown['id']}"))
        lines = [{"sku": sku.code, "quantity": 3} for sku in ground.skus[:rows]]
        self.count(22, lambda: patch(owner, shown, {"lines": lines}))
        self.count(18, lambda: owner.send("DELETE", f"{PATH}/{shown['id']}"))


def test_the_documented_record_has_the_members_of_one(owner: Caller, ground: Ground) -> None:
    shown = done(owner.post(PATH, body(ground)), 201)
    for operation in (
        documentation.create_stocklist,
        documentation.get_stocklist,
        documentation.change_stocklist,
    ):
        assert operation.answer is not None
        assert set(operation.answer) == set(shown)
        assert set(operation.answer["lines"][0]) == set(shown["lines"][0])
