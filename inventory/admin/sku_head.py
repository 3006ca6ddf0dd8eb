"""What the pages of one SKU's stock have in common: which SKU, who may look, and what stands above."""

from __future__ import annotations

from typing import Any, Final

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse

from inventory.admin.fresh_stock import freshen
from inventory.models import Sku
from inventory.sku_page.timeline import READ
from warehouses.access import Access
from warehouses.http.organization import access_of
from warehouses.identifiers import decode

__all__ = ["PAGE_URL", "PROMISE_URL", "TIMELINE_URL", "asked_sku", "show"]

PAGE_URL: Final = "admin:inventory_sku_page"
PROMISE_URL: Final = "admin:inventory_sku_promise"
TIMELINE_URL: Final = "admin:inventory_sku_timeline"


def asked_sku(request: HttpRequest, public_id: str) -> tuple[Access, Sku]:
    """The SKU that the address names, for whoever may read stock somewhere."""
    access = access_of(request)
    if access is None or not access.may(READ):
        raise PermissionDenied
    key = decode(Sku.prefix, public_id)
    rows = Sku.objects.for_organization(access.organization).select_related("product__category")
    sku = rows.filter(pk=key).first() if key is not None else None
    if sku is None:
        raise Http404
    freshen(request)
    return access, sku


def show(
    request: HttpRequest, site: Any, access: Access, sku: Sku, name: str, tab: str, shown: dict[str, Any]
) -> HttpResponse:
    """A page of the SKU, with what all of them have above."""
    address = (sku.public_id,)
    context = {
        **site.each_context(request),
        "title": f"{sku.code} · {tab}" if tab != "Stock" else sku.code,
        "sku": sku,
        "barcodes": list(sku.barcodes.values_list("code", flat=True)[:6]),
        "may_edit": access.may("products.read"),
        "tabs": [
            ("Stock", reverse(PAGE_URL, args=address), tab == "Stock"),
            ("Timeline", reverse(TIMELINE_URL, args=address), tab == "Timeline"),
            ("What can be promised", reverse(PROMISE_URL, args=address), tab == "What can be promised"),
        ],
        **shown,
    }
    return TemplateResponse(request, f"inventory/admin/{name}.html", context)
