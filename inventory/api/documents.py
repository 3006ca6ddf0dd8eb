"""The contracts as the inventory serves them; `config.contracts` adds what other apps serve of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from drf_spectacular.extensions import OpenApiSerializerFieldExtension

from inventory.api.backoffice.documentation import CONTRACT as BACKOFFICE
from inventory.api.gateway.documentation import CONTRACT as GATEWAY
from inventory.api.nexus.documentation import CONTRACT as NEXUS
from inventory.api.pos.documentation import CONTRACT as POS
from inventory.models.sku import MAXIMUM_QUANTITY
from warehouses.http.operations import Contract

__all__ = ["CONTRACTS"]

CONTRACTS: Final[Mapping[str, Contract]] = {
    contract.name: contract for contract in (GATEWAY, NEXUS, POS, BACKOFFICE)
}


class AbsoluteQuantity(OpenApiSerializerFieldExtension):
    """The field takes negative numbers only to refuse them with the documented code; what may be sent starts at 0."""

    target_class = "inventory.api.quantities.AbsoluteQuantityField"

    def map_serializer_field(self, auto_schema: Any, direction: Any) -> dict[str, Any]:
        return {
            "type": "integer",
            "minimum": 0,
            "maximum": MAXIMUM_QUANTITY,
            "description": "The absolute quantity. A negative one is 422 `NEGATIVE_QUANTITY`.",
        }


class QuantityChange(OpenApiSerializerFieldExtension):
    target_class = "inventory.api.quantities.QuantityChangeField"

    def map_serializer_field(self, auto_schema: Any, direction: Any) -> dict[str, Any]:
        return {
            "type": "integer",
            "minimum": -MAXIMUM_QUANTITY,
            "maximum": MAXIMUM_QUANTITY,
            "not": {"enum": [0]},
            "description": "A positive one adds units, a negative one takes them away.",
        }
