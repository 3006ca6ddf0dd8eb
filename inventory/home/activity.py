"""The last thing that happened to stock."""

from __future__ import annotations

from typing import Final

from django.urls import reverse

from inventory.models import Movement
from warehouses.access import Access
from warehouses.home import Activity

__all__ = ["last_activity"]

#: So far back it is looked for among what others did: the index is the organization's, not the warehouse's.
_LOOKED_AT: Final = 500


def last_activity(access: Access) -> Activity | None:
    """The newest movement where the caller reads stock, if it is among the last few hundred. One query."""
    newest = (
        Movement.objects.filter(organization=access.organization)
        .order_by("-recorded_at", "-pk")
        .values("pk")[:_LOOKED_AT]
    )
    rows = Movement.objects.filter(organization=access.organization).order_by("-recorded_at", "-pk")
    places = access.warehouse_ids("inventory.read")
    if places is not None:
        rows = rows.filter(pk__in=newest, warehouse__in=places)
    found = rows.select_related("sku", "warehouse", "reason_code").first()
    if found is None:
        return None
    return Activity(
        at=found.recorded_at,
        words=(
            f"{found.reason_code.name}: {found.sku.code} {found.delta:+,} in {found.warehouse.name}, "
            f"by {found.actor_name}"
        ).replace(" -", " −"),
        link=reverse("admin:inventory_movement_change", args=(found.pk,)),
    )
