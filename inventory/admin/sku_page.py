"""The page of one SKU's stock: where it is, how much there was, how long it lasts, and what is open of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from inventory.admin.labels import PLAIN, Look, symbol_label
from inventory.admin.sku_head import asked_sku, show
from inventory.admin.sku_timeline import shown_rows
from inventory.admin.stock_chart import chart_of, summary_of
from inventory.availability.records import read_sku
from inventory.formulas import StockStatus
from inventory.models import Sku
from inventory.sku_page.open_documents import read_open_documents
from inventory.sku_page.over_time import DAYS, read_course
from inventory.sku_page.places import Place, read_places
from inventory.sku_page.timeline import read_timeline
from warehouses.identifiers import decode
from warehouses.models import Warehouse

__all__ = ["stock_page"]

_LATEST: Final = 5

_LOOKS: Final = {
    StockStatus.NORMAL: ("In stock", Look("check_circle", extra=PLAIN)),
    StockStatus.LOW: ("Low", Look("trending_down", variant="warning")),
    StockStatus.CRITICAL: ("Critical", Look("priority_high", variant="warning")),
    StockStatus.OUT_OF_STOCK: ("Out of stock", Look("error", variant="danger")),
}


def stock_page(request: HttpRequest, public_id: str, site: Any) -> HttpResponse:
    access, sku = asked_sku(request, public_id)
    figures, places = read_places(access=access, sku=sku)
    records = read_sku(access=access, sku=sku, channels=())
    open_documents = read_open_documents(
        access=access, sku=sku, level_ids=[place.level.pk for place in places]
    )
    days = _window(request.GET.get("days"))
    warehouse = _chosen(places, request.GET.get("warehouse"))
    course = read_course(access=access, sku=sku, warehouse=warehouse, days=days)
    latest = read_timeline(access=access, sku=sku, rows=_LATEST)
    return show(
        request,
        site,
        access,
        sku,
        "sku_page",
        "Stock",
        {
            "figures": figures,
            "status": _status(figures.status),
            "promisable": sum(record.promise.atp for record in records),
            "places": [(place, _status(place.status)) for place in places],
            "may_adjust": any(place.may_adjust for place in places),
            "open": open_documents,
            "lists": _lists(sku),
            "course": course,
            "numbers": course.days[::-1],
            "chart": chart_of(course),
            "summary": summary_of(course),
            "windows": [_window_link(request, each, each == days) for each in sorted(DAYS)],
            "warehouse": warehouse,
            "places_to_choose": _place_links(request, places, warehouse),
            "latest": shown_rows(latest.rows),
        },
    )


def _status(status: StockStatus | None) -> Any:
    return symbol_label(*_LOOKS[status]) if status is not None else "Never stocked"


def _window(asked: str | None) -> int:
    return next((days for days in DAYS if str(days) == asked), DAYS[0])


def _chosen(places: Sequence[Place], asked: str | None) -> Warehouse | None:
    """Of the warehouses where it is; anything else is none of them."""
    key = decode(Warehouse.prefix, asked)
    return next((place.level.warehouse for place in places if place.level.warehouse_id == key), None)


def _window_link(request: HttpRequest, days: int, is_current: bool) -> tuple[str, str, bool]:
    words = "A year" if days == 365 else f"{days} days"
    return (words, _query(request, days=str(days)), is_current)


def _place_links(
    request: HttpRequest, places: Sequence[Place], chosen: Warehouse | None
) -> list[tuple[str, str, bool]]:
    if len(places) < 2:
        return []
    every = [("All locations", _query(request, warehouse=""), chosen is None)]
    return every + [
        (
            place.level.warehouse.name,
            _query(request, warehouse=place.level.warehouse.public_id),
            chosen is not None and chosen.pk == place.level.warehouse_id,
        )
        for place in places
    ]


def _query(request: HttpRequest, **changed: str) -> str:
    kept = {name: request.GET[name] for name in ("days", "warehouse") if request.GET.get(name)}
    asked = {name: value for name, value in (kept | changed).items() if value}
    return f"?{urlencode(asked)}#over-time"


def _lists(sku: Sku) -> dict[str, str]:
    """The lists of what is about the SKU."""
    term = urlencode({"q": sku.code})
    return {
        model: f"{reverse(f'admin:inventory_{model}_changelist')}?{term}"
        for model in ("stockitem", "movement", "reservation", "hold", "replenishment", "transfer", "lot")
    }
