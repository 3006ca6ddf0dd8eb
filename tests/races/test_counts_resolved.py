"""Counts that several people resolve at once, or while stock is under way: one effect each, and the books are right."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from django.db import transaction
from django.db.models import QuerySet

from cycle_counts import states
from cycle_counts.counting import cancel_batch
from cycle_counts.models import CountBatch
from cycle_counts.planning import Scope
from cycle_counts.review import decisions, resolve_batch, resolving
from inventory.models import Adjustment, AdjustmentKind, Movement, Transfer
from inventory.transfers import WantedLine, create_transfer, ship_transfer
from inventory.verification import verify
from tests import factories
from tests.cycle_counts import conftest as counting
from tests.cycle_counts.conftest import Ground
from tests.cycle_counts.reviewing import decide
from tests.races.sessions import Other, wait_until_somebody_waits
from warehouses import transactions
from warehouses.access import Access
from warehouses.refusals import Conflict, Refusal

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.postgresql]

Work = Callable[[], Any]

ground = counting.ground
GLOVES, MASKS = ("GLOVES", "A-1"), ("MASKS", "A-1")
OFF = {GLOVES: -2, MASKS: 1}


@pytest.fixture
def no_locks(monkeypatch: pytest.MonkeyPatch) -> None:
    """The batch is locked no more: what two who are at it at once would see of each other."""
    plain = states.seize

    def seize(batch: CountBatch, **asked: Any) -> CountBatch:
        with monkeypatch.context() as changed:
            changed.setattr(QuerySet, "select_for_update", lambda rows, **_: rows)
            return plain(batch, **asked)

    for module in (decisions, resolving):
        monkeypatch.setattr(module, "seize", seize)


def one_after_the_other(first: Work, second: Work) -> tuple[Any, Any]:
    """What both came to, the second of which began while the first was not committed, and waited for it."""
    with transaction.atomic():
        done = first()
        other = Other(partial(transactions.run, second))
        wait_until_somebody_waits()
    try:
        return done, other.result()
    except Refusal as refusal:
        return done, refusal


def resolving_as(access: Access, batch: CountBatch, **fields: Any) -> Work:
    return partial(resolve_batch, access=access, batch=batch, **{"accepts_rest": True, **fields})


def adjustments() -> int:
    return Adjustment.objects.filter(kind=AdjustmentKind.COUNT).count()


def on_shelves(ground: Ground) -> list[int]:
    return [ground.on_hand(*place) for place in (GLOVES, MASKS)]


def test_resolved_by_two_at_once_it_is_posted_once(ground: Ground) -> None:
    batch = ground.submitted(off=OFF)
    done, refusal = one_after_the_other(
        resolving_as(ground.access_of("approver"), batch), resolving_as(ground.access_of("manager"), batch)
    )
    assert done.adjustment is not None
    assert isinstance(refusal, Conflict)
    assert (refusal.code, refusal.extra["by"]) == ("INVALID_TRANSITION", "approver@acme.example")
    assert adjustments() == 1
    assert on_shelves(ground) == [8, 6]
    assert list(verify()) == []


def test_without_the_lock_the_second_would_go_on_to_the_stock(ground: Ground, no_locks: None) -> None:
    batch = ground.submitted(off=OFF)
    with transaction.atomic():
        resolving_as(ground.access_of("approver"), batch)()
        other = Other(partial(transactions.run, resolving_as(ground.access_of("manager"), batch)))
        wait_until_somebody_waits()
    with pytest.raises(Refusal) as refused:
        other.result()
    assert refused.value.code == "COUNTED_ELSEWHERE", "Nothing but what the first has posted has stopped it."


def test_resolved_and_called_off_at_once_it_is_one_of_them(ground: Ground) -> None:
    batch = ground.submitted(off=OFF)
    _done, refusal = one_after_the_other(
        partial(cancel_batch, access=ground.access_of("manager"), batch=batch),
        resolving_as(ground.access_of("approver"), batch),
    )
    assert isinstance(refusal, Conflict)
    assert refusal.code == "INVALID_TRANSITION"
    assert (adjustments(), on_shelves(ground)) == (0, [10, 5])


def test_decided_on_while_it_is_resolved_it_was_too_late(ground: Ground) -> None:
    batch = ground.submitted(off=OFF)
    _done, refusal = one_after_the_other(
        resolving_as(ground.access_of("approver"), batch),
        lambda: decide(ground, batch, {GLOVES: "ignore"}, by="manager"),
    )
    assert isinstance(refusal, Conflict)
    assert refusal.code == "INVALID_TRANSITION"
    assert ground.line(batch, *GLOVES).state == "accepted"


def test_what_is_decided_first_is_what_is_posted(ground: Ground) -> None:
    batch = ground.submitted(off=OFF)
    one_after_the_other(
        lambda: decide(ground, batch, {GLOVES: "ignore"}, by="manager"),
        resolving_as(ground.access_of("approver"), batch),
    )
    assert on_shelves(ground) == [10, 6]
    assert list(verify()) == []


def shipment(ground: Ground, units: int) -> Transfer:
    """Of the gloves in A-1, to another location."""
    owner = ground.access_of("owner")
    line = WantedLine(ground.sku("GLOVES"), units, from_bin=ground.bin("A-1"))
    south = factories.make_warehouse(ground.organization, "South")
    return transactions.run(
        lambda: create_transfer(
            access=owner, from_warehouse=ground.warehouse, to_warehouse=south, lines=[line]
        )
    )


@pytest.mark.parametrize("units", [5, 10])
@pytest.mark.parametrize("who_is_first", ["the count", "the transfer"])
def test_resolved_while_a_transfer_leaves_both_are_in_the_books_or_one_is_refused(
    ground: Ground, units: int, who_is_first: str
) -> None:
    """2 of 10 are missing: of the rest 5 may leave, but not 10, and once 10 have left nothing more is missing."""
    batch = ground.submitted(off=OFF)
    transfer = shipment(ground, units)
    ship = partial(ship_transfer, access=ground.access_of("owner"), transfer=transfer)
    works = [resolving_as(ground.access_of("approver"), batch), ship]
    first, second = works if who_is_first == "the count" else works[::-1]
    _done, later = one_after_the_other(first, second)
    if units == 5:
        assert not isinstance(later, Refusal)
        assert ground.on_hand(*GLOVES) == 10 - 5 - 2
    else:
        assert isinstance(later, Refusal)
        assert ground.on_hand(*GLOVES) == (8 if who_is_first == "the count" else 0)
        assert adjustments() == (1 if who_is_first == "the count" else 0)
    assert list(verify()) == []


def test_two_counts_of_one_thing_resolved_at_once_are_posted_once(ground: Ground) -> None:
    first = ground.submitted(off=OFF)
    second = ground.started(scope=Scope(skus=(ground.sku("TAPE"),)))
    ground.count(second, {GLOVES: 8}, by="other_counter")
    ground.submit(second)
    _done, refusal = one_after_the_other(
        resolving_as(ground.access_of("approver"), first), resolving_as(ground.access_of("manager"), second)
    )
    assert isinstance(refusal, Conflict)
    assert refusal.code == "COUNTED_ELSEWHERE"
    assert ground.on_hand(*GLOVES) == 8
    assert list(verify()) == []


def test_many_resolve_at_once(ground: Ground) -> None:
    """Six people press the button: one posts."""
    batch = ground.submitted(off=OFF)
    names = ["owner", "manager", "approver"] * 2
    accesses = [ground.access_of(name) for name in names]
    others = [Other(partial(transactions.run, resolving_as(access, batch))) for access in accesses]
    codes = []
    for other in others:
        try:
            other.result()
        except Refusal as refusal:
            codes.append(refusal.code)
    assert codes == ["INVALID_TRANSITION"] * 5
    assert adjustments() == 1
    assert on_shelves(ground) == [8, 6]
    assert Movement.objects.filter(reference="CC-00001").count() == 2
