"""Stocklists: templates of requests, seen and changed like a request of their ends."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from stock_requests.drafting import MOST_LINES, Destination, WantedLine
from stock_requests.models import Priority, Stocklist, StocklistLine
from stock_requests.stocklists import (
    create_stocklist,
    delete_stocklist,
    find_stocklist,
    may_change_stocklist,
    update_stocklist,
    visible_stocklists,
)
from tests import factories
from tests.stock_requests.conftest import Ground
from tests.stock_requests.refusals import refused
from warehouses import transactions
from warehouses.access import Access, access_of_key, access_of_system
from warehouses.models import ApiKey, Room, Warehouse
from warehouses.refusals import Stale

pytestmark = pytest.mark.django_db


def create(ground: Ground, *, access: Access | None = None, **fields: Any) -> Stocklist:
    gloves, masks, _saline = ground.skus
    given: dict[str, Any] = {
        "name": "Weekly",
        "from_warehouse": ground.source,
        "to": Destination(ground.destination),
        "lines": [WantedLine(gloves, 20), WantedLine(masks, 5, index=1)],
    } | fields
    return transactions.run(lambda: create_stocklist(access=access or ground.requester, **given))


def update(access: Access, stocklist: Stocklist, **changes: Any) -> Stocklist:
    return transactions.run(
        lambda: update_stocklist(access=access, stocklist=stocklist, changes=changes)  # type: ignore[arg-type]
    )


def content(stocklist: Stocklist) -> list[tuple[int, str, int]]:
    return list(stocklist.lines.values_list("position", "sku__code", "quantity"))


@pytest.fixture
def stranger(ground: Ground) -> Access:
    """May do everything with requests, but in another warehouse."""
    far = factories.make_warehouse(ground.organization, "Far")
    ground.people["stranger"] = factories.make_person(
        "stranger@acme.example", {ground.organization: [("Owner", far)]}
    )
    return ground.access("stranger")


@pytest.fixture
def other() -> Access:
    return access_of_system(factories.make_organization("Other"))


def test_one_is_made(ground: Ground) -> None:
    category = factories.make_category(ground.organization)
    made = create(
        ground,
        name=" Ward, weekly ",
        to=Destination(room=ground.room),
        category=category,
        priority=Priority.HIGH,
        note="Mondays",
    )
    made = Stocklist.objects.get(pk=made.pk)
    assert (made.name, made.from_warehouse, made.to_warehouse, made.to_room, made.department) == (
        "Ward, weekly",
        ground.source,
        ground.destination,
        ground.room,
        None,
    )
    assert (made.category, made.priority, made.note, made.is_active, made.version) == (
        category,
        Priority.HIGH,
        "Mondays",
        True,
        1,
    )
    assert content(made) == [(1, "GLOVES", 20), (2, "MASKS", 5)]
    assert Destination.of(made) == Destination(ground.destination, ground.room)


def test_every_field_changes(ground: Ground) -> None:
    gloves, masks, saline = ground.skus
    made = create(ground)
    keys = dict(made.lines.values_list("sku__code", "pk"))
    category = factories.make_category(ground.organization)
    update(
        ground.owner,
        made,
        name="Monthly",
        from_warehouse=ground.destination,
        to=Destination(department=ground.department),
        category=category,
        priority=Priority.LOW,
        note="First of the month",
        is_active=False,
        lines=[WantedLine(saline, 1), WantedLine(masks, 6, index=1)],
    )
    made = Stocklist.objects.get(pk=made.pk)
    assert (made.name, made.from_warehouse, made.to_warehouse, made.department, made.category) == (
        "Monthly",
        ground.destination,
        None,
        ground.department,
        category,
    )
    assert (made.priority, made.note, made.is_active, made.version) == (
        Priority.LOW,
        "First of the month",
        False,
        2,
    )
    assert content(made) == [(1, "SALINE", 1), (2, "MASKS", 6)]
    # A SKU that stays keeps its line.
    assert made.lines.get(sku=masks).pk == keys["MASKS"]
    assert not StocklistLine.objects.filter(sku=gloves).exists()


def test_what_is_not_named_stays(ground: Ground) -> None:
    made = create(ground, note="Mondays")
    update(ground.requester, made, priority=Priority.URGENT)
    made = Stocklist.objects.get(pk=made.pk)
    assert (made.name, made.note, made.to_warehouse, made.priority, made.version) == (
        "Weekly",
        "Mondays",
        ground.destination,
        Priority.URGENT,
        2,
    )
    assert content(made) == [(1, "GLOVES", 20), (2, "MASKS", 5)]


def test_one_is_deleted_and_its_requests_stay(ground: Ground) -> None:
    made = create(ground)
    request = factories.make_request(
        ground.source, ground.destination, access=ground.requester, stocklist=made
    )
    transactions.run(lambda: delete_stocklist(access=ground.picker, stocklist=made))
    request.refresh_from_db()
    assert (request.stocklist, request.lines.count()) == (None, 2)
    assert not Stocklist.objects.exists()
    assert not StocklistLine.objects.exists()
    assert refused(lambda: delete_stocklist(access=ground.picker, stocklist=made)) == (
        "NotFound",
        "STOCKLIST_NOT_FOUND",
        [],
    )


# --- names and lines


@pytest.mark.parametrize("name", ["", "  ", "x" * 121, "a\x00b"])
def test_a_name_that_cannot_be_kept_is_refused(ground: Ground, name: str) -> None:
    told = ("InvalidInput", "INVALID_INPUT", [("INVALID_INPUT", None, "name")])
    assert refused(lambda: create(ground, name=name)) == told
    made = create(ground)
    assert refused(lambda: update(ground.owner, made, name=name)) == told
    assert Stocklist.objects.get().name == "Weekly"


def test_a_name_is_given_once_in_an_organization(ground: Ground, other: Access) -> None:
    sku = factories.make_sku(other.organization)
    warehouse = other.organization.warehouses.get()
    create(ground, access=other, from_warehouse=warehouse, to=Destination(), lines=[WantedLine(sku, 1)])
    create(ground)
    monthly = create(ground, name="Monthly")
    told = ("Conflict", "STOCKLIST_NAME_TAKEN", [("STOCKLIST_NAME_TAKEN", None, "name")])
    assert refused(lambda: create(ground, name="WEEKLY")) == told
    assert refused(lambda: update(ground.owner, monthly, name="weekly")) == told
    assert update(ground.owner, monthly, name="MONTHLY").name == "MONTHLY"


def test_bad_lines_are_refused(ground: Ground, other: Access) -> None:
    gloves, masks, _saline = ground.skus
    foreign = factories.make_sku(other.organization, "THEIRS")
    made = create(ground)
    cases: list[tuple[list[WantedLine], Any]] = [
        ([], ("RuleBroken", "NO_LINES", [("NO_LINES", None, "lines")])),
        (
            [WantedLine(gloves, 1), WantedLine(masks, 1, index=1), WantedLine(gloves, 2, index=2)],
            ("RuleBroken", "DUPLICATE_ROW", [("DUPLICATE_ROW", 2, "sku")]),
        ),
        (
            [WantedLine(gloves, 0, index=4)],
            ("InvalidInput", "INVALID_QUANTITY", [("INVALID_QUANTITY", 4, "quantity")]),
        ),
        (
            [WantedLine(foreign, 1, index=2)],
            ("NotFound", "INVENTORY_NOT_FOUND", [("INVENTORY_NOT_FOUND", 2, "sku")]),
        ),
        (
            [WantedLine(gloves, 1)] * (MOST_LINES + 1),
            ("InvalidInput", "INVALID_REQUEST", []),
        ),
    ]
    for lines, told in cases:
        assert refused(lambda lines=lines: create(ground, name="Other", lines=lines)) == told
        assert refused(lambda lines=lines: update(ground.owner, made, lines=lines)) == told
    assert content(made) == [(1, "GLOVES", 20), (2, "MASKS", 5)]
    assert Stocklist.objects.get().version == 1


# --- whose it is


def test_it_is_seen_at_either_end_and_nowhere_else(ground: Ground, stranger: Access, other: Access) -> None:
    made = create(ground)
    for name in ("owner", "requester", "approver", "picker", "viewer"):
        access = ground.access(name)
        assert list(visible_stocklists(access=access)) == [made]
        assert find_stocklist(access=access, public_id=made.public_id) == made
    for access in (stranger, other):
        assert list(visible_stocklists(access=access)) == []
        assert refused(lambda access=access: find_stocklist(access=access, public_id=made.public_id)) == (
            "NotFound",
            "STOCKLIST_NOT_FOUND",
            [],
        )
    for public_id in ("stl_", "nonsense", ground.source.public_id, ""):
        assert refused(
            lambda public_id=public_id: find_stocklist(
                access=ground.owner, public_id=public_id, field="stocklistId"
            )
        ) == ("NotFound", "STOCKLIST_NOT_FOUND", [("STOCKLIST_NOT_FOUND", None, "stocklistId")])


def test_a_key_sees_those_of_its_warehouses(ground: Ground) -> None:
    made = create(ground)
    within = create(ground, access=ground.owner, name="Within", to=Destination(department=ground.department))
    for scopes, place, seen in (
        (["stockrequests.read"], ground.destination, [made]),
        (["stockrequests.read"], ground.source, [made, within]),
        (["stockrequests.read"], factories.make_warehouse(ground.organization, "Far"), []),
    ):
        factories.make_key(ground.organization, scopes, warehouses=[place])
        access = access_of_key(ApiKey.objects.latest("pk"))
        assert sorted(row.name for row in visible_stocklists(access=access)) == sorted(
            row.name for row in seen
        )
    factories.make_key(ground.organization, ["inventory.read"])
    access = access_of_key(ApiKey.objects.latest("pk"))
    assert refused(lambda: visible_stocklists(access=access)) == ("Forbidden", "PERMISSION_DENIED", [])


def test_it_is_changed_by_whoever_may_write_at_either_end(
    ground: Ground, stranger: Access, other: Access
) -> None:
    made = create(ground)
    for version, name in enumerate(("requester", "picker", "approver", "owner"), start=2):
        assert may_change_stocklist(ground.access(name), made)
        assert update(ground.access(name), made, note=name).version == version
    assert not may_change_stocklist(ground.viewer, made)
    acts: tuple[Callable[[Access], Any], ...] = (
        lambda access: update(access, made, note="x"),
        lambda access: delete_stocklist(access=access, stocklist=made),
    )
    for act in acts:
        assert refused(lambda act=act: act(ground.viewer)) == ("Forbidden", "PERMISSION_DENIED", [])
        for access in (stranger, other):
            assert refused(lambda act=act, access=access: act(access)) == (
                "NotFound",
                "STOCKLIST_NOT_FOUND",
                [],
            )
    assert Stocklist.objects.get().note == "owner"


def test_who_may_read_there_and_write_elsewhere_is_told_so(ground: Ground) -> None:
    made = create(ground, access=ground.owner, to=Destination(department=ground.department))
    # The requester writes at the destination and only reads at the source.
    assert refused(lambda: update(ground.requester, made, note="x")) == ("Forbidden", "PERMISSION_DENIED", [])
    assert refused(lambda: delete_stocklist(access=ground.requester, stocklist=made)) == (
        "Forbidden",
        "PERMISSION_DENIED",
        [],
    )


def test_ends_are_asked_about_like_those_of_a_request(ground: Ground, other: Access) -> None:
    foreign = other.organization.warehouses.get()
    room = Room.objects.create(organization=other.organization, warehouse=foreign, name="Room")
    hidden = factories.make_warehouse(ground.organization, "Hidden")
    inactive: Warehouse = factories.make_warehouse(ground.organization, "Closed")
    Warehouse.objects.filter(pk=inactive.pk).update(is_active=False)
    inactive.refresh_from_db()
    made = create(ground)
    cases: list[tuple[Access, dict[str, Any], str, str, str]] = [
        (ground.owner, {"from_warehouse": foreign}, "NotFound", "WAREHOUSE_NOT_FOUND", "from_warehouse"),
        (ground.requester, {"from_warehouse": hidden}, "NotFound", "WAREHOUSE_NOT_FOUND", "from_warehouse"),
        (ground.owner, {"to": Destination(foreign)}, "NotFound", "WAREHOUSE_NOT_FOUND", "to_warehouse"),
        (ground.requester, {"to": Destination(hidden)}, "NotFound", "WAREHOUSE_NOT_FOUND", "to_warehouse"),
        (ground.owner, {"to": Destination(room=room)}, "NotFound", "ROOM_NOT_FOUND", "to_room"),
        (
            ground.owner,
            {"to": Destination(department=factories.make_department(other.organization))},
            "NotFound",
            "DEPARTMENT_NOT_FOUND",
            "department",
        ),
        (
            ground.owner,
            {"category": factories.make_category(other.organization)},
            "NotFound",
            "CATEGORY_NOT_FOUND",
            "category",
        ),
        (ground.requester, {"to": Destination()}, "Forbidden", "PERMISSION_DENIED", "from_warehouse"),
        (ground.owner, {"to": Destination(ground.source)}, "RuleBroken", "SAME_LOCATION", "to_warehouse"),
        (ground.owner, {"to": Destination(inactive)}, "Conflict", "WAREHOUSE_INACTIVE", "to_warehouse"),
        (
            ground.owner,
            {"to": Destination(ground.destination, department=ground.department)},
            "RuleBroken",
            "ONE_DESTINATION",
            "department",
        ),
    ]
    for access, fields, kind, code, field in cases:
        told = (kind, code, [(code, None, field)])
        assert (
            refused(
                lambda access=access, fields=fields: create(ground, access=access, name="Other", **fields)
            )
            == told
        )
        assert refused(lambda access=access, fields=fields: update(access, made, **fields)) == told
    assert refused(lambda: create(ground, access=ground.viewer)) == ("Forbidden", "PERMISSION_DENIED", [])
    left = Stocklist.objects.get()
    assert (left.from_warehouse, left.to_warehouse, left.version) == (ground.source, ground.destination, 1)


def test_a_condition_is_asked_of_the_locked_one(ground: Ground) -> None:
    made = create(ground)
    update(ground.requester, made, note="changed")

    def unchanged(locked: Stocklist) -> None:
        if locked.version != 1:
            raise Stale("PRECONDITION_FAILED", "It has changed.")

    for work in (
        lambda: update_stocklist(
            access=ground.owner, stocklist=made, changes={"note": "x"}, condition=unchanged
        ),
        lambda: delete_stocklist(access=ground.owner, stocklist=made, condition=unchanged),
    ):
        assert refused(work) == ("Stale", "PRECONDITION_FAILED", [])
    assert Stocklist.objects.get().note == "changed"


# --- statements


@pytest.mark.parametrize("lines", [1, 3, 500])
def test_it_takes_the_same_statements_whatever_the_number_of_lines(ground: Ground, lines: int) -> None:
    product = factories.make_product(ground.organization, "Many")
    skus = [factories.make_sku(ground.organization, product=product) for _ in range(lines)]
    wanted = [WantedLine(sku, 1, index=index) for index, sku in enumerate(skus)]
    access = ground.requester
    with CaptureQueriesContext(connection) as making:
        made = create(ground, access=access, lines=wanted)
    with CaptureQueriesContext(connection) as changing:
        update(access, made, lines=wanted[::-1])
    # Savepoint, its name, a savepoint, itself, that savepoint's end, its lines, the savepoint's end.
    assert len(making) == 7
    # The stocklist as it is, the lines that it had, and those taken away come to that.
    assert len(changing) == 10
    assert made.lines.count() == lines
