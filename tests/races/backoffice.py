"""A business with two locations, and what its people send to the backoffice contract."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from inventory.models import Sku
from tests import factories
from tests.races.conftest import Answer, Server
from warehouses.models import Bin, Organization, Warehouse

__all__ = ["Business", "Wish"]

_numbers = count(1)
SCOPES = ("inventory.read", "inventory.write", "inventory.adjust", "transfers.read", "transfers.write")


@dataclass(frozen=True)
class Wish:
    """One request."""

    path: str
    body: dict[str, Any]
    headers: dict[str, str] = field(default_factory=dict)


class Business:
    """`north` and `south`, SKUs, and a key that may do everything with stock."""

    def __init__(self, skus: int = 1) -> None:
        self.organization: Organization = factories.make_organization(f"Acme {next(_numbers)}")
        self.north: Warehouse = factories.make_warehouse(self.organization, "North")
        self.south: Warehouse = factories.make_warehouse(self.organization, "South")
        product = factories.make_product(self.organization)
        self.skus: list[Sku] = [
            factories.make_sku(self.organization, f"S-{number:03d}", product=product)
            for number in range(skus)
        ]
        self.key = factories.make_key(self.organization, SCOPES)

    def bin(self, code: str, capacity: int | None = None) -> Bin:
        return factories.make_bin(self.north, code, capacity=capacity)

    def stock(self, units: int, place: Warehouse | None = None, shelf: Bin | None = None) -> None:
        """So many units of every SKU."""
        for sku in self.skus:
            factories.stock(sku, place or self.north, units, bin=shelf)

    # --- requests

    def reserve(self, sku: Sku, units: int = 1) -> Wish:
        body = {"sku": sku.code, "locationId": self.north.public_id, "quantity": units, "referenceId": "SO-1"}
        return Wish("/backoffice/api/inventory/reservations", body)

    def hold(self, sku: Sku, units: int = 1) -> Wish:
        body = {"sku": sku.code, "locationId": self.north.public_id, "quantity": units, "reason": "seal"}
        return Wish("/backoffice/api/inventory/holds", body)

    def issue(self, sku: Sku, units: int = 1) -> Wish:
        place = self.north.public_id
        body = {"sku": sku.code, "locationId": place, "quantityChange": -units, "reasonCode": "SALE"}
        return Wish("/backoffice/api/inventory/adjust", body)

    def transfer(
        self, skus: Sequence[Sku], units: int = 1, *, ends: tuple[Warehouse, Warehouse] | None = None
    ) -> Wish:
        source, destination = ends or (self.north, self.south)
        body = {
            "fromLocationId": source.public_id,
            "toLocationId": destination.public_id,
            "lines": [{"sku": sku.code, "quantity": units} for sku in skus],
        }
        return Wish("/backoffice/api/inventory/transfers", body)

    def put_away(self, sku: Sku, units: int, source: Bin, goal: Bin) -> Wish:
        line = {"sku": sku.code, "quantity": units, "fromBinId": source.public_id, "toBinId": goal.public_id}
        body = {"locationId": self.north.public_id, "lines": [line]}
        return Wish("/backoffice/api/inventory/put-away", body)

    def receipt(self, sku: Sku, units: int, goal: Bin) -> Wish:
        line = {"sku": sku.code, "quantity": units, "binId": goal.public_id}
        return Wish(
            "/backoffice/api/inventory/record-stock", {"locationId": self.north.public_id, "lines": [line]}
        )

    @staticmethod
    def act(made: Answer, action: str, **more: Any) -> Wish:
        """An action on what an answer has made."""
        return Wish(made.headers["Location"], {"action": action, **more})

    # --- sending

    def send(self, server: Server, wish: Wish) -> Answer:
        with server.session(self.key) as session:
            return session.send("POST", wish.path, wish.body, **wish.headers)

    def make(self, server: Server, wish: Wish) -> Answer:
        answer = self.send(server, wish)
        assert answer.status == 201, answer
        return answer

    def ready_to_ship(self, server: Server, sku: Sku) -> Wish:
        """The shipping of a transfer of one unit, which is drafted now."""
        return self.act(self.make(server, self.transfer([sku])), "ship")

    def send_at_once(
        self, server: Server, at_once: Callable[..., list[Any]], wishes: Sequence[Wish]
    ) -> list[Answer]:
        """All of them at the same moment, each on a connection of its own; the answers in their order."""
        return at_once(lambda wish: self.send(server, wish), list(wishes))
