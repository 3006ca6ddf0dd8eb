"""Pages that write documents about stock: a new adjustment, what is there, and of which lot goods are."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from unfold.decorators import action

from inventory.adjustments import Recorded
from inventory.admin.goods_form import show_refusal, with_more_lines
from inventory.admin.grid import wrong_cells
from inventory.admin.once import Sending, SentAlready, token_of
from inventory.admin.receive_form import LocationForm
from inventory.admin.stock_lines import AdjustFormSet, AdjustLineForm, DocumentForm, LotForm, RecordFormSet
from inventory.ledger import Line, Mode
from inventory.models import ReasonCode, Source
from inventory.stock_documents import ADJUST, NewLot, correct_lot, post_adjustment, record_stock
from warehouses.access import Access
from warehouses.admin.model_admins import ScopedModelAdmin
from warehouses.http.organization import access_of
from warehouses.models import Warehouse
from warehouses.refusals import Refusal

__all__ = ["StockDocumentPages"]

_TEMPLATE: Final = "inventory/admin/goods.html"
_FIELD_OF: Final[Mapping[str, str]] = {"warehouse": ""}
_LOT_FIELD_OF: Final[Mapping[str, str]] = {"lot": "from_lot", "warehouse": ""}


class StockDocumentPages(ScopedModelAdmin):
    """Each asks for the location first: bins are those of the location."""

    def has_post_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        access = access_of(request)
        return access is not None and access.may(ADJUST)

    @action(description="New adjustment", permissions=["post"], url_path="new", icon="add")
    def new_adjustment(self, request: HttpRequest) -> HttpResponse:
        def post(access: Access, lines: list[Line], values: Mapping[str, Any]) -> tuple[Recorded, str]:
            recorded = post_adjustment(
                access=access,
                source=Source.ADMIN,
                lines=lines,
                note=values["note"],
                reference=values["reference"],
            )
            return recorded, f"{len(recorded.posting.changes)} changes are posted."

        return self._document(
            request,
            "New adjustment",
            "Post adjustment",
            AdjustFormSet,
            post,
            "Each line changes a SKU by so much, or sets it to so much. Without bin and lot, goods leave "
            "first-expired-first and come to the default bin.",
        )

    @action(description="Record stock", permissions=["post"], url_path="record-stock", icon="fact_check")
    def record_what_is_there(self, request: HttpRequest) -> HttpResponse:
        def post(access: Access, lines: list[Line], values: Mapping[str, Any]) -> tuple[Recorded, str]:
            recorded, stated = record_stock(
                access=access,
                source=Source.ADMIN,
                lines=lines,
                note=values["note"],
                reference=values["reference"],
            )
            wrong = [
                f"{row.line.sku.code} {row.before} → {row.after} ({row.difference:+d})"
                for row in stated
                if row.difference
            ]
            right = len(stated) - len(wrong)
            told = f"{right} of {len(stated)} lines were as the books had them."
            return recorded, f"{told} Posted: {', '.join(wrong[:10])}." if wrong else told

        return self._document(
            request,
            "Record stock",
            "Record",
            RecordFormSet,
            post,
            "Say what is there; the difference is posted. A line is about the SKU in the whole location, or in the bin "
            "or of the lot that it names. What no line names stays as it is.",
        )

    @action(description="Correct a lot", permissions=["post"], url_path="correct-lot", icon="swap_horiz")
    def correct_a_lot(self, request: HttpRequest) -> HttpResponse:
        access = self.require_access(request)
        place = self._place(request, access)
        if not isinstance(place, Warehouse):
            return self._ask_where(request, "Correct a lot", place)
        form = LotForm(request.POST or None)
        sending = Sending(request, access)
        if (address := sending.earlier()) is not None:
            return HttpResponseRedirect(address)
        if form.is_valid() and (named := form.named(place)) is not None:
            sku, shelf, lot = named
            values = form.cleaned_data
            try:
                recorded = sending.run(
                    lambda: correct_lot(
                        access=access,
                        source=Source.ADMIN,
                        sku=sku,
                        warehouse=place,
                        bin=shelf,
                        from_lot=lot,
                        to_lot=NewLot(values["to_lot"], values["expires_on"]),
                        quantity=values["quantity"],
                        note=values["note"],
                    ),
                    self._page_of_recorded,
                )
            except SentAlready as already:
                return HttpResponseRedirect(already.address)
            except Refusal as refusal:
                show_refusal(refusal, form, [], _LOT_FIELD_OF)
            else:
                return self._done(
                    request, recorded, f"{values['quantity']} units are of lot {values['to_lot']}."
                )
        explanation = "Nothing moves but the books: the goods stay where they are, and how many there are."
        return self._page(request, "Correct a lot", "Correct", place, form, explanation)

    # --- what they share

    def _document(
        self,
        request: HttpRequest,
        title: str,
        verb: str,
        formset: Any,
        post: Callable[[Access, list[Line], Mapping[str, Any]], tuple[Recorded, str]],
        explanation: str,
    ) -> HttpResponse:
        access = self.require_access(request)
        place = self._place(request, access)
        if not isinstance(place, Warehouse):
            return self._ask_where(request, title, place)
        organization = access.organization
        given: dict[str, Any] = {"warehouse": place}
        form: Any
        if request.method != "POST":
            audit = ReasonCode.objects.filter(
                organization=organization, code_key="audit", is_active=True
            ).first()
            initial = {"reason": audit if formset is RecordFormSet else None}
            form = DocumentForm(organization=organization, initial=initial)
            lines = formset(prefix="lines", **given)
            return self._page(request, title, verb, place, form, explanation, lines)
        form = DocumentForm(request.POST, organization=organization)
        if "more" in request.POST:
            lines = with_more_lines(request, formset, **given)
            form._errors = {}  # not judged yet
            return self._page(request, title, verb, place, form, explanation, lines)
        lines = formset(request.POST, prefix="lines", **given)
        sending = Sending(request, access)
        if (address := sending.earlier()) is not None:
            return HttpResponseRedirect(address)
        is_sound, is_head_sound = lines.is_valid(), form.is_valid()
        named = lines.named()
        if is_sound and is_head_sound:
            values = form.cleaned_data
            if not any(line.errors for line in lines.forms):
                wanted = [_line(entry, place, values) for entry in named]
                if not wanted:
                    form.add_error(None, "There is no line yet.")
                else:
                    try:
                        recorded, told = sending.run(
                            lambda: post(access, wanted, values), lambda done: self._page_of_recorded(done[0])
                        )
                    except SentAlready as already:
                        return HttpResponseRedirect(already.address)
                    except Refusal as refusal:
                        show_refusal(refusal, form, lines.forms, _FIELD_OF)
                    else:
                        return self._done(request, recorded, told)
        return self._page(request, title, verb, place, form, explanation, lines)

    def _place(self, request: HttpRequest, access: Access) -> Warehouse | LocationForm:
        """The location that the address names, or the form that asks for it."""
        open_places = Warehouse.objects.filter(is_active=True, is_readonly=False).order_by("name")
        places = access.narrow(open_places, ADJUST, warehouse="pk")
        named = request.GET.get("location")
        if named:
            try:
                found = places.filter(pk=named).first()
            except (ValidationError, ValueError):
                found = None
            if found is not None:
                return found
        return LocationForm(request.GET if named else None, locations=places)

    def _ask_where(self, request: HttpRequest, title: str, where: LocationForm) -> HttpResponse:
        places: Any = where.fields["location"]
        context = {
            **self._context(request, title),
            "where": where,
            "is_possible": places.queryset.exists(),
            "impossible": "There is no location whose stock you may change.",
        }
        return TemplateResponse(request, _TEMPLATE, context, status=422 if where.errors else 200)

    def _page(
        self,
        request: HttpRequest,
        title: str,
        verb: str,
        place: Warehouse,
        form: Any,
        explanation: str,
        lines: Any = None,
    ) -> HttpResponse:
        wrong = form.errors or (
            lines is not None and any(line.errors for line in lines.forms if line.is_bound)
        )
        context = {
            **self._context(request, title),
            "subject": place.name,
            "explanation": explanation,
            "form": form,
            "verb": verb,
            "can_grow": lines is not None,
            "errors": bool(wrong),
        }
        if lines is not None:
            context |= {"lines": lines, "wrong_cells": wrong_cells(lines)}
        return TemplateResponse(request, _TEMPLATE, context, status=422 if wrong else 200)

    def _context(self, request: HttpRequest, title: str) -> dict[str, Any]:
        return {
            **self.admin_site.each_context(request),
            "title": title,
            "opts": self.opts,
            "token": token_of(request),
            "back": reverse(self.url_name("changelist"), current_app=self.admin_site.name),
        }

    def _done(self, request: HttpRequest, recorded: Recorded, told: str) -> HttpResponse:
        if recorded.adjustment is None:
            raise RuntimeError("A document is kept even where nothing changed.")
        self.log_addition(request, recorded.adjustment, told[:200])
        self.message_user(request, told, messages.SUCCESS)
        return HttpResponseRedirect(self._page_of_recorded(recorded))

    def _page_of_recorded(self, recorded: Recorded) -> str:
        if recorded.adjustment is None:
            raise RuntimeError("A document is kept even where nothing changed.")
        return self.page_of(recorded.adjustment)


def _line(named: Any, place: Warehouse, values: Mapping[str, Any]) -> Line:
    is_change = named.values.get("mode") == AdjustLineForm.BY
    return Line(
        sku=named.sku,
        warehouse=place,
        bin=named.bin,
        lot=named.lot,
        quantity=named.values["quantity"],
        mode=Mode.BY if is_change else Mode.TO,
        reason=values["reason"],
        note=values["note"],
        reference=values["reference"],
        index=named.index,
    )
