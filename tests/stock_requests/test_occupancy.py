"""A place that open requests name is neither closed nor removed."""

from __future__ import annotations

from typing import Any

import pytest

from stock_requests.models import RequestState, StockRequest
from stock_requests.occupancy import requests_at
from tests import factories
from tests.stock_requests.approved import approved_request
from tests.stock_requests.conftest import Ground
from warehouses import places
from warehouses.actors import SYSTEM
from warehouses.models import Room
from warehouses.refusals import Conflict, Refusal

pytestmark = pytest.mark.django_db


def close(ground: Ground, **given: Any) -> None:
    places.deactivate_warehouse(organization=ground.organization, actor=SYSTEM, **given)


def test_a_warehouse_that_goods_are_to_come_to(ground: Ground) -> None:
    request = factories.submitted_request(ground.source, ground.destination, [(ground.skus[0], 1)])
    with pytest.raises(Conflict) as caught:
        close(ground, warehouse=ground.destination)
    assert f"is named by 1 open stock request ({request.name})" in caught.value.detail
    StockRequest.objects.filter(pk=request.pk).update(state=RequestState.CANCELLED)
    close(ground, warehouse=ground.destination)


def test_a_warehouse_that_goods_are_to_leave(ground: Ground) -> None:
    empty = factories.make_warehouse(ground.organization, "Empty")
    names = [factories.submitted_request(empty, None, [(ground.skus[0], 1)]).name for _ in range(5)]
    with pytest.raises(Conflict) as caught:
        close(ground, warehouse=empty)
    told = f"is named by 5 open stock requests ({', '.join(names[:3])} and 2 more)"
    assert told in caught.value.detail
    assert requests_at(ground.destination) is None


def test_a_draft_keeps_its_room_and_no_warehouse(ground: Ground) -> None:
    request = factories.make_request(ground.source, ground.room, [(ground.skus[0], 1)])
    with pytest.raises(Refusal) as caught:
        places.delete_room(organization=ground.organization, actor=SYSTEM, room=ground.room)
    assert request.name in caught.value.detail
    close(ground, warehouse=ground.destination)
    StockRequest.objects.filter(pk=request.pk).update(state=RequestState.CANCELLED)
    places.delete_room(organization=ground.organization, actor=SYSTEM, room=ground.room)
    assert not Room.objects.filter(pk=ground.room.pk).exists()


def test_a_bin_is_named_by_none(ground: Ground) -> None:
    approved_request(ground, ground.room, [(ground.skus[0], 1)])
    assert requests_at(ground.room) is not None
    assert requests_at(ground.room.bins.get()) is None
