"""The addresses of the pages of one SKU's stock."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import path

from inventory.admin.sku_head import PAGE_URL, PROMISE_URL, TIMELINE_URL
from inventory.admin.sku_page import stock_page
from inventory.admin.sku_promise import promise_page
from inventory.admin.sku_timeline import timeline_page

__all__ = ["pages"]

_PAGES = (
    ("", stock_page, PAGE_URL),
    ("timeline/", timeline_page, TIMELINE_URL),
    ("promise/", promise_page, PROMISE_URL),
)


def pages(site: Any) -> list[Any]:
    """For the setting ADMIN_PAGES."""
    return [
        path(
            f"stock/<str:public_id>/{address}",
            site.admin_view(_of(site, view)),
            name=name.removeprefix("admin:"),
        )
        for address, view, name in _PAGES
    ]


def _of(site: Any, view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    def page(request: HttpRequest, public_id: str) -> HttpResponse:
        return view(request, public_id, site)

    return page
