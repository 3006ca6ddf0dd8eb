"""From a change over HTTP to a receiver, through real processes."""

from __future__ import annotations

import pytest
from django.utils import timezone

from inventory.models import Delivery, DeliveryState, Event, EventType, StockLevel
from tests.events.conftest import Subscribe
from tests.events.installation import Installation
from tests.events.receiver import Receiver
from tests.events.waiting import wait_for


def test_low_stock_reaches_a_receiver(
    installation: Installation, receiver: Receiver, subscribe: Subscribe
) -> None:
    """Without the sweeper: the change itself has woken the worker."""
    secret = subscribe(EventType.LOW_STOCK)
    installation.start("web", "worker")

    assert installation.adjust("SKU-1", -49).status == 200  # 51 are left
    assert installation.adjust("SKU-1", -2).status == 200
    assert installation.adjust("SKU-1", -1).status == 200  # low before and after
    receiver.wait_until(lambda: len(receiver.received) == 1)
    wait_for(lambda: Delivery.objects.get().state == DeliveryState.DELIVERED, "it is noted")

    (request,) = receiver.received
    request.verify(secret)
    event = Event.objects.get()
    assert (request.id, request.body.decode()) == (event.public_id, event.body)
    assert request.headers["content-type"] == "application/json"
    assert abs(int(request.headers["webhook-timestamp"]) - timezone.now().timestamp()) < 60
    assert request.told["type"] == "inventory.low_stock"
    level = StockLevel.objects.get(sku__code="SKU-1")
    assert request.data["sku"] == "SKU-1"
    assert (request.data["on_hand"], request.data["reorder_point"]) == (49, 50)
    assert request.data["previous"]["on_hand"] == 51
    assert request.data["version"] == level.version - 1
    attempt = Delivery.objects.get().attempts.get()
    assert (attempt.status, attempt.address) == (204, "127.0.0.1")


def _hang_and_be_well(
    installation: Installation,
    receiver: Receiver,
    subscribe: Subscribe,
    *,
    seconds: float,
    faults: str = "",
) -> None:
    """Two receivers are told of 30 changes. One answers nothing; does the other hear of all of them meanwhile?"""
    subscribe(EventType.INVENTORY_UPDATED, path="/hangs")
    receiver.hold("/hangs")
    installation.start("web", "worker", faults=faults)
    assert installation.adjust("SKU-1", -1).status == 200
    receiver.wait_until(lambda: receiver.open["/hangs"] == 1)

    subscribe(EventType.INVENTORY_UPDATED, path="/well")
    for number in range(30):
        assert installation.adjust(f"SKU-{number % 6 + 1}", -1).status == 200
    receiver.wait_until(lambda: len(receiver.ids("/well")) == 30, seconds)
    assert receiver.open["/hangs"] == len(receiver.at("/hangs")) >= 1, "all that it was sent still hangs"


def test_one_that_hangs_does_not_delay_another(
    installation: Installation, receiver: Receiver, subscribe: Subscribe
) -> None:
    # A request is given up after 15 seconds: until then, the one that hangs has not ended by itself.
    _hang_and_be_well(installation, receiver, subscribe, seconds=12)
    assert set(receiver.ids("/well").values()) == {1}
    assert receiver.most["/hangs"] <= 4


def test_sending_one_by_one_would_be_seen(
    installation: Installation, receiver: Receiver, subscribe: Subscribe
) -> None:
    with pytest.raises(AssertionError, match="after 4 s"):
        _hang_and_be_well(installation, receiver, subscribe, seconds=4, faults="send-one-by-one")
