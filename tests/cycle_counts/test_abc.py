"""ABC classes and due dates: how they are computed, and what people see of them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
import pytest_django
from django.utils import timezone

from cycle_counts import abc
from cycle_counts.abc.cycles import NEVER
from cycle_counts.models import Classification, CountCycle
from cycle_counts.preferences import change_settings, settings_of
from inventory.adjustments import reverse
from inventory.models import Adjustment, Sku, Source
from tests import factories
from tests.cycle_counts.conftest import Ground
from warehouses import transactions
from warehouses.access import access_of_system
from warehouses.models import Organization, Warehouse
from warehouses.refusals import Forbidden, NotFound

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)


def sold(sku: Sku, warehouse: Warehouse, units: int, *, days_ago: int = 1, code: str = "SALE") -> None:
    """Bring in as many as then leave, so that demand is what a test says."""
    then = NOW - timedelta(days=days_ago)
    factories.stock(sku, warehouse, units, recorded_at=then - timedelta(minutes=1))
    factories.stock(sku, warehouse, -units, code=code, recorded_at=then)


def classes(organization: Organization) -> dict[str, str]:
    rows = Classification.objects.filter(organization=organization).order_by("rank")
    return dict(rows.values_list("sku__code", "abc_class"))


@pytest.fixture
def warehouse(organization: Organization) -> Warehouse:
    return factories.make_warehouse(organization, "North")


@pytest.fixture
def recent(monkeypatch: pytest.MonkeyPatch) -> None:
    """What was sold was sold of late."""
    monkeypatch.setattr(f"{__name__}.NOW", timezone.now())


def make(organization: Organization, warehouse: Warehouse, **values: int) -> dict[str, Sku]:
    """SKUs that cost 1.00, of which so many were sold."""
    found = {}
    for code, units in values.items():
        found[code] = factories.make_sku(organization, code, unit_cost="1.00")
        if units:
            sold(found[code], warehouse, units)
    return found


# --- classes


def test_the_sku_that_crosses_a_line_takes_the_higher_class(
    organization: Organization, warehouse: Warehouse
) -> None:
    """Of 100: 79 (to 79 %), 5 crosses 80, 10 (to 94), 2 crosses 95, 4 comes after 2 by code only."""
    make(organization, warehouse, LAST=1, FIRST=79, SECOND=10, THIRD=5, FOURTH=3, FIFTH=2, NONE=0)
    assert abc.classify(organization=organization, now=NOW) == 7
    assert classes(organization) == {
        "FIRST": "A",
        "SECOND": "A",  # from 79 to 89: it crosses 80
        "THIRD": "B",  # to 94
        "FOURTH": "B",  # from 94 to 97: it crosses 95
        "FIFTH": "C",
        "LAST": "C",
        "NONE": "C",
    }


def test_a_line_that_is_met_exactly_is_not_crossed_by_the_next(
    organization: Organization, warehouse: Warehouse
) -> None:
    make(organization, warehouse, FIRST=80, SECOND=15, THIRD=5)
    abc.classify(organization=organization, now=NOW)
    assert classes(organization) == {"FIRST": "A", "SECOND": "B", "THIRD": "C"}


def test_costs_with_many_digits_add_up_exactly(organization: Organization, warehouse: Warehouse) -> None:
    """Eight tenths of a cent each are 80 %, and a sum of floating-point numbers is not quite that."""
    for number in range(10):
        sold(factories.make_sku(organization, f"S-{number}", unit_cost="0.0001"), warehouse, 1)
    abc.classify(organization=organization, now=NOW)
    assert list(classes(organization).values()) == [*"AAAAAAAA", *"BB"]
    rows = Classification.objects.order_by("rank").values_list("value", "share", "cumulative_share")
    assert list(rows)[7] == (Decimal("0.0001"), Decimal(10), Decimal(80))


def test_the_value_is_units_times_the_cost_of_today(organization: Organization, warehouse: Warehouse) -> None:
    skus = make(organization, warehouse, CHEAP=90, DEAR=10)
    Sku.objects.filter(pk=skus["DEAR"].pk).update(unit_cost="20.50")
    abc.classify(organization=organization, now=NOW)
    row = Classification.objects.get(sku=skus["DEAR"])
    assert (row.rank, row.units, row.value, row.classified_at) == (1, 10, Decimal(205), NOW)
    assert (row.share, row.cumulative_share) == (Decimal("69.491525"), Decimal("69.491525"))
    assert settings_of(organization).classified_at == NOW


def test_without_demand_or_cost_it_is_the_last_class(
    organization: Organization, warehouse: Warehouse
) -> None:
    skus = make(organization, warehouse, IDLE=0)
    free = factories.make_sku(organization, "FREE", unit_cost=None)
    sold(free, warehouse, 50)
    abc.classify(organization=organization, now=NOW)
    assert classes(organization) == {"FREE": "C", "IDLE": "C"}
    rows = {row.sku_id: row for row in Classification.objects.all()}
    assert (rows[free.pk].units, rows[free.pk].value, rows[free.pk].share) == (50, 0, 0)
    assert rows[skus["IDLE"].pk].cumulative_share == 0


def test_only_goods_that_leave_within_the_window_are_demand(
    organization: Organization, warehouse: Warehouse
) -> None:
    skus = make(organization, warehouse, OLD=0, LOST=0, UNDONE=0, RECENT=0)
    sold(skus["OLD"], warehouse, 1000, days_ago=366)
    sold(skus["LOST"], warehouse, 1000, code="DAMAGE")
    sold(skus["UNDONE"], warehouse, 1000)
    sold(skus["RECENT"], warehouse, 1, days_ago=364)
    sale = skus["UNDONE"].levels.get().movements.get(delta=-1000)
    transactions.run(
        lambda: reverse(
            access=access_of_system(organization),
            adjustment=Adjustment.objects.get(pk=sale.document_id),
            source=Source.SYSTEM,
        )
    )
    abc.classify(organization=organization, now=NOW)
    assert classes(organization)["RECENT"] == "A"
    assert {row.sku.code: row.units for row in Classification.objects.select_related("sku")} == {
        "OLD": 0,
        "LOST": 0,
        "UNDONE": 0,
        "RECENT": 1,
    }
    change_settings(access=access_of_system(organization), window_days=363)
    abc.classify(organization=organization, now=NOW)
    assert set(classes(organization).values()) == {"C"}


def test_shares_are_the_organizations_own(organization: Organization, warehouse: Warehouse) -> None:
    make(organization, warehouse, FIRST=60, SECOND=30, THIRD=10)
    change_settings(access=access_of_system(organization), a_share=Decimal(50), b_share=Decimal("60.01"))
    abc.classify(organization=organization, now=NOW)
    assert classes(organization) == {"FIRST": "A", "SECOND": "B", "THIRD": "C"}


def test_classes_are_computed_anew(organization: Organization, warehouse: Warehouse) -> None:
    skus = make(organization, warehouse, FIRST=80, SECOND=20)
    abc.classify(organization=organization, now=NOW)
    sold(skus["SECOND"], warehouse, 400)
    factories.make_sku(organization, "NEW")
    later = NOW + timedelta(days=1)
    abc.classify(organization=organization, now=later)
    assert classes(organization) == {"SECOND": "A", "FIRST": "B", "NEW": "C"}
    assert set(Classification.objects.values_list("classified_at", flat=True)) == {later}


def test_another_organization_is_not_asked(organization: Organization, warehouse: Warehouse) -> None:
    other = factories.make_organization("Other")
    make(other, factories.make_warehouse(other, "Theirs"), THEIRS=1000)
    make(organization, warehouse, OURS=1)
    assert abc.classify(organization=organization, now=NOW) == 1
    assert classes(other) == {}
    assert Classification.objects.get().cumulative_share == 100


def test_a_cost_beyond_all_reason_is_no_error(organization: Organization, warehouse: Warehouse) -> None:
    dear = factories.make_sku(organization, "DEAR", unit_cost="9999999999.9999")
    sold(dear, warehouse, 1_000_000_000)
    make(organization, warehouse, CHEAP=1)
    abc.classify(organization=organization, now=NOW)
    assert classes(organization) == {"DEAR": "A", "CHEAP": "C"}


def test_classes_cost_a_constant_number_of_statements(
    organization: Organization,
    warehouse: Warehouse,
    django_assert_num_queries: pytest_django.DjangoAssertNumQueries,
    is_postgresql: bool,
) -> None:
    make(organization, warehouse, FIRST=80)
    abc.refresh(organization=organization, now=NOW)
    for codes in ({"SECOND": 3}, {"THIRD": 5, "FOURTH": 0, "FIFTH": 4}):
        make(organization, warehouse, **codes)
        # The settings twice, the classes, their sums, the stamp, three of the cycles; on PostgreSQL the time twice.
        with django_assert_num_queries(10 if is_postgresql else 8):
            abc.refresh(organization=organization, now=NOW)


# --- due dates


def cycles(organization: Organization) -> dict[str, tuple[date, datetime | None]]:
    rows = CountCycle.objects.filter(organization=organization).select_related("sku")
    return {row.sku.code: (row.next_due_on, row.last_counted_at) for row in rows}


def test_what_is_there_is_due_from_the_day_it_was_first_seen(ground: Ground) -> None:
    ground.organization.time_zone = "Pacific/Auckland"  # where it is the 2nd already
    ground.organization.save()
    abc.refresh_cycles(organization=ground.organization, now=NOW)
    first = (date(2026, 6, 2), None)
    assert cycles(ground.organization) == {"GLOVES": first, "MASKS": first, "SALINE": first}
    abc.refresh_cycles(organization=ground.organization, now=NOW + timedelta(days=5))
    assert cycles(ground.organization)["GLOVES"] == first


@pytest.mark.parametrize(("abc_class", "days"), [("A", 30), ("B", 90), ("C", 365), (None, 365)])
def test_the_next_count_is_due_after_the_days_of_the_class(
    ground: Ground, abc_class: str | None, days: int
) -> None:
    """The days begin where the organization is: at 13:00 UTC on the 1st it is the 2nd in Auckland."""
    ground.organization.time_zone = "Pacific/Auckland"
    ground.organization.save()
    abc.refresh_cycles(organization=ground.organization, now=NOW)
    if abc_class:
        Classification.objects.create(
            sku=ground.sku("MASKS"),
            organization=ground.organization,
            abc_class=abc_class,
            rank=1,
            units=1,
            value=1,
            share=1,
            cumulative_share=1,
            classified_at=NOW,
        )
    at = datetime(2026, 6, 1, 13, tzinfo=UTC)
    abc.mark_counted(
        organization=ground.organization, warehouse=ground.warehouse, counted={ground.sku("MASKS").pk: at}
    )
    expected = (date(2026, 6, 2) + timedelta(days=days), at)
    assert cycles(ground.organization)["MASKS"] == expected
    # The task comes to the same day, also where somebody had changed the class in between.
    CountCycle.objects.update(next_due_on=date(2026, 1, 1))
    abc.refresh_cycles(organization=ground.organization, now=NOW)
    assert cycles(ground.organization)["MASKS"] == expected


@pytest.mark.usefixtures("recent")
def test_another_class_is_due_on_another_day(ground: Ground) -> None:
    sku = ground.sku("MASKS")
    at = NOW - timedelta(days=40)
    abc.mark_counted(organization=ground.organization, warehouse=ground.warehouse, counted={sku.pk: at})
    assert cycles(ground.organization)["MASKS"][0] == at.date() + timedelta(days=365)
    sold(sku, ground.warehouse, 5)
    abc.refresh(organization=ground.organization, now=NOW)
    assert cycles(ground.organization)["MASKS"] == (at.date() + timedelta(days=30), at)


def test_an_earlier_count_than_the_last_changes_nothing(ground: Ground) -> None:
    key = ground.sku("MASKS").pk
    for at in (NOW, NOW - timedelta(days=1)):
        abc.mark_counted(organization=ground.organization, warehouse=ground.warehouse, counted={key: at})
    assert cycles(ground.organization)["MASKS"][1] == NOW
    abc.mark_counted(organization=ground.organization, warehouse=ground.warehouse, counted={})
    assert len(cycles(ground.organization)) == 1


def test_where_there_is_nothing_nothing_is_due(ground: Ground) -> None:
    abc.refresh_cycles(organization=ground.organization, now=NOW)
    ground.stock_by("GLOVES", "A-1", -10)
    ground.stock_by("GLOVES", "A-2", -20)
    abc.refresh_cycles(organization=ground.organization, now=NOW + timedelta(days=1))
    assert cycles(ground.organization)["GLOVES"] == (NEVER, None)
    ground.stock_by("GLOVES", "A-1", 1)
    abc.refresh_cycles(organization=ground.organization, now=NOW + timedelta(days=2))
    assert cycles(ground.organization)["GLOVES"] == (date(2026, 6, 3), None)


def test_a_promise_of_what_is_not_there_is_to_be_counted(ground: Ground) -> None:
    factories.stock(ground.sku("TAPE"), ground.warehouse, 1)
    factories.stock(ground.sku("TAPE"), ground.warehouse, -1)
    factories.pretend_reserved(ground.sku("TAPE"), ground.warehouse, 1)
    abc.refresh_cycles(organization=ground.organization, now=NOW)
    assert cycles(ground.organization)["TAPE"] == (NOW.date(), None)


def test_marking_costs_a_constant_number_of_statements(
    ground: Ground, django_assert_num_queries: pytest_django.DjangoAssertNumQueries
) -> None:
    keys = [sku.pk for sku in ground.skus.values()]
    for some in (keys[:1], keys[:3]):
        with django_assert_num_queries(5):
            abc.mark_counted(
                organization=ground.organization, warehouse=ground.warehouse, counted=dict.fromkeys(some, NOW)
            )


# --- what people see


def refreshed(ground: Ground) -> datetime:
    """GLOVES are of class A, MASKS of B, the others of C; all is due but the masks."""
    sold(ground.sku("GLOVES"), ground.warehouse, 1000)
    sold(ground.sku("MASKS"), ground.warehouse, 100)
    now = timezone.now()
    abc.refresh(organization=ground.organization, now=now)
    abc.mark_counted(
        organization=ground.organization, warehouse=ground.warehouse, counted={ground.sku("MASKS").pk: now}
    )
    return now


@pytest.mark.usefixtures("recent")
def test_a_page_is_by_rank_with_shares_and_dates(ground: Ground) -> None:
    now = refreshed(ground)
    access = ground.access_of("manager")
    rows = abc.class_rows(list(abc.class_page(access=access)), access=access)
    # The manager counts in North: what there is none of there is nothing for them.
    assert [(row.sku.code, row.abc_class, row.rank, row.units, row.is_due) for row in rows] == [
        ("GLOVES", "A", 1, 1000, True),
        ("MASKS", "B", 2, 100, False),
        ("SALINE", "C", 3, 0, True),
    ]
    assert (rows[0].value, rows[0].title) == (Decimal(2000), "Title of GLOVES")
    assert (rows[0].share, rows[0].cumulative_share) == (Decimal("86.956522"), Decimal("86.956522"))
    assert (rows[1].last_counted_at, rows[1].next_due_on) == (now, now.date() + timedelta(days=90))
    assert rows[0].last_counted_at is None
    everything = abc.class_page(access=ground.access_of("owner"))
    assert [row.sku.code for row in everything] == ["GLOVES", "MASKS", "SALINE", "TAPE"]
    tape = abc.class_rows(list(everything), access=ground.access_of("owner"))[-1]
    assert (tape.next_due_on, tape.is_due) == (None, False)


@pytest.mark.usefixtures("recent")
def test_a_page_is_narrowed(ground: Ground) -> None:
    refreshed(ground)
    access = ground.access_of("owner")

    def codes(**conditions: object) -> list[str]:
        return [row.sku.code for row in abc.class_page(access=access, **conditions)]  # type: ignore[arg-type]

    assert codes(abc_class="C") == ["SALINE", "TAPE"]
    assert codes(due_only=True) == ["GLOVES", "SALINE"]
    assert codes(warehouse=ground.warehouse) == ["GLOVES", "MASKS", "SALINE"]
    assert codes(search="BAR-MASKS") == ["MASKS"]
    assert codes(search="glo") == ["GLOVES"]
    assert codes(search="title saline") == ["SALINE"]
    assert codes(search="nothing") == []


@pytest.mark.usefixtures("recent")
def test_the_date_is_that_of_the_place_where_it_is_due_first(ground: Ground) -> None:
    now = refreshed(ground)
    south = factories.make_warehouse(ground.organization, "South")
    day = now.date() + timedelta(days=3)
    CountCycle.objects.create(
        organization=ground.organization, warehouse=south, sku=ground.sku("MASKS"), next_due_on=day
    )
    owner, manager = ground.access_of("owner"), ground.access_of("manager")
    masks = list(abc.class_page(access=owner, search="MASKS"))
    assert abc.class_rows(masks, access=owner)[0].next_due_on == day
    assert abc.class_rows(masks, access=owner, warehouse=ground.warehouse)[0].next_due_on != day
    assert abc.class_rows(masks, access=manager)[0].next_due_on != day


@pytest.mark.usefixtures("recent")
def test_whoever_only_counts_is_not_told_what_goes_and_what_it_costs(ground: Ground) -> None:
    refreshed(ground)
    access = ground.access_of("counter")
    rows = abc.class_rows(list(abc.class_page(access=access)), access=access)
    assert {(row.units, row.value) for row in rows} == {(None, None)}
    assert {each.value for each in abc.summary_of(access=access).classes} == {None}
    key = ground.key_access()
    assert abc.class_rows(list(abc.class_page(access=key)), access=key)[0].units == 1000


@pytest.mark.usefixtures("recent")
def test_a_summary_is_of_each_class(ground: Ground) -> None:
    now = refreshed(ground)
    summary = abc.summary_of(access=ground.access_of("owner"))
    assert summary.classified_at == now
    assert [
        (each.abc_class, each.skus, each.value, each.share, each.due, each.interval)
        for each in summary.classes
    ] == [
        ("A", 1, Decimal(2000), Decimal("86.956522"), 1, 30),
        ("B", 1, Decimal(300), Decimal("13.043478"), 0, 90),
        ("C", 2, Decimal(0), Decimal(0), 1, 365),
    ]
    there = abc.summary_of(access=ground.access_of("manager"), warehouse=ground.warehouse)
    assert [(each.skus, each.due) for each in there.classes] == [(1, 1), (1, 0), (2, 1)]


@pytest.mark.usefixtures("recent")
def test_what_is_due_is_counted_up_to_a_bound(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    refreshed(ground)
    access = ground.access_of("owner")
    CountCycle.objects.update(next_due_on=ground.organization.today())
    Classification.objects.update(abc_class="B")
    assert [each.due for each in abc.summary_of(access=access).classes] == [0, 3, 0]
    monkeypatch.setattr("cycle_counts.abc.pages.MOST_DUE", 2)
    assert [each.due for each in abc.summary_of(access=access).classes] == [0, 2, 0]


def test_never_computed_it_is_empty(ground: Ground) -> None:
    access = ground.access_of("owner")
    assert not abc.class_page(access=access).exists()
    summary = abc.summary_of(access=access)
    assert summary.classified_at is None
    assert [(each.skus, each.value, each.share, each.due) for each in summary.classes] == [(0, 0, 0, 0)] * 3


def test_classes_are_for_those_who_count_there(ground: Ground) -> None:
    elsewhere = factories.make_warehouse(ground.organization, "South")
    for read in (abc.class_page, abc.summary_of):
        with pytest.raises(Forbidden):
            read(access=ground.access_of("viewer"))
        with pytest.raises(Forbidden):
            read(access=ground.access_of("manager"), warehouse=elsewhere)
    theirs = factories.make_warehouse(factories.make_organization("Other"), "Theirs")
    with pytest.raises(NotFound):
        abc.class_page(access=ground.access_of("owner"), warehouse=theirs)


@pytest.mark.usefixtures("recent")
def test_a_page_costs_two_statements(
    ground: Ground, django_assert_num_queries: pytest_django.DjangoAssertNumQueries
) -> None:
    refreshed(ground)
    access = ground.access_of("owner")
    for size in (1, 3):
        with django_assert_num_queries(2):
            abc.class_rows(list(abc.class_page(access=access)[:size]), access=access)
    with django_assert_num_queries(4):
        abc.summary_of(access=access)
