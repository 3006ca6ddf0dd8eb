"""`/admin/demo/`: the demonstration company, to look at before one has anything of one's own.

It is an organization like any other, one for the installation, so that whoever runs that makes it. Nobody knows the
password of its people when it is made here: one looks at it as oneself. Its ledger refuses to be deleted, as every
ledger does; put away, it is in nobody's list.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

from django.contrib import messages
from django.contrib.admin.sites import AdminSite
from django.core.exceptions import BadRequest, PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path

from inventory.demo import organization as demo
from inventory.tasks import wake_demo
from warehouses.access import organizations_of
from warehouses.actors import Actor, ActorType
from warehouses.http.organization import choose_organization
from warehouses.models import Organization, User
from warehouses.organizations import update_organization

__all__ = ["pages"]


def pages(site: AdminSite) -> list[URLPattern]:
    def page(request: HttpRequest) -> HttpResponse:
        return _act(request) if request.method == "POST" else _show(site, request)

    return [path("demo/", site.admin_view(page), name="demo")]


def _show(site: AdminSite, request: HttpRequest) -> HttpResponse:
    user = cast(User, request.user)
    found = demo.find()
    context = {
        **site.each_context(request),
        "title": "The demo company",
        "found": found,
        "may_open": found is not None and organizations_of(user).filter(pk=found.pk).exists(),
        "may_manage": user.is_superuser,
        "is_being_made": found is None and user.is_superuser and "making" in request.GET,
    }
    return TemplateResponse(request, "inventory/admin/demo.html", context)


def _act(request: HttpRequest) -> HttpResponse:
    user = cast(User, request.user)
    found = demo.find()
    act = request.POST.get("act", "")
    if act == "open" and found is not None:
        choose_organization(request, found)  # NotFound, a 404, for whoever does not belong to it
        return redirect("admin:index")
    acts: dict[str, Callable[[HttpRequest, Organization | None], HttpResponse]] = {
        "make": _make,
        "archive": _archive,
        "restore": _restore,
    }
    if act not in acts:
        raise BadRequest("This page opens, makes, archives or restores the demo company.")
    if not user.is_superuser:
        raise PermissionDenied
    return acts[act](request, found)


def _make(request: HttpRequest, found: Organization | None) -> HttpResponse:
    if found is None:
        wake_demo()
        return redirect(f"{request.path}?making=1")
    return redirect(request.path)


def _archive(request: HttpRequest, found: Organization | None) -> HttpResponse:
    return _set_active(request, found, is_active=False, told="is put away: it is in nobody's list.")


def _restore(request: HttpRequest, found: Organization | None) -> HttpResponse:
    return _set_active(request, found, is_active=True, told="is back.")


def _set_active(
    request: HttpRequest, found: Organization | None, *, is_active: bool, told: str
) -> HttpResponse:
    if found is not None:
        user = cast(User, request.user)
        actor = Actor(type=ActorType.USER, id=user.pk, name=user.email)
        update_organization(organization=found, actor=actor, is_active=is_active)
        messages.success(request, f"{found.name} {told}")
    return redirect(request.path)
