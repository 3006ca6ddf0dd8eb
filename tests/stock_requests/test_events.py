"""What webhooks tell of stock requests."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from inventory.models import Delivery, Event, EventType, Sku, WebhookEndpoint
from inventory.models.event import SUBSCRIBABLE
from stock_requests.drafting import submit_request
from stock_requests.events import announce_request
from stock_requests.models import Priority, RequestLine, RequestState, StockRequest
from stock_requests.rights import find_request
from tests import factories
from tests.stock_requests.conftest import Ground
from warehouses import transactions
from warehouses.models import Warehouse

NOW = datetime(2026, 3, 31, 12, tzinfo=UTC)
SUBMITTED = EventType.REQUEST_SUBMITTED


def subscribe(ground: Ground, *places: Warehouse, kinds: Any = (SUBMITTED,)) -> WebhookEndpoint:
    endpoint = WebhookEndpoint.objects.create(
        organization=ground.organization,
        url="https://receiver.example/hook",
        event_types=[kind.value for kind in kinds],
        secret="sealed",
        is_limited=bool(places),
    )
    endpoint.warehouses.set(places)
    return endpoint


def asked(ground: Ground, to: Any = None, **fields: Any) -> StockRequest:
    lines = [(ground.skus[0], 10), (ground.skus[1], 5)]
    return factories.make_request(
        ground.source, to or ground.destination, lines, access=ground.requester, **fields
    )


def announce(ground: Ground, request: StockRequest, kind: EventType = SUBMITTED, reason: str = "") -> None:
    with transaction.atomic():
        announce_request(kind, access=ground.approver, request=request, at=NOW, reason=reason)


def data_of(event: Event) -> Any:
    return json.loads(event.body)["data"]


def test_submitting_tells_all_of_it(ground: Ground) -> None:
    subscribe(ground)
    request = asked(
        ground,
        ground.room,
        priority=Priority.URGENT,
        needed_by=date(2026, 4, 2),
        note="For the weekend",
    )
    assert not Event.objects.exists()
    transactions.run(lambda: submit_request(access=ground.requester, request=request, note="please"))
    event = Event.objects.get()
    lines = list(request.lines.order_by("position"))
    assert json.loads(event.body)["type"] == "stock_request.submitted"
    assert data_of(event) == {
        "stock_request_id": request.public_id,
        "number": "SR-00001",
        "status": "submitted",
        "version": 2,
        "from_warehouse_id": ground.source.public_id,
        "from_warehouse_name": "Central",
        "to_warehouse_id": ground.destination.public_id,
        "to_warehouse_name": "Clinic",
        "to_room_id": ground.room.public_id,
        "to_room_name": "Pharmacy",
        "to_department_id": None,
        "to_department_name": None,
        "priority": "urgent",
        "needed_by": "2026-04-02",
        "note": "For the weekend",
        "requester": "requester@acme.example",
        "back_order_of_id": None,
        "transfer_id": None,
        "reason": "please",
        "actor": "requester@acme.example",
        "lines": [
            {
                "id": line.public_id,
                "sku": code,
                "requested": quantity,
                "approved": None,
                "fulfilled": 0,
                "substituted": 0,
                "back_ordered": 0,
                "closed": 0,
                "remaining": quantity,
                "substitute_for_id": None,
            }
            for line, code, quantity in zip(lines, ("GLOVES", "MASKS"), (10, 5), strict=True)
        ],
        "lines_omitted": 0,
    }


def test_for_a_department(ground: Ground) -> None:
    subscribe(ground)
    lines = [(ground.skus[0], 10)]
    announce(ground, factories.make_request(ground.source, ground.department, lines, access=ground.owner))
    data = data_of(Event.objects.get())
    assert (data["to_warehouse_id"], data["to_warehouse_name"], data["to_room_id"]) == (None, None, None)
    assert (data["to_department_id"], data["to_department_name"]) == (
        ground.department.public_id,
        ground.department.name,
    )
    assert (data["note"], data["needed_by"], data["reason"]) == (None, None, None)
    assert (data["priority"], data["actor"]) == ("normal", "approver@acme.example")


def test_lines_are_as_they_are_now(ground: Ground) -> None:
    subscribe(ground, kinds=[EventType.REQUEST_FULFILLED])
    request = asked(ground)
    first = request.lines.order_by("position")[0]
    RequestLine.objects.filter(pk=first.pk).update(
        approved=7, picked=6, fulfilled=6, back_ordered=3, closed=1
    )
    StockRequest.objects.filter(pk=request.pk).update(state=RequestState.FULFILLED)
    request.state = RequestState.FULFILLED
    announce(ground, request, EventType.REQUEST_FULFILLED)
    data = data_of(Event.objects.get())
    assert data["status"] == "fulfilled"
    assert {name: data["lines"][0][name] for name in ("requested", "approved", "fulfilled")} == {
        "requested": 10,
        "approved": 7,
        "fulfilled": 6,
    }
    assert [data["lines"][0][name] for name in ("back_ordered", "closed", "remaining")] == [3, 1, 0]


def test_either_end_hears_of_it_once(ground: Ground) -> None:
    elsewhere = factories.make_warehouse(ground.organization, "Elsewhere")
    subscribe(ground, elsewhere)
    subscribe(ground, kinds=[EventType.REQUEST_APPROVED])
    announce(ground, asked(ground))
    assert not Event.objects.exists()
    heard = {
        subscribe(ground, ground.source).pk,
        subscribe(ground, ground.destination).pk,
        subscribe(ground, ground.source, ground.destination).pk,
        subscribe(ground).pk,
    }
    announce(ground, asked(ground))
    assert Event.objects.count() == 1
    deliveries = list(Delivery.objects.values_list("endpoint", flat=True))
    assert (set(deliveries), len(deliveries)) == (heard, 4)


def test_there_are_at_most_35_lines_and_20_kb(ground: Ground) -> None:
    subscribe(ground)
    longest = Sku._meta.get_field("code").max_length or 0
    skus = [
        factories.make_sku(ground.organization, f"{number:03}{'×' * (longest - 3)}") for number in range(37)
    ]
    request = factories.make_request(
        ground.source,
        ground.destination,
        [(sku, 1_000_000_000) for sku in skus],
        access=ground.requester,
        note="×" * 500,
    )
    announce(ground, request, reason="×" * 500)
    event = Event.objects.get()
    data = data_of(event)
    assert (len(data["lines"]), data["lines_omitted"]) == (35, 2)
    assert [line["sku"][:3] for line in data["lines"]] == [f"{number:03}" for number in range(35)]
    assert len(event.body.encode()) < 20_000


@pytest.mark.parametrize("is_heard", [True, False])
def test_statements_do_not_grow_with_lines(ground: Ground, is_heard: bool) -> None:
    if is_heard:
        subscribe(ground)
    access = ground.approver
    found = []
    for count in (1, 30):
        lines = [(factories.make_sku(ground.organization), 1) for _ in range(count)]
        made = factories.make_request(ground.source, ground.destination, lines, access=ground.requester)
        request = find_request(access=access, public_id=made.public_id)
        with transaction.atomic(), CaptureQueriesContext(connection) as queries:
            announce_request(SUBMITTED, access=access, request=request, at=NOW)
        found.append(len(queries))
    assert found == ([4, 4] if is_heard else [1, 1])


def test_all_four_can_be_subscribed_to_and_are_documented(settings: Any) -> None:
    kinds = [kind.value for kind in SUBSCRIBABLE if kind.value.startswith("stock_request.")]
    assert kinds == [f"stock_request.{what}" for what in ("submitted", "approved", "rejected", "fulfilled")]
    text = (settings.BASE_DIR / "docs" / "webhooks.md").read_text()
    for kind in SUBSCRIBABLE:
        assert f"| `{kind.value}` |" in text
