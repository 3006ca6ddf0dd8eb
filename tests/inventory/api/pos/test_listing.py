"""`GET /inventory`: filters, order, paging, and what a row tells."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from inventory.api.pos import filters
from inventory.models import Category, Product, Sku, StockItem, StockLevel
from tests.factories import (
    make_bin,
    make_category,
    make_lot,
    make_person,
    make_product,
    make_sku,
    make_warehouse,
    pretend_reserved,
    stock,
)
from tests.inventory.api.callers import Caller, problem, problem_of
from warehouses.models import Bin, Organization, Room, RoomType, Warehouse

LIST = "/api/v1/inventory"


def codes(response: Any) -> list[str]:
    assert response.status_code == 200, response.content
    return [row["sku"] for row in response.json()["data"]]


def one(response: Any) -> dict[str, Any]:
    assert response.status_code == 200, response.content
    (row,) = response.json()["data"]
    return dict(row)


@pytest.fixture
def shelf(organization: Organization, warehouse: Warehouse) -> Callable[..., list[Sku]]:
    """SKUs of the given codes, one unit of each in Acme's first warehouse, below the reorder point of 5."""

    def fill(*names: str, place: Warehouse = warehouse, quantity: int = 1, **fields: Any) -> list[Sku]:
        skus = [make_sku(organization, name, reorder_point=5) for name in names]
        for sku in skus:
            stock(sku, place, quantity, **fields)
        return skus

    return fill


@pytest.fixture
def bin_of(organization: Organization, warehouse: Warehouse) -> Callable[[str], Bin]:
    """A bin in a room of that type."""

    def make(room_type: str, place: Warehouse = warehouse) -> Bin:
        room = Room.objects.create(
            organization=organization, warehouse=place, name=room_type, room_type=room_type
        )
        return make_bin(place, room_type, room=room)

    return make


Shelf = Callable[..., list[Sku]]


class TestRows:
    def test_each_bin_and_lot_is_one(
        self, api: Caller, sku: Sku, warehouse: Warehouse, bin_of: Callable[..., Bin]
    ) -> None:
        stock(sku, warehouse, 1)
        stock(sku, warehouse, 2, lot=make_lot(sku))
        stock(sku, warehouse, 3, bin=bin_of("vault"))

        rows = api.get(LIST).json()["data"]

        assert [(row["quantity"], row["room_type"]) for row in rows] == [
            (1, "storage"),
            (2, "storage"),
            (3, "vault"),
        ]
        assert len({row["id"] for row in rows}) == 3

    def test_what_is_reserved_is_shared_in_picking_order(
        self, api: Caller, organization: Organization, sku: Sku, warehouse: Warehouse
    ) -> None:
        today = organization.today()
        stock(sku, warehouse, 10)
        for days in (20, 10, -1):
            stock(sku, warehouse, 10, lot=make_lot(sku, f"L{days}", today + timedelta(days=days)))
        pretend_reserved(sku, warehouse, 14)

        rows = api.get(LIST).json()["data"]

        assert [row["reserved_quantity"] for row in rows] == [0, 4, 10, 0]
        assert [row["available_quantity"] for row in rows] == [10, 6, 0, 10]

    def test_shares_do_not_depend_on_the_page(
        self, api: Caller, organization: Organization, sku: Sku, warehouse: Warehouse
    ) -> None:
        for number in range(4):
            stock(
                sku,
                warehouse,
                3,
                lot=make_lot(sku, f"L{number}", organization.today() + timedelta(days=9 - number)),
            )
        pretend_reserved(sku, warehouse, 7)
        whole = api.get(LIST).json()["data"]

        pages = [one(api.get(f"{LIST}?limit=1&page={page}")) for page in (1, 2, 3, 4)]

        assert pages == whole
        assert [row["reserved_quantity"] for row in whole] == [0, 1, 3, 3]

    def test_what_is_held_is_not_available(self, api: Caller, item: StockItem) -> None:
        StockItem.objects.update(held=2)
        StockLevel.objects.update(held=2)
        pretend_reserved(item.sku, item.warehouse, 1)

        row = one(api.get(LIST))

        assert (row["quantity"], row["reserved_quantity"], row["available_quantity"]) == (5, 1, 2)

    def test_available_may_be_negative(self, api: Caller, item: StockItem) -> None:
        StockItem.objects.update(held=2)
        StockLevel.objects.update(held=2)
        pretend_reserved(item.sku, item.warehouse, 9)

        row = one(api.get(LIST))

        assert (row["reserved_quantity"], row["available_quantity"]) == (9, -6)

    def test_rows_of_a_level_add_up_to_it(
        self, api: Caller, organization: Organization, sku: Sku, warehouse: Warehouse
    ) -> None:
        for days in (-5, 0, 5):
            stock(
                sku, warehouse, 4, lot=make_lot(sku, f"L{days}", organization.today() + timedelta(days=days))
            )
        stock(sku, warehouse, 3)
        StockItem.objects.filter(lot__isnull=True).update(held=1)
        StockLevel.objects.update(held=1)
        for reserved in (0, 3, 9, 15, 40):
            pretend_reserved(sku, warehouse, reserved)
            rows = api.get(LIST).json()["data"]
            level = StockLevel.objects.get()
            sums = [
                sum(row[name] for row in rows)
                for name in ("quantity", "reserved_quantity", "available_quantity")
            ]
            assert sums == [level.on_hand, level.reserved, level.available]

    @pytest.mark.parametrize(
        ("stored", "shown"),
        [
            ("25", b"25.00"),
            ("0", b"0.00"),
            ("0.004", b"0.00"),
            ("0.005", b"0.01"),
            ("12.3456", b"12.35"),
            ("9999999999.99", b"9999999999.99"),
            (None, b"null"),
        ],
    )
    def test_money(self, api: Caller, item: StockItem, stored: str | None, shown: bytes) -> None:
        amount = None if stored is None else Decimal(stored)
        Sku.objects.update(unit_cost=amount, unit_price=amount)

        assert b'"unit_cost":' + shown + b',"unit_price":' + shown + b"," in api.get(LIST).content


class TestFilters:
    def test_location(self, api: Caller, shelf: Shelf, second: Warehouse) -> None:
        (both, _here) = shelf("BOTH", "HERE")
        shelf("THERE", place=second)
        stock(both, second, 2)

        listed = api.get(f"{LIST}?location_id={second.public_id}")

        assert codes(listed) == ["THERE", "BOTH"]
        assert listed.json()["pagination"] == {"page": 1, "limit": 50, "total": 2}
        assert {row["location_id"] for row in listed.json()["data"]} == {second.public_id}

    def test_unknown_malformed_and_foreign_locations_are_answered_alike(
        self, api: Caller, shelf: Shelf, rival_warehouse: Warehouse
    ) -> None:
        shelf("HERE")
        ids = [
            *(rival_warehouse.public_id, "wh_01h455vb4pex5vsknk084sn02q", "wh_", "nonsense", "1", "x" * 300),
            *("inv_01h455vb4pex5vsknk084sn02q", rival_warehouse.public_id.upper(), str(rival_warehouse.pk)),
        ]
        for path in (LIST, f"{LIST}/snapshot"):
            for named in ids:
                response = api.get(f"{path}?location_id={named}")
                assert problem_of(response) == (
                    404,
                    "WAREHOUSE_NOT_FOUND",
                    [("location_id", "WAREHOUSE_NOT_FOUND")],
                )
                assert problem(response)["detail"] == "There is no such warehouse."

    def test_room_type(
        self, api: Caller, shelf: Shelf, bin_of: Callable[..., Bin], second: Warehouse
    ) -> None:
        shelf("STORED")
        shelf("SAFE", bin=bin_of("vault"))
        shelf("SAFE-THERE", place=second, bin=bin_of("vault", second))
        shelf("SOLD", bin=bin_of("sales_floor"))

        assert codes(api.get(f"{LIST}?room_type=vault")) == ["SAFE", "SAFE-THERE"]
        assert codes(api.get(f"{LIST}?room_type=sales_floor")) == ["SOLD"]
        assert codes(api.get(f"{LIST}?room_type=storage")) == ["STORED"]
        assert codes(api.get(f"{LIST}?room_type=secret_menu")) == []
        assert codes(api.get(f"{LIST}?room_type=vault&location_id={second.public_id}")) == ["SAFE-THERE"]

    def test_what_is_in_many_bins_is_found_another_way(
        self, api: Caller, shelf: Shelf, bin_of: Callable[..., Bin], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(filters, "_FEW", 1)
        vault = bin_of("vault")
        shelf("SAFE", bin=make_bin(vault.warehouse, "V-2", room=vault.room))
        shelf("STORED")
        shelf("SAFE-2", bin=vault)

        assert codes(api.get(f"{LIST}?room_type=vault")) == ["SAFE", "SAFE-2"]

    @pytest.mark.parametrize("kind", RoomType.values)
    def test_every_room_type(self, api: Caller, shelf: Shelf, bin_of: Callable[..., Bin], kind: str) -> None:
        shelf("IN-IT", bin=bin_of(kind) if kind != "storage" else None)
        assert one(api.get(f"{LIST}?room_type={kind}"))["room_type"] == kind

    def test_no_other_room_type(self, api: Caller) -> None:
        for value in ("cellar", "VAULT", "Vault", "vault,storage", "vaultx", "１", "null"):
            found = problem_of(api.get(f"{LIST}?room_type={value}"))
            assert found == (400, "INVALID_REQUEST", [("room_type", "INVALID_CHOICE")]), value

    @pytest.fixture
    def flowers(self, organization: Organization, shelf: Shelf) -> Category:
        """Two SKUs of one product in it, one in another category, one in none."""
        category = make_category(organization, "Blüten & Kräuter")
        product = make_product(organization, "Blue Dream", category)
        shelf("NONE")
        for code in ("BD-1", "BD-2"):
            sku = make_sku(organization, code, product=product, reorder_point=5)
            stock(sku, Warehouse.objects.get(organization=organization), 1 if code == "BD-1" else 50)
        (other,) = shelf("OTHER")
        Product.objects.filter(pk=other.product_id).update(category=make_category(organization, "Other"))
        return category

    def test_category_by_name_or_id(self, api: Caller, flowers: Category) -> None:
        for value in ("Bl%C3%BCten %26 Kr%C3%A4uter", "BL%C3%9CTEN %26 KR%C3%84UTER", flowers.public_id):
            assert codes(api.get(f"{LIST}?category={value}")) == ["BD-1", "BD-2"], value
        assert codes(api.get(f"{LIST}?category=other")) == ["OTHER"]

    def test_a_category_of_many_skus_is_found_another_way(
        self, api: Caller, flowers: Category, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(filters, "_FEW", 1)
        assert codes(api.get(f"{LIST}?category={flowers.public_id}")) == ["BD-1", "BD-2"]
        assert codes(api.get(f"{LIST}?category=other")) == ["OTHER"]
        assert codes(api.get(f"{LIST}?category=nothing")) == []

    def test_a_category_that_there_is_not_is_an_empty_page(
        self, api: Caller, flowers: Category, rival: Organization
    ) -> None:
        theirs = make_category(rival, "Theirs")
        stock(
            make_sku(rival, "SECRET", product=make_product(rival, "x", theirs)),
            Warehouse.objects.get(organization=rival),
            1,
        )
        for value in ("nothing", "Theirs", theirs.public_id, "cat_01h455vb4pex5vsknk084sn02q", "%25", "Blue"):
            response = api.get(f"{LIST}?category={value}")
            assert codes(response) == [], value
            assert response.json()["pagination"]["total"] == 0

    def test_low_stock(self, api: Caller, shelf: Shelf) -> None:
        shelf("PLENTY", quantity=50)
        shelf("LOW-1", "LOW-2", quantity=4)
        shelf("EXACTLY", quantity=5)

        assert codes(api.get(f"{LIST}?low_stock=true")) == ["LOW-1", "LOW-2"]
        assert codes(api.get(f"{LIST}?low_stock=1")) == ["LOW-1", "LOW-2"]
        for everything in ("", "?low_stock=false", "?low_stock=0"):
            assert codes(api.get(f"{LIST}{everything}")) == ["PLENTY", "LOW-1", "LOW-2", "EXACTLY"]

    def test_low_is_the_sku_at_the_location_not_the_item(
        self, api: Caller, sku: Sku, warehouse: Warehouse, second: Warehouse
    ) -> None:
        StockLevel.objects.update(reorder_point=5)
        Sku.objects.update(reorder_point=5)
        sku.refresh_from_db()
        stock(sku, warehouse, 4)
        stock(sku, warehouse, 4, lot=make_lot(sku))
        stock(sku, second, 4)

        assert [row["location_id"] for row in api.get(f"{LIST}?low_stock=true").json()["data"]] == [
            second.public_id
        ]

        pretend_reserved(sku, warehouse, 4)
        assert len(api.get(f"{LIST}?low_stock=true").json()["data"]) == 3

    def test_filters_narrow_each_other(
        self, api: Caller, shelf: Shelf, flowers: Category, warehouse: Warehouse, second: Warehouse
    ) -> None:
        shelf("LOW-THERE", place=second)

        assert codes(api.get(f"{LIST}?category={flowers.public_id}&low_stock=true")) == ["BD-1"]
        query = f"location_id={warehouse.public_id}&category=other&low_stock=true&room_type=storage"
        assert codes(api.get(f"{LIST}?{query}")) == ["OTHER"]
        query = f"location_id={second.public_id}&category=other&low_stock=true&room_type=storage"
        assert codes(api.get(f"{LIST}?{query}")) == []

    @pytest.mark.parametrize(
        "name", ["warehouse_id", "sku", "status", "per_page", "cursor", "Page", "q", "sort"]
    )
    def test_what_is_no_parameter_is_refused_by_name(self, api: Caller, item: StockItem, name: str) -> None:
        assert problem_of(api.get(f"{LIST}?{name}=1")) == (
            400,
            "INVALID_REQUEST",
            [(name, "UNKNOWN_PARAMETER")],
        )

    @pytest.mark.parametrize("name", ["location_id", "room_type", "category", "low_stock", "page", "limit"])
    def test_blank_and_repeated_ones_are_refused_by_name(self, api: Caller, name: str) -> None:
        assert problem_of(api.get(f"{LIST}?{name}=")) == (400, "INVALID_REQUEST", [(name, "BLANK")])
        assert problem_of(api.get(f"{LIST}?{name}=1&{name}=1")) == (
            400,
            "INVALID_REQUEST",
            [(name, "REPEATED")],
        )


class TestPaging:
    def test_pages_are_apart_and_in_the_order_of_coming(self, api: Caller, shelf: Shelf) -> None:
        shelf("C", "A", "E", "B", "D")

        pages = [api.get(f"{LIST}?limit=2&page={page}") for page in (1, 2, 3, 4)]

        assert [codes(page) for page in pages] == [["C", "A"], ["E", "B"], ["D"], []]
        assert [page.json()["pagination"] for page in pages] == [
            {"page": page, "limit": 2, "total": 5} for page in (1, 2, 3, 4)
        ]

    def test_a_new_item_moves_no_page(self, api: Caller, shelf: Shelf) -> None:
        shelf("C", "D", "E")
        before = api.get(f"{LIST}?limit=2&page=1").json()["data"]

        shelf("A", "B")

        assert api.get(f"{LIST}?limit=2&page=1").json()["data"] == before
        assert codes(api.get(f"{LIST}?limit=2&page=2")) == ["E", "A"]

    def test_filtered_pages_are_in_the_same_order(
        self, api: Caller, shelf: Shelf, bin_of: Callable[..., Bin]
    ) -> None:
        vault = bin_of("vault")
        shelf("C", "A", "B", bin=vault)
        for query in ("room_type=vault", "low_stock=true", "room_type=vault&low_stock=true"):
            pages = [codes(api.get(f"{LIST}?{query}&limit=2&page={page}")) for page in (1, 2)]
            assert pages == [["C", "A"], ["B"]], query

    @pytest.mark.parametrize("name", ["page", "limit"])
    def test_what_is_no_number_from_1(self, api: Caller, name: str) -> None:
        for value in ("0", "-1", "1.0", "x", "１", "1e3", "0x1", "9" * 400):
            found = problem_of(api.get(f"{LIST}?{name}={value}"))
            assert found == (400, "INVALID_REQUEST", [(name, "INVALID")]), value

    def test_at_most_100(self, api: Caller) -> None:
        assert api.get(f"{LIST}?limit=100").json()["pagination"]["limit"] == 100
        assert problem_of(api.get(f"{LIST}?limit=101")) == (400, "INVALID_REQUEST", [("limit", "INVALID")])

    def test_far_past_the_end(self, api: Caller, item: StockItem) -> None:
        assert codes(api.get(f"{LIST}?page=999999999999999")) == []


class TestWhoSees:
    def test_a_key_limited_to_a_location(
        self, api_with: Callable[..., Caller], shelf: Shelf, second: Warehouse
    ) -> None:
        shelf("HERE")
        shelf("THERE", place=second)
        limited = api_with(warehouses=[second])
        limited.headers["X-API-Contract"] = "pos"

        response = limited.get(LIST)

        assert codes(response) == ["THERE"]
        assert response.json()["pagination"]["total"] == 1

    def test_a_person_of_two_of_three_locations(
        self, organization: Organization, shelf: Shelf, warehouse: Warehouse, second: Warehouse
    ) -> None:
        third = make_warehouse(organization, "Third")
        for code, place in (("A", warehouse), ("B", second), ("C", third)):
            shelf(code, place=place)
        bob = make_person("bob@example.com", {organization: [("Viewer", warehouse), ("Viewer", third)]})

        assert codes(Caller.person(bob).get(f"/pos{LIST}")) == ["A", "C"]
        assert codes(Caller.person(bob).get(f"/pos{LIST}?low_stock=true&room_type=storage")) == ["A", "C"]

    def test_nothing_of_another_organization(
        self, api: Caller, item: StockItem, rival: Organization, rival_warehouse: Warehouse
    ) -> None:
        stock(make_sku(rival, "SECRET", reorder_point=50), rival_warehouse, 5)
        for query in ("", "?low_stock=true", "?room_type=storage", "?category=x"):
            assert "SECRET" not in api.get(f"{LIST}{query}").content.decode()
