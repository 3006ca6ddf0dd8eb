"""Days that are kept: they say what the ledger says, for whoever may see it."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise

import pytest
import pytest_django
from django.conf import settings
from django.db import connection
from django.db.models import Sum

from inventory import tasks
from inventory.day_figures import REACH, Day, ReasonUnits, days_of, organizations_due, refresh
from inventory.models import DayFigures, DayFiguresRefresh, Sku, StockLevel
from tests import factories
from warehouses.access import access_of_system, access_of_user
from warehouses.models import Organization, Warehouse
from warehouses.refusals import Conflict, Forbidden

NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)
TODAY = date(2026, 3, 10)
CENT = Decimal("0.01")


@pytest.fixture
def north(organization: Organization) -> Warehouse:
    return factories.make_warehouse(organization, "North")


@pytest.fixture
def south(organization: Organization) -> Warehouse:
    return factories.make_warehouse(organization, "South")


@pytest.fixture
def mug(organization: Organization) -> Sku:
    return factories.make_sku(organization, "MUG", unit_cost=Decimal("2.50"))


@pytest.fixture
def at_noon(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is noon of the tenth of March for whoever asks for today."""
    monkeypatch.setattr(Organization, "today", lambda self: NOON.astimezone(self.zone).date())


def ago(days: int, hours: float = 0) -> datetime:
    return NOON - timedelta(days=days, hours=hours)


def kept(organization: Organization) -> list[tuple[str, date, int, Decimal, int, int, int]]:
    """The days on which something moved, and the last one."""
    rows = DayFigures.objects.filter(organization=organization).select_related("warehouse")
    return [
        (row.warehouse.name, row.day, row.on_hand, row.value, row.units_in, row.units_out, row.movements)
        for row in rows.order_by("day", "warehouse__name")
        if row.movements or row.day == TODAY
    ]


class TestRefresh:
    def test_each_day_is_what_the_ledger_says(
        self, organization: Organization, north: Warehouse, south: Warehouse, mug: Sku
    ) -> None:
        factories.stock(mug, north, 20, recorded_at=ago(5))
        factories.stock(mug, south, 8, recorded_at=ago(3))
        factories.stock(mug, north, -3, code="SALE", recorded_at=ago(3))
        factories.stock(mug, north, 4, recorded_at=ago(0, 1))
        assert refresh(organization=organization, now=NOON) == 2 * REACH
        assert kept(organization) == [
            ("North", date(2026, 3, 5), 20, Decimal(50), 20, 0, 1),
            ("North", date(2026, 3, 7), 17, Decimal("42.50"), 0, 3, 1),
            ("South", date(2026, 3, 7), 8, Decimal(20), 8, 0, 1),
            ("North", TODAY, 21, Decimal("52.50"), 4, 0, 1),
            ("South", TODAY, 8, Decimal(20), 0, 0, 0),
        ]

    def test_a_day_in_between_has_what_was_there(
        self, organization: Organization, north: Warehouse, mug: Sku
    ) -> None:
        factories.stock(mug, north, 20, recorded_at=ago(5))
        factories.stock(mug, north, 4, recorded_at=ago(2))
        refresh(organization=organization, now=NOON)
        rows = DayFigures.objects.filter(day__gte=TODAY - timedelta(days=6)).order_by("day")
        assert list(rows.values_list("on_hand", flat=True)) == [0, 20, 20, 20, 24, 24, 24]

    def test_days_are_the_organizations(self, north: Warehouse, mug: Sku) -> None:
        organization = mug.organization
        organization.time_zone = "Pacific/Auckland"
        organization.save()
        # Half past one in the night of the tenth, there; the ninth in UTC.
        factories.stock(mug, north, 5, recorded_at=datetime(2026, 3, 9, 12, 30, tzinfo=UTC))
        refresh(organization=organization, now=datetime(2026, 3, 10, 2, tzinfo=UTC))
        assert DayFigures.objects.get(units_in=5).day == TODAY

    def test_what_has_no_cost_is_worth_nothing(self, organization: Organization, north: Warehouse) -> None:
        factories.stock(factories.make_sku(organization, unit_cost=None), north, 5, recorded_at=ago(1))
        refresh(organization=organization, now=NOON)
        assert DayFigures.objects.get(day=TODAY).value == 0

    def test_only_days_that_were_open_are_read_again(
        self, organization: Organization, north: Warehouse, mug: Sku
    ) -> None:
        factories.stock(mug, north, 5, recorded_at=ago(5))
        refresh(organization=organization, now=ago(2))
        # What a settled day says stays, whatever it is; the day of the last refresh is read again.
        DayFigures.objects.filter(day=TODAY - timedelta(days=4)).update(on_hand=77)
        DayFigures.objects.filter(day=TODAY - timedelta(days=2)).update(on_hand=88)
        factories.stock(mug, north, 2, recorded_at=ago(2, -3))
        assert refresh(organization=organization, now=NOON) == 3
        rows = DayFigures.objects.filter(day__gte=TODAY - timedelta(days=5)).order_by("day")
        assert list(rows.values_list("on_hand", "units_in")) == [
            (5, 5),
            (77, 0),
            (5, 0),
            (7, 2),
            (7, 0),
            (7, 0),
        ]

    def test_a_day_is_open_until_ten_minutes_after_its_end(
        self, organization: Organization, north: Warehouse, mug: Sku
    ) -> None:
        midnight = datetime(2026, 3, 10, tzinfo=UTC)
        factories.stock(mug, north, 5, recorded_at=ago(5))
        refresh(organization=organization, now=midnight + timedelta(minutes=9))
        # Recorded before midnight, committed after it.
        factories.stock(mug, north, 1, recorded_at=midnight - timedelta(seconds=1))
        assert refresh(organization=organization, now=midnight + timedelta(minutes=15)) == 2
        assert DayFigures.objects.get(day=date(2026, 3, 9)).units_in == 1
        assert refresh(organization=organization, now=midnight + timedelta(minutes=20)) == 1

    def test_what_was_promised_on_a_day_stays_when_it_is_over(
        self, organization: Organization, north: Warehouse, mug: Sku
    ) -> None:
        factories.stock(mug, north, 9, recorded_at=ago(5))
        factories.reserve(mug, north, 4)
        refresh(organization=organization, now=ago(1))
        refresh(organization=organization, now=NOON)
        rows = DayFigures.objects.filter(day__gte=TODAY - timedelta(days=2)).order_by("day")
        assert list(rows.values_list("reserved", "held")) == [(None, None), (4, 0), (4, 0)]

    def test_the_one_that_began_later_stays(
        self, organization: Organization, north: Warehouse, mug: Sku
    ) -> None:
        factories.stock(mug, north, 9, recorded_at=ago(5))
        refresh(organization=organization, now=NOON)
        assert refresh(organization=organization, now=NOON - timedelta(minutes=1)) == 0
        assert DayFiguresRefresh.objects.get().refreshed_at == NOON

    def test_other_organizations_are_left_alone(
        self, organization: Organization, north: Warehouse, mug: Sku
    ) -> None:
        rival = factories.make_organization("Rival")
        factories.stock(factories.make_sku(rival, "MUG"), rival.default_warehouse, 5)
        factories.stock(mug, north, 9, recorded_at=ago(1))
        refresh(organization=organization, now=NOON)
        refresh(organization=rival, now=NOON)
        assert {row.organization_id for row in DayFigures.objects.filter(warehouse=north)} == {
            organization.pk
        }
        assert DayFigures.objects.filter(organization=organization, day=TODAY).get().on_hand == 9
        assert DayFigures.objects.filter(organization=rival, day=TODAY).get().on_hand == 5

    def test_the_last_day_is_the_sum_of_the_levels(
        self, organization: Organization, north: Warehouse
    ) -> None:
        for number in range(1, 30):
            sku = factories.make_sku(organization, unit_cost=Decimal("1.37") * number)
            factories.stock(sku, north, number * 7, recorded_at=ago(number))
            factories.stock(sku, north, -number, code="SALE", recorded_at=ago(number // 2))
        refresh(organization=organization, now=NOON)
        days = list(DayFigures.objects.order_by("day"))
        there = StockLevel.objects.aggregate(units=Sum("on_hand"))["units"]
        assert days[-1].on_hand == there
        assert days[-1].value.quantize(CENT) == sum(
            (level.on_hand * level.sku.unit_cost for level in StockLevel.objects.select_related("sku")),
            Decimal(0),
        )
        assert days[0].on_hand == 0
        assert days[0].value.quantize(CENT) == 0
        for before, after in pairwise(days):
            assert after.on_hand - before.on_hand == after.units_in - after.units_out

    @pytest.mark.parametrize("skus", [1, 3])
    def test_statements(
        self,
        organization: Organization,
        north: Warehouse,
        skus: int,
        django_assert_num_queries: pytest_django.DjangoAssertNumQueries,
    ) -> None:
        for _ in range(skus):
            factories.stock(factories.make_sku(organization), north, 9, recorded_at=ago(1))
        refresh(organization=organization, now=ago(0, 1))
        # On PostgreSQL the sums are read in a savepoint of their own, without a time limit.
        number = 15 if connection.vendor == "postgresql" else 12
        with django_assert_num_queries(number):
            refresh(organization=organization, now=NOON)


class TestDue:
    def test_who_never_was_is_due(self, organization: Organization) -> None:
        assert organizations_due(NOON) == [organization]

    def test_five_minutes_later(self, organization: Organization) -> None:
        refresh(organization=organization, now=NOON)
        assert organizations_due(NOON + timedelta(minutes=4, seconds=59)) == []
        assert organizations_due(NOON + timedelta(minutes=5)) == [organization]

    def test_later_where_it_takes_long(self, organization: Organization) -> None:
        refresh(organization=organization, now=NOON)
        DayFiguresRefresh.objects.update(took_ms=20_000)
        assert organizations_due(NOON + timedelta(minutes=9)) == []
        assert organizations_due(NOON + timedelta(minutes=10)) == [organization]

    def test_at_once_after_midnight(self, organization: Organization) -> None:
        organization.time_zone = "Europe/Berlin"
        organization.save()
        before = datetime(2026, 3, 9, 22, 59, tzinfo=UTC)
        refresh(organization=organization, now=before)
        DayFiguresRefresh.objects.update(took_ms=60_000)
        assert organizations_due(before + timedelta(seconds=30)) == []
        assert organizations_due(before + timedelta(minutes=1)) == [organization]

    def test_an_organization_that_was_closed_is_not(self, organization: Organization) -> None:
        Organization.objects.update(is_active=False)
        assert organizations_due(NOON) == []


class TestTask:
    def test_each_organization_has_its_turn(
        self, organization: Organization, north: Warehouse, mug: Sku
    ) -> None:
        rival = factories.make_organization("Rival")
        factories.stock(mug, north, 9)
        tasks.refresh_day_figures()
        assert set(DayFiguresRefresh.objects.values_list("organization", flat=True)) == {
            organization.pk,
            rival.pk,
        }
        assert DayFigures.objects.get(day=organization.today()).on_hand == 9
        factories.stock(mug, north, 1)
        tasks.refresh_day_figures()  # not its turn yet
        assert DayFigures.objects.get(day=organization.today()).on_hand == 9

    def test_one_that_is_too_busy_keeps_no_other_waiting(
        self, organization: Organization, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        rival = factories.make_organization("Rival")

        def busy(*, organization: Organization, now: datetime) -> int:
            if organization.pk != rival.pk:
                raise Conflict("CONTENTION", "Too busy.")
            return refresh(organization=organization, now=now)

        monkeypatch.setattr("inventory.day_figures.refresh", busy)
        tasks.refresh_day_figures()
        assert [row.organization_id for row in DayFiguresRefresh.objects.all()] == [rival.pk]

    def test_it_is_asked_for_every_minute(self) -> None:
        entry = settings.CELERY_BEAT_SCHEDULE["refresh-day-figures"]
        assert (entry["task"], entry["schedule"]) == ("inventory.refresh_day_figures", timedelta(minutes=1))


@pytest.mark.usefixtures("at_noon")
class TestReading:
    def test_sums_over_the_warehouses_that_one_sees(
        self, organization: Organization, north: Warehouse, south: Warehouse, mug: Sku
    ) -> None:
        factories.stock(mug, north, 20, recorded_at=ago(1))
        factories.stock(mug, south, 8, recorded_at=ago(1))
        factories.stock(mug, south, -3, code="SALE", recorded_at=ago(0, 1))
        factories.reserve(mug, north, 2)
        refresh(organization=organization, now=NOON)
        whole = days_of(access=access_of_system(organization), days=2)
        assert whole.refreshed_at == NOON
        assert list(whole.days) == [
            Day(date(2026, 3, 9), 28, Decimal(70), None, 28, 0, 2),
            Day(TODAY, 25, Decimal("62.50"), 23, 0, 3, 1),
        ]
        assert list(whole.reasons) == [
            ReasonUnits("ADJUSTMENT", "Manual adjustment", 28, 0, 2),
            ReasonUnits("SALE", "Retail sale", 0, 3, 1),
        ]
        bob = factories.make_person("bob@acme.example", {organization: [("Viewer", north)]})
        access = access_of_user(bob, organization)
        assert access is not None
        part = days_of(access=access, days=2)
        assert [(day.on_hand, day.available, day.units_out) for day in part.days] == [
            (20, None, 0),
            (20, 18, 0),
        ]
        assert list(part.reasons) == [ReasonUnits("ADJUSTMENT", "Manual adjustment", 20, 0, 1)]

    def test_before_the_first_refresh_there_is_nothing(self, organization: Organization) -> None:
        found = days_of(access=access_of_system(organization))
        assert (found.refreshed_at, list(found.days), list(found.reasons)) == (None, [], [])

    def test_reasons_are_of_the_last_days_only(
        self, organization: Organization, north: Warehouse, mug: Sku
    ) -> None:
        factories.stock(mug, north, 20, recorded_at=ago(30))
        factories.stock(mug, north, 1, recorded_at=ago(29))
        refresh(organization=organization, now=NOON)
        (found,) = days_of(access=access_of_system(organization)).reasons
        assert found.units_in == 1

    def test_whoever_may_not_read_is_refused(self, organization: Organization) -> None:
        counter = factories.make_person("cora@acme.example", {organization: ["Counter"]})
        access = access_of_user(counter, organization)
        assert access is not None
        with pytest.raises(Forbidden):
            days_of(access=access)

    @pytest.mark.parametrize("places", [1, 3])
    def test_queries(
        self,
        organization: Organization,
        mug: Sku,
        places: int,
        django_assert_num_queries: pytest_django.DjangoAssertNumQueries,
    ) -> None:
        for number in range(places):
            place = factories.make_warehouse(organization, f"W{number}")
            factories.stock(mug, place, 9, recorded_at=ago(1))
        refresh(organization=organization, now=NOON)
        access = access_of_system(organization)
        with django_assert_num_queries(4):
            days_of(access=access)
