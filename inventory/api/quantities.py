"""Quantities as every contract's bodies take them."""

from __future__ import annotations

from typing import Any

from inventory.models.sku import MAXIMUM_QUANTITY
from warehouses.http.fields import StrictIntegerField

__all__ = ["AbsoluteQuantityField"]


class AbsoluteQuantityField(StrictIntegerField):
    """What there shall be. A negative number is of the right form and breaks a rule: the ledger answers it
    `NEGATIVE_QUANTITY` (422), as the contracts document, and not 400.
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(min_value=-MAXIMUM_QUANTITY, max_value=MAXIMUM_QUANTITY, **kwargs)
