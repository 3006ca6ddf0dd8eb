"""The whole state table: from each state into each, what leads there and what is refused."""

from __future__ import annotations

from typing import Any, Final

import pytest

from inventory.models import Movement, Transfer
from stock_requests.models import Remainder, RequestState, StockRequest
from stock_requests.states import ALLOWED
from stock_requests.status import LineQuantity, set_status, targets_for
from tests.stock_requests.conftest import Ground
from tests.stock_requests.deciding import (
    available,
    history,
    key_access,
    lines_of,
    refused,
    reserved,
    run,
    sound,
)
from tests.stock_requests.test_rollbacks import in_state
from warehouses.access import access_of_system
from warehouses.refusals import Conflict, Forbidden, InvalidInput, NotFound

S = RequestState

#: (from, to) → who does it, the action in the history, what is available of the three SKUs then, the reservations.
TABLE: Final[dict[tuple[RequestState, RequestState], tuple[str, str, list[int], set[str]]]] = {
    (S.DRAFT, S.SUBMITTED): ("requester", "submit", [100, 100, 100], set()),
    (S.DRAFT, S.CANCELLED): ("requester", "cancel", [100, 100, 100], set()),
    (S.SUBMITTED, S.APPROVED): ("approver", "approve", [90, 80, 70], {"active"}),
    (S.SUBMITTED, S.REJECTED): ("approver", "reject", [100, 100, 100], set()),
    (S.SUBMITTED, S.DRAFT): ("requester", "rollback", [100, 100, 100], set()),
    (S.SUBMITTED, S.CANCELLED): ("requester", "cancel", [100, 100, 100], set()),
    (S.APPROVED, S.PICKING): ("picker", "pick", [90, 80, 70], {"active"}),
    (S.APPROVED, S.SUBMITTED): ("picker", "rollback", [100, 100, 100], {"released"}),
    (S.APPROVED, S.CANCELLED): ("requester", "cancel", [100, 100, 100], {"released"}),
    (S.PICKING, S.FULFILLED): ("picker", "fulfil", [90, 80, 70], {"fulfilled"}),
    (S.REJECTED, S.SUBMITTED): ("requester", "rollback", [100, 100, 100], set()),
}
#: Picking is told of again and again, as far as it has come.
AGAIN: Final = (S.PICKING, S.PICKING)


def named(pair: tuple[RequestState, RequestState]) -> str:
    return f"{pair[0].value}-{pair[1].value}"


def go(ground: Ground, request: StockRequest, who: str, status: RequestState, **more: Any) -> StockRequest:
    found: StockRequest = run(
        set_status, access=ground.access(who), request=request, status=status, **{"reason": "Because"} | more
    )
    return found


def test_the_table_is_the_one_in_the_code() -> None:
    assert {(before, after) for before in S for after in ALLOWED[before]} == set(TABLE)


@pytest.mark.parametrize("pair", TABLE, ids=named)
def test_each_transition_is_made_by_its_act(ground: Ground, pair: tuple[RequestState, RequestState]) -> None:
    """With its line in the history, its reservations, its movements, and nothing broken in the ledger."""
    before, after = pair
    who, action, left, reservations = TABLE[pair]
    request = in_state(ground, before.value)
    version, movements = request.version, Movement.objects.count()
    done = go(ground, request, who, after)
    assert (done.state, done.version) == (after, version + 1)
    done.refresh_from_db()
    assert (done.state, done.version) == (after, version + 1)
    last = history(request)[-1]
    assert (*last[:3], last[5]) == (action, before, after, ground.people[who].email)
    assert last[4].startswith("Because")
    assert available(ground) == left
    assert {state for _sku, _open, state in reserved(request)} == reservations
    is_fulfilled = after == S.FULFILLED
    assert Movement.objects.count() - movements == (3 if is_fulfilled else 0)
    assert Transfer.objects.filter(state="in_transit").count() == (1 if is_fulfilled else 0)
    assert sound()


@pytest.mark.parametrize("before", list(S), ids=str)
def test_any_other_transition_is_refused_and_says_what_is_allowed(
    ground: Ground, before: RequestState
) -> None:
    request = in_state(ground, before.value)
    told = history(request)
    for after in (each for each in S if (before, each) not in {*TABLE, AGAIN}):
        refusal = refused(
            *(Conflict, "INVALID_TRANSITION", set_status),
            access=ground.owner,
            request=request,
            status=after,
            reason="Because",
        )
        assert refusal.extra["state"] == before
        assert refusal.extra["allowed"] == sorted(target.value for target in ALLOWED[before])
        assert refusal.extra["by"] == told[-1][5]
        assert history(request) == told


@pytest.mark.parametrize("before", list(S), ids=str)
def test_who_only_looks_is_told_nothing_of_states(ground: Ground, before: RequestState) -> None:
    request = in_state(ground, before.value)
    access = ground.viewer
    for after in S:
        refused(
            *(Forbidden, "PERMISSION_DENIED", set_status),
            access=access,
            request=request,
            status=after,
            reason="Because",
        )
    assert targets_for(access, request) == []


@pytest.mark.parametrize("before", list(S), ids=str)
def test_what_somebody_can_bring_it_to_is_what_their_rights_are_for(
    ground: Ground, before: RequestState
) -> None:
    request = in_state(ground, before.value)
    assert targets_for(ground.owner, request) == list(ALLOWED[before])
    mine = [after for after in ALLOWED[before] if TABLE[before, after][0] == "requester"]
    assert targets_for(ground.requester, request) == mine
    approver = key_access(ground, "stockrequests.approve")
    decided = [after for after in ALLOWED[before] if TABLE[before, after][0] == "approver"]
    assert targets_for(approver, request) == decided


def test_quantities_go_with_what_is_approved_picked_and_fulfilled(ground: Ground) -> None:
    request = in_state(ground, "submitted")
    gloves, masks, saline = (line.pk for line in lines_of(request))
    go(
        *(ground, request, "approver", S.APPROVED),
        lines=[
            LineQuantity(gloves, 8, remainder=Remainder.BACK_ORDER, reason="Few", index=0),
            LineQuantity(masks, 10),
        ],
        remainder=Remainder.CLOSED,
    )
    rows = [(line.approved, line.back_ordered, line.closed, line.change_reason) for line in lines_of(request)]
    assert rows == [(8, 2, 0, "Few"), (10, 0, 10, "Because"), (30, 0, 0, "")]
    picked = [LineQuantity(gloves, 8), LineQuantity(masks, 9), LineQuantity(saline, 30)]
    go(ground, request, "picker", S.PICKING, lines=picked)
    go(
        *(ground, request, "picker", S.FULFILLED),
        lines=[LineQuantity(masks, 9, remainder=Remainder.CLOSED, reason="Torn")],
    )
    rows = [(line.picked, line.fulfilled, line.closed, line.shortage_reason) for line in lines_of(request)]
    assert rows == [(8, 8, 0, ""), (9, 9, 11, "Torn"), (30, 30, 0, "")]
    (rest,) = StockRequest.objects.filter(back_order_of=request)
    assert (rest.state, [line.requested for line in lines_of(rest)]) == ("submitted", [2])
    assert sound()


def test_picking_is_told_of_again_as_far_as_it_has_come(ground: Ground) -> None:
    request = in_state(ground, "picking")
    gloves = lines_of(request)[0]
    again = go(ground, request, "picker", S.PICKING, lines=[LineQuantity(gloves.pk, 4)])
    assert (again.state, [line.picked for line in lines_of(request)]) == ("picking", [4, 0, 0])
    assert history(request)[-1][:4] == ("pick", "picking", "picking", 4)


@pytest.mark.parametrize("status", [S.REJECTED, S.DRAFT, S.CANCELLED])
def test_quantities_are_said_of_nothing_else(ground: Ground, status: RequestState) -> None:
    request = in_state(ground, "submitted")
    refusal = refused(
        *(InvalidInput, "INVALID_REQUEST", set_status),
        access=ground.owner,
        request=request,
        status=status,
        reason="Because",
        lines=[LineQuantity(lines_of(request)[0].pk, 1)],
    )
    assert refusal.problems[0].field == "lines"


@pytest.mark.parametrize("pair", TABLE, ids=named)
def test_each_transition_is_of_the_version_that_was_seen(
    ground: Ground, pair: tuple[RequestState, RequestState]
) -> None:
    before, after = pair
    request = in_state(ground, before.value)
    refused(
        *(Conflict, "VERSION_CONFLICT", set_status),
        access=ground.access(TABLE[pair][0]),
        request=request,
        status=after,
        reason="Because",
        version=request.version + 1,
    )
    seen: list[StockRequest] = []
    go(ground, request, TABLE[pair][0], after, condition=seen.append, version=request.version)
    assert [each.pk for each in seen] == [request.pk]


def test_a_request_of_another_organization_or_deleted_is_not_there(ground: Ground) -> None:
    request = in_state(ground, "draft")
    elsewhere = type(ground.organization).objects.create(name="Elsewhere")
    for access in (access_of_system(elsewhere),):
        refused(
            *(NotFound, "STOCK_REQUEST_NOT_FOUND", set_status),
            access=access,
            request=request,
            status=S.CANCELLED,
        )
    StockRequest.objects.filter(pk=request.pk).update(deleted_at=request.created_at)
    refused(
        *(NotFound, "STOCK_REQUEST_NOT_FOUND", set_status),
        access=ground.owner,
        request=request,
        status=S.CANCELLED,
    )
