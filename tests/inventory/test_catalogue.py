"""The catalogue's writes: set-wise, all or nothing, the same entries twice change nothing."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from inventory.catalogue import Saved, SkuEntry, save_skus
from inventory.models import Barcode, Category, Product, Sku
from tests.factories import make_category, make_organization, make_product, make_sku
from warehouses import transactions
from warehouses.actors import SYSTEM
from warehouses.models import Organization
from warehouses.refusals import Refusal


def save(organization: Organization, *entries: SkuEntry) -> Saved:
    return transactions.run(lambda: save_skus(organization=organization, actor=SYSTEM, entries=entries))


def state() -> list[tuple[Any, ...]]:
    return list(
        Sku.objects.order_by("code_key").values_list(
            "code", "title", "product__name", "product__category__name", "unit_price", "barcodes__code"
        )
    )


def problems(organization: Organization, *entries: SkuEntry) -> list[tuple[int | None, str | None, str, str]]:
    before = state()
    with pytest.raises(Refusal) as refusal:
        save(organization, *entries)
    assert state() == before
    return [(each.index, each.field, each.code, each.detail) for each in refusal.value.problems]


def test_everything_an_entry_says_is_created(organization: Organization) -> None:
    entry = SkuEntry(
        code="Mug-1",
        title="Red mug",
        product="Mug",
        category="Kitchen",
        unit_cost=Decimal("1.2345"),
        unit_price=Decimal("2.5"),
        barcode="4006381333931",
        is_lot_controlled=True,
        safety_stock=1,
        reorder_point=2,
        reorder_quantity=3,
        index=7,
    )

    assert save(organization, entry) == Saved(created=[7])

    sku = Sku.objects.select_related("product__category").get()
    assert (sku.organization, sku.code, sku.code_key, sku.title) == (
        organization,
        "Mug-1",
        "mug-1",
        "Red mug",
    )
    assert (sku.unit_cost, sku.unit_price) == (Decimal("1.2345"), Decimal("2.5"))
    assert (sku.is_lot_controlled, sku.safety_stock, sku.reorder_point, sku.reorder_quantity) == (
        True,
        1,
        2,
        3,
    )
    assert (sku.base_unit, sku.is_active) == ("each", True)
    assert sku.product.name == "Mug"
    assert sku.product.category is not None
    assert sku.product.category.name == "Kitchen"
    assert list(Barcode.objects.values_list("sku", "code")) == [(sku.pk, "4006381333931")]


def test_the_least_an_entry_says_is_a_code_and_a_title(organization: Organization) -> None:
    save(organization, SkuEntry(code="A", title="Mug", index=0), SkuEntry(code="B", title="Mug", index=1))

    assert state() == [("A", "Mug", "Mug", None, None, None), ("B", "Mug", "Mug", None, None, None)]
    assert Product.objects.count() == 2


def test_the_same_entries_again_change_nothing(organization: Organization) -> None:
    entries = [
        SkuEntry(
            code="A", title="a", product="P", category="C", barcode="1", unit_price=Decimal("1.5"), index=0
        ),
        SkuEntry(code="B", title="b", product="P", category="c", index=1),
        SkuEntry(code="D", title="d", index=2),
    ]

    assert save(organization, *entries) == Saved(created=[0, 1, 2])
    before = state()
    assert save(organization, *entries) == Saved(unchanged=[0, 1, 2])
    assert state() == before
    assert (Product.objects.count(), Category.objects.count()) == (2, 1)


def test_what_an_entry_leaves_open_stays(organization: Organization) -> None:
    category = make_category(organization, "Kitchen")
    product = make_product(organization, "Mug", category)
    make_sku(
        organization, "A", product=product, title="Red", unit_price=Decimal(3), safety_stock=5, barcodes=["1"]
    )

    assert save(organization, SkuEntry(code="a", title="Dark red")) == Saved(updated=[0])

    assert state() == [("A", "Dark red", "Mug", "Kitchen", Decimal(3), "1")]
    assert Sku.objects.get().safety_stock == 5


def test_0_and_false_are_values(organization: Organization) -> None:
    make_sku(organization, "A", is_lot_controlled=True, safety_stock=5, unit_cost=Decimal(2))

    save(organization, SkuEntry(code="A", is_lot_controlled=False, safety_stock=0, unit_cost=Decimal(0)))

    sku = Sku.objects.get()
    assert (sku.is_lot_controlled, sku.safety_stock, sku.unit_cost) == (False, 0, Decimal(0))


def test_a_category_reaches_the_product_however_it_is_named(organization: Organization) -> None:
    make_sku(organization, "A", product=make_product(organization, "Mug"))
    make_sku(organization, "B", product=make_product(organization, "Jug"))

    saved = save(
        organization,
        SkuEntry(code="A", product="Mug", category="Kitchen", index=0),
        SkuEntry(code="N", title="n", product="Mug", index=1),
        SkuEntry(code="B", category="KITCHEN", index=2),
    )

    assert saved == Saved(created=[1], updated=[0, 2])
    assert set(Product.objects.values_list("name", "category__name")) == {
        ("Mug", "Kitchen"),
        ("Jug", "Kitchen"),
    }


def test_a_sku_keeps_its_own_product_among_several_of_one_name(organization: Organization) -> None:
    make_product(organization, "Mug")
    mine = make_product(organization, "Mug")
    make_sku(organization, "A", product=mine)

    assert save(organization, SkuEntry(code="A", product="Mug")) == Saved(unchanged=[0])
    assert Sku.objects.get().product == mine


def test_a_sku_moves_to_another_product(organization: Organization) -> None:
    sku = make_sku(organization, "A", product=make_product(organization, "Mug"))

    assert save(organization, SkuEntry(code="A", product="Jug")) == Saved(updated=[0])
    sku.refresh_from_db()
    assert sku.product.name == "Jug"


def test_a_second_barcode_joins_the_first(organization: Organization) -> None:
    make_sku(organization, "A", barcodes=["1"])

    assert save(organization, SkuEntry(code="A", barcode="2")) == Saved(updated=[0])
    assert sorted(Barcode.objects.values_list("code", flat=True)) == ["1", "2"]


def test_every_bad_entry_is_named_and_nothing_is_saved(organization: Organization) -> None:
    make_sku(organization, "OLD", barcodes=["1"])

    assert problems(
        organization,
        SkuEntry(code="A", title="a", product="P", category="C", barcode="2", index=0),
        SkuEntry(code="a", title="other", index=1),
        SkuEntry(code="B", index=2),
        SkuEntry(code="D", title="d", barcode="1", index=3),
        SkuEntry(code="E", title="e", barcode="2", index=4),
        SkuEntry(code="F", title="f", product="P", category="other", index=5),
        SkuEntry(code="G", title="fine", index=6),
    ) == [
        (1, "sku", "DUPLICATE_ROW", "a is there twice."),
        (2, "title", "TITLE_REQUIRED", "B is new and needs a title."),
        (3, "barcode", "BARCODE_TAKEN", "The barcode 1 belongs to another SKU."),
        (4, "barcode", "BARCODE_TAKEN", "The barcode 2 belongs to another SKU."),
        (5, "category", "CATEGORY_CONTRADICTION", "The product of F is put into two categories."),
    ]


def test_another_organization_is_neither_read_nor_written(organization: Organization) -> None:
    other = make_organization("Other")
    make_sku(other, "A", product=make_product(other, "P", make_category(other, "C")), barcodes=["1"])

    save(organization, SkuEntry(code="A", title="ours", product="P", category="C", barcode="1"))

    ours = Sku.objects.select_related("product__category").get(organization=organization)
    assert ours.product.organization == organization
    assert ours.product.category is not None
    assert ours.product.category.organization == organization
    assert Sku.objects.get(organization=other).title == "Title of A"


@pytest.mark.parametrize("known", [False, True])
def test_statements_do_not_grow_with_the_batch(organization: Organization, known: bool) -> None:
    def entries(count: int, prefix: str, title: str) -> list[SkuEntry]:
        return [
            SkuEntry(
                code=f"{prefix}{place}",
                title=title,
                product=f"{prefix} {place % 7}",
                category=f"{title} {place % 7}",
                barcode=f"{title} {prefix}{place}",
                index=place,
            )
            for place in range(count)
        ]

    counts = []
    for size, prefix in ((1, "S"), (300, "L")):
        if known:
            save(organization, *entries(size, prefix, "first"))
        with CaptureQueriesContext(connection) as queries:
            saved = save(organization, *entries(size, prefix, "second"))
        assert len(saved.updated if known else saved.created) == size
        counts.append(len(queries))

    # Savepoint and release; SKUs, products, categories, barcodes; categories in and read back; then the writes.
    assert counts == [11, 11]
