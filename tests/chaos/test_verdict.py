"""The judge of `make chaos`: it finds nothing where all is well, and each kind of loss where there is one."""

from __future__ import annotations

import copy
from dataclasses import replace
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone

from inventory.models import Delivery, DeliveryState, Event, EventType, Movement, StockLevel
from inventory.verification import verify
from tests.chaos.ground import Ground, lay
from tests.chaos.journal import Journal, Mark, Write
from tests.chaos.neighbour import ACTIVITIES, Neighbour
from tests.chaos.verdict import find_faults
from tests.events.receiver import Received
from warehouses.models import IdempotencyRecord

pytestmark = pytest.mark.django_db


class Story:
    """What one client did, and a receiver that was told all of it."""

    def __init__(self) -> None:
        self.ground: Ground = lay(1, "http://127.0.0.1:9/hook")
        self.journal = Journal()
        client = Neighbour(0, seed=3, port=0, ground=self.ground, journal=self.journal)
        for name in ACTIVITIES:
            getattr(client, name)()
        Delivery.objects.update(state=DeliveryState.DELIVERED, next_attempt_at=None)
        self.received = [
            Received("/hook", {"webhook-id": event.public_id}, event.body.encode())
            for event in Event.objects.order_by("pk")
        ]

    def copy(self) -> Story:
        """One to be broken; what is in the database is for the caller to undo."""
        other = copy.copy(self)
        other.journal = Journal([replace(write) for write in self.journal.writes])
        other.received = list(self.received)
        return other

    def faults(self) -> list[str]:
        return list(
            find_faults(
                self.ground.organization,
                journal=self.journal,
                received=self.received,
                before=self.ground.before,
            )
        )

    def heard(self, kind: EventType) -> int:
        """Where among what was received the last event of a type is."""
        return max(n for n, request in enumerate(self.received) if request.told["type"] == kind.value)


# --- faults: each breaks something, and says what is to be found then


def _a_lost_write(story: Story) -> list[str]:
    lost = Write("c9-1", "gateway adjust", Mark("inventory.Movement", {"reference": "c9-1"}), status=200)
    story.journal.begin(lost)
    return [
        "gateway adjust c9-1 was acknowledged and is there 0 times instead of 1",
        "gateway adjust c9-1 was acknowledged, and its answer is not kept",
    ]


def _a_write_that_is_there_twice(story: Story) -> list[str]:
    twice = story.journal.acknowledged[0]
    twice.mark = Mark("inventory.Movement", {"organization": story.ground.organization})
    count = Movement.objects.count()
    return [f"{twice.kind} {twice.key} was acknowledged and is there {count} times instead of 1"]


def _a_refused_write_that_is_there(story: Story) -> list[str]:
    refused = story.journal.acknowledged[0]
    refused.status = 409
    name = f"{refused.kind} {refused.key}"
    return [
        f"{name} was refused (409) and is there 1 times instead of 0",
        f"{name} was refused (409), and a success is kept of it",
    ]


def _an_unclear_write(story: Story) -> list[str]:
    unclear = story.journal.acknowledged[0]
    unclear.status = None
    return [
        f"{unclear.kind} {unclear.key} was never answered, in 1 tries",
        f"{unclear.key} is kept, and nobody has sent it",
    ]


def _another_answer(story: Story) -> list[str]:
    write = story.journal.acknowledged[0]
    write.body = b"{}"
    return [f"{write.kind} {write.key} was answered otherwise than what is kept of it"]


def _a_write_that_nobody_has_sent(story: Story) -> list[str]:
    IdempotencyRecord.objects.create(
        organization=story.ground.organization,
        caller="key:1",
        key="c8-1",
        fingerprint="",
        status=200,
        body="",
    )
    return ["c8-1 is kept, and nobody has sent it"]


def _an_event_of_stock_that_has_not_arrived(story: Story) -> list[str]:
    missing = story.received.pop(story.heard(EventType.INVENTORY_UPDATED))
    return [f"event {missing.id} has not arrived", "level "]


def _an_event_of_a_transfer_that_has_not_arrived(story: Story) -> list[str]:
    missing = story.received.pop(story.heard(EventType.TRANSFER_SHIPPED))
    return [f"event {missing.id} has not arrived", "transfer.shipped of trf_"]


def _an_event_of_a_request_that_has_not_arrived(story: Story) -> list[str]:
    missing = story.received.pop(story.heard(EventType.REQUEST_SUBMITTED))
    return [f"event {missing.id} has not arrived", "stock_request.submitted of req_"]


def _an_event_of_a_count_that_has_not_arrived(story: Story) -> list[str]:
    missing = story.received.pop(story.heard(EventType.COUNT_RESOLVED))
    return [f"event {missing.id} has not arrived", "cycle_count.resolved of cc_"]


def _a_phantom(story: Story) -> list[str]:
    """Somebody was told of a change that was rolled back."""
    told = story.received[story.heard(EventType.INVENTORY_UPDATED)]
    story.received.append(Received(told.path, {"webhook-id": "evt_phantom"}, told.body))
    return ["event evt_phantom has arrived, and there is no such event", "level "]


def _a_change_without_its_event(story: Story) -> list[str]:
    told = story.received.pop(story.heard(EventType.INVENTORY_UPDATED)).body.decode()
    Delivery.objects.filter(event__body=told).delete()
    Event.objects.filter(body=told).delete()
    return ["level "]


def _an_event_that_came_as_something_else(story: Story) -> list[str]:
    told = story.received[0]
    story.received.insert(0, Received(told.path, told.headers, told.body + b" "))
    return [f"event {told.id} has arrived as something else"]


def _stock_that_nobody_was_told_of(story: Story) -> list[str]:
    level = StockLevel.objects.filter(organization=story.ground.organization).earliest("pk")
    StockLevel.objects.filter(pk=level.pk).update(on_hand=level.on_hand + 1)
    return [f"level {level.pk} was last told to be "]


def _a_delivery_that_waits(story: Story) -> list[str]:
    waiting = Delivery.objects.earliest("pk")
    Delivery.objects.filter(pk=waiting.pk).update(state=DeliveryState.PENDING, next_attempt_at=timezone.now())
    return ["1 deliveries are not delivered"]


FAULTS = (
    *(_a_lost_write, _a_write_that_is_there_twice, _a_refused_write_that_is_there, _an_unclear_write),
    *(_another_answer, _a_write_that_nobody_has_sent),
    *(_an_event_of_stock_that_has_not_arrived, _an_event_of_a_transfer_that_has_not_arrived),
    *(_an_event_of_a_request_that_has_not_arrived, _an_event_of_a_count_that_has_not_arrived),
    *(_a_phantom, _a_change_without_its_event, _an_event_that_came_as_something_else),
    *(_stock_that_nobody_was_told_of, _a_delivery_that_waits),
)


def test_the_judge(settings: Any) -> None:
    """One story, broken in one way after the other: to tell it takes longer than to judge it."""
    settings.OUTGOING_NETWORKS = ["127.0.0.0/8"]
    story = Story()

    assert story.faults() == []
    assert list(verify()) == []
    kinds = {write.kind for write in story.journal.acknowledged}
    assert len(kinds) > 20, "every contract, and every document from beginning to end"
    assert {"transfer: receive", "request: submit", "count: resolve", "pos bulk", "nexus bulk"} <= kinds
    assert story.journal.unclear == []
    received = story.received
    story.received = received * 2
    assert story.faults() == [], "what comes twice under one id is no fault"
    story.received = received

    for fault in FAULTS:
        with transaction.atomic():
            told = story.copy()
            wanted = fault(told)
            found = told.faults()
            transaction.set_rollback(True)
        assert len(found) == len(wanted), (fault.__name__, found)
        assert all(map(str.startswith, found, wanted)), (fault.__name__, found)
    assert story.faults() == [], "each was undone"
