"""What business code raises when it will not do as asked.

A refusal carries a stable `code` for machines, a `detail` for people and, where rows of a request are to blame,
one `Problem` for each of them. Edges translate: a contract maps the category to a status and a problem's `index`
and `field` to a pointer into its own request body. Nothing here knows HTTP.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

__all__ = [
    "Conflict",
    "Forbidden",
    "InvalidInput",
    "NotFound",
    "Problem",
    "Refusal",
    "RuleBroken",
    "Stale",
    "gather",
    "readdressed",
    "within_rows",
]

Row = TypeVar("Row")
Made = TypeVar("Made")


@dataclass(frozen=True, slots=True)
class Problem:
    """One fault: `index` is the row of the batch (None: the request as a whole), `field` our word for the input."""

    code: str
    detail: str
    index: int | None = None
    field: str | None = None


class Refusal(Exception):
    """Base of all refusals; `extra` is copied into the answer, such as the quantity that is available."""

    def __init__(
        self,
        code: str,
        detail: str,
        *,
        problems: Sequence[Problem] = (),
        extra: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail
        self.problems = tuple(problems)
        self.extra = dict(extra or {})


class InvalidInput(Refusal):
    """The input is not of the form asked for."""


class NotFound(Refusal):
    """Not there, or not yours: the two are never told apart."""


class Forbidden(Refusal):
    """The caller may not do this here."""


class RuleBroken(Refusal):
    """Well-formed, but a business rule says no."""


class Conflict(Refusal):
    """The present state forbids it; the same request may work later."""


class Stale(Refusal):
    """The record changed since the caller read it."""


def gather(refusals: Sequence[Refusal]) -> Refusal:
    """One refusal for a whole batch, with the problems of every bad row.

    Rows that are refused for one and the same code keep it and its category, so that a batch of one is answered like
    the single request. Mixed causes are `BATCH_REFUSED`.
    """
    first = refusals[0]
    problems = [problem for refusal in refusals for problem in refusal.problems]
    if len(refusals) == 1:
        return first
    if all(refusal.code == first.code for refusal in refusals):
        return type(first)(
            first.code, f"{len(problems)} rows are refused; the first: {first.detail}", problems=problems
        )
    return RuleBroken(
        "BATCH_REFUSED", f"{len(problems)} rows are refused, nothing was changed.", problems=problems
    )


def within_rows(rows: Sequence[Row], make: Callable[[Row, int], Made]) -> list[Made]:
    """`make(row, index)` of each row. Raises every bad row together."""
    made: list[Made] = []
    refused: list[Refusal] = []
    for index, row in enumerate(rows):
        try:
            made.append(make(row, index))
        except Refusal as refusal:
            refused.append(refusal)
    if refused:
        raise gather(refused)
    return made


def readdressed(
    refusal: Refusal, rows: Sequence[int | None], *, fields: Mapping[str, str] | None = None
) -> Refusal:
    """The same refusal with its problems at other rows: `rows[n]` is the row of the request that line n came from.

    None is for a line that the request does not name; its problem is the request's as a whole. `fields` renames.
    """
    problems: dict[Problem, None] = {}  # lines that came from one row may have one and the same problem
    for problem in refusal.problems:
        row = rows[problem.index] if problem.index is not None else None
        field = (fields or {}).get(problem.field or "", problem.field) if row is not None else None
        problems[Problem(problem.code, problem.detail, row, field)] = None
    return type(refusal)(refusal.code, refusal.detail, problems=list(problems), extra=refusal.extra)
