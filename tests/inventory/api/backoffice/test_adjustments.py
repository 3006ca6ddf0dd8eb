"""`/api/inventory/adjustments` and what is under it: documents of several lines, lot corrections, recorded stock."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from inventory.api.backoffice.stock import documentation
from inventory.demo import adjustments, catalogue_examples, documented
from inventory.models import Adjustment, Lot, Movement, Sku, StockItem, StockLevel
from inventory.verification import verify
from tests.factories import make_bin, make_lot, make_sku, make_warehouse, reason, stock
from tests.inventory.api.callers import Caller, problem_of
from tests.inventory.api.volume import make_levels, make_skus
from tests.inventory.ledger.batches import fingerprint, on_hand
from warehouses.models import Organization, User, Warehouse

pytestmark = pytest.mark.django_db

PATH = "/api/inventory/adjustments"
RECORD = f"{PATH}/record-stock"
LOTS = f"{PATH}/lot-correction"
SCOPES = ["inventory.read", "inventory.adjust"]


@contextmanager
def statements(number: int) -> Iterator[None]:
    with CaptureQueriesContext(connection) as captured:
        yield
    made = [query["sql"][:200] for query in captured.captured_queries]
    assert len(made) == number, "\n".join(made)


@pytest.fixture
def api(api: Caller) -> Caller:
    """Its key has been used in this minute: noting that costs one more statement, once."""
    api.get("/nexus/api/inventory/warehouses")
    return api


@pytest.fixture
def other(organization: Organization) -> Sku:
    return make_sku(organization, "SKU-002", title="Green Widget")


@pytest.fixture
def refused() -> Callable[..., tuple[int, str, list[tuple[str, str]]]]:
    """What a refused write answers; nothing of it was written."""

    def check(caller: Caller, path: str, body: Any, **headers: str) -> tuple[int, str, list[tuple[str, str]]]:
        before = fingerprint(), Lot.objects.count()
        answer = problem_of(caller.post(path, body, headers))
        assert (fingerprint(), Lot.objects.count()) == before
        return answer

    return check


def created(response: Any) -> dict[str, Any]:
    assert response.status_code == 201, response.content
    body: dict[str, Any] = response.json()
    assert response["Location"] == f"/backoffice{PATH}/{body['id']}"
    assert response["ETag"]
    assert list(verify()) == []
    return body


class TestCreate:
    def test_lines_of_both_kinds_are_one_document(
        self, api: Caller, sku: Sku, other: Sku, warehouse: Warehouse, second: Warehouse
    ) -> None:
        stock(sku, warehouse, 10)
        stock(other, second, 4)
        body = {
            "reasonCode": "audit", "note": "Spring", "referenceId": "A-1",
            "lines": [
                {"sku": "SKU-001", "locationId": warehouse.public_id, "quantityChange": -3},
                {"sku": "SKU-002", "locationId": second.public_id, "newQuantity": 9},
            ],
        }  # fmt: skip
        made = api.post(PATH, body)
        shown = created(made)
        assert {name: shown[name] for name in ("kind", "state", "reasonCode", "note", "referenceId", "source")} == {
            "kind": "adjustment", "state": "posted", "reasonCode": "AUDIT", "note": "Spring", "referenceId": "A-1",
            "source": "backoffice",
        }  # fmt: skip
        assert (shown["lineCount"], shown["unitsIn"], shown["unitsOut"]) == (2, 5, 3)
        assert [place["locationId"] for place in shown["locations"]] == [
            warehouse.public_id,
            second.public_id,
        ]
        assert [
            (
                row["sku"],
                row["locationId"],
                row["quantityBefore"],
                row["quantityChange"],
                row["quantityAfter"],
            )
            for row in shown["lines"]
        ] == [("SKU-001", warehouse.public_id, 10, -3, 7), ("SKU-002", second.public_id, 4, 5, 9)]
        assert [(line["action"], line["by"]) for line in shown["history"]] == [("post", "Integration")]
        got = api.get(f"{PATH}/{shown['id']}")
        assert (got.json(), got["ETag"]) == (shown, made["ETag"])
        listed = api.get(PATH).json()["data"][0]
        assert listed == {name: value for name, value in shown.items() if name not in {"lines", "history"}}

    def test_changes_of_one_item_are_added_up_and_two_totals_refused(
        self, api: Caller, refused: Any, sku: Sku, warehouse: Warehouse
    ) -> None:
        stock(sku, warehouse, 10)
        line = {"sku": "SKU-001", "locationId": warehouse.public_id}
        body = {
            "reasonCode": "AUDIT",
            "lines": [{**line, "quantityChange": -15}, {**line, "quantityChange": 6}],
        }
        created(api.post(PATH, body))
        assert StockLevel.objects.get().on_hand == 1
        body["lines"] = [{**line, "newQuantity": 5}, {**line, "newQuantity": 6}]
        assert refused(api, PATH, body) == (422, "DUPLICATE_ROW", [("/lines/1/sku", "DUPLICATE_ROW")])

    def test_what_is_there_already_makes_a_document_without_lines(
        self, api: Caller, sku: Sku, warehouse: Warehouse
    ) -> None:
        stock(sku, warehouse, 10)
        line = {"sku": "SKU-001", "locationId": warehouse.public_id, "newQuantity": 10}
        shown = created(api.post(PATH, {"reasonCode": "AUDIT", "lines": [line]}))
        assert (shown["lineCount"], shown["lines"], shown["reasonCode"]) == (0, [], "AUDIT")
        answer = api.post(f"{PATH}/{shown['id']}", {"action": "reverse"})
        assert problem_of(answer)[:2] == (409, "NOTHING_TO_REVERSE")

    def test_every_bad_row_is_named_and_nothing_changed(
        self, api: Caller, refused: Any, sku: Sku, other: Sku, warehouse: Warehouse
    ) -> None:
        stock(sku, warehouse, 10)
        place = {"locationId": warehouse.public_id}
        lines = [
            {"sku": "SKU-001", **place, "quantityChange": -1},
            {"sku": "NOTHING", **place, "quantityChange": -1},
            {"sku": "SKU-001", "locationId": "wh_x", "quantityChange": -1},
            {"sku": "SKU-002", **place, "quantityChange": -1},
            {"sku": "SKU-001", **place, "binId": "bin_x", "quantityChange": -1},
            {"sku": "SKU-001", **place, "lotId": "lot_x", "newQuantity": 1},
        ]
        assert refused(api, PATH, {"reasonCode": "AUDIT", "lines": lines}) == (
            422,
            "BATCH_REFUSED",
            [
                ("/lines/1/sku", "INVENTORY_NOT_FOUND"),
                ("/lines/2/locationId", "WAREHOUSE_NOT_FOUND"),
                ("/lines/3/quantityChange", "NEGATIVE_QUANTITY"),
                ("/lines/4/binId", "BIN_NOT_FOUND"),
                ("/lines/5/lotId", "LOT_NOT_FOUND"),
            ],
        )

    @pytest.mark.parametrize(
        ("change", "expected"),
        [
            ({"reasonCode": "lot_correction"}, (422, "REASON_RESERVED", "/reasonCode", "REASON_RESERVED")),
            ({"reasonCode": "whim"}, (422, "UNKNOWN_REASON_CODE", "/reasonCode", "UNKNOWN_REASON_CODE")),
            (
                {"reasonCode": "DAMAGE"},
                (422, "REASON_DIRECTION", "/lines/0/quantityChange", "REASON_DIRECTION"),
            ),
            ({"lines": []}, (400, "INVALID_REQUEST", "/lines", "EMPTY")),
            ({"lines": [{}] * 501}, (400, "INVALID_REQUEST", "/lines", "MAX_LENGTH")),
        ],
    )
    def test_refusals_of_the_whole(
        self, api: Caller, refused: Any, sku: Sku, warehouse: Warehouse, change: dict[str, Any], expected: Any
    ) -> None:
        line = {"sku": "SKU-001", "locationId": warehouse.public_id, "quantityChange": 1}
        status, code, pointer, kind = expected
        answer = refused(api, PATH, {"reasonCode": "found", "lines": [line], **change})
        assert answer == (status, code, [(pointer, kind)])

    def test_a_row_has_one_quantity(self, api: Caller, refused: Any, sku: Sku, warehouse: Warehouse) -> None:
        line = {"sku": "SKU-001", "locationId": warehouse.public_id}
        both = {**line, "quantityChange": 1, "newQuantity": 1}
        assert refused(api, PATH, {"reasonCode": "found", "lines": [both, line]}) == (
            400,
            "INVALID_REQUEST",
            [("/lines/0/newQuantity", "CONTRADICTION"), ("/lines/1/quantityChange", "REQUIRED")],
        )

    def test_only_what_is_available_may_be_issued(
        self, api: Caller, refused: Any, sku: Sku, warehouse: Warehouse
    ) -> None:
        stock(sku, warehouse, 10)
        promise = {
            "sku": "SKU-001", "locationId": warehouse.public_id, "quantity": 8, "referenceId": "SO-1",
        }  # fmt: skip
        assert api.post("/api/inventory/reservations", promise).status_code == 201
        line = {"sku": "SKU-001", "locationId": warehouse.public_id, "quantityChange": -3}
        assert refused(api, PATH, {"reasonCode": "SALE", "lines": [line]}) == (
            422, "INSUFFICIENT_STOCK", [("/lines/0/quantityChange", "INSUFFICIENT_STOCK")],
        )  # fmt: skip
        created(api.post(PATH, {"reasonCode": "THEFT", "lines": [line]}))

    @pytest.mark.parametrize("count", [1, 3, 500])
    def test_it_costs_the_same_whatever_there_is(
        self, api: Caller, organization: Organization, warehouse: Warehouse, count: int
    ) -> None:
        codes = make_skus(organization, count)
        make_levels(organization, codes, [warehouse])
        lines = [{"sku": code, "locationId": warehouse.public_id, "quantityChange": -1} for code in codes]
        with statements(19):
            assert api.post(PATH, {"reasonCode": "DAMAGE", "lines": lines}).status_code == 201


class TestReverse:
    @pytest.fixture
    def made(self, api: Caller, sku: Sku, other: Sku, warehouse: Warehouse, second: Warehouse) -> str:
        lines = [
            {"sku": "SKU-001", "locationId": warehouse.public_id, "quantityChange": 5},
            {"sku": "SKU-002", "locationId": second.public_id, "quantityChange": 2},
        ]
        return str(created(api.post(PATH, {"reasonCode": "found", "lines": lines}))["id"])

    def test_once(self, api: Caller, refused: Any, made: str) -> None:
        seen = api.get(f"{PATH}/{made}")
        response = api.post(f"{PATH}/{made}", {"action": "reverse", "note": "Typed twice"})
        assert response.status_code == 200
        shown = response.json()
        undone = Adjustment.objects.get(reverses__isnull=False)
        assert (shown["id"], shown["state"], shown["reversedById"]) == (made, "reversed", undone.public_id)
        assert [(row["action"], row["note"]) for row in shown["history"]] == [
            ("post", None), ("reverse", "Typed twice"),
        ]  # fmt: skip
        assert response["ETag"] != seen["ETag"]
        assert not any(StockLevel.objects.values_list("on_hand", flat=True))
        reversal = api.get(f"{PATH}/{undone.public_id}").json()
        assert (reversal["reversesId"], reversal["state"], reversal["source"]) == (
            made,
            "posted",
            "backoffice",
        )
        assert refused(api, f"{PATH}/{made}", {"action": "reverse"})[:2] == (409, "ALREADY_REVERSED")
        assert api.post(f"{PATH}/{undone.public_id}", {"action": "reverse"}).status_code == 200
        assert sorted(StockLevel.objects.values_list("on_hand", flat=True)) == [2, 5]
        assert list(verify()) == []

    def test_goods_that_are_gone(
        self, api: Caller, refused: Any, made: str, sku: Sku, warehouse: Warehouse
    ) -> None:
        stock(sku, warehouse, -2, code="SALE")
        status, code, _ = refused(api, f"{PATH}/{made}", {"action": "reverse"})
        assert (status, code) == (422, "GOODS_GONE")

    def test_if_match(self, api: Caller, refused: Any, made: str) -> None:
        tag = api.get(f"{PATH}/{made}")["ETag"]
        assert refused(api, f"{PATH}/{made}", {"action": "reverse"}, **{"If-Match": '"other"'})[0] == 412
        assert api.post(f"{PATH}/{made}", {"action": "reverse"}, {"If-Match": tag}).status_code == 200
        assert refused(api, f"{PATH}/{made}", {"action": "reverse"}, **{"If-Match": tag})[0] == 412

    def test_the_right_is_needed_in_all_of_its_locations(
        self,
        api_with: Callable[..., Caller],
        refused: Any,
        made: str,
        warehouse: Warehouse,
        second: Warehouse,
    ) -> None:
        bob = api_with(SCOPES, warehouses=[warehouse])
        seen = bob.get(f"{PATH}/{made}").json()
        assert [row["sku"] for row in seen["lines"]] == ["SKU-001"]
        assert (seen["lineCount"], seen["unitsIn"]) == (1, 5)
        assert second.public_id not in str(seen)
        assert refused(bob, f"{PATH}/{made}", {"action": "reverse"})[:2] == (404, "ADJUSTMENT_NOT_FOUND")
        both = api_with(SCOPES, warehouses=[warehouse, second])
        assert both.post(f"{PATH}/{made}", {"action": "reverse"}).status_code == 200


class TestList:
    @pytest.fixture
    def documents(
        self, api: Caller, alice: User, sku: Sku, other: Sku, warehouse: Warehouse, second: Warehouse
    ) -> dict[str, str]:
        """Numbers of documents by what is special about them."""
        place, there = warehouse.public_id, second.public_id
        line = {"sku": "SKU-001", "locationId": place, "quantityChange": 5}
        browser = Caller.person(alice)
        made = {
            "found": api.post(PATH, {"reasonCode": "found", "referenceId": "F-1", "lines": [line]}),
            "there": browser.post(
                f"/backoffice{PATH}",
                {
                    "reasonCode": "found",
                    "lines": [{"sku": "SKU-002", "locationId": there, "quantityChange": 8}],
                },
            ),
            "counted": api.post(RECORD, {"locationId": place, "lines": [{"sku": "SKU-001", "quantity": 4}]}),
        }
        ids = {name: str(created(response)["id"]) for name, response in made.items()}
        ids["undone"] = ids["there"]
        reversal = api.post(f"{PATH}/{ids['there']}", {"action": "reverse"}).json()["reversedById"]
        return {**ids, "reversal": reversal, "here": place, "elsewhere": there}

    @pytest.mark.parametrize(
        ("query", "found"),
        [
            ("", ["reversal", "counted", "there", "found"]),
            ("sort=createdAt", ["found", "there", "counted", "reversal"]),
            ("locationId={elsewhere}", ["reversal", "there"]),
            ("locationId=wh_x", []),
            ("sku=sku-001", ["counted", "found"]),
            ("reasonCode=FOUND", ["there", "found"]),
            ("kind=statement", ["counted"]),
            ("source=backoffice", ["reversal", "counted", "there", "found"]),
            ("source=admin", []),
            ("createdBy=ALICE", ["there"]),
            ("referenceId=F-1", ["found"]),
            ("isReversed=true", ["there"]),
            ("isReversed=false", ["reversal", "counted", "found"]),
            ("startDate={tomorrow}", []),
            ("endDate={yesterday}", []),
            ("startDate={today}&endDate={today}&limit=1&page=2", ["counted"]),
        ],
    )
    def test_every_filter_filters(
        self,
        api: Caller,
        organization: Organization,
        documents: dict[str, str],
        query: str,
        found: list[str],
    ) -> None:
        today = organization.today()
        days = {"today": today, "tomorrow": today + timedelta(days=1), "yesterday": today - timedelta(days=1)}
        response = api.get(f"{PATH}?{query.format(**documents, **days)}")
        assert response.status_code == 200, response.content
        assert [row["id"] for row in response.json()["data"]] == [documents[name] for name in found]

    def test_a_limited_caller_sees_what_touched_their_locations(
        self, api_with: Callable[..., Caller], documents: dict[str, str], warehouse: Warehouse
    ) -> None:
        bob = api_with(SCOPES, warehouses=[warehouse])
        shown = bob.get(PATH).json()
        assert [row["id"] for row in shown["data"]] == [documents["counted"], documents["found"]]
        assert bob.get(f"{PATH}?locationId={documents['elsewhere']}").json()["data"] == []
        assert bob.get(f"{PATH}?sku=SKU-002").json()["data"] == []
        assert problem_of(bob.get(f"{PATH}/{documents['there']}"))[:2] == (404, "ADJUSTMENT_NOT_FOUND")

    def test_ones_own_without_lines_is_there_too(
        self, api_with: Callable[..., Caller], sku: Sku, warehouse: Warehouse, second: Warehouse
    ) -> None:
        stock(sku, warehouse, 3)
        bob, eve = (api_with(SCOPES, warehouses=[warehouse]) for _ in range(2))
        body = {"locationId": warehouse.public_id, "lines": [{"sku": "SKU-001", "quantity": 3}]}
        mine = created(bob.post(RECORD, body))["id"]
        assert [row["id"] for row in bob.get(RECORD).json()["data"]] == [mine]
        assert eve.get(RECORD).json()["data"] == []

    @pytest.mark.parametrize("count", [1, 3, 200])
    def test_it_costs_the_same_whatever_there_is(
        self, api: Caller, sku: Sku, warehouse: Warehouse, count: int
    ) -> None:
        for _ in range(count):
            stock(sku, warehouse, 1)
        for query, number in (("", 5), ("&sku=SKU-001&reasonCode=ADJUSTMENT&isReversed=false", 5)):
            with statements(number):
                assert len(api.get(f"{PATH}?limit=200{query}").json()["data"]) == count
        first = Adjustment.objects.latest("created_at").public_id
        with statements(4):
            api.get(f"{PATH}/{first}")

    def test_one_costs_the_same_however_many_lines_it_has(
        self, api: Caller, organization: Organization, warehouse: Warehouse
    ) -> None:
        for count in (1, 3, 200):
            codes = make_skus(organization, count, prefix=f"C{count}-")
            lines = [{"sku": code, "locationId": warehouse.public_id, "quantityChange": 1} for code in codes]
            made = created(api.post(PATH, {"reasonCode": "found", "lines": lines}))
            with statements(4):
                assert len(api.get(f"{PATH}/{made['id']}").json()["lines"]) == count


class TestReasonCodes:
    def test_those_in_use(self, api: Caller, organization: Organization) -> None:
        why = reason(organization, "THEFT")
        why.is_active = False
        why.save()
        shown = api.get(f"{PATH}/reason-codes").json()["data"]
        codes = [row["code"] for row in shown]
        assert codes == sorted(codes, key=str.casefold)
        assert "THEFT" not in codes
        assert next(row for row in shown if row["code"] == "DAMAGE") == {
            "code": "DAMAGE", "name": "Damaged goods", "direction": "out", "nature": "correction", "isBuiltIn": False,
            "isSelectable": True,
        }  # fmt: skip

        def found(query: str) -> list[str]:
            return [row["code"] for row in api.get(f"{PATH}/reason-codes?{query}").json()["data"]]

        assert found("isSelectable=false") == ["destruction", "lot_correction", "put_away", "reversal"]
        assert "reversal" not in found("isSelectable=true")
        assert "SALE" in found("direction=out")
        assert "RETURN" not in found("direction=out")
        assert "supplier_receipt" in found("nature=receipt")
        assert found("search=shrink") == []
        assert found("search=damaged") == ["DAMAGE"]
        assert found("sort=-code&limit=1")[0] == codes[-1]


class TestRecordStock:
    def test_before_after_and_difference_of_every_line(
        self, api: Caller, sku: Sku, other: Sku, warehouse: Warehouse, organization: Organization
    ) -> None:
        shelf = make_bin(warehouse, "A-1")
        third = make_sku(organization, "SKU-003")
        stock(sku, warehouse, 10)
        stock(sku, warehouse, 4, bin=shelf)
        stock(other, warehouse, 7)
        body = {
            "locationId": warehouse.public_id, "note": "Shelf check", "referenceId": "C-1",
            "lines": [
                {"sku": "SKU-001", "binId": shelf.public_id, "quantity": 1},
                {"sku": "SKU-002", "quantity": 7},
                {"sku": "SKU-003", "quantity": 2},
            ],
        }  # fmt: skip
        shown = created(api.post(RECORD, body))
        assert [
            (row["sku"], row["binCode"], row["before"], row["after"], row["difference"])
            for row in shown["recorded"]
        ] == [("SKU-001", "A-1", 4, 1, -3), ("SKU-002", None, 7, 7, 0), ("SKU-003", None, 0, 2, 2)]
        assert (shown["kind"], shown["reasonCode"], shown["lineCount"]) == ("statement", "AUDIT", 2)
        assert on_hand(sku, warehouse) == {("MAIN", None): 10, ("A-1", None): 1}
        assert on_hand(third, warehouse) == {("MAIN", None): 2}
        (listed,) = api.get(RECORD).json()["data"]
        assert listed["id"] == shown["id"]

    def test_what_is_held_or_promised_is_no_obstacle(
        self, api: Caller, sku: Sku, warehouse: Warehouse
    ) -> None:
        stock(sku, warehouse, 10)
        place = {"sku": "SKU-001", "locationId": warehouse.public_id}
        assert (
            api.post("/api/inventory/reservations", {**place, "quantity": 8, "referenceId": "S"}).status_code
            == 201
        )
        body = {"locationId": warehouse.public_id, "lines": [{"sku": "SKU-001", "quantity": 3}]}
        created(api.post(RECORD, body))
        level = StockLevel.objects.get()
        assert (level.on_hand, level.reserved, level.available) == (3, 8, -5)

    def test_of_a_lot(
        self, api: Caller, refused: Any, organization: Organization, warehouse: Warehouse
    ) -> None:
        sku = make_sku(organization, "LOTTED", is_lot_controlled=True)
        one, two = make_lot(sku, "L-1"), make_lot(sku, "L-2")
        stock(sku, warehouse, 5, lot=one)
        stock(sku, warehouse, 6, lot=two)
        line = {"sku": "LOTTED", "lotId": two.public_id, "quantity": 2}
        created(api.post(RECORD, {"locationId": warehouse.public_id, "lines": [line]}))
        assert on_hand(sku, warehouse) == {("MAIN", "L-1"): 5, ("MAIN", "L-2"): 2}
        more = {"sku": "LOTTED", "quantity": 20}
        assert refused(api, RECORD, {"locationId": warehouse.public_id, "lines": [more]}) == (
            422, "LOT_REQUIRED", [("/lines/0/lotId", "LOT_REQUIRED")],
        )  # fmt: skip
        # The whole and a part of it: which one holds?
        both = [line, {"sku": "LOTTED", "quantity": 7}]
        assert refused(api, RECORD, {"locationId": warehouse.public_id, "lines": both})[1] == "DUPLICATE_ROW"

    def test_refusals(
        self, api: Caller, refused: Any, organization: Organization, sku: Sku, warehouse: Warehouse
    ) -> None:
        fba = make_warehouse(organization, "FBA", type="FBA", marketplace="amazon_eu")
        line = {"sku": "SKU-001", "quantity": 1}
        assert refused(api, RECORD, {"locationId": fba.public_id, "lines": [line]}) == (
            403, "READONLY_WAREHOUSE", [("/locationId", "READONLY_WAREHOUSE")],
        )  # fmt: skip
        assert refused(api, RECORD, {"locationId": "wh_x", "lines": [line]}) == (
            404, "WAREHOUSE_NOT_FOUND", [("/locationId", "WAREHOUSE_NOT_FOUND")],
        )  # fmt: skip
        bad = [line, {"sku": "X", "quantity": 1}, {"sku": "SKU-001", "quantity": -1}]
        status, code, where = refused(api, RECORD, {"locationId": warehouse.public_id, "lines": bad})
        assert (status, code) == (422, "BATCH_REFUSED")
        assert ("/lines/1/sku", "INVENTORY_NOT_FOUND") in where

    @pytest.mark.parametrize("count", [1, 3, 200])
    def test_it_costs_the_same_whatever_there_is(
        self, api: Caller, organization: Organization, warehouse: Warehouse, count: int
    ) -> None:
        codes = make_skus(organization, count)
        make_levels(organization, codes, [warehouse])
        lines = [{"sku": code, "quantity": 5} for code in codes]
        with statements(19):
            made = api.post(RECORD, {"locationId": warehouse.public_id, "lines": lines})
        assert made.status_code == 201
        with statements(5):
            assert len(api.get(RECORD).json()["data"]) == 1


class TestLotCorrection:
    @pytest.fixture
    def lotted(self, organization: Organization) -> Sku:
        return make_sku(organization, "LOTTED", is_lot_controlled=True)

    def body(self, warehouse: Warehouse, **fields: Any) -> dict[str, Any]:
        return {"sku": "LOTTED", "locationId": warehouse.public_id, "quantity": 4} | fields

    def test_the_books_move_and_the_level_stays(
        self, api: Caller, lotted: Sku, warehouse: Warehouse, organization: Organization
    ) -> None:
        shelf = make_bin(warehouse, "A-1")
        wrong = make_lot(lotted, "WRONG")
        stock(lotted, warehouse, 10, lot=wrong, bin=shelf)
        stock(lotted, warehouse, 3, lot=wrong)
        new = {"code": "RIGHT", "expiresOn": str(organization.today() + timedelta(days=90))}
        body = self.body(
            warehouse, binId=shelf.public_id, fromLotId=wrong.public_id, toLot=new, note="Label read again"
        )
        shown = created(api.post(LOTS, body))
        assert (shown["kind"], shown["reasonCode"], shown["note"]) == (
            "lot_correction", "lot_correction", "Label read again",
        )  # fmt: skip
        assert [(row["lotCode"], row["binCode"], row["quantityChange"]) for row in shown["lines"]] == [
            ("WRONG", "A-1", -4), ("RIGHT", "A-1", 4),
        ]  # fmt: skip
        assert on_hand(lotted, warehouse) == {("A-1", "WRONG"): 6, ("A-1", "RIGHT"): 4, ("MAIN", "WRONG"): 3}
        made = Lot.objects.get(code="RIGHT")
        assert (made.sku, str(made.expires_on), made.state) == (lotted, new["expiresOn"], "active")
        # The same lot again, in other capitals; and back again by reversing.
        again = created(api.post(LOTS, body | {"toLot": {"code": "right"}}))
        assert Lot.objects.filter(sku=lotted).count() == 2
        for number in (again["id"], shown["id"]):
            assert api.post(f"{PATH}/{number}", {"action": "reverse"}).status_code == 200
        assert on_hand(lotted, warehouse) == {("A-1", "WRONG"): 10, ("MAIN", "WRONG"): 3}
        assert list(verify()) == []

    def test_goods_without_a_lot_get_one(
        self, api: Caller, refused: Any, organization: Organization, warehouse: Warehouse
    ) -> None:
        sku = make_sku(organization, "LOTTED")
        lot = make_lot(sku, "L-1")
        stock(sku, warehouse, 5)
        stock(sku, warehouse, 5, lot=lot)
        soon = make_lot(sku, "SOON", organization.today())
        stock(sku, warehouse, 7, lot=soon)  # what would leave first is not what is meant
        body = self.body(warehouse, fromLotId=None, toLotId=lot.public_id)
        created(api.post(LOTS, body))
        assert on_hand(sku, warehouse) == {("MAIN", None): 1, ("MAIN", "L-1"): 9, ("MAIN", "SOON"): 7}
        # Of what has no lot there is one left, whatever the lot has.
        assert refused(api, LOTS, body) == (409, "STOCK_UNAVAILABLE", [("/quantity", "STOCK_UNAVAILABLE")])

    def test_it_may_touch_what_is_on_hold_or_expired(
        self, api: Caller, lotted: Sku, warehouse: Warehouse, organization: Organization
    ) -> None:
        old = make_lot(lotted, "OLD", organization.today() - timedelta(days=3), state="expired")
        right = make_lot(lotted, "RIGHT")
        stock(lotted, warehouse, 4, lot=old)
        level = StockLevel.objects.get()
        hold = {
            "sku": "LOTTED", "locationId": warehouse.public_id, "lotId": old.public_id, "quantity": 3,
            "reason": "Torn",
        }  # fmt: skip
        assert api.post("/api/inventory/holds", hold).status_code == 201
        created(api.post(LOTS, self.body(warehouse, fromLotId=old.public_id, toLotId=right.public_id)))
        level.refresh_from_db()
        assert (level.on_hand, level.held) == (4, 3)
        assert StockItem.objects.get(lot=old).held == 3

    def test_refusals(
        self,
        api: Caller,
        refused: Any,
        lotted: Sku,
        sku: Sku,
        warehouse: Warehouse,
        organization: Organization,
    ) -> None:
        lot = make_lot(lotted, "L-1", organization.today())
        foreign = make_lot(sku, "L-9")
        stock(lotted, warehouse, 5, lot=lot)
        mine = self.body(warehouse, fromLotId=lot.public_id)
        day = str(organization.today() + timedelta(days=1))
        for change, expected in (
            ({"toLotId": lot.public_id}, (400, "SAME_LOT", "/toLotId")),
            ({"toLot": {"code": "l-1"}}, (400, "SAME_LOT", "/toLotId")),
            ({"toLot": {"code": "L-1", "expiresOn": day}}, (409, "LOT_EXPIRY_DIFFERS", "/toLot/expiresOn")),
            ({"toLotId": foreign.public_id}, (404, "LOT_NOT_FOUND", "/toLotId")),
            ({"toLotId": "lot_x"}, (404, "LOT_NOT_FOUND", "/toLotId")),
            (
                {"fromLotId": foreign.public_id, "toLotId": lot.public_id},
                (404, "LOT_NOT_FOUND", "/fromLotId"),
            ),
            ({"toLot": {"code": "NEW"}, "quantity": 6}, (409, "STOCK_UNAVAILABLE", "/quantity")),
            ({"toLot": {"code": "NEW"}, "binId": "bin_x"}, (404, "BIN_NOT_FOUND", "/binId")),
            ({"toLot": {"code": "NEW"}, "sku": "X"}, (404, "INVENTORY_NOT_FOUND", "/sku")),
        ):
            status, code, pointer = expected
            assert refused(api, LOTS, {**mine, **change}) == (status, code, [(pointer, code)]), change
        neither = refused(api, LOTS, mine)
        assert neither == (400, "INVALID_REQUEST", [("/toLotId", "REQUIRED")])
        both = {**mine, "toLotId": lot.public_id, "toLot": {"code": "NEW"}}
        assert refused(api, LOTS, both) == (400, "INVALID_REQUEST", [("/toLot", "CONTRADICTION")])

    def test_only_where_one_may_adjust(
        self,
        api_with: Callable[..., Caller],
        refused: Any,
        lotted: Sku,
        warehouse: Warehouse,
        second: Warehouse,
    ) -> None:
        lot = make_lot(lotted, "L-1")
        stock(lotted, warehouse, 5, lot=lot)
        bob = api_with(SCOPES, warehouses=[second])
        body = self.body(warehouse, fromLotId=lot.public_id, toLot={"code": "NEW"})
        assert refused(bob, LOTS, body)[:2] == (404, "WAREHOUSE_NOT_FOUND")

    @pytest.mark.parametrize("bins", [1, 3])
    def test_it_costs_the_same_whatever_there_is(
        self, api: Caller, lotted: Sku, warehouse: Warehouse, bins: int
    ) -> None:
        lot, right = make_lot(lotted, "L-1"), make_lot(lotted, "L-2")
        for number in range(bins):
            stock(lotted, warehouse, 2, lot=lot, bin=make_bin(warehouse, f"A-{number}"))
        body = self.body(warehouse, fromLotId=lot.public_id, toLotId=right.public_id, quantity=2 * bins)
        with statements(22):
            assert api.post(LOTS, body).status_code == 201
        assert Movement.objects.filter(reason_code__code="lot_correction").count() == 2 * bins


def test_examples_name_what_the_demonstration_has() -> None:
    assert documentation.WAREHOUSE_A == documented.WAREHOUSE_A
    assert documentation.ADJUSTMENT == adjustments.ADJUSTMENT
    assert documentation.PRODUCT == catalogue_examples.PRODUCT
