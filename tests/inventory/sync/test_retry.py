"""Refused rows are tried again, from what was kept of them, once their cause has been put right."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from inventory.models import Adapter, PosConnection, Sku, SyncProblem, SyncRun
from inventory.sync.connections import connect, disconnect
from inventory.sync.runs import retry_problems
from tests import factories
from tests.inventory.sync.feed_server import Fault, FeedServer
from tests.inventory.sync.syncing import counts, on_hand, problems, sale, start, sync, work
from warehouses import transactions
from warehouses.access import Access, access_of_key, access_of_system
from warehouses.keys import find_key
from warehouses.models import Organization, Warehouse
from warehouses.refusals import Conflict, Forbidden, NotFound, Refusal

pytestmark = pytest.mark.django_db


def retry(access: Access, run: SyncRun) -> SyncRun:
    again = transactions.run(lambda: retry_problems(access=access, run=run))
    work()
    again.refresh_from_db()
    return again


def sku_of(organization: Organization, code: str) -> Sku:
    return Sku.objects.get(organization=organization, code=code)


def left(run: SyncRun) -> list[int]:
    return list(SyncProblem.objects.filter(run=run, is_resolved=False).values_list("row", flat=True))


@pytest.fixture
def refused(
    organization: Organization, shop: Warehouse, connection: PosConnection, feed: FeedServer
) -> SyncRun:
    """A run of changes of which three rows were refused: one sold too much, one an unknown SKU, one is bad for ever."""
    factories.stock(factories.make_sku(organization, "A"), shop, 2)
    feed.changes = [
        sale("1", "A", -1),
        sale("2", "A", -5, occurred_at="2026-01-27T10:30:00Z", note="late"),
        sale("3", "NEW", -1),
        sale("4", "A", -0),
    ]
    run = sync(shop, "incremental")
    assert left(run) == [2, 3, 4]
    return run


def test_rows_that_can_be_taken_over_now_are(
    organization: Organization, access: Access, shop: Warehouse, refused: SyncRun, feed: FeedServer
) -> None:
    factories.stock(factories.make_sku(organization, "NEW"), shop, 5)
    asked = len(feed.seen)

    again = retry(access, refused)

    assert (again.state, again.sync_type, again.retries, again.adapter) == (
        "completed",
        "retry",
        refused,
        "http_feed",
    )
    assert counts(again) == (3, 1, 0, 0, 2)
    assert problems(again) == [(2, "NEGATIVE_QUANTITY"), (4, "INVALID_ROW")]
    assert left(refused) == [2, 4]
    assert on_hand(shop) == {"A": 1, "NEW": 4}
    assert len(feed.seen) == asked

    factories.stock(sku_of(organization, "A"), shop, 9)
    third = retry(access, again)  # which stands for the run that read the rows
    assert third.retries == refused
    assert counts(third) == (2, 1, 0, 0, 1)
    assert on_hand(shop)["A"] == 5
    assert left(refused) == [4]
    assert left(again) == [4]
    assert left(third) == [4]


def test_a_row_that_came_again_meanwhile_is_repeated(
    organization: Organization, access: Access, shop: Warehouse, refused: SyncRun
) -> None:
    factories.stock(factories.make_sku(organization, "NEW"), shop, 5)
    PosConnection.objects.update(cursor="")
    sync(shop, "incremental")
    again = retry(access, refused)
    assert counts(again) == (3, 0, 0, 1, 2)
    assert left(refused) == [2, 4]
    assert on_hand(shop)["NEW"] == 4


def test_a_retry_is_no_news_from_the_point_of_sale(
    access: Access, shop: Warehouse, connection: PosConnection, refused: SyncRun
) -> None:
    connection.refresh_from_db()
    before = (connection.cursor, connection.last_synced_at)
    retry(access, refused)
    connection.refresh_from_db()
    assert (connection.cursor, connection.last_synced_at) == before


def test_rows_outlive_the_connection(
    organization: Organization, access: Access, shop: Warehouse, connection: PosConnection, refused: SyncRun
) -> None:
    disconnect(access=access, connection=connection)
    factories.stock(factories.make_sku(organization, "NEW"), shop, 5)
    assert counts(retry(access, refused)) == (3, 1, 0, 0, 2)


def test_a_failed_run_can_be_retried(
    organization: Organization, access: Access, shop: Warehouse, connection: PosConnection, feed: FeedServer
) -> None:
    feed.page_size = 1
    feed.changes = [sale("1", "NEW", 1) | {"reason_code": "RETURN"}, sale("2", "NEW")]
    feed.faults += [Fault(), Fault(status=404)]
    run = sync(shop, "incremental")
    assert run.state == "failed"
    factories.make_sku(organization, "NEW")
    assert counts(retry(access, run)) == (1, 1, 0, 0, 0)


def test_more_rows_than_a_batch(
    organization: Organization, access: Access, shop: Warehouse, connection: PosConnection, feed: FeedServer
) -> None:
    feed.changes = [
        {"key": str(n), "sku": "NEW", "quantity_change": 1, "reason_code": "RETURN"} for n in range(1203)
    ]
    run = sync(shop, "incremental")
    factories.make_sku(organization, "NEW")
    assert counts(retry(access, run)) == (1203, 1203, 0, 0, 0)
    assert left(run) == []
    assert on_hand(shop) == {"NEW": 1203}


def test_a_row_of_which_not_all_was_kept_stays_refused(
    organization: Organization, access: Access, shop: Warehouse, connection: PosConnection, feed: FeedServer
) -> None:
    feed.changes = [{**sale("1", "NEW"), "more": "x" * 3000}]
    run = sync(shop, "incremental")
    factories.stock(factories.make_sku(organization, "NEW"), shop, 5)
    again = retry(access, run)
    assert counts(again) == (1, 0, 0, 0, 1)
    assert problems(again) == [(1, "INVENTORY_NOT_FOUND")]


def test_lines_of_a_file(organization: Organization, access: Access, shop: Warehouse, settings: Any) -> None:
    connect(access=access, warehouse=shop, adapter=Adapter.CSV_DROP, folder="shop-1")
    file = Path(settings.POS_DROP_DIR) / "shop-1" / "changes.csv"
    file.write_text("key,sku,quantity_change,reason_code\n1,NEW,3,RETURN\n2,NEW\n3,NEW,1,RETURN")
    run = sync(shop, "incremental")
    assert problems(run) == [(1, "INVENTORY_NOT_FOUND"), (2, "INVALID_ROW"), (3, "ROW_CUT_OFF")]
    factories.make_sku(organization, "NEW")
    again = retry(access, run)
    assert problems(again) == [(2, "INVALID_ROW"), (3, "ROW_CUT_OFF")]
    assert on_hand(shop) == {"NEW": 3}


class TestQuantities:
    """What a full feed said some time ago must not undo what has happened since."""

    @pytest.fixture
    def run(
        self, organization: Organization, shop: Warehouse, connection: PosConnection, feed: FeedServer
    ) -> SyncRun:
        lots = factories.make_sku(organization, "L", is_lot_controlled=True)
        factories.stock(lots, shop, 1, lot=factories.make_lot(lots, "OLD"))
        feed.full = [{"sku": "NEW", "quantity": 7}, {"sku": "L", "quantity": 5}]
        run = sync(shop)
        assert problems(run) == [(1, "INVENTORY_NOT_FOUND"), (2, "LOT_REQUIRED")]
        return run

    def test_are_set_where_nothing_has_happened(
        self, organization: Organization, access: Access, shop: Warehouse, run: SyncRun
    ) -> None:
        factories.make_sku(organization, "NEW")
        lots = sku_of(organization, "L")
        lots.is_lot_controlled = False
        lots.save()
        assert counts(retry(access, run)) == (2, 2, 0, 0, 0)
        assert on_hand(shop) == {"NEW": 7, "L": 5}

    def test_are_refused_where_stock_has_changed(
        self, organization: Organization, access: Access, shop: Warehouse, run: SyncRun
    ) -> None:
        factories.stock(factories.make_sku(organization, "NEW"), shop, 2)
        lots = sku_of(organization, "L")
        lots.is_lot_controlled = False
        lots.save()
        again = retry(access, run)
        assert counts(again) == (2, 1, 0, 0, 1)
        assert problems(again) == [(1, "STALE_ROW")]
        assert on_hand(shop) == {"NEW": 2, "L": 5}


class TestRefusals:
    def refusal(self, kind: type[Refusal], access: Access, run: SyncRun) -> Refusal:
        before = SyncRun.objects.count()
        with pytest.raises(kind) as caught:
            retry_problems(access=access, run=run)
        assert SyncRun.objects.count() == before
        return caught.value

    def test_nothing_is_left(self, access: Access, shop: Warehouse, connection: PosConnection) -> None:
        assert self.refusal(Conflict, access, sync(shop)).code == "NOTHING_TO_RETRY"

    def test_another_run_is_open(self, access: Access, shop: Warehouse, refused: SyncRun) -> None:
        other = start(shop)
        refusal = self.refusal(Conflict, access, refused)
        assert (refusal.code, refusal.extra) == ("SYNC_IN_PROGRESS", {"run_id": other.public_id})
        refusal = self.refusal(Conflict, access, other)
        assert (refusal.code, refusal.extra) == ("SYNC_IN_PROGRESS", {"run_id": other.public_id})

    def test_the_warehouse_is_closed(self, access: Access, refused: SyncRun) -> None:
        Warehouse.objects.filter(pk=refused.warehouse_id).update(is_active=False)
        assert self.refusal(Conflict, access, refused).code == "WAREHOUSE_INACTIVE"

    def test_whoever_may_not(self, organization: Organization, refused: SyncRun) -> None:
        other = factories.make_warehouse(organization, "Other")
        keys = {
            "reader": find_key(factories.make_key(organization, ["inventory.read"])),
            "elsewhere": find_key(factories.make_key(organization, ["inventory.write"], warehouses=[other])),
        }
        accesses = {name: access_of_key(key) for name, key in keys.items() if key}
        stranger = access_of_system(factories.make_organization("Stranger"))
        assert self.refusal(Forbidden, accesses["reader"], refused).code == "PERMISSION_DENIED"
        assert self.refusal(NotFound, accesses["elsewhere"], refused).code == "SYNC_NOT_FOUND"
        assert self.refusal(NotFound, stranger, refused).code == "SYNC_NOT_FOUND"


def test_an_old_run_can_be_retried_long_after(
    organization: Organization, access: Access, shop: Warehouse, refused: SyncRun
) -> None:
    SyncRun.objects.update(created_at=timezone.now() - timedelta(days=400))
    factories.stock(factories.make_sku(organization, "NEW"), shop, 5)
    assert counts(retry(access, refused)) == (3, 1, 0, 0, 2)
