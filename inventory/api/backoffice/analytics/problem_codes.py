"""Problem codes that only these routes have."""

from __future__ import annotations

from typing import Final

from warehouses.http.problem_codes import ProblemCode

__all__ = ["CODES"]

CODES: Final[tuple[ProblemCode, ...]] = ()
