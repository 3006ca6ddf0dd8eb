"""The requests' first step: one of them is decided on."""

from __future__ import annotations

from collections.abc import Iterator

from django.db.models import Exists, OuterRef
from django.urls import reverse

from stock_requests.models import StockRequest
from stock_requests.rights import WRITE
from warehouses.access import Access
from warehouses.first_steps import Step

__all__ = ["steps"]


def steps(access: Access) -> Iterator[Step]:
    if access.everywhere(WRITE):
        decided = StockRequest.objects.order_by().filter(
            organization=OuterRef("pk"), decided_at__isnull=False
        )
        yield Step(
            5,
            "Ask for stock, and have it approved",
            "Somebody else approves it, unless you allow your own.",
            reverse("admin:stock_requests_stockrequest_changelist"),
            Exists(decided),
        )
