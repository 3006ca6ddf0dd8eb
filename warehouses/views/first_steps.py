"""`/admin/checklist/`: the first steps are put away."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from warehouses.first_steps import put_away_checklist
from warehouses.http.organization import access_of

__all__ = ["put_away"]


@require_POST
def put_away(request: HttpRequest) -> HttpResponse:
    access = access_of(request)
    if access is None:
        raise PermissionDenied
    put_away_checklist(access=access)
    messages.success(request, "The first steps are put away.")
    return redirect("admin:index")
