"""Quantities as every contract's bodies take them."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from inventory.models.sku import MAXIMUM_QUANTITY
from warehouses.http.fields import StrictIntegerField

__all__ = ["AbsoluteQuantityField", "QuantityChangeField"]


class AbsoluteQuantityField(StrictIntegerField):
    """What there shall be. A negative number is of the right form and breaks a rule: the ledger answers it
    `NEGATIVE_QUANTITY` (422), as the contracts document, and not 400.
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(min_value=-MAXIMUM_QUANTITY, max_value=MAXIMUM_QUANTITY, **kwargs)


class QuantityChangeField(StrictIntegerField):
    """A signed change of a quantity. One of 0 is no change."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(min_value=-MAXIMUM_QUANTITY, max_value=MAXIMUM_QUANTITY, **kwargs)

    def to_internal_value(self, data: Any) -> int:
        value = super().to_internal_value(data)
        if value == 0:
            raise serializers.ValidationError("A change of 0 changes nothing.", code="zero")
        return value
