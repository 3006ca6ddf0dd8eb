"""Stock requests that several people decide on at once: one decision holds, and who was late is told whose it was."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from inventory.ledger import posting, rows
from inventory.models import Reservation, StockLevel
from inventory.verification import verify
from stock_requests.approvals import delegations
from stock_requests.approvals.delegations import create_delegation
from stock_requests.approvals.snoozes import snooze
from stock_requests.decisions import approving
from stock_requests.decisions.approving import approve_request, reject_request, withdraw_approval
from stock_requests.decisions.bulk import Outcome, approve_many
from stock_requests.decisions.rollbacks import cancel_request, rollback_request
from stock_requests.drafting import ChangedLine, update_request
from stock_requests.fulfilment import pick_request
from stock_requests.models import Approval, Delegation, RequestState, Snooze, StockRequest
from tests.races import faults
from tests.races.sessions import Other, wait_until_somebody_waits
from tests.stock_requests import conftest as requesting
from tests.stock_requests.conftest import Ground
from tests.stock_requests.deciding import approve, history, lines_of, make_rule, submitted
from warehouses import transactions
from warehouses.access import Access
from warehouses.refusals import Conflict, Refusal

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.postgresql]

AtOnce = Callable[..., list[Any]]
Work = Callable[[], Any]

ground = requesting.ground
TIMES = 6
APPROVER, SECOND = "approver@acme.example", "second.approver@acme.example"
REQUESTER = "requester@acme.example"


@pytest.fixture
def no_locks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither the request nor the stock is locked, as in `tests.races.faults`; put back after the test."""
    for owner, name in (
        (QuerySet, "select_for_update"),
        (rows, "lock_levels"),
        (rows, "_lock"),
        (posting, "_write"),
    ):
        monkeypatch.setattr(owner, name, getattr(owner, name))
    faults._lock_no_document()


def outcome(work: Work) -> str:
    """ "done", or the code of the refusal."""
    try:
        transactions.run(work)
    except Refusal as refusal:
        return refusal.code
    return "done"


def one_after_the_other(first: Work, second: Work) -> tuple[Any, Any]:
    """What both came to, the second of which began while the first was not committed, and waited for it."""
    with transaction.atomic():
        done = first()
        other = Other(partial(transactions.run, second))
        wait_until_somebody_waits()
    try:
        return done, other.result()
    except Refusal as refusal:
        return done, refusal


def approving_as(access: Access, request: StockRequest) -> Work:
    return partial(approve_request, access=access, request=request, version=request.version)


def rejecting_as(access: Access, request: StockRequest) -> Work:
    return partial(reject_request, access=access, request=request, reason="No", version=request.version)


def editing_as(access: Access, request: StockRequest) -> Work:
    """One unit more of the first line."""
    first, *rest = lines_of(request)
    lines = [ChangedLine(first.pk, None, first.requested + 1)]
    lines += [ChangedLine(line.pk, None, line.requested) for line in rest]
    return partial(update_request, access=access, request=request, changes={"lines": lines})


def cancelling_as(access: Access, request: StockRequest) -> Work:
    return partial(cancel_request, access=access, request=request)


def promised(ground: Ground) -> list[int]:
    levels = dict(StockLevel.objects.filter(warehouse=ground.source).values_list("sku", "reserved"))
    return [levels[sku.pk] for sku in ground.skus]


def assert_told(refusal: object, code: str, request: StockRequest, *, by: str) -> None:
    """Who was faster, when, and what has become of it."""
    assert isinstance(refusal, Conflict), refusal
    assert (refusal.code, refusal.extra["by"]) == (code, by), refusal.detail
    request.refresh_from_db()
    if code == "INVALID_TRANSITION":
        assert refusal.extra["state"] == request.state
    assert by in refusal.detail
    assert refusal.extra["at"] in refusal.detail or code == "VERSION_CONFLICT"


def test_approved_by_two_at_once_it_is_approved_once(ground: Ground) -> None:
    request = submitted(ground)
    _done, refusal = one_after_the_other(
        approving_as(ground.approver, request), approving_as(ground.second_approver, request)
    )
    assert_told(refusal, "INVALID_TRANSITION", request, by=APPROVER)
    assert promised(ground) == [10, 20, 30]
    assert Approval.objects.count() == 1
    assert list(verify()) == []


def test_approved_and_rejected_at_once_it_is_one_of_them(ground: Ground) -> None:
    for first, second, state in (
        (approving_as, rejecting_as, "approved"),
        (rejecting_as, approving_as, "rejected"),
    ):
        request = submitted(ground, 1)
        _done, refusal = one_after_the_other(
            first(ground.approver, request), second(ground.second_approver, request)
        )
        assert_told(refusal, "INVALID_TRANSITION", request, by=APPROVER)
        assert request.state == state
    assert promised(ground) == [1, 0, 0]
    assert list(verify()) == []


def test_a_request_that_is_edited_meanwhile_is_not_approved_unseen(ground: Ground) -> None:
    request = submitted(ground)
    _done, refusal = one_after_the_other(
        editing_as(ground.requester, request), approving_as(ground.approver, request)
    )
    assert_told(refusal, "VERSION_CONFLICT", request, by=REQUESTER)
    assert (request.state, promised(ground)) == ("submitted", [0, 0, 0])
    assert approve(ground.approver, request, version=request.version).state == "approved"
    assert promised(ground) == [11, 20, 30]


def test_a_request_that_is_approved_meanwhile_is_not_edited(ground: Ground) -> None:
    request = submitted(ground)
    _done, refusal = one_after_the_other(
        approving_as(ground.approver, request), editing_as(ground.requester, request)
    )
    assert_told(refusal, "INVALID_TRANSITION", request, by=APPROVER)
    assert [line.requested for line in lines_of(request)] == [10, 20, 30]
    assert list(verify()) == []


def test_without_the_version_it_would_be_approved_unseen(
    ground: Ground, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(approving, "require_version", lambda version: lambda locked: None)
    request = submitted(ground)
    _done, approved = one_after_the_other(
        editing_as(ground.requester, request), approving_as(ground.approver, request)
    )
    assert approved.state == "approved"
    assert promised(ground) == [11, 20, 30]


def test_a_request_that_is_called_off_is_not_approved(ground: Ground) -> None:
    request = submitted(ground)
    _done, refusal = one_after_the_other(
        cancelling_as(ground.requester, request), approving_as(ground.approver, request)
    )
    assert_told(refusal, "INVALID_TRANSITION", request, by=REQUESTER)
    assert (request.state, promised(ground)) == ("cancelled", [0, 0, 0])


def test_a_request_that_is_approved_meanwhile_is_called_off_with_what_it_was_promised(ground: Ground) -> None:
    request = submitted(ground)
    _done, cancelled = one_after_the_other(
        approving_as(ground.approver, request), cancelling_as(ground.requester, request)
    )
    assert (cancelled.state, promised(ground)) == ("cancelled", [0, 0, 0])
    assert set(Reservation.objects.values_list("state", flat=True)) == {"released"}
    assert list(verify()) == []


def test_an_approval_is_taken_back_or_picked(ground: Ground) -> None:
    def picking_as(access: Access, request: StockRequest) -> Work:
        return partial(pick_request, access=access, request=request)

    def going_back_as(access: Access, request: StockRequest) -> Work:
        return partial(rollback_request, access=access, request=request)

    for first, second, state, left in (
        (picking_as, going_back_as, "picking", 1),
        (going_back_as, picking_as, "submitted", 0),
    ):
        request = approve(ground.approver, submitted(ground, 1))
        before = promised(ground)[0]
        _done, refusal = one_after_the_other(first(ground.picker, request), second(ground.owner, request))
        assert_told(refusal, "INVALID_TRANSITION", request, by="picker@acme.example")
        assert (request.state, promised(ground)[0] - before) == (state, left - 1)
    assert list(verify()) == []


def test_of_two_requests_for_the_same_last_units_one_gets_them(ground: Ground) -> None:
    first, second = submitted(ground, 60), submitted(ground, 41)
    _done, refusal = one_after_the_other(
        approving_as(ground.approver, first), approving_as(ground.second_approver, second)
    )
    assert isinstance(refusal, Conflict)
    assert (refusal.code, refusal.extra["available"]) == ("STOCK_UNAVAILABLE", 40)
    second.refresh_from_db()
    assert (second.state, second.version, len(history(second))) == ("submitted", 2, 2)
    assert (promised(ground), Approval.objects.count()) == ([60, 0, 0], 1)
    assert list(verify()) == []


def test_of_a_quorum_that_approves_at_once_the_last_completes_it(ground: Ground) -> None:
    make_rule(ground, "Four eyes", approvals=2)
    request = submitted(ground)
    # Both have seen the same version: without naming it, the second approves what the first has left of it.
    done, completed = one_after_the_other(
        partial(approve_request, access=ground.approver, request=request),
        partial(approve_request, access=ground.second_approver, request=request),
    )
    assert (done.state, completed.state) == ("submitted", "approved")
    assert promised(ground) == [10, 20, 30]
    assert [entry[:3] for entry in history(request)[2:]] == [
        ("approve", "submitted", "submitted"),
        ("approve", "submitted", "approved"),
    ]
    assert list(verify()) == []


def test_of_a_quorum_that_names_the_same_version_the_second_looks_again(ground: Ground) -> None:
    """The first may have cut a line."""
    make_rule(ground, "Four eyes", approvals=2)
    request = submitted(ground)
    _done, refusal = one_after_the_other(
        approving_as(ground.approver, request), approving_as(ground.second_approver, request)
    )
    assert_told(refusal, "VERSION_CONFLICT", request, by=APPROVER)


def test_one_of_a_quorum_who_approves_twice_at_once_is_one(ground: Ground) -> None:
    make_rule(ground, "Four eyes", approvals=2)
    request = submitted(ground)
    work = partial(approve_request, access=ground.approver, request=request)
    _done, refusal = one_after_the_other(work, work)
    assert isinstance(refusal, Conflict)
    assert (refusal.code, refusal.extra["by"]) == ("ALREADY_APPROVED", APPROVER)
    assert Approval.objects.count() == 1


def test_an_approval_that_is_taken_back_meanwhile_completes_nothing(ground: Ground) -> None:
    make_rule(ground, "Four eyes", approvals=2)
    request = submitted(ground)
    approve(ground.approver, request)
    _done, second = one_after_the_other(
        partial(withdraw_approval, access=ground.approver, request=request),
        partial(approve_request, access=ground.second_approver, request=request),
    )
    assert (second.state, promised(ground)) == ("submitted", [0, 0, 0])


def test_many_at_once_and_a_single_approval(ground: Ground, at_once: AtOnce) -> None:
    """Two who approve all of the queue, and one who goes through it: each request is approved once."""
    requests = [submitted(ground, 2) for _ in range(8)]
    wanted = [(request.public_id, request.version) for request in requests]

    def in_bulk(access: Access, order: int) -> Outcome:
        return approve_many(access=access, wanted=wanted[::order])

    works: list[Work] = [partial(in_bulk, ground.approver, 1), partial(in_bulk, ground.second_approver, -1)]
    works += [partial(outcome, approving_as(ground.owner, request)) for request in requests]
    first, second, *single = at_once(lambda work: work(), works)
    approved = [request.pk for each in (first, second) for request in each.approved]
    approved += [request.pk for request, told in zip(requests, single, strict=True) if told == "done"]
    assert sorted(approved) == sorted(request.pk for request in requests)
    late = [skipped for each in (first, second) for skipped in each.skipped]
    assert {skipped.code for skipped in late} | set(single) <= {"INVALID_TRANSITION", "done"}
    assert all("@acme.example" in skipped.why for skipped in late)
    assert promised(ground) == [16, 0, 0]
    assert list(verify()) == []


def test_approved_by_many_at_once(ground: Ground, at_once: AtOnce) -> None:
    request = submitted(ground)
    works = [approving_as(access, request) for access in (ground.approver, ground.owner) * (TIMES // 2)]
    answers = at_once(outcome, works)
    assert Counter(answers) == {"done": 1, "INVALID_TRANSITION": TIMES - 1}
    assert (promised(ground), Approval.objects.count()) == ([10, 20, 30], 1)
    assert list(verify()) == []


@pytest.mark.usefixtures("no_locks")
def test_without_the_locks_it_would_be_approved_twice(ground: Ground, at_once: AtOnce) -> None:
    """Or the database's own constraints stop the second, and nobody tells them that it is done."""
    request = submitted(ground)
    works = [approving_as(access, request) for access in (ground.approver, ground.owner)]
    answers = at_once(careless, works)
    assert Counter(answers) != {"done": 1, "INVALID_TRANSITION": 1}
    assert Approval.objects.count() == 2 or list(verify()) != []


@pytest.mark.usefixtures("no_locks")
def test_without_the_locks_it_would_be_approved_and_rejected(ground: Ground, at_once: AtOnce) -> None:
    answers = []
    for _ in range(4):
        request = submitted(ground, 1)
        works = [approving_as(ground.approver, request), rejecting_as(ground.second_approver, request)]
        answers.append(at_once(careless, works))
    assert ["done", "done"] in answers


@pytest.mark.usefixtures("no_locks")
def test_without_the_locks_more_would_be_promised_than_there_is(ground: Ground, at_once: AtOnce) -> None:
    requests = [submitted(ground, 60) for _ in range(2)]
    answers = at_once(careless, [approving_as(ground.approver, request) for request in requests])
    assert answers == ["done", "done"]
    assert sum(Reservation.objects.values_list("open", flat=True)) == 120
    assert list(verify()) != []


@pytest.mark.usefixtures("no_locks")
def test_without_the_locks_a_quorum_would_wait_for_ever(ground: Ground, at_once: AtOnce) -> None:
    """Each of the two sees itself as the first."""
    make_rule(ground, "Four eyes", approvals=2)
    requests = [submitted(ground, 1) for _ in range(4)]
    for request in requests:
        works = [
            partial(approve_request, access=access, request=request)
            for access in (ground.approver, ground.second_approver)
        ]
        at_once(careless, works)
    waiting = StockRequest.objects.filter(state=RequestState.SUBMITTED)
    assert any(request.approvals.count() == 2 for request in waiting)


def careless(work: Work) -> str:
    """As `outcome`, and without the database's own word against it."""
    try:
        return outcome(work)
    except Exception as error:  # noqa: BLE001 - whatever a broken product comes to
        return type(error).__name__


def test_the_same_delegation_at_once_is_one(ground: Ground, at_once: AtOnce) -> None:
    assert race_to_delegate(ground, at_once) == {"done": 1, "DELEGATION_OVERLAPS": TIMES - 1}
    assert Delegation.objects.count() == 1


def test_without_the_lock_it_would_be_several(
    ground: Ground, at_once: AtOnce, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delegations, "lock_organization", lambda organization: None)
    for _ in range(5):
        Delegation.objects.all().delete()
        if race_to_delegate(ground, at_once)["done"] > 1:
            return
    raise AssertionError("never more than one")


def race_to_delegate(ground: Ground, at_once: AtOnce) -> Counter[str]:
    today = ground.organization.today()
    work = partial(
        create_delegation,
        access=ground.owner,
        delegator=ground.people["owner"],
        delegate=ground.people["approver"],
        starts_on=today,
        ends_on=today + timedelta(days=1),
    )
    return Counter(at_once(outcome, [work] * TIMES))


def test_put_off_twice_at_once_it_is_put_off(ground: Ground, at_once: AtOnce) -> None:
    request = submitted(ground)
    soon = timezone.now() + timedelta(hours=1)
    work = partial(snooze, access=ground.approver, request=request, until=soon)
    assert Counter(at_once(outcome, [work] * TIMES)) == {"done": TIMES}
    assert Snooze.objects.count() == 1
