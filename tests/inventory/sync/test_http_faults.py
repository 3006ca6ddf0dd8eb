"""A feed that answers wrongly, late, in part or not at all: nothing of that page is taken over."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from inventory.models import Movement, PosConnection, SyncProblem, SyncRun
from inventory.sync import http_feed
from inventory.sync.connections import change_connection, connect
from inventory.sync.engine import DELAYS, TRIES
from tests import factories
from tests.inventory.sync.feed_server import Fault, FeedServer
from tests.inventory.sync.syncing import counts, hurry, on_hand, sale, sync, work
from warehouses.access import Access
from warehouses.models import Organization, Warehouse

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _rows(organization: Organization, feed: FeedServer) -> None:
    """Two pages, of two rows each."""
    feed.page_size = 2
    for number in range(4):
        factories.make_sku(organization, f"S{number}")
        feed.full.append({"sku": f"S{number}", "quantity": 10 + number})
        feed.changes.append(sale(f"k{number}", f"S{number}", 5) | {"reason_code": "RETURN"})


def waits(run: SyncRun) -> float:
    """In how many seconds the run is tried again."""
    run.refresh_from_db()
    assert (run.state, run.lease) == ("running", None)
    assert run.next_attempt_at is not None
    return (run.next_attempt_at - timezone.now()).total_seconds()


CUT_OFF = [
    Fault(cut=-1),
    Fault(cut=20),
    Fault(cut=0),
    Fault(drop=30),
    Fault(drop=0),
]


@pytest.mark.parametrize("kind", ["full", "incremental"])
@pytest.mark.parametrize("fault", CUT_OFF, ids=["last byte", "in a row", "all", "closed", "closed at once"])
def test_of_a_page_that_is_cut_off_nothing_is_taken_over(
    shop: Warehouse, connection: PosConnection, feed: FeedServer, fault: Fault, kind: str
) -> None:
    feed.faults += [Fault(), fault]

    run = sync(shop, kind)

    assert 0 < waits(run) <= 2.4
    assert counts(run) == (2, 2, 0, 0, 0)
    assert len(on_hand(shop)) == 2
    assert run.error
    assert run.tries == 1

    hurry()
    assert work() is False
    run.refresh_from_db()
    assert (run.state, run.error, run.tries) == ("completed", "", 0)
    assert counts(run) == (4, 4, 0, 0, 0)
    assert len(on_hand(shop)) == 4
    # It went on where it had stopped: the first page was not asked for again.
    assert [query.get("page") for query in feed.queries()] == [None, "2", "2"]


def test_the_second_half_of_a_document_that_is_wrong_spoils_the_first(
    shop: Warehouse, connection: PosConnection, feed: FeedServer
) -> None:
    rows = [{"sku": "S0", "quantity": 1}] * 600
    feed.faults.append(Fault(body=json.dumps({"rows": rows})[:-2].encode() + b", oops]}"))
    run = sync(shop)
    assert (run.state, counts(run)) == ("failed", (0, 0, 0, 0, 0))
    assert not Movement.objects.exists()


LONG_NUMBER = "The answer holds a number of 1,000 digits or more."
UNREADABLE = "The answer holds a text or a number that cannot be read."
BROKEN = [
    (b"<html>", "The answer is no JSON document in UTF-8."),
    (b"[]", "The answer is no JSON object with “rows”."),
    (b"5", "The answer is no JSON object with “rows”."),
    (b"{}", "The answer has no “rows”."),
    (b'{"rows": null}', "The answer's “rows” is no array."),
    (b'{"rows": {}}', "The answer's “rows” is no array."),
    (b'{"rows": [], "rows": []}', "The answer has “rows” more than once."),
    (b'{"rows": [], "next_page": 2}', "The answer's “next_page” is neither a text nor null."),
    (b'{"rows": [], "cursor": ["x"]}', "The answer's “cursor” is neither a text nor null."),
    (
        b'{"rows": [], "cursor": "\\u0000"}',
        "The answer's “cursor” is longer than 1,000 characters, or holds some that cannot be printed.",
    ),
    (
        b'{"rows": [], "next_page": "%s"}' % (b"x" * 1001),
        "The answer's “next_page” is longer than 1,000 characters, or holds some that cannot be printed.",
    ),
    (b'{"rows": [{"sku": "S0", "quantity": 1}]} {}', "The answer is no JSON document in UTF-8."),
    (b'{"rows": [{"sku": "\xff", "quantity": 1}]}', "The answer is no JSON document in UTF-8."),
    (b'{"rows": [{"sku": "S0", "quantity": NaN}]}', "The answer is no JSON document in UTF-8."),
    (b'{"rows": [{"sku": "S0", "quantity": 1%s}]}' % (b"0" * 5000), LONG_NUMBER),
    (b'{"rows": []%s, "x": -%s}' % (b" " * (2**20 - 500), b"9" * 5000), LONG_NUMBER),
    (b'{"rows": [{"sku": "S0", "quantity": 1e%s}]}' % (b"9" * 30), UNREADABLE),
    (b'{"rows": [{"sku": "\\ud800\\udc00\\udfff"}]}', UNREADABLE),
    (b'{"rows": [%s%s]}' % (b"[" * 100_000, b"]" * 100_000), "The answer is nested more than 20 deep."),
    (b'{"x": %s%s, "rows": []}' % (b"[" * 100, b"]" * 100), "The answer is nested more than 20 deep."),
    (b'{"rows": [[%s 1]]}' % (b"1," * 1000), "Row 1 of the answer has more than 1,000 parts."),
]  # fmt: skip


@pytest.mark.parametrize(("body", "reason"), BROKEN, ids=[str(body[:40]) for body, _ in BROKEN])
def test_a_broken_envelope_fails_at_once(
    shop: Warehouse, connection: PosConnection, feed: FeedServer, body: bytes, reason: str
) -> None:
    feed.faults.append(Fault(body=body))
    run = sync(shop)
    assert (run.state, run.error) == ("failed", reason)
    assert len(feed.seen) == 1
    assert not Movement.objects.exists()


STATUSES = [
    (401, "The feed answered 401: it does not accept our credentials."),
    (403, "The feed answered 403: it does not let us in."),
    (404, "The feed answered 404: it has nothing at this address."),
    (
        410,
        "The feed answered 410: it has given this up: the address, or changes since a point that is too long ago.",
    ),
    (204, "The feed answered 204."),
    (302, "The feed answered 302: it leads elsewhere, where it is not followed to."),
    (418, "The feed answered 418."),
]


@pytest.mark.parametrize(("status", "reason"), STATUSES)
def test_a_refusal_fails_at_once(
    shop: Warehouse, connection: PosConnection, feed: FeedServer, status: int, reason: str
) -> None:
    feed.faults += [Fault(), Fault(status=status, headers={"Location": feed.url}, body=b"{}")]
    run = sync(shop, "incremental")
    assert (run.state, run.error) == ("failed", reason)
    assert len(feed.seen) == 2
    # What was taken over before stays, and is not counted again.
    assert counts(run) == (2, 2, 0, 0, 0)
    connection.refresh_from_db()
    assert (connection.cursor, connection.last_synced_at) == ("", None)
    assert counts(sync(shop, "incremental")) == (4, 2, 0, 2, 0)


WRONG_CONTENT = [
    ({"Content-Type": "text/html"}, "The feed's answer is not application/json."),
    ({"Content-Type": "application/json-seq"}, "The feed's answer is not application/json."),
    (
        {"Content-Encoding": "gzip"},
        "The feed's answer is compressed, though that was not asked for.",
    ),
]


@pytest.mark.parametrize(("headers", "reason"), WRONG_CONTENT)
def test_content_that_is_not_json_fails_at_once(
    shop: Warehouse, connection: PosConnection, feed: FeedServer, headers: dict[str, str], reason: str
) -> None:
    feed.faults.append(Fault(headers=headers))
    run = sync(shop)
    assert (run.state, run.error) == ("failed", reason)


@pytest.mark.parametrize(
    "kind", ["application/json; charset=utf-8", "Application/JSON", "application/feed+json"]
)
def test_kinds_of_json(shop: Warehouse, connection: PosConnection, feed: FeedServer, kind: str) -> None:
    feed.faults.append(Fault(headers={"Content-Type": kind}))
    assert sync(shop).state == "completed"


def test_a_feed_that_answers_500_is_tried_again_ever_later_then_given_up(
    shop: Warehouse, connection: PosConnection, feed: FeedServer
) -> None:
    feed.faults += [Fault(status=500)] * TRIES
    run = sync(shop)
    for tries, delay in enumerate(DELAYS, 1):
        assert 0.8 * delay - 1 < waits(run) <= 1.2 * delay
        assert (run.tries, run.error) == (tries, "The feed answered 500.")
        assert work() is False  # not before its time
        assert len(feed.seen) == tries
        hurry()
        work()
    run.refresh_from_db()
    assert (run.state, run.error, len(feed.seen)) == ("failed", "The feed answered 500.", TRIES)
    assert not Movement.objects.exists()


def test_each_page_has_its_own_tries(shop: Warehouse, connection: PosConnection, feed: FeedServer) -> None:
    bad = [Fault(status=503)] * (TRIES - 1)
    feed.faults += [*bad, Fault(), *bad]
    run = sync(shop)
    for _ in range(2 * (TRIES - 1)):
        hurry()
        work()
    run.refresh_from_db()
    assert (run.state, counts(run)) == ("completed", (4, 4, 0, 0, 0))


@pytest.mark.parametrize(
    ("header", "least", "most"),
    [("90", 88, 90), ("999999999999", 3598, 3600), ("nonsense", 1, 2.4), ("0", 1, 2.4)],
)
def test_retry_after_is_heeded(
    shop: Warehouse, connection: PosConnection, feed: FeedServer, header: str, least: float, most: float
) -> None:
    feed.faults.append(Fault(status=429, headers={"Retry-After": header}))
    assert least <= waits(sync(shop)) <= most


def test_a_feed_that_takes_too_long_is_tried_again(
    shop: Warehouse, connection: PosConnection, feed: FeedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http_feed, "DEADLINE_SECONDS", 0.3)
    feed.faults.append(Fault(seconds=0.6))
    run = sync(shop)
    waits(run)
    assert run.error == "The answer was not complete in time."
    hurry()
    work()
    assert counts(run) == (4, 4, 0, 0, 0)


def test_a_feed_that_is_not_there_is_tried_again(
    organization: Organization, access: Access, shop: Warehouse
) -> None:
    with FeedServer() as gone:
        connect(access=access, warehouse=shop, adapter="http_feed", url=gone.url)
    run = sync(shop)
    waits(run)
    assert run.error == "No connection to the receiver: connection refused."


def test_an_answer_without_end_is_refused(
    shop: Warehouse, connection: PosConnection, feed: FeedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http_feed, "MOST_BYTES", 50)
    run = sync(shop)
    assert (run.state, run.error) == ("failed", "The answer is longer than 50 bytes. Send it in pages.")


def test_a_network_that_was_closed_meanwhile_is_not_called(
    shop: Warehouse, connection: PosConnection, feed: FeedServer, settings: Any
) -> None:
    settings.OUTGOING_NETWORKS = []
    run = sync(shop)
    assert run.state == "failed"
    assert run.error.startswith("The feed cannot be called. ")
    assert feed.seen == []


def test_a_page_that_names_itself_as_the_next_is_no_feed(
    shop: Warehouse, connection: PosConnection, feed: FeedServer
) -> None:
    feed.more = {"next_page": "2"}
    run = sync(shop)
    assert (run.state, run.error) == (
        "failed",
        "The feed names the page that was just read as the next one.",
    )
    assert len(feed.seen) == 2


def test_a_feed_without_end_is_given_up(
    shop: Warehouse, connection: PosConnection, feed: FeedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http_feed, "MOST_PAGES", 3)
    turns = iter("abcdefgh")

    def turn() -> None:
        feed.more = {"next_page": next(turns), "rows": []}

    feed.before_answer = turn
    # The server asks itself for the page's number, which these are not.
    feed.document = lambda query: json.dumps(feed.more).encode()  # type: ignore[method-assign]
    run = sync(shop)
    assert (run.state, run.error) == ("failed", "The feed has more than 3 pages.")
    assert len(feed.seen) == 3


@pytest.mark.parametrize(
    ("username", "secret", "sent"),
    [
        ("", "", None),
        ("", "t0ken", "Bearer t0ken"),
        ("till", "pässword", "Basic " + base64.b64encode("till:pässword".encode()).decode()),
        ("till", "", "Basic " + base64.b64encode(b"till:").decode()),
    ],
)
def test_credentials(
    access: Access,
    shop: Warehouse,
    connection: PosConnection,
    feed: FeedServer,
    username: str,
    secret: str,
    sent: str | None,
) -> None:
    change_connection(
        access=access,
        connection=connection,
        adapter="http_feed",
        url=feed.url,
        username=username,
        secret=secret,
    )
    sync(shop)
    assert feed.seen[0].headers.get("authorization") == sent
    assert feed.seen[0].headers["accept"] == "application/json"


def test_a_secret_of_another_installation_is_said_to_be_unreadable(
    shop: Warehouse, connection: PosConnection, feed: FeedServer
) -> None:
    PosConnection.objects.update(secret="gAAAAA-sealed-elsewhere")
    run = sync(shop)
    assert (run.state, run.error) == (
        "failed",
        "The feed's password or token cannot be read: enter it again.",
    )
    assert feed.seen == []


def test_tokens_and_cursors_are_sent_as_they_came(
    shop: Warehouse, connection: PosConnection, feed: FeedServer
) -> None:
    odd = "a b&c=d%26/é+?#"
    documents = iter(
        [
            {"rows": [], "next_page": odd},
            {"rows": [], "cursor": odd},
            {"rows": []},
        ]
    )
    feed.document = lambda query: json.dumps(next(documents)).encode()  # type: ignore[method-assign]
    sync(shop, "incremental")
    sync(shop, "incremental")
    assert feed.seen[1].query["page"] == odd
    assert feed.seen[2].query["since"] == odd
    connection.refresh_from_db()
    assert connection.cursor == odd  # a last page without one leaves it


def test_a_fault_of_ours_is_tried_again_and_not_for_ever(
    shop: Warehouse, connection: PosConnection, feed: FeedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*arguments: Any, **options: Any) -> Callable[..., Any]:
        raise ZeroDivisionError

    monkeypatch.setattr("inventory.sync.batches.find_skus", broken)
    run = sync(shop)
    for _ in range(TRIES - 1):
        waits(run)
        hurry()
        work()
    run.refresh_from_db()
    assert run.state == "failed"
    assert run.error == "Something went wrong here; the worker's log says what."
    assert not SyncProblem.objects.exists()


def test_a_warehouse_that_was_closed_meanwhile_fails_the_run(
    shop: Warehouse, connection: PosConnection, feed: FeedServer
) -> None:
    feed.faults += [Fault(), Fault(status=500)]
    run = sync(shop)
    Warehouse.objects.filter(pk=shop.pk).update(is_active=False)
    hurry()
    work()
    run.refresh_from_db()
    assert (run.state, run.error) == ("failed", "Shop is inactive: its stock cannot change.")


def test_a_connection_that_was_switched_off_fails_its_run(
    access: Access, shop: Warehouse, connection: PosConnection, feed: FeedServer
) -> None:
    feed.faults += [Fault(), Fault(status=500)]
    run = sync(shop)
    change_connection(
        access=access, connection=connection, adapter="http_feed", url=feed.url, is_active=False
    )
    hurry()
    work()
    run.refresh_from_db()
    assert (run.state, run.error) == (
        "failed",
        "Shop is not connected to its point of sale any more.",
    )
    assert run.finished_at is not None
    assert run.finished_at - run.created_at < timedelta(minutes=1)
