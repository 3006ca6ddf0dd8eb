"""The problem of an act that the state of a record does not allow."""

from __future__ import annotations

from typing import Final

from warehouses.http.problem_codes import ProblemCode

__all__ = ["INVALID_TRANSITION"]

INVALID_TRANSITION: Final = ProblemCode(
    "INVALID_TRANSITION",
    409,
    "The record is in a state in which that cannot be done: somebody may have been faster.",
    "`state` in the answer is the state it is in, `allowed` what can be done in it.",
)
