"""What becomes of rows: the effect of each that is good, and the problems of each that is not."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol, TypeVar
from uuid import UUID

from inventory.imports.batches import keep_good
from inventory.models import RowOutcome
from warehouses.refusals import Refusal

__all__ = ["Change", "Effect", "Judged", "Trouble", "post_good"]

#: Our column, what it says before, what it says after.
Change = tuple[str, str, str]
#: Our column, or "" for the row as a whole, and what is wrong.
Trouble = tuple[str, str]

#: Words of the business code for our columns, where they differ.
_COLUMN_OF: Mapping[str, str] = {
    "reason": "reason_code",
    "expiry": "expires_on",
    "category": "category",
    "from_lot": "lot",
}


class Indexed(Protocol):
    @property
    def index(self) -> int: ...


Entry = TypeVar("Entry", bound=Indexed)


@dataclass(frozen=True, slots=True)
class Effect:
    """What a row does. `subject` is the key of its SKU, `document` that of the adjustment it is part of."""

    outcome: RowOutcome
    changes: Sequence[Change] = ()
    subject: UUID | None = None
    document: UUID | None = None


@dataclass(slots=True)
class Judged:
    """Rows by their number."""

    good: dict[int, Effect] = field(default_factory=dict)
    bad: dict[int, list[Trouble]] = field(default_factory=dict)


def post_good(entries: Sequence[Entry], work: Callable[[Sequence[Entry]], dict[int, Effect]]) -> Judged:
    """`work` of the entries in a transaction, without those that a refusal names; see `keep_good`."""
    bad: dict[int, list[Trouble]] = {}

    def attempt(left: Sequence[Entry]) -> dict[int, Effect]:
        try:
            return work(left)
        except Refusal as refusal:
            for problem in refusal.problems:
                if problem.index is not None:
                    column = _COLUMN_OF.get(problem.field or "", problem.field or "")
                    trouble = (column, problem.detail.rstrip("."))
                    known = bad.setdefault(problem.index, [])
                    if trouble not in known:
                        known.append(trouble)
            raise

    good, dropped = keep_good(entries, attempt)
    gone = {entry.index for entry, _ in dropped}
    return Judged(good or {}, {index: troubles for index, troubles in bad.items() if index in gone})
