"""What is asked before a place is closed or removed."""

from __future__ import annotations

from collections.abc import Callable

from warehouses.models import Bin, Room, Warehouse
from warehouses.refusals import Conflict

__all__ = ["Guard", "ask_guards", "guards"]

Guard = Callable[[Warehouse | Room | Bin], str | None]
#: What forbids closing a place. An app above adds its own in `AppConfig.ready`: a function that answers None, or why
#: not, as the rest of a sentence: "still holds 350 units of 12 SKUs".
guards: list[Guard] = []


def ask_guards(place: Warehouse | Room | Bin, code: str, done: str) -> None:
    """Raise Conflict `code` with every guard's reason why the place cannot be `done`, such as "deactivated"."""
    reasons = [reason for guard in guards if (reason := guard(place))]
    if reasons:
        raise Conflict(code, f"“{place}” {' and '.join(reasons)}, so it cannot be {done}.")
