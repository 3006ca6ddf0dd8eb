"""django-guardian's object permissions with a foreign key each.

Guardian's generic rows keep the object's key as text: they outlive the object, and revive if a key is used again.
A foreign key dies with what it points at.
"""

from django.db import models
from guardian.models import GroupObjectPermissionBase, UserObjectPermissionBase

__all__ = [
    "OrganizationGroupPermission",
    "OrganizationUserPermission",
    "WarehouseGroupPermission",
    "WarehouseUserPermission",
]


class OrganizationUserPermission(UserObjectPermissionBase):
    content_object = models.ForeignKey("warehouses.Organization", on_delete=models.CASCADE)


class OrganizationGroupPermission(GroupObjectPermissionBase):
    content_object = models.ForeignKey("warehouses.Organization", on_delete=models.CASCADE)


class WarehouseUserPermission(UserObjectPermissionBase):
    content_object = models.ForeignKey("warehouses.Warehouse", on_delete=models.CASCADE)


class WarehouseGroupPermission(GroupObjectPermissionBase):
    content_object = models.ForeignKey("warehouses.Warehouse", on_delete=models.CASCADE)
