"""The overview's part of the counts: what is late or waits for review, how exact the books are, and the classes."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from cycle_counts import abc
from cycle_counts.abc.shares import shares_of
from cycle_counts.home import part
from cycle_counts.models import Classification, CountBatch
from cycle_counts.planning import Scope
from cycle_counts.review import resolve_batch
from tests import factories
from tests.cycle_counts.admin.conftest import Pages
from tests.cycle_counts.conftest import Ground
from warehouses import transactions
from warehouses.access import access_of_system
from warehouses.refusals import Forbidden

HOME = "/admin/"


def home_for(pages: Pages, name: str) -> Any:
    return pages(name).get(HOME).context["home"]


def named(home: Any) -> dict[str, int]:
    return {each.label: each.count for each in (*home.work, *home.clear)}


def late(ground: Ground, bin: str = "A-1", days: int = 1) -> CountBatch:
    due_on = ground.organization.today() - timedelta(days=days)
    return ground.plan(scope=Scope(bins=(ground.bin(bin),)), due_on=due_on)


def resolved(ground: Ground, off: int = 0) -> CountBatch:
    batch = ground.submitted(off={("GLOVES", "A-1"): off} if off else None)
    access = ground.access_of("approver")
    return transactions.run(lambda: resolve_batch(access=access, batch=batch, accepts_rest=True)).batch


class TestWork:
    def test_late_counts_lead_to_just_these(self, ground: Ground, pages: Pages) -> None:
        late(ground)
        late(ground, "A-2", days=0)
        home = home_for(pages, "manager")
        assert named(home)["Late counts"] == 1
        (found,) = [each for each in home.work if each.label == "Late counts"]
        assert len(pages("manager").get(found.link).context["cl"].result_list) == 1

    def test_counts_to_review(self, ground: Ground, pages: Pages) -> None:
        ground.submitted(off={("GLOVES", "A-1"): -3})
        home = home_for(pages, "approver")
        (found,) = [each for each in home.work if each.label == "Counts to review"]
        assert found.count == 1
        assert len(pages("approver").get(found.link).context["cl"].result_list) == 1

    def test_others_are_told_nothing_of_them(self, ground: Ground, pages: Pages) -> None:
        late(ground)
        assert "Late counts" not in named(home_for(pages, "viewer"))
        assert named(home_for(pages, "outsider"))["Late counts"] == 0


class TestAccuracy:
    def card(self, home: Any) -> Any:
        return next((card for card in home.cards if card.label == "Count accuracy"), None)

    def test_how_exact_the_last_week_was(self, ground: Ground, pages: Pages) -> None:
        batch = resolved(ground, off=-1)
        lines = batch.lines.count()
        home = home_for(pages, "approver")
        card = self.card(home)
        share = int(1000 * (lines - 1) / lines) / 10
        assert card.value.startswith(f"{share:.1f}"[:3])
        assert card.delta.endswith("points below target")
        (chart,) = [chart for chart in home.charts if chart.key == "accuracy"]
        assert chart.rows[0][1:3] == (f"{lines}", f"{lines - 1}")
        assert "Target 98%" in [words.words for words in chart.drawing.words]

    def test_whoever_may_not_know_the_books_is_not_told(self, ground: Ground, pages: Pages) -> None:
        resolved(ground)
        own = part(ground.access_of("counter"))
        assert [each.label for each in own.work] == ["Late counts"]
        assert (own.cards, own.charts) == ([], [])
        assert self.card(home_for(pages, "viewer")) is None
        assert self.card(home_for(pages, "outsider")) is None


class TestClasses:
    @pytest.fixture(autouse=True)
    def _classified(self, ground: Ground) -> None:
        ground.stock_by("GLOVES", "A-1", -2)
        factories.stock(ground.sku("GLOVES"), ground.warehouse, -8, bin=ground.bin("A-2"), code="SALE")
        factories.stock(ground.sku("MASKS"), ground.warehouse, -1, bin=ground.bin("A-4"), code="SALE")
        transactions.run(lambda: abc.refresh(organization=ground.organization, now=timezone.now()))

    def test_the_curve_goes_through_the_ranks(self, ground: Ground) -> None:
        shares = shares_of(access=access_of_system(ground.organization))
        rows = Classification.objects.filter(organization=ground.organization).order_by("rank")
        assert shares.skus == rows.count() == 4
        assert list(shares.points) == list(rows.values_list("rank", "cumulative_share"))

    def test_whoever_sees_everything_sees_them(self, ground: Ground, pages: Pages) -> None:
        home = home_for(pages, "owner")
        (chart,) = [chart for chart in home.charts if chart.key == "pareto"]
        assert [row[0] for row in chart.rows] == ["A", "B", "C"]
        assert sum(int(row[1]) for row in chart.rows) == 4
        for key in chart.keys:
            page = pages("owner").get(key.link)
            assert page.status_code == 200
            assert page.context["form"].cleaned_data["abc_class"] == key.words[0]

    @pytest.mark.parametrize("name", ["manager", "approver", "viewer", "outsider"])
    def test_whoever_sees_one_warehouse_does_not(self, pages: Pages, name: str) -> None:
        assert "pareto" not in [chart.key for chart in home_for(pages, name).charts]

    def test_nor_are_they_read_for_them(self, ground: Ground) -> None:
        with pytest.raises(Forbidden):
            shares_of(access=ground.access_of("manager"))


def test_queries_are_the_same_with_one_count_and_with_three(
    ground: Ground, pages: Pages, settings: Any
) -> None:
    settings.HOME_CHECKLIST = ""
    client = pages("owner")

    def ask() -> int:
        client.get(HOME)
        with CaptureQueriesContext(connection) as asked:
            client.get(HOME)
        return len(asked)

    resolved(ground)
    resolved(ground, -1)
    late(ground)
    first = ask()
    late(ground, "A-2")
    late(ground, "A-3")
    assert ask() == first == 37
