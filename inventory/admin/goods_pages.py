"""The pages of documents about goods that are written line by line: put-away tasks and transfers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from django import forms
from django.contrib import messages
from django.db.models import Exists, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse

from inventory.admin.act_pages import ActPages
from inventory.admin.documents import DocumentAdmin
from inventory.admin.goods_form import GoodsFormSet, show_refusal, with_more_lines
from inventory.admin.grid import wrong_cells
from inventory.admin.once import Sending, SentAlready, token_of
from warehouses.http.organization import access_of
from warehouses.models import Organization, Warehouse
from warehouses.refusals import Refusal

__all__ = ["Also", "GoodsPages"]


@dataclass(frozen=True, slots=True)
class Also:
    """Another button of such a page: what `then` is when it is pressed, and its words."""

    name: str
    verb: str


class GoodsPages(ActPages, DocumentAdmin):
    """`write_permission` makes them, in a location that may be written to."""

    goods_title: ClassVar[str]
    write_permission: ClassVar[str]

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        access = access_of(request)
        return access is not None and access.may(self.write_permission)

    def lines_about(self, organization: Organization, term: str) -> QuerySet[Any]:
        """The lines of the outer row that a search for `term` finds."""
        raise NotImplementedError

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        term = search_term.strip()
        if term:
            named = queryset.filter(reference__istartswith=term)
            if named.exists():
                return named, False
            lines = self.lines_about(self.require_access(request).organization, term)
            if (found := queryset.filter(Exists(lines))).exists():
                return found, False
        return super().get_search_results(request, queryset, search_term)

    def open_locations(self, request: HttpRequest) -> QuerySet[Warehouse]:
        """Where the caller may make one."""
        access = self.require_access(request)
        places = access.narrow(Warehouse.objects.all(), self.write_permission, warehouse="pk")
        return places.filter(is_active=True, is_readonly=False).order_by("name")

    def goods_page(self, request: HttpRequest, shown: dict[str, Any], status: int = 200) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "title": self.goods_title,
            "opts": self.opts,
            "back": reverse(self.url_name("changelist"), current_app=self.admin_site.name),
            "errors": status != 200,
            "token": token_of(request),
            **shown,
        }
        if shown.get("can_grow") and "lines" in shown:
            context["wrong_cells"] = wrong_cells(shown["lines"])
        return TemplateResponse(request, "inventory/admin/goods.html", context, status=status)

    def write_goods(
        self,
        request: HttpRequest,
        *,
        head: Callable[[Any], forms.Form],
        given: Callable[[Any], Mapping[str, Any]],
        subject: str,
        explanation: str,
        verb: str,
        nothing: str,
        make: Callable[[list[Any], dict[str, Any]], Any],
        done: Callable[[Any], str],
        also: Sequence[Also] = (),
    ) -> HttpResponse:
        """Ask with the form that `head(data)` makes and with lines, of which `given(form)` says what they are about;
        `make` it of the goods and the form's values, with the name of the button of `also` that was pressed as `then`.

        `nothing` is said where no line is filled in, `done` says in words what was made; its page is shown then.
        """
        shown = {"subject": subject, "explanation": explanation, "verb": verb, "can_grow": True, "also": also}
        if request.method != "POST":
            form = head(None)
            lines = GoodsFormSet(prefix="lines", **given(form))
            return self.goods_page(request, {**shown, "form": form, "lines": lines})
        form = head(request.POST)
        if "more" in request.POST:
            lines = with_more_lines(request, **given(form))
            form._errors = {}  # type: ignore[attr-defined]  # not judged yet
            return self.goods_page(request, {**shown, "form": form, "lines": lines})
        lines = GoodsFormSet(request.POST, prefix="lines", **given(form))
        then = next((each.name for each in also if each.name == request.POST.get("then")), "")
        sending = Sending(request, self.require_access(request))
        if (address := sending.earlier()) is not None:
            return HttpResponseRedirect(address)

        def write(goods: list[Any], values: dict[str, Any]) -> Any:
            return sending.run(lambda: make(goods, {**values, "then": then}), self.page_of)

        try:
            made = _made(form, lines, nothing, write)
        except SentAlready as already:
            return HttpResponseRedirect(already.address)
        if made is None:
            return self.goods_page(request, {**shown, "form": form, "lines": lines}, status=422)
        self.log_addition(request, made, "Created.")
        self.message_user(request, done(made), messages.SUCCESS)
        return HttpResponseRedirect(self.page_of(made))


def _made(form: Any, lines: Any, nothing: str, make: Callable[[list[Any], dict[str, Any]], Any]) -> Any:
    """What `make` returns, or None where the forms say what is wrong."""
    is_head_sound, is_sound = form.is_valid(), lines.is_valid()
    if not is_head_sound:
        return None
    goods = lines.goods()
    if not lines.filled():
        form.add_error(None, nothing)
    if not is_sound or form.errors or any(line.errors for line in lines.forms):
        return None
    try:
        return make(goods, form.cleaned_data)
    except Refusal as refusal:
        show_refusal(refusal, form, lines.forms, {})
        return None
