"""Point-of-sale connections and sync runs in the back office: connected, run, read, tried again."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from inventory.models import (
    Adapter,
    PosConnection,
    StockLevel,
    SyncProblem,
    SyncRun,
    SyncState,
    SyncType,
)
from inventory.sync import engine
from tests import factories
from tests.inventory.admin.conftest import House
from warehouses.models import Organization, User, Warehouse
from warehouses.sealing import seal, unseal

pytestmark = pytest.mark.django_db

FEED = "http://127.0.0.1:9/stock"
EVIL = "<script>alert(1)</script>"


@pytest.fixture(autouse=True)
def _surroundings(settings: Any, tmp_path: Path) -> None:
    settings.OUTGOING_NETWORKS = ["127.0.0.0/8"]
    settings.POS_DROP_DIR = tmp_path


@pytest.fixture
def owner(house: House) -> User:
    return factories.make_person("olga@acme.example", {house.organization: ["Owner"]})


@pytest.fixture
def as_owner(owner: User, logged_in: type[Client]) -> Client:
    return logged_in(owner)


@pytest.fixture
def as_northern_owner(house: House, logged_in: type[Client]) -> Client:
    """Somebody who manages everything, but of one warehouse only."""
    return logged_in(
        factories.make_person("paul@acme.example", {house.organization: [("Owner", house.north)]})
    )


def url(screen: str, what: str = "changelist", *args: Any) -> str:
    return reverse(f"admin:inventory_{screen}_{what}", args=args)


def make_connection(warehouse: Warehouse, **fields: Any) -> PosConnection:
    given = {"adapter": Adapter.HTTP_FEED, "url": FEED} | fields
    return PosConnection.objects.create(organization=warehouse.organization, warehouse=warehouse, **given)


def make_run(warehouse: Warehouse, **fields: Any) -> SyncRun:
    given: dict[str, Any] = {
        "adapter": Adapter.HTTP_FEED,
        "sync_type": SyncType.FULL,
        "state": SyncState.COMPLETED,
        "actor_type": "system",
        "actor_name": "system",
    } | fields
    if given["state"] in (SyncState.QUEUED, SyncState.RUNNING):
        given.setdefault("next_attempt_at", timezone.now())
    return SyncRun.objects.create(organization=warehouse.organization, warehouse=warehouse, **given)


def feed(warehouse: Warehouse, **fields: Any) -> dict[str, Any]:
    return {
        "warehouse": str(warehouse.pk),
        "adapter": "http_feed",
        "url": FEED,
        "is_active": "on",
    } | fields


def drop(warehouse: Warehouse, **fields: Any) -> dict[str, Any]:
    return feed(warehouse) | {"adapter": "csv_drop", "folder": "north", "url": ""} | fields


class TestWhoMay:
    def test_connections_are_for_those_who_manage_integrations_there(
        self, house: House, as_owner: Client, as_northern_owner: Client, logged_in: type[Client]
    ) -> None:
        north, south = make_connection(house.north), make_connection(house.south)
        foreign_place = house.other.default_warehouse
        assert foreign_place is not None
        foreign = make_connection(foreign_place)

        def seen(client: Client) -> set[Any]:
            return {row.pk for row in client.get(url("posconnection")).context["cl"].result_list}

        assert seen(as_owner) == {north.pk, south.pk}
        assert seen(as_northern_owner) == {north.pk}
        assert as_owner.get(url("posconnection", "change", foreign.pk)).status_code == 404
        for act in ("change", "full_sync", "sync_changes", "disconnect"):
            assert as_northern_owner.post(url("posconnection", act, south.pk)).status_code == 404
        for person in (house.alice, house.vera):
            client = logged_in(person)
            assert client.get(url("posconnection")).status_code == 403
            assert client.post(url("posconnection", "disconnect", north.pk)).status_code == 403
            assert url("posconnection") not in client.get("/admin/").text
        assert PosConnection.objects.count() == 3
        assert not SyncRun.objects.exists()

    def test_only_own_locations_are_offered_and_taken(
        self, house: House, as_northern_owner: Client, as_owner: Client
    ) -> None:
        page = as_northern_owner.get(url("posconnection", "add")).text
        assert "North" in page
        assert "South" not in page
        foreign = house.other.default_warehouse
        assert foreign is not None
        for client, place in ((as_northern_owner, house.south), (as_owner, foreign)):
            answer = client.post(url("posconnection", "add"), feed(place))
            assert "Select a valid choice" in answer.text
        assert not PosConnection.objects.exists()

    def test_runs_are_for_those_who_see_the_stock_there(
        self, house: House, as_owner: Client, logged_in: type[Client]
    ) -> None:
        north, south = make_run(house.north), make_run(house.south)
        foreign_place = house.other.default_warehouse
        assert foreign_place is not None
        foreign = make_run(foreign_place)
        for client, pks in (
            (as_owner, {north.pk, south.pk}),
            (logged_in(house.vera), {north.pk, south.pk}),
            (logged_in(house.bob), {north.pk}),
        ):
            rows = client.get(url("syncrun")).context["cl"].result_list
            assert {row.pk for row in rows} == pks
            assert client.get(url("syncrun", "change", foreign.pk)).status_code == 404
        bob = logged_in(house.bob)
        assert bob.get(url("syncrun", "change", south.pk)).status_code == 404
        assert str(south.pk) not in bob.get(url("syncrun"), {"q": south.public_id}).text
        assert bob.post(url("syncrun", "retry", south.pk)).status_code == 404
        assert logged_in(house.vera).post(url("syncrun", "retry", north.pk)).status_code == 403
        assert logged_in(house.vera).get(url("syncrun", "start")).status_code == 403

    def test_runs_are_read_only(self, house: House, as_owner: Client) -> None:
        run = make_run(house.north)
        assert as_owner.get(url("syncrun", "add")).status_code == 403
        assert as_owner.post(url("syncrun", "change", run.pk), {"state": "failed"}).status_code == 403
        assert as_owner.post(url("syncrun", "delete", run.pk), {"post": "yes"}).status_code == 403

    def test_password_is_nowhere_and_no_filter(self, house: House, as_owner: Client) -> None:
        connection = make_connection(house.north, secret=seal("s3cret"))
        for page in (
            url("posconnection"),
            url("posconnection", "change", connection.pk),
            url("posconnection", "history", connection.pk),
        ):
            text = as_owner.get(page).text
            assert connection.secret not in text
            assert "s3cret" not in text
        assert as_owner.get(url("posconnection"), {"secret__startswith": "g"}).status_code == 400


class TestConnecting:
    def test_feed_is_stored_with_its_password_sealed(self, house: House, as_owner: Client) -> None:
        answer = as_owner.post(
            url("posconnection", "add"),
            feed(house.north, username="till", password=" pass word ", interval_minutes="15"),
        )

        connection = PosConnection.objects.get()
        assert answer["Location"] == url("posconnection", "change", connection.pk)
        assert (connection.organization, connection.warehouse) == (house.organization, house.north)
        assert (connection.adapter, connection.url, connection.username) == ("http_feed", FEED, "till")
        assert unseal(connection.secret) == " pass word "
        assert (connection.interval_minutes, connection.is_active) == (15, True)

    def test_drop_has_a_folder_and_says_where_it_is(
        self, house: House, as_owner: Client, tmp_path: Path
    ) -> None:
        # What was typed for the other adapter, and is hidden since, was not meant.
        answer = as_owner.post(
            url("posconnection", "add"),
            drop(house.north, url=FEED, username="till", password="x"),
            follow=True,
        )

        connection = PosConnection.objects.get()
        assert (connection.folder, connection.url, connection.username, connection.secret) == (
            "north",
            "",
            "",
            "",
        )
        assert (tmp_path / "north").is_dir()
        assert str(tmp_path / "north") in answer.text

    def test_empty_password_keeps_the_stored_one(self, house: House, as_owner: Client) -> None:
        connection = make_connection(house.north, username="till", secret=seal("s3cret"))
        page = url("posconnection", "change", connection.pk)
        assert "One is stored" in as_owner.get(page).text

        as_owner.post(page, feed(house.north, username="cashier"))
        connection.refresh_from_db()
        assert (connection.username, unseal(connection.secret)) == ("cashier", "s3cret")

        as_owner.post(page, feed(house.north, username="cashier", password="other"))
        connection.refresh_from_db()
        assert unseal(connection.secret) == "other"

        as_owner.post(page, feed(house.north, username="cashier", forget_password="on"))
        connection.refresh_from_db()
        assert connection.secret == ""
        assert "None is stored" in as_owner.get(page).text

    def test_location_of_a_connection_stays(self, house: House, as_owner: Client) -> None:
        connection = make_connection(house.north)

        as_owner.post(url("posconnection", "change", connection.pk), feed(house.south))

        connection.refresh_from_db()
        assert connection.warehouse == house.north

    @pytest.mark.parametrize(
        ("given", "field"),
        [
            ({"url": "http://10.0.0.1/stock"}, "url"),
            ({"url": ""}, "url"),
            ({"username": "a:b"}, "username"),
            ({"password": "ünprintable\x07"}, "password"),
            ({"interval_minutes": "0"}, "interval_minutes"),
            ({"adapter": "csv_drop", "folder": "../north"}, "folder"),
            ({"adapter": "csv_drop", "folder": "south"}, "folder"),
            ({"adapter": "fax"}, "adapter"),
        ],
    )
    def test_faults_are_said_beside_the_field(
        self, house: House, as_owner: Client, given: dict[str, Any], field: str
    ) -> None:
        make_connection(house.south, adapter=Adapter.CSV_DROP, url="", folder="south")

        answer = as_owner.post(url("posconnection", "add"), feed(house.north, **given))

        assert answer.status_code == 200
        assert list(answer.context["adminform"].form.errors) == [field]
        assert PosConnection.objects.count() == 1

    def test_password_meant_for_another_host_is_asked_for_again(self, house: House, as_owner: Client) -> None:
        connection = make_connection(house.north, secret=seal("s3cret"))

        answer = as_owner.post(
            url("posconnection", "change", connection.pk), feed(house.north, url="http://127.0.0.2:9/stock")
        )

        assert list(answer.context["adminform"].form.errors) == ["password"]
        connection.refresh_from_db()
        assert connection.url == FEED

    def test_connected_location_is_not_offered_again(self, house: House, as_owner: Client) -> None:
        make_connection(house.north)
        answer = as_owner.post(url("posconnection", "add"), feed(house.north))
        assert "Select a valid choice" in answer.text

    def test_disconnecting_asks_first(self, house: House, as_owner: Client) -> None:
        connection = make_connection(house.north)
        target = url("posconnection", "disconnect", connection.pk)
        assert "Disconnect North" in as_owner.get(target).text
        assert PosConnection.objects.exists()

        answer = as_owner.post(target, follow=True)

        assert "North is disconnected" in answer.text
        assert not PosConnection.objects.exists()


class TestRunning:
    @pytest.mark.parametrize(("act", "kind"), [("full_sync", "full"), ("sync_changes", "incremental")])
    def test_sync_is_queued_and_its_page_watched(
        self, house: House, as_owner: Client, act: str, kind: str
    ) -> None:
        connection = make_connection(house.north)
        target = url("posconnection", act, connection.pk)
        assert as_owner.get(target).status_code == 200
        assert not SyncRun.objects.exists()

        answer = as_owner.post(target)

        run = SyncRun.objects.get()
        assert (run.sync_type, run.warehouse, run.actor_name) == (kind, house.north, "olga@acme.example")
        assert answer["Location"] == url("syncrun", "change", run.pk)
        page = as_owner.get(answer["Location"]).text
        assert 'data-refresh="2"' in page
        assert "It waits for its turn" in page
        refused = as_owner.post(target, follow=True).text
        assert "is under way" in refused
        assert SyncRun.objects.count() == 1

    def test_who_may_change_stock_there_starts_one_without_seeing_the_connection(
        self, house: House, logged_in: type[Client]
    ) -> None:
        make_connection(house.north)
        make_connection(house.south)
        bob = logged_in(house.bob)
        page = bob.get(url("syncrun", "start")).text
        assert "North" in page
        assert "South" not in page
        refused = bob.post(url("syncrun", "start"), {"location": house.south.pk, "sync_type": "full"})
        assert refused.status_code == 422
        assert not SyncRun.objects.exists()

        answer = bob.post(url("syncrun", "start"), {"location": house.north.pk, "sync_type": "incremental"})

        run = SyncRun.objects.get()
        assert answer["Location"] == url("syncrun", "change", run.pk)
        assert (run.warehouse, run.actor_name) == (house.north, "bob@acme.example")
        again = bob.post(url("syncrun", "start"), {"location": house.north.pk, "sync_type": "full"})
        assert again.status_code == 422
        assert "is under way" in again.text

    def test_nothing_to_start_says_why(self, house: House, logged_in: type[Client]) -> None:
        page = logged_in(house.bob).get(url("syncrun", "start"))
        assert page.status_code == 200
        assert "is connected to a point of sale" in page.text


@pytest.mark.django_db(transaction=True)
class TestReading:
    def test_run_shows_what_it_did_and_what_it_refused(
        self, house: House, as_owner: Client, tmp_path: Path
    ) -> None:
        as_owner.post(url("posconnection", "add"), drop(house.north))
        as_owner.post(url("posconnection", "full_sync", PosConnection.objects.get().pk))
        (tmp_path / "north" / "full.csv").write_text(
            f"sku,quantity\nMUG-RED,23\nMUG-NEW,4\n{EVIL},1\n", encoding="utf-8"
        )
        engine.work(seconds=30)
        run = SyncRun.objects.get()
        assert StockLevel.objects.get(sku=house.sku, warehouse=house.north).on_hand == 23

        page = as_owner.get(url("syncrun", "change", run.pk)).text

        figures = dict(re.findall(r"<dt>([^<]+)</dt><dd>([^<]+)</dd>", page))
        assert figures == {
            "Rows read": "3",
            "Changed stock": "1",
            "Said what was known": "0",
            "Counted before": "0",
            "Refused": "2",
        }
        assert "Completed" in page
        assert "data-refresh=" not in page
        assert "2 in all." in page
        assert "MUG-NEW" in page
        assert EVIL not in page
        adjustments = f"{url('adjustment')}?q={run.public_id}"
        assert adjustments in page
        assert run.public_id in as_owner.get(adjustments).text.split("result_list")[-1]

    def test_refused_rows_are_tried_again_once_they_are_mended(
        self, house: House, as_owner: Client, tmp_path: Path
    ) -> None:
        as_owner.post(url("posconnection", "add"), drop(house.north))
        as_owner.post(url("posconnection", "full_sync", PosConnection.objects.get().pk))
        (tmp_path / "north" / "full.csv").write_text("sku,quantity\nMUG-NEW,4\nMUG-X,4\n", encoding="utf-8")
        engine.work(seconds=30)
        run = SyncRun.objects.get()
        sku = factories.make_sku(house.organization, "MUG-NEW")
        retry = url("syncrun", "retry", run.pk)
        assert retry in as_owner.get(url("syncrun", "change", run.pk)).text
        assert "Try the rows that this run refused again?" in as_owner.get(retry).text

        answer = as_owner.post(retry)

        again = SyncRun.objects.exclude(pk=run.pk).get()
        assert answer["Location"] == url("syncrun", "change", again.pk)
        engine.work(seconds=30)
        assert StockLevel.objects.get(sku=sku).on_hand == 4
        page = as_owner.get(answer["Location"]).text
        assert url("syncrun", "change", run.pk) in page
        assert "MUG-X" in page
        assert "Taken over since" in as_owner.get(url("syncrun", "change", run.pk)).text


class TestOneRun:
    @pytest.mark.parametrize(
        ("given", "words"),
        [
            ({"state": SyncState.QUEUED}, "It waits for its turn."),
            ({"state": SyncState.RUNNING, "due_in": 40}, "It goes on in"),
            ({"state": SyncState.RUNNING, "due_in": -1}, "It goes on in a moment."),
        ],
    )
    def test_open_one_keeps_itself_up_to_date(
        self, house: House, as_owner: Client, given: dict[str, Any], words: str
    ) -> None:
        fields = dict(given)
        if "due_in" in fields:
            fields["next_attempt_at"] = timezone.now() + timedelta(seconds=fields.pop("due_in"))
        run = make_run(house.north, rows_refused=1, **fields)

        page = as_owner.get(url("syncrun", "change", run.pk)).text

        assert words in page
        assert 'data-refresh="2"' in page
        assert url("syncrun", "retry", run.pk) not in page

    def test_failed_one_says_why(self, house: House, as_owner: Client) -> None:
        run = make_run(house.north, state=SyncState.FAILED, error=f"The feed answered 500. {EVIL}")

        page = as_owner.get(url("syncrun", "change", run.pk)).text

        assert "The feed answered 500." in page
        assert EVIL not in page

    def test_first_two_hundred_problems_are_shown_with_their_number(
        self, house: House, as_owner: Client
    ) -> None:
        run = make_run(house.north, rows_refused=203)
        SyncProblem.objects.bulk_create(
            SyncProblem(
                run=run, row=number, code="SKU_NOT_FOUND", detail=EVIL, content=json.dumps({"row": number})
            )
            for number in range(1, 204)
        )

        page = as_owner.get(url("syncrun", "change", run.pk)).text

        assert page.count("SKU_NOT_FOUND") == 200
        assert "The first 200 of 203." in page
        assert EVIL not in page

    def test_found_by_its_number(self, house: House, as_owner: Client) -> None:
        run, other = make_run(house.north), make_run(house.north)
        page = as_owner.get(url("syncrun"), {"q": run.public_id}).text
        assert url("syncrun", "change", run.pk) in page
        assert url("syncrun", "change", other.pk) not in page
        palette = as_owner.get(reverse("admin:search"), {"s": run.public_id, "extended": "1"}).text
        assert url("syncrun", "change", run.pk) in palette


class TestLists:
    # Session, user, organizations, access, count and rows, and the list's own filters: literal, so that a query more is
    # noticed.
    QUERIES = {"posconnection": 14, "syncrun": 15}

    @pytest.mark.parametrize("screen", QUERIES)
    def test_costs_the_same_for_one_and_three_rows(
        self,
        house: House,
        as_owner: Client,
        screen: str,
        django_assert_num_queries: DjangoAssertNumQueries,
    ) -> None:
        for number in (1, 2, 3):
            place = factories.make_warehouse(house.organization, f"Shop {number}")
            make_connection(place)
            make_run(place)
            with django_assert_num_queries(self.QUERIES[screen]):
                assert as_owner.get(url(screen)).status_code == 200

    def test_last_run_is_the_latest(self, house: House, as_owner: Client) -> None:
        make_connection(house.north)
        now = timezone.now()
        make_run(house.north, state=SyncState.FAILED, created_at=now - timedelta(hours=1))
        latest = make_run(house.north, state=SyncState.QUEUED, created_at=now)
        make_run(house.south, state=SyncState.COMPLETED, created_at=now)

        assert "Queued" in as_owner.get(url("posconnection")).text
        page = as_owner.get(url("posconnection", "change", PosConnection.objects.get().pk)).text
        assert url("syncrun", "change", latest.pk) in page

    @pytest.mark.parametrize(
        ("screen", "words"),
        [("posconnection", "No point-of-sale connections yet"), ("syncrun", "No sync runs yet")],
    )
    def test_empty_list_says_what_would_fill_it(
        self, house: House, as_owner: Client, screen: str, words: str
    ) -> None:
        assert words in as_owner.get(url(screen)).text
        assert "Nothing matches" in as_owner.get(url(screen), {"q": "nothing"}).text

    def test_names_are_escaped(self, house: House, as_owner: Client) -> None:
        Warehouse.objects.filter(pk=house.north.pk).update(name=EVIL)
        house.north.refresh_from_db()
        connection = make_connection(house.north, url=f"https://example.com/{EVIL}", username=EVIL)
        run = make_run(house.north, actor_name=EVIL)
        pages = [
            url("posconnection"),
            url("posconnection", "add"),
            url("posconnection", "change", connection.pk),
            url("posconnection", "full_sync", connection.pk),
            url("posconnection", "disconnect", connection.pk),
            url("syncrun"),
            url("syncrun", "start"),
            url("syncrun", "change", run.pk),
        ]
        for page in pages:
            assert EVIL not in as_owner.get(page).text, page

    def test_times_are_the_organizations(self, house: House, as_owner: Client) -> None:
        Organization.objects.filter(pk=house.organization.pk).update(time_zone="Asia/Tokyo")
        run = make_run(house.north, created_at="2026-01-31T20:30:40Z")

        assert "1 Feb 2026, 05:30:40" in as_owner.get(url("syncrun", "change", run.pk)).text
