"""Who calls, and what there is to change."""

from __future__ import annotations

import random
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.test import Client

from inventory.models import StockLevel
from tests import factories
from tests.bench.figures import expect
from warehouses.identifiers import encode
from warehouses.models import Organization, Warehouse

__all__ = ["Caller", "Shelf", "make_caller", "shelves"]

_AMPLE = 20


class Caller:
    """An integration with its API key: requests run in this process, through every middleware."""

    def __init__(self, key: str) -> None:
        self.client = Client(SERVER_NAME="localhost", headers={"X-API-Key": key})

    def get(self, path: str, query: Mapping[str, Any] | None = None) -> Any:
        response = self.client.get(path, query)
        expect(
            response.status_code == 200, f"GET {path} answered {response.status_code}: {response.content!r}"
        )
        return response.json()

    def timed_get(self, path: str, query: Mapping[str, Any]) -> float:
        """Seconds until the answer's bytes are there."""
        began = time.perf_counter()
        response = self.client.get(path, query)
        took = time.perf_counter() - began
        expect(
            response.status_code == 200, f"GET {path} answered {response.status_code}: {response.content!r}"
        )
        return took

    def send(self, method: str, path: str, body: str, **headers: str) -> Any:
        return self.client.generic(method, path, body, content_type="application/json", headers=headers)

    def write(self, method: str, path: str, body: str, **headers: str) -> None:
        response = self.send(method, path, body, **headers)
        expect(
            response.status_code == 200,
            f"{method} {path} answered {response.status_code}: {response.content!r}",
        )


@dataclass(slots=True)
class Shelf:
    """A stock level with one stock item; `left` is what it holds, in the product and by the yardstick."""

    level_id: UUID
    code: str
    sku_id: UUID
    warehouse_id: UUID
    left: int

    @property
    def warehouse(self) -> str:
        return encode(Warehouse.prefix, self.warehouse_id)


def make_caller(organization: Organization) -> Caller:
    # The limiter counts every request all the same; nobody is to run into it here.
    Organization.objects.filter(pk=organization.pk).update(rate_limit=10_000_000)
    scopes = ("inventory.read", "inventory.write", "inventory.adjust")
    return Caller(factories.make_key(organization, scopes))


def shelves(organization: Organization, dice: random.Random) -> list[Shelf]:
    """Every level that holds enough for the whole run, in a random order that is the same everywhere."""
    found = StockLevel.objects.filter(organization=organization, on_hand__gte=_AMPLE).order_by(
        "sort_code", "warehouse__name"
    )
    ample = [Shelf(*row) for row in found.values_list("id", "sku__code", "sku_id", "warehouse_id", "on_hand")]
    dice.shuffle(ample)
    return ample
