"""What webhooks tell of a resolved count."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from cycle_counts.counting import Counted, count_lines
from cycle_counts.models import CountBatch, CountLine
from inventory.models import Delivery, Event, EventType, WebhookEndpoint
from inventory.models.event import SUBSCRIBABLE
from tests import factories
from tests.cycle_counts.conftest import Ground
from tests.cycle_counts.reviewing import decide, find_unknown, resolve
from warehouses import transactions
from warehouses.models import Warehouse

pytestmark = pytest.mark.django_db

GLOVES, MASKS, FAR_MASKS = ("GLOVES", "A-1"), ("MASKS", "A-1"), ("MASKS", "A-4")
FIRST_LOT = ("SALINE", "A-3", "L-1")


def subscribe(ground: Ground, *places: Warehouse, kinds: Any = (EventType.COUNT_RESOLVED,)) -> None:
    endpoint = WebhookEndpoint.objects.create(
        organization=ground.organization,
        url="https://receiver.example/hook",
        event_types=[kind.value for kind in kinds],
        secret="sealed",
        is_limited=bool(places),
    )
    endpoint.warehouses.set(places)


def test_a_resolved_count_is_told(ground: Ground) -> None:
    subscribe(ground)
    batch = ground.started(name="Aisle A")
    ground.count(batch, {GLOVES: 8, MASKS: 6, FIRST_LOT: 0, ("GLOVES", "A-2"): 20, ("TAPE", "A-4"): 3})
    unknown = find_unknown(ground, batch, 4)
    ground.submit(batch)
    assert not Event.objects.exists(), "Nothing is told of a count before it is resolved."
    decide(ground, batch, {GLOVES: {"resolution": "accept", "root_cause": "picking"}, unknown: "ignore"})
    assert not Event.objects.exists()
    done = resolve(ground, batch, {FIRST_LOT: "recount"}, accepts_rest=True)
    assert done.adjustment is not None
    assert done.recount is not None
    event = Event.objects.get()
    assert Delivery.objects.count() == 1
    assert json.loads(event.body)["type"] == "cycle_count.resolved"
    gloves, masks, tape = (ground.line(batch, *place) for place in (GLOVES, MASKS, ("TAPE", "A-4")))
    assert json.loads(event.body)["data"] == {
        "cycle_count_id": batch.public_id,
        "number": "CC-00001",
        "name": "Aisle A",
        "status": "resolved",
        "version": done.batch.version,
        "warehouse_id": ground.warehouse.public_id,
        "warehouse_name": "North",
        "line_count": 8,
        "accepted": 4,
        "within_tolerance": 1,
        "to_recount": 1,
        "ignored": 1,
        "not_counted": 2,
        "found": 2,
        "differences": 3,
        "units_over": 4,
        "units_short": 2,
        "value_over": "3.00",
        "value_short": "4.00",
        "adjustment_id": done.adjustment.public_id,
        "recount_id": done.recount.public_id,
        "actor": "approver@acme.example",
        "lines": [
            told(gloves, "A-1", 10, 8, "-4.00", "picking"),
            told(masks, "A-1", 5, 6, "3.00", None),
            told(tape, "A-4", 0, 3, None, None),
        ],
        "lines_omitted": 0,
    }


def told(
    line: CountLine, bin: str, expected: int, counted: int, value: str | None, cause: str | None
) -> dict[str, Any]:
    assert line.sku is not None
    return {
        "id": line.public_id,
        "sku": line.sku.code,
        "bin": bin,
        "lot": None,
        "expected": expected,
        "counted": counted,
        "variance": counted - expected,
        "value": value,
        "root_cause": cause,
    }


def test_of_a_count_that_was_exact_there_is_little_to_tell(ground: Ground) -> None:
    subscribe(ground)
    resolve(ground, ground.submitted())
    data = json.loads(Event.objects.get().body)["data"]
    assert (data["name"], data["adjustment_id"], data["recount_id"]) == (None, None, None)
    assert (data["differences"], data["lines"], data["lines_omitted"]) == (0, [], 0)
    assert (data["value_over"], data["value_short"]) == ("0.00", "0.00")


def test_many_differences_are_told_in_part(ground: Ground) -> None:
    subscribe(ground)
    batch = _of_many(ground, 40)
    resolve(ground, batch)
    event = Event.objects.get()
    data = json.loads(event.body)["data"]
    assert (len(data["lines"]), data["lines_omitted"], data["differences"]) == (35, 5, 40)
    assert [line["counted"] for line in data["lines"]] == list(range(1, 36))
    assert len(event.body) < 20_000


def _of_many(ground: Ground, number: int) -> CountBatch:
    """Each with names as long as they get."""
    batch = ground.started()
    skus = [factories.make_sku(ground.organization, f"{n:02d}-{'€' * 60}") for n in range(number)]
    counts = [Counted(quantity=n + 1, sku=sku, bin=ground.bin("A-1"), index=n) for n, sku in enumerate(skus)]
    transactions.run(lambda: count_lines(access=ground.access_of("counter"), batch=batch, counts=counts))
    return ground.submit(batch)


def test_only_those_hear_of_it_who_hear_of_the_warehouse(ground: Ground) -> None:
    subscribe(ground, factories.make_warehouse(ground.organization, "South"))
    resolve(ground, ground.submitted())
    assert not Event.objects.exists()
    subscribe(ground, ground.warehouse)
    resolve(ground, ground.submitted())
    assert Event.objects.count() == Delivery.objects.count() == 1


def test_a_count_that_is_still_reviewed_tells_nothing(ground: Ground) -> None:
    subscribe(ground)
    batch = ground.submitted(off={GLOVES: -1, MASKS: -1})
    assert resolve(ground, batch, {GLOVES: "accept"}).batch.state == "review"
    assert not Event.objects.exists()


def test_it_can_be_subscribed_to() -> None:
    assert EventType.COUNT_RESOLVED in SUBSCRIBABLE


@pytest.mark.parametrize("number", [1, 3])
def test_telling_costs_the_same_whatever_the_number_of_lines(ground: Ground, number: int) -> None:
    batch = _of_many(ground, number)
    subscribe(ground)
    with CaptureQueriesContext(connection) as queries:
        resolve(ground, batch)
    about = [
        query for query in queries if "webhookendpoint" in query["sql"] or "inventory_event" in query["sql"]
    ]
    assert len(about) == 4, "The ledger asks twice whether anybody listens, this once; and the event."


def test_the_guide_shows_what_is_told(ground: Ground, settings: Any) -> None:
    subscribe(ground)
    resolve(ground, ground.submitted(off={GLOVES: -1}))
    data = json.loads(Event.objects.get().body)["data"]
    text = (settings.BASE_DIR / "docs" / "webhooks.md").read_text()
    section = text.split("### Data of `cycle_count.resolved`")[1]
    shown = json.loads(section.split("```json")[1].split("```")[0])
    assert list(shown) == list(data)
    assert list(shown["lines"][0]) == list(data["lines"][0])
    rest = ("accepted", "to_recount", "ignored", "not_counted")
    assert shown["line_count"] == sum(shown[name] for name in rest)
    assert len(shown["lines"]) + shown["lines_omitted"] == shown["differences"]
