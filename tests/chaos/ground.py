"""The business that the clients work for, and what its stock was before they began."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from inventory.models import SUBSCRIBABLE, StockItem, StockLevel
from inventory.webhooks.endpoints import create_endpoint
from tests import factories
from warehouses import transactions
from warehouses.access import access_of_system
from warehouses.identifiers import encode
from warehouses.models import Organization, Warehouse

__all__ = ["Figures", "Ground", "figures_of", "lay"]

_SHARED = 12
_UNITS = 500
#: Some SKUs begin this far above their reorder point: they fall below it and come back.
_REORDER_POINT = 495
_ASKS = (
    *("inventory.read", "inventory.write", "inventory.adjust", "inventory.cyclecount"),
    *("transfers.read", "transfers.write", "stockrequests.read", "stockrequests.write", "products.read"),
)
_DECIDES = (
    *("inventory.read", "inventory.cyclecount", "inventory.countreview"),
    *("stockrequests.read", "stockrequests.approve"),
)


@dataclass(frozen=True, slots=True)
class Figures:
    """What a stock level says."""

    version: int
    on_hand: int
    reserved: int
    held: int


@dataclass(frozen=True, slots=True)
class Ground:
    """Two warehouses. `shared` are SKUs that everybody changes, `own` those that one client alone sets or counts.

    `items` are the public ids of the stock items of the shared SKUs in `north`; `asker` and `decider` are keys of two
    callers, for nobody decides on what they have asked for. `before` are the levels when the receiver subscribed.
    """

    organization: Organization
    north: str
    south: str
    shared: tuple[str, ...]
    own: tuple[tuple[str, ...], ...]
    items: tuple[str, ...]
    asker: str
    decider: str
    before: Mapping[UUID, Figures]


def lay(clients: int, receiver: str) -> Ground:
    """An organization with stock for so many clients, whose every event goes to `receiver`."""
    organization = factories.make_organization("Chaos Trading")
    north = Warehouse.objects.get(organization=organization)
    south = factories.make_warehouse(organization, "South")
    product = factories.make_product(organization)

    def stocked(code: str, *places: Warehouse, reorder_point: int = 0) -> str:
        sku = factories.make_sku(organization, code, product=product, reorder_point=reorder_point)
        for place in places:
            factories.stock(sku, place, _UNITS)
        return code

    shared = tuple(
        stocked(f"SHARED-{n:02d}", north, south, reorder_point=_REORDER_POINT * (n % 2))
        for n in range(_SHARED)
    )
    own = tuple(tuple(stocked(f"OWN-{client}-{n}", north) for n in range(4)) for client in range(clients))
    found = StockItem.objects.filter(warehouse=north, sku__code__in=shared).order_by("sku__code")
    asker = factories.make_key(organization, _ASKS, name="Asker")
    decider = factories.make_key(organization, _DECIDES, name="Decider")
    transactions.run(
        lambda: create_endpoint(
            access=access_of_system(organization),
            url=receiver,
            event_types=[kind.value for kind in SUBSCRIBABLE],
        )
    )
    return Ground(
        organization=organization,
        north=north.public_id,
        south=south.public_id,
        shared=shared,
        own=own,
        items=tuple(encode(StockItem.prefix, pk) for pk in found.values_list("pk", flat=True)),
        asker=asker,
        decider=decider,
        before=figures_of(organization),
    )


def figures_of(organization: Organization) -> dict[UUID, Figures]:
    columns: Any = StockLevel.objects.filter(organization=organization).values_list(
        "pk", "version", "on_hand", "reserved", "held"
    )
    return {pk: Figures(*figures) for pk, *figures in columns}
