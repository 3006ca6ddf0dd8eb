"""One stroke does what the general way does, or nothing."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from inventory.ledger import crowds, stroke
from inventory.ledger.shortcut import Asked, Reading
from inventory.ledger.stroke import Missed, Wish
from inventory.models import (
    Adjustment,
    Movement,
    ReasonCode,
    Reservation,
    Sku,
    Source,
    StockItem,
    StockLevel,
    StockSummary,
)
from inventory.models.sku import MAXIMUM_QUANTITY
from inventory.verification import verify
from tests import factories
from tests.inventory.ledger.batches import by, fingerprint, record
from warehouses.actors import SYSTEM
from warehouses.idempotency_records import Claim
from warehouses.models import IdempotencyRecord, Organization, Room, Warehouse
from warehouses.models.room import RoomType
from warehouses.refusals import Refusal

pytestmark = [pytest.mark.django_db, pytest.mark.postgresql]


@pytest.fixture(autouse=True)
def _no_crowds() -> None:
    crowds.forget()


@pytest.fixture
def level(organization: Organization) -> StockLevel:
    """Ten units of TEA in the default bin."""
    sku = factories.make_sku(organization, "TEA")
    factories.stock(sku, organization.warehouses.get(), 10)
    return StockLevel.objects.select_related("organization", "warehouse", "sku").get()


def strike(
    level: StockLevel,
    delta: int,
    *,
    reason: str = "adjustment",
    is_named: bool = True,
    claim: Claim | None = None,
) -> Reading | Missed:
    asked = Asked("tea", level.warehouse_id if is_named else None, reason)
    wish = Wish(asked, delta, "a note", "a reference")
    return stroke.change(
        level.organization, SYSTEM, Source.SYSTEM, wish, timezone.now(), claim=claim, with_product=True
    )


def left() -> list[Any]:
    """All that a posting leaves behind, but for its keys and times."""
    words = ("note", "reference", "actor_type", "actor_id", "actor_name")
    return [
        list(StockItem.objects.order_by("pk").values_list("bin", "on_hand", "held")),
        list(
            StockLevel.objects.order_by("pk").values_list("on_hand", "reserved", "held", "version", "status")
        ),
        list(StockSummary.objects.values_list("on_hand", "reserved", "held", "version", "available")),
        list(
            Movement.objects.order_by("level_version").values_list(
                *(
                    "delta",
                    "level_before",
                    "level_after",
                    "item_after",
                    "level_version",
                    "stock_item",
                    "level",
                ),
                *("sku", "warehouse", "reason_code", "organization", "document_type", *words),
            )
        ),
        list(
            Adjustment.objects.order_by("created_at").values_list(
                "organization", "source", "kind", "reason_code", "line_count", "reverses", *words
            )
        ),
    ]


def generally(level: StockLevel, delta: int, reason: str) -> list[Any] | None:
    """What the general way would leave; None where it refuses."""
    line = by(level.sku, level.warehouse, delta, reason, note="a note", reference="a reference")
    with transaction.atomic():
        try:
            record(line, note="a note", reference="a reference", source=Source.SYSTEM)
        except Refusal:
            transaction.set_rollback(True)
            return None
        found = left()
        transaction.set_rollback(True)
    return found


def as_it_is(level: StockLevel) -> None:
    pass


def some_are_reserved(level: StockLevel) -> None:
    factories.reserve(level.sku, level.warehouse, 4)


def some_are_held(level: StockLevel) -> None:
    factories.hold(level.sku, level.warehouse, 3)


def some_of_both(level: StockLevel) -> None:
    some_are_reserved(level)
    some_are_held(level)


def more_is_promised_than_there_is(level: StockLevel) -> None:
    factories.pretend_reserved(level.sku, level.warehouse, 14)


def nothing_is_left(level: StockLevel) -> None:
    factories.stock(level.sku, level.warehouse, -10)


def all_of_it_elsewhere(level: StockLevel) -> None:
    nothing_is_left(level)
    factories.stock(level.sku, level.warehouse, 10, bin=factories.make_bin(level.warehouse, "A-1"))


def some_of_it_elsewhere(level: StockLevel) -> None:
    factories.stock(level.sku, level.warehouse, 2, bin=factories.make_bin(level.warehouse, "A-1"))


def to_be_destroyed(level: StockLevel) -> None:
    room = Room.objects.create(
        organization=level.organization,
        warehouse=level.warehouse,
        name="Destruction",
        room_type=RoomType.DESTRUCTION,
        is_sellable=False,
    )
    nothing_is_left(level)
    factories.stock(level.sku, level.warehouse, 10, bin=factories.make_bin(level.warehouse, "D", room=room))


STATES = [
    as_it_is,
    some_are_reserved,
    some_are_held,
    some_of_both,
    more_is_promised_than_there_is,
    nothing_is_left,
    all_of_it_elsewhere,
    some_of_it_elsewhere,
    to_be_destroyed,
]
DELTAS = [-11, -10, -8, -7, -6, -4, -3, -1, 1, 5, MAXIMUM_QUANTITY - 10, MAXIMUM_QUANTITY]


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("reason", ["adjustment", "in", "out", "correction"])
def test_what_it_leaves_is_what_the_general_way_leaves(
    level: StockLevel, state: Callable[[StockLevel], None], reason: str
) -> None:
    for code, direction, nature in (
        ("IN", "in", "receipt"),
        ("OUT", "out", "issue"),
        ("CORRECTION", "either", "correction"),
    ):
        if not ReasonCode.objects.filter(code_key=code.casefold()).exists():
            ReasonCode.objects.create(
                organization=level.organization, code=code, name=code, direction=direction, nature=nature
            )
    state(level)
    for delta in DELTAS:
        before, expected = fingerprint(), generally(level, delta, reason)
        assert fingerprint() == before
        with transaction.atomic():
            found = strike(level, delta, reason=reason)
            if isinstance(found, Missed):
                assert fingerprint() == before
            else:
                assert left() == expected, (delta, found)
            transaction.set_rollback(True)


@pytest.mark.parametrize(
    ("state", "deltas"),
    [
        (as_it_is, {-10, -1, 1, 5}),
        (some_are_reserved, {-6, -1, 1}),
        (some_are_held, {-7, -1, 1}),
        (some_of_both, {-3, -1, 1}),
        (nothing_is_left, {1, 5}),
        (all_of_it_elsewhere, {-10, -1}),
    ],
)
def test_the_commonest_cases_are_its_own(
    level: StockLevel, state: Callable[[StockLevel], None], deltas: set[int]
) -> None:
    """Else the test above would be content with one that never does anything."""
    state(level)
    for delta in deltas:
        with transaction.atomic():
            assert isinstance(strike(level, delta), Reading), delta
            transaction.set_rollback(True)


@pytest.mark.parametrize("is_named", [True, False])
def test_it_tells_the_level_as_it_is_now(level: StockLevel, is_named: bool) -> None:
    StockLevel.objects.update(safety_stock=1, reorder_point=2, reorder_quantity=3)
    StockSummary.objects.update(safety_stock=1, reorder_point=2)
    some_of_both(level)
    found = strike(level, -2, is_named=is_named)
    assert isinstance(found, Reading)
    now = StockLevel.objects.select_related("sku__product", "sku__summary", "warehouse").get()
    assert found == Reading(
        place=0,
        sku_id=now.sku_id,
        code="TEA",
        title=now.sku.title,
        product_id=now.sku.product_id,
        product_name=now.sku.product.name,
        summary_version=now.sku.summary.version,
        level_id=now.pk,
        warehouse_id=now.warehouse_id,
        warehouse_name=now.warehouse.name,
        warehouse_type=now.warehouse.type,
        on_hand=8,
        reserved=4,
        held=3,
        safety_stock=1,
        reorder_point=2,
        reorder_quantity=3,
        version=now.version,
        updated_at=now.updated_at,
        default_bin_id=now.warehouse.bins.get(is_default=True).pk,
        reason_id=factories.reason(now.organization).pk,
        direction="either",
        nature=factories.reason(now.organization).nature,
        items=(),
    )
    newest = Movement.objects.latest("level_version")
    assert newest.recorded_at == now.updated_at == StockSummary.objects.get().updated_at
    assert Adjustment.objects.get(pk=newest.document_id).created_at == now.updated_at
    assert list(verify()) == []


def test_it_is_recorded_later_than_anything_in_the_level(level: StockLevel) -> None:
    """Whatever the clock of the machine says that wrote before."""
    ahead = timezone.now() + timedelta(hours=1)
    StockLevel.objects.update(updated_at=ahead)
    found = strike(level, -1)
    assert isinstance(found, Reading)
    assert found.updated_at == ahead + timedelta(microseconds=1)


def close(level: StockLevel) -> None:
    Warehouse.objects.update(is_active=False)


def make_readonly(level: StockLevel) -> None:
    Warehouse.objects.update(is_readonly=True)


def control_lots(level: StockLevel) -> None:
    Sku.objects.update(is_lot_controlled=True)


def end_reason(level: StockLevel) -> None:
    ReasonCode.objects.update(is_active=False)


def put_into_a_lot(level: StockLevel) -> None:
    nothing_is_left(level)
    factories.stock(level.sku, level.warehouse, 5, lot=factories.make_lot(level.sku, "L"))


def let_a_reservation_run_out(level: StockLevel) -> None:
    factories.reserve(level.sku, level.warehouse, 1)
    Reservation.objects.update(expires_at=timezone.now())


@pytest.mark.parametrize(
    "change", [close, make_readonly, control_lots, end_reason, put_into_a_lot, let_a_reservation_run_out]
)
def test_what_is_not_plain_is_left_alone(level: StockLevel, change: Callable[[StockLevel], None]) -> None:
    change(level)
    before = fingerprint()
    assert strike(level, -1) in Missed
    assert fingerprint() == before


def test_stock_in_several_places_is_said_to_be_spread(level: StockLevel) -> None:
    some_of_it_elsewhere(level)
    assert strike(level, -1) is Missed.SPREAD
    assert strike(level, -11) is Missed.SPREAD


def test_a_sku_in_several_warehouses_needs_the_warehouse_named(level: StockLevel) -> None:
    factories.stock(level.sku, factories.make_warehouse(level.organization, "Other"), 3)
    before = fingerprint()
    assert strike(level, -1, is_named=False) is Missed.REFUSED
    assert fingerprint() == before
    assert isinstance(strike(level, -1), Reading)


def test_another_organization_has_no_such_level(level: StockLevel) -> None:
    other = factories.make_organization("Other")
    wish = Wish(Asked("tea", level.warehouse_id, "adjustment"), -1, "", "")
    assert stroke.change(other, SYSTEM, Source.SYSTEM, wish, timezone.now()) is Missed.REFUSED


def test_a_request_that_is_answered_already_is_not_done_again(level: StockLevel) -> None:
    claim = Claim(level.organization_id, "system:None", "k", "0" * 64)
    IdempotencyRecord.objects.create(
        organization=level.organization,
        caller=claim.caller,
        key=claim.key,
        fingerprint=claim.fingerprint,
        status=200,
        headers={},
        body="",
        is_sealed=False,
    )
    before = fingerprint()
    assert strike(level, -1, claim=claim) is Missed.REFUSED
    assert fingerprint() == before
    assert isinstance(
        strike(level, -1, claim=Claim(level.organization_id, "system:None", "l", "0" * 64)), Reading
    )


def test_it_is_one_statement(level: StockLevel) -> None:
    with CaptureQueriesContext(connection) as seen:
        assert isinstance(strike(level, -1), Reading)
    assert len(seen) == 1


def test_where_there_was_a_crowd_it_waits_first(level: StockLevel) -> None:
    crowds.remember((level.organization_id, "tea", level.warehouse_id))
    with CaptureQueriesContext(connection) as seen:
        assert isinstance(strike(level, -1), Reading)
    assert [query["sql"][:6] for query in seen] == ["SELECT", "WITH r"]
    assert StockLevel.objects.get().on_hand == 9
