"""The lines of a request, as its requester writes them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from inventory import statements
from inventory.models import Sku
from inventory.models.sku import MAXIMUM_QUANTITY
from stock_requests.models import RequestLine, StockRequest
from warehouses.access import Access
from warehouses.identifiers import new_id
from warehouses.refusals import InvalidInput, NotFound, Problem, Refusal, RuleBroken, gather

__all__ = [
    "MOST_LINES",
    "ChangedLine",
    "Kept",
    "WantedLine",
    "line_not_found",
    "merged",
    "require_lines",
    "write_lines",
]

MOST_LINES: Final = 500
_LONGEST_NOTE: Final = 200


@dataclass(frozen=True, slots=True)
class WantedLine:
    """So many units of a SKU. `index` is the row of the request's body, for the problems of a refusal."""

    sku: Sku
    quantity: int
    note: str = ""
    index: int = 0


@dataclass(frozen=True, slots=True)
class ChangedLine:
    """A line as it shall be. Without `line_id` it is a new one, which has to name its SKU; else `sku` None keeps it."""

    line_id: UUID | None
    sku: Sku | None
    quantity: int
    note: str = ""
    index: int = 0


@dataclass(frozen=True, slots=True)
class Kept:
    """What is written for one line: with the key that it has already, or with a new one."""

    key: UUID
    sku_id: UUID
    quantity: int
    note: str


def require_lines(access: Access, lines: Sequence[WantedLine]) -> None:
    """Refuse bad lines, all of them at once.

    Raises InvalidInput `INVALID_REQUEST` (too many), `INVALID_QUANTITY`, `INVALID_INPUT` (a note), NotFound
    `INVENTORY_NOT_FOUND`.
    """
    if len(lines) > MOST_LINES:
        raise InvalidInput("INVALID_REQUEST", f"A stock request has at most {MOST_LINES} lines.")
    faults = [
        fault
        for line in lines
        for fault in (
            *own_faults(line),
            *sku_faults(access, line.sku, line.index),
        )
    ]
    if faults:
        raise gather(faults)


def merged(access: Access, existing: Sequence[RequestLine], lines: Sequence[ChangedLine]) -> list[Kept]:
    """The lines that shall be there, in their order: those of `existing` that are named, and the new ones.

    Raises what `require_lines` raises, NotFound `REQUEST_LINE_NOT_FOUND`, RuleBroken `DUPLICATE_ROW` (one line twice),
    InvalidInput `INVALID_REQUEST` (a new line without its SKU).
    """
    if len(lines) > MOST_LINES:
        raise InvalidInput("INVALID_REQUEST", f"A stock request has at most {MOST_LINES} lines.")
    known = {line.pk: line for line in existing}
    kept: list[Kept] = []
    faults: list[Refusal] = []
    named: set[UUID] = set()
    for line in lines:
        index = line.index
        found = known.get(line.line_id) if line.line_id is not None else None
        faults += own_faults(line)
        if line.sku is not None:
            faults += sku_faults(access, line.sku, index)
        if line.line_id is not None and found is None:
            faults.append(line_not_found(index))
            continue
        if found is not None and found.pk in named:
            detail = "This line is named twice."
            problem = Problem("DUPLICATE_ROW", detail, index, "line")
            faults.append(RuleBroken("DUPLICATE_ROW", detail, problems=[problem]))
            continue
        if found is not None:
            named.add(found.pk)
            sku_id = found.sku_id if line.sku is None else line.sku.pk
            kept.append(Kept(found.pk, sku_id, line.quantity, line.note))
        elif line.sku is not None:
            kept.append(Kept(new_id(), line.sku.pk, line.quantity, line.note))
        else:
            detail = "A new line names its SKU."
            problem = Problem("INVALID_REQUEST", detail, index, "sku")
            faults.append(InvalidInput("INVALID_REQUEST", detail, problems=[problem]))
    if faults:
        raise gather(faults)
    return kept


def write_lines(request: StockRequest, lines: Iterable[Kept], *, first: int = 1) -> None:
    """Insert lines, from the position `first` on. One statement."""
    columns = ("id", "request", "position", "sku", "note", "requested")
    zeros = ("picked", "fulfilled", "substituted", "back_ordered", "closed")
    statements.insert(
        RequestLine,
        (*columns, *zeros, "change_reason", "shortage_reason"),
        [
            (
                line.key,
                request.pk,
                position,
                line.sku_id,
                line.note,
                line.quantity,
                *([0] * len(zeros)),
                "",
                "",
            )
            for position, line in enumerate(lines, start=first)
        ],
    )


def line_not_found(index: int) -> NotFound:
    detail = "The request has no such line."
    problem = Problem("REQUEST_LINE_NOT_FOUND", detail, index, "line")
    return NotFound("REQUEST_LINE_NOT_FOUND", detail, problems=[problem])


def own_faults(line: WantedLine | ChangedLine) -> Iterator[Refusal]:
    if not 0 < line.quantity <= MAXIMUM_QUANTITY:
        detail = f"A quantity is from 1 to {MAXIMUM_QUANTITY:,} units."
        problem = Problem("INVALID_QUANTITY", detail, line.index, "quantity")
        yield InvalidInput("INVALID_QUANTITY", detail, problems=[problem])
    if len(line.note) > _LONGEST_NOTE or "\x00" in line.note:
        detail = f"A line's note has at most {_LONGEST_NOTE} characters, none of them null."
        problem = Problem("INVALID_INPUT", detail, line.index, "note")
        yield InvalidInput("INVALID_INPUT", detail, problems=[problem])


def sku_faults(access: Access, sku: Sku, index: int) -> Iterator[Refusal]:
    if sku.organization_id != access.organization.pk:
        detail = f"There is no inventory of the SKU {sku.code!r}."
        problem = Problem("INVENTORY_NOT_FOUND", detail, index, "sku")
        yield NotFound("INVENTORY_NOT_FOUND", detail, problems=[problem])
