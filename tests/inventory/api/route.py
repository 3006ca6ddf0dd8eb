"""A line of the table of routes, and how its requests name what they are about."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

from inventory.models import Sku, StockItem
from warehouses.identifiers import decode
from warehouses.models import Warehouse

__all__ = ["UNKNOWN", "UNKNOWN_WAREHOUSE", "Request", "Route", "item_id", "location_id", "shape_of", "sku_id"]

#: What follows the prefix of an id that nothing has.
UNKNOWN = "01h455vb4pex5vsknk084sn02q"
UNKNOWN_WAREHOUSE = f"wh_{UNKNOWN}"


class Request(NamedTuple):
    """An address and, for a write, its body."""

    path: str
    body: dict[str, Any] | None = None


@dataclass(frozen=True)
class Route:
    """One line of the table.

    `requests(sku, warehouse)` are requests about the SKU of that code in the warehouse of that id: each way in which
    the route can be given an id (path, query, body, row), the plainest first. It is called anew for each request: a
    route that ends something finds another one each time. Where the SKU is not in that warehouse, a request names ids
    that nothing has.

    `media_types` are those of its answers. `optional` are the members of its bodies, at any depth, that may be left
    out; `nullable` those that may be null; `blank` those that may be empty; `multiline` those that may have several
    lines. `is_of_organization`: it takes rights in
    the whole organization, and a key that is limited to warehouses has none here. `is_of_catalogue`: what it shows
    belongs to no warehouse, and is the same to every caller. `names_nothing`: its request names no record, so that
    whoever has the right makes one in an organization of their own.
    """

    contract: str
    method: str
    path: str  # as routes.tsv writes it, with {} for []
    name: str  # of the URL pattern
    requests: Callable[[str, str], list[Request]]
    status: int = 200
    media_types: tuple[str, ...] = ("application/json",)
    optional: frozenset[str] = frozenset()
    nullable: frozenset[str] = frozenset()
    blank: frozenset[str] = frozenset()
    multiline: frozenset[str] = frozenset()
    is_of_organization: bool = False
    is_of_catalogue: bool = False
    names_nothing: bool = False
    #: Set for those that another contract has the address of too.
    is_shared: bool = False

    def __str__(self) -> str:
        return f"{self.contract} {self.method} {self.path}"

    @property
    def headers(self) -> dict[str, str]:
        """What leads a request at the documented address here, whatever key it comes with."""
        return {"X-API-Contract": self.contract} if self.is_shared else {}

    def prefixed(self, request: Request) -> Request:
        """The same request at the address that is never ambiguous."""
        return request._replace(path=f"/{self.contract}{request.path}")

    @property
    def is_write(self) -> bool:
        return self.method != "GET"


def shape_of(path: str) -> str:
    """The path without the names of its parameters: what two contracts' paths are compared by."""
    return re.sub(r"[{\[]\w+[}\]]", "{}", path)


def item_id(sku: str, warehouse: str) -> str:
    """The SKU's first stock item in the warehouse, whoever's it is; an id that nothing has where there is none."""
    place = decode(Warehouse.prefix, warehouse)
    # The oldest one: in the order of bins, the items of two lots in one bin have no order.
    found = StockItem.objects.filter(sku__code=sku, warehouse=place).order_by("id").first()
    return found.public_id if found is not None else f"inv_{UNKNOWN}"


def location_id(sku: str, warehouse: str) -> str:
    """The warehouse, if the SKU is there."""
    return UNKNOWN_WAREHOUSE if item_id(sku, warehouse) == f"inv_{UNKNOWN}" else warehouse


def sku_id(sku: str, warehouse: str) -> str:
    """The SKU, if it is in the warehouse."""
    place = decode(Warehouse.prefix, warehouse)
    found = Sku.objects.filter(code=sku, levels__warehouse=place).first()
    return found.public_id if found is not None else f"sku_{UNKNOWN}"
