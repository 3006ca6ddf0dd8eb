from warehouses.models.api_key import ApiKey
from warehouses.models.bin import Bin
from warehouses.models.idempotency_record import IdempotencyRecord
from warehouses.models.invitation import Invitation
from warehouses.models.membership import Membership, RoleAssignment
from warehouses.models.object_permission import (
    OrganizationGroupPermission,
    OrganizationUserPermission,
    WarehouseGroupPermission,
    WarehouseUserPermission,
)
from warehouses.models.organization import Organization
from warehouses.models.room import Room, RoomType
from warehouses.models.user import User
from warehouses.models.warehouse import Warehouse, WarehouseType

__all__ = [
    "ApiKey",
    "Bin",
    "IdempotencyRecord",
    "Invitation",
    "Membership",
    "Organization",
    "OrganizationGroupPermission",
    "OrganizationUserPermission",
    "RoleAssignment",
    "Room",
    "RoomType",
    "User",
    "Warehouse",
    "WarehouseGroupPermission",
    "WarehouseType",
    "WarehouseUserPermission",
]
