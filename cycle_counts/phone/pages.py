"""The pages of `/count/`: one's rounds, finding a bin, one round, and what the round's script asks for."""

from __future__ import annotations

from typing import Any, Final

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from cycle_counts import planning
from cycle_counts.counting import start_batch
from cycle_counts.models import BatchState, CountBatch
from cycle_counts.phone import doorway
from cycle_counts.phone.places import LONGEST, Found, find_bins, what_is
from cycle_counts.phone.rounds import name_of, round_data, rounds_of
from cycle_counts.preferences import settings_of
from cycle_counts.rights import find_batch
from inventory.labels.code128 import code128
from warehouses.access import Access
from warehouses.identifiers import encode
from warehouses.models import User
from warehouses.refusals import Conflict, NotFound, Refusal
from warehouses.transactions import run

__all__ = ["cards", "count_round", "data", "find", "home", "look_up", "me", "start"]

_HOME: Final = "cycle_counts/phone/home.html"
#: The commands that the script takes from a scanner.
CARDS: Final = (
    ("X:UNDO", "Undo the last scan"),
    ("X:NEXT", "Finish this bin"),
    ("X:NONE", "None found"),
)


@doorway.page
@require_safe
def home(request: HttpRequest, access: Access) -> HttpResponse:
    return _home(request, access)


def _home(request: HttpRequest, access: Access, *, status: int = 200, **told: Any) -> HttpResponse:
    rounds = rounds_of(access=access, today=access.organization.today())
    mine = [one for one in rounds if one.is_mine and not one.is_later]
    context = {
        **_common(access),
        "mine": mine,
        "first": mine[0] if mine else None,
        "rest": mine[1:],
        "later": [one for one in rounds if one.is_mine and one.is_later],
        "others": [one for one in rounds if not one.is_mine],
        "bins_left": sum(one.bins_left for one in mine),
        "bins_late": sum(one.bins_left for one in mine if one.is_late),
        "allows_spot_counts": settings_of(access.organization).allows_spot_counts,
        **told,
    }
    return render(request, _HOME, context, status=status)


@doorway.page
@require_POST
def find(request: HttpRequest, access: Access) -> HttpResponse:
    """A bin's label was scanned: on to the round that leads there, which begins if it has not.

    Where no round does, a second scan of the label, or a tap, makes a spot count of that bin.
    """
    code = request.POST.get("code", "").strip()[:LONGEST]
    again = request.POST.get("again", "")
    found = find_bins(access=access, code=code) if code else []
    chosen = [one for one in found if one.bin.public_id == request.POST.get("bin", again)]
    if not found:
        problem = (
            f"No bin is called {code} where you may count." if code else "Scan or type the label of a bin."
        )
        return _home(request, access, status=404, problem=problem)
    if len(found) > 1 and not chosen:
        return _home(request, access, places=found, code=code)
    one = chosen[0] if chosen else found[0]
    try:
        if one.batch is not None:
            return _entered(access, one.batch, one)
        if not settings_of(access.organization).allows_spot_counts:
            raise NotFound("NOT_FOUND", f"{one.bin.code} is in no round of yours.")
        if not chosen:
            return _home(request, access, spot=one, code=code)
        batch = run(lambda: planning.count_bin(access=access, bin=one.bin))
    except Refusal as refusal:
        return _home(request, access, status=409, problem=refusal.detail)
    return _entered(access, batch, one)


def _entered(access: Access, batch: CountBatch, found: Found) -> HttpResponse:
    if batch.state == BatchState.DRAFT:
        _begin(access, batch)
    return redirect(f"{reverse('count:round', args=[batch.public_id])}?bin={found.bin.public_id}")


def _begin(access: Access, batch: CountBatch) -> None:
    """Start it, unless somebody else just has. Raises the refusals of starting."""
    try:
        run(lambda: start_batch(access=access, batch=batch))
    except Conflict as refusal:
        if refusal.extra.get("state") != BatchState.COUNTING:
            raise


@doorway.page
@require_POST
def start(request: HttpRequest, access: Access, public_id: str) -> HttpResponse:
    try:
        batch = find_batch(access=access, public_id=public_id)
        _begin(access, batch)
    except Refusal as refusal:
        return _home(
            request, access, status=404 if isinstance(refusal, NotFound) else 409, problem=refusal.detail
        )
    return redirect("count:round", public_id=public_id)


@doorway.page
@require_safe
def cards(request: HttpRequest, access: Access) -> HttpResponse:
    """Cards to print and to hang beside the scanner: what a scan of them does, without touching the phone."""
    shown = [{"code": code, "words": words, "bars": code128(code)} for code, words in CARDS]
    return render(request, "cycle_counts/phone/cards.html", {**_common(access), "cards": shown})


@doorway.page
@require_safe
def count_round(request: HttpRequest, access: Access, public_id: str) -> HttpResponse:
    """The round itself, while it is counted; before that its start, after that who has handed it in."""
    try:
        batch = find_batch(access=access, public_id=public_id)
    except NotFound as refusal:
        return _home(request, access, status=404, problem=refusal.detail)
    context = {**_common(access), "batch": batch, "name": name_of(batch)}
    if batch.state != BatchState.COUNTING:
        return render(request, "cycle_counts/phone/not_counting.html", context)
    context["data"] = round_data(access=access, batch=batch)
    return render(request, "cycle_counts/phone/round.html", context)


@doorway.answer
@require_safe
def data(request: HttpRequest, access: Access, public_id: str) -> HttpResponse:
    """The round as it is now: what others have counted since the page was loaded."""
    batch = find_batch(access=access, public_id=public_id)
    return JsonResponse(round_data(access=access, batch=batch))


@doorway.answer
@require_safe
def look_up(request: HttpRequest, access: Access, public_id: str) -> HttpResponse:
    """`?code=`: what the round does not know, another bin or a SKU."""
    batch = find_batch(access=access, public_id=public_id)
    return JsonResponse(what_is(access=access, batch=batch, code=request.GET.get("code", "")))


@doorway.answer
@require_safe
def me(request: HttpRequest, access: Access) -> HttpResponse:
    """Whose session it is: what one person has counted on a phone is not sent as another's."""
    return JsonResponse({"person": _person(access)["id"], "organization": access.organization.public_id})


def _person(access: Access) -> dict[str, str]:
    return {
        "id": encode(User.prefix, access.actor.id) if access.actor.id else "",
        "name": access.actor.name,
        "organization": access.organization.public_id,
    }


def _common(access: Access) -> dict[str, Any]:
    """What every page tells its script. Everything is sent to the documented route, with the batch's id after it."""
    return {
        "access": access,
        "person": _person(access),
        "api": "/backoffice/api/inventory/cycle-count/",
        "csrf_cookie": settings.CSRF_COOKIE_NAME,
    }
