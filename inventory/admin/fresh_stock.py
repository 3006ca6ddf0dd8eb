"""What every page that shows stock does first, as the HTTP contracts do."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse

from inventory.reservations import expire_due
from warehouses.admin.model_admins import ScopedModelAdmin
from warehouses.http.organization import access_of

__all__ = ["FreshStock", "freshen"]


class FreshStock(ScopedModelAdmin):
    """A reservation that has run out is off the stock before a list or a page shows it. One query where none has."""

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        freshen(request)
        return super().changelist_view(request, extra_context)

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        freshen(request)
        return super().changeform_view(request, object_id, form_url, extra_context)


def freshen(request: HttpRequest) -> None:
    """The same for a page of another kind."""
    access = access_of(request)
    if request.method in {"GET", "HEAD"} and access is not None:
        expire_due(access.organization)
