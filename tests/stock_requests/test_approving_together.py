"""Requests that need more than one approval: whose count, in whose place, and what each of them may change."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from stock_requests.approvals.delegations import create_delegation, revoke_delegation
from stock_requests.approvals.pending import pending_for
from stock_requests.approvals.policies import change_approval_rule, create_approval_rule
from stock_requests.approvals.standing import standings_of
from stock_requests.decisions.approving import LineDecision, Substitute, approve_request, withdraw_approval
from stock_requests.models import (
    Approval,
    ApprovalRule,
    Delegation,
    Remainder,
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
from warehouses import people
from warehouses.access import access_of_system
from warehouses.actors import SYSTEM
from warehouses.models import ApiKey, Membership
from warehouses.refusals import Conflict, Forbidden, RuleBroken

APPROVER = "approver@acme.example"
SECOND = "second.approver@acme.example"
OWNER = "owner@acme.example"


def stand_in(ground: Ground, delegate: str, delegator: str, *, first: int = 0, last: int = 0) -> Delegation:
    """From so many days after today, to so many after it."""
    today = ground.organization.today()
    found: Delegation = run(
        create_delegation,
        access=access_of_system(ground.organization),
        delegator=ground.people[delegator],
        delegate=ground.people[delegate],
        starts_on=today + timedelta(days=first),
        ends_on=today + timedelta(days=last),
    )
    return found


def standing(request: StockRequest) -> list[tuple[str, int, tuple[str, ...]]]:
    """(rule, how many it needs, who counts)."""
    found = standings_of([request])[request.pk]
    return [(each.name, each.needed, each.given) for each in found.requirements]


def test_two_have_to_approve_before_anything_is_promised(ground: Ground) -> None:
    make_rule(ground, "Four eyes", approvals=2)
    request = submitted(ground)
    first = approve(ground.approver, request, note="Yes")
    assert (first.state, first.version, first.decided_at) == ("submitted", 3, None)
    assert (available(ground), reserved(request)) == ([100, 100, 100], [])
    assert [line.approved for line in lines_of(request)] == [10, 20, 30]
    assert standing(request) == [("Four eyes", 2, (APPROVER,))]
    second = approve(ground.second_approver, request, version=3)
    assert (second.state, second.version) == ("approved", 4)
    assert available(ground) == [90, 80, 70]
    assert history(request)[2:] == [
        ("approve", "submitted", "submitted", 60, "Yes", APPROVER),
        ("approve", "submitted", "approved", 60, "", SECOND),
    ]
    assert [(each.actor_name, each.version) for each in Approval.objects.all()] == [
        (APPROVER, 2),
        (SECOND, 3),
    ]
    assert sound()


def test_one_person_is_one_approval(ground: Ground) -> None:
    """Through a key of theirs too."""
    make_rule(ground, "Four eyes", approvals=2)
    request = submitted(ground)
    approve(ground.approver, request)
    key = key_access(ground, "stockrequests.approve", maker=ground.people["approver"])
    for access in (ground.approver, key):
        refusal = refused(Conflict, "ALREADY_APPROVED", approve_request, access=access, request=request)
        assert refusal.extra["by"] == APPROVER
        assert "Four eyes" in refusal.detail


def test_keys_that_nobody_is_behind_are_one_approval_each(ground: Ground) -> None:
    make_rule(ground, "Four eyes", approvals=2)
    request = submitted(ground)
    first, second = (key_access(ground, "stockrequests.approve") for _ in range(2))
    approve(first, request)
    refused(Conflict, "ALREADY_APPROVED", approve_request, access=first, request=request)
    assert approve(second, request).state == "approved"


def test_who_approves_later_may_keep_or_lower_and_never_raise(ground: Ground) -> None:
    make_rule(ground, "Six eyes", approvals=3)
    request = submitted(ground, 10, 20)
    gloves, masks = lines_of(request)
    approve(ground.approver, request, lines=[LineDecision(gloves.pk, 6, reason="Enough")])
    refusal = refused(
        *(RuleBroken, "MORE_THAN_APPROVED", approve_request),
        access=ground.second_approver,
        request=request,
        lines=[LineDecision(gloves.pk, 7)],
    )
    assert refusal.problems[0].field == "quantity"
    lower = LineDecision(gloves.pk, 5, reason="Still enough", remainder=Remainder.BACK_ORDER)
    approve(ground.second_approver, request, lines=[lower])
    assert approve(ground.owner, request, lines=[LineDecision(masks.pk, 20)]).state == "approved"
    rows = [(line.approved, line.closed, line.back_ordered, line.change_reason) for line in lines_of(request)]
    assert rows == [(5, 4, 1, "Still enough"), (20, 0, 0, "")]
    assert available(ground) == [95, 80, 100]
    assert [entry[4] for entry in history(request) if entry[0] == "change_line"] == [
        "GLOVES: 6 of 10 units; 4 closed: Enough",
        "GLOVES: 5 of 6 units; 1 back-ordered: Still enough",
    ]
    assert sound()


def test_substitutes_of_the_first_are_lines_for_the_second(ground: Ground) -> None:
    make_rule(ground, "Four eyes", approvals=2)
    request = submitted(ground, 10)
    (gloves,) = lines_of(request)
    instead = (Substitute(ground.skus[1], 4),)
    approve(ground.approver, request, lines=[LineDecision(gloves.pk, 6, "Few", substitutes=instead)])
    _gloves, masks = lines_of(request)
    approve(ground.second_approver, request, lines=[LineDecision(masks.pk, 1, reason="One will do")])
    rows = [(line.approved, line.substituted, line.closed, line.remaining) for line in lines_of(request)]
    assert rows == [(6, 4, 0, 6), (1, 0, 3, 1)]
    assert available(ground) == [94, 99, 100]
    assert sound()


def test_nothing_of_anything_is_no_approval_of_the_second_either(ground: Ground) -> None:
    make_rule(ground, "Four eyes", approvals=2)
    request = submitted(ground, 10, 20)
    gloves, masks = lines_of(request)
    approve(ground.approver, request, lines=[LineDecision(gloves.pk, 0, reason="No")])
    refused(
        *(RuleBroken, "NOTHING_APPROVED", approve_request),
        access=ground.second_approver,
        request=request,
        lines=[LineDecision(masks.pk, 0, reason="No")],
    )


def test_too_little_stock_for_the_last_leaves_the_first_as_it_was(ground: Ground) -> None:
    make_rule(ground, "Four eyes", approvals=2)
    request = submitted(ground, 101)
    approve(ground.approver, request)
    refused(Conflict, "STOCK_UNAVAILABLE", approve_request, access=ground.second_approver, request=request)
    assert standing(request) == [("Four eyes", 2, (APPROVER,))]


# --- whose approval a rule wants


def test_a_rule_wants_those_whom_it_names(ground: Ground) -> None:
    make_rule(ground, "Boss", ("owner",))
    request = submitted(ground)
    refusal = refused(
        *(Forbidden, "APPROVAL_NOT_NEEDED_FROM_YOU", approve_request),
        access=ground.approver,
        request=request,
    )
    assert refusal.extra == {"waitsFor": [OWNER]}
    assert f"it waits for 1 of {OWNER} (Boss)" in refusal.detail
    assert approve(ground.owner, request).state == "approved"


def test_every_rule_that_is_met_has_to_be_satisfied(ground: Ground) -> None:
    make_rule(ground, "Anyone", approvals=1)
    make_rule(ground, "Boss", ("owner",), approvals=1)
    request = submitted(ground)
    approve(ground.approver, request)
    assert standing(request) == [("Anyone", 1, (APPROVER,)), ("Boss", 1, ())]
    # For what anyone may do there is somebody; what is missing is not theirs to give.
    refused(
        *(Forbidden, "APPROVAL_NOT_NEEDED_FROM_YOU", approve_request),
        access=ground.second_approver,
        request=request,
    )
    assert approve(ground.owner, request).state == "approved"
    assert standing(request) == [("Anyone", 1, (APPROVER, OWNER)), ("Boss", 1, (OWNER,))]


def test_one_approval_may_count_for_several_rules(ground: Ground) -> None:
    make_rule(ground, "Anyone", approvals=1)
    make_rule(ground, "Boss", ("owner",))
    assert approve(ground.owner, submitted(ground)).state == "approved"


# GLOVES cost 2.00, MASKS 3.00 and SALINE 5.00: 10, 20 and 30 of them are 60 units and 230.00.
@pytest.mark.parametrize(
    ("conditions", "is_met"),
    [
        ({}, True),
        ({"is_active": False}, False),
        ({"minimum_value": Decimal("230.00")}, True),
        ({"minimum_value": Decimal("230.01")}, False),
        ({"minimum_value": Decimal(0)}, True),
        ({"minimum_quantity": 60}, True),
        ({"minimum_quantity": 61}, False),
        ({"minimum_value": Decimal(1), "minimum_quantity": 61}, False),
        ({"minimum_value": Decimal("230.01"), "minimum_quantity": 1}, False),
    ],
)
def test_a_rule_is_met_when_all_of_its_conditions_are(
    ground: Ground, conditions: dict[str, Any], is_met: bool
) -> None:
    make_rule(ground, "Boss", ("owner",), **conditions)
    request = submitted(ground)
    (requirement,) = standing(request)
    assert requirement[0] == ("Boss" if is_met else "One approval")
    if is_met:
        refused(
            *(Forbidden, "APPROVAL_NOT_NEEDED_FROM_YOU", approve_request),
            access=ground.approver,
            request=request,
        )
    else:
        assert approve(ground.approver, request).state == "approved"


def test_a_rule_may_be_about_a_source_or_a_category(ground: Ground) -> None:
    make_rule(ground, "From the clinic", ("owner",), warehouse=ground.destination)
    drugs = factories.make_category(ground.organization, "Drugs")
    make_rule(ground, "Drugs", ("owner",), category=drugs)
    plain = submitted(ground)
    assert [each[0] for each in standing(plain)] == ["One approval"]
    of_category = submitted(ground, category=drugs)
    assert [each[0] for each in standing(of_category)] == ["Drugs"]
    product = ground.skus[1].product
    product.category = drugs
    product.save()
    assert [each[0] for each in standing(plain)] == ["Drugs"]
    refused(
        *(Forbidden, "APPROVAL_NOT_NEEDED_FROM_YOU", approve_request),
        access=ground.approver,
        request=plain,
    )
    back = factories.submitted_request(ground.destination, ground.source, [(ground.skus[0], 1)])
    assert [each[0] for each in standing(back)] == ["From the clinic"]


def test_a_rule_of_another_organization_is_none(ground: Ground) -> None:
    elsewhere = factories.make_organization("Elsewhere")
    ApprovalRule.objects.create(organization=elsewhere, name="Theirs", approvals=9)
    assert approve(ground.approver, submitted(ground)).state == "approved"


def test_cutting_a_line_gets_no_request_past_a_rule(ground: Ground) -> None:
    """It is judged by what was asked for."""
    make_rule(ground, "Boss", ("owner",), minimum_value=Decimal(230))
    make_rule(ground, "Anyone", approvals=1)
    request = submitted(ground)
    saline = lines_of(request)[2]
    cut = [LineDecision(saline.pk, 1, reason="Too dear")]
    assert approve(ground.approver, request, lines=cut).state == "submitted"
    assert [each[0] for each in standing(request)] == ["Anyone", "Boss"]


def test_a_dear_substitute_gets_no_request_past_a_rule(ground: Ground) -> None:
    """It is judged by what comes, where that is worth more; the rule wants the owner as soon as it is."""
    make_rule(ground, "Boss", ("owner",), minimum_value=Decimal(30))
    request = submitted(ground, 10)
    (gloves,) = lines_of(request)
    instead = (Substitute(ground.skus[2], 4),)
    decision = LineDecision(gloves.pk, 6, reason="Better", substitutes=instead)
    assert [each[0] for each in standing(request)] == ["One approval"]
    assert approve(ground.approver, request, lines=[decision]).state == "submitted"
    assert (standing(request), reserved(request)) == ([("Boss", 1, ())], [])
    assert approve(ground.owner, request).state == "approved"
    assert sound()


# --- what happens between two approvals


def drop(rule: ApprovalRule) -> None:
    rule.delete()


def switch_off(rule: ApprovalRule) -> None:
    rule.is_active = False
    rule.save()


def ask_one_only(rule: ApprovalRule) -> None:
    rule.approvals = 1
    rule.save()


@pytest.mark.parametrize("change", [drop, switch_off, ask_one_only])
@pytest.mark.parametrize("who", ["approver", "second_approver"])
def test_when_a_rule_falls_between_two_approvals_either_closes_the_matter(
    ground: Ground, change: Callable[[ApprovalRule], None], who: str
) -> None:
    """The first too, who has approved already: nobody else may be there. Their approval stays one."""
    rule = make_rule(ground, "Four eyes", approvals=2)
    request = submitted(ground)
    approve(ground.approver, request)
    change(rule)
    assert standings_of([request])[request.pk].is_satisfied
    assert approve(ground.access(who), request).state == "approved"
    assert Approval.objects.count() == (1 if who == "approver" else 2)
    assert available(ground) == [90, 80, 70]


def test_a_rule_that_is_made_between_two_approvals_holds(ground: Ground) -> None:
    make_rule(ground, "Four eyes", approvals=2)
    request = submitted(ground)
    approve(ground.approver, request)
    make_rule(ground, "Boss", ("owner",))
    assert approve(ground.second_approver, request).state == "submitted"
    assert approve(ground.owner, request).state == "approved"


def leave(ground: Ground, person: str) -> None:
    member = Membership.objects.get(organization=ground.organization, user=ground.people[person])
    people.remove_member(organization=ground.organization, actor=SYSTEM, membership=member)


def suspend(ground: Ground, person: str) -> None:
    member = Membership.objects.get(organization=ground.organization, user=ground.people[person])
    people.suspend_member(organization=ground.organization, actor=SYSTEM, membership=member)


def lose_the_role(ground: Ground, person: str) -> None:
    member = Membership.objects.get(organization=ground.organization, user=ground.people[person])
    for assignment in member.role_assignments.all():
        people.withdraw_role(organization=ground.organization, actor=SYSTEM, assignment=assignment)


def be_locked_out(ground: Ground, person: str) -> None:
    ground.people[person].is_active = False
    ground.people[person].save()


def be_deleted(ground: Ground, person: str) -> None:
    ground.people[person].delete()


@pytest.mark.parametrize("loss", [leave, suspend, lose_the_role, be_locked_out, be_deleted])
def test_the_approval_of_somebody_who_may_no_longer_counts_no_longer(
    ground: Ground, loss: Callable[[Ground, str], None]
) -> None:
    """And stays written down."""
    make_rule(ground, "Four eyes", approvals=2)
    request = submitted(ground)
    approve(ground.approver, request)
    loss(ground, "approver")
    assert standing(request) == [("Four eyes", 2, ())]
    assert [each.actor_name for each in standings_of([request])[request.pk].approvals] == [APPROVER]
    assert approve(ground.second_approver, request).state == "submitted"
    assert approve(ground.owner, request).state == "approved"


def test_the_approval_counts_again_when_the_right_comes_back(ground: Ground) -> None:
    make_rule(ground, "Four eyes", approvals=2)
    request = submitted(ground)
    approve(ground.approver, request)
    suspend(ground, "approver")
    member = Membership.objects.get(organization=ground.organization, user=ground.people["approver"])
    people.restore_member(organization=ground.organization, actor=SYSTEM, membership=member)
    assert approve(ground.second_approver, request).state == "approved"


@pytest.mark.parametrize("granted", ["a role everywhere", "a permission", "a permission there"])
def test_the_right_counts_however_it_was_given(ground: Ground, granted: str) -> None:
    organization = ground.organization
    ground.people["third"] = factories.make_person(
        "third@acme.example", {organization: ["Approver"] if granted == "a role everywhere" else []}
    )
    member = Membership.objects.get(organization=organization, user=ground.people["third"])
    if granted != "a role everywhere":
        place = ground.source if granted == "a permission there" else None
        people.set_extra_permissions(
            organization=organization,
            actor=SYSTEM,
            membership=member,
            permissions=["stockrequests.approve"],
            warehouse=place,
        )
    make_rule(ground, "Four eyes", approvals=2)
    request = submitted(ground)
    approve(ground.access("third"), request)
    assert standing(request) == [("Four eyes", 2, ("third@acme.example",))]


def test_the_approval_of_a_key_that_was_revoked_counts_no_longer(ground: Ground) -> None:
    make_rule(ground, "Four eyes", approvals=2)
    request = submitted(ground)
    key = key_access(ground, "stockrequests.approve")
    approve(key, request)
    assert standing(request) == [("Four eyes", 2, ("Integration",))]
    ApiKey.objects.filter(pk=key.actor.id).update(scopes=["stockrequests.read"])
    assert standing(request) == [("Four eyes", 2, ())]


def test_an_own_approval_counts_while_the_organization_allows_it(ground: Ground) -> None:
    settings = RequestSettings.objects.create(organization=ground.organization, allows_self_approval=True)
    make_rule(ground, "Four eyes", approvals=2)
    request = submitted(ground, access=ground.owner)
    approve(ground.owner, request)
    assert standing(request) == [("Four eyes", 2, (OWNER,))]
    settings.allows_self_approval = False
    settings.save()
    assert standing(request) == [("Four eyes", 2, ())]


# --- delegations


def test_who_stands_in_counts_for_the_rule_that_names_the_other(ground: Ground) -> None:
    make_rule(ground, "Boss", ("owner",))
    request = submitted(ground)
    stand_in(ground, "approver", "owner")
    assert approve(ground.approver, request).state == "approved"
    assert standing(request) == [("Boss", 1, (f"{APPROVER} for {OWNER}",))]
    assert list(Approval.objects.get().on_behalf_of.all()) == [ground.people["owner"]]


@pytest.mark.parametrize(
    ("first", "last", "counts"), [(0, 0, True), (-1, 0, True), (0, 1, True), (1, 2, False)]
)
def test_a_delegation_holds_from_its_first_day_to_its_last(
    ground: Ground, first: int, last: int, counts: bool
) -> None:
    make_rule(ground, "Boss", ("owner",))
    request = submitted(ground)
    stand_in(ground, "approver", "owner", first=first, last=last)
    if counts:
        assert approve(ground.approver, request).state == "approved"
    else:
        refused(
            *(Forbidden, "APPROVAL_NOT_NEEDED_FROM_YOU", approve_request),
            access=ground.approver,
            request=request,
        )


def test_a_delegation_that_is_revoked_counts_for_what_was_approved_and_no_more(ground: Ground) -> None:
    make_rule(ground, "Four eyes", ("owner", "second_approver"), approvals=2)
    first, second = submitted(ground), submitted(ground)
    delegation = stand_in(ground, "approver", "owner")
    approve(ground.approver, first)
    run(revoke_delegation, access=ground.owner, delegation=delegation)
    refused(
        *(Forbidden, "APPROVAL_NOT_NEEDED_FROM_YOU", approve_request),
        access=ground.approver,
        request=second,
    )
    assert approve(ground.second_approver, first).state == "approved"


def test_who_stands_in_for_several_is_one_vote(ground: Ground) -> None:
    make_rule(ground, "Both", ("owner", "second_approver"), approvals=2)
    request = submitted(ground)
    stand_in(ground, "approver", "owner")
    stand_in(ground, "approver", "second_approver")
    assert approve(ground.approver, request).state == "submitted"
    assert len(standing(request)[0][2]) == 1
    # Whichever of the two comes: the one who stood in moves over to the other's place.
    assert approve(ground.owner, request).state == "approved"


def test_the_one_and_who_stands_in_for_them_are_not_two(ground: Ground) -> None:
    make_rule(ground, "Both", ("owner", "second_approver"), approvals=2)
    request = submitted(ground)
    stand_in(ground, "approver", "owner")
    approve(ground.approver, request)
    refused(
        *(Forbidden, "APPROVAL_NOT_NEEDED_FROM_YOU", approve_request),
        access=ground.owner,
        request=request,
    )
    assert approve(ground.second_approver, request).state == "approved"


def test_a_delegation_of_a_delegation_is_none(ground: Ground) -> None:
    make_rule(ground, "Boss", ("owner",))
    stand_in(ground, "second_approver", "owner")
    stand_in(ground, "approver", "second_approver")
    refused(
        *(Forbidden, "APPROVAL_NOT_NEEDED_FROM_YOU", approve_request),
        access=ground.approver,
        request=submitted(ground),
    )


def test_a_delegation_hands_over_no_right(ground: Ground) -> None:
    """Neither one that the delegate lost, nor one that the other has lost."""
    make_rule(ground, "Boss", ("owner", "second_approver"))
    stand_in(ground, "approver", "second_approver")
    request = submitted(ground)
    lose_the_role(ground, "second_approver")
    refused(
        *(Forbidden, "APPROVAL_NOT_NEEDED_FROM_YOU", approve_request),
        access=ground.approver,
        request=request,
    )


def test_nobody_has_their_own_request_approved_in_their_place(ground: Ground) -> None:
    make_rule(ground, "Boss", ("owner",))
    stand_in(ground, "approver", "owner")
    request = submitted(ground, access=ground.owner)
    refused(Forbidden, "SELF_APPROVAL", approve_request, access=ground.approver, request=request)
    ApprovalRule.objects.all().delete()
    # In their own name the delegate may.
    assert approve(ground.approver, request).state == "approved"
    assert list(Approval.objects.get().on_behalf_of.all()) == []


# --- taken back


def test_an_approval_may_be_taken_back_while_others_are_asked(ground: Ground) -> None:
    make_rule(ground, "Six eyes", approvals=3)
    request = submitted(ground, 10)
    (gloves,) = lines_of(request)
    instead = (Substitute(ground.skus[1], 2),)
    approve(ground.approver, request)
    approve(ground.second_approver, request, lines=[LineDecision(gloves.pk, 4, "Few", substitutes=instead)])
    back = run(withdraw_approval, access=ground.approver, request=request, reason="Too quick")
    assert (back.state, back.version) == ("submitted", 5)
    assert standing(request) == [("Six eyes", 3, (SECOND,))]
    assert [line.approved for line in lines_of(request)] == [4, 2]
    run(withdraw_approval, access=ground.second_approver, request=request)
    rows = [(line.approved, line.closed, line.substituted) for line in lines_of(request)]
    assert rows == [(None, 0, 0)]
    assert [entry[:1] + entry[4:] for entry in history(request)[-2:]] == [
        ("withdraw_approval", "Too quick", APPROVER),
        ("withdraw_approval", "1 approval withdrawn; no longer substituted: 2 × MASKS", SECOND),
    ]
    assert Approval.objects.filter(withdrawn_at__isnull=False).count() == 2
    approve(ground.approver, request)
    assert standing(request) == [("Six eyes", 3, (APPROVER,))]
    assert sound()


def test_only_ones_own_approval_is_taken_back_and_only_until_the_last(ground: Ground) -> None:
    make_rule(ground, "Four eyes", approvals=2)
    request = submitted(ground)
    approve(ground.approver, request)
    refused(
        Conflict, "NOT_APPROVED_BY_YOU", withdraw_approval, access=ground.second_approver, request=request
    )
    refused(Forbidden, "PERMISSION_DENIED", withdraw_approval, access=ground.picker, request=request)
    approve(ground.second_approver, request)
    refused(Conflict, "INVALID_TRANSITION", withdraw_approval, access=ground.approver, request=request)
    assert request.state == RequestState.SUBMITTED


def test_a_rule_whose_approvers_are_gone_asks_nobody_else_in_their_place(ground: Ground) -> None:
    rule = run(
        create_approval_rule,
        access=access_of_system(ground.organization),
        name="The second one",
        approvers=[ground.people["second_approver"]],
    )
    request = submitted(ground)
    ground.people["second_approver"].delete()
    refusal = refused(
        Forbidden,
        "APPROVAL_NOT_NEEDED_FROM_YOU",
        approve_request,
        access=ground.approver,
        request=request,
    )
    assert "an account that is gone" in refusal.detail
    assert not pending_for(ground.approver).exists()
    run(change_approval_rule, access=access_of_system(ground.organization), rule=rule, approvers=[])
    assert pending_for(ground.approver).get() == request
    assert approve(ground.approver, request).state == RequestState.APPROVED
