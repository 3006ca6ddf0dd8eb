"""The guard around every page of the counter's screen: who it is, for which organization, and may they count at all."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import ensure_csrf_cookie

from cycle_counts.rights import COUNT
from warehouses.access import Access
from warehouses.http.organization import access_of
from warehouses.http.problems import problem_response

__all__ = ["answer", "page"]

Rest = ParamSpec("Rest")
View = Callable[Concatenate[HttpRequest, Access, Rest], HttpResponse]
Guarded = Callable[Concatenate[HttpRequest, Rest], HttpResponse]


def page(view: View[Rest]) -> Guarded[Rest]:
    """A page for people: whoever is not logged in is led to the login, and from there back."""

    @wraps(view)
    def guarded(request: HttpRequest, /, *args: Rest.args, **kwargs: Rest.kwargs) -> HttpResponse:
        here = request.get_full_path() if request.method == "GET" else reverse("count:home")
        if not request.user.is_authenticated:
            return redirect(f"{reverse('count:login')}?{urlencode({'next': here})}")
        access = access_of(request)
        if access is None:
            return redirect(f"{reverse('warehouses:organization')}?{urlencode({'next': here})}")
        if not access.may(COUNT):
            return render(request, "cycle_counts/phone/not_allowed.html", {"access": access}, status=403)
        with timezone.override(access.organization.zone):
            return view(request, access, *args, **kwargs)

    # Its script sends with the cookie's token, also from a page that has no form.
    return ensure_csrf_cookie(never_cache(guarded))


def answer(view: View[Rest]) -> Guarded[Rest]:
    """What the page's script asks for: refused as a problem, never with a page."""

    @wraps(view)
    def guarded(request: HttpRequest, /, *args: Rest.args, **kwargs: Rest.kwargs) -> HttpResponse:
        access = access_of(request) if request.user.is_authenticated else None
        if access is None:
            return problem_response(request, status=401, detail="Log in again.")
        access.require(COUNT)
        return view(request, access, *args, **kwargs)

    return ensure_csrf_cookie(never_cache(guarded))
