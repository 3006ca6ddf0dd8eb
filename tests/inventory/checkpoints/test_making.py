"""Checkpoints skip nothing that is committed late, whoever makes them, and are the same on both engines."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from threading import Event
from uuid import UUID

import pytest
from django.db import transaction
from django.utils import timezone as clock

from inventory import checkpoints, tasks
from inventory.checkpoints import SETTLING, making
from inventory.checkpoints.books import canonical
from inventory.models import Checkpoint, CheckpointHorizon, Movement, Sku, StateChange
from tests import factories
from tests.races.sessions import Other
from warehouses.models import Organization, Warehouse


def covered() -> int:
    return sum(Checkpoint.objects.filter(row_count__gt=0).values_list("row_count", flat=True))


def written() -> int:
    return sum(book.rows().count() for book in checkpoints.books.values())


def make(*, after: timedelta = SETTLING) -> None:
    """Twice: what is running now is known at the first time, and waited for at the second."""
    time.sleep(0.002)
    for _ in range(2):
        while checkpoints.make(now=clock.now() + after):
            pass


def make_all(*, after: timedelta = SETTLING) -> None:
    """Until nothing is left: on this server there are other tests, whose transactions end too."""
    deadline = time.monotonic() + 60
    while covered() < written():
        assert time.monotonic() < deadline, "Nothing settles."
        make(after=after)
        time.sleep(0.02)


@pytest.fixture
def sku(organization: Organization) -> Sku:
    return factories.make_sku(organization)


@pytest.fixture
def warehouse(organization: Organization) -> Warehouse:
    found: Warehouse = organization.warehouses.get()
    return found


# --- late commits


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_what_is_committed_late_is_not_skipped(sku: Sku, warehouse: Warehouse) -> None:
    """Its keys are older than those of others that have been there for long, and than any difference of clocks."""
    others = factories.make_sku(sku.organization, "OTHER")
    written_late, may_end = Event(), Event()

    def late() -> None:
        with transaction.atomic():
            factories.stock(sku, warehouse, 5)
            written_late.set()
            assert may_end.wait(timeout=20)

    slow = Other(late)
    assert written_late.wait(timeout=20)
    factories.stock(others, warehouse, 3)  # has newer keys, and is committed at once
    for hours in (1, 2, 3):
        make(after=timedelta(hours=hours))
    assert covered() == 0  # not even what is there to be seen: it is newer than what is not
    may_end.set()
    slow.result()
    make_all(after=timedelta(hours=4))
    assert covered() == written() == 4
    assert list(checkpoints.verify()) == []


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_what_is_committed_late_would_be_skipped_without_asking_who_runs(
    sku: Sku, warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: that the test above can fail."""
    monkeypatch.setattr(making, "_running", lambda: None)
    others = factories.make_sku(sku.organization, "OTHER")
    written_late, may_end = Event(), Event()

    def late() -> None:
        with transaction.atomic():
            factories.stock(sku, warehouse, 5)
            written_late.set()
            assert may_end.wait(timeout=20)

    slow = Other(late)
    assert written_late.wait(timeout=20)
    factories.stock(others, warehouse, 3)
    make(after=timedelta(hours=1))
    may_end.set()
    slow.result()
    make(after=timedelta(hours=2))
    assert {finding.check for finding in checkpoints.verify()} == {"row-added"}


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_writers_wait_for_no_checkpoint_and_makers_not_for_each_other(sku: Sku, warehouse: Warehouse) -> None:
    factories.stock(sku, warehouse, 5)
    make_all()
    before = covered()
    with transaction.atomic():
        making._horizon(clock.now())  # somebody is at it, and stays
        Other(lambda: factories.stock(sku, warehouse, 1)).result()
        Other(make).result()
        assert covered() == before
    make_all()
    assert covered() == written() > before


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_a_copy_on_another_server_goes_on(sku: Sku, warehouse: Warehouse) -> None:
    """Its transactions have smaller numbers than the one that was waited for."""
    factories.stock(sku, warehouse, 5)
    make_all()
    CheckpointHorizon.objects.update(pending_transaction=2**40)
    factories.stock(sku, warehouse, 5)
    make_all()
    assert covered() == written()
    assert list(checkpoints.verify()) == []


# --- stretches


@pytest.fixture
def alone(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(making, "_running", lambda: None)


@pytest.mark.usefixtures("alone")
@pytest.mark.parametrize("at_once", [1, 2, 3, 100])
def test_all_is_covered_once_however_much_is_read_at_once(
    sku: Sku, warehouse: Warehouse, at_once: int
) -> None:
    other = factories.make_organization("Other")
    theirs = factories.make_sku(other)
    for units in range(1, 5):
        factories.stock(sku, warehouse, units)
        factories.stock(theirs, other.warehouses.get(), units)
    time.sleep(0.002)
    rounds = 1
    while checkpoints.make(now=clock.now() + SETTLING, at_once=at_once):
        rounds += 1
    assert (rounds == 1) == (at_once == 100)
    assert covered() == written() == 16
    assert list(checkpoints.verify()) == []
    for organization in (sku.organization, other):
        numbers = Checkpoint.objects.filter(organization=organization).values_list("number", flat=True)
        assert list(numbers) == list(range(1, len(numbers) + 1))


@pytest.mark.usefixtures("alone")
def test_what_is_of_the_last_minutes_waits(sku: Sku, warehouse: Warehouse) -> None:
    factories.stock(sku, warehouse, 5)
    assert checkpoints.make(now=clock.now() + SETTLING - timedelta(seconds=30)) is False
    assert covered() == 0
    tasks.make_checkpoints()
    assert covered() == 0


@pytest.mark.usefixtures("alone")
def test_the_statements_are_as_many_for_one_row_as_for_many(
    sku: Sku, warehouse: Warehouse, django_assert_num_queries: Callable[..., object]
) -> None:
    checkpoints.make(now=clock.now())  # from now on there is a horizon
    for count in (1, 20):
        for _ in range(count):
            factories.stock(sku, warehouse, 1)
        time.sleep(0.002)
        now = clock.now() + SETTLING
        # Two of the savepoint, three of the horizon, where it begins, two of each book, what was newest, the new one.
        with django_assert_num_queries(16):
            checkpoints.make(now=now)


# --- bytes


def test_values_have_one_form() -> None:
    east = timezone(timedelta(hours=2))
    instant = datetime(2026, 3, 4, 5, 6, 7, 8, tzinfo=UTC)
    assert canonical(
        [
            *(None, True, 7, "ü\n", UUID(int=1), instant, instant.astimezone(east), date(2026, 3, 4)),
            *(Decimal("1.50"), Decimal("1.5"), Decimal("100"), {"b": 1, "a": [Decimal("0.0")]}),
        ]
    ) == (
        b'[null,true,7,"\\u00fc\\n","00000000000000000000000000000001","2026-03-04T05:06:07.000008Z",'
        b'"2026-03-04T05:06:07.000008Z","2026-03-04","1.5","1.5","100",{"a":["0"],"b":1}]'
    )
    with pytest.raises(TypeError, match="set"):
        canonical([{1}])
    with pytest.raises(ValueError, match="JSON"):
        canonical([float("nan")])


@pytest.mark.usefixtures("alone")
def test_digests_are_the_same_on_both_engines() -> None:
    organization = Organization.objects.create(id=UUID(int=7), name="Acme")
    StateChange.objects.create(
        id=UUID(int=1 << 80),
        organization=organization,
        subject_type="trf",
        subject_id=UUID(int=9),
        action="ship",
        to_state="in_transit",
        quantity=12,
        note="Grüße, „Ost“",
        actor_type="user",
        actor_name="Mia",
        created_at=datetime(2026, 3, 4, 5, 6, 7, 8, tzinfo=UTC),
    )
    checkpoints.make(now=datetime(2026, 3, 5, tzinfo=UTC))
    assert not Movement.objects.exists()
    assert [head.digest for head in checkpoints.heads()] == [
        "0ebaa8cdfecf081f30c5db9ac8ba262f8f35987710d49e1add99a3cb93fd6f2f"
    ]
