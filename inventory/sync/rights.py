"""Whether a caller may do something in a warehouse."""

from __future__ import annotations

from warehouses.access import Access
from warehouses.models import Warehouse
from warehouses.refusals import Forbidden, NotFound

__all__ = ["require_in"]


def require_in(access: Access, permission: str, warehouse: Warehouse) -> None:
    """Raise Forbidden `PERMISSION_DENIED`, or NotFound `WAREHOUSE_NOT_FOUND` for one that the caller cannot see."""
    access.require(permission)
    is_ours = warehouse.organization_id == access.organization.pk
    if is_ours and access.covers(permission, warehouse.pk):
        return
    if is_ours and access.covers("inventory.read", warehouse.pk):
        raise Forbidden(
            "PERMISSION_DENIED",
            f"This needs the permission {permission} in {warehouse.name}.",
            extra={"missing": [permission]},
        )
    raise NotFound("WAREHOUSE_NOT_FOUND", "There is no such warehouse.")
