"""Choosing the organization to work in."""

from __future__ import annotations

from typing import cast

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from warehouses.access import organizations_of
from warehouses.http.organization import choose_organization, organization_of
from warehouses.identifiers import decode
from warehouses.models import Organization, User
from warehouses.refusals import NotFound
from warehouses.row_security import across_organizations

__all__ = ["choose"]


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def choose(request: HttpRequest) -> HttpResponse:
    """GET lists the person's organizations; POST `organization=org_…` works in that one from now on."""
    with across_organizations("lists the organizations of a person, who chooses one"):
        return _choose(request)


def _choose(request: HttpRequest) -> HttpResponse:
    mine = organizations_of(cast(User, request.user))
    problem = ""
    if request.method == "POST":
        wanted = decode(Organization.prefix, request.POST.get("organization", ""))
        chosen = mine.filter(pk=wanted).first() if wanted else None
        if chosen is not None:
            try:
                choose_organization(request, chosen)
            except NotFound:  # removed from it between the two look-ups
                chosen = None
        if chosen is not None:
            return redirect(_next(request, request.POST.get("next", "")))
        problem = "There is no such organization, or you no longer belong to it."
    context = {
        "organizations": mine,
        "current": organization_of(request),
        "next": _next(request, request.GET.get("next", "")),
        "problem": problem,
    }
    return render(request, "warehouses/organization.html", context, status=404 if problem else 200)


def _next(request: HttpRequest, target: str) -> str:
    """Where to go on; only within this site. A record of the organization one comes from is not in the next."""
    here = url_has_allowed_host_and_scheme(
        target, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return target if here else reverse("admin:index")
