"""The ground floor's first steps: places, people, keys."""

from __future__ import annotations

from collections.abc import Iterator

from django.db.models import Exists, OuterRef
from django.urls import reverse

from warehouses.access import Access
from warehouses.delegation import MANAGE
from warehouses.first_steps import Step
from warehouses.models import ApiKey, Bin, Invitation

__all__ = ["steps"]


def steps(access: Access) -> Iterator[Step]:
    if access.everywhere("locations.write"):
        yield Step(
            1,
            "Set up a warehouse and its bins",
            "A hundred bins of a shelf are made at once.",
            reverse("admin:warehouses_bin_changelist"),
            Exists(Bin.objects.order_by().filter(organization=OuterRef("pk"), is_default=False)),
        )
    if access.everywhere(MANAGE):
        yield Step(
            4,
            "Invite somebody who counts",
            "Counters use a phone or a scanner, and see no stock.",
            reverse("admin:people"),
            Exists(Invitation.objects.order_by().filter(organization=OuterRef("pk"))),
        )
        yield Step(
            7,
            "Make an API key and use it",
            "Your shop or till reads and changes stock with it.",
            reverse("admin:warehouses_apikey_changelist"),
            Exists(ApiKey.objects.order_by().filter(organization=OuterRef("pk"), last_used_at__isnull=False)),
        )
