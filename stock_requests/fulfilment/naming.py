"""The lines of a request that somebody names, each at most once, with a quantity within what was approved."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Protocol, TypeVar
from uuid import UUID

from stock_requests.drafting.lines import line_not_found
from stock_requests.models import RequestLine
from warehouses.refusals import InvalidInput, Problem, Refusal, RuleBroken

__all__ = ["named_lines", "quantity_faults"]


class Naming(Protocol):
    """A row that is about one line of the request."""

    @property
    def line_id(self) -> UUID | None: ...
    @property
    def index(self) -> int: ...


Row = TypeVar("Row", bound=Naming)


def named_lines(
    lines: Sequence[RequestLine], rows: Sequence[Row]
) -> tuple[Mapping[UUID, Row], list[Refusal]]:
    """The rows by the line that each names, and what is wrong with the naming.

    The faults are NotFound `REQUEST_LINE_NOT_FOUND` and RuleBroken `DUPLICATE_ROW`.
    """
    known = {line.pk for line in lines}
    found: dict[UUID, Row] = {}
    faults: list[Refusal] = []
    for row in rows:
        if row.line_id is None or row.line_id not in known:
            faults.append(line_not_found(row.index))
        elif row.line_id in found:
            detail = "This line is named twice."
            problem = Problem("DUPLICATE_ROW", detail, row.index, "line")
            faults.append(RuleBroken("DUPLICATE_ROW", detail, problems=[problem]))
        else:
            found[row.line_id] = row
    return found, faults


def quantity_faults(line: RequestLine, quantity: int, index: int | None) -> Iterator[Refusal]:
    """InvalidInput `INVALID_QUANTITY`, RuleBroken `MORE_THAN_APPROVED` with how much was."""
    approved = line.approved or 0
    if quantity < 0:
        detail = "A quantity is 0 units or more."
        problem = Problem("INVALID_QUANTITY", detail, index, "quantity")
        yield InvalidInput("INVALID_QUANTITY", detail, problems=[problem])
    elif quantity > approved:
        detail = f"{approved} units of {line.sku.code} were approved, not {quantity}."
        problem = Problem("MORE_THAN_APPROVED", detail, index, "quantity")
        yield RuleBroken("MORE_THAN_APPROVED", detail, problems=[problem], extra={"approved": approved})
