"""What becomes of each line when a request is fulfilled: so many units go, and the rest comes later or not at all."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from inventory.models import Sku
from stock_requests.fulfilment.naming import named_lines, quantity_faults
from stock_requests.models import Remainder, RequestLine
from warehouses.refusals import InvalidInput, Problem, Refusal, RuleBroken, gather

__all__ = ["Fulfilled", "Outcome", "back_orders_of", "outcomes_of"]

_LONGEST: Final[int] = RequestLine._meta.get_field("shortage_reason").max_length or 0


@dataclass(frozen=True, slots=True)
class Fulfilled:
    """So many units of a line go; None: what was picked, or approved. `remainder` is what becomes of the others.

    `remainder` and `reason` are those of the whole request where the line names none. `index` is the row of the
    request's body.
    """

    line_id: UUID | None  # None: an id that nothing has
    quantity: int | None = None
    remainder: Remainder | None = None
    reason: str = ""
    index: int = 0


@dataclass(frozen=True, slots=True)
class Outcome:
    """`row` is the row of the request's body that names the line, None where none does."""

    line: RequestLine
    quantity: int
    missing: int
    remainder: Remainder | None
    reason: str
    row: int | None

    @property
    def back_ordered(self) -> int:
        """With what was cut already when the request was approved."""
        more = self.missing if self.remainder == Remainder.BACK_ORDER else 0
        return self.line.back_ordered + more

    @property
    def closed(self) -> int:
        more = self.missing if self.remainder == Remainder.CLOSED else 0
        return self.line.closed + more


def outcomes_of(
    lines: Sequence[RequestLine],
    said: Sequence[Fulfilled],
    *,
    remainder: Remainder | None,
    reason: str,
) -> list[Outcome]:
    """What becomes of `lines`, whose SKUs are at hand, in their order. All bad rows are reported together.

    Raises NotFound `REQUEST_LINE_NOT_FOUND`, InvalidInput `INVALID_QUANTITY`, `INVALID_REQUEST` (too long a reason),
    RuleBroken `DUPLICATE_ROW`, `MORE_THAN_APPROVED`, `REMAINDER_REQUIRED`, `REASON_REQUIRED`.
    """
    named, faults = named_lines(lines, said)
    is_picked = any(line.picked for line in lines)
    outcomes = [
        _outcome(line, named, is_picked=is_picked, remainder=remainder, reason=reason.strip())
        for line in lines
    ]
    for outcome in outcomes:
        faults += _faults_of(outcome)
    if faults:
        raise gather(_once(faults))
    return outcomes


def back_orders_of(outcomes: Sequence[Outcome]) -> list[tuple[Sku, int]]:
    """What is to come with another request, each SKU once."""
    found: dict[UUID, tuple[Sku, int]] = {}
    for outcome in outcomes:
        if outcome.back_ordered:
            sku = outcome.line.sku
            _, units = found.get(sku.pk, (sku, 0))
            found[sku.pk] = sku, units + outcome.back_ordered
    return list(found.values())


def _outcome(
    line: RequestLine,
    named: Mapping[UUID, Fulfilled],
    *,
    is_picked: bool,
    remainder: Remainder | None,
    reason: str,
) -> Outcome:
    row = named.get(line.pk)
    approved = line.approved or 0
    quantity = line.picked if is_picked else approved
    if row is not None and row.quantity is not None:
        quantity = row.quantity
    missing = max(approved - quantity, 0)
    chosen = (row.remainder if row is not None else None) or remainder
    why = (row.reason.strip() if row is not None else "") or reason
    if not missing:
        chosen, why = None, ""
    return Outcome(line, quantity, missing, chosen, why, row.index if row is not None else None)


def _faults_of(outcome: Outcome) -> Iterator[Refusal]:
    yield from quantity_faults(outcome.line, outcome.quantity, outcome.row)
    if not outcome.missing or outcome.quantity < 0:
        return
    told = f"{outcome.missing} units of {outcome.line.sku.code} do not come with this request"
    if outcome.remainder is None:
        detail = f"{told}: say whether they are back-ordered or closed."
        problem = Problem("REMAINDER_REQUIRED", detail, outcome.row, "remainder")
        yield RuleBroken("REMAINDER_REQUIRED", detail, problems=[problem])
    elif outcome.remainder == Remainder.CLOSED and not outcome.reason:
        detail = f"{told}, and never will: say why."
        problem = Problem("REASON_REQUIRED", detail, outcome.row, "reason")
        yield RuleBroken("REASON_REQUIRED", detail, problems=[problem])
    if len(outcome.reason) > _LONGEST:
        detail = f"A reason is at most {_LONGEST} characters long."
        problem = Problem("TOO_LONG", detail, outcome.row, "reason")
        yield InvalidInput("INVALID_REQUEST", detail, problems=[problem])


def _once(faults: Sequence[Refusal]) -> list[Refusal]:
    """Lines that no row names may have one and the same fault, which is then the whole request's."""
    return list({(fault.code, fault.problems): fault for fault in faults}.values())
