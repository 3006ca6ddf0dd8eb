"""Everybody wants the same shelf: on the ledger's short way, one lock is waited for, and nothing is done twice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone

from inventory.ledger import crowds, stroke
from inventory.ledger.shortcut import Asked, Reading
from inventory.ledger.stroke import Missed, Wish
from inventory.models import (
    Adjustment,
    Movement,
    ReasonCode,
    Sku,
    Source,
    StockItem,
    StockLevel,
    StockSummary,
)
from inventory.verification import verify
from tests import factories
from tests.races.conftest import Answer, Server
from tests.races.sessions import Other, wait_until_somebody_waits
from warehouses.actors import SYSTEM
from warehouses.models import IdempotencyRecord, Warehouse

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.postgresql]

CLIENTS = 8
STOCK = 60


@pytest.fixture(autouse=True)
def _no_crowds() -> Iterator[None]:
    crowds.forget()
    yield
    crowds.forget()


@pytest.fixture
def level() -> StockLevel:
    organization = factories.make_organization()
    sku = factories.make_sku(organization, "HOT")
    factories.stock(sku, organization.warehouses.get(), STOCK)
    return StockLevel.objects.get()


def sell_out(
    server: Server, at_once: Callable[..., list[Any]], level: StockLevel, *, with_keys: bool
) -> list[Answer]:
    """Each client takes a unit at a time until it is told that nothing is left."""
    key = factories.make_key(level.organization)
    body = {"sku": "HOT", "adjustment": -1, "warehouseId": level.warehouse.public_id}

    def client(number: int) -> list[Answer]:
        answers: list[Answer] = []
        with server.session(key) as session:
            while not answers or answers[-1].status == 200:
                headers = {"Idempotency_Key": f"{number}-{len(answers)}"} if with_keys else {}
                answers.append(session.send("POST", "/api/v1/inventory/adjust", body, **headers))
                if with_keys and answers[-1].status == 200:
                    again = session.send("POST", "/api/v1/inventory/adjust", body, **headers)
                    assert (again.status, again.body) == (200, answers[-1].body)
                    assert again.headers["Idempotent-Replayed"] == "true"
        return answers

    return [answer for answers in at_once(client, list(range(CLIENTS))) for answer in answers]


@pytest.mark.parametrize("with_keys", [False, True], ids=["without keys", "with Idempotency-Key"])
def test_what_was_there_is_sold_once(
    server: Server, at_once: Callable[..., list[Any]], level: StockLevel, with_keys: bool
) -> None:
    answers = sell_out(server, at_once, level, with_keys=with_keys)
    assert Counter((answer.status, answer.code) for answer in answers) == {
        (200, None): STOCK,
        (422, "NEGATIVE_QUANTITY"): CLIENTS,
    }
    told = [answer for answer in answers if answer.status == 200]
    # Nobody was told what another one was, in the body or in the tag.
    assert sorted(answer.body["quantity"] for answer in told) == list(range(STOCK))
    assert len({answer.headers["ETag"] for answer in told}) == STOCK
    assert StockLevel.objects.get().on_hand == StockItem.objects.get().on_hand == 0
    assert StockSummary.objects.get().on_hand == 0
    taken = Movement.objects.filter(delta=-1).order_by("level_version")
    assert [movement.level_after for movement in taken] == list(reversed(range(STOCK)))
    assert Adjustment.objects.count() == STOCK + 1
    assert IdempotencyRecord.objects.count() == (STOCK if with_keys else 0)
    assert list(verify()) == []


@pytest.mark.parametrize("with_keys", [False, True], ids=["without keys", "with Idempotency-Key"])
def test_what_lies_in_several_places_is_sold_once(
    server: Server, at_once: Callable[..., list[Any]], level: StockLevel, with_keys: bool
) -> None:
    """The stroke passes it on until the first place is empty, and does the rest."""
    factories.stock(level.sku, level.warehouse, -STOCK // 2)
    factories.stock(level.sku, level.warehouse, STOCK // 2, bin=factories.make_bin(level.warehouse, "A-1"))
    answers = sell_out(server, at_once, level, with_keys=with_keys)
    assert Counter((answer.status, answer.code) for answer in answers) == {
        (200, None): STOCK,
        (422, "NEGATIVE_QUANTITY"): CLIENTS,
    }
    told = [answer.body["quantity"] for answer in answers if answer.status == 200]
    assert sorted(told) == list(range(STOCK))
    assert StockLevel.objects.get().on_hand == 0
    assert list(StockItem.objects.values_list("on_hand", flat=True)) == [0, 0]
    assert list(verify()) == []


def test_without_the_locks_the_same_unit_would_be_sold_twice(
    transactional_db: None,
    start_server: Callable[[str], Server],
    at_once: Callable[..., list[Any]],
    level: StockLevel,
) -> None:
    server = start_server("strike-without-locking")
    key = factories.make_key(level.organization)
    body = {"sku": "HOT", "adjustment": -1, "warehouseId": level.warehouse.public_id}

    def client(number: int) -> Answer:
        with server.session(key) as session:
            return session.send("POST", "/api/v1/inventory/adjust", body)

    answers = at_once(client, list(range(CLIENTS)))
    assert {answer.status for answer in answers} == {200}
    told = {answer.body["quantity"] for answer in answers}
    assert len(told) < len(answers)
    assert "movements-chain" in {finding.check for finding in verify()}


# --- step by step: what another one does while the stroke waits for it


def strike(level: StockLevel, delta: int = -1) -> Reading | Missed:
    # A reason that leaves alone what is promised.
    reason = ReasonCode.objects.filter(nature="issue").exclude(direction="in").order_by("code_key")[0]
    wish = Wish(Asked("hot", level.warehouse_id, reason.code_key), delta, "", "")
    return stroke.change(level.organization, SYSTEM, Source.SYSTEM, wish, timezone.now())


def while_waiting(level: StockLevel, change: Callable[[], Any], delta: int = -1) -> Reading | Missed:
    """What comes of a stroke that waits for somebody who has the level, makes `change`, and commits."""
    with transaction.atomic():
        StockLevel.objects.select_for_update().get()
        other = Other(lambda: strike(level, delta))
        wait_until_somebody_waits()
        change()
    return other.result()  # type: ignore[no-any-return]


@pytest.fixture(params=["once", "at length"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Right after a short statement has waited, or in the long one itself, as it is where the two cannot be sent
    together: then nothing but what it locks is newer than it began with.
    """
    if request.param == "at length":
        monkeypatch.setattr("warehouses.prepared.psycopg.Pipeline.is_supported", lambda: False)
    return str(request.param)


def counted() -> tuple[int, int]:
    return Movement.objects.count(), Adjustment.objects.count()


@pytest.mark.usefixtures("way")
@pytest.mark.parametrize("change", [-50, -59, 7])
def test_it_decides_by_what_is_there_once_it_has_the_level(level: StockLevel, change: int) -> None:
    found = while_waiting(level, lambda: factories.stock(level.sku, level.warehouse, change))
    assert isinstance(found, Reading)
    assert found.on_hand == STOCK + change - 1
    assert StockLevel.objects.get().on_hand == StockItem.objects.get().on_hand == found.on_hand
    last, before = Movement.objects.order_by("-level_version")[:2]
    assert (last.level_before, last.item_after) == (before.level_after, found.on_hand)
    assert last.recorded_at > before.recorded_at
    assert list(verify()) == []


@pytest.mark.usefixtures("way")
def test_it_takes_nothing_that_is_gone_by_then(level: StockLevel) -> None:
    assert while_waiting(level, lambda: factories.stock(level.sku, level.warehouse, -STOCK)) is Missed.REFUSED
    assert StockLevel.objects.get().on_hand == StockItem.objects.get().on_hand == 0
    assert list(verify()) == []


@pytest.mark.usefixtures("way")
def test_it_takes_nothing_that_is_promised_or_held_by_then(level: StockLevel) -> None:
    def promise_and_hold() -> None:
        factories.reserve(level.sku, level.warehouse, STOCK - 10)
        factories.hold(level.sku, level.warehouse, 9)

    assert while_waiting(level, promise_and_hold, -2) is Missed.REFUSED
    assert isinstance(strike(level), Reading)
    assert list(verify()) == []


@pytest.mark.usefixtures("way")
def test_it_takes_nothing_that_lies_elsewhere_by_then(level: StockLevel) -> None:
    def put_away() -> None:
        shelf = factories.make_bin(level.warehouse, "A-1")
        factories.stock(level.sku, level.warehouse, -5)
        factories.stock(level.sku, level.warehouse, 5, bin=shelf)

    assert while_waiting(level, put_away) in Missed
    assert sorted(StockItem.objects.values_list("on_hand", flat=True)) == [5, STOCK - 5]
    assert list(verify()) == []


def close(level: StockLevel) -> None:
    Warehouse.objects.update(is_active=False)


def make_readonly(level: StockLevel) -> None:
    Warehouse.objects.update(is_readonly=True)


@pytest.mark.usefixtures("way")
@pytest.mark.parametrize("change", [close, make_readonly])
def test_it_does_nothing_where_nothing_may_be_done_by_then(
    level: StockLevel, change: Callable[[StockLevel], None]
) -> None:
    before = counted()
    assert while_waiting(level, lambda: change(level)) is Missed.REFUSED
    assert counted() == before


@pytest.mark.usefixtures("way")
def test_it_waits_for_who_brings_lots_in(level: StockLevel) -> None:
    """They have the SKU, before its levels."""
    before = counted()
    with transaction.atomic():
        Sku.objects.select_for_update().get()
        other = Other(lambda: strike(level))
        wait_until_somebody_waits()
        Sku.objects.update(is_lot_controlled=True)
    assert other.result() is Missed.REFUSED
    assert counted() == before


def test_who_found_somebody_there_waits_from_the_start_for_a_while(level: StockLevel) -> None:
    place = (level.organization_id, "hot", level.warehouse_id)
    assert isinstance(strike(level), Reading)
    assert not crowds.is_at(place)
    assert isinstance(while_waiting(level, lambda: None), Reading)
    assert crowds.is_at(place)
    connection.close()


def test_nobody_is_remembered_for_ever(level: StockLevel, monkeypatch: pytest.MonkeyPatch) -> None:
    place = (level.organization_id, "hot", level.warehouse_id)
    now = 1_000.0
    monkeypatch.setattr("inventory.ledger.crowds.time.monotonic", lambda: now)
    crowds.remember(place)
    assert crowds.is_at(place)
    now += 1.5
    assert not crowds.is_at(place)
