"""A phone that got no answer sends again: each count counts once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from cycle_counts.counting import Counted, Counts, count_lines
from cycle_counts.models import CountBatch, CountEntry, CountLine
from cycle_counts.states import require_version
from inventory.models import Barcode
from tests.cycle_counts.conftest import Ground
from tests.stock_requests.refusals import refused
from warehouses import transactions

pytestmark = pytest.mark.django_db

GLOVES = ("GLOVES", "A-1")


def send(ground: Ground, batch: CountBatch, *counts: Counted, by: str = "counter", **fields: Any) -> Counts:
    return transactions.run(
        lambda: count_lines(access=ground.access_of(by), batch=batch, counts=counts, **fields)
    )


def refusing(ground: Ground, batch: CountBatch, *counts: Counted) -> Callable[[], Counts]:
    numbered = [replace(count, index=index) for index, count in enumerate(counts)]
    return lambda: count_lines(access=ground.access_of("counter"), batch=batch, counts=numbered)


def test_what_is_sent_again_changes_nothing(ground: Ground) -> None:
    batch = ground.started()
    count = ground.counted(*GLOVES, quantity=8, client_id="one")
    first = send(ground, batch, count)
    ground.stock_by("GLOVES", "A-1", 5)
    second = send(ground, batch, count)
    assert (first.replayed, second.replayed) == (0, 1)
    assert second.batch.version == first.batch.version
    assert [line.pk for line in second.lines] == [line.pk for line in first.lines]
    line = ground.line(batch, *GLOVES)
    assert (line.expected, CountEntry.objects.count()) == (10, 1)


@pytest.mark.parametrize("state", ["review", "resolved", "cancelled"])
def test_also_when_the_batch_was_submitted_since(ground: Ground, state: str) -> None:
    batch = ground.started()
    count = ground.counted(*GLOVES, quantity=8, client_id="one")
    send(ground, batch, count)
    CountBatch.objects.filter(pk=batch.pk).update(state=state)
    again = send(ground, batch, count, condition=require_version(1))
    assert (again.replayed, again.lines[0].counted, CountEntry.objects.count()) == (1, 8, 1)
    # Anything new beside it is refused, as a whole.
    fresh = ground.counted("MASKS", "A-1", quantity=5, client_id="two")
    assert refused(refusing(ground, batch, count, fresh))[1] == "INVALID_TRANSITION"


def test_some_again_and_some_new_are_answered_in_their_order(ground: Ground) -> None:
    batch = ground.started()
    old = ground.counted(*GLOVES, quantity=8, client_id="one")
    send(ground, batch, old)
    new = ground.counted("MASKS", "A-1", quantity=5, client_id="two")
    done = send(ground, batch, new, old)
    assert (done.replayed, CountEntry.objects.count()) == (1, 2)
    assert [line.sku.code for line in done.lines if line.sku] == ["MASKS", "GLOVES"]


def test_twice_in_one_call_it_counts_once(ground: Ground) -> None:
    batch = ground.started()
    count = ground.counted("TAPE", "A-1", quantity=8, client_id="one")
    done = send(ground, batch, count, count)
    assert (done.replayed, done.lines[0].pk, CountEntry.objects.count()) == (1, done.lines[1].pk, 1)


def test_another_count_has_another_id(ground: Ground) -> None:
    batch = ground.started()
    count = ground.counted(*GLOVES, quantity=8, client_id="one")
    send(ground, batch, count)
    others = [
        replace(count, quantity=9),
        replace(count, quantity=None),
        replace(count, bin=ground.bin("A-2")),
        replace(count, sku=ground.sku("TAPE")),
        replace(count, sku=None, code="4006"),
        replace(count, lot_code="L-9"),
        replace(count, remark="damaged"),
        replace(count, note="Wet"),
        Counted(8, line_id=ground.line(batch, "MASKS", "A-1").pk, client_id="one"),
    ]
    told = refused(refusing(ground, batch, count, *others))
    assert told[:2] == ("RuleBroken", "CLIENT_ID_REUSED")
    expected = [("CLIENT_ID_REUSED", index, "client_id") for index in range(1, len(others) + 1)]
    assert told[2] == expected
    in_one = ground.counted("TAPE", "A-1", quantity=1, client_id="two")
    assert refused(refusing(ground, batch, in_one, replace(in_one, quantity=2)))[2] == [
        ("CLIENT_ID_REUSED", 1, "client_id")
    ]
    assert CountEntry.objects.count() == 1


def test_the_same_line_may_be_named_otherwise(ground: Ground) -> None:
    batch = ground.started()
    count = ground.counted(*GLOVES, quantity=8, client_id="one")
    send(ground, batch, count)
    line = ground.line(batch, *GLOVES)
    by_key = Counted(8, line_id=line.pk, client_id="one")
    by_code = Counted(8, code="BAR-GLOVES", bin=ground.bin("A-1"), client_id="one")
    assert send(ground, batch, by_key, by_code).replayed == 2
    lot = ground.counted("SALINE", "A-3", "L-1", quantity=7, client_id="two")
    send(ground, batch, lot)
    assert send(ground, batch, replace(lot, lot=None, lot_code="l-1")).replayed == 1


def test_what_nobody_knew_is_still_the_same(ground: Ground) -> None:
    batch = ground.started()
    count = Counted(8, code="4006", bin=ground.bin("A-1"), client_id="one")
    send(ground, batch, count)
    Barcode.objects.create(organization=ground.organization, sku=ground.sku("TAPE"), code="4006")
    assert send(ground, batch, count).replayed == 1
    # Somebody has said what it is.
    CountLine.objects.filter(code="4006").update(sku=ground.sku("SALINE"))
    assert send(ground, batch, count).replayed == 1


def test_a_batch_has_ids_of_its_own(ground: Ground) -> None:
    batch = ground.started()
    count = ground.counted(*GLOVES, quantity=8, client_id="one")
    send(ground, batch, count)
    CountBatch.objects.filter(pk=batch.pk).update(state="cancelled")
    other = ground.started()
    assert send(ground, other, replace(count, quantity=9)).replayed == 0
    assert ground.line(other, *GLOVES).counted == 9


def test_without_an_id_each_is_a_count_of_its_own(ground: Ground) -> None:
    batch = ground.started()
    count = ground.counted(*GLOVES, quantity=8)
    send(ground, batch, count, count)
    ids = set(CountEntry.objects.values_list("client_id", flat=True))
    assert len(ids) == 2
    assert "" not in ids


def test_a_count_that_was_taken_back_does_not_come_again(ground: Ground) -> None:
    batch = ground.started()
    count = ground.counted(*GLOVES, quantity=8, client_id="one")
    send(ground, batch, count)
    send(ground, batch, ground.counted(*GLOVES, quantity=None, client_id="two"))
    assert send(ground, batch, count).replayed == 1
    assert ground.line(batch, *GLOVES).state == "pending"


def test_somebody_else_does_not_send_it_for_them(ground: Ground) -> None:
    """An id that two phones have made alike is the same count; that of another quantity is refused."""
    batch = ground.started()
    count = ground.counted(*GLOVES, quantity=8, client_id="one")
    send(ground, batch, count)
    assert send(ground, batch, count, by="other_counter").replayed == 1
    assert ground.line(batch, *GLOVES).counter_name == "counter@acme.example"
