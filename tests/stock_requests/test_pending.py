"""The queue: what somebody may decide on now, which is what `verdict_on` says of each request by itself."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from stock_requests.approvals.pending import pending_for, verdict_on, verdicts_on
from stock_requests.approvals.snoozes import snooze
from stock_requests.approvals.standing import standings_of
from stock_requests.decisions.approving import approve_request, reject_request
from stock_requests.models import RequestSettings, StockRequest
from tests import factories
from tests.stock_requests.conftest import Ground
from tests.stock_requests.deciding import approve, key_access, make_rule, refused, run, submitted
from tests.stock_requests.test_approving_together import stand_in
from tests.stock_requests.test_rollbacks import in_state
from warehouses.access import Access, access_of_system
from warehouses.refusals import Conflict, Forbidden


def queue(access: Access, **more: Any) -> list[str]:
    return sorted(request.name for request in pending_for(access, **more))


def agreed(ground: Ground, access: Access) -> list[str]:
    """The queue, which is what the verdicts on all requests say, and what an approval would be answered with."""
    found = queue(access)
    requests = list(StockRequest.objects.filter(organization=ground.organization).order_by("number"))
    verdicts = verdicts_on(access, requests)
    assert [each.name for each in requests if verdicts[each.pk].may] == found
    for request in requests:
        verdict = verdicts[request.pk]
        if not verdict.may:
            kind = Conflict if verdict.code in {"INVALID_TRANSITION", "ALREADY_APPROVED"} else Forbidden
            refusal = refused(kind, verdict.code, approve_request, access=access, request=request)
            assert verdict.why == refusal.detail
    return found


def test_it_is_what_is_submitted_where_one_may_approve(ground: Ground) -> None:
    for state in ("draft", "approved", "picking", "fulfilled", "rejected", "cancelled"):
        in_state(ground, state)
    mine = submitted(ground)
    from_elsewhere = factories.submitted_request(ground.destination, ground.source, [(ground.skus[0], 1)])
    assert agreed(ground, ground.approver) == [mine.name]
    assert agreed(ground, ground.owner) == [mine.name, from_elsewhere.name]
    for nobody in ("requester", "picker", "viewer"):
        assert agreed(ground, ground.access(nobody)) == []
    assert queue(access_of_system(factories.make_organization("Elsewhere"))) == []
    deleted = factories.make_request(ground.source)
    StockRequest.objects.filter(pk=deleted.pk).update(deleted_at=timezone.now())
    assert queue(ground.approver) == [mine.name]


def test_it_is_not_what_one_asked_for_or_submitted(ground: Ground) -> None:
    submitted(ground, access=ground.owner)
    submitted(ground, submitter=ground.owner)
    other = submitted(ground)
    key = key_access(ground, "stockrequests.approve", maker=ground.people["owner"])
    assert agreed(ground, ground.owner) == agreed(ground, key) == [other.name]
    RequestSettings.objects.create(organization=ground.organization, allows_self_approval=True)
    assert len(agreed(ground, ground.owner)) == 3


def test_a_key_that_nobody_is_behind_has_a_queue(ground: Ground) -> None:
    key = key_access(ground, "stockrequests.read", "stockrequests.write", "stockrequests.approve")
    submitted(ground, access=key)
    submitted(ground, submitter=key)
    submitted(ground, access=key, submitter=ground.requester)
    other = submitted(ground)
    assert agreed(ground, key) == [other.name]


def test_it_is_not_what_waits_for_others(ground: Ground) -> None:
    make_rule(ground, "Boss", ("owner",), minimum_quantity=50)
    make_rule(ground, "Value", ("second_approver",), minimum_value=Decimal(1000))
    drugs = factories.make_category(ground.organization, "Drugs")
    make_rule(ground, "Drugs", ("second_approver",), category=drugs)
    make_rule(ground, "Elsewhere", ("second_approver",), warehouse=ground.destination)
    small, large = submitted(ground, 1), submitted(ground, 50)
    dear = submitted(ground, 1, 1, 200)
    of_category = submitted(ground, 1, category=drugs)
    product = ground.skus[1].product
    product.category = drugs
    product.save()
    with_drugs = submitted(ground, 1, 1)
    assert agreed(ground, ground.approver) == [small.name]
    assert agreed(ground, ground.owner) == [small.name, large.name, dear.name]
    assert agreed(ground, ground.second_approver) == [
        small.name,
        dear.name,
        of_category.name,
        with_drugs.name,
    ]


def test_it_is_what_waits_for_whom_one_stands_in_for(ground: Ground) -> None:
    make_rule(ground, "Boss", ("owner",))
    stand_in(ground, "approver", "owner")
    stand_in(ground, "second_approver", "owner", first=1, last=1)
    request = submitted(ground)
    # The owner's own are not decided in the owner's place, and the rule wants nobody else.
    submitted(ground, access=ground.owner)
    submitted(ground, submitter=ground.owner)
    assert agreed(ground, ground.approver) == [request.name]
    assert agreed(ground, ground.second_approver) == []


def test_who_stands_in_does_so_where_the_other_has_the_right(ground: Ground) -> None:
    ground.people["clinic"] = factories.make_person(
        "clinic@acme.example", {ground.organization: [("Approver", ground.destination)]}
    )
    make_rule(ground, "Clinic", ("clinic",))
    stand_in(ground, "owner", "clinic")
    submitted(ground)
    back = factories.submitted_request(ground.destination, ground.source, [(ground.skus[0], 1)])
    assert agreed(ground, ground.owner) == [back.name]


def test_it_is_what_is_half_approved_and_wants_one_still(ground: Ground) -> None:
    make_rule(ground, "Four eyes", approvals=2)
    make_rule(ground, "Boss", ("owner",), minimum_quantity=50)
    small, large = submitted(ground, 1), submitted(ground, 50)
    approve(ground.approver, small)
    approve(ground.approver, large)
    assert agreed(ground, ground.approver) == []
    assert agreed(ground, ground.second_approver) == [small.name, large.name]
    approve(ground.second_approver, large)
    assert agreed(ground, ground.second_approver) == [small.name]
    assert agreed(ground, ground.owner) == [small.name, large.name]
    run(reject_request, access=ground.owner, request=large, reason="No")
    assert agreed(ground, ground.owner) == [small.name]


def test_what_a_rule_that_fell_has_left_behind_is_everybodys(ground: Ground) -> None:
    rule = make_rule(ground, "Four eyes", approvals=2)
    request = submitted(ground)
    approve(ground.approver, request)
    rule.delete()
    for who in ("approver", "second_approver", "owner"):
        assert agreed(ground, ground.access(who)) == [request.name]


def test_what_one_has_put_off_is_left_out_where_that_is_asked(ground: Ground) -> None:
    request, other = submitted(ground), submitted(ground)
    run(snooze, access=ground.approver, request=request, until=timezone.now() + timedelta(hours=1))
    assert queue(ground.approver) == [request.name, other.name]
    assert queue(ground.approver, with_snoozed=False) == [other.name]
    assert queue(ground.owner, with_snoozed=False) == [request.name, other.name]


@pytest.mark.parametrize(
    ("who", "code"),
    [
        ("requester", "PERMISSION_DENIED"),
        ("picker", "PERMISSION_DENIED"),
        ("approver", "APPROVAL_NOT_NEEDED_FROM_YOU"),
        ("owner", ""),
    ],
)
def test_the_verdict_says_why_not(ground: Ground, who: str, code: str) -> None:
    make_rule(ground, "Boss", ("owner",))
    verdict = verdict_on(ground.access(who), submitted(ground))
    assert (verdict.may, verdict.code, bool(verdict.why)) == (not code, code, bool(code))


# --- how many questions it takes


def counted(act: Any) -> int:
    with CaptureQueriesContext(
        connection,
    ) as queries:
        act()
    return len(queries)


def scene(ground: Ground, number: int) -> None:
    """So many untouched requests, so many half approved ones, and rules of all kinds."""
    for _ in range(number):
        submitted(ground, 1)
        approve(ground.second_approver, submitted(ground, 60))


@pytest.fixture
def ruled(ground: Ground) -> Ground:
    make_rule(ground, "Four eyes", approvals=2, minimum_value=Decimal(100))
    make_rule(ground, "Boss", ("owner",), minimum_quantity=50)
    stand_in(ground, "approver", "owner")
    return ground


@pytest.mark.parametrize("number", [1, 3, 40])
def test_the_queue_takes_the_same_number_of_queries_whatever_waits(ruled: Ground, number: int) -> None:
    scene(ruled, number)
    access = ruled.approver
    assert counted(lambda: list(pending_for(access))) == 17
    assert len(pending_for(access)) == 2 * number


@pytest.mark.parametrize("number", [1, 3, 40])
def test_standings_and_verdicts_take_the_same_number_of_queries(ruled: Ground, number: int) -> None:
    scene(ruled, number)
    requests = list(StockRequest.objects.select_related("from_warehouse"))
    assert len(requests) == 2 * number
    assert counted(lambda: standings_of(requests)) == 14
    access = ruled.approver
    assert counted(lambda: verdicts_on(access, requests)) == 15


def test_of_no_requests_there_are_no_standings() -> None:
    assert standings_of([]) == {}


def test_standings_are_of_one_organization(ground: Ground) -> None:
    elsewhere = factories.make_organization("Elsewhere")
    place = factories.make_warehouse(elsewhere)
    other = factories.submitted_request(place, None, [(factories.make_sku(elsewhere), 1)])
    with pytest.raises(ValueError, match="several organizations"):
        standings_of([submitted(ground), other])
