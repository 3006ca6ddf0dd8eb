"""Rows that go from one warehouse to another, or nowhere: a right at one end is a right to the row."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest

from warehouses.admin.model_admins import ScopedModelAdmin
from warehouses.http.organization import access_of

__all__ = ["EitherEndAdmin"]


class EitherEndAdmin(ScopedModelAdmin):
    """For the admin of a model with `from_warehouse` and `to_warehouse`."""

    def narrow(self, request: HttpRequest, rows: QuerySet[Any], permission: str) -> QuerySet[Any]:
        """Those of which the caller has the permission at one end or both."""
        access = access_of(request)
        if access is None or not access.may(permission):
            return rows.none()
        return rows.filter(access.at_either_end(permission), organization=access.organization)

    def allows(self, request: HttpRequest, permission: str | None, obj: Any = None) -> bool:
        access = access_of(request)
        if access is None or permission is None or not access.may(permission):
            return False
        found = self._row(request, obj) if isinstance(obj, str) else obj
        if found is None:
            return obj is None
        return found.organization_id == access.organization.pk and access.covers_either(
            permission, found.from_warehouse_id, found.to_warehouse_id
        )
