"""Bad rows are kept with what is wrong with them; the good ones of the same page are taken over."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from inventory.models import Movement, PosConnection, SyncProblem
from inventory.sync import batches
from tests import factories
from tests.inventory.sync.feed_server import Fault, FeedServer
from tests.inventory.sync.syncing import counts, on_hand, problems, sale, sync
from warehouses.models import Organization, Warehouse

pytestmark = pytest.mark.django_db

GOOD = {"sku": "GOOD", "quantity": 3}
GOOD_SALE = sale("good", "GOOD")


@pytest.fixture(autouse=True)
def _stock(organization: Organization, shop: Warehouse) -> None:
    factories.stock(factories.make_sku(organization, "GOOD"), shop, 10)
    factories.stock(factories.make_sku(organization, "A"), shop, 10)
    factories.make_sku(organization, "LOTS", is_lot_controlled=True)


FULL: list[tuple[Any, str, str]] = [
    (7, "INVALID_ROW", "The row is no JSON object."),
    (None, "INVALID_ROW", "The row is no JSON object."),
    ([], "INVALID_ROW", "The row is no JSON object."),
    ({}, "INVALID_ROW", "sku: is missing"),
    ({"quantity": 5}, "INVALID_ROW", "sku: is missing"),
    ({"sku": "A"}, "INVALID_ROW", "quantity: is missing"),
    ({"sku": "A", "quantity": None}, "INVALID_ROW", "quantity: is missing"),
    ({"sku": 5, "quantity": 5}, "INVALID_ROW", "sku: is no text"),
    ({"sku": "A", "quantity": "5"}, "INVALID_ROW", "quantity: is no whole number"),
    ({"sku": "A", "quantity": 5.0}, "INVALID_ROW", "quantity: is no whole number"),
    ({"sku": "A", "quantity": True}, "INVALID_ROW", "quantity: is no whole number"),
    ({"sku": "A", "quantity": [5]}, "INVALID_ROW", "quantity: is no whole number"),
    ({"sku": "A", "quantity": -1}, "INVALID_ROW", "quantity: -1 is less than 0"),
    ({"sku": "A", "quantity": 10**9 + 1}, "INVALID_ROW", "quantity: is more than 1,000,000,000 units"),
    (
        {"sku": "A", "quantity": 10**30},
        "INVALID_ROW",
        f"quantity: “{10**30}” is not a whole number such as 12 or -12",
    ),
    ({"sku": "A\0", "quantity": 1}, "INVALID_ROW", "sku: 'A\\x00' holds characters that cannot be printed"),
    ({"sku": "A" * 65, "quantity": 1}, "INVALID_ROW", "sku: is longer than 64 characters (65)"),
    ({"sku": "A", "quantity": 1, "lot": 3}, "INVALID_ROW", "lot: is no text"),
    ({"sku": "A", "quantity": 1, "lot": "L\0"}, "INVALID_ROW", "lot: holds control characters"),
    ({"sku": "A", "quantity": 1, "lot": "L" * 65}, "INVALID_ROW", "lot: is longer than 64 characters (65)"),
    (
        {"sku": "A", "quantity": 1, "lot": "L", "expires_on": "27.1.2026"},
        "INVALID_ROW",
        "expires_on: “27.1.2026” is no date such as 2026-01-27",
    ),
    (
        {"sku": "A", "quantity": 1, "lot": "L", "expires_on": "2026-02-30"},
        "INVALID_ROW",
        "expires_on: “2026-02-30” is no date such as 2026-01-27",
    ),
    (
        {"sku": "A", "quantity": 1, "expires_on": "2026-01-27"},
        "INVALID_ROW",
        "expires_on: is the date of a lot, and the row names none",
    ),
    ({"sku": "NEW", "quantity": 1}, "INVENTORY_NOT_FOUND", "sku: there is no SKU NEW."),
    (
        {"sku": "LOTS", "quantity": 1},
        "LOT_REQUIRED",
        "lot: LOTS is lot-controlled: name the lot that the 1 more units belong to",
    ),
]

CHANGES: list[tuple[dict[str, Any], str, str]] = [
    ({"key": None}, "INVALID_ROW", "key: is missing"),
    ({"key": ""}, "INVALID_ROW", "key: is missing"),
    ({"key": 5}, "INVALID_ROW", "key: is no text"),
    ({"key": "k" * 121}, "INVALID_ROW", "key: is longer than 120 characters (121)"),
    ({"key": "a b"}, "INVALID_ROW", "key: “a b” holds blanks or characters that cannot be seen"),
    ({"key": "a\0"}, "INVALID_ROW", "key: 'a\\x00' holds blanks or characters that cannot be seen"),
    (
        {"key": "a\N{ZERO WIDTH SPACE}"},
        "INVALID_ROW",
        "key: 'a\\u200b' holds blanks or characters that cannot be seen",
    ),
    ({"quantity_change": 0}, "INVALID_ROW", "quantity_change: is 0, which changes nothing"),
    ({"quantity_change": -1.5}, "INVALID_ROW", "quantity_change: is no whole number"),
    ({"quantity_change": None}, "INVALID_ROW", "quantity_change: is missing"),
    ({"reason_code": None}, "INVALID_ROW", "reason_code: is missing"),
    ({"reason_code": "GIFT"}, "UNKNOWN_REASON_CODE", "reason_code: there is no reason code GIFT."),
    (
        {"quantity_change": 1},
        "REASON_DIRECTION",
        "reason: The reason SALE removes stock; a change of +1 does not fit it",
    ),
    ({"quantity_change": -11}, "NEGATIVE_QUANTITY", "quantity: A in Shop has 10 units; 11 cannot be taken"),
    ({"sku": "NEW"}, "INVENTORY_NOT_FOUND", "sku: there is no SKU NEW."),
    (
        {"occurred_at": "2026-01-27T10:30:00"},
        "INVALID_ROW",
        "occurred_at: “2026-01-27T10:30:00” is no instant with its offset, such as 2026-01-27T10:30:00Z",
    ),
    (
        {"occurred_at": "yesterday"},
        "INVALID_ROW",
        "occurred_at: “yesterday” is no instant with its offset, such as 2026-01-27T10:30:00Z",
    ),
    ({"occurred_at": 1769509800}, "INVALID_ROW", "occurred_at: is no text"),
    (
        {"occurred_at": "0001-01-01T00:00:00+14:00"},
        "INVALID_ROW",
        "occurred_at: “0001-01-01T00:00:00+14:00” is before 1900",
    ),
    (
        {"occurred_at": "9999-12-31T23:59:59-14:00"},
        "INVALID_ROW",
        "occurred_at: “9999-12-31T23:59:59-14:00” is in the future",
    ),
    ({"note": "n" * 501}, "INVALID_ROW", "note: is longer than 500 characters (501)"),
    ({"note": ["x"]}, "INVALID_ROW", "note: is no text"),
]


@pytest.mark.parametrize(("bad", "code", "detail"), FULL, ids=[str(case[0])[:40] for case in FULL])
def test_bad_row_of_a_full_feed(
    shop: Warehouse, connection: PosConnection, feed: FeedServer, bad: Any, code: str, detail: str
) -> None:
    feed.full = [bad, GOOD]
    run = sync(shop)
    assert run.state == "completed"
    assert counts(run) == (2, 1, 0, 0, 1)
    problem = SyncProblem.objects.get(run=run)
    assert (problem.row, problem.code, problem.detail, problem.is_resolved) == (1, code, detail, False)
    assert json.loads(problem.content) == bad
    assert on_hand(shop)["GOOD"] == 3
    assert on_hand(shop)["A"] == 10


@pytest.mark.parametrize(("bad", "code", "detail"), CHANGES, ids=[str(case[0])[:40] for case in CHANGES])
def test_bad_row_of_changes(
    shop: Warehouse, connection: PosConnection, feed: FeedServer, bad: Any, code: str, detail: str
) -> None:
    feed.changes = [sale("k", "A") | bad, GOOD_SALE]
    run = sync(shop, "incremental")
    assert counts(run) == (2, 1, 0, 0, 1)
    problem = SyncProblem.objects.get(run=run)
    assert (problem.row, problem.code, problem.detail) == (1, code, detail)
    assert on_hand(shop)["GOOD"] == 9
    assert on_hand(shop)["A"] == 10


def test_a_clock_that_is_a_little_ahead_is_believed(
    shop: Warehouse, connection: PosConnection, feed: FeedServer
) -> None:
    now = timezone.now()
    ahead = {minutes: (now + timedelta(minutes=minutes)).isoformat() for minutes in (4, 6)}
    feed.changes = [sale("1", "A", occurred_at=ahead[4]), sale("2", "A", occurred_at=ahead[6])]
    run = sync(shop, "incremental")
    assert problems(run) == [(2, "INVALID_ROW")]
    assert Movement.objects.get(reference="1").occurred_at == now + timedelta(minutes=4)


def test_members_that_are_not_ours_are_not_looked_at(
    shop: Warehouse, connection: PosConnection, feed: FeedServer
) -> None:
    feed.more = {"generated_by": {"version": [1, 2.5, None]}}
    feed.full = [GOOD | {"price": 9.99, "tags": ["x"], "key": 5, "note": {"deep": [[]]}, "lot": None}]
    assert counts(sync(shop)) == (1, 1, 0, 0, 0)


def test_long_content_is_cut(shop: Warehouse, connection: PosConnection, feed: FeedServer) -> None:
    feed.full = [{"sku": "NEW", "quantity": 1, "more": "ä" * 3000}]
    sync(shop)
    content = SyncProblem.objects.get().content
    assert len(content) == 2000
    assert content.startswith('{"sku": "NEW", "quantity": 1, "more": "ää')


def test_problems_beyond_the_limit_are_counted(
    shop: Warehouse, connection: PosConnection, feed: FeedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batches, "MOST_PROBLEMS", 3)
    feed.page_size = 2
    feed.full = [*({"sku": f"N{n}", "quantity": 1} for n in range(7)), GOOD]
    run = sync(shop)
    assert counts(run) == (8, 1, 0, 0, 7)
    assert [row for row, _ in problems(run)] == [1, 2, 3]


def test_rows_are_numbered_over_the_whole_run(
    shop: Warehouse, connection: PosConnection, feed: FeedServer
) -> None:
    feed.page_size = 2
    bad = {"sku": "NEW", "quantity": 1}
    feed.full = [GOOD, bad, {"sku": "A", "quantity": 1}, bad, bad]
    assert [row for row, _ in problems(sync(shop))] == [2, 4, 5]


def test_half_a_character_is_no_reason_to_stop(
    shop: Warehouse, connection: PosConnection, feed: FeedServer
) -> None:
    feed.faults.append(
        Fault(body=b'{"rows": [{"sku": "\\ud800", "quantity": 1}, {"sku": "GOOD", "quantity": 3}]}')
    )
    run = sync(shop)
    assert counts(run) == (2, 1, 0, 0, 1)
