"""`/admin/keys/`: the keys that every page knows, and the switch for them.

Single keys are in the way of whoever dictates, or types with what sends keys by itself. The choice is a person's, in
all their organizations and on all their devices; it is kept with the session, so that no page has to ask for it.
"""

from __future__ import annotations

from typing import Final, cast

from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.views.decorators.http import require_http_methods

from warehouses.access import organizations_of
from warehouses.models import PagePreference, User
from warehouses.row_security import across_organizations

__all__ = ["SESSION_KEY", "keys", "remember_keys"]

SESSION_KEY: Final = "single_keys"
_PAGE: Final = "keys"


@require_http_methods(["GET", "HEAD", "POST"])
def keys(request: HttpRequest) -> HttpResponse:
    """POST `keys=on` or, without it, off. A script that asks with `X-Requested-With` is answered 204."""
    if request.method == "POST":
        is_on = request.POST.get("keys") == "on"
        _keep(cast(User, request.user), is_on=is_on)
        request.session[SESSION_KEY] = "on" if is_on else "off"
        if request.headers.get("X-Requested-With"):
            return HttpResponse(status=204)
        messages.success(request, f"Single keys are {'on' if is_on else 'off'}.")
        return redirect("admin:keys")
    context = {**admin.site.each_context(request), "title": "Keys", "is_on": are_on(request)}
    return TemplateResponse(request, "warehouses/admin/keys.html", context)


def are_on(request: HttpRequest) -> bool:
    return request.session.get(SESSION_KEY) != "off"


def remember_keys(request: HttpRequest) -> None:
    """What a person has chosen, into the session that begins. One query, once for each login."""
    chosen = PagePreference.objects.filter(user=cast(User, request.user), page=_PAGE).order_by("pk")
    with across_organizations("reads what a person has chosen wherever they belong"):
        values = list(chosen.values_list("value", flat=True)[:1])
    if values and values[0].get("are_on") is False:
        request.session[SESSION_KEY] = "off"


def _keep(user: User, *, is_on: bool) -> None:
    """In each organization of theirs, for a preference belongs to one, and any of them may go."""
    with across_organizations("keeps what a person has chosen wherever they belong"):
        for organization in organizations_of(user):
            PagePreference.objects.update_or_create(
                organization=organization, user=user, page=_PAGE, defaults={"value": {"are_on": is_on}}
            )
