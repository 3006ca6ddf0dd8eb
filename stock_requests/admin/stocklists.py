"""Stocklists: what is asked for again and again. Written like a request, and a request is made of one in one step."""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import urlencode

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count, QuerySet, Sum
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from unfold.decorators import action, display
from unfold.enums import ActionVariant

from inventory.admin.either_end import EitherEndAdmin
from inventory.admin.goods_form import once
from inventory.admin.search import names_sku
from stock_requests import stocklists
from stock_requests.admin.editor_form import (
    LineFormSet,
    StocklistForm,
    destination_key,
    lines_with,
    places_of,
    show_refusal,
    unjudged,
)
from stock_requests.admin.request_editor import EditorPages
from stock_requests.drafting import Destination, WantedLine
from stock_requests.models import Priority, Stocklist, StocklistLine
from stock_requests.rights import READ, WRITE
from warehouses import transactions
from warehouses.access import Access
from warehouses.admin.model_admins import ReadOnlyScopedAdmin, RefusedDeletion
from warehouses.http.organization import access_of
from warehouses.refusals import Conflict, Refusal

__all__ = ["StocklistAdmin"]

_SHOWN: Final = 500
_STATES: Final = {"Active": "success", "Inactive": ""}


@admin.register(Stocklist)
class StocklistAdmin(EitherEndAdmin, EditorPages, RefusedDeletion, ReadOnlyScopedAdmin):
    """Seen and changed by whoever sees and changes a request of its ends."""

    read_permission = READ
    write_permission = WRITE
    icon = "checklist"
    list_display = ("name", "from_warehouse", "destination", "line_count", "quantity", "state")
    list_filter = ("is_active", "from_warehouse", "to_warehouse", "department", "category")
    list_select_related = ("from_warehouse", "to_warehouse", "to_room", "department")
    search_fields = ("name__icontains", "note__icontains")
    search_help_text = "Name, SKU code, or scan a barcode"
    ordering = ("name", "pk")
    actions_detail = ("use", "edit", "switch_off", "switch_on")
    fields = (
        "name", "state_shown", "from_warehouse", "destination", "category", "priority", "note", "created_at", "lines",
    )  # fmt: skip
    readonly_fields = fields
    empty_hint = "What is asked for again and again is written down once, and asked for in one step."

    # --- rows and rights

    def narrow(self, request: HttpRequest, rows: QuerySet[Any], permission: str) -> QuerySet[Any]:
        access = access_of(request)
        if access is None or not access.may(permission):
            return rows.none()
        return stocklists.visible_stocklists(access=access, permission=permission)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.allows(request, WRITE, obj)

    def has_write_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        if object_id is not None and self.get_object(request, str(object_id)) is None:
            raise Http404
        return self.allows(request, WRITE, str(object_id) if object_id is not None else None)

    def get_actions_detail(self, request: HttpRequest, object_id: Any) -> list[Any]:
        found = self.get_object(request, str(object_id))
        if found is None or not self.allows(request, WRITE, found):
            return []
        hidden = {"switch_on"} if found.is_active else {"use", "switch_off"}
        prefix = f"{self.opts.app_label}_{self.opts.model_name}_"
        return [
            each
            for each in self._get_base_actions_detail()
            if each.action_name.removeprefix(prefix) not in hidden
        ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return (
            super().get_queryset(request).annotate(lines_there=Count("lines"), units=Sum("lines__quantity"))
        )

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        term = search_term.strip()
        access = access_of(request)
        if term and access is not None:
            lines = StocklistLine.objects.order_by().filter(names_sku(access.organization, term))
            if (found := queryset.filter(pk__in=lines.values("stocklist"))).exists():
                return found, False
        return super().get_search_results(request, queryset, search_term)

    # --- columns and fields

    @admin.display(description="to")
    def destination(self, stocklist: Stocklist) -> str:
        found = Destination.of(stocklist)
        return found.name if (found.place or found.department) else "Handed out there"

    @admin.display(description="lines", ordering="lines_there")
    def line_count(self, stocklist: Any) -> str:
        return f"{stocklist.lines_there:,}"

    @admin.display(description="units", ordering="units")
    def quantity(self, stocklist: Any) -> str:
        return f"{stocklist.units or 0:,}"

    @display(description="state", ordering="is_active", label=_STATES)
    def state(self, stocklist: Stocklist) -> str:
        return "Active" if stocklist.is_active else "Inactive"

    @admin.display(description="state")
    def state_shown(self, stocklist: Stocklist) -> str:
        return "Active" if stocklist.is_active else "Inactive"

    @admin.display(description="lines")
    def lines(self, stocklist: Stocklist) -> SafeString:
        return once(stocklist, "lines", lambda: _table(stocklist))

    # --- writing one

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        if not self.has_add_permission(request):
            raise PermissionDenied
        return self._edit(request, None)

    @action(description="Edit", permissions=["write"], url_path="edit", icon="edit")
    def edit(self, request: HttpRequest, object_id: str) -> HttpResponse:
        found = self.get_object(request, object_id)
        if found is None:
            raise Http404
        return self._edit(request, found)

    def _edit(self, request: HttpRequest, found: Stocklist | None) -> HttpResponse:
        access = self.require_access(request)
        places = places_of(access, found)
        shown: dict[str, Any] = {
            "title": f"Edit {found.name}" if found is not None else "New stocklist",
            "back": self.page_of(found) if found is not None else self._list(),
            "save": "Save",
        }
        if request.method != "POST":
            form: Any = StocklistForm(initial=_initial(found), places=places)
            lines = LineFormSet(initial=_initial_lines(found), organization=access.organization)
            return self.editor_page(request, shown, form=form, lines=lines)
        form = StocklistForm(request.POST, places=places)
        if "add" in request.POST:
            return self.editor_page(
                request, shown, form=unjudged(form), lines=lines_with(request, access.organization)
            )
        lines = LineFormSet(request.POST, organization=access.organization)
        typed = self.judged(form, lines, needs_lines=True)
        if typed is None:
            return self.editor_page(request, shown, form=form, lines=lines, status=422)
        try:
            done = transactions.run(lambda: _write(access, found, form, typed))
        except Refusal as refusal:
            if found is not None and refusal.code == "VERSION_CONFLICT":
                current = Stocklist.objects.get(pk=found.pk)
                form.data = form.data.copy()
                form.data["seen"] = str(current.version)
                shown |= {"conflict": refusal.detail, "is_editable": True}
                return self.editor_page(request, shown, form=form, lines=lines, status=409)
            show_refusal(refusal, form, lines)
            return self.editor_page(request, shown, form=form, lines=lines, status=422)
        self.message_user(request, f"The stocklist {done.name} is saved.", messages.SUCCESS)
        return HttpResponseRedirect(self.page_of(done))

    def remove(self, request: HttpRequest, access: Access, obj: Stocklist) -> None:
        stocklists.delete_stocklist(access=access, stocklist=obj)

    # --- what is done with one

    @action(
        description="Request these goods",
        permissions=["write"],
        url_path="use",
        icon="add_shopping_cart",
        variant=ActionVariant.PRIMARY,
    )
    def use(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """The form of a new request, filled in."""
        found = self.get_object(request, object_id)
        if found is None:
            raise Http404
        page = reverse("admin:stock_requests_stockrequest_add", current_app=self.admin_site.name)
        return HttpResponseRedirect(f"{page}?{urlencode({'stocklist': found.pk})}")

    @action(description="Switch off…", permissions=["write"], url_path="switch-off", icon="toggle_off")
    def switch_off(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self._switch(request, object_id, is_active=False, words="No new request is made of it.")

    @action(description="Switch on…", permissions=["write"], url_path="switch-on", icon="toggle_on")
    def switch_on(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self._switch(request, object_id, is_active=True, words="Requests are made of it again.")

    def _switch(self, request: HttpRequest, object_id: str, *, is_active: bool, words: str) -> HttpResponse:
        verb = "Switch on" if is_active else "Switch off"
        return self.confirm_then(
            request,
            object_id,
            question=words,
            verb=verb,
            act=lambda access, found: transactions.run(
                lambda: stocklists.update_stocklist(
                    access=access, stocklist=found, changes={"is_active": is_active}
                )
            ),
            done=f"is switched {'on' if is_active else 'off'}",
        )

    def _list(self) -> str:
        return reverse(self.url_name("changelist"), current_app=self.admin_site.name)


def _write(access: Access, found: Stocklist | None, form: StocklistForm, typed: Any) -> Stocklist:
    values = form.cleaned_data
    lines = [WantedLine(each.sku, each.quantity, index=each.index) for each in typed]
    if found is None:
        return stocklists.create_stocklist(
            access=access,
            name=values["name"],
            from_warehouse=values["source"],
            to=form.chosen(),
            category=values["category"],
            priority=values["priority"],
            note=values["note"],
            lines=lines,
        )
    seen = values["seen"]

    def unchanged(locked: Stocklist) -> None:
        if locked.version != seen:
            raise Conflict("VERSION_CONFLICT", f"Somebody has changed {locked.name} meanwhile.")

    return stocklists.update_stocklist(
        access=access,
        stocklist=found,
        changes={
            "name": values["name"],
            "from_warehouse": values["source"],
            "to": form.chosen(),
            "category": values["category"],
            "priority": values["priority"],
            "note": values["note"],
            "lines": lines,
        },
        condition=unchanged,
    )


def _initial(found: Stocklist | None) -> dict[str, Any]:
    if found is None:
        return {"priority": Priority.NORMAL}
    return {
        "name": found.name,
        "source": found.from_warehouse_id,
        "destination": destination_key(found),
        "category": found.category_id,
        "priority": found.priority,
        "note": found.note,
        "seen": found.version,
    }


def _initial_lines(found: Stocklist | None) -> list[dict[str, Any]]:
    if found is None:
        return []
    rows = found.lines.select_related("sku").order_by("position")
    return [{"sku": row.sku.code, "quantity": row.quantity} for row in rows]


def _table(stocklist: Stocklist) -> SafeString:
    rows = stocklist.lines.select_related("sku").order_by("position")
    cells = format_html_join(
        "",
        "<tr><td>{}</td><td>{}</td><td>{}</td></tr>",
        ((row.sku.code, row.sku.title, f"{row.quantity:,}") for row in rows[:_SHOWN]),
    )
    return format_html(
        '<div class="history"><table class="movement-table"><thead><tr><th>SKU</th><th>Title</th><th>Units</th></tr>'
        "</thead><tbody>{}</tbody></table></div>",
        cells,
    )
