"""The approvers' queue: what waits for the caller on the left, the one that is decided on the right.

Every act is a form that works by itself. The page's script sends the same forms to the same addresses with the header
`X-Approvals`, and is answered with the part of the page that changes instead of with a redirect.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlencode

from django.contrib import messages
from django.core.exceptions import BadRequest, PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.views.decorators.csrf import csrf_protect
from django.views.decorators.http import require_POST

from inventory.admin.fresh_stock import freshen
from stock_requests.admin.approvals_acts import (
    CUT_REASONS,
    REJECT_REASONS,
    Faults,
    Told,
    act,
    refused,
)
from stock_requests.admin.approvals_detail import last_decision, read_detail, read_limits
from stock_requests.admin.approvals_filters import AGES, SHIPPED, SORTS, Filters, age_key
from stock_requests.admin.approvals_once import new_token
from stock_requests.admin.approvals_queue import Facts, Queue, read_queue
from stock_requests.approvals.verdicts import verdict_on
from stock_requests.models import Priority, Remainder, RequestState, StockRequest
from stock_requests.rights import APPROVE, find_request, visible_requests
from stock_requests.states import refuse_state
from warehouses import transactions
from warehouses.access import Access
from warehouses.admin.model_admins import ScopedModelAdmin
from warehouses.admin.page_views import ShippedView, keep_view
from warehouses.http.organization import access_of
from warehouses.models import SavedView
from warehouses.refusals import NotFound, Refusal
from warehouses.saved_views import visible_views

__all__ = ["APPROVALS_PAGE", "APPROVALS_URL", "ApprovalsPages", "may_see_approvals"]

APPROVALS_PAGE: Final = "stock_requests_stockrequest_approvals"
APPROVALS_URL: Final = f"admin:{APPROVALS_PAGE}"
_ACT_URL: Final = f"{APPROVALS_URL}_act"
_VIEWS_URL: Final = f"{APPROVALS_URL}_views"
_SESSION_KEY: Final = "approvals_told"
#: What the script asks for: the part of the page that changes, or only one request of it.
_HEADER: Final = "X-Approvals"
_ADDRESS_HEADER: Final = "X-Approvals-Address"
_ROWS: Final = 50


def may_see_approvals(request: HttpRequest) -> bool:
    access = access_of(request)
    return access is not None and access.may(APPROVE)


@dataclass(frozen=True, slots=True)
class Where:
    """Which part of the queue one is in: its filters, and the view that they were opened as."""

    filters: Filters
    view: str

    @classmethod
    def of(cls, query: QueryDict) -> Where:
        return cls(Filters.of(query), query.get("view", "").replace("\x00", "")[:64])

    def address(self, request: str = "", filters: Filters | None = None, view: str | None = None) -> str:
        parameters = (filters or self.filters).parameters
        named = self.view if view is None else view
        if named:
            parameters["view"] = named
        if request:
            parameters["request"] = request
        query = urlencode(parameters)
        return reverse(APPROVALS_URL) + (f"?{query}" if query else "")


class ApprovalsPages(ScopedModelAdmin):
    """The page on which requests are decided, one after the other. For whoever may approve somewhere."""

    def get_urls(self) -> list[Any]:
        guarded = self.admin_site.admin_view
        own = [
            path("approvals/", guarded(self.approvals_page), name=APPROVALS_PAGE),
            path(
                "approvals/act/",
                guarded(require_POST(csrf_protect(self.approvals_act))),
                name=f"{APPROVALS_PAGE}_act",
            ),
            path(
                "approvals/views/",
                guarded(require_POST(csrf_protect(self.approvals_views))),
                name=f"{APPROVALS_PAGE}_views",
            ),
        ]
        return [*own, *super().get_urls()]

    def approvals_page(self, request: HttpRequest) -> HttpResponse:
        """The queue as the address filters it, and the request that it names, or the first."""
        access = self._approver(request)
        where = Where.of(request.GET)
        chosen = request.GET.get("request", "")
        queue = read_queue(access, where.filters, chosen=chosen)
        told: Told | None = None
        if request.headers.get(_HEADER) != "detail":
            told = request.session.pop(_SESSION_KEY, None)
        return self._approvals(request, access, where, queue, chosen, told=told)

    def approvals_act(self, request: HttpRequest) -> HttpResponse:
        """Do what a form says and go on to the next request, or show the form again with what is wrong."""
        access = self._approver(request)
        where = Where.of(QueryDict(request.POST.get("back", "")))
        chosen = request.POST.get("request", "")
        before = request.POST.get("then", "")
        faults: Faults | None = None
        try:
            told = act(access, request.POST)
        except NotFound:
            raise Http404 from None
        except Refusal as refusal:
            found = self._refused(access, chosen, refusal, request.POST)
            if isinstance(found, Faults):
                faults, told = found, {}
            else:
                told = found
        queue = read_queue(access, where.filters, chosen=chosen)
        if faults is not None:
            return self._approvals(request, access, where, queue, chosen, faults=faults)
        following = self._following(queue, told, request.POST.get("do", ""), chosen, before)
        address = where.address(following)
        if request.headers.get(_HEADER):
            return self._approvals(request, access, where, queue, following, told=told)
        request.session[_SESSION_KEY] = told
        return HttpResponseRedirect(address)

    def approvals_views(self, request: HttpRequest) -> HttpResponse:
        """Save the filters as a view, over one, share it, or delete one."""
        access = self._approver(request)
        where = Where.of(QueryDict(request.POST.get("back", "")))
        try:
            view, words = transactions.run(
                lambda: keep_view(
                    access=access, page=APPROVALS_PAGE, post=request.POST, query=where.filters.query
                )
            )
        except NotFound:
            raise Http404 from None
        except Refusal as refusal:
            return self.answer(request, refusal, where.address())
        self.message_user(request, words, messages.SUCCESS)
        return HttpResponseRedirect(where.address(view=view))

    # --- what they share

    def _approver(self, request: HttpRequest) -> Access:
        if not may_see_approvals(request):
            raise PermissionDenied
        freshen(request)
        return self.require_access(request)

    def _refused(self, access: Access, chosen: str, refusal: Refusal, post: QueryDict) -> Told | Faults:
        if not chosen:
            raise BadRequest(refusal.detail)
        try:
            subject = find_request(access=access, public_id=chosen)
        except NotFound:
            raise Http404 from None
        return refused(access, subject, refusal, post)

    def _following(self, queue: Queue, told: Told, deed: str, chosen: str, then: str) -> str:
        """Which request is open after an act: the one put back, the one that was next, or the first of what is left."""
        shown = [facts.key for facts in queue.shown]
        if deed in {"undo", "wake"} and told.get("request") in shown:
            return str(told["request"])
        if deed == "bulk" and chosen in shown:
            return chosen
        if then in shown and then != chosen:
            return then
        return next((key for key in shown if key != chosen), shown[0] if shown else "")

    def _approvals(
        self,
        request: HttpRequest,
        access: Access,
        where: Where,
        queue: Queue,
        chosen: str,
        *,
        told: Told | None = None,
        faults: Faults | None = None,
    ) -> HttpResponse:
        opened, subject = self._opened(access, queue, chosen)
        shown = queue.shown
        position = shown.index(opened) if opened in shown else None
        start = (position or 0) // _ROWS * _ROWS
        following = shown[position + 1] if position is not None and position + 1 < len(shown) else None
        if following is None and position:
            following = shown[0]
        part = request.headers.get(_HEADER, "")
        context: dict[str, Any] = {
            "title": "Approvals",
            "queue": queue,
            "filters": where.filters,
            "where": where,
            "back": urlencode(where.filters.parameters | ({"view": where.view} if where.view else {})),
            "rows": [
                (facts, where.address(facts.key), facts is opened) for facts in shown[start : start + _ROWS]
            ],
            "first_row": start + 1,
            "earlier": where.address(shown[start - _ROWS].key) if start else None,
            "later": where.address(shown[start + _ROWS].key) if start + _ROWS < len(shown) else None,
            "matching": " ".join(f"{facts.key}:{facts.request.version}" for facts in shown),
            "is_open": bool(chosen),
            "opened": opened,
            "position": position + 1 if position is not None else None,
            "following": following,
            "following_url": where.address(following.key) if following else None,
            "queue_url": where.address(),
            "act_url": reverse(_ACT_URL),
            "views_url": reverse(_VIEWS_URL),
            "told": told,
            "faults": faults,
            "errors": faults is not None,  # the page's title says so
            "queue_page": reverse(APPROVALS_URL),
            "requests_url": reverse("admin:stock_requests_stockrequest_changelist"),
            "snoozed_url": where.address(filters=Filters(show="snoozed"), view=""),
            "token": new_token(),
            "reject_reasons": list(enumerate(REJECT_REASONS, start=1)),
            "cut_reasons": list(enumerate(CUT_REASONS, start=1)),
            "remainders": Remainder.choices,
            "currency": access.organization.currency,
            "person": access.actor.id,
        }
        if subject is not None:
            typed = request.POST if faults is not None else QueryDict()
            context |= self._about(access, opened, subject) | _written(faults, typed)
            context["detail"] = read_detail(
                access, subject, written=typed, faults=faults.lines if faults is not None else None
            )
            context["address"] = where.address(subject.public_id)
        if part != "detail":
            context |= self._around(access, where, queue)
        status = 200 if faults is None else 409 if faults.is_conflict else 422
        if part:
            name = "detail" if part == "detail" else "part"
            headers = {_ADDRESS_HEADER: where.address(opened.key if opened and chosen else chosen)}
            return TemplateResponse(
                request,
                f"stock_requests/admin/approvals_{name}.html",
                context,
                status=status,
                headers=headers,
            )
        context = {**self.admin_site.each_context(request), **context, "is_fullwidth": "1"}
        return TemplateResponse(request, "stock_requests/admin/approvals.html", context, status=status)

    def _opened(self, access: Access, queue: Queue, chosen: str) -> tuple[Facts | None, StockRequest | None]:
        """What the address names, though it may not wait any more; else the first that is shown."""
        if not chosen:
            opened = queue.shown[0] if queue.shown else None
        else:
            opened = queue.find(chosen)
            if opened is None:
                try:
                    return None, find_request(access=access, public_id=chosen)
                except NotFound:
                    raise Http404 from None
        return opened, opened.request if opened else None

    def _about(self, access: Access, opened: Facts | None, subject: StockRequest) -> dict[str, Any]:
        """Where it does not wait for the caller: why not."""
        record = reverse("admin:stock_requests_stockrequest_change", args=(subject.pk,))
        if opened is not None:
            return {"record_url": record, "may_decide": True}
        why = verdict_on(access, subject).why
        if subject.state != RequestState.SUBMITTED:
            told = refused(access, subject, refuse_state(subject), QueryDict())
            why = told["text"] if isinstance(told, dict) else why
        return {"record_url": record, "may_decide": False, "why_not": why}

    def _around(self, access: Access, where: Where, queue: Queue) -> dict[str, Any]:
        """Tabs, filters with their counts, and what an empty queue says."""
        views = visible_views(access=access, page=APPROVALS_PAGE)
        filters = where.filters
        current = _current(where, views)
        around: dict[str, Any] = {
            "tabs": _tabs(where, views, current),
            "view": current,
            "is_changed": current is not None and current.query != filters.query,
            "is_own": isinstance(current, SavedView) and current.owner_id == access.actor.id,
            "chips": _chips(where, queue),
            "menus": _menus(where, queue),
            "sorts": [
                (
                    words,
                    where.address(filters=filters.but(sort="" if key == "oldest" else key)),
                    key == filters.order,
                )
                for key, words in SORTS.items()
            ],
            "sort_words": SORTS[filters.order],
            "reset_url": where.address(filters=Filters.of(QueryDict(current.query))) if current else "",
            "cleared_url": where.address(filters=Filters(sort=filters.sort), view=""),
            "limits": read_limits(access),
            "cover_url": reverse("admin:stock_requests_delegation_changelist"),
        }
        if not queue.waiting:
            around["last"] = last_decision(access)
            around["is_new"] = around["last"] is None and not visible_requests(access=access).exists()
        return around


def _written(faults: Faults | None, post: QueryDict) -> dict[str, Any]:
    """What a form that comes back is filled with, and which of them is open."""
    panel = ""
    if faults is not None:
        deed = "edit" if "edited" in post or post.get("do") == "approve" else post.get("do", "")
        panel = "" if faults.is_conflict and "edited" not in post and deed == "edit" else deed

    def digit(name: str) -> int | None:
        found = post.get(name, "")
        return int(found) if found in set("123456789") else None

    return {
        "open_panel": panel,
        "typed_remainder": post.get("remainder", Remainder.CLOSED.value),
        "typed_cut": digit("cut"),
        "typed_cut_text": post.get("cut-text", ""),
        "typed_reason": digit("reason"),
        "typed_reason_text": post.get("reason-text", ""),
    }


def _current(where: Where, views: list[SavedView]) -> ShippedView | SavedView | None:
    """The view that is open: the one named, else the one that has just these filters."""
    known: list[ShippedView | SavedView] = [*SHIPPED, *views]
    named = next((one for one in known if _key(one) == where.view), None)
    if named is not None:
        return named
    return next((one for one in known if one.query == where.filters.query), None)


def _key(view: ShippedView | SavedView) -> str:
    return view.public_id if isinstance(view, SavedView) else view.key


def _tabs(where: Where, views: list[SavedView], current: Any) -> list[tuple[Any, str, bool]]:
    known: list[ShippedView | SavedView] = [*SHIPPED, *views]
    return [
        (one, where.address(filters=Filters.of(QueryDict(one.query)), view=_key(one)), one is current)
        for one in known
    ]


def _chips(where: Where, queue: Queue) -> list[tuple[str, int, str, bool, str]]:
    words = {
        "": ("All", ""),
        "mine": ("Asks for me by name", "A rule names you, or only you are left."),
        "late": ("Late", "Needed by a day that has passed."),
        "short": ("Short", "The source has too little."),
        "safe": ("Safe", "What is left stays at the safety stock or above it."),
        "snoozed": ("Put off", "Comes back by itself."),
    }
    return [
        (
            name,
            queue.count(show=key),
            where.address(filters=where.filters.but(show=key)),
            where.filters.show == key,
            why,
        )
        for key, (name, why) in words.items()
    ]


def _menus(where: Where, queue: Queue) -> list[dict[str, Any]]:
    """Source, priority, category and age: each with the choices that there are in the queue, and how many of each."""
    found: dict[str, dict[str, str]] = {"source": {}, "priority": {}, "category": {}, "age": {}}
    for facts in queue.waiting:
        request = facts.request
        found["source"][request.from_warehouse.public_id] = request.from_warehouse.name
        if request.category is not None:
            found["category"][request.category.public_id] = request.category.name
    present = {facts.priority for facts in queue.waiting}
    found["priority"] = {one.word: one.label for one in reversed(Priority) if one in present}
    waited = {age_key(facts.now - facts.waits_since) for facts in queue.waiting}
    found["age"] = {key: words for key, words in AGES.items() if key in waited}
    labels = {"source": "From", "priority": "Priority", "category": "Category", "age": "Waiting"}
    menus = []
    for name, label in labels.items():
        chosen = getattr(where.filters, name)
        options = (
            found[name].items()
            if name in ("priority", "age")
            else sorted(found[name].items(), key=lambda one: one[1])
        )
        menus.append(
            {
                "name": name,
                "label": label,
                "chosen": found[name].get(chosen, "none of these") if chosen else "any",
                "is_narrowing": bool(chosen),
                "options": [
                    ("Any", queue.count(**{name: ""}), _with(where, name, ""), not chosen),
                    *(
                        (words, queue.count(**{name: key}), _with(where, name, key), key == chosen)
                        for key, words in options
                    ),
                ],
            }
        )
    return menus


def _with(where: Where, name: str, value: str) -> str:
    return where.address(filters=where.filters.but(**{name: value}))
