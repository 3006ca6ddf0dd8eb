"""Lots become expired at their organization's own midnight: once, and with no effect on what is available."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from inventory import tasks
from inventory.expiry import nightly
from inventory.expiry.nightly import expire_lots
from inventory.models import Lot, Sku, StateChange, StockLevel
from tests.factories import make_lot, make_organization, make_sku, stock
from warehouses.models import Organization, Warehouse

pytestmark = pytest.mark.django_db
LAST_DAY = date(2026, 3, 12)


@pytest.fixture
def auckland(db: None) -> Lot:
    return make_lot(make_sku(make_organization("Kiwi", time_zone="Pacific/Auckland"), "K"), "K-1", LAST_DAY)


@pytest.fixture
def angeles(db: None) -> Lot:
    return make_lot(
        make_sku(make_organization("Coast", time_zone="America/Los_Angeles"), "C"), "C-1", LAST_DAY
    )


def states() -> list[str]:
    return list(Lot.objects.order_by("code").values_list("state", flat=True))


@pytest.mark.parametrize(
    ("instant", "expected"),
    [
        # 12 March is over in Auckland (UTC+13) at 11:00 UTC, in Los Angeles (UTC-7) at 07:00 UTC of the next day.
        (datetime(2026, 3, 12, 10, 59, 59, tzinfo=UTC), ["active", "active"]),
        (datetime(2026, 3, 12, 11, 0, tzinfo=UTC), ["active", "expired"]),
        (datetime(2026, 3, 13, 6, 59, 59, tzinfo=UTC), ["active", "expired"]),
        (datetime(2026, 3, 13, 7, 0, tzinfo=UTC), ["expired", "expired"]),
    ],
)
def test_each_at_its_own_midnight(
    auckland: Lot, angeles: Lot, instant: datetime, expected: list[str]
) -> None:
    assert expire_lots(instant) == expected.count("expired")
    assert states() == expected


def test_once_with_its_line_in_the_history(auckland: Lot) -> None:
    now = datetime(2026, 3, 20, tzinfo=UTC)
    assert (expire_lots(now), expire_lots(now), expire_lots(now + timedelta(days=1))) == (1, 0, 0)
    lot = Lot.objects.get()
    assert (lot.state, lot.version) == ("expired", 2)
    line = StateChange.objects.get()
    assert (line.subject_id, line.action, line.from_state, line.to_state) == (
        lot.pk,
        "expire",
        "active",
        "expired",
    )
    assert (line.actor_type, line.created_at) == ("system", now)


def test_what_is_quarantined_expires_and_what_keeps_does_not(organization: Organization, sku: Sku) -> None:
    for code, day, state in (
        ("A", LAST_DAY, "quarantined"),
        ("B", None, "active"),
        ("C", LAST_DAY, "expired"),
        ("D", LAST_DAY + timedelta(days=1), "active"),
    ):
        make_lot(sku, code, day, state=state)
    assert expire_lots(datetime(2026, 3, 13, tzinfo=UTC)) == 1
    assert states() == ["expired", "active", "expired", "active"]
    assert StateChange.objects.get().from_state == "quarantined"


def test_stock_does_not_change(organization: Organization, sku: Sku) -> None:
    warehouse: Warehouse = organization.default_warehouse  # type: ignore[assignment]
    stock(sku, warehouse, 9, lot=make_lot(sku, "A", LAST_DAY))
    before = list(StockLevel.objects.values())
    assert expire_lots(datetime(2026, 3, 13, tzinfo=UTC)) == 1
    assert list(StockLevel.objects.values()) == before


@pytest.mark.parametrize("count", [1, 3])
def test_statements(organization: Organization, sku: Sku, count: int) -> None:
    for number in range(count):
        make_lot(sku, f"L-{number}", LAST_DAY)
    with CaptureQueriesContext(connection) as captured:
        assert expire_lots(datetime(2026, 3, 13, tzinfo=UTC)) == count
    # Two savepoints, as the tests' own transaction makes of two transactions: the second finds nothing more.
    assert len(captured) == 9, [query["sql"][:150] for query in captured.captured_queries]
    with CaptureQueriesContext(connection) as captured:
        assert expire_lots(datetime(2026, 3, 13, tzinfo=UTC)) == 0
    assert len(captured) == 1


def test_very_many_take_several_transactions(
    organization: Organization, sku: Sku, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(nightly, "_LOTS_AT_ONCE", 2)
    for number in range(5):
        make_lot(sku, f"L-{number}", LAST_DAY)
    assert expire_lots(datetime(2026, 3, 13, tzinfo=UTC)) == 5
    assert StateChange.objects.count() == 5


def test_the_task(auckland: Lot) -> None:
    Lot.objects.update(expires_on=date(2020, 1, 1))
    tasks.expire_lots()
    assert states() == ["expired"]


def test_it_is_scheduled(settings: object) -> None:
    scheduled = {entry["task"]: entry["schedule"] for entry in settings.CELERY_BEAT_SCHEDULE.values()}  # type: ignore[attr-defined]
    assert scheduled["inventory.expire_lots"] <= timedelta(hours=1)


@pytest.fixture
def sku(organization: Organization) -> Sku:
    return make_sku(organization, "SKU-001")
