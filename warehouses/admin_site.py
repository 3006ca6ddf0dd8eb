"""The admin site: who may enter, for which organization, and a search that shows nobody else's rows.

It lies beside the `admin` package and not in it: Django makes the site while that package is still being imported.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import update_wrapper
from typing import Any, cast
from urllib.parse import urlencode

from django.conf import settings
from django.contrib.admin.views.autocomplete import AutocompleteJsonView
from django.contrib.auth.models import AnonymousUser
from django.db.models import Count, IntegerField, Model, OuterRef, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.functional import SimpleLazyObject
from django.utils.module_loading import import_string
from unfold.forms import AuthenticationForm
from unfold.sites import UnfoldAdminSite

from warehouses.access import organizations_of
from warehouses.home import checklist_of, home_of
from warehouses.http.login_limits import LimitedLogin, as_paused
from warehouses.http.organization import access_of
from warehouses.models import Notice, Organization, User
from warehouses.notices import unread_count
from warehouses.permissions import DESCRIPTIONS
from warehouses.row_security import across_organizations

__all__ = ["TallyhouseAdminSite"]

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


class LoginForm(LimitedLogin, AuthenticationForm):
    pass


class TallyhouseAdminSite(UnfoldAdminSite):
    index_title = "Overview"
    login_form = LoginForm

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
        answer = cast(HttpResponse, super().login(request, extra_context))
        if request.method == "POST" and request.user.is_authenticated:
            from warehouses.views.keys import remember_keys

            remember_keys(request)
        return as_paused(answer)

    def index(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """The overview; whoever may do only one thing, of which there is a page, begins on that."""
        access = access_of(request)
        granted = [name for name in DESCRIPTIONS if access.may(name)] if access is not None else []
        first = settings.FIRST_PAGES.get(granted[0]) if len(granted) == 1 else None
        if first:
            return redirect(first)
        context: dict[str, Any] = {**(extra_context or {})}
        if access is not None:
            context["home"] = home_of(access)
            context["checklist"] = checklist_of(access)
        return cast(HttpResponse, super().index(request, context))

    def extra_context(self, context: dict[str, Any], request: HttpRequest) -> dict[str, Any]:
        """Called by `each_context`. The list of organizations costs a query, and only where it is shown."""
        access = access_of(request)
        user = request.user
        organization = access.organization if access else None
        organizations = SimpleLazyObject(lambda: _switchable(user))
        context["organization"] = organization
        context["organizations"] = organizations
        context["unread_notices"] = SimpleLazyObject(lambda: _unread(user, organization, organizations))
        return context

    def get_urls(self) -> list[Any]:
        from warehouses.views import first_steps, keys, notices, people  # their pages are this site's

        own = [
            path("checklist/", self.admin_view(first_steps.put_away), name="checklist_put_away"),
            path("keys/", self.admin_view(keys.keys), name="keys"),
            path("people/", self.admin_view(people.people), name="people"),
            path("people/<str:public_id>/", self.admin_view(people.member), name="person"),
            path("notices/", self.admin_view(notices.listing), name="notices"),
            path("notices/read/", self.admin_view(notices.read_all), name="notices_read"),
            path("notices/<str:public_id>/", self.admin_view(notices.open_notice), name="notice"),
        ]
        pages = [page for name in settings.ADMIN_PAGES for page in import_string(name)(self)]
        return [*own, *pages, *super().get_urls()]

    def autocomplete_view(self, request: HttpRequest) -> JsonResponse:
        return cast(JsonResponse, ScopedAutocompleteView.as_view(admin_site=self)(request))

    def search(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """The palette. Unfold keeps results for five minutes by person and term, so that rows of one organization
        would still be shown in the next, and to someone who has lost the right: nothing is kept here.
        """
        from warehouses.views.search import search  # its page is this site's

        return search(self, request)


def _switchable(user: User | AnonymousUser) -> list[Organization]:
    """The first organizations of a person, each with how many notices of it (`unread`) they have not read."""
    if not isinstance(user, User):
        return []
    theirs = Notice.objects.order_by().filter(user=user, organization=OuterRef("pk"), read_at__isnull=True)
    counted = theirs.values("organization").annotate(count=Count("*")).values("count")
    mine = organizations_of(user).annotate(unread=Coalesce(Subquery(counted, output_field=IntegerField()), 0))
    with across_organizations("lists the organizations that a person may switch to"):
        return list(mine[:_SWITCHER_ROWS])


def _unread(
    user: User | AnonymousUser, organization: Organization | None, organizations: Iterable[Organization]
) -> int:
    """How many notices of this organization a person has not read: no query where the switcher has asked already."""
    if organization is None or not isinstance(user, User):
        return 0
    for choice in organizations:
        if choice.pk == organization.pk:
            return int(getattr(choice, "unread", 0))
    return unread_count(user=user, organization=organization)
