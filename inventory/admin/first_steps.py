"""The inventory's first steps: SKUs, and labels on the bins."""

from __future__ import annotations

from collections.abc import Iterator

from django.db.models import Exists, OuterRef
from django.urls import reverse

from inventory.models import Sku
from warehouses.access import Access
from warehouses.first_steps import Step
from warehouses.models import PagePreference

__all__ = ["steps"]


def steps(access: Access) -> Iterator[Step]:
    if access.everywhere("products.write"):
        yield Step(
            2,
            "Bring in your SKUs",
            "From a sheet, or one by one.",
            reverse("admin:inventory_importrun_changelist"),
            Exists(Sku.objects.order_by().filter(organization=OuterRef("pk"))),
            begins=True,
        )
    if access.everywhere("locations.write"):
        yield Step(
            3,
            "Print labels for the bins",
            "Select bins in their list, and print them on sheets or a roll.",
            reverse("admin:warehouses_bin_changelist"),
            Exists(PagePreference.objects.filter(organization=OuterRef("pk"), page="labels")),
        )
