"""Who is told what of a stock request, in the back office and by e-mail.

Nobody is told of what they did themselves, nor twice of one thing. Each of these runs in the transaction of what it
tells of, and costs a constant number of statements, however many people are told.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import replace
from datetime import datetime
from typing import Final

from django.urls import reverse

from stock_requests.approvals.deciders import deciders_of
from stock_requests.models import Comment, Priority, RequestState, StockRequest
from stock_requests.rights import WRITE
from stock_requests.totals import Totals, totals_of
from stock_requests.wording import destination_of, requester_of
from warehouses.access import Access
from warehouses.models import User
from warehouses.notices import Message, notify, settle
from warehouses.who_may import people_who_may, person_behind

__all__ = [
    "REASONS",
    "tell_approved",
    "tell_cancelled",
    "tell_fulfilled",
    "tell_mentioned",
    "tell_rejected",
    "tell_rolled_back",
    "tell_submitted",
]

_WAITS: Final = "stock_request.waits"
_TO_PICK: Final = "stock_request.to_pick"
_APPROVED: Final = "stock_request.approved"
_REJECTED: Final = "stock_request.rejected"
_ROLLED_BACK: Final = "stock_request.rolled_back"
_CANCELLED: Final = "stock_request.cancelled"
_FULFILLED: Final = "stock_request.fulfilled"
_MENTIONED: Final = "stock_request.mentioned"

_YOURS: Final = "this stock request is yours"
#: Why somebody gets the mail: what `warehouses.notices.reasons` is told when the app is ready.
REASONS: Final = {
    _WAITS: "you may decide on this stock request",
    _APPROVED: _YOURS,
    _REJECTED: _YOURS,
    _ROLLED_BACK: _YOURS,
    _CANCELLED: _YOURS,
    _FULFILLED: _YOURS,
    _MENTIONED: "a comment on this stock request names you",
}


def tell_submitted(*, access: Access, request: StockRequest, at: datetime, reason: str = "") -> None:
    """Tell whoever may decide on it."""
    _ask_for_decision(access, request, at, reason, told="waits for your decision")


def tell_approved(*, access: Access, request: StockRequest, at: datetime, reason: str = "") -> None:
    """Tell the requester, and those who pick at the source, who find it in the back office."""
    _nobody_decides(access, request, at)
    totals = totals_of([request.pk])[request.pk]
    asked = totals.requested - totals.substituted
    some = f"{totals.approved} of {asked} units" if totals.approved != asked else f"{asked} units"
    units = f"{some}, worth {_money(totals, access)}"
    message = Message(
        _APPROVED,
        f"{request.name} is approved",
        _text(f"{_way(request)}: {units}.", _by(access, reason)),
        _page(request),
    )
    told = _tell_requester(message, access, request, at)
    may_request = _people(access, request, WRITE)
    may_move = {person.pk for person in _people(access, request, "inventory.write")}
    pickers = [person for person in may_request if person.pk in may_move and person.pk not in told]
    notify(
        organization=access.organization,
        users=pickers,
        message=replace(message, kind=_TO_PICK, title=f"{request.name} is ready to be picked"),
        at=at,
        by_email=False,
        doer=person_behind(access.actor),
    )


def tell_rejected(*, access: Access, request: StockRequest, at: datetime, reason: str = "") -> None:
    """Tell the requester why."""
    _nobody_decides(access, request, at)
    _tell_outcome(_REJECTED, "is rejected", access, request, at, reason)


def tell_rolled_back(*, access: Access, request: StockRequest, at: datetime, reason: str = "") -> None:
    """Tell the requester, and if it waits for a decision again, whoever may decide."""
    _nobody_picks(access, request, at)
    if request.state == RequestState.SUBMITTED:
        told = "waits for a decision again"
        _tell_outcome(_ROLLED_BACK, told, access, request, at, reason)
        _ask_for_decision(access, request, at, reason, told=told)
        return
    _nobody_decides(access, request, at)
    _tell_outcome(
        _ROLLED_BACK, f"is {request.get_state_display().lower()} again", access, request, at, reason
    )


def tell_cancelled(*, access: Access, request: StockRequest, at: datetime, reason: str = "") -> None:
    """Tell the requester, unless it was they; and whoever had it in their queue is no longer asked."""
    _nobody_picks(access, request, at)
    _nobody_decides(access, request, at)
    _tell_outcome(_CANCELLED, "is cancelled", access, request, at, reason)


def tell_fulfilled(*, access: Access, request: StockRequest, at: datetime, reason: str = "") -> None:
    """Tell the requester."""
    _nobody_picks(access, request, at)
    totals = totals_of([request.pk])[request.pk]
    came = f"{totals.fulfilled} of {totals.requested - totals.substituted} units"
    rest = [
        f"{units} {what}"
        for units, what in ((totals.back_ordered, "back-ordered"), (totals.closed, "not to come"))
        if units
    ]
    message = Message(
        _FULFILLED,
        f"{request.name} is fulfilled",
        _text(f"{_way(request)}: {', '.join([came, *rest])}.", _by(access, reason)),
        _page(request),
    )
    _tell_requester(message, access, request, at)


def tell_mentioned(
    *, access: Access, request: StockRequest, comment: Comment, users: Collection[User], at: datetime
) -> None:
    """Tell those whom a comment calls by name."""
    message = Message(
        _MENTIONED,
        f"{access.actor.name} names you on {request.name}",
        _text(f"{_way(request)}.", comment.text),
        _page(request),
    )
    notify(
        organization=access.organization,
        users=users,
        message=message,
        at=at,
        by_email=True,
        doer=person_behind(access.actor),
    )


# --- what the above is made of


def _ask_for_decision(access: Access, request: StockRequest, at: datetime, reason: str, *, told: str) -> None:
    _nobody_decides(access, request, at)  # what still asks for it is of an earlier version
    totals = totals_of([request.pk])[request.pk]
    asked = totals.requested - totals.substituted
    lines = f"{totals.lines} line{'s' * (totals.lines != 1)}"
    facts = [f"{lines}, {asked} unit{'s' * (asked != 1)}, worth {_money(totals, access)}"]
    if request.priority != Priority.NORMAL:
        facts.append(f"priority {Priority(request.priority).word}")
    if request.needed_by is not None:
        facts.append(f"needed by {request.needed_by:%-d %B %Y}")
    message = Message(
        _WAITS,
        f"{request.name} {told}",
        _text(
            f"{_way(request)}: {'; '.join(facts)}.",
            f"Asked for by {requester_of(request)}{f': {request.note}' if request.note else '.'}",
            _by(access, reason) if reason and reason != request.note else "",
        ),
        _queue(request),
    )
    notify(
        organization=access.organization,
        users=deciders_of(request, organization=access.organization),
        message=message,
        at=at,
        by_email=True,
        doer=person_behind(access.actor),
    )


def _nobody_decides(access: Access, request: StockRequest, at: datetime) -> None:
    """It waits for nobody any more: what told so counts as read, and what was not sent yet is not."""
    settle(organization=access.organization, kind=_WAITS, path=_queue(request), at=at)


def _nobody_picks(access: Access, request: StockRequest, at: datetime) -> None:
    settle(organization=access.organization, kind=_TO_PICK, path=_page(request), at=at)


def _tell_outcome(
    kind: str, told: str, access: Access, request: StockRequest, at: datetime, reason: str
) -> None:
    message = Message(
        kind, f"{request.name} {told}", _text(f"{_way(request)}.", _by(access, reason)), _page(request)
    )
    _tell_requester(message, access, request, at)


def _tell_requester(
    message: Message, access: Access, request: StockRequest, at: datetime
) -> Collection[object]:
    person = request.requested_by
    return notify(
        organization=access.organization,
        users=[person] if person is not None else [],
        message=message,
        at=at,
        by_email=True,
        doer=person_behind(access.actor),
    )


def _people(access: Access, request: StockRequest, permission: str) -> Iterable[User]:
    return people_who_may(
        organization=access.organization, permission=permission, warehouse_id=request.from_warehouse_id
    )


def _way(request: StockRequest) -> str:
    return f"{request.from_warehouse.name} → {destination_of(request)}"


def _by(access: Access, reason: str) -> str:
    return f"{access.actor.name}: {reason}" if reason else f"By {access.actor.name}."


def _money(totals: Totals, access: Access) -> str:
    return f"{totals.value:,.2f} {access.organization.currency}"


def _text(*parts: str) -> str:
    return "\n".join(part for part in parts if part)


def _page(request: StockRequest) -> str:
    return reverse("admin:stock_requests_stockrequest_change", args=[request.pk])


def _queue(request: StockRequest) -> str:
    return f"{reverse('admin:stock_requests_stockrequest_approvals')}?request={request.public_id}"
