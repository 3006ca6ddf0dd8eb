"""The admin site: who may enter, for which organization, and a search that shows nobody else's rows.

It lies beside the `admin` package and not in it: Django makes the site while that package is still being imported.
"""

from __future__ import annotations

import time
from functools import update_wrapper
from typing import Any, cast
from urllib.parse import urlencode

from django.contrib.admin import ModelAdmin
from django.contrib.admin.sites import AdminSite
from django.contrib.admin.views.autocomplete import AutocompleteJsonView
from django.contrib.auth.models import AnonymousUser
from django.core.paginator import Paginator
from django.db.models import Model
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import SimpleLazyObject
from unfold.dataclasses import SearchResult
from unfold.sites import UnfoldAdminSite

from warehouses.access import organizations_of
from warehouses.http.organization import access_of
from warehouses.models import Organization, User

__all__ = ["TallyhouseAdminSite"]

_PALETTE_ROWS = 8
_PALETTE_PAGE = 100
#: A person with more organizations than this chooses on the page of their own.
_SWITCHER_ROWS = 12


class ScopedAutocompleteView(AutocompleteJsonView):
    """Django's own, whose rows are already the model admin's; the texts are its `choice_label`."""

    def process_request(self, request: HttpRequest) -> Any:
        term, model_admin, source_field, to_field_name = super().process_request(request)
        return term.replace("\x00", ""), model_admin, source_field, to_field_name

    def get_queryset(self) -> Any:
        rows = super().get_queryset()
        related = getattr(self.model_admin, "list_select_related", ())
        return rows.select_related(*related) if related else rows

    def serialize_result(self, obj: Model, to_field_name: str) -> dict[str, str]:
        label = getattr(self.model_admin, "choice_label", str)
        return {"id": str(getattr(obj, to_field_name)), "text": label(obj)}


class TallyhouseAdminSite(UnfoldAdminSite):
    index_title = "Overview"

    def has_permission(self, request: HttpRequest) -> bool:
        """Staff with an organization; superusers also without, to make the first one."""
        user = cast(User, request.user)
        if not (user.is_active and user.is_staff):
            return False
        return user.is_superuser or access_of(request) is not None

    def admin_view(self, view: Any, cacheable: bool = False) -> Any:
        """Django's guard around every page; inside, times are told in the organization's time zone."""
        guarded = super().admin_view(view, cacheable)

        def in_its_time_zone(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            access = access_of(request)
            with timezone.override(access.organization.zone if access else None):
                response: HttpResponseBase = guarded(request, *args, **kwargs)
                if isinstance(response, TemplateResponse):
                    response.render()  # Django would only do so once the time zone is forgotten again
            return response

        return update_wrapper(in_its_time_zone, guarded)

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponseBase:
        """Whoever is logged in and only lacks an organization is sent to choose one, not to log in again."""
        if request.method == "GET" and request.user.is_authenticated and not self.has_permission(request):
            target = request.GET.get("next") or reverse("admin:index", current_app=self.name)
            return redirect(f"{reverse('warehouses:organization')}?{urlencode({'next': target})}")
        return cast(HttpResponse, super().login(request, extra_context))

    def extra_context(self, context: dict[str, Any], request: HttpRequest) -> dict[str, Any]:
        """Called by `each_context`. The list of organizations costs a query, and only where it is shown."""
        access = access_of(request)
        user = request.user
        context["organization"] = access.organization if access else None
        context["organizations"] = SimpleLazyObject(lambda: _switchable(user))
        return context

    def autocomplete_view(self, request: HttpRequest) -> JsonResponse:
        return cast(JsonResponse, ScopedAutocompleteView.as_view(admin_site=self)(request))

    def search(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """The palette. Unfold keeps results for five minutes by person and term, so that rows of one organization
        would still be shown in the next, and to someone who has lost the right: nothing is kept here.
        """
        term = request.GET.get("s", "").replace("\x00", "").strip()
        if not term:
            return HttpResponse()
        started = time.perf_counter()
        extended = "extended" in request.GET
        results = self._found_pages(request, term)
        if extended:
            results += self._found_rows(request, term)
        page = Paginator(results, _PALETTE_PAGE).get_page(request.GET.get("page"))
        return TemplateResponse(
            request,
            "unfold/helpers/command_results.html" if extended else "unfold/helpers/search_results.html",
            {
                "page_obj": page.paginator,
                "results": page,
                "page_counter": page.start_index() - 1 if results else 0,
                "execution_time": time.perf_counter() - started,
                "command_show_history": False,
            },
            headers={"HX-Trigger": "search"},
        )

    def _found_pages(self, request: HttpRequest, term: str) -> list[SearchResult]:
        needle = term.casefold()
        return [
            SearchResult(
                title=str(model["name"]), description=app["name"], link=model["admin_url"], icon="table_rows"
            )
            for app in AdminSite.get_app_list(self, request)
            for model in app["models"]
            if model["admin_url"]
            and (needle in str(model["name"]).casefold() or needle in str(app["name"]).casefold())
        ]

    def _found_rows(self, request: HttpRequest, term: str) -> list[SearchResult]:
        found: list[SearchResult] = []
        for model_admin in self._registry.values():
            if not getattr(model_admin, "in_palette", False) or not model_admin.has_view_permission(request):
                continue
            found += [self._result(model_admin, row) for row in _search(model_admin, request, term)]
        return found

    def _result(self, model_admin: ModelAdmin[Any], row: Model) -> SearchResult:
        options = row._meta
        label = getattr(model_admin, "choice_label", str)
        link = reverse(
            f"admin:{options.app_label}_{options.model_name}_change", args=(row.pk,), current_app=self.name
        )
        return SearchResult(
            title=label(row),
            description=str(options.verbose_name).capitalize(),
            link=link,
            icon=getattr(model_admin, "icon", "data_object"),
        )


def _switchable(user: User | AnonymousUser) -> list[Organization]:
    return list(organizations_of(user)[:_SWITCHER_ROWS]) if isinstance(user, User) else []


def _search(model_admin: ModelAdmin[Any], request: HttpRequest, term: str) -> Any:
    rows, duplicates = model_admin.get_search_results(request, model_admin.get_queryset(request), term)
    if related := model_admin.list_select_related:
        rows = rows.select_related(*related) if isinstance(related, list | tuple) else rows.select_related()
    return (rows.distinct() if duplicates else rows)[:_PALETTE_ROWS]
