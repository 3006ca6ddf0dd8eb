"""Lists of which the database keeps count."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.admin.views.main import ORDER_VAR
from django.http import HttpRequest

from inventory.models import TallyKind
from inventory.tallies import tally_of
from warehouses.admin.model_admins import ScopedModelAdmin
from warehouses.http.organization import access_of
from warehouses.http.paging import Counted

__all__ = ["Tallied"]


class Tallied(ScopedModelAdmin):
    """Its `ordering` is that of the tally, and then the key."""

    tally_kind: ClassVar[TallyKind]

    def counted(self, request: HttpRequest) -> Counted | None:
        access = access_of(request)
        if access is None:
            return None
        return tally_of(
            self.tally_kind,
            access=access,
            permission=self.read_permission,
            is_ordered=ORDER_VAR not in request.GET,
        )
