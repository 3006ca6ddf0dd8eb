"""A full sync makes the stock of a location what the point of sale says it is."""

from __future__ import annotations

from datetime import date

import pytest

from inventory.models import Adjustment, Lot, Movement, PosConnection, Source, StockItem
from inventory.verification import verify
from tests import factories
from tests.inventory.sync.feed_server import FeedServer
from tests.inventory.sync.syncing import counts, on_hand, problems, sync
from warehouses.actors import SYSTEM
from warehouses.models import Organization, Warehouse

pytestmark = pytest.mark.django_db


def test_quantities_become_those_of_the_feed(
    organization: Organization, shop: Warehouse, connection: PosConnection, feed: FeedServer
) -> None:
    less, more, same, unnamed = (factories.make_sku(organization, code) for code in "ABCD")
    for sku in (less, more, same, unnamed):
        factories.stock(sku, shop, 10)
    factories.make_sku(organization, "E")
    feed.full = [{"sku": code, "quantity": n} for code, n in (("A", 7), ("b", 12), ("C", 10), ("E", 0))]
    before = set(Movement.objects.values_list("pk", flat=True))

    run = sync(shop)

    assert run.state == "completed"
    assert counts(run) == (4, 2, 2, 0, 0)
    assert on_hand(shop) == {"A": 7, "B": 12, "C": 10, "D": 10, "E": 0}
    made = Movement.objects.exclude(pk__in=before).order_by("sku__code")
    assert [(each.delta, each.reason_code.code, each.reference) for each in made] == [
        (-3, "sync", run.public_id),
        (2, "sync", run.public_id),
    ]
    document = Adjustment.objects.get(pk=made[0].document_id)
    assert (document.source, document.reference, document.actor_name) == (
        Source.SYNC,
        run.public_id,
        SYSTEM.name,
    )
    assert run.started_at is not None
    assert run.finished_at is not None
    assert (run.next_attempt_at, run.lease, run.lease_until, run.error) == (None, None, None, "")
    connection.refresh_from_db()
    assert connection.last_synced_at == run.finished_at
    assert list(verify()) == []


def test_the_feed_is_asked_page_by_page(
    organization: Organization, shop: Warehouse, connection: PosConnection, feed: FeedServer
) -> None:
    for number in range(7):
        factories.make_sku(organization, f"S{number}")
        feed.full.append({"sku": f"S{number}", "quantity": number + 1})
    feed.page_size = 3

    run = sync(shop)

    assert counts(run) == (7, 7, 0, 0, 0)
    assert feed.queries() == [
        {"mode": "full", "limit": "500"},
        {"mode": "full", "limit": "500", "page": "3"},
        {"mode": "full", "limit": "500", "page": "6"},
    ]
    assert Adjustment.objects.count() == 3


def test_the_same_feed_twice_changes_nothing(
    organization: Organization, shop: Warehouse, connection: PosConnection, feed: FeedServer
) -> None:
    for code in "AB":
        factories.make_sku(organization, code)
        feed.full.append({"sku": code, "quantity": 5})
    sync(shop)
    movements = Movement.objects.count()
    documents = Adjustment.objects.count()

    again = sync(shop)

    assert counts(again) == (2, 0, 2, 0, 0)
    assert Movement.objects.count() == movements
    assert Adjustment.objects.count() == documents


def test_an_empty_feed_leaves_everything_as_it_is(
    organization: Organization, shop: Warehouse, connection: PosConnection
) -> None:
    factories.stock(factories.make_sku(organization, "A"), shop, 3)
    run = sync(shop)
    assert (run.state, counts(run)) == ("completed", (0, 0, 0, 0, 0))
    assert on_hand(shop) == {"A": 3}


def test_lots_are_set_apart_and_made_where_they_are_missing(
    organization: Organization, shop: Warehouse, connection: PosConnection, feed: FeedServer
) -> None:
    sku = factories.make_sku(organization, "A", is_lot_controlled=True)
    known = factories.make_lot(sku, "L-1", expires_on=date(2027, 1, 1))
    factories.stock(sku, shop, 4, lot=known)
    feed.full = [
        {"sku": "A", "quantity": 6, "lot": "l-1", "expires_on": "2030-01-01"},
        {"sku": "A", "quantity": 9, "lot": "L-2", "expires_on": "2028-02-29"},
        {"sku": "A", "quantity": 1, "lot": "L-3"},
    ]

    run = sync(shop)

    assert counts(run) == (3, 3, 0, 0, 0)
    items = StockItem.objects.filter(warehouse=shop).order_by("lot__code")
    assert list(items.values_list("lot__code", "on_hand", "lot__expires_on")) == [
        ("L-1", 6, date(2027, 1, 1)),  # a lot that is known keeps its date
        ("L-2", 9, date(2028, 2, 29)),
        ("L-3", 1, None),
    ]
    assert counts(sync(shop)) == (3, 0, 3, 0, 0)
    assert Lot.objects.count() == 3


def test_a_lot_of_a_row_that_is_refused_is_not_made(
    organization: Organization, shop: Warehouse, connection: PosConnection, feed: FeedServer
) -> None:
    factories.make_sku(organization, "A")
    feed.full = [
        {"sku": "A", "quantity": 1, "lot": "L-1"},
        {"sku": "A", "quantity": 2_000_000_000, "lot": "L-2"},
        {"sku": "A", "quantity": 10**9, "lot": "L-3"},
    ]
    run = sync(shop)
    assert problems(run) == [(2, "INVALID_ROW"), (3, "QUANTITY_TOO_LARGE")]
    assert list(Lot.objects.values_list("code", flat=True)) == ["L-1"]


def test_a_sku_that_stands_twice_is_set_once(
    organization: Organization, shop: Warehouse, connection: PosConnection, feed: FeedServer
) -> None:
    factories.make_sku(organization, "A")
    factories.make_sku(organization, "B")
    feed.full = [{"sku": code, "quantity": n} for code, n in (("A", 1), ("B", 5), ("a", 2), ("A", 3))]

    run = sync(shop)

    assert counts(run) == (4, 2, 0, 0, 2)
    assert problems(run) == [(3, "DUPLICATE_ROW"), (4, "DUPLICATE_ROW")]
    assert on_hand(shop) == {"A": 1, "B": 5}
