"""Goods that go in opposite directions at once: nobody waits for somebody who waits for them, and nothing is lost."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from django.db.models import Sum

from inventory.models import Sku, StockItem, StockLevel, Transfer, TransferLine
from inventory.verification import verify
from tests import factories
from tests.races.backoffice import Business, Wish
from tests.races.conftest import Answer, Server

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.postgresql]

RETRIED = "transaction.retried"
DEADLOCK = "40P01"
#: How often those who are to meet are sent: where others keep the machine busy, one may be through before the next.
ROUNDS = 5
SKUS, TRANSFERS, UNITS = 12, 10, 3


def drafts(business: Business, server: Server) -> list[Answer]:
    """Transfers of all SKUs there and back in turn, every other pair of them with its lines backwards."""
    made = []
    for number in range(TRANSFERS):
        ends = (business.north, business.south) if number % 2 else (business.south, business.north)
        skus: list[Sku] = business.skus if number % 4 < 2 else business.skus[::-1]
        made.append(business.make(server, business.transfer(skus, UNITS, ends=ends)))
    return made


def test_transfers_there_and_back_at_once(server: Server, at_once: Callable[..., list[Any]]) -> None:
    business = Business(SKUS)
    for place in (business.north, business.south):
        business.stock(50, place)
    before = server.read_log().count(RETRIED)
    first = drafts(business, server)
    shipped = business.send_at_once(server, at_once, [business.act(made, "ship") for made in first])
    assert Counter((answer.status, answer.code) for answer in shipped) == {(200, None): TRANSFERS}
    in_transit = TransferLine.objects.aggregate(units=Sum("shipped") - Sum("received"))["units"]
    assert in_transit == SKUS * TRANSFERS * UNITS
    assert list(verify()) == []
    # These arrive while others leave.
    second = drafts(business, server)
    wishes = [business.act(made, "receive") for made in first]
    wishes += [business.act(made, "ship") for made in second]
    answers = business.send_at_once(server, at_once, wishes)
    assert Counter((answer.status, answer.code) for answer in answers) == {(200, None): 2 * TRANSFERS}
    answers = business.send_at_once(server, at_once, [business.act(made, "receive") for made in second])
    assert {answer.status for answer in answers} == {200}
    assert server.read_log().count(RETRIED) == before, "a deadlock was retried away: there should be none"
    assert set(StockLevel.objects.values_list("on_hand", flat=True)) == {50}
    assert set(Transfer.objects.values_list("state", flat=True)) == {"received"}
    assert list(verify()) == []


def test_without_the_order_they_would_wait_for_each_other(
    transactional_db: None, start_server: Callable[[str], Server], at_once: Callable[..., list[Any]]
) -> None:
    server = start_server("lock-in-any-order")
    before = server.read_log().count(DEADLOCK)
    for _ in range(ROUNDS):
        business = Business(12)
        business.stock(50)
        made = [business.make(server, business.transfer(business.skus, 1)) for _ in range(3)]
        answers = business.send_at_once(server, at_once, [business.act(each, "ship") for each in made])
        assert {answer.status for answer in answers} <= {200, 409}
        if server.read_log().count(DEADLOCK) > before:
            break
    else:
        pytest.fail("they never waited for each other")
    assert list(verify()) == []


# --- bins that only hold so much


def filling(business: Business, server: Server, way: str) -> list[Wish]:
    """Six who each bring three units of a SKU of their own into one bin for ten."""
    small = business.bin("S-1", capacity=10)
    if way == "receipt":
        return [business.receipt(sku, 3, small) for sku in business.skus]
    source = business.north.bins.get(is_default=True)
    if way == "put-away":
        business.stock(3)
        tasks = [business.make(server, business.put_away(sku, 3, source, small)) for sku in business.skus]
        return [business.act(task, "complete") for task in tasks]
    business.stock(3, business.south)
    wishes = []
    for sku in business.skus:
        draft = business.transfer([sku], 3, ends=(business.south, business.north))
        draft.body["lines"][0]["toBinId"] = small.public_id
        made = business.make(server, draft)
        assert business.send(server, business.act(made, "ship")).status == 200
        wishes.append(business.act(made, "receive"))
    return wishes


def test_a_bin_is_never_filled_beyond_its_capacity(server: Server, at_once: Callable[..., list[Any]]) -> None:
    for way in ("receipt", "put-away", "transfer"):
        business = Business(6)
        answers = business.send_at_once(server, at_once, filling(business, server, way))
        statuses = Counter((answer.status < 300, answer.code) for answer in answers)
        assert statuses == {(True, None): 3, (False, "BIN_FULL"): 3}, answers
        inside = StockItem.objects.filter(bin__code="S-1", bin__warehouse=business.north)
        assert inside.aggregate(units=Sum("on_hand"))["units"] == 9
    assert list(verify()) == []


def test_without_the_lock_it_would_be(
    transactional_db: None, start_server: Callable[[str], Server], at_once: Callable[..., list[Any]]
) -> None:
    server = start_server("lock-no-bin")
    business = Business(6)
    business.send_at_once(server, at_once, filling(business, server, "receipt"))
    inside = StockItem.objects.filter(bin__code="S-1").aggregate(units=Sum("on_hand"))["units"]
    assert inside > 10


def test_moves_there_and_back_between_two_bins_that_only_hold_so_much(
    server: Server, at_once: Callable[..., list[Any]]
) -> None:
    """The default bin is one of them: it is held by everything that is posted in its location."""
    business = Business(8)
    first = business.north.bins.get(is_default=True)
    first.capacity = 1000
    first.save()
    second = business.bin("S-2", capacity=1000)
    for shelf in (first, second):
        business.stock(20, shelf=shelf)
    before = server.read_log().count(RETRIED)
    wishes = []
    for number, sku in enumerate(business.skus):
        ends = (first, second) if number % 2 else (second, first)
        wishes.append(business.act(business.make(server, business.put_away(sku, 5, *ends)), "complete"))
        wishes.append(business.receipt(sku, 1, second if number % 2 else first))
    answers = business.send_at_once(server, at_once, wishes)
    assert {answer.status for answer in answers} <= {200, 201}, answers
    assert server.read_log().count(RETRIED) == before
    assert StockItem.objects.aggregate(units=Sum("on_hand"))["units"] == 8 * 41
    assert list(verify()) == []


def test_reservations_and_stock_of_two_places_at_once(
    server: Server, at_once: Callable[..., list[Any]]
) -> None:
    """Everything there is to do with one SKU, by many at once: what was answered is what has happened."""
    business = Business()
    (sku,) = business.skus
    business.stock(12)
    factories.make_bin(business.north, "A-1")
    wishes = [
        *[business.reserve(sku, 2) for _ in range(4)],
        *[business.hold(sku, 2) for _ in range(4)],
        *[business.issue(sku, 2) for _ in range(4)],
        *[business.act(business.make(server, business.transfer([sku], 2)), "ship") for _ in range(4)],
    ]
    answers = business.send_at_once(server, at_once, wishes)
    won = [answer.status < 300 for answer in answers]
    assert sum(won) == 6, answers
    level = StockLevel.objects.get(warehouse=business.north)
    assert level.available == 0
    assert level.reserved == 2 * sum(won[:4])
    assert level.held == 2 * sum(won[4:8])
    assert level.on_hand == 12 - 2 * sum(won[8:])
    assert list(verify()) == []
