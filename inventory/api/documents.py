"""The contracts that have an OpenAPI document, by name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from drf_spectacular.extensions import OpenApiSerializerFieldExtension

from inventory.api.gateway.documentation import CONTRACT as GATEWAY
from inventory.api.nexus.documentation import CONTRACT as NEXUS
from inventory.models.sku import MAXIMUM_QUANTITY
from warehouses.http.operations import Contract

__all__ = ["CONTRACTS"]

CONTRACTS: Final[Mapping[str, Contract]] = {contract.name: contract for contract in (GATEWAY, NEXUS)}


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
