"""What the palette finds of the requests: one by its number, and where to ask for something."""

from __future__ import annotations

from collections.abc import Iterator

from django.urls import reverse

from inventory.admin.search import number_typed
from stock_requests.models import RequestState
from stock_requests.rights import READ, WRITE, visible_requests
from warehouses.access import Access
from warehouses.palette import Hit, says

__all__ = ["find"]

_PREFIX = "SR-"


def find(access: Access, term: str) -> Iterator[Hit]:
    """`SR-00012` and `sr-12` are the request's own number; `12` may be meant as it. One query at most."""
    number = number_typed(term, _PREFIX)
    if number is not None and access.may(READ):
        rows = visible_requests(access=access).filter(number=number, deleted_at__isnull=True)
        for request in rows.select_related("from_warehouse", "to_warehouse", "department"):
            to = request.to_warehouse or request.department
            yield Hit(
                request.name,
                "Stock request",
                reverse("admin:stock_requests_stockrequest_change", args=[request.pk]),
                "assignment",
                detail=f"{request.from_warehouse} → {to}" if to else str(request.from_warehouse),
                facts=(str(RequestState(request.state).label),),
                is_exact=term.upper().startswith(_PREFIX),
            )
    if access.may(WRITE) and says("New stock request", term):
        yield Hit(
            "New stock request",
            "Action",
            reverse("admin:stock_requests_stockrequest_add"),
            "assignment_add",
            is_act=True,
        )
