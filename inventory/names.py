"""From what a request names (codes and public ids) to records, one query for each kind, whatever the number of rows.

A code or id that is malformed, unknown, another organization's, or in a warehouse that the caller may not see is one
and the same refusal.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar
from uuid import UUID

from inventory.catalogue import find_skus
from inventory.models import Channel, Lot, ReasonCode, Sku, StockItem, sku_key
from inventory.reason_codes import find_reason_codes
from inventory.resolution import inventory_not_found, permission_denied, unknown_reason
from warehouses.access import Access
from warehouses.identifiers import decode
from warehouses.models import Bin, Warehouse
from warehouses.models.base import PublicModel
from warehouses.refusals import NotFound, Problem

__all__ = ["Names", "not_found"]

Record = TypeVar("Record", bound=PublicModel)


def not_found(code: str, detail: str, *, index: int | None = None, field: str | None = None) -> NotFound:
    """A refusal that points at `field` of the row `index` of a request; at the request itself where both are None."""
    problems = [Problem(code, detail, index, field)] if field is not None or index is not None else []
    return NotFound(code, detail, problems=problems)


class Names:
    """The records that a request names. Give all of the names at once; None among them is skipped.

    `permission` is what the caller needs in a warehouse that it names; one where it may only read is
    `PERMISSION_DENIED`. What a request does not name in advance is not found.
    """

    def __init__(
        self,
        access: Access,
        permission: str,
        *,
        skus: Iterable[str | None] = (),
        locations: Iterable[str | None] = (),
        bins: Iterable[str | None] = (),
        lots: Iterable[str | None] = (),
        items: Iterable[str | None] = (),
        channels: Iterable[str | None] = (),
        reasons: Iterable[str | None] = (),
    ) -> None:
        access.require(permission)
        self.access = access
        self.permission = permission
        organization = access.organization
        codes = {code for code in skus if code is not None}
        self._skus: dict[str, Sku] = find_skus(organization=organization, codes=codes) if codes else {}
        self._warehouses = self._read(Warehouse, locations)
        self._bins = self._read(Bin, bins)
        self._lots = self._read(Lot, lots)
        self._items = self._read(StockItem, items, "sku", "warehouse", "bin", "lot")
        self._channels = self._read(Channel, channels)
        words = {word for word in reasons if word is not None}
        self._reasons = find_reason_codes(organization=organization, codes=words) if words else {}

    def _read(
        self, model: type[Record], public_ids: Iterable[str | None], *related: str
    ) -> dict[UUID, Record]:
        keys = {decode(model.prefix, public_id) for public_id in public_ids} - {None}
        if not keys:
            return {}
        rows = model._default_manager.order_by().filter(organization=self.access.organization, pk__in=keys)
        return (
            {row.pk: row for row in rows.select_related(*related)}
            if related
            else {row.pk: row for row in rows}
        )

    def sku(self, code: str, index: int | None = None) -> Sku:
        """Raises `INVENTORY_NOT_FOUND`."""
        found = self._skus.get(sku_key(code))
        if found is None:
            if index is None:
                raise not_found(
                    "INVENTORY_NOT_FOUND", f"There is no inventory of the SKU {code!r}.", field="sku"
                )
            raise inventory_not_found(code, index)
        return found

    def location(
        self,
        public_id: str,
        index: int | None = None,
        *,
        field: str = "warehouse",
        permission: str | None = None,
        reading: str = "inventory.read",
    ) -> Warehouse:
        """Raises `WAREHOUSE_NOT_FOUND`, and `PERMISSION_DENIED` where the caller has only the right of `reading`."""
        needed = permission or self.permission
        found = _of(self._warehouses, Warehouse, public_id)
        if found is not None and self.access.covers(needed, found.pk):
            return found
        if found is not None and self.access.covers(reading, found.pk):
            raise permission_denied(needed, found, index, field=field)
        raise not_found("WAREHOUSE_NOT_FOUND", "There is no such warehouse.", index=index, field=field)

    def bin(
        self, public_id: str, warehouse: Warehouse, index: int | None = None, *, field: str = "bin"
    ) -> Bin:
        """A bin of that warehouse. Raises `BIN_NOT_FOUND`."""
        found = _of(self._bins, Bin, public_id)
        if found is None or found.warehouse_id != warehouse.pk:
            raise not_found("BIN_NOT_FOUND", f"{warehouse.name} has no such bin.", index=index, field=field)
        return found

    def lot(self, public_id: str, sku: Sku, index: int | None = None, *, field: str = "lot") -> Lot:
        """A lot of that SKU. Raises `LOT_NOT_FOUND`."""
        found = _of(self._lots, Lot, public_id)
        if found is None or found.sku_id != sku.pk:
            raise not_found("LOT_NOT_FOUND", f"{sku.code} has no such lot.", index=index, field=field)
        return found

    def item(self, public_id: str, index: int | None = None, *, field: str = "stock_item") -> StockItem:
        """A stock item with its SKU, warehouse, bin and lot, where the caller has the permission.

        Raises `INVENTORY_NOT_FOUND`, and `PERMISSION_DENIED` where the caller may only read.
        """
        found = _of(self._items, StockItem, public_id)
        if found is not None and self.access.covers(self.permission, found.warehouse_id):
            return found
        if found is not None and self.access.covers("inventory.read", found.warehouse_id):
            raise permission_denied(self.permission, found.warehouse, index)
        raise not_found("INVENTORY_NOT_FOUND", "There is no such inventory item.", index=index, field=field)

    def channel(self, public_id: str, index: int | None = None, *, field: str = "channel") -> Channel:
        """Raises `CHANNEL_NOT_FOUND`."""
        found = _of(self._channels, Channel, public_id)
        if found is None:
            raise not_found("CHANNEL_NOT_FOUND", "There is no such channel.", index=index, field=field)
        return found

    def reason(self, code: str, index: int | None = None) -> ReasonCode:
        """Raises `UNKNOWN_REASON_CODE`."""
        found = self._reasons.get(code.casefold())
        if found is None:
            raise unknown_reason(code, index)
        return found


def _of(found: dict[UUID, Record], model: type[Record], public_id: str) -> Record | None:
    key = decode(model.prefix, public_id)
    return found.get(key) if key is not None else None
