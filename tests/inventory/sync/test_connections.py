"""How a location is connected with its point of sale, by whom, and what is kept of it."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import Any

import pytest

from inventory.models import Adapter, PosConnection
from inventory.sync.connections import change_connection, connect, disconnect
from tests import factories
from tests.inventory.sync.feed_server import FeedServer
from tests.inventory.sync.syncing import start, work
from warehouses.access import Access, access_of_system, access_of_user
from warehouses.models import Organization, Warehouse
from warehouses.refusals import Conflict, Forbidden, InvalidInput, NotFound, Refusal
from warehouses.sealing import unseal

pytestmark = pytest.mark.django_db


def refused(work: Any, kind: type[Refusal] = InvalidInput) -> list[str | None]:
    """The fields of the problems, with nothing changed."""
    before = list(PosConnection.objects.order_by("pk").values())
    with pytest.raises(kind) as caught:
        work()
    assert list(PosConnection.objects.order_by("pk").values()) == before
    return [problem.field for problem in caught.value.problems]


def test_a_feed_is_connected(access: Access, shop: Warehouse, feed: FeedServer) -> None:
    made = connect(
        access=access,
        warehouse=shop,
        adapter="http_feed",
        url=f" {feed.url}?shop=1#top ",
        username="till",
        secret="s3cret",
        interval_minutes=15,
    )
    stored = PosConnection.objects.get(pk=made.pk)
    assert (stored.organization_id, stored.warehouse_id) == (access.organization.pk, shop.pk)
    assert (stored.adapter, stored.url, stored.folder) == (Adapter.HTTP_FEED, f"{feed.url}?shop=1", "")
    assert (stored.username, stored.interval_minutes, stored.is_active) == ("till", 15, True)
    assert "s3cret" not in stored.secret
    assert unseal(stored.secret) == "s3cret"
    assert (stored.cursor, stored.last_synced_at) == ("", None)


def test_a_drop_is_connected(access: Access, shop: Warehouse, settings: Any) -> None:
    made = connect(access=access, warehouse=shop, adapter="csv_drop", folder="Shop_1.a")
    assert (made.folder, made.url, made.username, made.secret) == ("Shop_1.a", "", "", "")
    folder = Path(settings.POS_DROP_DIR) / "Shop_1.a"
    assert sorted(path.name for path in folder.iterdir()) == [".location", "done", "failed", "taken"]
    assert (folder / ".location").read_text() == f"{shop.public_id}\n"


@pytest.mark.parametrize(
    "folder",
    ["", ".", "..", ".hidden", "-rf", "a/b", "../a", "a b", "a\n", "ä", "a" * 81, "/etc", "a\0"],
)
def test_a_folder_is_one_safe_segment(access: Access, shop: Warehouse, settings: Any, folder: str) -> None:
    assert refused(lambda: connect(access=access, warehouse=shop, adapter="csv_drop", folder=folder)) == [
        "folder"
    ]
    assert not Path(settings.POS_DROP_DIR).exists()


@pytest.mark.parametrize("name", ["shop-1", "SHOP-1"])
def test_a_folder_belongs_to_one_location(
    access: Access, organization: Organization, shop: Warehouse, name: str
) -> None:
    connect(access=access, warehouse=shop, adapter="csv_drop", folder="shop-1")
    stranger = factories.make_organization("Stranger")
    other = factories.make_warehouse(stranger, "Other")
    theirs = access_of_system(stranger)
    assert refused(lambda: connect(access=theirs, warehouse=other, adapter="csv_drop", folder=name)) == [
        "folder"
    ]


def test_a_folder_that_was_another_location_s_stays_closed_to_others(
    access: Access, organization: Organization, shop: Warehouse
) -> None:
    disconnect(
        access=access,
        connection=connect(access=access, warehouse=shop, adapter="csv_drop", folder="shop-1"),
    )
    other = factories.make_warehouse(organization, "Other")
    assert refused(lambda: connect(access=access, warehouse=other, adapter="csv_drop", folder="shop-1")) == [
        "folder"
    ]
    connect(access=access, warehouse=shop, adapter="csv_drop", folder="shop-1")


BAD: list[tuple[dict[str, Any], list[str]]] = [
    ({"adapter": "ftp"}, ["adapter"]),
    ({"url": ""}, ["url"]),
    ({"url": "ftp://127.0.0.1/"}, ["url"]),
    ({"url": "http://till:secret@127.0.0.1/"}, ["url"]),
    ({"url": "http://169.254.169.254/latest"}, ["url"]),
    ({"url": "http://10.0.0.1/"}, ["url"]),
    ({"url": "https://localhost.invalid/"}, ["url"]),
    ({"url": "http://127.0.0.1/?page=2"}, ["url"]),
    ({"url": "http://127.0.0.1/?a=1&since="}, ["url"]),
    ({"url": "http://127.0.0.1/" + "a" * 2000}, ["url"]),
    ({"folder": "shop"}, ["folder"]),
    ({"username": "a:b"}, ["username"]),
    ({"username": "a\nb"}, ["username"]),
    ({"username": "a" * 121}, ["username"]),
    ({"secret": "to ken"}, ["secret"]),
    ({"secret": "tökén"}, ["secret"]),
    ({"secret": "a\r\nX-Other: b", "username": "till"}, ["secret"]),
    ({"secret": "a" * 2001}, ["secret"]),
    ({"interval_minutes": 0}, ["interval_minutes"]),
    ({"interval_minutes": 10_081}, ["interval_minutes"]),
    ({"url": "nonsense", "folder": "x", "username": ":", "secret": "ä", "interval_minutes": -1},
     ["url", "folder", "username", "interval_minutes"]),
    ({"adapter": "csv_drop", "username": "till", "secret": "x"}, ["url", "username", "secret", "folder"]),
]  # fmt: skip


@pytest.mark.parametrize(("fields", "named"), BAD, ids=[str(fields)[:50] for fields, _ in BAD])
def test_every_bad_field_is_named(
    access: Access, shop: Warehouse, feed: FeedServer, fields: dict[str, Any], named: list[str]
) -> None:
    wanted = {"adapter": "http_feed", "url": feed.url} | fields
    assert refused(lambda: connect(access=access, warehouse=shop, **wanted)) == named
    assert feed.seen == []


def test_a_location_is_connected_once(
    access: Access, shop: Warehouse, connection: PosConnection, feed: FeedServer
) -> None:
    with pytest.raises(Conflict) as caught:
        connect(access=access, warehouse=shop, adapter="http_feed", url=feed.url)
    assert caught.value.code == "POS_ALREADY_CONNECTED"


def test_a_connection_is_changed(
    access: Access, shop: Warehouse, feed: FeedServer, connection: PosConnection
) -> None:
    PosConnection.objects.update(cursor="17")
    keep = {"adapter": "http_feed", "url": feed.url}
    change_connection(access=access, connection=connection, **keep, secret="one", interval_minutes=5)
    stored = PosConnection.objects.get()
    assert (unseal(stored.secret), stored.interval_minutes, stored.cursor) == ("one", 5, "17")
    change_connection(access=access, connection=connection, **keep, is_active=False)
    stored = PosConnection.objects.get()
    assert (unseal(stored.secret), stored.interval_minutes, stored.is_active) == ("one", None, False)
    change_connection(access=access, connection=connection, **keep, secret="")
    assert PosConnection.objects.get().secret == ""
    change_connection(access=access, connection=connection, adapter="csv_drop", folder="shop-1")
    stored = PosConnection.objects.get()
    assert (stored.adapter, stored.url, stored.folder, stored.cursor) == ("csv_drop", "", "shop-1", "")


def test_a_host_is_looked_up_only_when_it_is_new(
    access: Access, feed: FeedServer, connection: PosConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    def nobody(*arguments: Any, **options: Any) -> None:
        raise socket.gaierror

    monkeypatch.setattr(socket, "getaddrinfo", nobody)
    change_connection(
        access=access, connection=connection, adapter="http_feed", url=feed.url, interval_minutes=5
    )
    assert refused(
        lambda: change_connection(
            access=access, connection=connection, adapter="http_feed", url=f"{feed.url}2"
        )
    ) == ["url"]


def test_a_kept_secret_goes_to_no_other_host(
    access: Access, feed: FeedServer, connection: PosConnection
) -> None:
    """Whoever may change the address could otherwise have the secret sent to a server of theirs."""
    change_connection(
        access=access, connection=connection, adapter="http_feed", url=feed.url, secret="s3cret"
    )
    with FeedServer() as other:
        elsewhere = {"access": access, "connection": connection, "adapter": "http_feed", "url": other.url}
        assert refused(lambda: change_connection(**elsewhere)) == ["secret"]
        change_connection(**elsewhere, secret="another")
    change_connection(access=access, connection=connection, adapter="http_feed", url=f"{other.url}/v2")
    assert unseal(PosConnection.objects.get().secret) == "another"


def test_where_rows_come_from_stays_while_a_run_is_open(
    access: Access, shop: Warehouse, feed: FeedServer, connection: PosConnection
) -> None:
    run = start(shop)
    for change in (
        lambda: change_connection(
            access=access, connection=connection, adapter="http_feed", url=f"{feed.url}?x=1"
        ),
        lambda: change_connection(access=access, connection=connection, adapter="csv_drop", folder="x"),
        lambda: disconnect(access=access, connection=connection),
    ):
        with pytest.raises(Conflict) as caught:
            change()
        assert (caught.value.code, caught.value.extra) == ("SYNC_IN_PROGRESS", {"run_id": run.public_id})
    change_connection(access=access, connection=connection, adapter="http_feed", url=feed.url, secret="new")
    work()
    disconnect(access=access, connection=connection)
    assert not PosConnection.objects.exists()


def test_a_change_made_meanwhile_is_not_overwritten(
    access: Access, feed: FeedServer, connection: PosConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    def other(*arguments: Any) -> None:
        PosConnection.objects.update(url="http://127.0.0.1/other", secret="theirs")

    monkeypatch.setattr("inventory.sync.connections.resolve", other)
    with pytest.raises(Conflict) as caught:
        change_connection(access=access, connection=connection, adapter="http_feed", url=f"{feed.url}?mine=1")
    assert caught.value.code == "POS_CONNECTION_CHANGED"
    assert PosConnection.objects.get().secret == "theirs"


def test_a_connection_that_was_removed_meanwhile(
    access: Access, feed: FeedServer, connection: PosConnection
) -> None:
    PosConnection.objects.all().delete()
    for act in (
        lambda: change_connection(access=access, connection=connection, adapter="http_feed", url=feed.url),
        lambda: disconnect(access=access, connection=connection),
    ):
        with pytest.raises(NotFound):
            act()


def test_another_connection_first(
    access: Access, shop: Warehouse, feed: FeedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two connect at once, and the constraint lets one of them in."""

    def other(*arguments: Any) -> None:
        PosConnection.objects.create(
            organization=shop.organization, warehouse=shop, adapter="csv_drop", folder="first"
        )

    monkeypatch.setattr("inventory.sync.connections.resolve", other)
    with pytest.raises(Conflict) as caught:
        connect(access=access, warehouse=shop, adapter="http_feed", url=feed.url)
    assert caught.value.code == "POS_ALREADY_CONNECTED"
    assert PosConnection.objects.get().folder == "first"


class TestWho:
    """Bob may manage connections in one warehouse, Carol only sees stock, Mallory is of another organization."""

    @pytest.fixture
    def people(self, organization: Organization, shop: Warehouse, feed: FeedServer) -> dict[str, Access]:
        other = factories.make_warehouse(organization, "Other")
        stranger = factories.make_organization("Stranger")
        found = {
            "bob": factories.make_person("bob@example.com", {organization: [("Owner", shop)]}),
            "bob elsewhere": factories.make_person("b@example.com", {organization: [("Owner", other)]}),
            "carol": factories.make_person("carol@example.com", {organization: ["Viewer"]}),
            "manager": factories.make_person("m@example.com", {organization: ["Warehouse manager"]}),
        }
        accesses = {name: access_of_user(user, organization) for name, user in found.items()}
        assert all(accesses.values())
        return {
            **{name: access for name, access in accesses.items() if access},
            "mallory": access_of_system(stranger),
        }

    REFUSED = [
        ("bob elsewhere", NotFound, "WAREHOUSE_NOT_FOUND"),
        ("carol", Forbidden, "PERMISSION_DENIED"),
        ("manager", Forbidden, "PERMISSION_DENIED"),
        ("mallory", NotFound, "WAREHOUSE_NOT_FOUND"),
    ]

    @pytest.mark.parametrize(("name", "kind", "code"), REFUSED)
    def test_refused(
        self,
        people: dict[str, Access],
        access: Access,
        shop: Warehouse,
        feed: FeedServer,
        name: str,
        kind: type[Refusal],
        code: str,
    ) -> None:
        caller = people[name]
        target = {"adapter": "http_feed", "url": feed.url}
        with pytest.raises(kind) as caught:
            connect(access=caller, warehouse=shop, **target)  # type: ignore[arg-type]
        assert caught.value.code == code
        made = connect(access=access, warehouse=shop, **target)  # type: ignore[arg-type]
        for act in (
            lambda: change_connection(access=caller, connection=made, **target),  # type: ignore[arg-type]
            lambda: disconnect(access=caller, connection=made),
        ):
            with pytest.raises(kind) as caught:
                act()
            assert caught.value.code == code
        assert PosConnection.objects.count() == 1

    def test_allowed(self, people: dict[str, Access], shop: Warehouse, feed: FeedServer) -> None:
        made = connect(access=people["bob"], warehouse=shop, adapter="http_feed", url=feed.url)
        change_connection(access=people["bob"], connection=made, adapter="http_feed", url=feed.url)
        disconnect(access=people["bob"], connection=made)
