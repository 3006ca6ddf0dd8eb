"""What every view of stock does before it reads, in every contract."""

from __future__ import annotations

from typing import Any

from rest_framework.request import Request

from inventory.reservations import expire_due
from warehouses.http.views import ApiView

__all__ = ["StockView"]


class StockView(ApiView):
    """Subclass once per contract. A reservation that has run out is off the stock before anybody reads it.

    What a write finds, the ledger sees to. One query where nothing has run out, none for a view that shows no stock
    (`shows_stock`).
    """

    shows_stock = True

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        if self.shows_stock and request.method in {"GET", "HEAD"}:
            expire_due(self.access.organization)
