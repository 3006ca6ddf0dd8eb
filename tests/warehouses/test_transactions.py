"""Where a write begins, is repeated, and gives up."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable
from typing import Any

import psycopg
import pytest
from django.db import IntegrityError, OperationalError, connection, transaction

from tests import factories
from warehouses import transactions
from warehouses.models import Organization
from warehouses.refusals import Conflict

SQLSTATES = {
    "40P01": psycopg.errors.DeadlockDetected,
    "40001": psycopg.errors.SerializationFailure,
    "55P03": psycopg.errors.LockNotAvailable,
    "57014": psycopg.errors.QueryCanceled,
}


@pytest.fixture
def naps(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The pauses between attempts, not slept."""
    taken: list[float] = []
    monkeypatch.setattr(transactions.time, "sleep", taken.append)
    return taken


def failing(state: str, times: int) -> tuple[Callable[[], str], list[int]]:
    """Work that the database gives up `times` times, and the attempts that were made."""
    attempts: list[int] = []

    def work() -> str:
        attempts.append(len(attempts) + 1)
        Organization.objects.create(name=f"attempt {len(attempts)}")
        if len(attempts) <= times:
            raise OperationalError("given up") from SQLSTATES[state]("given up")
        return "done"

    return work, attempts


def names() -> list[str]:
    return list(Organization.objects.values_list("name", flat=True))


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("state", ["40P01", "40001"])
def test_what_the_database_gave_up_is_done_again(state: str, naps: list[float]) -> None:
    work, attempts = failing(state, 2)
    assert transactions.run(work) == "done"
    assert attempts == [1, 2, 3]
    assert names() == ["attempt 3"]  # the first two left nothing
    assert len(naps) == 2
    assert 0 < naps[0] < 0.1
    assert naps[1] < 0.2


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("state", ["40P01", "40001"])
def test_it_gives_up_in_the_end(state: str, naps: list[float]) -> None:
    work, attempts = failing(state, 99)
    with pytest.raises(Conflict) as caught:
        transactions.run(work)
    assert caught.value.code == "CONTENTION"
    assert len(attempts) == transactions.ATTEMPTS == 5
    assert len(naps) == 4
    assert sum(naps) < 1
    assert names() == []


@pytest.mark.django_db(transaction=True)
def test_a_lock_that_was_waited_for_is_not_waited_for_again(naps: list[float]) -> None:
    work, attempts = failing("55P03", 1)
    with pytest.raises(Conflict, match="try again"):
        transactions.run(work)
    assert (attempts, naps, names()) == ([1], [], [])


@pytest.mark.django_db(transaction=True)
def test_other_errors_are_left_alone(naps: list[float]) -> None:
    work, attempts = failing("57014", 1)
    with pytest.raises(OperationalError):
        transactions.run(work)
    assert (attempts, names()) == ([1], [])
    for error in (IntegrityError("no"), ValueError("no"), Conflict("NO", "no")):

        def fail(error: Exception = error) -> None:
            Organization.objects.create(name="gone")
            raise error

        with pytest.raises(type(error)):
            transactions.run(fail)
    assert names() == []
    assert naps == []


@pytest.mark.django_db(transaction=True)
def test_inside_a_transaction_nothing_is_repeated(naps: list[float]) -> None:
    work, attempts = failing("40P01", 1)
    with pytest.raises(Conflict), transaction.atomic():
        transactions.run(work)
    assert (attempts, naps, names()) == ([1], [], [])


@pytest.mark.django_db(transaction=True)
def test_inside_a_transaction_it_is_a_part_that_can_fail_alone() -> None:
    with transaction.atomic():
        transactions.run(lambda: Organization.objects.create(name="kept"))
        with pytest.raises(ValueError, match="no"):
            transactions.run(_create_and_fail)
    assert names() == ["kept"]


def _create_and_fail() -> None:
    Organization.objects.create(name="gone")
    raise ValueError("no")


@pytest.mark.django_db(transaction=True)
def test_a_locked_file_is_contention(naps: list[float]) -> None:
    def work() -> None:
        raise OperationalError("database is locked") from sqlite3.OperationalError("database is locked")

    with pytest.raises(Conflict) as caught:
        transactions.run(work)
    assert caught.value.code == "CONTENTION"


@pytest.mark.django_db(transaction=True)
def test_on_sqlite_a_writer_waits_for_the_file_and_then_is_told(is_postgresql: bool) -> None:
    if is_postgresql:
        pytest.skip("a matter of the embedded database")
    organization = factories.make_organization()
    path = connection.settings_dict["NAME"]
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA busy_timeout")
        assert cursor.fetchone() == (20_000,)
        cursor.execute("PRAGMA busy_timeout = 50")
    other = sqlite3.connect(path, isolation_level=None)
    try:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(Conflict) as caught:
            transactions.run(lambda: Organization.objects.update(currency="USD"))
        assert caught.value.code == "CONTENTION"
        other.execute("ROLLBACK")
        transactions.run(lambda: Organization.objects.update(currency="USD"))
    finally:
        other.close()
        connection.close()
    organization.refresh_from_db()
    assert organization.currency == "USD"


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_a_real_deadlock_ends_with_both_done() -> None:
    """Two transactions lock two rows in opposite order; the one that PostgreSQL stops comes again."""
    pair = [factories.make_organization(name) for name in ("One", "Two")]
    barrier = threading.Barrier(2)
    attempts: list[str] = []
    errors: list[BaseException] = []

    def work(name: str, order: list[Organization]) -> None:
        attempts.append(name)
        is_first = attempts.count(name) == 1
        for place, organization in enumerate(order):
            if place == 1 and is_first:
                barrier.wait(timeout=10)
            Organization.objects.filter(pk=organization.pk).update(currency=name)

    def run(name: str, order: list[Organization]) -> None:
        try:
            transactions.run(lambda: work(name, order))
        except BaseException as error:  # noqa: BLE001 - there must be none: see below
            errors.append(error)
        finally:
            connection.close()

    jobs: list[tuple[str, Any]] = [("AAA", pair), ("BBB", pair[::-1])]
    threads = [threading.Thread(target=run, args=job) for job in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=20)
    assert errors == []
    assert len(attempts) == 3, "one of the two was done again"
    assert len(set(Organization.objects.values_list("currency", flat=True))) == 1
