"""Expired goods: listed, marked, used up, destroyed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from inventory.models import Adjustment, Destruction, Lot, Movement, Sku, StateChange, StockItem, StockLevel
from inventory.verification import verify
from tests.factories import (
    hold,
    make_bin,
    make_category,
    make_lot,
    make_product,
    make_sku,
    make_warehouse,
    reserve,
    stock,
)
from tests.inventory.api.callers import Caller, problem, problem_of
from tests.inventory.api.snapshots import everything
from warehouses.models import Bin, Organization, Room, RoomType, Warehouse

PATH = "/backoffice/api/inventory/expired"
DESTRUCTIONS = "/backoffice/api/inventory/destructions"


@pytest.fixture
def today(organization: Organization) -> date:
    return organization.today()


@pytest.fixture
def destruction_bin(warehouse: Warehouse) -> Bin:
    return make_destruction_bin(warehouse)


def make_destruction_bin(warehouse: Warehouse, code: str = "DES-1") -> Bin:
    room = Room.objects.create(
        organization=warehouse.organization,
        warehouse=warehouse,
        name=f"Destruction {code}",
        room_type=RoomType.DESTRUCTION,
        is_sellable=False,
    )
    return make_bin(warehouse, code, room=room)


def put(sku: Sku, warehouse: Warehouse, code: str, days: int | None, units: int, **where: Any) -> StockItem:
    """Units of a lot that expires in so many days; None: it keeps."""
    today = sku.organization.today()
    lot = Lot.objects.filter(sku=sku, code=code).first()
    lot = lot or make_lot(sku, code, None if days is None else today + timedelta(days=days))
    stock(sku, warehouse, units, lot=lot, **where)
    return StockItem.objects.filter(lot=lot, warehouse=warehouse).order_by("-created_at").first()  # type: ignore[return-value]


def mark(api: Caller, what: str, *lines: tuple[StockItem, int | None], **more: Any) -> Any:
    rows = [
        {"stockItemId": item.public_id} | ({} if units is None else {"quantity": units})
        for item, units in lines
    ]
    return api.post(f"{PATH}/{what}", {"lines": rows, **more})


def stands() -> dict[str | None, int]:
    """Lot → units."""
    found: dict[str | None, int] = {}
    for code, units in StockItem.objects.filter(on_hand__gt=0).values_list("lot__code", "on_hand"):
        found[code] = found.get(code, 0) + units
    return found


def lines_of(lot: Lot) -> list[tuple[str, str, str, int | None, str]]:
    rows = StateChange.objects.filter(subject_id=lot.pk).order_by("created_at", "id")
    return list(rows.values_list("action", "from_state", "to_state", "quantity", "note"))


class TestListing:
    @pytest.fixture
    def goods(self, sku: Sku, warehouse: Warehouse, second: Warehouse) -> dict[str, StockItem]:
        Sku.objects.update(unit_cost=Decimal("2.5000"))
        cheap = make_sku(
            sku.organization,
            "CHEAP",
            product=make_product(sku.organization, "C", make_category(sku.organization)),
        )
        found = {
            "past": put(sku, warehouse, "PAST", -3, 10),
            "yesterday": put(sku, second, "YESTERDAY", -1, 4),
            "today": put(sku, warehouse, "TODAY", 0, 5),
            "week": put(sku, warehouse, "WEEK", 7, 6),
            "marked": put(cheap, warehouse, "MARKED", None, 3),
        }
        put(sku, warehouse, "KEEPS", None, 9)
        put(sku, warehouse, "GONE", -9, 1)
        stock(sku, warehouse, -1, lot=Lot.objects.get(code="GONE"))
        stock(sku, warehouse, 8)
        Lot.objects.filter(code="MARKED").update(state="expired")
        Lot.objects.filter(code="WEEK").update(state="quarantined")
        return found

    @pytest.mark.parametrize(
        ("query", "lots"),
        [
            ("", ["PAST", "YESTERDAY", "MARKED"]),
            ("?daysAhead=0", ["PAST", "YESTERDAY", "MARKED"]),
            ("?daysAhead=1", ["PAST", "YESTERDAY", "TODAY", "MARKED"]),
            ("?daysAhead=6", ["PAST", "YESTERDAY", "TODAY", "MARKED"]),
            ("?daysAhead=7", ["PAST", "YESTERDAY", "TODAY", "WEEK", "MARKED"]),
            ("?daysAhead=3650", ["PAST", "YESTERDAY", "TODAY", "WEEK", "MARKED"]),
            ("?sku=cheap", ["MARKED"]),
            ("?roomType=vault", []),
            ("?roomType=storage&state=expired", ["PAST", "YESTERDAY", "MARKED"]),
            ("?daysAhead=30&state=quarantined", ["WEEK"]),
            ("?daysAhead=30&state=active", ["TODAY"]),
            ("?sort=quantity", ["MARKED", "YESTERDAY", "PAST"]),
            ("?sort=-value", ["PAST", "YESTERDAY", "MARKED"]),
            ("?sort=-expiresOn", ["MARKED", "YESTERDAY", "PAST"]),
            ("?page=2&limit=2", ["MARKED"]),
        ],
    )
    def test_days_filters_and_orders(
        self, api: Caller, goods: dict[str, StockItem], query: str, lots: list[str]
    ) -> None:
        assert [row["lotCode"] for row in api.get(PATH + query).json()["data"]] == lots

    def test_a_row_and_the_totals_of_all_pages(
        self, api: Caller, goods: dict[str, StockItem], sku: Sku, warehouse: Warehouse
    ) -> None:
        hold(sku, warehouse, 2, lot=goods["past"].lot)
        answer = api.get(f"{PATH}?limit=1").json()
        past = goods["past"]
        assert past.lot is not None
        assert past.lot.expires_on is not None
        assert answer == {
            "data": [
                {
                    "stockItemId": past.public_id,
                    "sku": "SKU-001",
                    "skuId": sku.public_id,
                    "title": "Blue Widget 500ml",
                    "locationId": warehouse.public_id,
                    "locationName": "Main warehouse",
                    "binId": past.bin.public_id,
                    "binCode": past.bin.code,
                    "roomType": "storage",
                    "lotId": past.lot.public_id,
                    "lotCode": "PAST",
                    "state": "expired",
                    "expiresOn": past.lot.expires_on.isoformat(),
                    "daysLeft": -3,
                    "onHand": 10,
                    "held": 2,
                    "unitCost": 2.5,
                    "value": 25.0,
                }
            ],
            "pagination": {"page": 1, "limit": 1, "total": 3, "totalPages": 3},
            "totals": {"items": 3, "units": 17, "value": 35.0, "unpricedUnits": 3},
        }

    def test_nothing_at_all(self, api: Caller, sku: Sku) -> None:
        answer = api.get(PATH).json()
        assert answer["totals"] == {"items": 0, "units": 0, "value": None, "unpricedUnits": 0}

    def test_by_location_and_category(
        self, api: Caller, goods: dict[str, StockItem], warehouse: Warehouse, second: Warehouse
    ) -> None:
        category = goods["marked"].sku.product.category
        assert category is not None
        for query, lots in (
            (f"locationId={second.public_id}", ["YESTERDAY"]),
            (f"locationId={warehouse.public_id}", ["PAST", "MARKED"]),
            (f"categoryId={category.public_id}", ["MARKED"]),
            ("categoryId=cat_nonsense", []),
        ):
            answer = api.get(f"{PATH}?{query}").json()
            assert [row["lotCode"] for row in answer["data"]] == lots
            assert answer["totals"]["items"] == len(lots)

    @pytest.mark.parametrize(
        "query", ["daysAhead=-1", "daysAhead=3651", "daysAhead=x", "daysAhead=1.5", "state=bad"]
    )
    def test_what_cannot_be_read_is_refused(self, api: Caller, query: str) -> None:
        status, _, errors = problem_of(api.get(f"{PATH}?{query}"))
        assert (status, [name for name, _ in errors]) == (400, [query.partition("=")[0]])

    @pytest.mark.parametrize(
        ("zone", "instant", "expired"),
        [
            # 12 March is over in Auckland (UTC+13) at 11:00 UTC, in Los Angeles (UTC-7) at 07:00 UTC of the next day.
            ("Pacific/Auckland", datetime(2026, 3, 12, 10, 59, 59, tzinfo=UTC), False),
            ("Pacific/Auckland", datetime(2026, 3, 12, 11, 0, tzinfo=UTC), True),
            ("UTC", datetime(2026, 3, 12, 23, 59, 59, tzinfo=UTC), False),
            ("America/Los_Angeles", datetime(2026, 3, 13, 6, 59, 59, tzinfo=UTC), False),
            ("America/Los_Angeles", datetime(2026, 3, 13, 7, 0, tzinfo=UTC), True),
        ],
    )
    def test_midnight_is_the_organizations(
        self,
        api: Caller,
        organization: Organization,
        sku: Sku,
        warehouse: Warehouse,
        monkeypatch: pytest.MonkeyPatch,
        zone: str,
        instant: datetime,
        expired: bool,
    ) -> None:
        stock(sku, warehouse, 5, lot=make_lot(sku, "L", date(2026, 3, 12)))
        Organization.objects.update(time_zone=zone)
        monkeypatch.setattr(timezone, "now", lambda: instant)
        assert len(api.get(PATH).json()["data"]) == expired
        (row,) = api.get(f"{PATH}?daysAhead=1").json()["data"]
        assert (row["daysLeft"], row["state"]) == ((-1, "expired") if expired else (0, "active"))

    @pytest.mark.parametrize("count", [1, 3])
    def test_statements(self, api: Caller, sku: Sku, warehouse: Warehouse, count: int) -> None:
        for number in range(count):
            put(make_sku(sku.organization), warehouse, f"L-{number}", -1, 5)
        api.get(PATH)
        with CaptureQueriesContext(connection) as captured:
            assert len(api.get(PATH).json()["data"]) == count
        assert len(captured) == 5, [query["sql"][:150] for query in captured.captured_queries]


class TestMarkingAsExpired:
    def test_a_part_goes_into_a_lot_of_its_own(self, api: Caller, sku: Sku, warehouse: Warehouse) -> None:
        item = put(sku, warehouse, "L-1", 20, 10)
        response = mark(api, "mark-expired", (item, 3), note="Torn packs")
        assert response.status_code == 200
        new = Lot.objects.get(code="L-1-EXPIRED")
        adjustment = Adjustment.objects.latest("created_at")
        (row,) = response.json()["data"]
        assert (row["outcome"], row["quantity"]) == ("moved", 3)
        assert (row["lotId"], row["lotCode"]) == (new.public_id, "L-1-EXPIRED")
        assert response.json()["adjustmentId"] == adjustment.public_id
        assert (adjustment.kind, adjustment.note, adjustment.source) == (
            "lot_correction",
            "Torn packs",
            "backoffice",
        )
        assert item.lot is not None
        assert (new.state, new.expires_on) == ("expired", item.lot.expires_on)
        assert stands() == {"L-1": 7, "L-1-EXPIRED": 3}
        movements = Movement.objects.filter(document_id=adjustment.pk)
        assert sorted(movements.values_list("delta", "reason_code__code")) == [
            (-3, "lot_correction"),
            (3, "lot_correction"),
        ]
        assert StockLevel.objects.get().on_hand == 10
        assert Lot.objects.get(code="L-1").state == "active"
        # A second time they join the first ones.
        assert mark(api, "mark-expired", (item, 2)).json()["data"][0]["lotId"] == new.public_id
        assert stands() == {"L-1": 5, "L-1-EXPIRED": 5}
        assert list(verify()) == []

    def test_all_of_a_lot_is_the_lot(
        self, api: Caller, sku: Sku, warehouse: Warehouse, second: Warehouse
    ) -> None:
        here, there = put(sku, warehouse, "L-1", 20, 10), put(sku, second, "L-1", 20, 4)
        before = Movement.objects.count()
        response = mark(api, "mark-expired", (here, None), (there, 4), note="Recalled")
        assert [row["outcome"] for row in response.json()["data"]] == ["lot_expired"] * 2
        assert response.json()["adjustmentId"] is None
        lot = Lot.objects.get()
        assert (lot.state, lot.version) == ("expired", 2)
        assert lines_of(lot) == [("expire", "active", "expired", 14, "Recalled")]
        assert (stands(), Movement.objects.count()) == ({"L-1": 14}, before)
        again = mark(api, "mark-expired", (here, 1))
        assert again.json()["data"][0]["outcome"] == "unchanged"
        assert Lot.objects.get().version == 2

    def test_what_is_elsewhere_stays_as_it_is(
        self, api_with: Callable[..., Caller], sku: Sku, warehouse: Warehouse, second: Warehouse
    ) -> None:
        """Whoever has a say in one warehouse expires nothing in another, though it is the same lot."""
        here, _ = put(sku, warehouse, "L-1", 20, 10), put(sku, second, "L-1", 20, 4)
        limited = api_with(warehouses=[warehouse])
        response = mark(limited, "mark-expired", (here, None))
        assert response.json()["data"][0]["outcome"] == "moved"
        assert Lot.objects.get(code="L-1").state == "active"
        assert stands() == {"L-1-EXPIRED": 10, "L-1": 4}

    def test_a_day_that_has_passed_expires_the_lot(self, api: Caller, sku: Sku, warehouse: Warehouse) -> None:
        item = put(sku, warehouse, "L-1", -1, 10)
        assert mark(api, "mark-expired", (item, 1)).json()["data"][0]["outcome"] == "lot_expired"
        assert (Lot.objects.get().state, stands()) == ("expired", {"L-1": 10})

    def test_on_its_last_day_a_part_is_moved(self, api: Caller, sku: Sku, warehouse: Warehouse) -> None:
        item = put(sku, warehouse, "L-1", 0, 10)
        assert mark(api, "mark-expired", (item, 1)).json()["data"][0]["outcome"] == "moved"

    def test_goods_without_a_lot(self, api: Caller, sku: Sku, warehouse: Warehouse, today: date) -> None:
        stock(sku, warehouse, 10)
        item = StockItem.objects.get()
        code = f"EXPIRED-{today}"
        assert mark(api, "mark-expired", (item, None)).json()["data"][0]["lotCode"] == code
        lot = Lot.objects.get()
        assert (lot.code, lot.state, lot.expires_on, stands()) == (code, "expired", None, {code: 10})
        assert lines_of(lot) == [("create", "", "expired", None, "")]

    def test_a_code_that_means_something_else_gets_a_number(
        self, api: Caller, sku: Sku, warehouse: Warehouse
    ) -> None:
        item = put(sku, warehouse, "L-1", 20, 10)
        make_lot(sku, "l-1-expired")  # active: somebody's own
        long = put(sku, warehouse, "X" * 64, 20, 10)
        shown = mark(api, "mark-expired", (item, 1), (long, 1)).json()["data"]
        assert [row["lotCode"] for row in shown] == ["L-1-EXPIRED-2", "X" * 56 + "-EXPIRED"]

    def test_several_lots_and_bins_at_once(self, api: Caller, sku: Sku, warehouse: Warehouse) -> None:
        first = put(sku, warehouse, "L-1", 20, 10)
        other = put(sku, warehouse, "L-1", 20, 6, bin=make_bin(warehouse, "B-2"))
        whole = put(sku, warehouse, "L-2", 20, 5)
        rows = mark(api, "mark-expired", (first, 4), (other, 2), (whole, None)).json()["data"]
        assert [row["outcome"] for row in rows] == ["moved", "moved", "lot_expired"]
        assert stands() == {"L-1": 10, "L-1-EXPIRED": 6, "L-2": 5}
        assert list(verify()) == []

    def test_more_than_there_is_or_is_free(self, api: Caller, sku: Sku, warehouse: Warehouse) -> None:
        item, other = put(sku, warehouse, "L-1", 20, 10), put(sku, warehouse, "L-2", 20, 10)
        hold(sku, warehouse, 4, lot=item.lot)
        before = everything()
        for units, most in ((11, 10), (7, 6)):
            refused = problem(mark(api, "mark-expired", (item, units)))
            assert (refused["status"], refused["code"], refused["available"]) == (
                409,
                "STOCK_UNAVAILABLE",
                most,
            )
        many = problem_of(mark(api, "mark-expired", (item, 11), (other, 11)))
        assert many[2] == [(f"/lines/{place}/quantity", "STOCK_UNAVAILABLE") for place in (0, 1)]
        assert everything() == before
        # All of the lot: nothing is moved, so that the hold is in nobody's way.
        assert mark(api, "mark-expired", (item, None)).json()["data"][0]["outcome"] == "lot_expired"

    def test_the_same_item_twice(self, api: Caller, sku: Sku, warehouse: Warehouse) -> None:
        item = put(sku, warehouse, "L-1", 20, 10)
        assert problem_of(mark(api, "mark-expired", (item, 1), (item, 1))) == (
            422,
            "DUPLICATE_ROW",
            [("/lines/1/stockItemId", "DUPLICATE_ROW")],
        )

    def test_items_that_are_not_the_callers(
        self,
        api: Caller,
        api_with: Callable[..., Caller],
        sku: Sku,
        warehouse: Warehouse,
        second: Warehouse,
        rival: Organization,
        rival_warehouse: Warehouse,
    ) -> None:
        mine = put(sku, warehouse, "L-1", -1, 10)
        theirs = put(make_sku(rival, "SKU-001"), rival_warehouse, "L-1", -1, 10)
        limited = api_with(warehouses=[second])
        before = everything()
        for what, more in (
            ("mark-expired", {}),
            ("mark-consumed", {}),
            ("transfer-destruction", {"reason": "why"}),
        ):
            for caller, item in ((api, theirs), (limited, mine)):
                assert problem_of(mark(caller, what, (item, 1), **more)) == (
                    404,
                    "INVENTORY_NOT_FOUND",
                    [("/lines/0/stockItemId", "INVENTORY_NOT_FOUND")],
                )
        assert everything() == before

    def test_the_same_key_marks_once(self, api: Caller, sku: Sku, warehouse: Warehouse) -> None:
        item = put(sku, warehouse, "L-1", 20, 10)
        body = {"lines": [{"stockItemId": item.public_id, "quantity": 3}]}
        first, second = (api.post(f"{PATH}/mark-expired", body, {"Idempotency-Key": "K"}) for _ in range(2))
        assert (first.content, second["Idempotent-Replayed"]) == (second.content, "true")
        assert stands() == {"L-1": 7, "L-1-EXPIRED": 3}

    @pytest.mark.parametrize("count", [1, 3])
    def test_statements(self, api: Caller, sku: Sku, warehouse: Warehouse, count: int) -> None:
        parts = [put(make_sku(sku.organization), warehouse, f"L-{number}", 20, 5) for number in range(count)]
        wholes = [put(make_sku(sku.organization), warehouse, f"W-{number}", 20, 5) for number in range(count)]
        api.get(PATH)
        with CaptureQueriesContext(connection) as captured:
            response = mark(
                api, "mark-expired", *((item, 2) for item in parts), *((item, 5) for item in wholes)
            )
        assert response.status_code == 200
        assert len(captured) == 31, [query["sql"][:150] for query in captured.captured_queries]


class TestUsingUp:
    def test_expired_units_leave(self, api: Caller, sku: Sku, warehouse: Warehouse) -> None:
        item = put(sku, warehouse, "L-1", -1, 10)
        response = mark(api, "mark-consumed", (item, 4), note="Kitchen")
        adjustment = Adjustment.objects.latest("created_at")
        assert response.status_code == 200
        (row,) = response.json()["data"]
        assert (row["quantity"], row["onHand"], row["stockItemId"]) == (4, 6, item.public_id)
        assert response.json()["adjustmentId"] == adjustment.public_id
        assert (adjustment.kind, adjustment.note) == ("consumption", "Kitchen")
        movement = Movement.objects.get(document_id=adjustment.pk)
        assert (movement.delta, movement.reason_code.code) == (-4, "consumed")
        assert mark(api, "mark-consumed", (item, None)).json()["data"][0]["onHand"] == 0
        assert stands() == {}
        assert list(verify()) == []

    def test_what_is_not_expired_is_refused(self, api: Caller, sku: Sku, warehouse: Warehouse) -> None:
        last_day = put(sku, warehouse, "L-1", 0, 10)
        quarantined = put(sku, warehouse, "L-2", 5, 10)
        Lot.objects.filter(code="L-2").update(state="quarantined")
        stock(sku, warehouse, 5)
        plain = StockItem.objects.get(lot=None)
        past = put(sku, warehouse, "L-3", -1, 10)
        before = everything()
        response = mark(api, "mark-consumed", (last_day, 1), (past, 1), (quarantined, 1), (plain, 1))
        assert problem_of(response) == (
            409,
            "NOT_EXPIRED",
            [(f"/lines/{place}/stockItemId", "NOT_EXPIRED") for place in (0, 2, 3)],
        )
        assert everything() == before
        Lot.objects.filter(code="L-1").update(state="expired")
        assert mark(api, "mark-consumed", (last_day, 1)).status_code == 200

    def test_units_on_hold_stay(self, api: Caller, sku: Sku, warehouse: Warehouse) -> None:
        item = put(sku, warehouse, "L-1", -1, 10)
        hold(sku, warehouse, 8, lot=item.lot)
        before = everything()
        for units in (3, None):
            refused = problem(mark(api, "mark-consumed", (item, units)))
            assert (refused["status"], refused["code"], refused["available"]) == (409, "STOCK_UNAVAILABLE", 2)
        assert everything() == before
        assert mark(api, "mark-consumed", (item, 2)).status_code == 200

    @pytest.mark.parametrize("count", [1, 3])
    def test_statements(self, api: Caller, sku: Sku, warehouse: Warehouse, count: int) -> None:
        items = [put(make_sku(sku.organization), warehouse, f"L-{number}", -1, 5) for number in range(count)]
        api.get(PATH)
        with CaptureQueriesContext(connection) as captured:
            assert mark(api, "mark-consumed", *((item, 2) for item in items)).status_code == 200
        assert len(captured) == 20, [query["sql"][:150] for query in captured.captured_queries]


class TestDestruction:
    def test_goods_and_their_record(
        self, api: Caller, sku: Sku, warehouse: Warehouse, destruction_bin: Bin
    ) -> None:
        item = put(sku, warehouse, "L-1", -1, 10)
        stock(sku, warehouse, 5)
        plain = StockItem.objects.get(lot=None)
        level = StockLevel.objects.get()
        response = mark(
            api, "transfer-destruction", (item, 4), (plain, None), reason="Mouldy", note="Pallet 7"
        )
        assert response.status_code == 201
        record = Destruction.objects.get()
        shown = response.json()
        assert response["Location"] == f"{DESTRUCTIONS}/{record.public_id}"
        read = api.get(response["Location"])
        assert (read.json(), read["ETag"]) == (shown, response["ETag"])
        (entry,) = shown.pop("history")
        assert (entry["action"], entry["toState"], entry["quantity"], entry["note"]) == (
            "record", "recorded", 9, "Mouldy",
        )  # fmt: skip
        assert shown.pop("createdAt")
        assert item.lot is not None
        goods = {"sku": "SKU-001", "skuId": sku.public_id, "title": "Blue Widget 500ml"}
        source = {"fromBinId": item.bin.public_id, "fromBinCode": item.bin.code}
        assert shown == {
            "id": record.public_id,
            "locationId": warehouse.public_id,
            "locationName": "Main warehouse",
            "binId": destruction_bin.public_id,
            "binCode": "DES-1",
            "reason": "Mouldy",
            "note": "Pallet 7",
            "lineCount": 2,
            "units": 9,
            "createdBy": "Integration",
            "version": 1,
            "lines": [
                {**goods, "lotId": item.lot.public_id, "lotCode": "L-1", **source, "quantity": 4},
                {**goods, "lotId": None, "lotCode": None, **source, "quantity": 5},
            ],
        }
        there = StockItem.objects.filter(bin=destruction_bin).values_list("lot__code", "on_hand")
        assert set(there) == {("L-1", 4), (None, 5)}
        now = StockLevel.objects.get()
        assert (now.on_hand, now.available) == (level.on_hand, level.available)
        movements = Movement.objects.filter(document_type="destruction", document_id=record.pk)
        assert sorted(movements.values_list("delta", "note")) == [
            (-5, "Mouldy"), (-4, "Mouldy"), (4, "Mouldy"), (5, "Mouldy"),
        ]  # fmt: skip
        assert list(verify()) == []

    def test_a_named_bin_is_one_of_such_a_room(
        self, api: Caller, sku: Sku, warehouse: Warehouse, second: Warehouse, destruction_bin: Bin
    ) -> None:
        item = put(sku, warehouse, "L-1", -1, 10)
        other = make_destruction_bin(warehouse, "DES-2")
        elsewhere = make_destruction_bin(second)
        before = everything()
        for shelf, expected in (
            (item.bin.public_id, (422, "NOT_A_DESTRUCTION_BIN")),
            (elsewhere.public_id, (404, "BIN_NOT_FOUND")),
            ("bin_nonsense", (404, "BIN_NOT_FOUND")),
        ):
            response = mark(api, "transfer-destruction", (item, 1), reason="why", binId=shelf)
            assert problem_of(response) == (*expected, [("/binId", expected[1])])
        assert everything() == before
        response = mark(api, "transfer-destruction", (item, 1), reason="why", binId=other.public_id)
        assert response.json()["binCode"] == "DES-2"

    def test_a_location_without_such_a_room(self, api: Caller, sku: Sku, warehouse: Warehouse) -> None:
        item = put(sku, warehouse, "L-1", -1, 10)
        before = everything()
        response = mark(api, "transfer-destruction", (item, 1), reason="why")
        assert problem_of(response)[:2] == (409, "NO_DESTRUCTION_ROOM")
        assert everything() == before
        Bin.objects.filter(pk=make_destruction_bin(warehouse).pk).update(is_active=False)
        response = mark(api, "transfer-destruction", (item, 1), reason="why")
        assert problem_of(response)[:2] == (409, "NO_DESTRUCTION_ROOM")

    def test_lines_in_two_locations(
        self, api: Caller, sku: Sku, warehouse: Warehouse, second: Warehouse, destruction_bin: Bin
    ) -> None:
        here, there = put(sku, warehouse, "L-1", -1, 10), put(sku, second, "L-1", -1, 10)
        assert problem_of(mark(api, "transfer-destruction", (here, 1), (there, 1), reason="why")) == (
            422,
            "SEVERAL_LOCATIONS",
            [("/lines/1/stockItemId", "SEVERAL_LOCATIONS")],
        )

    def test_what_is_there_already(
        self, api: Caller, sku: Sku, warehouse: Warehouse, destruction_bin: Bin
    ) -> None:
        item = put(sku, warehouse, "L-1", -1, 10)
        mark(api, "transfer-destruction", (item, 4), reason="why")
        there = StockItem.objects.get(bin=destruction_bin)
        assert problem_of(mark(api, "transfer-destruction", (there, 1), reason="why"))[:2] == (
            409,
            "IN_DESTRUCTION_ROOM",
        )

    def test_units_on_hold_stay_and_promises_do_not_matter(
        self, api: Caller, sku: Sku, warehouse: Warehouse, destruction_bin: Bin
    ) -> None:
        item = put(sku, warehouse, "L-1", 20, 10)
        hold(sku, warehouse, 6, lot=item.lot)
        reserve(sku, warehouse, 4)
        before = everything()
        refused = problem(mark(api, "transfer-destruction", (item, 5), reason="why"))
        assert (refused["status"], refused["code"], refused["available"]) == (409, "STOCK_UNAVAILABLE", 4)
        assert everything() == before
        assert mark(api, "transfer-destruction", (item, 4), reason="why").status_code == 201
        assert list(verify()) == []

    def test_a_readonly_warehouse(self, api: Caller, sku: Sku, marketplace: Warehouse) -> None:
        item = put(sku, marketplace, "L-1", -1, 10)
        make_destruction_bin(marketplace)
        for what, more in (("mark-consumed", {}), ("transfer-destruction", {"reason": "why"})):
            assert problem_of(mark(api, what, (item, 1), **more))[:2] == (403, "READONLY_WAREHOUSE")

    def test_a_reason_is_needed(
        self, api: Caller, sku: Sku, warehouse: Warehouse, destruction_bin: Bin
    ) -> None:
        item = put(sku, warehouse, "L-1", -1, 10)
        assert problem_of(mark(api, "transfer-destruction", (item, 1)))[0] == 400
        assert problem_of(mark(api, "transfer-destruction", (item, 1), reason=" "))[0] == 400

    def test_the_list(
        self,
        api: Caller,
        api_with: Callable[..., Caller],
        sku: Sku,
        organization: Organization,
        warehouse: Warehouse,
    ) -> None:
        third = make_warehouse(organization, "Third")
        other = make_sku(organization, "SKU-002")
        for place, goods in ((warehouse, sku), (third, other), (warehouse, other)):
            bins = Bin.objects.filter(warehouse=place, room__room_type=RoomType.DESTRUCTION)
            shelf = bins.first() or make_destruction_bin(place)
            item = put(goods, place, f"L-{place.name}", -1, 5, bin=make_bin(place, f"B-{goods.code}"))
            body = mark(api, "transfer-destruction", (item, 1), reason="why").json()
            assert body["binId"] == shelf.public_id
        newest, middle, oldest = [row["id"] for row in api.get(DESTRUCTIONS).json()["data"]]
        lot = Lot.objects.get(sku=other, code="L-Third")
        for query, shown in (
            (f"locationId={warehouse.public_id}", [newest, oldest]),
            ("sku=sku-002", [newest, middle]),
            (f"lotId={lot.public_id}", [middle]),
            ("sort=createdAt", [oldest, middle, newest]),
            ("endDate=2020-01-01", []),
            ("startDate=2020-01-01&limit=1", [newest]),
        ):
            assert [row["id"] for row in api.get(f"{DESTRUCTIONS}?{query}").json()["data"]] == shown
        limited = api_with(warehouses=[third])
        assert [row["id"] for row in limited.get(DESTRUCTIONS).json()["data"]] == [middle]
        assert limited.get(f"{DESTRUCTIONS}/{newest}").status_code == 404
        assert limited.get(f"{DESTRUCTIONS}/{middle}").status_code == 200

    @pytest.mark.parametrize("count", [1, 3])
    def test_statements(
        self, api: Caller, sku: Sku, warehouse: Warehouse, destruction_bin: Bin, count: int
    ) -> None:
        items = [put(make_sku(sku.organization), warehouse, f"L-{number}", -1, 5) for number in range(count)]
        api.get(DESTRUCTIONS)
        with CaptureQueriesContext(connection) as captured:
            made = mark(api, "transfer-destruction", *((item, 2) for item in items), reason="why")
            assert made.status_code == 201
        assert len(captured) == 27, [query["sql"][:150] for query in captured.captured_queries]
        for path, number in ((DESTRUCTIONS, 5), (made["Location"], 4)):
            with CaptureQueriesContext(connection) as captured:
                assert api.get(path).status_code == 200
            assert len(captured) == number, [query["sql"][:150] for query in captured.captured_queries]
