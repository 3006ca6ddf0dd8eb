"""Requests put off in somebody's queue."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from stock_requests.approvals.pending import pending_for
from stock_requests.approvals.snoozes import snooze, wake
from stock_requests.models import Snooze
from tests.stock_requests.conftest import Ground
from tests.stock_requests.deciding import approve, history, key_access, refused, run, submitted
from warehouses.refusals import Conflict, Forbidden, RuleBroken

HOUR = timedelta(hours=1)


def test_a_request_is_put_off_for_one_person_until_then(
    ground: Ground, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = submitted(ground)
    now = timezone.now()
    run(snooze, access=ground.approver, request=request, until=now + HOUR)
    run(snooze, access=ground.approver, request=request, until=now + 2 * HOUR)
    assert Snooze.objects.get().until == now + 2 * HOUR
    assert not pending_for(ground.approver, with_snoozed=False).exists()
    assert pending_for(ground.second_approver, with_snoozed=False).exists()
    monkeypatch.setattr(timezone, "now", lambda: now + 2 * HOUR)
    assert pending_for(ground.approver, with_snoozed=False).exists()
    # Nobody else notices: neither its version nor its history tells of it.
    request.refresh_from_db()
    assert (request.version, len(history(request))) == (2, 2)


def test_a_request_is_shown_again_when_it_is_woken(ground: Ground) -> None:
    request = submitted(ground)
    for access in (ground.approver, ground.second_approver):
        run(snooze, access=access, request=request, until=timezone.now() + HOUR)
    run(wake, access=ground.approver, request=request)
    run(wake, access=ground.approver, request=request)
    assert Snooze.objects.get().user == ground.people["second_approver"]


def test_what_cannot_be_put_off(ground: Ground) -> None:
    request = submitted(ground)
    soon = timezone.now() + HOUR
    refusal = refused(
        *(RuleBroken, "SNOOZED_INTO_PAST", snooze),
        access=ground.approver,
        request=request,
        until=timezone.now() - HOUR,
    )
    assert refusal.problems[0].field == "until"
    for nobody in (ground.picker, ground.requester, key_access(ground, "stockrequests.approve")):
        for act, more in ((snooze, {"until": soon}), (wake, {})):
            refused(Forbidden, "PERMISSION_DENIED", act, access=nobody, request=request, **more)
    decided = approve(ground.approver, submitted(ground))
    refused(
        *(Conflict, "INVALID_TRANSITION", snooze),
        access=ground.approver,
        request=decided,
        until=soon,
    )
    assert not Snooze.objects.exists()
