"""Money as the backoffice contract shows it: JSON numbers, in the organization's currency."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from typing import Final

__all__ = ["price", "worth"]

_CENT: Final = Decimal("0.01")


def price(amount: Decimal | None) -> Decimal | None:
    """What one unit costs: two decimals, and up to four where there are more."""
    if amount is None:
        return None
    cents = amount.quantize(_CENT)
    return cents if cents == amount else amount.normalize()


def worth(amount: Decimal | None) -> Decimal | None:
    """What many units are worth together, to the cent."""
    return None if amount is None else amount.quantize(_CENT, ROUND_HALF_UP)
