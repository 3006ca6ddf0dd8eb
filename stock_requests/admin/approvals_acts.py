"""What an approver does on the queue's page, read from a form and done through the business functions.

Each act tells what it has done in a few words, and how that is undone: `Told`, which also goes into the session.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from django.http import QueryDict
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.timesince import timesince

from inventory.models.sku import MAXIMUM_QUANTITY
from stock_requests.admin.approvals_detail import Change, changes_since
from stock_requests.admin.approvals_once import claimed, once
from stock_requests.approvals.snoozes import snooze, wake
from stock_requests.decisions.approving import (
    LineDecision,
    approve_request,
    reject_request,
    withdraw_approval,
)
from stock_requests.decisions.bulk import MOST_AT_ONCE, Outcome, approve_many
from stock_requests.decisions.rollbacks import rollback_request
from stock_requests.models import Remainder, RequestLine, RequestState, StockRequest
from stock_requests.rights import WRITE, find_request
from stock_requests.states import require_version
from warehouses import transactions
from warehouses.access import Access
from warehouses.models import User
from warehouses.refusals import InvalidInput, Problem, Refusal

__all__ = ["CUT_REASONS", "REJECT_REASONS", "Faults", "Told", "act", "refused"]

#: What a session and a kept form hold: JSON only. `text`, `is_alert`, `undo` ([[id, version], …]), `skipped`.
Told = dict[str, Any]

#: Chosen by the digits 1 to 9.
REJECT_REASONS: Final = (
    "Not enough stock",
    "Too many asked for",
    "Not needed, or asked for twice",
    "Wrong item",
    "Wrong source or destination",
    "Over the budget",
    "More has to be said about it",
    "Ask again later",
    "Another reason",
)
CUT_REASONS: Final = (
    "Not enough stock",
    "Too many asked for",
    "Kept for others",
    "Comes from elsewhere",
    "Another reason",
)
_OTHER: Final = "Another reason"
_UNDONE: Final = "Undone"
_MOST: Final = 2000
#: Refusals after which there is nothing to decide here any more: the queue goes on, and says why.
_OVER: Final = {
    "INVALID_TRANSITION",
    "STOCK_REQUEST_NOT_FOUND",
    "SELF_APPROVAL",
    "ALREADY_APPROVED",
    "APPROVAL_NOT_NEEDED_FROM_YOU",
    "PERMISSION_DENIED",
}
_BECAME: Final[Mapping[str, str]] = {
    RequestState.DRAFT: "took {name} back to change it",
    RequestState.SUBMITTED: "put {name} back",
    RequestState.APPROVED: "approved {name}",
    RequestState.PICKING: "began to pick {name}",
    RequestState.FULFILLED: "handed {name} over",
    RequestState.REJECTED: "rejected {name}",
    RequestState.CANCELLED: "cancelled {name}",
}


@dataclass(frozen=True, slots=True)
class Faults:
    """Why a form comes back: in general, at which line, and what has changed since it was shown."""

    code: str
    general: list[str] = field(default_factory=list)
    lines: dict[str, str] = field(default_factory=dict)
    changes: list[Change] = field(default_factory=list)
    changed_by: str = ""

    @property
    def is_conflict(self) -> bool:
        return self.code == "VERSION_CONFLICT"


def act(access: Access, post: QueryDict) -> Told:
    """Do what the form says, once for each form. Raises refusals: `refused` says what they mean."""
    deed = post.get("do", "")
    if deed == "undo":
        return _undo(access, post)
    if deed == "bulk":
        told = claimed(access, post.get("token", ""), deed, lambda: _bulk(access, post))
        return told or _told("That is being done already.", is_alert=True)
    if deed not in _DEEDS:
        raise InvalidInput("UNKNOWN_ACT", "Choose what is to be done.")
    request = find_request(access=access, public_id=post.get("request", ""))
    what = f"{deed}:{request.public_id}"
    return once(access, post.get("token", ""), what, lambda: _DEEDS[deed](access, request, post))


def refused(access: Access, request: StockRequest, refusal: Refusal, post: QueryDict) -> Told | Faults:
    """What a refusal means for the page: the request is not to be decided any more, or its form is shown again."""
    if refusal.code == "INVALID_TRANSITION":
        return _told(_decided_meanwhile(request, refusal), is_alert=True, request=request)
    if refusal.code in _OVER:
        return _told(refusal.detail, is_alert=True, request=request)
    faults = Faults(refusal.code)
    if faults.is_conflict:
        lines = list(request.lines.select_related("sku").order_by("position"))
        faults.changes.extend(changes_since(post.get("seen", ""), request, lines))
        return Faults(
            refusal.code, [refusal.detail], changes=faults.changes, changed_by=_who_and_when(refusal)
        )
    keys = [line.public_id for line in _lines_of(request)]
    for problem in refusal.problems:
        if problem.index is not None and problem.index < len(keys) and problem.field in _LINE_FIELDS:
            faults.lines.setdefault(keys[problem.index], problem.detail)
        elif problem.detail not in faults.general:
            faults.general.append(problem.detail)
    if not (faults.general or faults.lines):
        faults.general.append(refusal.detail)
    return faults


_LINE_FIELDS: Final = {"quantity", "requested", "approved", "lineId", "line_id", "sku", None}


def _approve(access: Access, request: StockRequest, post: QueryDict) -> Told:
    is_edited = "edited" in post
    lines = _decisions(request, post) if is_edited else _in_full(request)
    decided = approve_request(
        access=access,
        request=request,
        lines=lines,
        note=_text(post, "note"),
        remainder=_remainder(post) if is_edited else None,
        reason=_reason(post, "cut", CUT_REASONS) if is_edited else "",
        version=_version(post),
    )
    if decided.state == RequestState.SUBMITTED:
        text = f"{decided.name}: your approval counts, more are needed."
    elif is_edited and _is_cut(decided):
        text = f"{decided.name} approved, with less than asked for."
    else:
        text = f"{decided.name} approved."
    return _told(text, request=decided, undo=_undoable(access, [decided]))


def _reject(access: Access, request: StockRequest, post: QueryDict) -> Told:
    reason = _reason(post, "reason", REJECT_REASONS)
    decided = reject_request(access=access, request=request, reason=reason, version=_version(post))
    return _told(f"{decided.name} rejected: {reason}", request=decided, undo=_undoable(access, [decided]))


def _snooze(access: Access, request: StockRequest, post: QueryDict) -> Told:
    tomorrow = access.organization.today() + timedelta(days=1)
    until = datetime.combine(tomorrow, datetime.min.time(), tzinfo=access.organization.zone)
    snooze(access=access, request=request, until=until)
    told = _told(f"{request.name} comes back tomorrow.", request=request, undo=[request])
    return told | {"undo_of": "snooze"}


def _wake(access: Access, request: StockRequest, post: QueryDict) -> Told:
    wake(access=access, request=request)
    return _told(f"{request.name} is back in the queue.", request=request)


_DEEDS: Final = {"approve": _approve, "reject": _reject, "snooze": _snooze, "wake": _wake}


def _bulk(access: Access, post: QueryDict) -> Told:
    wanted: list[tuple[str, int | None]] = []
    named = post.get("matching", "").split() if "all" in post else post.getlist("chosen")
    for name in named[:_MOST]:
        public_id, _, version = name.partition(":")
        wanted.append((public_id, int(version) if version.isascii() and version.isdigit() else None))
    if not wanted:
        return _told("Select requests first.", is_alert=True)
    outcome = Outcome()
    for start in range(0, len(wanted), MOST_AT_ONCE):
        some = approve_many(access=access, wanted=wanted[start : start + MOST_AT_ONCE])
        outcome.approved += some.approved
        outcome.skipped += some.skipped
    number, missed = len(outcome.approved), len(outcome.skipped)
    text = f"{number} approved"
    if missed:
        text += f", {missed} skipped: see why"
    told = _told(f"{text}.", undo=_undoable(access, outcome.approved), is_alert=not number)
    told["skipped"] = [
        {"id": skipped.public_id, "name": skipped.name, "why": skipped.why} for skipped in outcome.skipped
    ]
    return told


def _undoable(access: Access, done: Sequence[StockRequest]) -> list[StockRequest]:
    """Those that the caller may roll back; an approval that others have to join is always one's own to withdraw."""
    return [
        one
        for one in done
        if one.state == RequestState.SUBMITTED or access.covers(WRITE, one.from_warehouse_id)
    ]


def _undo(access: Access, post: QueryDict) -> Told:
    """Take back what was done, each in a transaction of its own, if nothing has happened to it since."""
    back: list[StockRequest] = []
    problems: list[dict[str, str]] = []
    for name in post.getlist("done")[:_MOST]:
        public_id, _, version = name.partition(":")
        seen = int(version) if version.isascii() and version.isdigit() else None
        request = find_request(access=access, public_id=public_id)
        try:
            if post.get("of") == "snooze":
                wake(access=access, request=request)
                back.append(request)
            else:
                back.append(_taken_back(access, request, seen))
        except Refusal as refusal:
            problems.append({"id": public_id, "name": request.name, "why": refusal.detail})
    if len(back) == 1 and not problems:
        return _told(f"Undone: {back[0].name} waits again.", request=back[0])
    if len(problems) == 1 and not back:
        told = _told(f"{problems[0]['name']} cannot be undone: {problems[0]['why']}", is_alert=True)
    else:
        text = f"Undone: {len(back)} wait again"
        told = _told(f"{text}, {len(problems)} stay: see why." if problems else f"{text}.")
        told["skipped"] = problems
    return told


def _taken_back(access: Access, request: StockRequest, version: int | None) -> StockRequest:
    """One step back by a compensating event. An approval that others have to join is withdrawn."""
    act_back = withdraw_approval if request.state == RequestState.SUBMITTED else rollback_request
    condition = require_version(version)
    return transactions.run(
        lambda: act_back(access=access, request=request, reason=_UNDONE, condition=condition)
    )


def _in_full(request: StockRequest) -> list[LineDecision]:
    """Every line, so that a refusal names those it is about."""
    return [
        LineDecision(line.pk, line.requested if line.approved is None else line.approved, index=index)
        for index, line in enumerate(_lines_of(request))
    ]


def _decisions(request: StockRequest, post: QueryDict) -> list[LineDecision]:
    """What the form says of each line. Raises InvalidInput `INVALID_QUANTITY`, at every line that is wrong."""
    decisions: list[LineDecision] = []
    problems: list[Problem] = []
    for index, line in enumerate(_lines_of(request)):
        typed = post.get(f"quantity-{line.public_id}")
        if typed is None:
            continue  # not on the form that was sent; the version says so too
        typed = typed.strip()
        if not (typed.isascii() and typed.isdigit() and int(typed[:12]) <= MAXIMUM_QUANTITY):
            words = "Enter a whole number of units, 0 or more."
            problems.append(Problem("INVALID_QUANTITY", words, index, "quantity"))
            continue
        decisions.append(LineDecision(line.pk, int(typed), index=index))
    if problems:
        raise InvalidInput("INVALID_QUANTITY", "Some quantities are no numbers.", problems=problems)
    return decisions


def _lines_of(request: StockRequest) -> Sequence[RequestLine]:
    return list(request.lines.order_by("position"))


def _is_cut(request: StockRequest) -> bool:
    return any((line.approved or 0) < line.requested for line in _lines_of(request))


def _remainder(post: QueryDict) -> Remainder | None:
    found = post.get("remainder", "")
    return Remainder(found) if found in Remainder.values else None


def _reason(post: QueryDict, name: str, reasons: Sequence[str]) -> str:
    """The reason of the list by its digit, and what was written beside it."""
    digit, text = post.get(name, ""), _text(post, f"{name}-text")
    chosen = reasons[int(digit) - 1] if digit in {str(one) for one in range(1, len(reasons) + 1)} else ""
    if chosen == _OTHER:
        return text
    return f"{chosen}: {text}" if chosen and text else chosen or text


def _text(post: QueryDict, name: str) -> str:
    return post.get(name, "").replace("\x00", "").strip()


def _version(post: QueryDict) -> int | None:
    found = post.get("version", "")
    if not (found.isascii() and found.isdigit() and len(found) < 10):
        raise InvalidInput("INVALID_VERSION", "Open the request again: the form does not say what was seen.")
    return int(found)


def _decided_meanwhile(request: StockRequest, refusal: Refusal) -> str:
    state, by = str(refusal.extra.get("state")), refusal.extra.get("by")
    if state not in _BECAME or not by:
        return refusal.detail
    words = _BECAME[state].format(name=request.name)
    return f"{_who_and_when(refusal, words)}."


def _who_and_when(refusal: Refusal, words: str = "changed it") -> str:
    """Such as "Ben approved SR-00012 2 minutes ago"."""
    by, at = refusal.extra.get("by"), parse_datetime(str(refusal.extra.get("at")))
    person = User.objects.filter(email__iexact=str(by)).first()
    told = f"{person.get_full_name() if person else by or 'Somebody'} {words}"
    if at is None:
        return told
    ago = timesince(at, timezone.now(), depth=1).replace("\xa0", " ")
    return f"{told} just now" if ago.startswith("0") else f"{told} {ago} ago"


def _told(
    text: str,
    *,
    is_alert: bool = False,
    request: StockRequest | None = None,
    undo: Sequence[StockRequest] = (),
) -> Told:
    return {
        "text": text,
        "is_alert": is_alert,
        "request": request.public_id if request is not None else "",
        "undo": [f"{one.public_id}:{one.version}" for one in undo],
        "undo_of": "",
        "skipped": [],
    }
