"""Reservations that run out: from that instant on they do not count, whoever comes first."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from inventory.ledger import expire
from inventory.ledger.locking import Locked
from inventory.models import Movement, Reservation, ReservationState, Sku, StateChange, StockLevel
from inventory.verification import verify
from tests import factories
from tests.inventory.ledger.batches import (
    by,
    figures,
    fingerprint,
    hold,
    promise,
    record,
    refused,
    reserve,
    statements,
    to,
)
from warehouses import transactions
from warehouses.models import Organization, Warehouse

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 3, 12, 12, tzinfo=UTC)
MOMENT = timedelta(microseconds=1)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Callable[[datetime], None]:
    """Sets the time, which stands still; it begins at nine."""

    def set_to(moment: datetime) -> None:
        monkeypatch.setattr("django.utils.timezone.now", lambda: moment)

    set_to(NOON - timedelta(hours=3))
    return set_to


@pytest.fixture
def sku(organization: Organization) -> Sku:
    return factories.make_sku(organization, "MILK", reorder_point=3)


@pytest.fixture
def promised(clock: Callable[[datetime], None], sku: Sku, depot: Warehouse) -> Reservation:
    """All ten units, until noon."""
    factories.stock(sku, depot, 10)
    return promise(sku, depot, 10, NOON)


def run_out(*places: tuple[Sku, Warehouse]) -> None:
    organization = places[0][0].organization
    transactions.run(lambda: expire(organization=organization, places=places))


def test_until_its_instant_it_counts_and_from_then_on_it_does_not(
    clock: Callable[[datetime], None], promised: Reservation, sku: Sku, depot: Warehouse
) -> None:
    clock(NOON - MOMENT)
    assert refused(by(sku, depot, -1, "SALE")).extra == {"available": 0}
    assert figures(sku, depot) == (10, 10, 0, 0)
    clock(NOON)
    record(by(sku, depot, -4, "SALE"))
    assert figures(sku, depot) == (6, 0, 0, 6)
    assert list(verify()) == []


ACTS = {
    "reserving": lambda sku, depot: reserve(sku, depot, 10),
    "holding": lambda sku, depot: hold(sku, depot, 10),
    "issuing": lambda sku, depot: by(sku, depot, -10, "SALE"),
    "correcting": lambda sku, depot: by(sku, depot, -10),
    "counting": lambda sku, depot: to(sku, depot, 0),
    "looking": lambda sku, depot: by(sku, depot, 0),
}


@pytest.mark.parametrize("act", ACTS)
def test_whatever_is_posted_first_takes_it_off(
    clock: Callable[[datetime], None], promised: Reservation, sku: Sku, depot: Warehouse, act: str
) -> None:
    clock(NOON)
    posting = record(ACTS[act](sku, depot)).posting
    promised.refresh_from_db()
    assert (promised.state, promised.open, promised.version) == (ReservationState.EXPIRED, 0, 2)
    assert promised.closed_at == posting.recorded_at
    level = StockLevel.objects.get()
    assert level.reserved == (10 if act == "reserving" else 0)
    change = StateChange.objects.get()
    assert (change.subject_type, change.subject_id, change.organization) == (
        "rsv",
        promised.pk,
        sku.organization,
    )
    assert (change.action, change.from_state, change.to_state, change.quantity) == (
        "expire",
        "active",
        "expired",
        10,
    )
    assert (change.actor_type, change.actor_id, change.actor_name) == ("system", None, "system")
    assert change.created_at == posting.recorded_at
    record(by(sku, depot, 0))
    assert StateChange.objects.count() == 1


def test_a_precondition_sees_what_has_run_out(
    clock: Callable[[datetime], None], promised: Reservation, sku: Sku, depot: Warehouse
) -> None:
    seen: list[tuple[int, list[tuple[object, int]]]] = []

    def look(locked: Locked) -> None:
        level = locked.levels[sku.pk, depot.pk]
        seen.append((level.reserved, [(each.id, each.open) for each in locked.expired]))

    record(by(sku, depot, 1), precondition=look)
    clock(NOON)
    record(by(sku, depot, 1), precondition=look)
    record(by(sku, depot, 1), precondition=look)
    assert seen == [(10, []), (0, [(promised.pk, 10)]), (0, [])]


def test_a_refused_batch_leaves_it_for_the_next_one(
    clock: Callable[[datetime], None], promised: Reservation, sku: Sku, depot: Warehouse
) -> None:
    clock(NOON)
    assert refused(by(sku, depot, -11)).extra == {"available": 10}
    promised.refresh_from_db()
    assert promised.state == ReservationState.ACTIVE
    record(reserve(sku, depot, 10))
    promised.refresh_from_db()
    assert promised.state == ReservationState.EXPIRED


def test_only_what_has_run_out_of_the_locked_levels(
    clock: Callable[[datetime], None],
    promised: Reservation,
    organization: Organization,
    sku: Sku,
    depot: Warehouse,
) -> None:
    other = factories.make_warehouse(organization, "Other")
    factories.stock(sku, other, 10)
    factories.stock(sku, depot, 10)
    kept = [promise(sku, depot, 2, NOON + MOMENT), promise(sku, depot, 1), promise(sku, other, 3, NOON)]
    clock(NOON)
    record(by(sku, depot, 1))
    states = dict(Reservation.objects.values_list("pk", "state"))
    assert states == {promised.pk: "expired"} | {each.pk: "active" for each in kept}
    assert figures(sku, depot) == (21, 3, 0, 18)
    assert figures(sku, other) == (10, 3, 0, 7)
    assert list(verify()) == []


# --- on its own


def test_expiring_without_any_other_change(
    clock: Callable[[datetime], None], promised: Reservation, sku: Sku, depot: Warehouse
) -> None:
    clock(NOON - MOMENT)
    before = fingerprint()
    run_out((sku, depot))
    assert fingerprint() == before
    version = StockLevel.objects.get().version
    clock(NOON)
    run_out((sku, depot))
    assert figures(sku, depot) == (10, 0, 0, 10)
    level = StockLevel.objects.get()
    assert (level.version, level.updated_at) == (version + 1, NOON)
    promised.refresh_from_db()
    assert promised.closed_at == NOON
    assert Movement.objects.count() == 1
    before = fingerprint()
    run_out((sku, depot))  # a second sweeper finds nothing
    assert fingerprint() == before
    assert list(verify()) == []


@pytest.mark.parametrize("closed", ["is_readonly", "is_active"])
def test_a_place_that_may_not_be_written_is_no_obstacle(
    clock: Callable[[datetime], None], promised: Reservation, sku: Sku, depot: Warehouse, closed: str
) -> None:
    Warehouse.objects.filter(pk=depot.pk).update(**{closed: closed == "is_readonly"})
    clock(NOON)
    run_out((sku, depot))
    assert figures(sku, depot) == (10, 0, 0, 10)


def test_the_clock_of_a_level_does_not_run_backwards_for_it(
    clock: Callable[[datetime], None], promised: Reservation, sku: Sku, depot: Warehouse
) -> None:
    record(by(sku, depot, 1), recorded_at=NOON + timedelta(days=1))  # another machine's clock
    clock(NOON)
    run_out((sku, depot))
    assert StockLevel.objects.get().updated_at == NOON + timedelta(days=1) + MOMENT


# --- statements


@pytest.mark.parametrize("size", [1, 3, 500])
def test_what_it_costs_whatever_the_number(
    clock: Callable[[datetime], None], organization: Organization, depot: Warehouse, size: int
) -> None:
    product = factories.make_product(organization)
    skus = Sku.objects.bulk_create(
        Sku(organization=organization, product=product, code=f"S-{n}", code_key=f"s-{n:04d}", title="Any")
        for n in range(size)
    )
    record(*(by(sku, depot, 9) for sku in skus))

    def promise_all() -> None:
        record(*(reserve(sku, depot, 2) for sku in skus))
        levels = dict(StockLevel.objects.values_list("sku", "pk"))
        Reservation.objects.bulk_create(
            Reservation(
                organization=organization,
                level_id=levels[sku.pk],
                sku=sku,
                warehouse=depot,
                quantity=2,
                open=2,
                reference="R",
                expires_at=NOON,
                actor_type="system",
                actor_name="system",
            )
            for sku in skus
        )

    promise_all()
    clock(NOON)
    batch = [by(sku, depot, 1) for sku in skus]
    # What any batch of existing levels costs, and: what is due, the reservations and their histories written.
    assert statements(lambda: record(*batch)) == 12 + 3
    assert statements(lambda: record(*batch)) == 12
    clock(NOON - timedelta(hours=1))
    promise_all()
    clock(NOON)
    # Two of the savepoint; survey, levels, summaries, due; levels, summaries, reservations, histories written.
    assert statements(lambda: run_out(*((sku, depot) for sku in skus))) == 10
    assert statements(lambda: run_out(*((sku, depot) for sku in skus))) == 5
    assert set(Reservation.objects.values_list("state", "open")) == {("expired", 0)}
    assert StateChange.objects.count() == 2 * size
    assert list(verify()) == []
