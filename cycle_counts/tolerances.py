"""How far a count may differ from the books before somebody has to look at it."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from cycle_counts.models import CountBatch

__all__ = ["Tolerance", "tolerance_of"]


@dataclass(frozen=True, slots=True)
class Tolerance:
    """Limits of a variance, up and down alike, each of them included; None: no limit of that kind.

    `units` in the SKU's base unit, `percent` of what the books say, `value` in the organization's currency, at cost.
    """

    units: int | None = None
    percent: Decimal | None = None
    value: Decimal | None = None

    @property
    def is_set(self) -> bool:
        return (self.units, self.percent, self.value) != (None, None, None)

    def holds(self, *, variance: int, expected: int, unit_cost: Decimal | None) -> bool:
        """Whether the variance is inside each limit that is set; where none is, only what is exact is.

        Of what the books say is not there, no percentage is a unit; where nobody knows the cost, no value is small
        enough.
        """
        if variance == 0:
            return True
        if not self.is_set:
            return False
        off = abs(variance)
        if self.units is not None and off > self.units:
            return False
        if self.percent is not None and off * 100 > self.percent * expected:
            return False
        return self.value is None or (unit_cost is not None and off * unit_cost <= self.value)


def tolerance_of(batch: CountBatch) -> Tolerance:
    return Tolerance(batch.tolerance_units, batch.tolerance_percent, batch.tolerance_value)
