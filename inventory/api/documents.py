"""The contracts that have an OpenAPI document, by name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from inventory.api.gateway.documentation import CONTRACT as GATEWAY
from inventory.api.nexus.documentation import CONTRACT as NEXUS
from warehouses.http.operations import Contract

__all__ = ["CONTRACTS"]

CONTRACTS: Final[Mapping[str, Contract]] = {contract.name: contract for contract in (GATEWAY, NEXUS)}
