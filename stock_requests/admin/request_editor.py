"""Writing a request: made, with or without a stocklist to begin with, and changed while nobody has decided on it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.timesince import timesince
from unfold.decorators import action

from inventory.admin.goods_form import typed_skus
from inventory.history import history_of
from stock_requests import drafting, stocklists
from stock_requests.admin.editor_form import (
    HeadForm,
    LineFormSet,
    destination_key,
    focus_first_error,
    lines_with,
    places_of,
    show_refusal,
    unjudged,
)
from stock_requests.figures import stock_at
from stock_requests.models import Priority, RequestLine, Stocklist, StockRequest
from stock_requests.rights import READ, WRITE, visible_requests
from stock_requests.states import EDITABLE, refuse_state, require_version
from stock_requests.wording import destination_of
from warehouses import transactions
from warehouses.access import Access
from warehouses.admin.model_admins import ScopedModelAdmin
from warehouses.http.organization import access_of
from warehouses.identifiers import new_id
from warehouses.refusals import Conflict, Refusal

__all__ = ["EditorPages", "RequestEditor"]

TEMPLATE: Final = "stock_requests/admin/editor.html"


class EditorPages(ScopedModelAdmin):
    """What the editors of requests and of stocklists share."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        access = access_of(request)
        return access is not None and access.may(WRITE)

    def editor_page(
        self, request: HttpRequest, shown: dict[str, Any], *, form: Any, lines: Any, status: int = 200
    ) -> HttpResponse:
        """The editor with `form` and `lines`; beside each line what is available where the goods would come from."""
        source = form.chosen_source()
        lines.describe(source)
        is_wrong = focus_first_error(form, lines)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "errors": is_wrong or form.errors,
            "form": form,
            "lines": lines,
            "source": source,
            "scans": not is_wrong,
            "look_up": reverse("admin:stock_requests_stockrequest_look_up"),
            **shown,
        }
        return TemplateResponse(request, TEMPLATE, context, status=status)

    def judged(self, form: Any, lines: Any, *, needs_lines: bool) -> Any:
        """The lines that the forms say, or None where these say what is wrong."""
        is_valid = form.is_valid()
        typed = lines.typed() if lines.is_valid() else None
        if typed is not None and needs_lines and not lines.filled():
            form.add_error(None, "Say what is needed: at least one line.")
        if not is_valid or typed is None or form.errors or any(line.errors for _, line in lines.filled()):
            return None
        return typed


class RequestEditor(EditorPages):
    """The half of the requests' admin in which they are written."""

    def get_urls(self) -> list[URLPattern]:
        look_up = path(
            "look-up/",
            self.admin_site.admin_view(self.look_up),
            name="stock_requests_stockrequest_look_up",
        )
        return [look_up, *super().get_urls()]

    # --- making one

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """An empty form, or one that a stocklist (`?stocklist=`) has filled in."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        access = self.require_access(request)
        stocklist = _stocklist(access, request.GET.get("stocklist"))
        places = places_of(access, stocklist)
        shown: dict[str, Any] = {
            "title": "Request goods",
            "back": reverse(self.url_name("changelist"), current_app=self.admin_site.name),
            "stocklists": _offered(access),
            "stocklist": stocklist,
            "save": "Save draft",
            "submit": "Submit for approval",
            "has_notes": True,
        }
        if request.method != "POST":
            form = HeadForm(initial=_initial_head(stocklist), places=places)
            lines = LineFormSet(initial=_initial_lines(stocklist), organization=access.organization)
            return self.editor_page(request, shown, form=form, lines=lines)
        form = HeadForm(request.POST, places=places)
        if "add" in request.POST:
            lines = lines_with(request, access.organization)
            return self.editor_page(request, shown, form=unjudged(form), lines=lines)
        if (made := self._made_before(access, request.POST.get("key"))) is not None:
            return HttpResponseRedirect(self.page_of(made))
        lines = LineFormSet(request.POST, organization=access.organization)
        is_submitted = "submit" in request.POST
        typed = self.judged(form, lines, needs_lines=is_submitted)
        done = None
        if typed is not None:
            done = self._attempt(
                form,
                lines,
                lambda: _create(access, form, typed, stocklist=stocklist, is_submitted=is_submitted),
            )
        if done is None:
            return self.editor_page(request, shown, form=form, lines=lines, status=422)
        self.log_addition(request, done, "Created.")
        words = "is submitted" if is_submitted else "is saved as a draft"
        self.message_user(request, f"{done.name} {words}.", messages.SUCCESS)
        return HttpResponseRedirect(self.page_of(done))

    def _made_before(self, access: Access, key: str | None) -> StockRequest | None:
        """What the first of two presses of the button has made."""
        found = _uuid(key)
        if found is None:
            return None
        return visible_requests(access=access, permission=WRITE).filter(pk=found).first()

    def _attempt(self, form: Any, lines: Any, work: Callable[[], StockRequest]) -> StockRequest | None:
        """What `work` makes in a transaction, or None where the forms say why not."""
        try:
            return transactions.run(work)
        except Refusal as refusal:
            show_refusal(refusal, form, lines)
            return None

    # --- changing one

    @action(description="Edit", permissions=["edit"], url_path="edit", icon="edit")
    def edit(self, request: HttpRequest, object_id: str) -> HttpResponse:
        found = self.get_object(request, object_id)
        if found is None:
            raise Http404
        access = self.require_access(request)
        shown: dict[str, Any] = {
            "title": f"Edit {found.name}",
            "back": self.page_of(found),
            "save": "Save",
            "submit": "Save and submit" if found.state == "draft" else "",
            "withdraws": found.state == "submitted",
            "has_notes": True,
        }
        places = places_of(access, found)
        before = _lines_of(found)
        if request.method != "POST":
            if found.state not in EDITABLE:
                self.message_user(request, refuse_state(found).detail, messages.ERROR)
                return HttpResponseRedirect(self.page_of(found))
            form = HeadForm(initial=_initial_head(found), places=places)
            lines = LineFormSet(initial=_initial_lines_of(before), organization=access.organization)
            return self.editor_page(request, shown, form=form, lines=lines)
        form = HeadForm(request.POST, places=places)
        if "add" in request.POST:
            lines = lines_with(request, access.organization)
            return self.editor_page(request, shown, form=unjudged(form), lines=lines)
        lines = LineFormSet(request.POST, organization=access.organization)
        is_submitted = "submit" in request.POST and found.state == "draft"
        typed = self.judged(form, lines, needs_lines=is_submitted)
        if typed is None:
            return self.editor_page(request, shown, form=form, lines=lines, status=422)
        seen = form.cleaned_data["seen"]
        try:
            done = transactions.run(
                lambda: _change(access, found, form, typed, seen=seen, is_submitted=is_submitted)
            )
        except Conflict as refusal:
            if refusal.code not in {"VERSION_CONFLICT", "INVALID_TRANSITION"}:
                show_refusal(refusal, form, lines)
                return self.editor_page(request, shown, form=form, lines=lines, status=422)
            return self._conflict(request, found, refusal, form, lines, shown)
        except Refusal as refusal:
            show_refusal(refusal, form, lines)
            return self.editor_page(request, shown, form=form, lines=lines, status=422)
        self.log_change(request, done, "Changed.")
        words = "is submitted" if is_submitted else "is changed"
        self.message_user(request, f"{done.name} {words}.", messages.SUCCESS)
        return HttpResponseRedirect(self.page_of(done))

    def _conflict(
        self,
        request: HttpRequest,
        found: StockRequest,
        refusal: Refusal,
        form: Any,
        lines: Any,
        shown: dict[str, Any],
    ) -> HttpResponse:
        """The form as it was filled in, with who was faster and what they have made of it.

        It names the version as it is now: whoever saves again has seen what they write over.
        """
        current = self.get_object(request, str(found.pk))
        if current is None:
            raise Http404
        form.data = form.data.copy()
        form.data["seen"] = str(current.version)
        shown |= {
            "conflict": _who_was_faster(current),
            "differences": _differences(current, form, lines),
            "is_editable": current.state in EDITABLE,
            "refusal": refusal.detail,
        }
        return self.editor_page(request, shown, form=form, lines=lines, status=409)

    # --- what the editor asks while one types

    def look_up(self, request: HttpRequest) -> JsonResponse:
        """The SKU of a code or barcode, and how much of it is available at the source, where the caller may see it."""
        access = access_of(request)
        if access is None or not (access.may(READ) or access.may(WRITE)):
            raise PermissionDenied
        typed = request.GET.get("code", "").strip()[:128]
        sku = typed_skus(access.organization, [typed]).get(typed) if typed and "\x00" not in typed else None
        if sku is None:
            return JsonResponse({"detail": "There is no such SKU."}, status=404)
        answer: dict[str, Any] = {"code": sku.code, "title": sku.title}
        place = _uuid(request.GET.get("source"))
        source = places_of(access).sources.filter(pk=place).first() if place is not None else None
        if source is not None:
            there = stock_at(organization=access.organization, places={(sku.pk, source.pk)})
            stock = there[sku.pk, source.pk]
            answer |= {"source": source.name, "available": stock.available, "onOrder": stock.on_order}
        return JsonResponse(answer)


def _create(
    access: Access, form: HeadForm, typed: Sequence[Any], *, stocklist: Stocklist | None, is_submitted: bool
) -> StockRequest:
    values = form.cleaned_data
    # A key that somebody else has used already is as good as none.
    key = values["key"] if not StockRequest.objects.filter(pk=values["key"]).exists() else None
    made = drafting.create_request(
        access=access,
        from_warehouse=values["source"],
        to=form.chosen(),
        category=values["category"],
        priority=values["priority"],
        needed_by=values["needed_by"],
        note=values["note"],
        lines=[drafting.WantedLine(each.sku, each.quantity, each.note, each.index) for each in typed],
        stocklist=stocklist if typed else None,
        key=key,
    )
    return drafting.submit_request(access=access, request=made) if is_submitted else made


def _change(
    access: Access,
    found: StockRequest,
    form: HeadForm,
    typed: Sequence[Any],
    *,
    seen: int | None,
    is_submitted: bool,
) -> StockRequest:
    values = form.cleaned_data
    changes: drafting.RequestChanges = {
        "from_warehouse": values["source"],
        "to": form.chosen(),
        "category": values["category"],
        "priority": values["priority"],
        "needed_by": values["needed_by"],
        "note": values["note"],
        "lines": [
            drafting.ChangedLine(each.line_id, each.sku, each.quantity, each.note, each.index)
            for each in typed
        ],
    }
    # Without a version the form is not ours: nothing tells what was seen.
    condition = require_version(seen if seen is not None else 0)
    changed = drafting.update_request(access=access, request=found, changes=changes, condition=condition)
    return drafting.submit_request(access=access, request=changed) if is_submitted else changed


def _who_was_faster(current: StockRequest) -> str:
    """Such as `ben@acme.example changed this 2 minutes ago (Submit).`"""
    entries = history_of([current])[current.pk]
    if not entries:
        return f"{current.name} has changed meanwhile."
    last = entries[-1]
    return f"{last.actor_name} changed this {_ago(last.created_at)} ({last.action.replace('_', ' ').capitalize()})."


def _ago(instant: datetime) -> str:
    seconds = int((timezone.now() - instant).total_seconds())
    return f"{max(seconds, 0)} seconds ago" if seconds < 60 else f"{timesince(instant, depth=1)} ago"


def _differences(current: StockRequest, form: Any, lines: Any) -> list[tuple[str, str, str]]:
    """What is other than what was typed: the field, what it is now, what was typed."""
    values = form.cleaned_data
    wanted = form.chosen()
    compared = [
        ("From", str(current.from_warehouse), str(values["source"])),
        (
            "To",
            destination_of(current),
            wanted.name if values["destination"] else "Handed out there",
        ),
        ("Category", str(current.category or "None"), str(values["category"] or "None")),
        ("Priority", str(Priority(current.priority).label), str(Priority(values["priority"]).label)),
        ("Needed by", str(current.needed_by or "No date"), str(values["needed_by"] or "No date")),
        ("Note", current.note or "None", values["note"] or "None"),
    ]
    if values["destination"] == destination_key(current):
        compared = [each for each in compared if each[0] != "To"]
    now = {line.sku.code: line.requested for line in _lines_of(current)}
    typed: dict[str, int] = {}
    for _index, line in lines.filled():
        sku = lines.names.known.get(line.cleaned_data.get("sku", ""))
        if sku is not None:
            typed[sku.code] = typed.get(sku.code, 0) + (line.cleaned_data.get("quantity") or 0)
    compared += [
        (f"Units of {code}", f"{now.get(code, 0):,}", f"{typed.get(code, 0):,}")
        for code in sorted({*now, *typed})
    ]
    return [each for each in compared if each[1] != each[2]]


def _lines_of(found: StockRequest) -> list[RequestLine]:
    return list(found.lines.select_related("sku").filter(substitute_for__isnull=True).order_by("position"))


def _initial_head(row: Any) -> dict[str, Any]:
    """What a form begins with: a request or a stocklist, or nothing."""
    if row is None:
        return {"key": new_id(), "priority": Priority.NORMAL}
    initial = {
        "source": row.from_warehouse_id,
        "destination": destination_key(row),
        "category": row.category_id,
        "priority": row.priority,
        "note": row.note,
    }
    if isinstance(row, StockRequest):
        return initial | {"needed_by": row.needed_by, "seen": row.version}
    return initial | {"key": new_id()}


def _initial_lines(stocklist: Stocklist | None) -> list[dict[str, Any]]:
    if stocklist is None:
        return []
    rows = stocklist.lines.select_related("sku").order_by("position")
    return [{"sku": row.sku.code, "quantity": row.quantity} for row in rows]


def _initial_lines_of(lines: Sequence[RequestLine]) -> list[dict[str, Any]]:
    return [
        {"sku": line.sku.code, "quantity": line.requested, "note": line.note, "line": line.pk}
        for line in lines
    ]


def _stocklist(access: Access, key: str | None) -> Stocklist | None:
    """The stocklist that the address names, if the caller sees it and it is in use."""
    if not key:
        return None
    rows = stocklists.visible_stocklists(access=access)
    related = ("from_warehouse", "to_warehouse", "to_room", "department", "category")
    known = _uuid(key)
    found = rows.select_related(*related).filter(pk=known, is_active=True).first() if known else None
    if found is None:
        raise Http404
    return found


def _offered(access: Access) -> list[Stocklist]:
    """The stocklists to begin with."""
    if not access.may(READ):
        return []
    return list(stocklists.visible_stocklists(access=access).filter(is_active=True).order_by("name")[:200])


def _uuid(text: str | None) -> UUID | None:
    try:
        return UUID(text or "")
    except ValueError:
        return None
