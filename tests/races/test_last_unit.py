"""The last unit of a SKU, wanted by two at once: one gets it, the other is told that nothing is left."""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations_with_replacement
from typing import Any

import pytest

from inventory.models import Sku, StockLevel
from inventory.verification import verify
from tests.races.backoffice import Business, Wish
from tests.races.conftest import Answer, Server

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.postgresql]

NONE_LEFT = {
    "reservation": {(409, "STOCK_UNAVAILABLE")},
    "transfer": {(409, "STOCK_UNAVAILABLE")},
    "hold": {(409, "STOCK_UNAVAILABLE")},
    # Gone, or promised or held: an adjustment that cannot be is a rule broken.
    "issue": {(422, "NEGATIVE_QUANTITY"), (422, "INSUFFICIENT_STOCK")},
}
PAIRINGS = list(combinations_with_replacement(NONE_LEFT, 2))


def wish(business: Business, server: Server, way: str, sku: Sku) -> Wish:
    ways: dict[str, Callable[[], Wish]] = {
        "reservation": lambda: business.reserve(sku),
        "transfer": lambda: business.ready_to_ship(server, sku),
        "hold": lambda: business.hold(sku),
        "issue": lambda: business.issue(sku),
    }
    return ways[way]()


def race(
    server: Server, at_once: Callable[..., list[Any]], pairings: list[tuple[str, str]]
) -> list[tuple[Answer, Answer]]:
    """For each pairing a SKU with one unit, which both want; all of them at once. The answers to the pairs."""
    business = Business(len(pairings))
    business.stock(1)
    wishes = [
        wish(business, server, way, sku)
        for sku, pairing in zip(business.skus, pairings, strict=True)
        for way in pairing
    ]
    answers = business.send_at_once(server, at_once, wishes)
    return list(zip(answers[::2], answers[1::2], strict=True))


@pytest.mark.parametrize("turn", [1, -1], ids=["one way round", "the other way round"])
def test_of_two_who_want_the_last_unit_one_gets_it(
    server: Server, at_once: Callable[..., list[Any]], turn: int
) -> None:
    """Through reservation, transfer, hold and adjustment, in every pairing."""
    pairings = [(pairing[::turn][0], pairing[::turn][1]) for pairing in PAIRINGS]
    for pairing, answers in zip(pairings, race(server, at_once, pairings), strict=True):
        won = [answer.status < 300 for answer in answers]
        assert sorted(won) == [False, True], (pairing, answers)
        loser = won.index(False)
        answer = answers[loser]
        assert (answer.status, answer.code) in NONE_LEFT[pairing[loser]]
        assert answer.body["available"] == 0
    levels = StockLevel.objects.filter(warehouse__name="North")
    assert set(levels.values_list("available", flat=True)) == {0}
    assert list(verify()) == []


def test_without_the_lock_both_would_get_it(
    transactional_db: None, start_server: Callable[[str], Server], at_once: Callable[..., list[Any]]
) -> None:
    answers = race(start_server("read-without-locking"), at_once, [("reservation", "hold")] * 8)
    assert any(all(answer.status < 300 for answer in both) for both in answers)
    assert list(verify()) != []


def test_one_request_to_reserve_sent_many_times_reserves_once(
    server: Server, at_once: Callable[..., list[Any]]
) -> None:
    business = Business()
    business.stock(20)
    once = Wish(**(vars(business.reserve(business.skus[0])) | {"headers": {"Idempotency_Key": "once"}}))
    answers = business.send_at_once(server, at_once, [once] * 12)
    made = [answer for answer in answers if answer.status == 201]
    assert sum("Idempotent-Replayed" not in answer.headers for answer in made) == 1
    assert all(answer.body == made[0].body for answer in made)
    others = {(answer.status, answer.code) for answer in answers if answer.status != 201}
    assert others <= {(409, "IDEMPOTENCY_IN_PROGRESS")}
    again = business.send(server, once)
    assert (again.status, again.body, again.headers["Idempotent-Replayed"]) == (201, made[0].body, "true")
    assert StockLevel.objects.values_list("on_hand", "reserved").get() == (20, 1)
    other = Wish(once.path, once.body | {"quantity": 2}, once.headers)
    assert business.send(server, other).code == "IDEMPOTENCY_KEY_REUSED"
    assert list(verify()) == []
