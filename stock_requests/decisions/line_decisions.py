"""What an approver makes of the lines of a request: so many units, others instead, and what becomes of the rest."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from inventory.history import Entry, shortened
from inventory.models import Sku
from inventory.models.sku import MAXIMUM_QUANTITY
from stock_requests.drafting import MOST_LINES
from stock_requests.drafting.lines import line_not_found
from stock_requests.models import Remainder, RequestLine, StockRequest
from warehouses.identifiers import new_id
from warehouses.models import Organization
from warehouses.refusals import InvalidInput, NotFound, Problem, Refusal, RuleBroken, gather

__all__ = ["Decided", "LineDecision", "Substitute", "decide"]

_MOST_SUBSTITUTES: Final = 10
_LONGEST_REASON: Final = 200


@dataclass(frozen=True, slots=True)
class Substitute:
    """So many units of another SKU, in the place of as many of the line's."""

    sku: Sku
    quantity: int


@dataclass(frozen=True, slots=True)
class LineDecision:
    """`quantity` of the line are approved, 0 for none of it, and `substitutes` for others of it.

    What is left of it comes to the `remainder`, for a `reason`; where they are not given, those of the whole approval
    hold. `index` is the row of the request's body, for the problems of a refusal.
    """

    line_id: UUID | None
    quantity: int
    reason: str = ""
    remainder: Remainder | None = None
    substitutes: Sequence[Substitute] = ()
    index: int = 0


@dataclass(frozen=True, slots=True)
class Decided:
    """The lines as they are now, those of new substitutes last, and the row of the body that each came from.

    `entries` tell the history what was cut or replaced, and why.
    """

    lines: Sequence[RequestLine]
    added: Sequence[RequestLine]
    rows: Sequence[int | None]
    entries: Sequence[Entry]

    @property
    def units(self) -> int:
        return sum(line.approved or 0 for line in self.lines)


def decide(
    *,
    organization: Organization,
    request: StockRequest,
    lines: Sequence[RequestLine],
    decisions: Sequence[LineDecision],
    remainder: Remainder | None,
    reason: str,
) -> Decided:
    """Set what is approved of each of `lines`, all that were asked for or approved so far where no decision names it.

    Changes the records at hand, and writes nothing. Raises, of several bad rows one refusal with every problem,
    NotFound `REQUEST_LINE_NOT_FOUND`, `INVENTORY_NOT_FOUND`; InvalidInput `INVALID_QUANTITY`, `INVALID_REQUEST`;
    RuleBroken `DUPLICATE_ROW`, `MORE_THAN_REQUESTED`, `MORE_THAN_APPROVED` (by whoever approved before),
    `SAME_SKU` (as a substitute of itself), `REASON_REQUIRED`; once all rows are good, RuleBroken `NOTHING_APPROVED`,
    `TOO_MANY_LINES` (with the substitutes: no transfer would take them).
    """
    named = _named(organization, lines, decisions, reason)
    added: list[RequestLine] = []
    origins: list[int] = []
    entries: list[Entry] = []
    position = max((line.position for line in lines), default=0)
    for line in lines:
        decision = named.get(line.pk)
        ceiling = _ceiling(line)
        if decision is None or decision.quantity == ceiling:
            line.approved = ceiling
            continue
        line.approved = decision.quantity
        line.change_reason = decision.reason or reason
        replaced = sum(substitute.quantity for substitute in decision.substitutes)
        rest = ceiling - decision.quantity - replaced
        outcome = decision.remainder or remainder or Remainder.CLOSED
        line.substituted += replaced
        if outcome == Remainder.BACK_ORDER:
            line.back_ordered += rest
        else:
            line.closed += rest
        for substitute in decision.substitutes:
            position += 1
            added.append(_added(request, line, substitute, position))
            origins.append(decision.index)
        entries.append(_entry(request, line, ceiling, decision.substitutes, rest, outcome))
    rows = [named[line.pk].index if line.pk in named else None for line in lines]
    decided = Decided([*lines, *added], added, [*rows, *origins], entries)
    if not decided.units:
        detail = f"Nothing of {request.name} would be left: reject it instead."
        raise RuleBroken("NOTHING_APPROVED", detail, problems=[Problem("NOTHING_APPROVED", detail)])
    if added and len(decided.lines) > MOST_LINES:
        detail = f"With its substitutes {request.name} has {len(decided.lines)} lines; it has at most {MOST_LINES}."
        raise RuleBroken(
            "TOO_MANY_LINES", detail, problems=[Problem("TOO_MANY_LINES", detail, field="lines")]
        )
    return decided


def _ceiling(line: RequestLine) -> int:
    """No more than was asked for, and than was approved so far: an earlier yes was to no more."""
    return line.requested if line.approved is None else line.approved


def _named(
    organization: Organization,
    lines: Sequence[RequestLine],
    decisions: Sequence[LineDecision],
    reason: str,
) -> dict[UUID, LineDecision]:
    known = {line.pk: line for line in lines}
    named: dict[UUID, LineDecision] = {}
    faults: list[Refusal] = []
    for decision in decisions:
        line = known.get(decision.line_id) if decision.line_id is not None else None
        if line is None:
            faults.append(line_not_found(decision.index))
        elif line.pk in named:
            detail = f"The line of {line.sku.code} is named twice."
            faults.append(_fault(RuleBroken, "DUPLICATE_ROW", detail, decision, "line"))
        else:
            named[line.pk] = decision
            faults += _faults_of(organization, line, decision, reason)
    if faults:
        raise gather(faults)
    return named


def _faults_of(
    organization: Organization, line: RequestLine, decision: LineDecision, reason: str
) -> Iterator[Refusal]:
    ceiling = _ceiling(line)
    if not 0 <= decision.quantity <= MAXIMUM_QUANTITY:
        detail = f"A quantity is from 0 to {MAXIMUM_QUANTITY:,} units."
        yield _fault(InvalidInput, "INVALID_QUANTITY", detail, decision, "quantity")
        return
    substitutes = decision.substitutes
    if len(substitutes) > _MOST_SUBSTITUTES:
        detail = f"A line has at most {_MOST_SUBSTITUTES} substitutes."
        yield _fault(InvalidInput, "INVALID_REQUEST", detail, decision, "substitutes")
        return
    for substitute in substitutes:
        code = substitute.sku.code
        if not 0 < substitute.quantity <= MAXIMUM_QUANTITY:
            detail = f"A quantity is from 1 to {MAXIMUM_QUANTITY:,} units."
            yield _fault(InvalidInput, "INVALID_QUANTITY", detail, decision, "substitutes")
        if substitute.sku.organization_id != organization.pk:
            detail = f"There is no inventory of the SKU {code!r}."
            yield _fault(NotFound, "INVENTORY_NOT_FOUND", detail, decision, "substitutes")
        elif substitute.sku.pk == line.sku_id:
            detail = f"{code} is no substitute for itself."
            yield _fault(RuleBroken, "SAME_SKU", detail, decision, "substitutes")
    total = decision.quantity + sum(substitute.quantity for substitute in substitutes)
    if total > ceiling:
        code, done = (
            ("MORE_THAN_REQUESTED", "asked for")
            if line.approved is None
            else ("MORE_THAN_APPROVED", "approved so far")
        )
        detail = f"{ceiling} units of {line.sku.code} were {done}, not {total}."
        field = "quantity" if decision.quantity > ceiling else "substitutes"
        yield _fault(RuleBroken, code, detail, decision, field)
    elif decision.quantity < ceiling:
        words = decision.reason or reason
        if not words.strip():
            detail = f"Say why less than {ceiling} units of {line.sku.code} are approved."
            yield _fault(RuleBroken, "REASON_REQUIRED", detail, decision, "reason")
        elif len(words) > _LONGEST_REASON:
            detail = f"A reason has at most {_LONGEST_REASON} characters."
            yield _fault(InvalidInput, "INVALID_REQUEST", detail, decision, "reason")


def _added(request: StockRequest, line: RequestLine, substitute: Substitute, position: int) -> RequestLine:
    return RequestLine(
        pk=new_id(),
        request=request,
        position=position,
        sku=substitute.sku,
        note=line.note,
        requested=substitute.quantity,
        approved=substitute.quantity,
        substitute_for=line,
    )


def _entry(
    request: StockRequest,
    line: RequestLine,
    before: int,
    substitutes: Sequence[Substitute],
    rest: int,
    outcome: Remainder,
) -> Entry:
    """What a rollback will set back on the line stays in the history."""
    told = [f"{line.sku.code}: {line.approved} of {before} units"]
    if substitutes:
        others = ", ".join(f"{each.quantity} × {each.sku.code}" for each in substitutes)
        told.append(f"instead {others}")
    if rest:
        told.append(f"{rest} {'back-ordered' if outcome == Remainder.BACK_ORDER else 'closed'}")
    text = f"{'; '.join(told)}: {line.change_reason}"
    return Entry(
        request,
        "change_line",
        to_state=request.state,
        from_state=request.state,
        quantity=line.approved,
        reason=shortened(text),
    )


def _fault(kind: type[Refusal], code: str, detail: str, decision: LineDecision, field: str) -> Refusal:
    return kind(code, detail, problems=[Problem(code, detail, decision.index, field)])
