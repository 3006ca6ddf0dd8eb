"""`/api/categories`, `/api/products` and `/api/skus`: made, read, found, changed by two at once, and deleted."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from inventory.api.backoffice.catalogue import documentation
from inventory.demo import catalogue_examples
from inventory.models import Barcode, Category, Movement, Product, Sku, StockLevel
from tests.factories import (
    make_category,
    make_key,
    make_lot,
    make_product,
    make_sku,
    stock,
)
from tests.inventory.api.callers import Caller, problem, problem_of
from warehouses.models import Organization, Warehouse

pytestmark = pytest.mark.django_db

CATEGORIES, PRODUCTS, SKUS = "/api/categories", "/api/products", "/api/skus"
SCOPES = ["products.read", "products.write"]


@pytest.fixture
def editor(organization: Organization) -> Caller:
    return Caller(make_key(organization, SCOPES))


def created(caller: Caller, path: str, body: dict[str, Any]) -> dict[str, Any]:
    response = caller.post(path, body)
    assert response.status_code == 201, response.content
    shown: dict[str, Any] = response.json()
    assert response["Location"] == f"/backoffice{path}/{shown['id']}"
    read = caller.get(response["Location"])
    assert read.json() == shown
    assert read["ETag"] == response["ETag"]
    return shown


def found(caller: Caller, query: str, name: str = "code") -> list[str]:
    response = caller.get(query)
    assert response.status_code == 200, response.content
    return [row[name] for row in response.json()["data"]]


class TestCategories:
    def test_a_life(self, editor: Caller) -> None:
        shown = created(editor, CATEGORIES, {"name": " Widgets "})
        path = f"{CATEGORIES}/{shown['id']}"
        assert shown == {"id": Category.objects.get().public_id, "name": "Widgets", "productCount": 0}
        product = created(editor, PRODUCTS, {"name": "Widget", "categoryId": shown["id"]})
        assert (product["categoryId"], product["categoryName"]) == (shown["id"], "Widgets")

        renamed = editor.send("PATCH", path, {"name": "Gadgets"})
        assert renamed.json() == {**shown, "name": "Gadgets", "productCount": 1}
        assert editor.get(CATEGORIES).json() == {
            "data": [renamed.json()],
            "pagination": {"page": 1, "limit": 50, "total": 1, "totalPages": 1},
        }

        gone = editor.send("DELETE", path)
        assert (gone.status_code, gone.content) == (204, b"")
        assert problem_of(editor.get(path)) == (404, "CATEGORY_NOT_FOUND", [])
        assert editor.get(f"{PRODUCTS}/{product['id']}").json()["categoryId"] is None

    def test_a_name_that_is_taken(self, editor: Caller) -> None:
        created(editor, CATEGORIES, {"name": "Widgets"})
        other = created(editor, CATEGORIES, {"name": "Gadgets"})
        taken = (409, "CATEGORY_NAME_TAKEN", [("/name", "CATEGORY_NAME_TAKEN")])
        assert problem_of(editor.post(CATEGORIES, {"name": "WIDGETS"})) == taken
        change = editor.send("PATCH", f"{CATEGORIES}/{other['id']}", {"name": "widgets"})
        assert problem_of(change) == taken
        assert Category.objects.count() == 2

    def test_found_and_sorted(self, editor: Caller, organization: Organization) -> None:
        for name in ("Beta", "alpha", "Alphabet"):
            make_category(organization, name)
        assert set(found(editor, f"{CATEGORIES}?search=ALPHA", "name")) == {"alpha", "Alphabet"}
        assert found(editor, f"{CATEGORIES}?search=alpha%25", "name") == []
        assert found(editor, f"{CATEGORIES}?sort=-name", "name") == found(editor, CATEGORIES, "name")[::-1]
        assert found(editor, f"{CATEGORIES}?limit=1&page=4", "name") == []


class TestProducts:
    def test_it_shows_its_skus(self, editor: Caller, organization: Organization) -> None:
        product = created(editor, PRODUCTS, {"name": "Mug"})
        assert (product["skuCount"], product["skus"], product["categoryId"]) == (0, [], None)
        owner = Product.objects.get()
        for number in range(25):
            make_sku(organization, f"MUG-{number:02d}", product=owner, is_active=number != 3)
        others = make_product(organization, "Others")
        for number in range(21):
            make_sku(organization, f"ABOVE-{number:02d}", product=others)

        shown = editor.get(f"{PRODUCTS}/{product['id']}").json()
        assert shown["skuCount"] == 25
        assert [row["sku"] for row in shown["skus"]] == [f"MUG-{number:02d}" for number in range(20)]
        fourth = Sku.objects.get(code="MUG-03")
        assert shown["skus"][3] == {
            "skuId": fourth.public_id,
            "sku": "MUG-03",
            "title": "Title of MUG-03",
            "isActive": False,
        }
        listed = {row["name"]: row for row in editor.get(PRODUCTS).json()["data"]}
        assert listed["Mug"] == shown
        assert (listed["Others"]["skuCount"], len(listed["Others"]["skus"])) == (21, 20)

    def test_what_is_not_given_stays(self, editor: Caller, organization: Organization) -> None:
        category = make_category(organization)
        product = created(editor, PRODUCTS, {"name": "Mug", "categoryId": category.public_id})
        path = f"{PRODUCTS}/{product['id']}"
        assert editor.send("PATCH", path, {"name": "Cup"}).json() == {**product, "name": "Cup"}
        none = {"categoryId": None, "categoryName": None}
        assert editor.send("PATCH", path, {"categoryId": None}).json() == {**product, "name": "Cup", **none}
        assert problem_of(editor.send("PATCH", path, {})) == (400, "INVALID_REQUEST", [("", "EMPTY")])

    def test_a_category_that_there_is_not(
        self, editor: Caller, organization: Organization, rival: Organization
    ) -> None:
        product = make_product(organization)
        for named in ("nonsense", make_category(rival).public_id, product.public_id):
            for response in (
                editor.post(PRODUCTS, {"name": "Cup", "categoryId": named}),
                editor.send("PATCH", f"{PRODUCTS}/{product.public_id}", {"categoryId": named}),
            ):
                assert problem_of(response) == (
                    404,
                    "CATEGORY_NOT_FOUND",
                    [("/categoryId", "CATEGORY_NOT_FOUND")],
                )

    def test_one_with_skus_stays(self, editor: Caller, organization: Organization) -> None:
        sku = make_sku(organization)
        path = f"{PRODUCTS}/{sku.product.public_id}"
        assert problem_of(editor.send("DELETE", path)) == (409, "PRODUCT_HAS_SKUS", [])
        assert editor.send("DELETE", f"{SKUS}/{sku.public_id}").status_code == 204
        assert editor.send("DELETE", path).status_code == 204

    def test_found_and_sorted(self, editor: Caller, organization: Organization) -> None:
        things = make_category(organization, "Things")
        for name, category in (("Mug", things), ("Mugs", None), ("Cup", things)):
            make_product(organization, name, category)
        Product.objects.filter(name="Cup").update(created_at=datetime(2026, 1, 27, 22, 30, tzinfo=UTC))
        assert found(editor, PRODUCTS, "name") == ["Cup", "Mug", "Mugs"]
        assert found(editor, f"{PRODUCTS}?search=mug&sort=-name", "name") == ["Mugs", "Mug"]
        assert found(editor, f"{PRODUCTS}?categoryId={things.public_id}", "name") == ["Cup", "Mug"]
        assert found(editor, f"{PRODUCTS}?categoryId=nonsense", "name") == []
        assert found(editor, f"{PRODUCTS}?sort=createdAt", "name")[0] == "Cup"
        assert found(editor, f"{PRODUCTS}?endDate=2026-01-27", "name") == ["Cup"]
        Organization.objects.filter(pk=organization.pk).update(time_zone="Asia/Tokyo")  # there it is the 28th
        assert found(editor, f"{PRODUCTS}?endDate=2026-01-27", "name") == []
        assert found(editor, f"{PRODUCTS}?startDate=2026-01-28&endDate=2026-01-28", "name") == ["Cup"]


class TestSkus:
    FULL: dict[str, Any] = {
        "code": "MUG-RED",
        "title": "Red mug",
        "unitCost": 4.1,
        "unitPrice": 12.3456,
        "baseUnit": "box",
        "isLotControlled": True,
        "safetyStock": 1,
        "reorderPoint": 2,
        "reorderQuantity": 3,
        "isActive": False,
        "barcodes": ["222", "111"],
    }

    def test_it_is_what_was_said(self, editor: Caller, organization: Organization) -> None:
        product = make_product(organization, "Mug", make_category(organization))
        shown = created(editor, SKUS, {**self.FULL, "productId": product.public_id})
        sku = Sku.objects.get()
        assert shown == {
            **self.FULL,
            "id": sku.public_id,
            "productId": product.public_id,
            "productName": "Mug",
            "categoryId": Category.objects.get().public_id,
            "categoryName": "Widgets",
            "barcodes": ["111", "222"],
            "createdAt": shown["createdAt"],
        }
        assert (sku.unit_cost, sku.unit_price) == (Decimal("4.1"), Decimal("12.3456"))

    def test_money_has_its_own_digits(self, editor: Caller) -> None:
        body = b'{"code": "A", "title": "A", "unitCost": 25, "unitPrice": 9007199254.7401}'
        response = editor.send("POST", SKUS, body)
        assert b'"unitCost":25.00,' in response.content
        assert b'"unitPrice":9007199254.7401,' in response.content
        sku = Sku.objects.get()
        assert (sku.unit_cost, sku.unit_price) == (Decimal(25), Decimal("9007199254.7401"))
        cleared = editor.send("PATCH", f"{SKUS}/{sku.public_id}", {"unitCost": None})
        assert cleared.json()["unitCost"] is None

    @pytest.mark.parametrize(
        ("change", "fault"),
        [
            ({"code": "A/"}, ("/code", "INVALID")),
            ({"code": "ﷺ" * 20}, ("/code", "INVALID_INPUT")),
            ({"title": ""}, ("/title", "BLANK")),
            ({"unitCost": -1}, ("/unitCost", "AMOUNT")),
            ({"unitCost": "4.10"}, ("/unitCost", "AMOUNT")),
            ({"unitPrice": 1e300}, ("/unitPrice", "AMOUNT")),
            ({"safetyStock": -1}, ("/safetyStock", "MIN_VALUE")),
            ({"reorderPoint": 1_000_000_001}, ("/reorderPoint", "MAX_VALUE")),
            ({"isActive": "yes"}, ("/isActive", "INVALID")),
            ({"barcodes": ["1", ""]}, ("/barcodes/1", "BLANK")),
            ({"barcodes": [str(number) for number in range(51)]}, ("/barcodes", "MAX_LENGTH")),
            ({"onHand": 5}, ("/onHand", "UNKNOWN_FIELD")),
        ],
    )
    def test_a_bad_value_is_named(
        self, editor: Caller, change: dict[str, Any], fault: tuple[str, str]
    ) -> None:
        status, _, faults = problem_of(editor.post(SKUS, {"code": "A", "title": "A", **change}))
        assert (status, faults) == (400, [fault])
        assert not Product.objects.exists()

    def test_without_a_product_it_gets_one_of_its_own(
        self, editor: Caller, organization: Organization, rival: Organization
    ) -> None:
        shown = created(editor, SKUS, {"code": "MUG", "title": "Mug"})
        assert (shown["productName"], shown["categoryId"]) == ("Mug", None)
        path = f"{SKUS}/{shown['id']}"
        mugs = make_product(organization, "Mugs")
        moved = editor.send("PATCH", path, {"productId": mugs.public_id})
        assert moved.json()["productName"] == "Mugs"
        assert editor.send("PATCH", path, {"productId": None}).json()["productName"] == "Mug"
        refused = (404, "PRODUCT_NOT_FOUND", [("/productId", "PRODUCT_NOT_FOUND")])
        named = {"productId": make_product(rival).public_id}
        assert problem_of(editor.send("PATCH", path, named)) == refused
        assert problem_of(editor.post(SKUS, {"code": "CUP", "title": "Cup", **named})) == refused

    def test_a_code_or_barcode_that_is_taken(self, editor: Caller, organization: Organization) -> None:
        make_sku(organization, "MUG", barcodes=["1", "2"])
        cup = make_sku(organization, "CUP")
        taken = (409, "SKU_CODE_TAKEN", [("/code", "SKU_CODE_TAKEN")])
        assert problem_of(editor.post(SKUS, {"code": "mug", "title": "x"})) == taken
        assert problem_of(editor.send("PATCH", f"{SKUS}/{cup.public_id}", {"code": "Mug"})) == taken
        barcodes = {"barcodes": ["2", "3", "1"]}
        pointers = [("/barcodes/2", "BARCODE_TAKEN"), ("/barcodes/0", "BARCODE_TAKEN")]
        for response in (
            editor.send("PATCH", f"{SKUS}/{cup.public_id}", barcodes),
            editor.post(SKUS, {"code": "NEW", "title": "x", **barcodes}),
        ):
            assert problem_of(response) == (409, "BARCODE_TAKEN", pointers)
        assert (Sku.objects.count(), Barcode.objects.count()) == (2, 2)

    def test_a_new_code_holds_in_the_stock(
        self, editor: Caller, api: Caller, organization: Organization, warehouse: Warehouse
    ) -> None:
        sku = make_sku(organization, "OLD-1")
        stock(sku, warehouse, 5)
        assert editor.send("PATCH", f"{SKUS}/{sku.public_id}", {"code": "NEW-1"}).status_code == 200
        assert StockLevel.objects.get().sort_code == "new-1"
        assert api.get("/gateway/api/v1/inventory/NEW-1").json()["quantity"] == 5
        assert api.get("/gateway/api/v1/inventory/OLD-1").status_code == 404

    def test_lot_control_waits_for_the_stock_to_be_in_lots(
        self, editor: Caller, organization: Organization, warehouse: Warehouse
    ) -> None:
        sku = make_sku(organization)
        stock(sku, warehouse, 5)
        response = editor.send("PATCH", f"{SKUS}/{sku.public_id}", {"isLotControlled": True, "title": "x"})
        expected = (409, "LOTLESS_STOCK", [("/isLotControlled", "LOTLESS_STOCK")])
        assert problem_of(response) == expected
        assert problem(response)["units"] == 5
        stock(sku, warehouse, -5)
        stock(sku, warehouse, 5, lot=make_lot(sku))
        response = editor.send("PATCH", f"{SKUS}/{sku.public_id}", {"isLotControlled": True})
        assert response.json()["isLotControlled"] is True

    def test_what_has_a_history_stays(
        self, editor: Caller, organization: Organization, warehouse: Warehouse
    ) -> None:
        sku = make_sku(organization, barcodes=["1"])
        stock(sku, warehouse, 5)
        stock(sku, warehouse, -5)
        assert problem_of(editor.send("DELETE", f"{SKUS}/{sku.public_id}")) == (409, "SKU_HAS_HISTORY", [])
        assert (Movement.objects.count(), Barcode.objects.count()) == (2, 1)
        assert editor.send("PATCH", f"{SKUS}/{sku.public_id}", {"isActive": False}).status_code == 200

    def test_what_never_had_any_goes(self, editor: Caller, organization: Organization) -> None:
        sku = make_sku(organization, barcodes=["1"])
        assert editor.send("DELETE", f"{SKUS}/{sku.public_id}").status_code == 204
        assert problem_of(editor.get(f"{SKUS}/{sku.public_id}")) == (404, "SKU_NOT_FOUND", [])
        assert Product.objects.get() == sku.product

    def test_found_and_sorted(self, editor: Caller, organization: Organization) -> None:
        things = make_category(organization, "Things")
        mugs = make_product(organization, "Mugs", things)
        make_sku(organization, "MUG-RED", title="Red mug", product=mugs, barcodes=["4006381333931"])
        make_sku(organization, "MUG-BLUE", title="Blue mug", product=mugs, is_active=False)
        make_sku(organization, "CUP-1", title="A cup, red", is_lot_controlled=True)
        Sku.objects.filter(code="CUP-1").update(created_at=datetime(2026, 1, 27, 12, tzinfo=UTC))
        for query, codes in (
            ("", ["CUP-1", "MUG-BLUE", "MUG-RED"]),
            ("search=mug-", ["MUG-BLUE", "MUG-RED"]),
            ("search=UG-", []),
            ("search=RED", ["CUP-1", "MUG-RED"]),
            ("search=40063", ["MUG-RED"]),
            ("search=3931", []),
            (f"productId={mugs.public_id}", ["MUG-BLUE", "MUG-RED"]),
            (f"categoryId={things.public_id}&isActive=true", ["MUG-RED"]),
            (f"categoryId={mugs.public_id}", []),
            ("isActive=false", ["MUG-BLUE"]),
            ("isLotControlled=true", ["CUP-1"]),
            ("endDate=2026-01-27", ["CUP-1"]),
            ("startDate=2026-01-28", ["MUG-BLUE", "MUG-RED"]),
            ("sort=-code", ["MUG-RED", "MUG-BLUE", "CUP-1"]),
            ("sort=title", ["CUP-1", "MUG-BLUE", "MUG-RED"]),
            ("sort=-createdAt&limit=1&page=3", ["CUP-1"]),
            ("page=9", []),
        ):
            assert found(editor, f"{SKUS}?{query}".rstrip("?")) == codes, query

    @pytest.mark.parametrize(
        ("query", "fault"),
        [
            ("sort=price", ("sort", "INVALID_CHOICE")),
            ("isActive=maybe", ("isActive", "INVALID")),
            ("limit=201", ("limit", "INVALID")),
            ("startDate=tomorrow", ("startDate", "INVALID")),
            ("sku=A", ("sku", "UNKNOWN_PARAMETER")),
        ],
    )
    def test_a_bad_query_is_named(self, editor: Caller, query: str, fault: tuple[str, str]) -> None:
        assert problem_of(editor.get(f"{SKUS}?{query}")) == (400, "INVALID_REQUEST", [fault])


class TestTwoWriters:
    """Each path with a change; what the second of two readers sends is refused if it says what it read."""

    @pytest.fixture(params=["categories", "products", "skus"])
    def path(self, request: pytest.FixtureRequest, organization: Organization) -> str:
        made = {"categories": make_category, "products": make_product, "skus": make_sku}
        return f"/api/{request.param}/{made[request.param](organization).public_id}"

    @staticmethod
    def change(path: str, text: str) -> dict[str, str]:
        return {"title" if "skus" in path else "name": text}

    def test_the_second_is_refused(self, editor: Caller, path: str) -> None:
        tag = editor.get(path)["ETag"]
        first = editor.send("PATCH", path, self.change(path, "first"), {"If-Match": tag})
        assert first.status_code == 200
        for response in (
            editor.send("PATCH", path, self.change(path, "second"), {"If-Match": tag}),
            editor.send("DELETE", path, headers={"If-Match": tag}),
        ):
            assert problem_of(response) == (412, "PRECONDITION_FAILED", [])
        second = editor.send("PATCH", path, self.change(path, "third"), {"If-Match": first["ETag"]})
        assert second.status_code == 200

    def test_the_tag_is_good_for_reading_again(self, editor: Caller, path: str) -> None:
        tag = editor.get(path)["ETag"]
        assert editor.get(path, If_None_Match=tag).status_code == 304
        assert editor.send("PATCH", path, self.change(path, "new")).status_code == 200
        assert editor.get(path, If_None_Match=tag).status_code == 200

    @pytest.mark.parametrize(
        "change",
        [
            {"code": "NEW"}, {"unitCost": 1}, {"unitPrice": 1}, {"baseUnit": "box"}, {"isActive": False},
            {"isLotControlled": True}, {"safetyStock": 9}, {"reorderPoint": 9}, {"reorderQuantity": 9},
            {"barcodes": ["1"]}, {"productId": None},
        ],
    )  # fmt: skip
    def test_each_value_of_a_sku_moves_its_tag(
        self, editor: Caller, organization: Organization, change: dict[str, Any]
    ) -> None:
        path = f"{SKUS}/{make_sku(organization).public_id}"
        tag = editor.get(path)["ETag"]
        assert editor.send("PATCH", path, change).status_code == 200
        refused = editor.send("PATCH", path, {"title": "x"}, {"If-Match": tag})
        assert refused.status_code == 412

    def test_what_happens_to_others_does_not(
        self, editor: Caller, organization: Organization, warehouse: Warehouse
    ) -> None:
        sku = make_sku(organization, product=make_product(organization, "Mug", make_category(organization)))
        path = f"{PRODUCTS}/{sku.product.public_id}"
        tag = editor.get(path)["ETag"]
        make_sku(organization, product=sku.product)
        stock(sku, warehouse, 5)
        assert editor.send("PATCH", path, {"name": "x"}, {"If-Match": tag}).status_code == 200

    def test_a_repeated_request_creates_one(self, editor: Caller) -> None:
        body, headers = {"code": "MUG", "title": "Mug"}, {"Idempotency-Key": "once"}
        first, again = (editor.post(SKUS, body, headers) for _ in range(2))
        assert (first.content, first["Location"]) == (again.content, again["Location"])
        assert again["Idempotent-Replayed"] == "true"
        assert Sku.objects.count() == 1
        assert editor.post(SKUS, {**body, "title": "Other"}, headers).status_code == 422


class TestCallers:
    def test_a_limited_key_reads_all_of_it_and_writes_none(
        self, organization: Organization, warehouse: Warehouse, second: Warehouse
    ) -> None:
        sku = make_sku(organization, "MUG")
        stock(sku, warehouse, 5)
        limited = Caller(make_key(organization, SCOPES, warehouses=[second]))
        assert found(limited, SKUS) == ["MUG"]
        for method, path, body in (
            ("POST", SKUS, {"code": "CUP", "title": "Cup"}),
            ("PATCH", f"{SKUS}/{sku.public_id}", {"title": "x"}),
            ("DELETE", f"{SKUS}/{sku.public_id}", None),
            ("POST", PRODUCTS, {"name": "x"}),
            ("PATCH", f"{PRODUCTS}/nonsense", {"name": "x"}),
            ("POST", CATEGORIES, {"name": "x"}),
            ("DELETE", f"{CATEGORIES}/nonsense", None),
        ):
            response = limited.send(method, path, body)
            assert problem_of(response) == (403, "PERMISSION_DENIED", [])
            assert problem(response)["missing"] == ["products.write"]

    def test_another_organizations_catalogue_is_not_there(
        self, editor: Caller, organization: Organization, rival: Organization
    ) -> None:
        theirs = make_sku(rival, "SECRET", product=make_product(rival, "Secret", make_category(rival)))
        assert found(editor, SKUS) == []
        for path in (SKUS, PRODUCTS, CATEGORIES):
            assert editor.get(path).json()["pagination"]["total"] == 0
        assert found(editor, f"{SKUS}?productId={theirs.product.public_id}") == []
        for method, body in (("GET", None), ("PATCH", {"title": "x"}), ("DELETE", None)):
            response = editor.send(method, f"{SKUS}/{theirs.public_id}", body)
            assert problem_of(response) == (404, "SKU_NOT_FOUND", [])
        assert editor.post(SKUS, {"code": "SECRET", "title": "Ours"}).status_code == 201


class TestCost:
    """Statements: the same for 1, 3 and 200 rows. The key is one; a write is a savepoint of the test's transaction."""

    @pytest.fixture
    def editor(self, editor: Caller) -> Caller:
        editor.get(CATEGORIES)  # noting that the key is in use costs a statement, once a minute
        return editor

    @pytest.fixture(params=[1, 3, 200])
    def rows(self, request: pytest.FixtureRequest, organization: Organization) -> int:
        count: int = request.param
        categories = Category.objects.bulk_create(
            Category(organization=organization, name=f"C{number}") for number in range(count)
        )
        products = Product.objects.bulk_create(
            Product(organization=organization, name=f"P{number}", category=category)
            for number, category in enumerate(categories)
        )
        skus = Sku.objects.bulk_create(
            Sku(
                organization=organization,
                product=product,
                code=f"S{number}-{variant}",
                code_key=f"s{number}-{variant}",
                title="x",
            )
            for number, product in enumerate(products)
            for variant in range(2)
        )
        Barcode.objects.bulk_create(
            Barcode(organization=organization, sku=sku, code=f"B-{sku.code}") for sku in skus
        )
        return count

    @pytest.mark.parametrize(
        ("path", "number"),
        [
            (CATEGORIES, 4),
            (PRODUCTS, 5),
            (SKUS, 5),
            (f"{SKUS}?search=s&isActive=true&sort=-title", 5),
        ],
    )
    def test_of_a_list(self, editor: Caller, rows: int, path: str, number: int) -> None:
        with CaptureQueriesContext(connection) as captured:
            response = editor.get(f"{path}{'&' if '?' in path else '?'}limit=200")
        assert len(response.json()["data"]) == min(rows * (2 if SKUS in path else 1), 200)
        assert len(captured) == number, [query["sql"][:150] for query in captured]

    def test_of_a_sku_with_many_barcodes(self, editor: Caller, organization: Organization) -> None:
        path = f"{SKUS}/{make_sku(organization).public_id}"
        costs = set()
        for count in (1, 3, 50):
            Barcode.objects.all().delete()
            with CaptureQueriesContext(connection) as captured:
                response = editor.send("PATCH", path, {"barcodes": [f"{count}-{n}" for n in range(count)]})
            assert response.status_code == 200
            costs.add(len(captured))
        assert len(costs) == 1, costs


def test_the_examples_name_what_the_demonstration_has() -> None:
    for name in ("CATEGORY", "PRODUCT", "SKU", "OLD_CATEGORY", "OLD_PRODUCT", "OLD_SKU"):
        assert getattr(documentation, name) == getattr(catalogue_examples, name)
    answer = documentation.get_sku.answer
    assert answer is not None
    assert answer["barcodes"] == [catalogue_examples.BARCODE]
