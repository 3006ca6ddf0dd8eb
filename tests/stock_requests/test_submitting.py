"""A draft is handed in, or thrown away; and what could not be given is asked for again."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from inventory.history import history_of
from inventory.models import EventType
from stock_requests.drafting import (
    Destination,
    delete_request,
    make_back_order,
    submit_request,
    update_request,
)
from stock_requests.models import Priority, RequestState, StockRequest
from stock_requests.rights import find_request, visible_requests
from stock_requests.states import require_version
from tests import factories
from tests.stock_requests.conftest import Ground
from tests.stock_requests.refusals import refused
from warehouses import transactions
from warehouses.access import Access, access_of_key
from warehouses.models import ApiKey

pytestmark = pytest.mark.django_db


def draft(ground: Ground, **fields: Any) -> StockRequest:
    return factories.make_request(
        ground.source,
        fields.pop("to", ground.destination),
        [(ground.skus[0], 10), (ground.skus[1], 5)],
        access=fields.pop("access", ground.requester),
        **fields,
    )


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str, str]]:
    """What is announced and to whom it is told, as (what, number, reason)."""
    calls: list[tuple[str, str, str]] = []

    def announce(
        kind: EventType, *, access: Access, request: StockRequest, at: datetime, reason: str = ""
    ) -> None:
        calls.append((kind.value, request.name, reason))

    def tell(*, access: Access, request: StockRequest, at: datetime, reason: str = "") -> None:
        calls.append(("tell", request.name, reason))

    for module in ("submitting", "back_orders"):
        monkeypatch.setattr(f"stock_requests.drafting.{module}.announce_request", announce)
        monkeypatch.setattr(f"stock_requests.drafting.{module}.tell_submitted", tell)
    return calls


# --- handing in


def test_it_waits_for_a_decision(ground: Ground, told: list[tuple[str, str, str]]) -> None:
    request = draft(ground)
    before = timezone.now()
    submitted = transactions.run(
        lambda: submit_request(access=ground.picker, request=request, note="As agreed")
    )
    request.refresh_from_db()
    assert (request.state, request.version, submitted.version) == ("submitted", 2, 2)
    assert (request.requested_by, request.submitted_by) == (
        ground.people["requester"],
        ground.people["picker"],
    )
    assert request.submitted_at is not None
    assert before <= request.submitted_at <= timezone.now()
    change = history_of([request])[request.pk][-1]
    assert (change.action, change.from_state, change.to_state) == ("submit", "draft", "submitted")
    assert (change.actor_name, change.quantity, change.note, change.created_at) == (
        "picker@acme.example",
        15,
        "As agreed",
        request.submitted_at,
    )
    assert told == [
        ("stock_request.submitted", "SR-00001", "As agreed"),
        ("tell", "SR-00001", "As agreed"),
    ]


def test_a_key_hands_in_for_whoever_made_it(ground: Ground) -> None:
    request = draft(ground)
    factories.make_key(ground.organization, ["stockrequests.write"], created_by=ground.people["approver"])
    access = access_of_key(ApiKey.objects.get(organization=ground.organization))
    transactions.run(lambda: submit_request(access=access, request=request))
    request.refresh_from_db()
    assert request.submitted_by == ground.people["approver"]


def test_a_request_for_nothing_is_refused(ground: Ground, told: list[tuple[str, str, str]]) -> None:
    request = factories.make_request(ground.source, ground.destination, access=ground.requester)
    assert refused(lambda: submit_request(access=ground.requester, request=request)) == (
        "RuleBroken",
        "NO_LINES",
        [("NO_LINES", None, "lines")],
    )
    request.refresh_from_db()
    assert (request.state, request.version, told) == ("draft", 1, [])


def test_ends_that_were_closed_since_are_refused(ground: Ground) -> None:
    to_warehouse = draft(ground)
    to_room = draft(ground, to=ground.room)
    to_department = draft(ground, to=ground.department, access=ground.picker)
    within = draft(ground, to=ground.ward, access=ground.picker)
    ground.room.bins.update(is_active=False)
    ground.department.is_active = False
    ground.department.save()
    ground.ward.bins.all().delete()
    ground.ward.delete()

    def told(request: StockRequest) -> Any:
        return refused(lambda: submit_request(access=ground.owner, request=request))

    assert told(to_room) == ("RuleBroken", "ROOM_HAS_NO_BIN", [("ROOM_HAS_NO_BIN", None, "to_room")])
    assert told(to_department)[:2] == ("Conflict", "DEPARTMENT_INACTIVE")
    assert told(within)[:2] == ("RuleBroken", "SAME_LOCATION")
    ground.destination.is_active = False
    ground.destination.save()
    assert told(to_warehouse)[:2] == ("Conflict", "WAREHOUSE_INACTIVE")
    assert set(StockRequest.objects.values_list("state", flat=True)) == {"draft"}


@pytest.mark.parametrize("state", [state for state in RequestState if state != "draft"])
def test_only_a_draft_is_handed_in_or_thrown_away(ground: Ground, state: RequestState) -> None:
    request = draft(ground)
    StockRequest.objects.filter(pk=request.pk).update(state=state)
    for act in (submit_request, delete_request):
        assert refused(lambda act=act: act(access=ground.owner, request=request)) == (
            "Conflict",
            "INVALID_TRANSITION",
            [],
        )
    request.refresh_from_db()
    assert (request.state, request.version, request.deleted_at) == (state, 1, None)


def test_whoever_may_only_read_hands_nothing_in(ground: Ground) -> None:
    request = draft(ground)
    for act in (submit_request, delete_request):
        assert refused(lambda act=act: act(access=ground.viewer, request=request)) == (
            "Forbidden",
            "PERMISSION_DENIED",
            [],
        )
    request.refresh_from_db()
    assert (request.state, request.deleted_at) == ("draft", None)


def test_a_stale_version_is_refused(ground: Ground) -> None:
    request = draft(ground)
    transactions.run(
        lambda: update_request(access=ground.picker, request=request, changes={"priority": Priority.HIGH})
    )
    for act in (submit_request, delete_request):
        assert refused(
            lambda act=act: act(access=ground.owner, request=request, condition=require_version(1))
        ) == ("Conflict", "VERSION_CONFLICT", [])
    request.refresh_from_db()
    assert (request.state, request.version, request.deleted_at) == ("draft", 2, None)


@pytest.mark.parametrize("lines", [1, 3, 500])
def test_handing_in_takes_the_same_statements_whatever_the_number_of_lines(
    ground: Ground, lines: int, told: list[tuple[str, str, str]]
) -> None:
    product = factories.make_product(ground.organization, "Many")
    skus = [factories.make_sku(ground.organization, product=product) for _ in range(lines)]
    request = factories.make_request(ground.source, ground.room, [(sku, 1) for sku in skus])
    access = ground.requester
    with CaptureQueriesContext(connection) as queries:
        transactions.run(lambda: submit_request(access=access, request=request))
    # Savepoint, request, its lines, the room's bins, the request, its history, the savepoint's end.
    assert len(queries) == 7


# --- throwing away


def test_a_draft_that_is_thrown_away_is_found_no_more(ground: Ground) -> None:
    request = draft(ground)
    transactions.run(lambda: delete_request(access=ground.requester, request=request))
    request.refresh_from_db()
    assert request.deleted_at is not None
    assert (request.version, request.lines.count()) == (2, 2)
    assert not visible_requests(access=ground.owner).exists()
    works = (
        lambda: find_request(access=ground.owner, public_id=request.public_id),
        lambda: delete_request(access=ground.owner, request=request),
        lambda: submit_request(access=ground.owner, request=request),
        lambda: update_request(access=ground.owner, request=request, changes={"note": "x"}),
    )
    for work in works:
        assert refused(work) == ("NotFound", "STOCK_REQUEST_NOT_FOUND", [])
    # Its history stays, and nobody else gets its number.
    actions = [change.action for change in history_of([request])[request.pk]]
    assert actions == ["create", "delete"]
    assert draft(ground).number == 2


# --- asked for again


def test_the_rest_is_asked_for_again(ground: Ground, told: list[tuple[str, str, str]]) -> None:
    gloves, masks, _saline = ground.skus
    category = factories.make_category(ground.organization)
    origin = factories.submitted_request(
        ground.source,
        ground.room,
        [(gloves, 10), (masks, 5)],
        access=ground.requester,
        submitter=ground.owner,
        category=category,
        priority=Priority.URGENT,
        needed_by=date(2031, 1, 2),
        note="For the pharmacy",
    )
    told.clear()
    at = datetime(2030, 1, 1, 12, tzinfo=UTC)
    made = transactions.run(
        lambda: make_back_order(access=ground.picker, request=origin, lines=[(gloves, 4), (masks, 1)], at=at)
    )
    made = StockRequest.objects.get(pk=made.pk)
    assert (made.number, made.state, made.version, made.back_order_of) == (2, "submitted", 1, origin)
    for field in (
        "from_warehouse to_warehouse to_room department category priority needed_by requested_by submitted_by"
        " actor_type actor_id actor_name"
    ).split():
        assert getattr(made, field) == getattr(origin, field), field
    assert (made.submitted_at, made.created_at, made.note) == (at, at, "The rest of SR-00001")
    assert list(made.lines.values_list("position", "sku__code", "requested", "approved")) == [
        (1, "GLOVES", 4, None),
        (2, "MASKS", 1, None),
    ]
    (change,) = history_of([made])[made.pk]
    assert (change.action, change.from_state, change.to_state, change.quantity) == (
        "back_order",
        "",
        "submitted",
        5,
    )
    assert (change.actor_name, change.note) == ("picker@acme.example", "The rest of SR-00001")
    assert told == [
        ("stock_request.submitted", "SR-00002", "The rest of SR-00001"),
        ("tell", "SR-00002", "The rest of SR-00001"),
    ]


def test_a_department_is_asked_for_again_too(ground: Ground) -> None:
    origin = draft(ground, to=ground.department, access=ground.picker)
    made = transactions.run(
        lambda: make_back_order(
            access=ground.picker, request=origin, lines=[(ground.skus[0], 1)], at=timezone.now()
        )
    )
    assert (made.department, made.to_warehouse) == (ground.department, None)
    assert Destination(made.to_warehouse, made.to_room, made.department).name == "Workshop"
