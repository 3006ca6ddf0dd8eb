"""When something was counted, by the clock of this server."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from cycle_counts.counting.counts import Counted
from cycle_counts.models import CountBatch
from warehouses.refusals import InvalidInput, Problem, Refusal, RuleBroken

__all__ = ["CLOCKS_DIFFER", "Clock"]

#: By so much a clock may be ahead of ours before what it says is refused.
CLOCKS_DIFFER: Final = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class Clock:
    """`now` here; `sent_at` by the clock of whoever sends, when it sent: then only how long ago it was is believed."""

    now: datetime
    sent_at: datetime | None = None

    def instant(self, at: datetime | None) -> datetime | None:
        """`at` by our clock; None for now, also where the other clock is ahead of ours a little."""
        if at is None:
            return None
        ours = self._ours(at)
        return ours if ours < self.now else None

    def fault(self, batch: CountBatch, count: Counted) -> Refusal | None:
        """Why the count cannot have been made then; None where it can."""
        if count.counted_at is None:
            return None
        ours = self._ours(count.counted_at)
        if ours > self.now + CLOCKS_DIFFER:
            detail = "It says that it was counted later than now: set the clock."
            return InvalidInput(
                "COUNTED_IN_FUTURE", detail, problems=[_problem("COUNTED_IN_FUTURE", detail, count)]
            )
        if batch.started_at is None or ours < batch.started_at:
            detail = f"It says that it was counted before {batch.label} was started."
            return RuleBroken(
                "COUNTED_BEFORE_START", detail, problems=[_problem("COUNTED_BEFORE_START", detail, count)]
            )
        return None

    def _ours(self, at: datetime) -> datetime:
        return at if self.sent_at is None else self.now - (self.sent_at - at)


def _problem(code: str, detail: str, count: Counted) -> Problem:
    return Problem(code, detail, count.index, "counted_at")
