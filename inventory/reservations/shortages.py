"""Too little for what was promised: not there, held, or expired since."""

from __future__ import annotations

from typing import Final

from warehouses.refusals import Conflict, Problem, Refusal, RuleBroken

__all__ = ["as_unavailable"]

_SHORT: Final = frozenset({"NEGATIVE_QUANTITY", "INSUFFICIENT_STOCK"})


def as_unavailable(refusal: Refusal) -> Refusal:
    """The ledger's word for too little, of an adjustment, as that of a document: another day it may be there."""
    problems = [
        Problem("STOCK_UNAVAILABLE", problem.detail, problem.index, problem.field)
        if problem.code in _SHORT
        else problem
        for problem in refusal.problems
    ]
    if problems and all(problem.code == "STOCK_UNAVAILABLE" for problem in problems):
        return Conflict("STOCK_UNAVAILABLE", refusal.detail, problems=problems, extra=refusal.extra)
    if refusal.code != "BATCH_REFUSED":
        return refusal
    return RuleBroken(refusal.code, refusal.detail, problems=problems, extra=refusal.extra)
