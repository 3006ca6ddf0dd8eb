"""Lot control: whether lines could be picked as they stand, and everything that speaks against it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from inventory.models import Lot, Sku
from tests.factories import hold, make_bin, make_lot, make_sku, reserve, stock
from tests.inventory.api.callers import Caller, problem_of
from tests.inventory.api.snapshots import everything
from warehouses.models import Organization, Room, RoomType, Warehouse

PATH = "/backoffice/api/inventory/lot-control/validate"


@pytest.fixture
def today(organization: Organization) -> date:
    return organization.today()


@pytest.fixture
def lots(sku: Sku, warehouse: Warehouse, today: date) -> dict[str, Lot]:
    """SOON (10 units), LATE (20), KEEPS (5, no last day), PAST (7), and EMPTY without any."""
    found = {}
    for code, days, units in (
        ("SOON", 5, 10),
        ("LATE", 60, 20),
        ("KEEPS", None, 5),
        ("PAST", -1, 7),
        ("EMPTY", 9, 0),
    ):
        found[code] = make_lot(sku, code, None if days is None else today + timedelta(days=days))
        if units:
            stock(sku, warehouse, units, lot=found[code])
    return found


@pytest.fixture
def judge(api: Caller, warehouse: Warehouse) -> Callable[..., dict[str, Any]]:
    """The verdict on one line, which is the same by POST and by GET; and nothing is changed."""

    def ask(lot: str | None, quantity: int, **other: Any) -> dict[str, Any]:
        line = {"sku": "SKU-001", "locationId": warehouse.public_id, "quantity": quantity, **other}
        if lot is not None:
            line["lotCode"] = lot
        before = everything()
        response = api.post(PATH, {"lines": [line]})
        assert response.status_code == 200, response.content
        answer = response.json()
        assert api.get(f"{PATH}?{urlencode(line)}").json() == answer["data"][0]
        assert everything() == before
        assert answer["valid"] == answer["data"][0]["valid"]
        verdict: dict[str, Any] = answer["data"][0]
        return verdict

    return ask


def codes(verdict: dict[str, Any]) -> list[str]:
    return [problem["code"] for problem in verdict["problems"]]


def test_a_line_that_could_be_picked(
    judge: Callable[..., Any], lots: dict[str, Lot], sku: Sku, warehouse: Warehouse
) -> None:
    soon = lots["SOON"]
    assert soon.expires_on is not None
    assert judge("soon", 10) == {
        "sku": "SKU-001",
        "skuId": sku.public_id,
        "title": "Blue Widget 500ml",
        "locationId": warehouse.public_id,
        "locationName": "Main warehouse",
        "lotId": soon.public_id,
        "lotCode": "SOON",
        "expiresOn": soon.expires_on.isoformat(),
        "quantity": 10,
        "available": 10,
        "valid": True,
        "problems": [],
    }


@pytest.mark.parametrize(
    ("lot", "quantity", "found", "available"),
    [
        ("NOBODY", 1, ["LOT_UNKNOWN"], 0),
        ("PAST", 1, ["LOT_EXPIRED"], 0),
        ("SOON", 11, ["LOT_SHORT"], 10),
        ("LATE", 20, ["NOT_FEFO"], 20),
        ("KEEPS", 1, ["NOT_FEFO"], 5),
        ("EMPTY", 1, ["LOT_SHORT", "NOT_FEFO"], 0),
        (None, 35, [], 35),
        (None, 36, ["LOT_SHORT"], 35),
    ],
)
def test_what_is_wrong(
    judge: Callable[..., Any],
    lots: dict[str, Lot],
    lot: str | None,
    quantity: int,
    found: list[str],
    available: int,
) -> None:
    verdict = judge(lot, quantity)
    assert (codes(verdict), verdict["available"], verdict["valid"]) == (found, available, not found)


def test_short_says_how_much_and_not_fefo_says_what_goes_first(
    judge: Callable[..., Any], lots: dict[str, Lot]
) -> None:
    (short,) = judge("SOON", 11)["problems"]
    assert (short["available"], short["lotId"]) == (10, None)
    (late,) = judge("LATE", 1)["problems"]
    assert (late["lotId"], late["lotCode"]) == (lots["SOON"].public_id, "SOON")


def test_what_cannot_leave_does_not_go_first(judge: Callable[..., Any], lots: dict[str, Lot]) -> None:
    Lot.objects.filter(code="SOON").update(state="quarantined")
    assert judge("LATE", 1)["valid"]
    assert codes(judge("SOON", 1)) == ["LOT_ON_HOLD"]


def test_on_its_last_day_a_lot_is_good_and_goes_first(
    judge: Callable[..., Any], lots: dict[str, Lot], today: date
) -> None:
    Lot.objects.filter(code="PAST").update(expires_on=today)
    assert judge("PAST", 7)["valid"]
    assert codes(judge("SOON", 1)) == ["NOT_FEFO"]


def test_a_lot_that_was_marked_as_expired(judge: Callable[..., Any], lots: dict[str, Lot]) -> None:
    Lot.objects.filter(code="SOON").update(state="expired")
    assert codes(judge("SOON", 1)) == ["LOT_EXPIRED"]


def test_units_on_hold(
    judge: Callable[..., Any], sku: Sku, warehouse: Warehouse, lots: dict[str, Lot]
) -> None:
    hold(sku, warehouse, 6, lot=lots["SOON"])
    assert judge("SOON", 4)["valid"]
    verdict = judge("SOON", 5)
    assert (codes(verdict), verdict["available"]) == (["LOT_ON_HOLD", "LOT_SHORT"], 4)


def test_what_is_promised_to_others(
    judge: Callable[..., Any], sku: Sku, warehouse: Warehouse, lots: dict[str, Lot]
) -> None:
    """35 may leave; of the 32 that are promised, nobody can say which they are."""
    reserve(sku, warehouse, 32)
    assert (judge("SOON", 3)["valid"], judge("SOON", 4)["available"]) == (True, 3)


def test_goods_in_a_room_that_sells_go_before_others(
    judge: Callable[..., Any], sku: Sku, warehouse: Warehouse, today: date
) -> None:
    room = Room.objects.create(
        organization=warehouse.organization,
        warehouse=warehouse,
        name="Returns",
        room_type=RoomType.RETURNS,
        is_sellable=False,
    )
    stock(sku, warehouse, 5, lot=make_lot(sku, "RETURNED", today), bin=make_bin(warehouse, "R-1", room=room))
    stock(sku, warehouse, 5, lot=make_lot(sku, "FINE", today + timedelta(days=9)))
    assert judge("FINE", 1)["valid"]


def test_a_lot_is_required(judge: Callable[..., Any], sku: Sku, lots: dict[str, Lot]) -> None:
    Sku.objects.update(is_lot_controlled=True)
    assert codes(judge(None, 1)) == ["LOT_REQUIRED"]
    assert codes(judge(None, 99)) == ["LOT_REQUIRED", "LOT_SHORT"]


def test_by_id_and_another_skus_lot(
    api: Caller, sku: Sku, warehouse: Warehouse, lots: dict[str, Lot], rival: Organization
) -> None:
    stray = make_lot(make_sku(sku.organization, "SKU-002"), "SOON")
    foreign = make_lot(make_sku(rival, "SKU-001"), "SOON")
    line = {"sku": "SKU-001", "locationId": warehouse.public_id, "quantity": 1}
    ids = [lots["SOON"].public_id, stray.public_id, foreign.public_id, "lot_nonsense"]
    verdicts = api.post(PATH, {"lines": [{**line, "lotId": one} for one in ids]}).json()["data"]
    assert [codes(verdict) for verdict in verdicts] == [[], *[["LOT_UNKNOWN"]] * 3]


def test_lines_about_one_lot_are_added_up(
    api: Caller, warehouse: Warehouse, second: Warehouse, lots: dict[str, Lot]
) -> None:
    line = {"sku": "SKU-001", "locationId": warehouse.public_id, "quantity": 6, "lotCode": "SOON"}
    answer = api.post(PATH, {"lines": [line, {**line, "quantity": 4}]}).json()
    assert answer["valid"]
    answer = api.post(PATH, {"lines": [line, {**line, "quantity": 5}]}).json()
    assert [codes(verdict) for verdict in answer["data"]] == [["LOT_SHORT"]] * 2
    answer = api.post(PATH, {"lines": [line, {**line, "locationId": second.public_id}]}).json()
    assert [codes(verdict) for verdict in answer["data"]] == [[], ["LOT_SHORT"]]


def test_every_bad_line_is_named(api: Caller, warehouse: Warehouse, lots: dict[str, Lot]) -> None:
    good = {"sku": "SKU-001", "locationId": warehouse.public_id, "quantity": 1}
    lines = [good, {**good, "sku": "NOBODY"}, {**good, "locationId": "wh_nowhere"}]
    assert problem_of(api.post(PATH, {"lines": lines})) == (
        422,
        "BATCH_REFUSED",
        [("/lines/1/sku", "INVENTORY_NOT_FOUND"), ("/lines/2/locationId", "WAREHOUSE_NOT_FOUND")],
    )


def test_a_query_that_cannot_be_used(api: Caller, warehouse: Warehouse, lots: dict[str, Lot]) -> None:
    good = {"sku": "SKU-001", "locationId": warehouse.public_id, "quantity": "1"}
    for change, expected in (
        ({"quantity": "0"}, (400, ["quantity"])),
        ({"quantity": "1.5"}, (400, ["quantity"])),
        ({"sku": None}, (400, ["sku"])),
        (dict.fromkeys(good), (400, ["sku", "locationId", "quantity"])),
        ({"lotCode": "A", "lotId": "B"}, (400, ["lotId"])),
        ({"sku": "NOBODY"}, (404, ["sku"])),
        ({"locationId": "wh_nowhere"}, (404, ["locationId"])),
    ):
        query = {name: value for name, value in {**good, **change}.items() if value is not None}
        status, _, errors = problem_of(api.get(f"{PATH}?{urlencode(query)}"))
        assert (status, [name for name, _ in errors]) == expected


@pytest.mark.parametrize("count", [1, 3])
def test_statements(api: Caller, sku: Sku, warehouse: Warehouse, today: date, count: int) -> None:
    lines = []
    for number in range(count):
        other = make_sku(sku.organization, f"S-{number}")
        lot = make_lot(other, f"L-{number}", today)
        stock(other, warehouse, 5, lot=lot)
        line = {"sku": other.code, "locationId": warehouse.public_id, "quantity": 1}
        lines += [{**line, "lotCode": lot.code}, {**line, "lotId": lot.public_id}]
    api.post(PATH, {"lines": lines})
    with CaptureQueriesContext(connection) as captured:
        assert api.post(PATH, {"lines": lines}).status_code == 200
    assert len(captured) == 9, [query["sql"][:150] for query in captured.captured_queries]
