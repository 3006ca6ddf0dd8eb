"""Stock requests that several people act on at once: what was promised goes once, and never twice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from django.db.models import QuerySet

from inventory.adjustments import adjust
from inventory.ledger import Line, Mode, posting, rows
from inventory.models import Movement, Reservation, Sku, Source, StockLevel, Transfer
from inventory.verification import verify
from stock_requests.decisions.approving import approve_request
from stock_requests.decisions.rollbacks import cancel_request, rollback_request
from stock_requests.fulfilment import Picked, fulfil_request, pick_request
from stock_requests.models import Remainder, RequestState, StockRequest
from tests import factories
from tests.races import faults
from tests.stock_requests import conftest as requesting
from tests.stock_requests.approved import To, approved_request, fulfil, lines_of, picking_request
from tests.stock_requests.conftest import Ground
from warehouses import transactions
from warehouses.actors import SYSTEM
from warehouses.refusals import Refusal

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.postgresql]

AtOnce = Callable[..., list[Any]]
Work = Callable[[], Any]

ground = requesting.ground
TIMES = 6
DESTINATIONS = ["department", "warehouse", "room here"]


@pytest.fixture
def no_locks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither the request nor the stock is locked, as in `tests.races.faults`; put back after the test."""
    for owner, name in (
        (QuerySet, "select_for_update"),
        (rows, "lock_levels"),
        (rows, "_lock"),
        (posting, "_write"),
    ):
        monkeypatch.setattr(owner, name, getattr(owner, name))
    faults._lock_no_document()


def outcome(work: Work) -> str:
    """ "done", or the code of the refusal."""
    try:
        transactions.run(work)
    except Refusal as refusal:
        return refusal.code
    return "done"


def figures(sku: Sku, ground: Ground) -> tuple[int, int]:
    level = StockLevel.objects.get(sku=sku, warehouse=ground.source)
    return level.on_hand, level.reserved


def goal_of(ground: Ground, to: str) -> To:
    return {"department": ground.department, "warehouse": ground.destination, "room here": ground.ward}[to]


def fulfilling(ground: Ground, request: StockRequest) -> Work:
    return partial(fulfil_request, access=ground.picker, request=request)


@pytest.mark.parametrize("to", DESTINATIONS)
def test_fulfilled_by_many_at_once_the_goods_go_once(ground: Ground, at_once: AtOnce, to: str) -> None:
    gloves = ground.skus[0]
    request = picking_request(ground, goal_of(ground, to), [(gloves, 10)])
    answers = at_once(outcome, [fulfilling(ground, request) for _ in range(TIMES)])
    assert Counter(answers) == {"done": 1, "INVALID_TRANSITION": TIMES - 1}
    assert figures(gloves, ground) == ((100 if to == "room here" else 90), 0)
    assert Transfer.objects.count() == (to == "warehouse")
    assert Reservation.objects.get().fulfilled == 10
    assert list(verify()) == []


@pytest.mark.usefixtures("no_locks")
def test_without_the_locks_they_would_go_twice(ground: Ground, at_once: AtOnce) -> None:
    request = picking_request(ground, ground.destination, [(ground.skus[0], 10)])
    # Promised to others: without it the database itself refuses to count less than nothing as promised.
    factories.reserve(ground.skus[0], ground.source, 60)
    answers = at_once(outcome, [fulfilling(ground, request) for _ in range(TIMES)])
    assert Counter(answers) != {"done": 1, "INVALID_TRANSITION": TIMES - 1}
    assert Transfer.objects.count() > 1
    assert list(verify()) != []


@pytest.mark.parametrize("off", [rollback_request, cancel_request])
def test_taken_back_or_fulfilled(ground: Ground, at_once: AtOnce, off: Callable[..., Any]) -> None:
    """One or the other: goods that have left are free to nobody, goods that are free have not left."""
    gloves = ground.skus[0]
    answers = race_to_take_back(ground, at_once, off)
    assert all(sorted(pair) == ["INVALID_TRANSITION", "done"] for pair in answers), answers
    fulfilled = StockRequest.objects.filter(state=RequestState.FULFILLED).count()
    assert fulfilled == [pair[0] for pair in answers].count("done")
    assert figures(gloves, ground) == (100 - 5 * fulfilled, 0)
    assert list(verify()) == []


@pytest.mark.usefixtures("no_locks")
def test_without_the_locks_it_would_be_both(ground: Ground, at_once: AtOnce) -> None:
    factories.reserve(ground.skus[0], ground.source, 60)
    answers = race_to_take_back(ground, at_once, rollback_request)
    assert ("done", "done") in answers
    assert list(verify()) != []


def race_to_take_back(ground: Ground, at_once: AtOnce, off: Callable[..., Any]) -> list[tuple[str, str]]:
    """Requests that are approved: what becomes of fulfilling each, and of calling it `off` at the same moment."""

    def pick_and_fulfil(request: StockRequest) -> None:
        pick_request(access=ground.picker, request=request)
        fulfil_request(access=ground.picker, request=request)

    works: list[Work] = []
    for _ in range(TIMES):
        request = approved_request(ground, None, [(ground.skus[0], 5)])
        works += [
            partial(pick_and_fulfil, request),
            partial(off, access=ground.owner, request=request),
        ]
    answers = at_once(outcome, works)
    return list(zip(answers[::2], answers[1::2], strict=True))


class TestAgainstOtherChanges:
    """Ten units, all of them promised to a request, and somebody who takes some of them away."""

    def scenes(self, ground: Ground) -> list[tuple[Sku, StockRequest]]:
        made = []
        for _ in range(TIMES):
            sku = factories.make_sku(ground.organization)
            factories.stock(sku, ground.source, 10)
            factories.stock(sku, ground.destination, 10)
            made.append((sku, picking_request(ground, ground.destination, [(sku, 10)])))
        return made

    def race(
        self, ground: Ground, at_once: AtOnce, quantity: int, code: str
    ) -> tuple[list[Sku], list[tuple[str, str]]]:
        made = self.scenes(ground)
        works: list[Work] = []
        for sku, request in made:
            line = Line(
                sku=sku,
                warehouse=ground.source,
                quantity=quantity,
                mode=Mode.BY,
                reason=factories.reason(ground.organization, code),
            )
            works += [
                fulfilling(ground, request),
                partial(
                    adjust,
                    organization=ground.organization,
                    actor=SYSTEM,
                    source=Source.SYSTEM,
                    lines=[line],
                ),
            ]
        answers = at_once(outcome, works)
        return [sku for sku, _ in made], list(zip(answers[::2], answers[1::2], strict=True))

    def test_a_correction_that_finds_less(self, ground: Ground, at_once: AtOnce) -> None:
        """A count is a fact: it may come first. Then the request is told what is left; never do more than ten leave."""
        skus, answers = self.race(ground, at_once, -4, "AUDIT")
        for sku, pair in zip(skus, answers, strict=True):
            assert pair in {("done", "NEGATIVE_QUANTITY"), ("STOCK_UNAVAILABLE", "done")}
            assert figures(sku, ground) == ((0, 0) if pair[0] == "done" else (6, 10))
        assert list(verify()) == []

    def test_a_sale_of_what_is_promised(self, ground: Ground, at_once: AtOnce) -> None:
        skus, answers = self.race(ground, at_once, -1, "SALE")
        for sku, (fulfilled, sold) in zip(skus, answers, strict=True):
            assert fulfilled == "done"
            assert sold in {"INSUFFICIENT_STOCK", "NEGATIVE_QUANTITY"}
            assert figures(sku, ground) == (0, 0)
        assert list(verify()) == []

    @pytest.mark.usefixtures("no_locks")
    def test_without_the_locks_more_would_leave_than_there_is(self, ground: Ground, at_once: AtOnce) -> None:
        _, answers = self.race(ground, at_once, -4, "AUDIT")
        assert any(pair == ("done", "done") for pair in answers), answers
        assert list(verify()) != []


def approving(ground: Ground, request: StockRequest) -> Work:
    return partial(approve_request, access=ground.approver, request=request)


def test_of_two_requests_for_the_last_units_one_gets_them(ground: Ground, at_once: AtOnce) -> None:
    pairs = last_units(ground)
    answers = at_once(outcome, [approving(ground, each) for _, pair in pairs for each in pair])
    for (sku, pair), *said in zip(pairs, answers[::2], answers[1::2], strict=True):
        assert sorted(said) == ["STOCK_UNAVAILABLE", "done"]
        assert figures(sku, ground) == (10, 7)
        won = pair[said.index("done")]
        transactions.run(lambda won=won: pick_request(access=ground.picker, request=won))
        fulfil(ground, won)
        assert figures(sku, ground) == (3, 0)
    assert list(verify()) == []


@pytest.mark.usefixtures("no_locks")
def test_without_the_locks_both_would_get_them(ground: Ground, at_once: AtOnce) -> None:
    pairs = last_units(ground)
    answers = at_once(outcome, [approving(ground, each) for _, pair in pairs for each in pair])
    assert any(pair == ("done", "done") for pair in zip(answers[::2], answers[1::2], strict=True))
    assert list(verify()) != []


def last_units(ground: Ground) -> list[tuple[Sku, tuple[StockRequest, StockRequest]]]:
    """Ten units each, and two requests that want seven of them."""
    made = []
    for _ in range(TIMES):
        sku = factories.make_sku(ground.organization)
        factories.stock(sku, ground.source, 10)
        one, two = (
            factories.submitted_request(ground.source, None, [(sku, 7)], access=ground.owner) for _ in "ab"
        )
        made.append((sku, (one, two)))
    return made


def test_many_with_back_orders_and_the_same_goods_the_other_way_round(
    ground: Ground, at_once: AtOnce
) -> None:
    """None waits for another that waits for it: all go through, and each rest has a number of its own."""
    turns = [ground.skus, tuple(reversed(ground.skus))]
    requests = [
        picking_request(
            ground,
            goal_of(ground, DESTINATIONS[place % 3]),
            [(sku, 4) for sku in turns[place % 2]],
        )
        for place in range(2 * TIMES)
    ]
    for request in requests:
        picked = [Picked(line.pk, 3) for line in lines_of(request)]
        transactions.run(partial(pick_request, access=ground.picker, request=request, picked=picked))
    works = [
        partial(fulfil_request, access=ground.picker, request=request, remainder=Remainder.BACK_ORDER)
        for request in requests
    ]
    assert at_once(outcome, works) == ["done"] * len(works)
    numbers = list(StockRequest.objects.values_list("number", flat=True))
    assert sorted(numbers) == list(range(1, 4 * TIMES + 1))
    for sku in ground.skus:
        assert figures(sku, ground) == (100 - 3 * (2 * TIMES - 4), 0)
    moved = Movement.objects.filter(document_type="stock_request", delta__gt=0)
    assert sum(moved.values_list("delta", flat=True)) == 3 * 3 * 4
    assert list(verify()) == []
