"""What is suggested, and that the search and the formula say the same of every level."""

from __future__ import annotations

import random
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from inventory.adjustments import reverse
from inventory.models import ReplenishmentSource, Sku, StockLevel
from inventory.models import Source as Edge
from inventory.replenishment import suggestions
from inventory.replenishment.rules import Source
from inventory.replenishment.suggestions import Suggestion, Suggestions, suggest
from inventory.transfers import WantedLine, create_transfer, ship_transfer
from tests import factories
from tests.inventory.replenishment.orders import from_location, order, rule
from warehouses import transactions
from warehouses.access import Access
from warehouses.models import Organization, Warehouse
from warehouses.refusals import Forbidden

pytestmark = pytest.mark.django_db


def only(found: Suggestions) -> Suggestion:
    (row,) = found.rows
    assert found.total == 1
    return row


def sell(sku: Sku, warehouse: Warehouse, quantity: int, *, days_ago: float = 1) -> None:
    at = timezone.now() - timedelta(days=days_ago)
    factories.stock(sku, warehouse, -quantity, code="SALE", recorded_at=at)


def fill(sku: Sku, warehouse: Warehouse, quantity: int) -> None:
    """Long ago, so that sales of the last weeks may follow."""
    at = timezone.now() - timedelta(days=2000)
    factories.stock(sku, warehouse, quantity, code="opening_stock", recorded_at=at)


def test_every_number_is_shown_and_adds_up(
    access: Access, sku: Sku, here: Warehouse, depot: Warehouse
) -> None:
    fill(sku, here, 70)
    fill(sku, depot, 100)
    sell(sku, here, 17, days_ago=29)
    sell(sku, here, 20, days_ago=10)
    sell(sku, here, 14, days_ago=1)
    rule(sku, here, safety_stock=10, changes={"lead_time_days": 14, "maximum": 60, "order_multiple": 8})
    order(sku, here, 3)
    ship(access, depot, here, sku, 2)

    found = only(suggest(access=access, warehouse=here))

    level = found.level
    assert (level.on_hand, level.available) == (19, 19)
    assert (found.inbound.on_order, found.inbound.in_transit, found.position) == (3, 2, 24)
    assert (found.demand, found.rule.window_days, str(found.demand_per_day)) == (51, 30, "1.70")
    assert found.reorder_point == 34  # 51 × 14 ÷ 30 = 23.8, rounded up, + 10
    assert (found.need.target, found.need.needed, found.need.quantity) == (60, 36, 40)


def ship(access: Access, source: Warehouse, to: Warehouse, sku: Sku, quantity: int) -> Any:
    def work() -> Any:
        made = create_transfer(
            access=access, from_warehouse=source, to_warehouse=to, lines=[WantedLine(sku, quantity)]
        )
        return ship_transfer(access=access, transfer=made)

    return transactions.run(work)


class TestDemand:
    @pytest.fixture(autouse=True)
    def stocked(self, sku: Sku, here: Warehouse, depot: Warehouse) -> None:
        fill(sku, here, 100)
        fill(sku, depot, 100)

    def demand(self, access: Access, here: Warehouse, **changes: int) -> int:
        """The clock of a level never runs backwards: its rule is set after its sales."""
        rule(Sku.objects.get(), here, reorder_point=1000, changes=changes)
        return only(suggest(access=access, warehouse=here)).demand

    def test_sales_of_the_window(self, access: Access, sku: Sku, here: Warehouse) -> None:
        sell(sku, here, 16, days_ago=31)
        sell(sku, here, 8, days_ago=29)
        sell(sku, here, 4, days_ago=0)
        assert self.demand(access, here) == 12
        assert self.demand(access, here, window_days=40) == 28
        assert self.demand(access, here, window_days=2) == 4

    def test_not_of_another_location(
        self, access: Access, sku: Sku, here: Warehouse, depot: Warehouse
    ) -> None:
        sell(sku, depot, 8)
        assert self.demand(access, here) == 0

    def test_neither_transfers_nor_corrections_nor_goods_sent_back(
        self, access: Access, sku: Sku, here: Warehouse, depot: Warehouse
    ) -> None:
        ship(access, here, depot, sku, 8)
        for code in ("DAMAGE", "THEFT", "cycle_count", "ADJUSTMENT", "supplier_return", "expired"):
            factories.stock(sku, here, -3, code=code)
        assert self.demand(access, here) == 0

    def test_no_sale_that_was_reversed(self, access: Access, sku: Sku, here: Warehouse) -> None:
        sell(sku, here, 5, days_ago=2)
        wrong = factories.stock(sku, here, -50, code="SALE").adjustment
        assert wrong is not None
        transactions.run(lambda: reverse(access=access, source=Edge.SYSTEM, adjustment=wrong))
        assert self.demand(access, here) == 5


class TestWhoNeedsSomething:
    def test_below_the_reorder_point_only(
        self, access: Access, organization: Organization, here: Warehouse
    ) -> None:
        for there in (9, 10, 11):
            sku = factories.make_sku(organization, f"AT-{there:02d}")
            factories.stock(sku, here, there)
            rule(sku, here, reorder_point=10)
        assert [row.level.sku.code for row in suggest(access=access, warehouse=here).rows] == ["AT-09"]

    def test_inbound_that_covers_all(
        self, access: Access, sku: Sku, here: Warehouse, depot: Warehouse
    ) -> None:
        factories.stock(sku, here, 2)
        factories.stock(sku, depot, 50)
        rule(sku, here, reorder_point=10)
        order(sku, here, 4)
        order(sku, here, 3, from_location(depot))
        assert only(suggest(access=access, warehouse=here)).need.quantity == 1
        ship(access, depot, here, sku, 1)
        assert suggest(access=access, warehouse=here).total == 0

    def test_zero_demand_and_nothing_set(self, access: Access, sku: Sku, here: Warehouse) -> None:
        factories.stock(sku, here, 1)
        factories.stock(sku, here, -1)
        assert suggest(access=access, warehouse=here).total == 0

    def test_more_is_promised_than_is_there(self, access: Access, sku: Sku, here: Warehouse) -> None:
        factories.stock(sku, here, 5)
        factories.reserve(sku, here, 5)
        factories.stock(sku, here, -3, code="DAMAGE")
        found = only(suggest(access=access, warehouse=here))
        assert (found.position, found.reorder_point, found.need.quantity) == (-3, 0, 3)

    def test_sku_out_of_use_is_left_out(self, access: Access, sku: Sku, here: Warehouse) -> None:
        rule(sku, here, reorder_point=10)
        assert suggest(access=access, warehouse=here).total == 1
        Sku.objects.update(is_active=False)
        assert suggest(access=access, warehouse=here).total == 0

    def test_sku_that_was_never_there_but_has_a_rule(self, access: Access, sku: Sku, here: Warehouse) -> None:
        rule(sku, here, reorder_point=10, source=Source(ReplenishmentSource.SUPPLIER, name="Acme"))
        found = only(suggest(access=access, warehouse=here))
        assert (found.need.quantity, found.rule.source.name) == (10, "Acme")

    def test_of_a_category_and_of_some_skus(
        self, access: Access, organization: Organization, here: Warehouse
    ) -> None:
        widgets = factories.make_category(organization)
        product = factories.make_product(organization, category=widgets)
        one = factories.make_sku(organization, "ONE", product=product)
        two = factories.make_sku(organization, "TWO")
        for sku in (one, two):
            rule(sku, here, reorder_point=10)
        assert only(suggest(access=access, warehouse=here, category_id=widgets.pk)).level.sku == one
        assert only(suggest(access=access, warehouse=here, skus=[two])).level.sku == two
        assert suggest(access=access, warehouse=here, category_id=widgets.pk, skus=[two]).total == 0
        assert suggest(access=access, warehouse=here, skus=[]).total == 0

    def test_pages(self, access: Access, organization: Organization, here: Warehouse) -> None:
        for number in range(5):
            rule(factories.make_sku(organization, f"P-{number}"), here, reorder_point=10)
        pages = [suggest(access=access, warehouse=here, offset=start, limit=2) for start in (0, 2, 4, 6)]
        assert [[row.level.sku.code for row in page.rows] for page in pages] == [
            ["P-0", "P-1"],
            ["P-2", "P-3"],
            ["P-4"],
            [],
        ]
        assert {page.total for page in pages} == {5}

    def test_only_where_the_caller_may_read(
        self, organization: Organization, here: Warehouse, depot: Warehouse
    ) -> None:
        some = Access(organization, factories.SYSTEM, {"replenishment.read": frozenset({depot.pk})})
        with pytest.raises(Forbidden):
            suggest(access=some, warehouse=here)
        with pytest.raises(Forbidden):
            suggest(access=Access(organization, factories.SYSTEM), warehouse=here)


@pytest.mark.parametrize("seed", range(6))
def test_the_search_finds_what_the_formula_says(
    access: Access, organization: Organization, here: Warehouse, depot: Warehouse, seed: int
) -> None:
    """The statement that searches all levels, against the formula over each level's own numbers."""
    dice = random.Random(seed)
    now = timezone.now()
    for number in range(25):
        sku = factories.make_sku(organization, f"R-{number:02d}")
        fill(sku, here, 400)
        fill(sku, depot, 400)
        for days in sorted(dice.sample([0, 1, 6, 8, 29, 31, 60], dice.randint(0, 3)), reverse=True):
            sell(sku, here, dice.randint(1, 40), days_ago=days)
        left = StockLevel.objects.get(sku=sku, warehouse=here).on_hand
        factories.stock(sku, here, dice.randint(0, 30) - left, code="cycle_count")
        given: dict[str, Any] = {}
        if dice.random() < 0.5:
            given = {"safety_stock": dice.randint(0, 8), "reorder_point": dice.choice([0, 0, 5, 15])}
        if dice.random() < 0.7:
            window = dice.choice([7, 30, 90])
            rule(sku, here, **given, changes={"lead_time_days": dice.randint(0, 20), "window_days": window})
        if dice.random() < 0.3:
            order(sku, here, dice.randint(1, 12))
        if dice.random() < 0.3:
            order(sku, here, dice.randint(1, 12), from_location(depot))
        if dice.random() < 0.3:
            ship(access, depot, here, sku, dice.randint(1, 12))

    every = list(StockLevel.objects.filter(warehouse=here).order_by("sort_code").values_list("pk", flat=True))
    wanted = suggestions._explained(organization, here, every, now)
    found = suggest(access=access, warehouse=here, limit=100)

    assert [row.level.pk for row in found.rows] == [row.level.pk for row in wanted]
    assert found.total == len(wanted)
    assert 0 < len(wanted) < 25
    assert [row.need for row in found.rows] == [row.need for row in wanted]


@pytest.mark.parametrize("rows", [1, 3])
def test_statements_are_the_same_for_any_number_of_rows(
    access: Access, organization: Organization, here: Warehouse, rows: int
) -> None:
    for number in range(rows):
        sku = factories.make_sku(organization, f"Q-{number}")
        rule(sku, here, reorder_point=10, changes={"window_days": 5 + number})
        order(sku, here, 1)
    with CaptureQueriesContext(connection) as captured:
        found = suggest(access=access, warehouse=here)
    assert len(found.rows) == rows
    assert len(captured) == 7
