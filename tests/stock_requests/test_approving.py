"""One approval: what it takes, what it promises, and what it refuses."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from inventory.models import StockLevel
from stock_requests.decisions.approving import LineDecision, Substitute, approve_request, reject_request
from stock_requests.decisions.rollbacks import cancel_request
from stock_requests.fulfilment import pick_request
from stock_requests.models import (
    Approval,
    Remainder,
    RequestLine,
    RequestSettings,
    RequestState,
    StockRequest,
)
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
from warehouses.access import Access, access_of_system
from warehouses.refusals import Conflict, Forbidden, InvalidInput, NotFound, Problem, RuleBroken

APPROVER = "approver@acme.example"
ASKED = (
    ("create", "", "draft", 60, "", "requester@acme.example"),
    ("submit", "draft", "submitted", 60, "", "requester@acme.example"),
)


def test_approving_promises_all_that_was_asked_for(ground: Ground) -> None:
    request = submitted(ground)
    approved = approve(ground.approver, request, note="Fine", version=request.version)
    assert (approved.state, approved.version) == (RequestState.APPROVED, request.version + 1)
    assert approved.decided_at is not None
    assert available(ground) == [90, 80, 70]
    assert reserved(request) == [("GLOVES", 10, "active"), ("MASKS", 20, "active"), ("SALINE", 30, "active")]
    lines = lines_of(request)
    assert [(line.approved, line.remaining, line.change_reason) for line in lines] == [
        (10, 10, ""),
        (20, 20, ""),
        (30, 30, ""),
    ]
    assert [line.reservation.quantity for line in lines if line.reservation] == [10, 20, 30]
    assert {line.reservation.reference for line in lines if line.reservation} == {request.name}
    assert history(request) == [*ASKED, ("approve", "submitted", "approved", 60, "Fine", APPROVER)]
    (approval,) = Approval.objects.all()
    assert (approval.user, approval.version, approval.note) == (
        ground.people["approver"],
        request.version,
        "Fine",
    )
    assert sound()


def test_each_line_may_be_cut_and_what_is_cut_is_back_ordered_or_closed(ground: Ground) -> None:
    request = submitted(ground)
    gloves, masks, saline = lines_of(request)
    approve(
        ground.approver,
        request,
        lines=[
            LineDecision(gloves.pk, 4, reason="Half will do", remainder=Remainder.BACK_ORDER),
            LineDecision(masks.pk, 0, reason="Out of season"),
        ],
    )
    assert available(ground) == [96, 100, 70]
    assert reserved(request) == [("GLOVES", 4, "active"), ("SALINE", 30, "active")]
    rows = [
        (line.approved, line.back_ordered, line.closed, line.remaining, line.change_reason)
        for line in lines_of(request)
    ]
    assert rows == [(4, 6, 0, 4, "Half will do"), (0, 0, 20, 0, "Out of season"), (30, 0, 0, 30, "")]
    assert lines_of(request)[1].reservation is None
    assert history(request) == [
        *ASKED,
        (
            *("change_line", "submitted", "submitted", 4),
            *("GLOVES: 4 of 10 units; 6 back-ordered: Half will do", APPROVER),
        ),
        (
            *("change_line", "submitted", "submitted", 0),
            *("MASKS: 0 of 20 units; 20 closed: Out of season", APPROVER),
        ),
        ("approve", "submitted", "approved", 34, "", APPROVER),
    ]
    assert saline.requested == 30
    assert sound()


def test_one_remainder_and_one_reason_may_hold_for_all_lines(ground: Ground) -> None:
    request = submitted(ground)
    gloves, masks, _saline = lines_of(request)
    decisions = [LineDecision(gloves.pk, 4), LineDecision(masks.pk, 5, remainder=Remainder.CLOSED)]
    approve(ground.approver, request, lines=decisions, remainder=Remainder.BACK_ORDER, reason="Budget")
    rows = [(line.back_ordered, line.closed, line.change_reason) for line in lines_of(request)]
    assert rows == [(6, 0, "Budget"), (0, 15, "Budget"), (0, 0, "")]


def test_substitutes_come_as_lines_of_their_own(ground: Ground) -> None:
    request = submitted(ground, 10)
    (gloves,) = lines_of(request)
    _gloves, masks, saline = ground.skus
    substitutes = (Substitute(masks, 3), Substitute(saline, 2))
    decision = LineDecision(gloves.pk, 4, reason="Short of gloves", substitutes=substitutes)
    approve(ground.approver, request, lines=[decision])
    rows = [
        (line.position, line.sku.code, line.requested, line.approved, line.substituted, line.closed)
        for line in lines_of(request)
    ]
    assert rows == [(1, "GLOVES", 10, 4, 5, 1), (2, "MASKS", 3, 3, 0, 0), (3, "SALINE", 2, 2, 0, 0)]
    assert [line.substitute_for for line in lines_of(request)] == [None, gloves, gloves]
    assert available(ground) == [96, 97, 98]
    assert history(request)[-2][4] == (
        "GLOVES: 4 of 10 units; instead 3 × MASKS, 2 × SALINE; 1 closed: Short of gloves"
    )
    assert sound()


def test_one_sku_on_several_lines_is_promised_for_each(ground: Ground) -> None:
    gloves = ground.skus[0]
    request = factories.submitted_request(
        ground.source, ground.destination, [(gloves, 60), (gloves, 40)], access=ground.requester
    )
    approve(ground.approver, request)
    assert available(ground)[0] == 0
    assert reserved(request) == [("GLOVES", 60, "active"), ("GLOVES", 40, "active")]
    assert sound()


def test_one_sku_on_several_lines_is_not_promised_twice_over(ground: Ground) -> None:
    gloves = ground.skus[0]
    request = factories.submitted_request(
        ground.source, ground.destination, [(gloves, 60), (gloves, 41)], access=ground.requester
    )
    refusal = refused(Conflict, "STOCK_UNAVAILABLE", approve_request, access=ground.approver, request=request)
    assert refusal.extra["available"] in {40, 100}


def test_too_little_stock_promises_nothing_and_says_what_there_is(ground: Ground) -> None:
    request = submitted(ground, 10, 101, 30)
    gloves, masks, _saline = lines_of(request)
    decisions = [LineDecision(gloves.pk, 5, reason="x", index=0), LineDecision(masks.pk, 101, index=1)]
    refusal = refused(
        *(Conflict, "STOCK_UNAVAILABLE", approve_request),
        access=ground.approver,
        request=request,
        lines=decisions,
    )
    assert refusal.extra["available"] == 100
    (problem,) = refusal.problems
    assert (problem.code, problem.index, problem.field) == ("STOCK_UNAVAILABLE", 1, "quantity")
    # A line that nobody names is the request's as a whole.
    refusal = refused(Conflict, "STOCK_UNAVAILABLE", approve_request, access=ground.approver, request=request)
    assert [(problem.index, problem.field) for problem in refusal.problems] == [(None, None)]
    assert "MASKS" in refusal.detail
    assert Approval.objects.count() == 0
    assert len(history(request)) == 2


def line_faults(ground: Ground, request: StockRequest) -> dict[str, tuple[Any, str, list[LineDecision], str]]:
    gloves, masks, _saline = (line.pk for line in lines_of(request))
    elsewhere = factories.make_sku(factories.make_organization("Elsewhere"), "THEIRS")
    other = lines_of(submitted(ground, 5))[0].pk
    saline = ground.skus[2]
    return {
        "unknown": (NotFound, "REQUEST_LINE_NOT_FOUND", [LineDecision(uuid4(), 1)], "line"),
        "no id": (NotFound, "REQUEST_LINE_NOT_FOUND", [LineDecision(None, 1)], "line"),
        "another's": (NotFound, "REQUEST_LINE_NOT_FOUND", [LineDecision(other, 1)], "line"),
        "negative": (InvalidInput, "INVALID_QUANTITY", [LineDecision(gloves, -1)], "quantity"),
        "huge": (InvalidInput, "INVALID_QUANTITY", [LineDecision(gloves, 10**18)], "quantity"),
        "raised": (RuleBroken, "MORE_THAN_REQUESTED", [LineDecision(gloves, 11)], "quantity"),
        "twice": (
            *(RuleBroken, "DUPLICATE_ROW"),
            *([LineDecision(gloves, 10), LineDecision(gloves, 10)], "line"),
        ),
        "no reason": (RuleBroken, "REASON_REQUIRED", [LineDecision(gloves, 9, reason=" ")], "reason"),
        "long reason": (
            InvalidInput,
            "INVALID_REQUEST",
            [LineDecision(gloves, 9, reason="x" * 201)],
            "reason",
        ),
        "too many instead": (
            *(RuleBroken, "MORE_THAN_REQUESTED"),
            *([LineDecision(gloves, 9, reason="x", substitutes=[Substitute(saline, 2)])], "substitutes"),
        ),
        "none instead": (
            *(InvalidInput, "INVALID_QUANTITY"),
            *([LineDecision(gloves, 9, reason="x", substitutes=[Substitute(saline, 0)])], "substitutes"),
        ),
        "itself instead": (
            *(RuleBroken, "SAME_SKU"),
            *(
                [LineDecision(gloves, 9, reason="x", substitutes=[Substitute(ground.skus[0], 1)])],
                "substitutes",
            ),
        ),
        "a foreign SKU instead": (
            *(NotFound, "INVENTORY_NOT_FOUND"),
            *([LineDecision(gloves, 9, reason="x", substitutes=[Substitute(elsewhere, 1)])], "substitutes"),
        ),
        "a crowd instead": (
            *(InvalidInput, "INVALID_REQUEST"),
            *([LineDecision(masks, 0, reason="x", substitutes=[Substitute(saline, 1)] * 11)], "substitutes"),
        ),
    }


CASES = (
    "unknown",
    "no id",
    "another's",
    "negative",
    "huge",
    "raised",
    "twice",
    "no reason",
    "long reason",
    "too many instead",
    "none instead",
    "itself instead",
    "a foreign SKU instead",
    "a crowd instead",
)


@pytest.mark.parametrize("case", CASES)
def test_a_bad_line_changes_nothing_and_is_named(ground: Ground, case: str) -> None:
    request = submitted(ground)
    kind, code, decisions, field = line_faults(ground, request)[case]
    placed = [
        LineDecision(
            each.line_id, each.quantity, each.reason, each.remainder, each.substitutes, index=3 + place
        )
        for place, each in enumerate(decisions)
    ]
    refusal = refused(kind, code, approve_request, access=ground.approver, request=request, lines=placed)
    expected = (code, 3 + len(decisions) - 1, field)
    assert [(each.code, each.index, each.field) for each in refusal.problems] == [expected]
    assert len(history(request)) == 2


def test_every_bad_line_is_named(ground: Ground) -> None:
    request = submitted(ground)
    gloves, masks, _saline = lines_of(request)
    decisions = [LineDecision(gloves.pk, 11, index=0), LineDecision(masks.pk, 5, index=1)]
    refusal = refused(
        *(RuleBroken, "BATCH_REFUSED", approve_request),
        access=ground.approver,
        request=request,
        lines=decisions,
    )
    assert [(each.code, each.index) for each in refusal.problems] == [
        ("MORE_THAN_REQUESTED", 0),
        ("REASON_REQUIRED", 1),
    ]


def test_nothing_of_anything_is_no_approval(ground: Ground) -> None:
    request = submitted(ground, 10, 20)
    decisions = [LineDecision(line.pk, 0, reason="No") for line in lines_of(request)]
    refused(
        *(RuleBroken, "NOTHING_APPROVED", approve_request),
        access=ground.approver,
        request=request,
        lines=decisions,
    )


# --- who


@pytest.mark.parametrize("who", ["requester", "picker", "viewer"])
@pytest.mark.parametrize("act", [approve_request, reject_request])
def test_only_who_may_approve_at_the_source_decides(ground: Ground, who: str, act: Any) -> None:
    request = submitted(ground)
    more = {"reason": "No"} if act is reject_request else {}
    refusal = refused(Forbidden, "PERMISSION_DENIED", act, access=ground.access(who), request=request, **more)
    assert refusal.extra == {"missing": ["stockrequests.approve"]}


def test_the_right_at_the_destination_is_none_at_the_source(ground: Ground) -> None:
    person = factories.make_person(
        "clinic@acme.example", {ground.organization: [("Approver", ground.destination)]}
    )
    ground.people["clinic"] = person
    request = submitted(ground)
    refused(Forbidden, "PERMISSION_DENIED", approve_request, access=ground.access("clinic"), request=request)


def test_a_request_of_another_organization_is_not_there(ground: Ground) -> None:
    elsewhere = factories.make_organization("Elsewhere")
    access = access_of_system(elsewhere)
    request = submitted(ground)
    refused(NotFound, "STOCK_REQUEST_NOT_FOUND", approve_request, access=access, request=request)


@pytest.mark.parametrize("act", [approve_request, reject_request])
def test_nobody_decides_on_their_own_request(ground: Ground, act: Any) -> None:
    """Neither on what they asked for, nor on what they submitted for another, nor through a key that they made."""
    more = {"reason": "No"} if act is reject_request else {}
    asked = submitted(ground, access=ground.owner, submitter=ground.requester)
    handed_in = submitted(ground, submitter=ground.owner)
    through_key = key_access(ground, "stockrequests.approve", maker=ground.people["owner"])
    for request in (asked, handed_in):
        for access in (ground.owner, through_key):
            refused(Forbidden, "SELF_APPROVAL", act, access=access, request=request, **more)
    by_key = key_access(ground, "stockrequests.write", "stockrequests.read", maker=ground.people["owner"])
    made_by_key = submitted(ground, access=by_key)
    assert made_by_key.requested_by == ground.people["owner"]
    refused(Forbidden, "SELF_APPROVAL", act, access=ground.owner, request=made_by_key, **more)


def test_a_key_that_nobody_is_behind_decides_on_what_others_asked_for(ground: Ground) -> None:
    key = key_access(ground, "stockrequests.read", "stockrequests.write", "stockrequests.approve")
    other = key_access(ground, "stockrequests.approve")
    own = submitted(ground, 1, access=key)
    refused(Forbidden, "SELF_APPROVAL", approve_request, access=key, request=own)
    for half_own in (submitted(ground, 1, submitter=key), asked_by(ground, key)):
        refused(Forbidden, "SELF_APPROVAL", approve_request, access=key, request=half_own)
    assert approve(other, own).state == RequestState.APPROVED
    assert approve(key, submitted(ground, 1)).state == RequestState.APPROVED


def asked_by(ground: Ground, access: Access) -> StockRequest:
    """A request that somebody else has handed in."""
    return submitted(ground, 1, access=access, submitter=ground.requester)


def test_an_organization_may_let_people_approve_their_own(ground: Ground) -> None:
    request = submitted(ground, access=ground.owner)
    RequestSettings.objects.create(organization=ground.organization, allows_self_approval=True)
    assert approve(ground.owner, request).state == RequestState.APPROVED
    other = submitted(ground, 1, access=ground.owner)
    assert run(reject_request, access=ground.owner, request=other, reason="No").state == "rejected"


def test_a_superuser_decides_wherever_they_look(ground: Ground) -> None:
    ground.people["root"] = factories.make_person("root@example.com", is_superuser=True)
    assert approve(ground.access("root"), submitted(ground)).state == RequestState.APPROVED


# --- what was seen


def test_an_approval_is_of_the_version_that_was_seen(ground: Ground) -> None:
    request = submitted(ground)
    refusal = refused(
        *(Conflict, "VERSION_CONFLICT", approve_request),
        access=ground.approver,
        request=request,
        version=request.version - 1,
    )
    assert refusal.extra["version"] == request.version
    assert (refusal.extra["by"], refusal.extra["action"]) == ("requester@acme.example", "submit")


def test_the_condition_of_the_edge_is_asked_of_the_locked_request(ground: Ground) -> None:
    request = submitted(ground)
    seen: list[StockRequest] = []
    approve(ground.approver, request, condition=seen.append)
    assert [each.pk for each in seen] == [request.pk]


def test_who_is_late_is_told_who_was_faster_before_anything_else(ground: Ground) -> None:
    """Also with a stale version and bad lines: these matter no more."""
    request = submitted(ground)
    approve(ground.approver, request)
    refusal = refused(
        *(Conflict, "INVALID_TRANSITION", approve_request),
        access=ground.second_approver,
        request=request,
        version=1,
        lines=[LineDecision(None, -1)],
    )
    assert refusal.extra["by"] == APPROVER
    assert refusal.extra["at"].endswith("Z")
    assert refusal.extra["state"] == "approved"
    assert refusal.extra["allowed"] == ["cancelled", "picking", "submitted"]
    assert APPROVER in refusal.detail


def test_a_bad_line_of_ones_own_request_is_not_looked_at(ground: Ground) -> None:
    request = submitted(ground, access=ground.owner)
    lines = [LineDecision(None, -1)]
    refused(
        *(Forbidden, "SELF_APPROVAL", approve_request),
        access=ground.owner,
        request=request,
        lines=lines,
    )
    refused(
        *(Conflict, "VERSION_CONFLICT", approve_request),
        access=ground.owner,
        request=request,
        version=1,
    )


def test_who_is_not_needed_is_told_so_before_the_lines_are_looked_at(ground: Ground) -> None:
    make_rule(ground, "Boss", ("second_approver",))
    request = submitted(ground)
    refused(
        *(Forbidden, "APPROVAL_NOT_NEEDED_FROM_YOU", approve_request),
        access=ground.approver,
        request=request,
        lines=[LineDecision(None, -1)],
    )


# --- rejecting


def test_rejecting_takes_a_reason_and_promises_nothing(ground: Ground) -> None:
    request = submitted(ground)
    refusal = refused(
        *(RuleBroken, "REASON_REQUIRED", reject_request),
        access=ground.approver,
        request=request,
        reason="  ",
    )
    assert refusal.problems == (Problem("REASON_REQUIRED", refusal.detail, field="reason"),)
    rejected = run(reject_request, access=ground.approver, request=request, reason=" Too dear ", version=2)
    assert (rejected.state, rejected.version) == (RequestState.REJECTED, 3)
    assert rejected.decided_at is not None
    assert history(request) == [*ASKED, ("reject", "submitted", "rejected", None, "Too dear", APPROVER)]
    assert (available(ground), reserved(request)) == ([100, 100, 100], [])
    assert sound()


def test_a_rejection_names_the_version_too(ground: Ground) -> None:
    request = submitted(ground)
    refused(
        *(Conflict, "VERSION_CONFLICT", reject_request),
        access=ground.approver,
        request=request,
        reason="No",
        version=1,
    )


@pytest.mark.parametrize("act", [approve_request, reject_request])
def test_what_is_picked_already_or_called_off_is_decided(ground: Ground, act: Any) -> None:
    more = {"reason": "No"} if act is reject_request else {}
    request = submitted(ground)
    approve(ground.approver, request)
    run(pick_request, access=ground.picker, request=request)
    refused(Conflict, "INVALID_TRANSITION", act, access=ground.approver, request=request, **more)
    other = submitted(ground)
    run(cancel_request, access=ground.requester, request=other)
    refusal = refused(Conflict, "INVALID_TRANSITION", act, access=ground.approver, request=other, **more)
    assert refusal.extra["by"] == "requester@acme.example"


def test_a_closed_source_promises_nothing(ground: Ground) -> None:
    request = submitted(ground)
    ground.source.is_readonly = True
    ground.source.save()
    refused(Forbidden, "READONLY_WAREHOUSE", approve_request, access=ground.approver, request=request)
    assert StockLevel.objects.filter(reserved__gt=0).count() == 0


def test_a_request_has_room_for_only_so_many_substitutes(
    ground: Ground, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A transfer takes no more lines than a request may have: what is approved can be fulfilled."""
    monkeypatch.setattr("stock_requests.decisions.line_decisions.MOST_LINES", 3)
    request = submitted(ground, 10, 20)
    gloves, masks = lines_of(request)
    saline = ground.skus[2]

    def decision(line: RequestLine) -> LineDecision:
        return LineDecision(line.pk, 5, reason="Short", substitutes=[Substitute(saline, 1)])

    refused(
        RuleBroken,
        "TOO_MANY_LINES",
        approve_request,
        access=ground.approver,
        request=request,
        lines=[decision(gloves), decision(masks)],
    )
    approve(ground.approver, request, lines=[decision(gloves)])
    assert len(lines_of(request)) == 3
