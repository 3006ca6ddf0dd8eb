"""Where statements go when there is a replica: reports to it, everything that is decided or written to the primary."""

from __future__ import annotations

import contextlib
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from copy import deepcopy
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import OperationalError, connection, connections, transaction
from django.db.utils import load_backend
from django.test import Client
from django.utils import timezone

from inventory import day_figures, exports
from inventory.home.part import part
from inventory.models import Export, Movement, Sku
from tests import factories
from tests.chaos.ground import Ground, lay
from tests.chaos.journal import Journal
from tests.chaos.neighbour import ACTIVITIES, Neighbour
from tests.chaos.servers import Cluster, missing_programs
from tests.config.test_settings import PRODUCTION, executed
from warehouses import replica
from warehouses.access import access_of_user
from warehouses.models import Organization, Warehouse

ANALYTICS = "/backoffice/api/inventory/analytics"
ACCURACY = "/backoffice/api/inventory/cycle-count/accuracy"
#: What a statement begins with that changes nothing.
READS = ("SELECT", "WITH", "DECLARE")
SNAPSHOT = "/pos/api/v1/inventory/snapshot"


class Heard:
    """Every statement, with the database that it went to."""

    def __init__(self) -> None:
        self.statements: list[tuple[str, str]] = []

    def at(self, alias: str, table: str = "") -> list[str]:
        return [sql for where, sql in self.statements if where == alias and table in sql]

    def listener(self, alias: str) -> Callable[..., Any]:
        def listen(execute: Any, sql: Any, parameters: Any, many: bool, context: Any) -> Any:
            self.statements.append((alias, str(sql)))
            return execute(sql, parameters, many, context)

        return listen


@pytest.fixture
def two_aliases(transactional_db: None, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The same database under a second alias: whatever is written is there at once, and who asked is told apart."""
    connections.databases[replica.ALIAS] = deepcopy(connections.databases["default"])
    settings.DATABASE_ROUTERS = ["warehouses.replica.Router"]
    settings.REPLICA_MAX_LAG = timedelta(0)
    monkeypatch.setattr(replica, "_SLACK", timedelta(0))
    settings.OUTGOING_NETWORKS = ["127.0.0.0/8"]
    monkeypatch.setattr(replica._freshness, "is_fresh", lambda: True)
    connections[
        replica.ALIAS
    ].connect()  # tests may open none but those that Django has known from the beginning
    try:
        yield
    finally:
        connections[replica.ALIAS].close()
        del connections[replica.ALIAS]
        del connections.databases[replica.ALIAS]


@contextlib.contextmanager
def hearing() -> Iterator[Heard]:
    heard = Heard()
    with contextlib.ExitStack() as stack:
        for alias in ("default", replica.ALIAS):
            stack.enter_context(connections[alias].execute_wrapper(heard.listener(alias)))
        yield heard


@pytest.fixture
def ground(two_aliases: None) -> Ground:
    return lay(1, "http://127.0.0.1:9/hook")


def get(ground: Ground, path: str, accept: str = "application/json") -> None:
    answer: Any = Client(headers={"X-API-Key": ground.asker, "Accept": accept}).get(path)
    assert answer.status_code == 200
    assert b"".join(answer) if answer.streaming else answer.content


# --- decisions


def test_no_decision_looks_at_the_replica(ground: Ground) -> None:
    """Everything that changes stock, of every contract: adjustments, bulks, promises, transfers, requests, counts."""
    journal = Journal()
    client = Neighbour(0, seed=3, port=0, ground=ground, journal=journal)
    with hearing() as heard:
        for name in ACTIVITIES:
            getattr(client, name)()
    assert len(journal.acknowledged) > len(ACTIVITIES)
    assert heard.at(replica.ALIAS) == []
    assert heard.at("default", "inventory_stocklevel")


def test_a_transaction_is_the_primarys_whoever_asks(two_aliases: None) -> None:
    """One that is open while a report is made, and one that begins in a report: each sees what it has written."""
    factories.make_organization()

    def work() -> int:
        with transaction.atomic():
            return Warehouse.objects.count()

    with hearing() as heard:
        assert replica.read(work) == 1
        with transaction.atomic():
            factories.make_warehouse(Organization.objects.get())
            assert replica.read(Warehouse.objects.count) == 2
            assert list(replica.each(alias for alias in [replica.alias()])) == ["default"]
    assert heard.at(replica.ALIAS) == []

    # What was read in a report knows where it was read, and is not written there, nor is what belongs to it read there.
    place = replica.read(lambda: Warehouse.objects.earliest("pk"))
    assert place._state.db == replica.ALIAS
    with hearing() as heard:
        place.save(update_fields=["name"])
        assert place.organization.name
        place.refresh_from_db()
        with transaction.atomic():
            Warehouse.objects.select_for_update().get(pk=place.pk)
    assert heard.at(replica.ALIAS) == []
    assert len(heard.at("default")) >= 4


def test_nobody_migrates_the_replica() -> None:
    assert replica.Router().allow_migrate("default", "inventory")
    assert not replica.Router().allow_migrate(replica.ALIAS, "inventory")


# --- reports


def test_reports_are_read_from_the_replica(ground: Ground, settings: Any) -> None:
    for path, table in (
        (ANALYTICS, "inventory_movement"),
        (ACCURACY, "cycle_counts_countline"),
        (SNAPSHOT, "inventory_movement"),
        (f"{SNAPSHOT}?page=1", "inventory_movement"),
    ):
        with hearing() as heard:
            get(ground, path)
        assert heard.at(replica.ALIAS, table), path
        assert heard.at("default", table) == [], path
        assert [sql for sql in heard.at(replica.ALIAS) if not sql.lstrip(" \n(").startswith(READS)] == [], (
            path
        )

    with hearing() as heard:
        get(ground, SNAPSHOT, accept="text/csv")
    assert heard.at(replica.ALIAS, "inventory_movement"), "piece by piece, after the answer has begun"
    assert heard.at("default", "inventory_movement") == []

    # A snapshot says what had happened by an instant. Of one that a replica may not have reached, it is not asked.
    settings.REPLICA_MAX_LAG = timedelta(minutes=10)
    with hearing() as heard:
        get(ground, SNAPSHOT)
    assert heard.at(replica.ALIAS) == []
    before = (timezone.now() - timedelta(minutes=11)).strftime("%Y-%m-%dT%H:%M:%SZ")
    with hearing() as heard:
        get(ground, f"{SNAPSHOT}?date={before}", accept="text/csv")
    assert heard.at(replica.ALIAS)


def test_so_are_the_overviews_days_and_the_rows_of_files(ground: Ground) -> None:
    user = factories.make_person("owner@chaos.example", {ground.organization: ["Owner"]})
    access = access_of_user(user, ground.organization)
    assert access is not None
    day_figures.refresh(organization=ground.organization, now=timezone.now())
    with hearing() as heard:
        assert part(access).cards
    assert heard.at(replica.ALIAS, '"inventory_dayfigures"')
    assert heard.at("default", '"inventory_dayfigures"') == []

    # How far a file has come, and the file itself, are written.
    export = exports.ask(access=access, page="inventory_explorer", query="", title="Stock", file_format="csv")
    with hearing() as heard:
        exports.work(seconds=0)
    found = Export.objects.get(pk=export.pk)
    assert found.row_count == Sku.objects.count() > 0, found.problem
    assert heard.at(replica.ALIAS, "inventory_stockitem")
    assert [sql for sql in heard.at(replica.ALIAS) if not sql.lstrip(" \n(").startswith(READS)] == []
    assert heard.at(replica.ALIAS, "inventory_export") == []
    assert heard.at("default", "UPDATE")


# --- without one, and with one that fails


@pytest.mark.django_db
def test_without_a_replica_nothing_is_asked_more(django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(1):
        replica.read(Movement.objects.count)
    with django_assert_num_queries(1):
        assert list(replica.each(iter(Movement.objects.all()))) == []


def test_a_replica_that_fails_in_the_middle_is_replaced(
    two_aliases: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    rested: list[bool] = []
    monkeypatch.setattr(replica._freshness, "rest", lambda: rested.append(True))
    asked: list[str] = []

    def work() -> str:
        asked.append(replica.alias())
        if asked[-1] == replica.ALIAS:
            raise OperationalError("terminating connection due to conflict with recovery")
        return "done"

    assert replica.read(work) == "done"
    assert (asked, rested) == ([replica.ALIAS, "default"], [True])

    # What took too long there would take as long here.
    asked.clear()

    def endless() -> None:
        asked.append(replica.alias())
        raise OperationalError("too long") from psycopg.errors.QueryCanceled()

    with pytest.raises(OperationalError, match="too long"):
        replica.read(endless)
    assert asked == [replica.ALIAS]


# --- settings


def test_the_replica_is_talked_to_as_the_primary_is() -> None:
    url = "postgresql://reader:secret@db2.example.com/tallyhouse?sslmode=verify-full"
    found = executed(**PRODUCTION, REPLICA_DATABASE_URL=url)
    default, second = found["DATABASES"]["default"], found["DATABASES"]["replica"]
    assert (second["HOST"], second["USER"], second["NAME"]) == ("db2.example.com", "reader", "tallyhouse")
    assert second["OPTIONS"]["options"] == default["OPTIONS"]["options"]
    assert second["OPTIONS"]["sslmode"] == "verify-full"
    assert found["DATABASE_ROUTERS"] == ["warehouses.replica.Router"]
    assert executed(**PRODUCTION).get("DATABASE_ROUTERS") is None
    assert "replica" not in executed(**PRODUCTION)["DATABASES"]


def test_of_several_primaries_the_replica_takes_none() -> None:
    several = "postgresql://u@/tallyhouse?host=db1,db2&port=5432,5433&target_session_attrs=read-write"
    given = PRODUCTION | {
        "DATABASE_URL": several,
        "REPLICA_DATABASE_URL": "postgresql://u@db2:5433/tallyhouse",
    }
    found = executed(**given)["DATABASES"]
    assert found["default"]["OPTIONS"]["host"] == "db1,db2"
    assert found["default"]["OPTIONS"]["target_session_attrs"] == "read-write"
    assert not found["replica"]["OPTIONS"].keys() & {"host", "port", "target_session_attrs"}


def test_an_embedded_installation_has_none(tmp_path: Path) -> None:
    with pytest.raises(ImproperlyConfigured, match="REPLICA_DATABASE_URL is for PostgreSQL"):
        executed(DATA_DIR=str(tmp_path), REPLICA_DATABASE_URL="postgresql://u@db2/tallyhouse")


# --- a real standby


@pytest.fixture
def pair() -> Iterator[tuple[Cluster, Cluster]]:
    folder = Path(tempfile.mkdtemp(prefix="tallyhouse-pair-"))
    folder.chmod(0o755)  # PostgreSQL's own user has to come through it
    primary, standby = Cluster(folder / "primary"), Cluster(folder / "standby")
    try:
        primary.create()
        standby.follow(primary, "standby")
        yield primary, standby
    finally:
        standby.kill()
        primary.kill()
        shutil.rmtree(folder)


@pytest.mark.postgresql
@pytest.mark.timeout(300)
@pytest.mark.skipif(bool(missing_programs()), reason="PostgreSQL is to be started here")
def test_a_real_standby_is_asked_while_it_is_near(
    pair: tuple[Cluster, Cluster], settings: Any, monkeypatch: pytest.MonkeyPatch, django_db_blocker: Any
) -> None:
    primary, standby = pair
    settings.REPLICA_MAX_LAG = timedelta(seconds=1)
    backend = load_backend("django.db.backends.postgresql")
    opened = {
        alias: backend.DatabaseWrapper({**connection.settings_dict, **place, "OPTIONS": {}}, alias=alias)
        for alias, place in (("default", place_of(primary)), (replica.ALIAS, place_of(standby)))
    }
    monkeypatch.setattr(replica, "connections", opened)

    with django_db_blocker.unblock(), primary.connect() as writer, standby.connect() as follower:
        freshness = replica.Freshness()

        def is_fresh() -> bool:
            return freshness._look()[0]

        writer.execute("CREATE TABLE noise (n int)")
        wait_until(is_fresh)

        follower.execute("SELECT pg_wal_replay_pause()")
        writer.execute("INSERT INTO noise VALUES (1)")
        wait_until(lambda: not is_fresh())
        # For as long as it stands still, whatever the clocks say; on a primary that is idle too.
        time.sleep(1.5)
        assert not is_fresh()

        follower.execute("SELECT pg_wal_replay_resume()")
        wait_until(is_fresh)

        standby.promote()
        assert not is_fresh(), "what it says is not what the primary says any more"
        standby.kill()
        assert not is_fresh()
    for each in opened.values():
        each.close()


def place_of(cluster: Cluster) -> dict[str, Any]:
    return {
        "HOST": "127.0.0.1",
        "PORT": cluster.port,
        "USER": "postgres",
        "PASSWORD": "",
        "NAME": "tallyhouse",
    }


def wait_until(condition: Callable[[], bool], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.1)
