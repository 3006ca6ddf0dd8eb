"""Counts that are not done keep their places from being closed."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from cycle_counts.counting import cancel_batch
from cycle_counts.models import CountBatch
from cycle_counts.occupancy import counts_at
from cycle_counts.planning import Scope
from tests import factories
from tests.cycle_counts.conftest import Ground
from tests.cycle_counts.reviewing import resolve
from warehouses import places, transactions
from warehouses.actors import SYSTEM
from warehouses.models import Bin
from warehouses.refusals import Conflict

pytestmark = pytest.mark.django_db


@pytest.fixture
def empty_bin(ground: Ground) -> Bin:
    """In a room of its own, with nothing in it."""
    room = places.create_room(
        organization=ground.organization, actor=SYSTEM, warehouse=ground.warehouse, name="Shed"
    )
    return factories.make_bin(ground.warehouse, "S-1", room=room)


def counted(ground: Ground, shelf: Bin) -> CountBatch:
    return ground.plan(scope=Scope(bins=(shelf,)))


def test_a_place_is_kept_until_its_counts_are_done(ground: Ground, empty_bin: Bin) -> None:
    named: tuple[Any, ...] = (ground.warehouse, empty_bin.room, empty_bin)
    assert [counts_at(place) for place in named] == [None, None, None]
    batch = counted(ground, empty_bin)
    told = "is part of 1 open cycle count (CC-00001)"
    assert [counts_at(place) for place in named] == [told, told, told]
    assert counts_at(ground.bin("A-1")) is None
    assert counts_at(ground.rooms["Back"]) is None
    batch = ground.start(batch)
    assert counts_at(empty_bin) == told
    ground.count(batch, {("TAPE", "A-1"): 1})
    assert counts_at(ground.bin("A-1")) == told, "Something was found there."
    ground.submit(batch)
    assert counts_at(empty_bin) == told
    resolve(ground, batch)
    assert [counts_at(place) for place in named] == [None, None, None]


def test_a_count_that_is_called_off_keeps_nothing(ground: Ground, empty_bin: Bin) -> None:
    batch = counted(ground, empty_bin)
    transactions.run(lambda: cancel_batch(access=ground.access_of("manager"), batch=batch))
    assert counts_at(empty_bin) is None


def test_many_counts_are_told_in_part(ground: Ground) -> None:
    for code in ("A-1", "A-2", "A-3"):
        counted(ground, ground.bin(code))
    told = "is part of 3 open cycle counts (CC-00001, CC-00002, CC-00003)"
    assert counts_at(ground.warehouse) == told
    counted(ground, ground.bin("A-4"))
    with CaptureQueriesContext(connection) as queries:
        told = "is part of 4 open cycle counts (CC-00001, CC-00002, CC-00003 and 1 more)"
        assert counts_at(ground.warehouse) == told
    assert len(queries) == 2


def test_closing_asks(ground: Ground, empty_bin: Bin) -> None:
    counted(ground, empty_bin)
    with pytest.raises(Conflict, match="is part of 1 open cycle count"):
        places.deactivate_bin(organization=ground.organization, actor=SYSTEM, shelf=empty_bin)
    with pytest.raises(Conflict, match=r"still holds .* and is part of 1 open cycle count"):
        places.deactivate_warehouse(
            organization=ground.organization, actor=SYSTEM, warehouse=ground.warehouse
        )
    with pytest.raises(Conflict, match="is part of 1 open cycle count"):
        places.delete_room(organization=ground.organization, actor=SYSTEM, room=empty_bin.room)


def test_a_warehouse_next_door_is_not_kept(ground: Ground, empty_bin: Bin) -> None:
    counted(ground, empty_bin)
    south = factories.make_warehouse(ground.organization, "South")
    other = factories.make_organization("Other")
    assert counts_at(south) is counts_at(other.warehouses.get()) is None
