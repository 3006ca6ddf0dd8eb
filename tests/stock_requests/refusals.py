"""How a business function refuses, in a form that tests can compare."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from warehouses import transactions
from warehouses.refusals import Refusal

__all__ = ["Told", "refused"]

#: The kind of refusal, its code, and of each problem the code, the row and the field.
Told = tuple[str, str, list[tuple[str, int | None, str | None]]]


def refused(work: Callable[[], Any]) -> Told:
    """What `work` refuses with, in a transaction of its own."""
    with pytest.raises(Refusal) as caught:
        transactions.run(work)
    refusal = caught.value
    problems = [(problem.code, problem.index, problem.field) for problem in refusal.problems]
    return type(refusal).__name__, refusal.code, problems
