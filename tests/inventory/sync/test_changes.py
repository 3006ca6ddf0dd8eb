"""An incremental sync adds what happened at the till to the stock, each row once, for ever."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta

import pytest
from django.utils import timezone

from inventory.models import (
    Adjustment,
    Event,
    Lot,
    Movement,
    PosConnection,
    Source,
    SyncedRow,
    SyncRun,
    WebhookEndpoint,
)
from inventory.sync.connections import change_connection, connect, disconnect
from inventory.verification import verify
from tests import factories
from tests.inventory.sync.feed_server import FeedServer
from tests.inventory.sync.syncing import counts, on_hand, problems, sale, sync
from warehouses.access import Access
from warehouses.models import Organization, Warehouse

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _stock(organization: Organization, shop: Warehouse) -> None:
    for code in "AB":
        factories.stock(factories.make_sku(organization, code), shop, 10)


def test_changes_are_added_with_reason_note_and_time(
    shop: Warehouse, connection: PosConnection, feed: FeedServer
) -> None:
    feed.changes = [
        sale("till-1/17", "a", -3, occurred_at="2026-01-27T10:30:00+01:00", note="2 for 1\nno receipt"),
        {"key": "till-1/18", "sku": "B", "quantity_change": 2, "reason_code": "return"},
    ]

    run = sync(shop, "incremental")

    assert (run.state, counts(run)) == ("completed", (2, 2, 0, 0, 0))
    assert on_hand(shop) == {"A": 7, "B": 12}
    made = Movement.objects.filter(document_id=Adjustment.objects.get(source=Source.SYNC).pk)
    assert list(
        made.order_by("sku__code").values_list(
            "delta", "reason_code__code", "note", "reference", "occurred_at"
        )
    ) == [
        (-3, "SALE", "2 for 1\nno receipt", "till-1/17", datetime(2026, 1, 27, 9, 30, tzinfo=UTC)),
        (2, "RETURN", "", "till-1/18", None),
    ]
    assert Adjustment.objects.get(source=Source.SYNC).reference == run.public_id
    assert list(verify()) == []


def test_each_run_goes_on_where_the_last_one_ended(
    shop: Warehouse, connection: PosConnection, feed: FeedServer
) -> None:
    feed.changes = [sale("1", "A"), sale("2", "A"), sale("3", "A")]
    feed.page_size = 2
    sync(shop, "incremental")
    connection.refresh_from_db()
    assert connection.cursor == "3"
    feed.changes.append(sale("4", "A"))

    run = sync(shop, "incremental")

    assert counts(run) == (1, 1, 0, 0, 0)
    assert on_hand(shop) == {"A": 6, "B": 10}
    assert feed.queries() == [
        {"mode": "changes", "limit": "500"},
        {"mode": "changes", "limit": "500", "page": "2"},
        {"mode": "changes", "limit": "500", "since": "3"},
    ]


def test_the_same_changes_twice_count_once(
    shop: Warehouse, connection: PosConnection, feed: FeedServer
) -> None:
    feed.changes = [sale("1", "A", -2), sale("2", "B", -2)]
    sync(shop, "incremental")
    movements = Movement.objects.count()
    PosConnection.objects.update(cursor="")

    run = sync(shop, "incremental")

    assert counts(run) == (2, 0, 0, 2, 0)
    assert Movement.objects.count() == movements
    assert on_hand(shop) == {"A": 8, "B": 8}


def test_a_key_that_comes_twice_in_one_answer_counts_once(
    shop: Warehouse, connection: PosConnection, feed: FeedServer
) -> None:
    feed.changes = [sale("1", "A"), sale("1", "A"), sale("1 ", "A"), sale("2", "A", -99), sale("2", "A")]
    run = sync(shop, "incremental")
    assert counts(run) == (5, 1, 0, 1, 3)
    assert problems(run) == [(3, "INVALID_ROW"), (4, "NEGATIVE_QUANTITY"), (5, "DUPLICATE_ROW")]
    assert on_hand(shop)["A"] == 9


def test_keys_that_differ_in_case_are_two(
    shop: Warehouse, connection: PosConnection, feed: FeedServer
) -> None:
    feed.changes = [sale("k", "A"), sale("K", "A")]
    assert counts(sync(shop, "incremental")) == (2, 2, 0, 0, 0)


def test_offline_sales_that_arrive_late_count_once_for_ever(
    organization: Organization, access: Access, shop: Warehouse, connection: PosConnection, feed: FeedServer
) -> None:
    """The till was offline for weeks; then it sends its sales, and sends them again whatever happens to us."""
    long_ago = timezone.now() - timedelta(days=40)
    late = [sale(f"till-9/{n}", "A", occurred_at=long_ago.isoformat()) for n in range(3)]
    feed.changes = [sale("till-1/1", "B"), *late]
    first = sync(shop, "incremental")
    assert counts(first) == (4, 4, 0, 0, 0)
    moved = Movement.objects.filter(reference__startswith="till-9/")
    assert {movement.occurred_at for movement in moved} == {long_ago}
    assert all(movement.recorded_at > timezone.now() - timedelta(hours=1) for movement in moved)

    # Another run, another connection, the runs themselves gone: the keys stay.
    SyncRun.objects.all().delete()
    disconnect(access=access, connection=connection)
    connect(access=access, warehouse=shop, adapter="http_feed", url=feed.url)
    assert counts(sync(shop, "incremental")) == (4, 0, 0, 4, 0)
    assert on_hand(shop) == {"A": 7, "B": 9}
    assert SyncedRow.objects.count() == 4


def test_keys_belong_to_their_location(
    organization: Organization, access: Access, shop: Warehouse, connection: PosConnection, feed: FeedServer
) -> None:
    other = factories.make_warehouse(organization, "Other shop")
    connect(access=access, warehouse=other, adapter="http_feed", url=feed.url)
    feed.changes = [{"key": "1", "sku": "A", "quantity_change": 2, "reason_code": "RETURN"}]
    assert counts(sync(shop, "incremental")) == (1, 1, 0, 0, 0)
    assert counts(sync(other, "incremental")) == (1, 1, 0, 0, 0)


def test_a_sale_is_a_fact(
    organization: Organization, shop: Warehouse, connection: PosConnection, feed: FeedServer
) -> None:
    """What has been sold may have been promised to somebody else, or expired; it is gone all the same."""
    promised = factories.make_sku(organization, "R")
    factories.stock(promised, shop, 5)
    factories.reserve(promised, shop, 4)
    milk = factories.make_sku(organization, "M", is_lot_controlled=True)
    old = factories.make_lot(milk, "OLD", expires_on=date(2020, 1, 1))
    factories.stock(milk, shop, 5, lot=old)
    WebhookEndpoint.objects.create(
        organization=organization,
        url="https://receiver.example/hook",
        event_types=["inventory.oversold", "inventory.sync.completed"],
        secret="sealed",
    )
    feed.changes = [sale("1", "R", -3), sale("2", "M", -2), sale("3", "M", -1, lot="old"), sale("4", "R", -3)]

    run = sync(shop, "incremental")

    assert counts(run) == (4, 3, 0, 0, 1)
    assert problems(run) == [(4, "NEGATIVE_QUANTITY")]
    assert on_hand(shop) == {"A": 10, "B": 10, "R": 2, "M": 2}
    oversold, ended = (json.loads(event.body) for event in Event.objects.order_by("created_at", "id"))
    assert (oversold["type"], oversold["data"]["sku"]) == ("inventory.oversold", "R")
    assert (oversold["data"]["available"], oversold["data"]["short_by"]) == (-2, 2)
    assert ended["data"]["rows_refused"] == 1


def test_a_change_may_name_a_lot_that_is_new(
    organization: Organization, shop: Warehouse, connection: PosConnection, feed: FeedServer
) -> None:
    factories.make_sku(organization, "M", is_lot_controlled=True)
    feed.changes = [
        {"key": "1", "sku": "M", "quantity_change": 4, "reason_code": "supplier_receipt", "lot": "L-9"},
        sale("2", "M", -1, lot="L-8"),
    ]
    run = sync(shop, "incremental")
    assert problems(run) == [(2, "NEGATIVE_QUANTITY")]
    assert list(Lot.objects.values_list("code", flat=True)) == ["L-9"]


def test_the_cursor_of_a_full_feed_is_where_changes_go_on(
    shop: Warehouse, connection: PosConnection, feed: FeedServer
) -> None:
    feed.changes = [sale("1", "A", -4)]
    feed.full = [{"sku": "A", "quantity": 6}]
    sync(shop)
    feed.changes.append(sale("2", "A"))
    run = sync(shop, "incremental")
    assert counts(run) == (1, 1, 0, 0, 0)
    assert on_hand(shop)["A"] == 5


def test_changes_are_never_counted_on_top_of_quantities_that_may_contain_them(
    access: Access, shop: Warehouse, connection: PosConnection, feed: FeedServer
) -> None:
    feed.changes = [sale("1", "A", -4)]
    sync(shop, "incremental")
    feed.changes.append(sale("2", "A", -1))
    feed.full = [{"sku": "A", "quantity": 5}]  # both sales are in there
    feed.more = {"cursor": None}
    assert sync(shop).state == "completed"
    feed.more = {}
    run = sync(shop, "incremental")
    assert (run.state, run.rows_read) == ("failed", 0)
    assert "without a cursor" in run.error
    assert on_hand(shop)["A"] == 5
    sync(shop)  # now with its cursor
    feed.changes.append(sale("3", "A", -1))
    assert counts(sync(shop, "incremental")) == (1, 1, 0, 0, 0)
    assert on_hand(shop)["A"] == 4


def test_a_feed_of_changes_alone_needs_no_full_sync(
    shop: Warehouse, connection: PosConnection, feed: FeedServer
) -> None:
    feed.changes = [sale("1", "A", -4)]
    feed.more = {"cursor": None}
    assert sync(shop, "incremental").state == "completed"
    assert counts(sync(shop, "incremental")) == (1, 0, 0, 1, 0)


def test_another_address_forgets_the_cursor(
    access: Access, shop: Warehouse, connection: PosConnection, feed: FeedServer
) -> None:
    feed.changes = [sale("1", "A")]
    sync(shop, "incremental")
    connection.refresh_from_db()
    same = change_connection(access=access, connection=connection, adapter="http_feed", url=feed.url)
    assert same.cursor == "1"
    other = change_connection(
        access=access, connection=connection, adapter="http_feed", url=f"{feed.url}?shop=7"
    )
    assert other.cursor == ""
    assert counts(sync(shop, "incremental")) == (1, 0, 0, 1, 0)
    assert feed.seen[-1].query == {"shop": "7", "mode": "changes", "limit": "500"}


def test_read_only_warehouses_are_written_by_their_sync(
    organization: Organization, access: Access, feed: FeedServer
) -> None:
    fba = factories.make_warehouse(organization, "FBA", type="FBA", marketplace="amazon_eu")
    connect(access=access, warehouse=fba, adapter="http_feed", url=feed.url)
    feed.full = [{"sku": "A", "quantity": 5}]
    assert counts(sync(fba)) == (1, 1, 0, 0, 0)
    feed.changes = [sale("1", "A", -2)]
    assert counts(sync(fba, "incremental")) == (1, 1, 0, 0, 0)
    assert on_hand(fba) == {"A": 3}
