"""The contracts that have an OpenAPI document, by name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from cycle_counts.api.documentation import TAGS as CYCLE_COUNTS
from inventory.api.backoffice.documentation import CONTRACT as BACKOFFICE
from inventory.api.documents import CONTRACTS as OF_INVENTORY
from stock_requests.api.documentation import TAGS as STOCK_REQUESTS
from warehouses.http.operations import Contract

__all__ = ["CONTRACTS"]

CONTRACTS: Final[Mapping[str, Contract]] = {
    **OF_INVENTORY,
    "backoffice": replace(
        BACKOFFICE,
        urlconf="config.backoffice",
        tags=(*BACKOFFICE.tags, *STOCK_REQUESTS, *CYCLE_COUNTS),
    ),
}
