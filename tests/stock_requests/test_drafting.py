"""Making a request: between which ends, of what, by whom."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from inventory.history import history_of
from inventory.models import Sku
from stock_requests.drafting import MOST_LINES, Destination, WantedLine, create_request
from stock_requests.models import Priority, RequestLine, RequestNumber, StockRequest
from stock_requests.rights import visible_requests
from stock_requests.stocklists import create_stocklist, update_stocklist
from tests import factories
from tests.stock_requests.conftest import Ground
from tests.stock_requests.refusals import refused
from warehouses import transactions
from warehouses.access import Access, access_of_key, access_of_system
from warehouses.models import ApiKey, Room, Warehouse

pytestmark = pytest.mark.django_db


@pytest.fixture
def elsewhere() -> Warehouse:
    """A warehouse of another organization."""
    return factories.make_organization("Other").warehouses.get()


def key_of(ground: Ground, *scopes: str, warehouses: tuple[Warehouse, ...] = (), **fields: Any) -> Access:
    factories.make_key(ground.organization, scopes, warehouses=warehouses, **fields)
    return access_of_key(ApiKey.objects.filter(organization=ground.organization).latest("pk"))


def content(request: StockRequest) -> list[tuple[int, str, int, int | None, str]]:
    return list(request.lines.values_list("position", "sku__code", "requested", "approved", "note"))


def nothing_made() -> bool:
    return not StockRequest.objects.exists() and not RequestLine.objects.exists()


def test_a_request_is_a_draft_of_whoever_makes_it(ground: Ground) -> None:
    gloves, masks, _saline = ground.skus
    category = factories.make_category(ground.organization)
    request = transactions.run(
        lambda: create_request(
            access=ground.requester,
            from_warehouse=ground.source,
            to=Destination(ground.destination),
            category=category,
            priority=Priority.HIGH,
            needed_by=date(2030, 5, 1),
            note="For the new ward",
            lines=[WantedLine(gloves, 10, "blue"), WantedLine(masks, 4), WantedLine(gloves, 2)],
        )
    )
    request = StockRequest.objects.get(pk=request.pk)
    requester = ground.people["requester"]
    assert (request.name, request.number, request.state, request.version) == ("SR-00001", 1, "draft", 1)
    assert (request.from_warehouse, request.to_warehouse) == (ground.source, ground.destination)
    assert (request.to_room, request.department, request.category) == (None, None, category)
    assert (request.priority, request.needed_by) == (Priority.HIGH, date(2030, 5, 1))
    assert (request.requested_by, request.submitted_by, request.submitted_at) == (requester, None, None)
    assert (request.actor_type, request.actor_id, request.actor_name) == (
        "user",
        requester.pk,
        requester.email,
    )
    assert content(request) == [
        (1, "GLOVES", 10, None, "blue"),
        (2, "MASKS", 4, None, ""),
        (3, "GLOVES", 2, None, ""),
    ]
    (told,) = history_of([request])[request.pk]
    assert (told.action, told.from_state, told.to_state, told.quantity) == ("create", "", "draft", 16)
    assert (told.note, told.actor_id, told.created_at) == (
        "For the new ward",
        requester.pk,
        request.created_at,
    )


def test_nothing_is_promised_by_a_draft(ground: Ground) -> None:
    factories.make_request(ground.source, ground.destination, [(ground.skus[0], 1000)], access=ground.owner)
    level = ground.skus[0].levels.get(warehouse=ground.source)
    assert (level.on_hand, level.reserved) == (100, 0)


@pytest.mark.parametrize(
    "given", ["nothing", "warehouse", "room", "room and warehouse", "own room", "department"]
)
def test_each_destination(ground: Ground, given: str) -> None:
    place, room, ward = ground.destination, ground.room, ground.ward
    to, written = {
        "nothing": (Destination(), (None, None, None)),
        "warehouse": (Destination(place), (place, None, None)),
        "room": (Destination(room=room), (place, room, None)),
        "room and warehouse": (Destination(place, room), (place, room, None)),
        "own room": (Destination(room=ward), (ground.source, ward, None)),
        "department": (Destination(department=ground.department), (None, None, ground.department)),
    }[given]
    made = transactions.run(lambda: create_request(access=ground.owner, from_warehouse=ground.source, to=to))
    made = StockRequest.objects.get(pk=made.pk)
    assert (made.to_warehouse, made.to_room, made.department) == written
    assert content(made) == []


def test_a_key_makes_it_for_the_person_who_made_the_key(ground: Ground) -> None:
    access = key_of(ground, "stockrequests.write", created_by=ground.people["picker"], name="Wards")
    made = factories.make_request(ground.source, ground.destination, access=access)
    assert (made.requested_by_id, made.actor_type, made.actor_name) == (
        ground.people["picker"].pk,
        "key",
        "Wards",
    )


def test_a_key_without_a_maker_makes_one_too(ground: Ground) -> None:
    made = factories.make_request(
        ground.source, ground.destination, access=key_of(ground, "stockrequests.write")
    )
    assert (made.requested_by_id, made.actor_type) == (None, "key")


# --- who may


def test_whoever_may_write_at_either_end_makes_one(ground: Ground) -> None:
    for access in (ground.owner, ground.requester, ground.approver):
        # The approver sees no other place than the source.
        to = None if access == ground.approver else ground.destination
        assert factories.make_request(ground.source, to, access=access).state == "draft"
    assert factories.make_request(ground.destination, access=ground.requester).state == "draft"


def test_reading_is_not_enough(ground: Ground) -> None:
    work = {"from_warehouse": ground.source, "to": Destination(ground.destination)}
    assert refused(lambda: create_request(access=ground.viewer, **work)) == (
        "Forbidden",
        "PERMISSION_DENIED",
        [],
    )
    # At the source the requester may only read, and there is no other end at which to write.
    for to in (Destination(), Destination(department=ground.department), Destination(room=ground.ward)):
        assert refused(
            lambda to=to: create_request(access=ground.requester, from_warehouse=ground.source, to=to)
        ) == ("Forbidden", "PERMISSION_DENIED", [("PERMISSION_DENIED", None, "from_warehouse")])
    assert nothing_made()


def test_a_source_out_of_sight_is_not_there(ground: Ground) -> None:
    hidden = factories.make_warehouse(ground.organization, "Hidden")
    key = key_of(
        ground, "stockrequests.read", "stockrequests.write", warehouses=(ground.source, ground.destination)
    )
    for access in (key, ground.requester, ground.picker):
        to = Destination(ground.source if access == ground.picker else ground.destination)
        assert refused(
            lambda access=access, to=to: create_request(access=access, from_warehouse=hidden, to=to)
        ) == ("NotFound", "WAREHOUSE_NOT_FOUND", [("WAREHOUSE_NOT_FOUND", None, "from_warehouse")])
    assert nothing_made()


def test_a_destination_out_of_sight_is_not_there(ground: Ground) -> None:
    key = key_of(ground, "stockrequests.read", "stockrequests.write", warehouses=(ground.source,))
    for to, code, field in (
        (Destination(ground.destination), "WAREHOUSE_NOT_FOUND", "to_warehouse"),
        (Destination(room=ground.room), "ROOM_NOT_FOUND", "to_room"),
    ):
        assert refused(lambda to=to: create_request(access=key, from_warehouse=ground.source, to=to)) == (
            "NotFound",
            code,
            [(code, None, field)],
        )
    assert nothing_made()


def test_writing_at_the_source_includes_seeing_it(ground: Ground) -> None:
    key = key_of(ground, "stockrequests.write", warehouses=(ground.source,))
    assert factories.make_request(ground.source, ground.ward, access=key).to_room == ground.ward


# --- what is another organization's


def test_what_is_another_organizations_is_not_there(ground: Ground, elsewhere: Warehouse) -> None:
    other = elsewhere.organization
    room = Room.objects.create(organization=other, warehouse=elsewhere, name="Room")
    factories.make_bin(elsewhere, "B-1", room=room)
    department = factories.make_department(other)
    category = factories.make_category(other)
    sku = factories.make_sku(other, "THEIRS")
    stocklist = transactions.run(
        lambda: create_stocklist(
            access=access_of_system(other),
            name="Theirs",
            from_warehouse=elsewhere,
            lines=[WantedLine(sku, 1)],
        )
    )

    def problem(code: str, field: str, index: int | None = None) -> tuple[str, str, list[Any]]:
        return "NotFound", code, [(code, index, field)]

    for given, told in (
        ({"from_warehouse": elsewhere}, problem("WAREHOUSE_NOT_FOUND", "from_warehouse")),
        ({"to": Destination(elsewhere)}, problem("WAREHOUSE_NOT_FOUND", "to_warehouse")),
        ({"to": Destination(room=room)}, problem("ROOM_NOT_FOUND", "to_room")),
        ({"to": Destination(ground.destination, room)}, problem("ROOM_NOT_FOUND", "to_room")),
        ({"to": Destination(department=department)}, problem("DEPARTMENT_NOT_FOUND", "department")),
        ({"category": category}, problem("CATEGORY_NOT_FOUND", "category")),
        ({"stocklist": stocklist}, problem("STOCKLIST_NOT_FOUND", "stocklist")),
        ({"lines": [WantedLine(sku, 1, index=3)]}, problem("INVENTORY_NOT_FOUND", "sku", 3)),
    ):
        asked: dict[str, Any] = {"from_warehouse": ground.source, "access": ground.owner} | given
        assert refused(lambda asked=asked: create_request(**asked)) == told
    assert nothing_made()


def test_a_room_of_another_warehouse_than_the_one_named_is_not_there(ground: Ground) -> None:
    to = Destination(ground.source, ground.room)
    assert refused(lambda: create_request(access=ground.owner, from_warehouse=ground.source, to=to)) == (
        "NotFound",
        "ROOM_NOT_FOUND",
        [("ROOM_NOT_FOUND", None, "to_room")],
    )


# --- ends between which nothing can go


def _same(ground: Ground) -> Destination:
    return Destination(ground.source)


def _both(ground: Ground) -> Destination:
    return Destination(ground.destination, department=ground.department)


def _room_and_department(ground: Ground) -> Destination:
    return Destination(room=ground.room, department=ground.department)


def _no_bin(ground: Ground) -> Destination:
    ground.room.bins.update(is_active=False)
    return Destination(room=ground.room)


def _inactive_department(ground: Ground) -> Destination:
    ground.department.is_active = False
    ground.department.save()
    return Destination(department=ground.department)


def _inactive(ground: Ground) -> Destination:
    ground.destination.is_active = False
    ground.destination.save()
    return Destination(ground.destination)


def _readonly(ground: Ground) -> Destination:
    return Destination(factories.make_warehouse(ground.organization, "FBA", is_readonly=True))


@pytest.mark.parametrize(
    ("make", "kind", "code", "field"),
    [
        (_same, "RuleBroken", "SAME_LOCATION", "to_warehouse"),
        (_both, "RuleBroken", "ONE_DESTINATION", "department"),
        (_room_and_department, "RuleBroken", "ONE_DESTINATION", "department"),
        (_no_bin, "RuleBroken", "ROOM_HAS_NO_BIN", "to_room"),
        (_inactive_department, "Conflict", "DEPARTMENT_INACTIVE", "department"),
        (_inactive, "Conflict", "WAREHOUSE_INACTIVE", "to_warehouse"),
        (_readonly, "Forbidden", "READONLY_WAREHOUSE", "to_warehouse"),
    ],
)
def test_a_destination_that_nothing_can_go_to_is_refused(
    ground: Ground, make: Callable[[Ground], Destination], kind: str, code: str, field: str
) -> None:
    to = make(ground)
    assert refused(lambda: create_request(access=ground.owner, from_warehouse=ground.source, to=to)) == (
        kind,
        code,
        [(code, None, field)],
    )
    assert nothing_made()


def test_a_source_that_nothing_can_leave_is_refused(ground: Ground) -> None:
    readonly = factories.make_warehouse(ground.organization, "FBA", is_readonly=True)
    for source, kind, code in (
        (readonly, "Forbidden", "READONLY_WAREHOUSE"),
        (_inactive(ground).warehouse, "Conflict", "WAREHOUSE_INACTIVE"),
    ):
        assert source is not None
        assert refused(lambda source=source: create_request(access=ground.owner, from_warehouse=source)) == (
            kind,
            code,
            [(code, None, "from_warehouse")],
        )


# --- lines


def test_every_bad_line_is_named(ground: Ground, elsewhere: Warehouse) -> None:
    gloves = ground.skus[0]
    lines = [
        WantedLine(gloves, 5, index=0),
        WantedLine(gloves, 0, index=1),
        WantedLine(factories.make_sku(elsewhere.organization, "THEIRS"), -1, index=2),
        WantedLine(gloves, 1_000_000_001, index=3),
        WantedLine(gloves, 1, "x" * 201, index=4),
        WantedLine(gloves, 1, "a\x00b", index=5),
        WantedLine(gloves, 1_000_000_000, "x" * 200, index=6),
    ]
    assert refused(
        lambda: create_request(access=ground.owner, from_warehouse=ground.source, lines=lines)
    ) == (
        "RuleBroken",
        "BATCH_REFUSED",
        [
            ("INVALID_QUANTITY", 1, "quantity"),
            ("INVALID_QUANTITY", 2, "quantity"),
            ("INVENTORY_NOT_FOUND", 2, "sku"),
            ("INVALID_QUANTITY", 3, "quantity"),
            ("INVALID_INPUT", 4, "note"),
            ("INVALID_INPUT", 5, "note"),
        ],
    )
    assert nothing_made()
    assert not RequestNumber.objects.exists()


def test_a_request_has_at_most_so_many_lines(ground: Ground) -> None:
    lines = [WantedLine(ground.skus[0], 1, index=index) for index in range(MOST_LINES + 1)]
    assert refused(
        lambda: create_request(access=ground.owner, from_warehouse=ground.source, lines=lines)
    ) == ("InvalidInput", "INVALID_REQUEST", [])
    made = transactions.run(
        lambda: create_request(access=ground.owner, from_warehouse=ground.source, lines=lines[:-1])
    )
    assert made.lines.count() == MOST_LINES == 500


@pytest.mark.parametrize("note", ["x" * 501, "a\x00b"], ids=["too long", "null"])
def test_a_note_that_cannot_be_kept_is_refused(ground: Ground, note: str) -> None:
    assert refused(lambda: create_request(access=ground.owner, from_warehouse=ground.source, note=note)) == (
        "InvalidInput",
        "INVALID_INPUT",
        [("INVALID_INPUT", None, "note")],
    )
    assert nothing_made()


def many_skus(ground: Ground, count: int) -> list[Sku]:
    product = factories.make_product(ground.organization, "Many")
    return [factories.make_sku(ground.organization, product=product) for _ in range(count)]


@pytest.mark.parametrize("lines", [1, 3, 500])
def test_it_takes_the_same_statements_whatever_the_number_of_lines(ground: Ground, lines: int) -> None:
    factories.make_request(ground.source, access=ground.owner)  # the organization's first number
    wanted = [WantedLine(sku, 1, index=index) for index, sku in enumerate(many_skus(ground, lines))]
    access = ground.owner
    with CaptureQueriesContext(connection) as queries:
        request = transactions.run(
            lambda: create_request(
                access=access, from_warehouse=ground.source, to=Destination(room=ground.room), lines=wanted
            )
        )
    # Savepoint, the room's bins, the number (2), the request, its lines, its history, the savepoint's end.
    assert len(queries) == 8
    assert request.lines.count() == lines


# --- of a stocklist


def test_a_stocklist_makes_a_request_in_one_step(ground: Ground) -> None:
    gloves, masks, saline = ground.skus
    stocklist = transactions.run(
        lambda: create_stocklist(
            access=ground.requester,
            name="Weekly",
            from_warehouse=ground.source,
            to=Destination(ground.destination),
            lines=[WantedLine(masks, 7), WantedLine(gloves, 20)],
        )
    )
    made = factories.make_request(
        ground.source, ground.destination, access=ground.requester, stocklist=stocklist
    )
    assert made.stocklist == stocklist
    assert content(made) == [(1, "MASKS", 7, None, ""), (2, "GLOVES", 20, None, "")]
    (told,) = history_of([made])[made.pk]
    assert told.quantity == 27
    # Lines that are given are all that there are.
    other = factories.make_request(
        ground.source, ground.destination, [(saline, 1)], access=ground.requester, stocklist=stocklist
    )
    assert content(other) == [(1, "SALINE", 1, None, "")]
    assert other.stocklist == stocklist


def test_a_stocklist_out_of_sight_or_out_of_use_makes_none(ground: Ground) -> None:
    hidden = factories.make_warehouse(ground.organization, "Hidden")
    lines = [WantedLine(ground.skus[0], 1)]
    unseen = transactions.run(
        lambda: create_stocklist(access=ground.owner, name="Unseen", from_warehouse=hidden, lines=lines)
    )
    unused = transactions.run(
        lambda: create_stocklist(
            access=ground.owner, name="Unused", from_warehouse=ground.source, lines=lines
        )
    )
    transactions.run(
        lambda: update_stocklist(access=ground.owner, stocklist=unused, changes={"is_active": False})
    )
    unused.refresh_from_db()
    for stocklist, kind, code in (
        (unseen, "NotFound", "STOCKLIST_NOT_FOUND"),
        (unused, "Conflict", "STOCKLIST_INACTIVE"),
    ):
        assert refused(
            lambda stocklist=stocklist: create_request(
                access=ground.picker, from_warehouse=ground.source, stocklist=stocklist
            )
        ) == (kind, code, [(code, None, "stocklist")])
    assert nothing_made()


def test_it_is_seen_at_both_ends_and_nowhere_else(ground: Ground) -> None:
    request = factories.make_request(ground.source, ground.destination, access=ground.requester)
    for name in ("owner", "requester", "approver", "picker", "viewer"):
        assert list(visible_requests(access=ground.access(name))) == [request]
    stranger = factories.make_person(
        "stranger@acme.example",
        {ground.organization: [("Warehouse manager", factories.make_warehouse(ground.organization, "Far"))]},
    )
    ground.people["stranger"] = stranger
    assert list(visible_requests(access=ground.access("stranger"))) == []
