"""The snapshot of the pos contract: the stock items as they were, as JSON or CSV."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

from django.db.models import QuerySet
from django.http import HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone
from rest_framework.request import Request

from inventory.api.pos import documentation
from inventory.api.pos.base import PosView
from inventory.api.pos.filters import PosPaging
from inventory.api.pos.items import SNAPSHOT_COLUMNS, item_at_object
from inventory.models import StockItem
from inventory.snapshots import counted_items_at, items_at, read_items_at, walk_items_at
from warehouses import replica
from warehouses.http.faults import RequestFault, invalid_parameters
from warehouses.http.moments import beginning_of, parse_moment
from warehouses.http.negotiation import CSV, JsonOrCsv
from warehouses.http.paging import Page
from warehouses.http.rendering import csv_text
from warehouses.models import Warehouse

__all__ = ["Snapshot"]

_TICK: Final = timedelta(microseconds=1)


class Snapshot(PosView):
    """`GET /inventory/snapshot`: the stock items as they were, as JSON or CSV."""

    shows_stock = False
    permissions = {"GET": ("inventory.read",)}
    paging_class = PosPaging
    query_parameters = ("date", "location_id")
    content_negotiation_class = JsonOrCsv

    @documentation.snapshot
    def get(self, request: Request) -> HttpResponseBase:
        instant = self._instant()
        place = self.location()
        items = items_at(access=self.access, instant=instant, warehouse=place)
        if request.accepted_media_type == CSV:
            return self._file(items, instant, place)
        return self.paged(self._page(items, instant, place), as_of=_exact(instant))

    def _instant(self) -> datetime:
        """What `date` names: a day its end, but today and nothing at all the present."""
        now = timezone.now()
        named = self.request.query_params.get("date")
        if named is None:
            return now
        moment = parse_moment(named)
        if moment is None:
            raise _bad_date(
                "INVALID",
                "Give a day, as in 2026-01-27, or an instant with its offset, as in 2026-01-27T14:00:00Z.",
            )
        zone = self.access.organization.zone
        last: date = now if isinstance(moment, datetime) else now.astimezone(zone).date()
        if moment > last:
            raise _bad_date("FUTURE", "What will be there is not known: give a day or an instant up to now.")
        if isinstance(moment, datetime):
            return moment
        return min(beginning_of(moment + timedelta(days=1), zone) - _TICK, now)

    def _page(
        self, items: QuerySet[StockItem], instant: datetime, place: Warehouse | None
    ) -> Page[dict[str, Any]]:
        def read() -> Page[dict[str, Any]]:
            return self.page(
                items,
                lambda keys: [item_at_object(row) for row in read_items_at(keys, instant=instant)],
                counted=counted_items_at(access=self.access, instant=instant, warehouse=place),
            )

        return replica.read(read, as_of=instant)

    def _file(
        self, items: QuerySet[StockItem], instant: datetime, place: Warehouse | None
    ) -> HttpResponseBase:
        """The rows as CSV: one page where the query names one, else all of them, sent while they are read."""
        name = instant.strftime("inventory-%Y-%m-%dT%H%M%SZ.csv")
        sent: Any = {
            "content_type": f"{CSV}; charset=utf-8",
            "headers": {"Content-Disposition": f'attachment; filename="{name}"'},
        }
        parts: Iterator[list[dict[str, Any]]]
        if self.request.query_params.keys() & PosPaging.parameters():
            parts = iter([self._page(items, instant, place).rows])
        else:
            walked = replica.each(walk_items_at(items, instant=instant), as_of=instant)
            parts = (list(map(item_at_object, rows)) for rows in walked)
        if self.request.method == "HEAD":
            return HttpResponse(**sent)
        # A database that cannot be reached is a problem as long as nothing has been sent.
        first = next(parts, [])
        lines = (csv_text([*row.values()] for row in rows) for rows in itertools.chain([first], parts))
        return StreamingHttpResponse(itertools.chain([csv_text([SNAPSHOT_COLUMNS])], lines), **sent)


def _exact(moment: datetime) -> str:
    """To the microsecond, as the ledger counts: given as `date`, it names the same state again."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def _bad_date(code: str, detail: str) -> RequestFault:
    return invalid_parameters([("date", code, detail)])
