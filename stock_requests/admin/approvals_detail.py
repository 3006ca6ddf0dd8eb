"""One request as its approver sees it: what is asked, what that leaves, who else has said what."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.utils import timezone
from django.utils.formats import date_format

from inventory.history import history_of
from inventory.models import StateChange
from stock_requests.approvals.delegations import in_force
from stock_requests.approvals.standing import Standing, standings_of
from stock_requests.figures import Figures, figures_of
from stock_requests.models import (
    ApprovalRule,
    Comment,
    Delegation,
    Priority,
    RequestLine,
    RequestState,
    StockRequest,
)
from stock_requests.rights import READ, visible_requests
from stock_requests.totals import Totals, totals_of
from stock_requests.wording import destination_of, requester_of
from warehouses.access import Access

__all__ = [
    "Change",
    "Decision",
    "Detail",
    "Limits",
    "changes_since",
    "last_decision",
    "read_detail",
    "read_limits",
    "when",
]

_DECISIONS: Final = (RequestState.APPROVED, RequestState.REJECTED)
_SHOWN_DECISIONS: Final = 3
_VERBS: Final[Mapping[str, str]] = {
    "create": "made it",
    "update": "changed it",
    "add_line": "added a line",
    "submit": "submitted it",
    "approve": "approved it",
    "reject": "rejected it",
    "rollback": "rolled it back",
    "change_line": "changed a line",
    "withdraw_approval": "took an approval back",
    "cancel": "cancelled it",
    "comment": "commented",
    "back_order": "made it, for what was short",
}


@dataclass(frozen=True, slots=True)
class AskedLine:
    """`figures` is None where the caller may not see the stock of the source. `asked` is what is to be decided on.

    `typed` is what stands in its field, and `fault` what is wrong with that.
    """

    line: RequestLine
    figures: Figures | None
    written: str | None = None
    fault: str = ""

    @property
    def is_over(self) -> bool:
        """Whether more is typed than could be promised."""
        units = self.typed.strip()
        is_number = units.isascii() and units.isdigit()
        return self.figures is not None and is_number and int(units[:20]) > self.figures.available

    @property
    def typed(self) -> str:
        return str(self.asked) if self.written is None else self.written

    @property
    def key(self) -> str:
        return self.line.public_id

    @property
    def asked(self) -> int:
        return self.line.requested if self.line.approved is None else self.line.approved


@dataclass(frozen=True, slots=True)
class Decision:
    """What became of an earlier request, and who said so."""

    request: StockRequest
    change: StateChange
    totals: Totals

    @property
    def is_rejection(self) -> bool:
        return self.change.to_state == RequestState.REJECTED


@dataclass(frozen=True, slots=True)
class Happening:
    """A row of the history, in words."""

    change: StateChange

    @property
    def deed(self) -> str:
        return _VERBS.get(self.change.action, self.change.action.replace("_", " "))


@dataclass(frozen=True, slots=True)
class Change:
    """What is not any more as the person saw it."""

    what: str
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class Detail:
    request: StockRequest
    lines: list[AskedLine]
    totals: Totals
    standing: Standing
    comments: list[Comment]
    decisions: list[Decision]
    history: list[Happening]

    @property
    def destination(self) -> str:
        return destination_of(self.request)

    @property
    def requester(self) -> str:
        return requester_of(self.request)

    @property
    def is_partly_approved(self) -> bool:
        return any(asked.line.approved is not None for asked in self.lines)

    @property
    def seen(self) -> str:
        """What is shown here, to be sent along with a decision: what has changed since is told from it."""
        return json.dumps(_content(self.request, [asked.line for asked in self.lines]))


@dataclass(frozen=True, slots=True)
class Limits:
    """Which rules ask for this person by name, and in whose place they decide today."""

    rules: list[str]
    covers: list[Delegation]
    covered_by: list[Delegation]


def read_detail(
    access: Access,
    request: StockRequest,
    *,
    written: Mapping[str, Any] | None = None,
    faults: Mapping[str, str] | None = None,
) -> Detail:
    """The same number of queries, whatever it holds. `request` is one that the caller sees.

    `written` is the form that comes back, `faults` what is wrong with its lines, by their public ids.
    """
    written, faults = written or {}, faults or {}
    lines = list(request.lines.select_related("sku", "sku__product", "substitute_for").order_by("position"))
    figures = figures_of(request, lines) if access.covers(READ, request.from_warehouse_id) else {}
    return Detail(
        request=request,
        lines=[
            AskedLine(
                line,
                figures.get(line.pk),
                written.get(f"quantity-{line.public_id}"),
                faults.get(line.public_id, ""),
            )
            for line in lines
        ],
        totals=totals_of([request.pk])[request.pk],
        standing=standings_of([request])[request.pk],
        comments=list(request.comments.order_by("created_at", "pk")),
        decisions=_decisions(access, request),
        history=[Happening(change) for change in reversed(history_of([request])[request.pk])],
    )


def read_limits(access: Access) -> Limits:
    """Three queries."""
    rules = ApprovalRule.objects.for_organization(access.organization).filter(
        is_active=True, approvers=access.actor.id
    )
    delegations = in_force(access.organization)
    return Limits(
        rules=list(rules.order_by("name").values_list("name", flat=True)),
        covers=list(delegations.filter(delegate=access.actor.id).select_related("delegator")),
        covered_by=list(delegations.filter(delegator=access.actor.id).select_related("delegate")),
    )


def last_decision(access: Access) -> StateChange | None:
    """The newest decision on a request that the caller sees, whoever made it. One query."""
    seen = visible_requests(access=access).values("pk")
    return _decided(access).filter(subject_id__in=seen).order_by("-created_at", "-id").first()


def changes_since(seen: str, request: StockRequest, lines: list[RequestLine]) -> list[Change]:
    """How the request differs from what `Detail.seen` told; nothing where that is no such text."""
    try:
        before = json.loads(seen)
    except ValueError:
        return []
    if not isinstance(before, dict):
        return []
    return _compared(before, _content(request, lines))


def when(instant: datetime) -> str:
    return date_format(timezone.localtime(instant), "j M Y, H:i", use_l10n=False)


def _content(request: StockRequest, lines: list[RequestLine]) -> dict[str, str]:
    """What there is to be compared, in words, under the words for it."""
    found = {
        "From": request.from_warehouse.name,
        "To": destination_of(request),
        "Priority": Priority(request.priority).label,
        "Needed by": date_format(request.needed_by, "j M Y", use_l10n=False) if request.needed_by else "",
        "Note": request.note,
    }
    for line in lines:
        units = line.requested if line.approved is None else line.approved
        found[f"{line.sku.code} (line {line.position})"] = f"{units:,}"
    return found


def _compared(before: Mapping[Any, Any], now: Mapping[str, str]) -> list[Change]:
    names = [*now, *(str(name)[:200] for name in before if name not in now)]
    changes = []
    for name in names:
        old, new = str(before.get(name, ""))[:500], now.get(name, "")
        if old != new:
            changes.append(Change(name, old or "nothing", new or "nothing"))
    return changes


def _decisions(access: Access, request: StockRequest) -> list[Decision]:
    """The newest for the same requester, on requests that the caller sees."""
    if request.requested_by_id is None:
        return []
    others = (
        visible_requests(access=access).filter(requested_by=request.requested_by_id).exclude(pk=request.pk)
    )
    changes = list(
        _decided(access)
        .filter(subject_id__in=others.values("pk"))
        .order_by("-created_at", "-id")[:_SHOWN_DECISIONS]
    )
    keys = {change.subject_id for change in changes}
    requests = others.select_related("from_warehouse").in_bulk(list(keys)) if keys else {}
    totals = totals_of(keys)
    return [
        Decision(requests[change.subject_id], change, totals[change.subject_id])
        for change in changes
        if change.subject_id in requests
    ]


def _decided(access: Access) -> Any:
    return StateChange.objects.for_organization(access.organization).filter(
        subject_type=StockRequest.prefix, from_state=RequestState.SUBMITTED, to_state__in=_DECISIONS
    )
