"""What a decision tells: subscribers of events, and people, in its own transaction and at its own instant."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import pytest

from inventory.history import history_of
from inventory.models import EventType
from stock_requests.decisions import approving, rollbacks
from stock_requests.decisions.approving import approve_request, reject_request, withdraw_approval
from stock_requests.decisions.rollbacks import cancel_request, rollback_request
from stock_requests.models import StockRequest
from tests.stock_requests.conftest import Ground
from tests.stock_requests.deciding import approve, make_rule, run, submitted
from warehouses.refusals import Refusal

Told = list[tuple[Any, ...]]


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> Told:
    """(what, of which request, in which state, when, why) of all that is told."""
    found: Told = []

    def listen(module: ModuleType, name: str) -> None:
        def hear(kind: EventType | None = None, /, **given: Any) -> None:
            request = given["request"]
            found.append((kind or name, request.pk, request.state, given["at"], given["reason"]))

        monkeypatch.setattr(module, name, hear)

    for name in ("announce_request", "tell_approved", "tell_rejected"):
        listen(approving, name)
    for name in ("tell_cancelled", "tell_rolled_back"):
        listen(rollbacks, name)
    return found


def happened(request: StockRequest) -> Any:
    """When the last act was, by its history."""
    return history_of([request])[request.pk][-1].created_at


def test_an_approval_is_told_once_it_is_complete(ground: Ground, told: Told) -> None:
    make_rule(ground, "Four eyes", approvals=2)
    request = submitted(ground)
    approve(ground.approver, request)
    assert told == []
    done = approve(ground.second_approver, request, note="Fine")
    at = done.decided_at
    assert at == happened(request)
    assert told == [
        (EventType.REQUEST_APPROVED, request.pk, "approved", at, "Fine"),
        ("tell_approved", request.pk, "approved", at, "Fine"),
    ]


def test_a_rejection_is_told_with_its_reason(ground: Ground, told: Told) -> None:
    request = submitted(ground)
    run(reject_request, access=ground.approver, request=request, reason="No")
    at = happened(request)
    assert told == [
        (EventType.REQUEST_REJECTED, request.pk, "rejected", at, "No"),
        ("tell_rejected", request.pk, "rejected", at, "No"),
    ]


def test_a_rollback_and_a_cancellation_are_told(ground: Ground, told: Told) -> None:
    request = submitted(ground)
    run(rollback_request, access=ground.requester, request=request, reason="Wait")
    back = happened(request)
    run(cancel_request, access=ground.requester, request=request, reason="Enough")
    assert told == [
        ("tell_rolled_back", request.pk, "draft", back, "Wait"),
        ("tell_cancelled", request.pk, "cancelled", happened(request), "Enough"),
    ]


def test_an_approval_that_is_taken_back_and_what_is_refused_is_not_told(ground: Ground, told: Told) -> None:
    make_rule(ground, "Four eyes", approvals=2)
    request = submitted(ground)
    approve(ground.approver, request)
    run(withdraw_approval, access=ground.approver, request=request)
    for act, more in ((approve_request, {}), (reject_request, {"reason": "No"}), (rollback_request, {})):
        with pytest.raises(Refusal):
            run(act, access=ground.viewer, request=request, **more)
    assert told == []
