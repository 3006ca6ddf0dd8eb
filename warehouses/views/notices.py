"""What one was told: the list, one notice that leads to its page, and all of them read at once."""

from __future__ import annotations

from typing import Final, cast
from urllib.parse import urlencode

from django.contrib import admin, messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from warehouses.http.organization import organization_of
from warehouses.models import User
from warehouses.notices import find_notice, mark_read, notices_of
from warehouses.refusals import NotFound
from warehouses.row_security import across_organizations

__all__ = ["listing", "open_notice", "read_all"]

_ROWS: Final = 25


@require_safe
def listing(request: HttpRequest) -> HttpResponse:
    """The notices of the organization that one works in, the newest first."""
    return _page(request)


@require_safe
def open_notice(request: HttpRequest, public_id: str) -> HttpResponse:
    """To the page that the notice is about; from then on it is read. Where e-mail links to.

    Whoever works in another organization chooses first, for its page would not be found.
    """
    user = cast(User, request.user)
    try:
        with across_organizations("finds a notice of the person's, of whichever of their organizations"):
            notice = find_notice(user=user, public_id=public_id)
    except NotFound:
        return _page(request, problem="That notice is not yours, or it is gone.")
    current = organization_of(request)
    if current is None or notice.organization_id != current.pk:
        with across_organizations("names the organization that a person has to choose"):
            name = notice.organization.name
        messages.info(request, f"Choose {name} to see what this notice is about.")
        return redirect(f"{reverse('warehouses:organization')}?{urlencode({'next': request.path})}")
    mark_read(user=user, organization=current, at=timezone.now(), notice=notice)
    return redirect(notice.path)


@require_POST
def read_all(request: HttpRequest) -> HttpResponse:
    user, organization = cast(User, request.user), organization_of(request)
    count = mark_read(user=user, organization=organization, at=timezone.now())
    if count:
        messages.success(request, f"{count} notice{'s' * (count != 1)} marked as read.")
    return redirect("admin:notices")


def _page(request: HttpRequest, *, problem: str = "") -> HttpResponse:
    mine = notices_of(user=cast(User, request.user), organization=organization_of(request))
    page = Paginator(mine, _ROWS).get_page(request.GET.get("page"))
    context = {**admin.site.each_context(request), "title": "Notices", "page": page, "problem": problem}
    return TemplateResponse(request, "warehouses/admin/notices.html", context, status=404 if problem else 200)
