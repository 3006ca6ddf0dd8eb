from warehouses.models.api_key import ApiKey
from warehouses.models.bin import Bin
from warehouses.models.idempotency_record import IdempotencyRecord
from warehouses.models.invitation import Invitation
from warehouses.models.membership import Membership, RoleAssignment
from warehouses.models.notice import Notice
from warehouses.models.object_permission import (
    OrganizationGroupPermission,
    OrganizationUserPermission,
    WarehouseGroupPermission,
    WarehouseUserPermission,
)
from warehouses.models.organization import Organization
from warehouses.models.page_preference import PagePreference
from warehouses.models.request_record import RequestRecord
from warehouses.models.role_start import RoleStart
from warehouses.models.room import Room, RoomType
from warehouses.models.saved_view import SavedView
from warehouses.models.user import User
from warehouses.models.warehouse import Warehouse, WarehouseType

__all__ = [
    "ApiKey",
    "Bin",
    "IdempotencyRecord",
    "Invitation",
    "Membership",
    "Notice",
    "Organization",
    "OrganizationGroupPermission",
    "OrganizationUserPermission",
    "PagePreference",
    "RequestRecord",
    "RoleAssignment",
    "RoleStart",
    "Room",
    "RoomType",
    "SavedView",
    "User",
    "Warehouse",
    "WarehouseGroupPermission",
    "WarehouseType",
    "WarehouseUserPermission",
]
