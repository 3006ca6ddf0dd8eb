"""`/admin/search/`: what the palette shows, and the same as a page of its own for whoever has no script.

`s` is the term. `extended` asks for the rows alone, as the script does. `open` goes on to the one record that the term
names, if it names one and no other; the script does that by itself with what was scanned.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, cast

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse

from warehouses.access import Access
from warehouses.admin_navigation import navigation
from warehouses.http.organization import access_of
from warehouses.identifiers import decode
from warehouses.palette import MOST_OF_A_KIND, Found, Hit, find, is_whole, says

if TYPE_CHECKING:
    from django.contrib.admin import ModelAdmin
    from django.db.models import Model

    from warehouses.admin_site import TallyhouseAdminSite

__all__ = ["search"]

#: More than any code, number or name.
_LONGEST_TERM = 200


def search(site: TallyhouseAdminSite, request: HttpRequest) -> HttpResponse:
    """Nothing is kept of what was found: the next to ask may be somebody else, or have lost the right."""
    term = request.GET.get("s", "").replace("\x00", "").strip()[:_LONGEST_TERM]
    found = _find(site, request, term)
    only = found.only
    if only is not None and "open" in request.GET:
        return redirect(only.link)
    context: dict[str, Any] = {
        "term": term,
        "hits": found.hits,
        "has_records": any(not hit.is_act for hit in found.hits),
        "only": only,
        "opens_at_once": only is not None and is_whole(term),
    }
    if "extended" in request.GET:
        return TemplateResponse(request, "warehouses/admin/palette_rows.html", context)
    context = {**site.each_context(request), "title": "Search", **context}
    return TemplateResponse(request, "warehouses/admin/search.html", context)


def _find(site: TallyhouseAdminSite, request: HttpRequest, term: str) -> Found:
    access = access_of(request)
    hits = find(access, term) if access is not None else []
    if access is not None and term and not any(hit.is_exact for hit in hits):
        by_id = list(_with_id(site, request, term))
        hits = by_id or [*_named(site, request, access, term), *hits]
    acts = [hit for hit in hits if hit.is_act and not hit.is_offer]
    records = [hit for hit in hits if not hit.is_act]
    pages = list(_pages(request, term)) if term else []
    offers = [hit for hit in hits if hit.is_offer] if not (records or acts or pages) else []
    return Found((*records, *acts, *pages, *offers))


def _with_id(site: TallyhouseAdminSite, request: HttpRequest, term: str) -> Iterator[Hit]:
    """The record of a public id, whatever it is: its prefix says of which screen it is. One query at most."""
    for model_admin in site._registry.values():
        prefix = getattr(model_admin.model, "prefix", None)
        key = decode(prefix, term.lower()) if prefix else None
        if key is None or not model_admin.has_view_permission(request):
            continue
        for row in model_admin.get_queryset(request).filter(pk=key):
            yield _hit(site, model_admin, row, is_exact=True)


def _named(site: TallyhouseAdminSite, request: HttpRequest, access: Access, term: str) -> Iterator[Hit]:
    """Rows of the short lists (`in_palette`), searched as their own pages do. A query for each of them."""
    for model_admin in site._registry.values():
        if not getattr(model_admin, "in_palette", False) or not model_admin.has_view_permission(request):
            continue
        rows, duplicates = model_admin.get_search_results(request, model_admin.get_queryset(request), term)
        if related := model_admin.list_select_related:
            rows = (
                rows.select_related(*related) if isinstance(related, list | tuple) else rows.select_related()
            )
        for row in (rows.distinct() if duplicates else rows)[:MOST_OF_A_KIND]:
            yield _hit(site, model_admin, row, is_exact=False)


def _hit(site: TallyhouseAdminSite, model_admin: ModelAdmin[Any], row: Model, *, is_exact: bool) -> Hit:
    options = row._meta
    label = getattr(model_admin, "choice_label", str)
    name = str(options.verbose_name)
    return Hit(
        label(row),
        f"{name[:1].upper()}{name[1:]}",
        reverse(
            f"admin:{options.app_label}_{options.model_name}_change", args=(row.pk,), current_app=site.name
        ),
        getattr(model_admin, "icon", "data_object"),
        is_exact=is_exact,
    )


def _pages(request: HttpRequest, term: str) -> Iterator[Hit]:
    """The entries of the person's own sidebar."""
    for group in navigation(request):
        for entry in group["items"]:
            if says(f"{entry['title']} {group['title'] or ''}", term):
                yield Hit(
                    entry["title"],
                    "Page",
                    cast(str, entry["link"]),
                    entry["icon"],
                    detail=entry.get("description") or "",
                    is_act=True,
                )
