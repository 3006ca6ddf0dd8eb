"""From what an integrator writes (SKU code, warehouse id, reason) to records the caller may write.

A code, id or reason that is unknown, or another organization's, is one and the same refusal. Every bad row of a batch
is refused, not only the first.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from inventory.catalogue import find_skus
from inventory.models import ReasonCode, Sku, StockLevel, sku_key
from inventory.reason_codes import find_reason_codes
from warehouses.access import Access
from warehouses.identifiers import decode
from warehouses.models import Warehouse
from warehouses.refusals import Conflict, Forbidden, NotFound, Problem, Refusal, RuleBroken, gather

__all__ = [
    "Resolved",
    "Wanted",
    "find_warehouse",
    "find_warehouses",
    "inventory_not_found",
    "permission_denied",
    "require_open",
    "resolve",
    "unknown_reason",
]


@dataclass(frozen=True, slots=True)
class Wanted:
    """One row of a request. `warehouse` None asks for the warehouse that the SKU is in; `reason` is a code."""

    index: int
    code: str
    warehouse: str | None
    reason: str


@dataclass(frozen=True, slots=True)
class Resolved:
    sku: Sku
    warehouse: Warehouse
    reason: ReasonCode


def inventory_not_found(code: str, index: int | None = None) -> NotFound:
    """`index` is the row of the request that names the SKU; without one it was the address that did."""
    detail = f"There is no inventory of the SKU {code!r}."
    if index is None:
        return NotFound("INVENTORY_NOT_FOUND", detail)
    problem = Problem("INVENTORY_NOT_FOUND", detail, index, "sku")
    return NotFound("INVENTORY_NOT_FOUND", detail, problems=[problem])


def unknown_reason(code: str, index: int | None) -> RuleBroken:
    """`index` is the row of the request that names the code; None: the request itself does."""
    detail = f"There is no reason code {code!r}."
    problem = Problem("UNKNOWN_REASON_CODE", detail, index, "reason")
    return RuleBroken("UNKNOWN_REASON_CODE", detail, problems=[problem])


def permission_denied(
    permission: str, warehouse: Warehouse, index: int | None, *, field: str = "warehouse"
) -> Forbidden:
    """For a warehouse that the caller may read; one that it may not is not found."""
    detail = f"This needs the permission {permission} in {warehouse.name}."
    problem = Problem("PERMISSION_DENIED", detail, index, field)
    return Forbidden("PERMISSION_DENIED", detail, problems=[problem])


def require_open(warehouse: Warehouse, field: str | None = None) -> None:
    """Refuse a warehouse that goods can neither leave nor enter, before a document about it is made.

    The ledger sees to it that none do. Raises Forbidden `READONLY_WAREHOUSE`, Conflict `WAREHOUSE_INACTIVE`.
    """
    if warehouse.is_readonly:
        detail = f"{warehouse.name} is read-only: only its sync changes it."
        problems = [Problem("READONLY_WAREHOUSE", detail, field=field)] if field else []
        raise Forbidden("READONLY_WAREHOUSE", detail, problems=problems)
    if not warehouse.is_active:
        detail = f"{warehouse.name} is inactive: its stock cannot change."
        problems = [Problem("WAREHOUSE_INACTIVE", detail, field=field)] if field else []
        raise Conflict("WAREHOUSE_INACTIVE", detail, problems=problems)


def find_warehouse(*, access: Access, public_id: str) -> Warehouse:
    """The warehouse that the caller may read, inactive ones too. Raises NotFound `WAREHOUSE_NOT_FOUND`."""
    key = decode(Warehouse.prefix, public_id)
    seen = access.narrow(Warehouse.objects.all(), "inventory.read", warehouse="pk")
    found = seen.filter(pk=key).first() if key is not None else None
    if found is None:
        raise _warehouse_not_found(None)
    return found


def find_warehouses(*, access: Access, public_ids: Sequence[str]) -> list[Warehouse]:
    """The warehouses of a list in a request's body, in its order, which the caller may read. One query.

    Raises NotFound `WAREHOUSE_NOT_FOUND` with a problem for each that there is not, by its place in the list.
    """
    keys = [decode(Warehouse.prefix, public_id) for public_id in public_ids]
    seen = access.narrow(Warehouse.objects.all(), "inventory.read", warehouse="pk")
    found = {place.pk: place for place in seen.filter(pk__in=[key for key in keys if key is not None])}
    missing = [_warehouse_not_found(index) for index, key in enumerate(keys) if key not in found]
    if missing:
        raise gather(missing)
    return [found[key] for key in dict.fromkeys(keys) if key is not None]


def resolve(
    *, access: Access, permission: str, wanted: Sequence[Wanted]
) -> tuple[dict[int, Resolved], list[Refusal]]:
    """The records behind each row, by its index, and a refusal for each row that has none.

    Three queries, and a fourth if some row names no warehouse. Refusals: `INVENTORY_NOT_FOUND`,
    `WAREHOUSE_NOT_FOUND`, `PERMISSION_DENIED` (a warehouse the caller may read but not write), `WAREHOUSE_REQUIRED`,
    `UNKNOWN_REASON_CODE`.
    """
    access.require(permission)
    organization = access.organization
    skus = find_skus(organization=organization, codes={row.code for row in wanted})
    reasons = find_reason_codes(organization=organization, codes={row.reason for row in wanted})
    choices = _Warehouses(access, permission, wanted, skus)
    resolved: dict[int, Resolved] = {}
    refused: list[Refusal] = []
    for row in wanted:
        sku = skus.get(sku_key(row.code))
        reason = reasons.get(row.reason.casefold())
        try:
            if sku is None:
                raise inventory_not_found(row.code, row.index)
            if reason is None:
                raise unknown_reason(row.reason, row.index)
            warehouse = choices.choose(row, sku)
        except Refusal as refusal:
            refused.append(refusal)
        else:
            resolved[row.index] = Resolved(sku, warehouse, reason)
    return resolved, refused


class _Warehouses:
    """The organization's warehouses that the batch needs, and what the caller may do in each."""

    def __init__(
        self, access: Access, permission: str, wanted: Sequence[Wanted], skus: Mapping[str, Sku]
    ) -> None:
        self.access = access
        self.permission = permission
        self.keys = {
            row.warehouse: decode(Warehouse.prefix, row.warehouse)
            for row in wanted
            if row.warehouse is not None
        }
        unnamed = [
            skus[sku_key(row.code)] for row in wanted if row.warehouse is None and sku_key(row.code) in skus
        ]
        self.stocking = self._stocking(unnamed)
        needed = {key for key in self.keys.values() if key is not None}
        needed |= {place for places in self.stocking.values() for place in places}
        if unnamed and access.organization.default_warehouse_id is not None:
            needed.add(access.organization.default_warehouse_id)
        self.found = {
            warehouse.pk: warehouse
            for warehouse in Warehouse.objects.order_by().filter(
                organization=access.organization, pk__in=needed
            )
        }

    def _stocking(self, skus: Iterable[Sku]) -> Mapping[UUID, list[UUID]]:
        places: dict[UUID, list[UUID]] = defaultdict(list)
        keys = {sku.pk for sku in skus}
        if keys:
            levels = self.access.narrow(StockLevel.objects.order_by(), self.permission).filter(sku__in=keys)
            for sku_id, warehouse_id in levels.values_list("sku_id", "warehouse_id"):
                places[sku_id].append(warehouse_id)
        return places

    def choose(self, row: Wanted, sku: Sku) -> Warehouse:
        if row.warehouse is None:
            return self._only(row, sku)
        key = self.keys[row.warehouse]
        warehouse = self.found.get(key) if key is not None else None
        if warehouse is None:
            raise _warehouse_not_found(row.index)
        if self.access.covers(self.permission, warehouse.pk):
            return warehouse
        if self.access.covers("inventory.read", warehouse.pk):
            raise permission_denied(self.permission, warehouse, row.index)
        raise _warehouse_not_found(row.index)

    def _only(self, row: Wanted, sku: Sku) -> Warehouse:
        """The only warehouse that stocks the SKU, else the default when nothing stocks it; several must be named."""
        places = self.stocking.get(sku.pk, [])
        if len(places) == 1:
            return self.found[places[0]]
        default = self.access.organization.default_warehouse_id
        if not places and default in self.found and self.access.covers(self.permission, default):
            return self.found[default]
        what = f"in {len(places)} warehouses" if places else "in no warehouse yet"
        detail = f"{sku.code} is {what}: name the warehouse."
        problem = Problem("WAREHOUSE_REQUIRED", detail, row.index, "warehouse")
        raise RuleBroken("WAREHOUSE_REQUIRED", detail, problems=[problem])


def _warehouse_not_found(index: int | None) -> NotFound:
    detail = "There is no such warehouse."
    problem = Problem("WAREHOUSE_NOT_FOUND", detail, index, "warehouse")
    return NotFound("WAREHOUSE_NOT_FOUND", detail, problems=[problem])
