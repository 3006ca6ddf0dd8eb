"""Taking back what was decided so far on a request, so that it is as its requester wrote it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from stock_requests.models import Approval, RequestLine, StockRequest

__all__ = ["Withdrawn", "withdraw_decisions"]


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """How many approvals count no longer, and the substitutes that are gone, as (SKU code, units)."""

    approvals: int
    substitutes: tuple[tuple[str, int], ...]

    def __str__(self) -> str:
        parts = []
        if self.approvals:
            parts.append(f"{self.approvals} approval{'s' if self.approvals > 1 else ''} withdrawn")
        if self.substitutes:
            gone = ", ".join(f"{units} × {code}" for code, units in self.substitutes)
            parts.append(f"no longer substituted: {gone}")
        return "; ".join(parts)


def withdraw_decisions(request: StockRequest, *, at: datetime) -> Withdrawn:
    """Withdraw the approvals, throw the substitutes away, and set the lines back to what was asked for.

    The caller has locked the request, and its reservations are gone. Three statements and a fourth where there are
    substitutes, whatever the number of lines.
    """
    approvals = Approval.objects.filter(request=request, withdrawn_at__isnull=True).update(withdrawn_at=at)
    added = RequestLine.objects.filter(request=request, substitute_for__isnull=False)
    substitutes = tuple(added.order_by("position").values_list("sku__code", "requested"))
    if substitutes:
        # `delete` would fetch them and what may hang on them, hundred by hundred; nothing hangs on a substitute.
        added._raw_delete(added.db)
    RequestLine.objects.filter(request=request).update(
        approved=None,
        picked=0,
        substituted=0,
        back_ordered=0,
        closed=0,
        change_reason="",
        shortage_reason="",
        reservation=None,
    )
    return Withdrawn(approvals, substitutes)
