"""The overview is put together from parts, and compares a figure with what is usual."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
import pytest_django

from warehouses.access import Access, access_of_system
from warehouses.home import MOST, Activity, Card, Part, Work, against_the_usual, bounded_count, home_of
from warehouses.models import Organization, Warehouse

EARLY, LATE = datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 3, 2, tzinfo=UTC)


def one(access: Access) -> Part:
    return Part(
        work=[Work("Second", 3, "/b/", "b", rank=2), Work("Clear", 0, "/c/", "c", rank=1)],
        cards=[Card("Units", "1", "/u/", rank=5)],
        activity=Activity(EARLY, "early", "/"),
        as_of=LATE,
    )


def other(access: Access) -> Part:
    return Part(
        work=[Work("First", 1, "/a/", "a", rank=1)],
        cards=[Card("Value", "2", "/v/", rank=1)],
        activity=Activity(LATE, "late", "/"),
        as_of=EARLY,
        hint="Not yet.",
    )


def test_parts_are_put_in_the_order_of_their_ranks(organization: Organization, settings: Any) -> None:
    settings.HOME_PARTS = [f"{__name__}.one", f"{__name__}.other"]
    home = home_of(access_of_system(organization))
    assert [each.label for each in home.work] == ["First", "Second"]
    assert [each.label for each in home.clear] == ["Clear"]
    assert [each.label for each in home.cards] == ["Value", "Units"]
    assert home.activity == Activity(LATE, "late", "/")
    # The figures are as old as the oldest of them.
    assert home.as_of == EARLY
    assert home.hints == ["Not yet."]


def test_without_parts_there_is_nothing(organization: Organization, settings: Any) -> None:
    settings.HOME_PARTS = []
    home = home_of(access_of_system(organization))
    assert (home.work, home.clear, home.cards, home.charts) == ([], [], [], [])
    assert (home.activity, home.as_of) == (None, None)


@pytest.mark.parametrize(("count", "told"), [(0, "0"), (1000, "1,000"), (1001, "1,000+")])
def test_no_more_is_told_than_is_counted(count: int, told: str) -> None:
    assert Work("Late", count, "/", "x").told == told


def test_counting_stops(
    organization: Organization,
    monkeypatch: pytest.MonkeyPatch,
    django_assert_num_queries: pytest_django.DjangoAssertNumQueries,
) -> None:
    monkeypatch.setattr("warehouses.home.MOST", 2)
    Warehouse.objects.bulk_create(
        Warehouse(organization=organization, name=f"W{number}") for number in range(5)
    )
    with django_assert_num_queries(1):
        assert bounded_count(Warehouse.objects.filter(name__startswith="W")) == 3
    assert bounded_count(Warehouse.objects.filter(name="W1")) == 1
    assert MOST == 1000


@pytest.mark.parametrize(
    ("value", "before", "points", "told"),
    [
        (110.0, [100.0] * 28, False, "+10% on usual"),
        (90.0, [100.0] * 28, False, "−10% on usual"),
        (100.2, [100.0] * 28, False, "as usual"),
        # The median: one day of a stocktake does not move it.
        (100.0, [100.0] * 20 + [900.0] * 8, False, "as usual"),
        # No further back than four weeks.
        (100.0, [5.0] * 60 + [100.0] * 28, False, "as usual"),
        (100.0, [100.0] * 6, False, ""),
        (100.0, [None] * 28, False, ""),
        (None, [100.0] * 28, False, ""),
        (5.0, [0.0] * 28, False, ""),
        (97.5, [99.0] * 28, True, "−1.5 points on usual"),
        (99.0, [99.0] * 28, True, "as usual"),
    ],
)
def test_against_the_usual(value: Any, before: list[Any], points: bool, told: str) -> None:
    assert against_the_usual(value, before, points=points) == told
