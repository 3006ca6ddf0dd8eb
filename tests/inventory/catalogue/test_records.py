"""The catalogue's records one by one: who may write them, what is refused, and what stays when something goes."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from inventory import catalogue
from inventory.models import (
    Barcode,
    Category,
    Movement,
    Product,
    ReplenishmentRule,
    Sku,
    StockLevel,
    StockSummary,
)
from tests.factories import (
    make_category,
    make_lot,
    make_organization,
    make_person,
    make_product,
    make_sku,
    make_warehouse,
    stock,
)
from warehouses.access import Access, access_of_system, access_of_user
from warehouses.models import Organization, Warehouse
from warehouses.refusals import Conflict, Forbidden, InvalidInput, NotFound, Refusal


@pytest.fixture
def access(organization: Organization) -> Access:
    return access_of_system(organization)


@pytest.fixture
def warehouse(organization: Organization) -> Warehouse:
    return Warehouse.objects.get(organization=organization)


def refused(work: Callable[[], object]) -> list[tuple[int | None, str | None, str]]:
    with pytest.raises(Refusal) as caught:
        work()
    refusal = caught.value
    return [(each.index, each.field, each.code) for each in refusal.problems] or [(None, None, refusal.code)]


class TestWhoMay:
    @pytest.fixture(params=["reader", "limited", "nobody"])
    def outsider(self, request: pytest.FixtureRequest, organization: Organization) -> Access:
        """Reads; writes in one warehouse; has no role."""
        roles: dict[str, list[str | tuple[str, Warehouse]]] = {
            "reader": ["Viewer"],
            "limited": [("Warehouse manager", make_warehouse(organization, "North"))],
            "nobody": [],
        }
        person = make_person("bob@example.com", {organization: roles[request.param]})
        found = access_of_user(person, organization)
        assert found is not None
        return found

    def test_the_catalogue_is_written_by_those_who_may_write_it_everywhere(
        self, outsider: Access, organization: Organization
    ) -> None:
        category, product, sku = (
            make_category(organization),
            make_product(organization),
            make_sku(organization),
        )
        for work in (
            lambda: catalogue.create_category(access=outsider, name="New"),
            lambda: catalogue.change_category(access=outsider, category=category, name="New"),
            lambda: catalogue.delete_category(access=outsider, category=category),
            lambda: catalogue.create_product(access=outsider, name="New"),
            lambda: catalogue.change_product(access=outsider, product=product, name="New"),
            lambda: catalogue.delete_product(access=outsider, product=product),
            lambda: catalogue.create_sku(access=outsider, code="NEW", title="New"),
            lambda: catalogue.change_sku(access=outsider, sku=sku, title="New"),
            lambda: catalogue.delete_sku(access=outsider, sku=sku),
        ):
            with pytest.raises(Forbidden) as caught:
                work()
            assert caught.value.extra == {"missing": ["products.write"]}
        assert (Category.objects.count(), Product.objects.count(), Sku.objects.count()) == (1, 2, 1)

    def test_another_organizations_records_are_not_there(self, access: Access) -> None:
        other = make_organization("Rival")
        category, product, sku = make_category(other), make_product(other), make_sku(other)
        for work, code in (
            (
                lambda: catalogue.change_category(access=access, category=category, name="x"),
                "CATEGORY_NOT_FOUND",
            ),
            (lambda: catalogue.delete_category(access=access, category=category), "CATEGORY_NOT_FOUND"),
            (lambda: catalogue.change_product(access=access, product=product, name="x"), "PRODUCT_NOT_FOUND"),
            (lambda: catalogue.delete_product(access=access, product=product), "PRODUCT_NOT_FOUND"),
            (lambda: catalogue.change_sku(access=access, sku=sku, title="x"), "SKU_NOT_FOUND"),
            (lambda: catalogue.delete_sku(access=access, sku=sku), "SKU_NOT_FOUND"),
            (
                lambda: catalogue.create_sku(access=access, code="A", title="A", product=product),
                "PRODUCT_NOT_FOUND",
            ),
            (
                lambda: catalogue.create_product(access=access, name="A", category=category),
                "CATEGORY_NOT_FOUND",
            ),
            (lambda: catalogue.find_sku(access=access, public_id=sku.public_id), "SKU_NOT_FOUND"),
            (lambda: catalogue.find_sku(access=access, public_id=product.public_id), "SKU_NOT_FOUND"),
            (lambda: catalogue.find_sku(access=access, public_id="nonsense"), "SKU_NOT_FOUND"),
        ):
            with pytest.raises(NotFound) as caught:
                work()
            assert caught.value.code == code
        assert not Sku.objects.filter(organization=access.organization).exists()


class TestCategories:
    def test_names_are_taken_whatever_their_capitals(self, access: Access) -> None:
        widgets = catalogue.create_category(access=access, name=" Widgets ")
        assert widgets.name == "Widgets"
        other = catalogue.create_category(access=access, name="Gadgets")

        taken = [(None, "name", "CATEGORY_NAME_TAKEN")]
        assert refused(lambda: catalogue.create_category(access=access, name="WIDGETS")) == taken
        change = lambda: catalogue.change_category(access=access, category=other, name="widgets")  # noqa: E731
        assert refused(change) == taken
        assert catalogue.change_category(access=access, category=widgets, name="WIDGETS").name == "WIDGETS"
        elsewhere = access_of_system(make_organization("Rival"))
        assert catalogue.create_category(access=elsewhere, name="Gadgets").name == "Gadgets"

    def test_its_products_stay_without_one(self, access: Access) -> None:
        category = catalogue.create_category(access=access, name="Widgets")
        product = catalogue.create_product(access=access, name="Widget", category=category)

        catalogue.delete_category(access=access, category=category)

        product.refresh_from_db()
        assert product.category_id is None

    @pytest.mark.parametrize("name", ["", "   ", "x" * 121, "a\x00b"])
    def test_bad_names(self, access: Access, name: str) -> None:
        assert refused(lambda: catalogue.create_category(access=access, name=name)) == [
            (None, "name", "INVALID_INPUT")
        ]


class TestProducts:
    def test_what_is_not_given_stays(self, access: Access) -> None:
        category = catalogue.create_category(access=access, name="Widgets")
        product = catalogue.create_product(access=access, name="Widget", category=category)

        catalogue.change_product(access=access, product=product, name="Other")
        product.refresh_from_db()
        assert (product.name, product.category) == ("Other", category)
        catalogue.change_product(access=access, product=product, category=None)
        product.refresh_from_db()
        assert (product.name, product.category) == ("Other", None)

    def test_one_with_skus_stays(self, access: Access, organization: Organization) -> None:
        sku = make_sku(organization)

        with pytest.raises(Conflict, match="has 1 SKU:") as caught:
            catalogue.delete_product(access=access, product=sku.product)
        assert caught.value.code == "PRODUCT_HAS_SKUS"

        catalogue.delete_sku(access=access, sku=sku)
        catalogue.delete_product(access=access, product=sku.product)
        assert not Product.objects.exists()


class TestSkus:
    def test_it_is_made_as_it_is_said(self, access: Access, organization: Organization) -> None:
        product = make_product(organization)

        sku = catalogue.create_sku(
            access=access,
            code=" Mug-1 ",
            title=" Red mug ",
            product=product,
            unit_cost=Decimal("1.2345"),
            unit_price=Decimal("2.5"),
            base_unit="box",
            is_lot_controlled=True,
            safety_stock=1,
            reorder_point=2,
            reorder_quantity=3,
            is_active=False,
            barcodes=["222", " 111 ", "222"],
        )

        sku.refresh_from_db()
        assert (sku.code, sku.code_key, sku.title, sku.product) == ("Mug-1", "mug-1", "Red mug", product)
        assert (sku.unit_cost, sku.unit_price, sku.base_unit) == (Decimal("1.2345"), Decimal("2.5"), "box")
        assert (sku.safety_stock, sku.reorder_point, sku.reorder_quantity) == (1, 2, 3)
        assert (sku.is_lot_controlled, sku.is_active) == (True, False)
        assert list(sku.barcodes.values_list("code", flat=True)) == ["111", "222"]

    def test_without_a_product_it_gets_one_of_its_own(self, access: Access) -> None:
        sku = catalogue.create_sku(access=access, code="MUG", title="Mug")
        assert (sku.product.name, sku.product.category) == ("Mug", None)

        shared = catalogue.create_product(access=access, name="Mugs")
        catalogue.change_sku(access=access, sku=sku, product=shared)
        sku = catalogue.change_sku(access=access, sku=sku, product=None)
        assert sku.product not in {shared, None}
        assert sku.product.name == "Mug"

    @pytest.mark.parametrize("code", ["mug", "MUG", " ＭＵＧ "])
    def test_codes_are_taken_in_any_spelling(self, access: Access, code: str) -> None:
        catalogue.create_sku(access=access, code="Mug", title="Mug")
        other = catalogue.create_sku(access=access, code="CUP", title="Cup")
        before = Product.objects.count()

        taken = [(None, "code", "SKU_CODE_TAKEN")]
        assert refused(lambda: catalogue.create_sku(access=access, code=code, title="x")) == taken
        assert refused(lambda: catalogue.change_sku(access=access, sku=other, code=code)) == taken
        assert (Sku.objects.count(), Product.objects.count()) == (2, before)

    @pytest.mark.parametrize(
        ("field", "value"),
        [
            ("code", "A/"),
            ("code", ""),
            ("code", "x" * 65),
            ("title", ""),
            ("title", "x" * 201),
            ("unit_cost", Decimal("-0.01")),
            ("unit_price", Decimal("0.00001")),
            ("safety_stock", -1),
            ("base_unit", ""),
        ],
    )
    def test_bad_values_are_named(self, access: Access, field: str, value: object) -> None:
        good = {"code": "MUG", "title": "Mug"}
        work = lambda: catalogue.create_sku(access=access, **{**good, field: value})  # type: ignore[typeddict-item]  # noqa: E731
        assert {(name, code) for _, name, code in refused(work)} == {(field, "INVALID_INPUT")}
        assert not Product.objects.exists()

    def test_another_code_goes_on_to_its_stock(
        self, access: Access, organization: Organization, warehouse: Warehouse
    ) -> None:
        sku = make_sku(organization, "OLD")
        stock(sku, warehouse, 5)

        catalogue.change_sku(access=access, sku=sku, code="New-1")

        assert StockLevel.objects.get().sort_code == StockSummary.objects.get().sort_code == "new-1"
        assert StockLevel.objects.get().on_hand == 5

    def test_thresholds_are_for_levels_to_come(
        self, access: Access, organization: Organization, warehouse: Warehouse
    ) -> None:
        sku = make_sku(organization, reorder_point=3)
        stock(sku, warehouse, 5)
        sku = catalogue.change_sku(access=access, sku=sku, reorder_point=7)
        stock(sku, make_warehouse(organization, "North"), 5)
        points = StockLevel.objects.order_by("pk").values_list("reorder_point", flat=True)
        assert list(points) == [3, 7]


class TestBarcodes:
    def test_they_are_replaced_as_a_whole(self, access: Access, organization: Organization) -> None:
        sku = make_sku(organization, barcodes=["1", "2"])
        kept = Barcode.objects.get(code="2").pk

        catalogue.change_sku(access=access, sku=sku, title="Other")
        assert Barcode.objects.count() == 2
        catalogue.change_sku(access=access, sku=sku, barcodes=["3", "2"])
        assert dict(Barcode.objects.values_list("code", "pk")).keys() == {"2", "3"}
        assert Barcode.objects.get(code="2").pk == kept
        catalogue.change_sku(access=access, sku=sku, barcodes=[])
        assert not Barcode.objects.exists()

    def test_each_that_belongs_to_another_sku_is_named(
        self, access: Access, organization: Organization
    ) -> None:
        make_sku(organization, "A", barcodes=["1"])
        make_sku(organization, "B", barcodes=["3"])
        make_sku(make_organization("Rival"), barcodes=["2"])

        work = lambda: catalogue.create_sku(access=access, code="C", title="C", barcodes=["1", "2", "3"])  # noqa: E731
        assert refused(work) == [(0, "barcodes", "BARCODE_TAKEN"), (2, "barcodes", "BARCODE_TAKEN")]
        assert not Sku.objects.filter(code="C").exists()
        assert catalogue.create_sku(access=access, code="C", title="C", barcodes=["2"]).barcodes.count() == 1

    @pytest.mark.parametrize("code", ["", "x" * 81, "a\x00"])
    def test_bad_ones_are_named(self, access: Access, organization: Organization, code: str) -> None:
        sku = make_sku(organization, barcodes=["1"])
        work = lambda: catalogue.change_sku(access=access, sku=sku, barcodes=["2", code])  # noqa: E731
        assert refused(work) == [(1, "barcodes", "INVALID_INPUT")]
        assert Barcode.objects.get().code == "1"

    def test_there_are_not_too_many(self, access: Access, organization: Organization) -> None:
        codes = [str(number) for number in range(catalogue.MOST_BARCODES + 1)]
        sku = make_sku(organization)
        assert catalogue.change_sku(access=access, sku=sku, barcodes=codes[1:]).barcodes.count() == 50
        with pytest.raises(InvalidInput):
            catalogue.change_sku(access=access, sku=sku, barcodes=codes)


class TestLotControl:
    def test_it_waits_for_the_stock_to_be_in_lots(
        self, access: Access, organization: Organization, warehouse: Warehouse
    ) -> None:
        sku = make_sku(organization)
        stock(sku, warehouse, 3)
        stock(sku, make_warehouse(organization, "North"), 4)
        stock(sku, warehouse, 5, lot=make_lot(sku))

        with pytest.raises(Conflict, match=r"7 units of .* are in no lot") as caught:
            catalogue.change_sku(access=access, sku=sku, is_lot_controlled=True, title="Other")
        assert (caught.value.code, caught.value.extra) == ("LOTLESS_STOCK", {"units": 7})
        assert [each.field for each in caught.value.problems] == ["is_lot_controlled"]
        sku.refresh_from_db()
        assert (sku.is_lot_controlled, sku.title == "Other") == (False, False)

    def test_stock_in_lots_and_none_are_no_obstacle(
        self, access: Access, organization: Organization, warehouse: Warehouse
    ) -> None:
        sku = make_sku(organization)
        stock(sku, warehouse, 3)
        stock(sku, warehouse, -3)
        stock(sku, warehouse, 5, lot=make_lot(sku))

        assert catalogue.change_sku(access=access, sku=sku, is_lot_controlled=True).is_lot_controlled
        assert not catalogue.change_sku(access=access, sku=sku, is_lot_controlled=False).is_lot_controlled


class TestDeleting:
    """Peers' test case 25: what movements refer to is never deleted, nor a movement with it."""

    def test_a_sku_with_movements_stays(
        self, access: Access, organization: Organization, warehouse: Warehouse
    ) -> None:
        sku = make_sku(organization, barcodes=["1"])
        stock(sku, warehouse, 3)
        stock(sku, warehouse, -3)

        with (
            pytest.raises(Conflict, match="deactivate it instead") as caught,
            CaptureQueriesContext(connection) as captured,
        ):
            catalogue.delete_sku(access=access, sku=sku)
        assert caught.value.code == "SKU_HAS_HISTORY"
        # However long the history is: none of it is fetched to find that there is one.
        assert not [query for query in captured if "inventory_movement" in query["sql"]]
        assert (Movement.objects.count(), Barcode.objects.count()) == (2, 1)
        with pytest.raises(Conflict):
            catalogue.delete_product(access=access, product=sku.product)
        assert Movement.objects.count() == 2

    def test_a_sku_with_a_lot_stays(self, access: Access, organization: Organization) -> None:
        lot = make_lot(make_sku(organization))
        with pytest.raises(Conflict):
            catalogue.delete_sku(access=access, sku=lot.sku)
        lot.refresh_from_db()

    def test_what_only_says_how_it_shall_be_goes_with_it(
        self, access: Access, organization: Organization, warehouse: Warehouse
    ) -> None:
        sku = make_sku(organization, barcodes=["1"])
        ReplenishmentRule.objects.create(organization=organization, sku=sku, warehouse=warehouse)

        catalogue.delete_sku(access=access, sku=sku)

        assert not Sku.objects.exists()
        assert not Barcode.objects.exists()
        assert not ReplenishmentRule.objects.exists()
        assert Product.objects.get() == sku.product
