"""`POST /inventory/bulk-update`: all or nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from inventory.models import Adjustment, Movement, Sku, StockItem
from tests.factories import make_bin, make_sku, pretend_reserved
from tests.inventory.api.callers import Caller, problem_of
from tests.inventory.api.snapshots import everything
from warehouses.models import Bin, Organization, Warehouse

BULK = "/api/v1/inventory/bulk-update"
UNKNOWN = "inv_01h455vb4pex5vsknk084sn02q"

Stocked = Callable[..., StockItem]


@pytest.fixture
def items(organization: Organization, stocked: Stocked) -> list[StockItem]:
    """5 of each of six SKUs, in one warehouse."""
    return [stocked(5, of=make_sku(organization, f"S-{number}")) for number in range(6)]


def row(item: StockItem | str, change: Any = 1, reason: Any = "AUDIT", **more: Any) -> dict[str, Any]:
    named = item if isinstance(item, str) else item.public_id
    return {"id": named, "quantity_change": change, "reason_code": reason, **more}


def bulk(api: Caller, *rows: dict[str, Any], headers: dict[str, str] | None = None) -> Any:
    return api.post(BULK, {"updates": list(rows)}, headers)


def on_hand(*items: StockItem) -> list[int]:
    found = dict(StockItem.objects.values_list("pk", "on_hand"))
    return [found[item.pk] for item in items]


def test_each_item_once_in_the_order_of_first_mention(api: Caller, items: list[StockItem]) -> None:
    response = bulk(api, row(items[2]), row(items[0], -1), row(items[2], 2), row(items[1]), row(items[0], -1))

    assert response.status_code == 200
    assert list(response.json()) == ["data"]
    assert [(one["sku"], one["quantity"]) for one in response.json()["data"]] == [
        ("S-2", 8),
        ("S-0", 3),
        ("S-1", 6),
    ]


def test_it_is_one_document_with_the_note_of_each_row(api: Caller, items: list[StockItem]) -> None:
    bulk(api, row(items[0], -1, "SALE", notes="one"), row(items[1], 2, "RETURN", notes="two"), row(items[2]))

    document = Adjustment.objects.get(source="pos")
    assert (document.line_count, document.note, document.reason_code) == (3, "", None)
    found = Movement.objects.filter(document_id=document.pk).order_by("stock_item__created_at")
    assert [(one.reason_code.code, one.note) for one in found] == [
        ("SALE", "one"),
        ("RETURN", "two"),
        ("AUDIT", ""),
    ]


class TestAddedUp:
    def test_changes_of_one_item(self, api: Caller, items: list[StockItem]) -> None:
        assert bulk(api, row(items[0], 3), row(items[0], 4), row(items[0], -2)).status_code == 200
        assert on_hand(items[0]) == [10]
        found = Movement.objects.filter(stock_item=items[0]).order_by("level_version")
        assert list(found.values_list("delta", flat=True)[1:]) == [3, 4, -2]

    @pytest.mark.parametrize("turned", [False, True])
    def test_that_only_fit_together(self, api: Caller, items: list[StockItem], turned: bool) -> None:
        rows = [row(items[0], -12, "SALE"), row(items[0], 8, "RETURN")]
        assert bulk(api, *(reversed(rows) if turned else rows)).status_code == 200
        assert on_hand(items[0]) == [1]

    def test_that_do_not_fit_even_together(self, api: Caller, items: list[StockItem]) -> None:
        before = everything()
        response = bulk(api, row(items[0], -3, "SALE"), row(items[1], -5, "SALE"), row(items[0], -3, "SALE"))
        assert problem_of(response) == (
            422,
            "NEGATIVE_QUANTITY",
            [("/updates/2/quantity_change", "NEGATIVE_QUANTITY")],
        )
        assert everything() == before

    def test_siblings_of_one_level_each_for_itself(
        self, api: Caller, stocked: Stocked, warehouse: Warehouse
    ) -> None:
        one, other = stocked(5), stocked(5, bin=make_bin(warehouse, "A-1"))
        assert bulk(api, row(one, -5, "SALE"), row(other, -2, "SALE"), row(one, 1)).status_code == 200
        assert on_hand(one, other) == [1, 3]
        before = everything()
        assert problem_of(bulk(api, row(one, -2, "SALE"), row(other, 5)))[1] == "NEGATIVE_QUANTITY"
        assert everything() == before


class TestRefused:
    @pytest.mark.parametrize("place", [0, 1, 2])
    def test_one_bad_row_changes_nothing(self, api: Caller, items: list[StockItem], place: int) -> None:
        rows = [row(items[0]), row(items[1])]
        rows.insert(place, row(UNKNOWN))
        before = everything()

        assert problem_of(bulk(api, *rows)) == (
            404,
            "INVENTORY_NOT_FOUND",
            [(f"/updates/{place}/id", "INVENTORY_NOT_FOUND")],
        )
        assert everything() == before

    def test_every_bad_row_is_pointed_at(
        self,
        api: Caller,
        organization: Organization,
        items: list[StockItem],
        stocked: Stocked,
        second: Warehouse,
        marketplace: Warehouse,
        warehouse: Warehouse,
        rival: Organization,
        rival_warehouse: Warehouse,
    ) -> None:
        closed = stocked(5, of=items[0].sku, place=second)
        theirs = stocked(5, of=make_sku(rival), place=rival_warehouse)
        readonly = stocked(5, of=items[0].sku, place=marketplace)
        shelf = stocked(5, of=items[0].sku, bin=make_bin(warehouse, "A-1"))
        Warehouse.objects.filter(pk=second.pk).update(is_active=False)
        Bin.objects.filter(pk=shelf.bin_id).update(is_active=False)
        pretend_reserved(items[3].sku, warehouse, 4)
        before = everything()

        response = bulk(
            api,
            row(UNKNOWN),
            row(items[0]),
            row(theirs),
            row(items[1], 1, "whim"),
            row(readonly),
            row(closed),
            row(shelf),
            row(items[2], -6, "SALE"),
            row(items[3], -2, "SALE"),
            row(items[4], 1, "SALE"),
            row("SKU-001"),
            row(items[5], 1_000_000_000),
        )

        status, code, errors = problem_of(response)
        assert (status, code) == (422, "BATCH_REFUSED")
        assert sorted(errors, key=lambda error: int(error[0].split("/")[2])) == [
            ("/updates/0/id", "INVENTORY_NOT_FOUND"),
            ("/updates/2/id", "INVENTORY_NOT_FOUND"),
            ("/updates/3/reason_code", "UNKNOWN_REASON_CODE"),
            ("/updates/4/id", "READONLY_WAREHOUSE"),
            ("/updates/5/id", "WAREHOUSE_INACTIVE"),
            ("/updates/6/id", "BIN_INACTIVE"),
            ("/updates/7/quantity_change", "NEGATIVE_QUANTITY"),
            ("/updates/8/quantity_change", "INSUFFICIENT_STOCK"),
            ("/updates/9/reason_code", "REASON_DIRECTION"),
            ("/updates/10/id", "INVENTORY_NOT_FOUND"),
            ("/updates/11/quantity_change", "QUANTITY_TOO_LARGE"),
        ]
        assert everything() == before

    def test_all_malformed_rows_are_pointed_at(self, api: Caller, items: list[StockItem]) -> None:
        before = everything()

        response = bulk(
            api,
            row(items[0]),
            row(items[1], 0),
            row(items[2], "5"),
            {"id": items[3].public_id},
            {"quantity_change": 5, "reason_code": "SALE"},
            row(items[4], 1, note="x"),
            row(items[5], 1, ""),
        )

        status, code, errors = problem_of(response)
        assert (status, code) == (400, "INVALID_REQUEST")
        assert [pointer for pointer, _ in errors] == [
            "/updates/1/quantity_change",
            "/updates/2/quantity_change",
            "/updates/3/quantity_change",
            "/updates/3/reason_code",
            "/updates/4/id",
            "/updates/5/note",
            "/updates/6/reason_code",
        ]
        assert everything() == before

    @pytest.mark.parametrize("body", [{}, {"updates": []}, {"updates": None}, {"updates": {}}, {"rows": []}])
    def test_no_rows(self, api: Caller, items: list[StockItem], body: dict[str, Any]) -> None:
        before = everything()
        assert problem_of(api.post(BULK, body))[:2] == (400, "INVALID_REQUEST")
        assert everything() == before

    def test_500_rows_and_no_more(self, api: Caller, item: StockItem) -> None:
        before = everything()
        status, code, where = problem_of(bulk(api, *([row(item)] * 501)))
        assert (status, code, [pointer for pointer, _ in where]) == (400, "INVALID_REQUEST", ["/updates"])
        assert everything() == before

        assert len(bulk(api, *([row(item)] * 500)).json()["data"]) == 1
        assert on_hand(item) == [505]

    def test_a_condition_is_not_dropped_in_silence(self, api: Caller, item: StockItem) -> None:
        before = everything()
        response = bulk(api, row(item), headers={"If-Match": "*"})
        assert problem_of(response) == (400, "INVALID_REQUEST", [("If-Match", "INVALID_REQUEST")])
        assert everything() == before

    def test_where_the_caller_may_not(
        self, api_with: Callable[..., Caller], item: StockItem, stocked: Stocked, sku: Sku, second: Warehouse
    ) -> None:
        there = stocked(5, place=second)
        limited = api_with(warehouses=[second])
        before = everything()
        assert problem_of(bulk(limited, row(there), row(item))) == (
            404,
            "INVENTORY_NOT_FOUND",
            [("/updates/1/id", "INVENTORY_NOT_FOUND")],
        )
        assert everything() == before
