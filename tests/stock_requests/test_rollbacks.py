"""One step back, and off: everything is as it was before, but for the history."""

from __future__ import annotations

from typing import Any

import pytest

from inventory.models import Reservation, StockLevel, StockSummary
from stock_requests.decisions.approving import LineDecision, Substitute, approve_request, reject_request
from stock_requests.decisions.rollbacks import cancel_request, rollback_request
from stock_requests.drafting import submit_request
from stock_requests.fulfilment import fulfil_request, pick_request
from stock_requests.models import Approval, Remainder, RequestState, StockRequest
from stock_requests.states import require_version
from tests import factories
from tests.stock_requests.conftest import Ground
from tests.stock_requests.deciding import (
    approve,
    available,
    history,
    key_access,
    lines_of,
    make_rule,
    refused,
    reserved,
    run,
    sound,
    submitted,
)
from warehouses.access import Access
from warehouses.refusals import Conflict, Forbidden

APPROVER = "approver@acme.example"
PICKER = "picker@acme.example"
REQUESTER = "requester@acme.example"


def stock_of(ground: Ground) -> list[Any]:
    """Every figure of every level and SKU, but for versions and times."""
    figures = ("sku", "on_hand", "reserved", "held", "safety_stock", "reorder_point")
    levels = StockLevel.objects.order_by("pk").values_list("warehouse", "available", *figures)
    return [*levels, *StockSummary.objects.order_by("pk").values_list(*figures)]


def content(request: StockRequest) -> list[Any]:
    """What its lines say."""
    return [
        (
            *(line.pk, line.position, line.sku.code, line.note, line.requested, line.approved, line.picked),
            *(line.fulfilled, line.substituted, line.back_ordered, line.closed, line.change_reason),
            *(line.shortage_reason, line.substitute_for_id, line.reservation_id),
        )
        for line in lines_of(request)
    ]


def test_taking_an_approval_back_restores_everything(ground: Ground) -> None:
    """With cut lines, a refused line, substitutes and other people's reservations of the same goods."""
    factories.reserve(ground.skus[0], ground.source, 7)
    request = submitted(ground)
    before = (stock_of(ground), content(request))
    gloves, masks, _saline = lines_of(request)
    approve(
        ground.approver,
        request,
        lines=[
            LineDecision(
                *(gloves.pk, 4, "Few", Remainder.BACK_ORDER),
                substitutes=[Substitute(ground.skus[1], 3), Substitute(ground.skus[2], 1)],
            ),
            LineDecision(masks.pk, 0, "None"),
        ],
    )
    assert available(ground) == [89, 97, 69]
    back = run(rollback_request, access=ground.picker, request=request, reason="Wrong list")
    assert (back.state, back.version, back.decided_at) == ("submitted", 4, None)
    assert (stock_of(ground), content(request)) == before
    assert history(request)[-1] == (
        *("rollback", "approved", "submitted", None),
        "Wrong list; 1 approval withdrawn; no longer substituted: 3 × MASKS, 1 × SALINE",
        PICKER,
    )
    assert [action for action, *_ in history(request)] == [
        *("create", "submit", "change_line", "change_line", "approve", "rollback")
    ]
    assert {state for _sku, _open, state in reserved(request)} == {"released"}
    assert Approval.objects.get().withdrawn_at is not None
    assert sound()


def test_what_was_taken_back_may_be_approved_again(ground: Ground) -> None:
    request = submitted(ground)
    approve(ground.approver, request)
    run(rollback_request, access=ground.picker, request=request)
    again = approve(ground.approver, request)
    assert (again.state, again.version) == ("approved", 5)
    assert available(ground) == [90, 80, 70]
    assert Approval.objects.count() == 2
    assert Reservation.objects.filter(state="active").count() == 3
    assert sound()


def test_a_rejection_may_be_rolled_back(ground: Ground) -> None:
    make_rule(ground, "Four eyes", approvals=2)
    request = submitted(ground)
    before = content(request)
    approve(ground.approver, request)
    run(reject_request, access=ground.second_approver, request=request, reason="No")
    back = run(rollback_request, access=ground.requester, request=request, reason="Please")
    assert (back.state, back.decided_at, content(request)) == ("submitted", None, before)
    assert history(request)[-1] == (
        *("rollback", "rejected", "submitted", None, "Please; 1 approval withdrawn", REQUESTER),
    )
    assert back.submitted_by == ground.people["requester"]
    assert sound()


def test_a_submitted_request_goes_back_to_its_draft(ground: Ground) -> None:
    make_rule(ground, "Four eyes", approvals=2)
    request = submitted(ground)
    before = content(request)
    gloves = lines_of(request)[0]
    approve(ground.approver, request, lines=[LineDecision(gloves.pk, 4, "Few")])
    back = run(rollback_request, access=ground.requester, request=request)
    assert (back.state, back.submitted_by, back.submitted_at) == ("draft", None, None)
    back.refresh_from_db()
    assert (back.state, back.submitted_by, back.submitted_at) == ("draft", None, None)
    assert content(request) == before
    assert Approval.objects.get().withdrawn_at is not None
    # Whoever hands it in now is whose it is.
    run(submit_request, access=ground.owner, request=request)
    refused(Forbidden, "SELF_APPROVAL", approve_request, access=ground.owner, request=request)


@pytest.mark.parametrize("state", ["draft", "picking", "fulfilled", "cancelled"])
def test_nothing_else_goes_back(ground: Ground, state: str) -> None:
    request = in_state(ground, state)
    refusal = refused(Conflict, "INVALID_TRANSITION", rollback_request, access=ground.owner, request=request)
    assert refusal.extra["state"] == state


def in_state(ground: Ground, state: str) -> StockRequest:
    """A request that has come to that state the usual way."""
    if state == "draft":
        lines = [(ground.skus[0], 10)]
        return factories.make_request(ground.source, ground.destination, lines, access=ground.requester)
    request = submitted(ground)
    if state == "rejected":
        run(reject_request, access=ground.approver, request=request, reason="No")
    if state in {"approved", "picking", "fulfilled"}:
        approve(ground.approver, request)
    if state in {"picking", "fulfilled"}:
        run(pick_request, access=ground.picker, request=request)
    if state == "fulfilled":
        run(fulfil_request, access=ground.picker, request=request)
    if state == "cancelled":
        run(cancel_request, access=ground.requester, request=request)
    request.refresh_from_db()
    assert request.state == state
    return request


@pytest.mark.parametrize("state", ["draft", "submitted", "approved"])
def test_a_request_is_called_off_until_it_is_picked(ground: Ground, state: str) -> None:
    before = stock_of(ground)
    request = in_state(ground, state)
    version = request.version
    off = run(cancel_request, access=ground.requester, request=request, reason="Not needed")
    assert (off.state, off.version) == ("cancelled", version + 1)
    assert off.closed_at is not None
    assert stock_of(ground) == before
    assert history(request)[-1] == ("cancel", state, "cancelled", None, "Not needed", REQUESTER)
    assert {each for _sku, _open, each in reserved(request)} <= {"released"}
    assert sound()


@pytest.mark.parametrize("state", ["picking", "fulfilled", "rejected", "cancelled"])
def test_nothing_else_is_called_off(ground: Ground, state: str) -> None:
    request = in_state(ground, state)
    refused(Conflict, "INVALID_TRANSITION", cancel_request, access=ground.owner, request=request)


WORKERS = {"owner", "picker", "approver", "second_approver"}


@pytest.mark.parametrize(
    ("act", "state", "may"),
    [
        (rollback_request, "approved", WORKERS),
        (rollback_request, "rejected", WORKERS | {"requester"}),
        (rollback_request, "submitted", WORKERS | {"requester"}),
        (cancel_request, "draft", WORKERS | {"requester"}),
        (cancel_request, "submitted", WORKERS | {"requester"}),
        (cancel_request, "approved", WORKERS | {"requester"}),
    ],
)
@pytest.mark.parametrize("who", ["owner", "picker", "approver", "requester", "viewer", "key"])
def test_who_may(ground: Ground, act: Any, state: str, may: set[str], who: str) -> None:
    """An approval is taken back where the goods are; anything else at either end."""
    request = in_state(ground, state)
    access: Access = (
        key_access(ground, "stockrequests.read", "stockrequests.approve")
        if who == "key"
        else ground.access(who)
    )
    if who in may:
        run(act, access=access, request=request)
    else:
        refusal = refused(Forbidden, "PERMISSION_DENIED", act, access=access, request=request)
        assert refusal.extra == {"missing": ["stockrequests.write"]}


@pytest.mark.parametrize(("act", "state"), [(rollback_request, "approved"), (cancel_request, "approved")])
def test_the_condition_of_the_edge_holds(ground: Ground, act: Any, state: str) -> None:
    request = in_state(ground, state)
    refused(
        *(Conflict, "VERSION_CONFLICT", act),
        access=ground.owner,
        request=request,
        condition=require_version(1),
    )


def test_a_long_reason_does_not_push_out_of_the_history(ground: Ground) -> None:
    request = in_state(ground, "approved")
    run(rollback_request, access=ground.picker, request=request, reason="x" * 500)
    note = history(request)[-1][4]
    assert (len(note), note[-1]) == (500, "…")
    assert request.state == RequestState.APPROVED
