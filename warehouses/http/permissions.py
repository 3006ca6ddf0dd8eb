"""DRF's side of `Access`: which permissions a method of a view needs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from warehouses.http.organization import found_access

if TYPE_CHECKING:
    from rest_framework.views import APIView

__all__ = ["HasScope"]


class HasScope(BasePermission):
    """The view's `permissions` map a method to the permissions it needs, all of them; what is not in the map is denied.

    HEAD is GET. OPTIONS only tells which methods there are, and needs no more than a caller.
    """

    def has_permission(self, request: Request, view: APIView) -> bool:
        access = found_access(request._request)
        if access is None:
            return False
        method = "GET" if request.method == "HEAD" else request.method
        if method == "OPTIONS":
            return True
        needed = getattr(view, "permissions", {}).get(method)
        if not needed:
            return False
        access.require(*needed)
        return True
