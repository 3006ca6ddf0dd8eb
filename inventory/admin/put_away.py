"""Put-away tasks: planned line by line with suggested bins, completed as planned or otherwise, called off."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Final

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count, OuterRef, Q, QuerySet, Sum
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from unfold.decorators import action, display
from unfold.enums import ActionVariant
from unfold.views import ChangeList
from unfold.widgets import (
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminTextInputWidget,
)

from inventory import put_away
from inventory.admin.act_pages import NoteForm
from inventory.admin.goods_form import once, show_refusal
from inventory.admin.goods_pages import GoodsPages
from inventory.admin.receive_form import LocationForm, find_bins
from inventory.admin.search import names_sku
from inventory.models import PutAway, PutAwayLine, PutAwayState
from inventory.models.sku import MAXIMUM_QUANTITY
from warehouses import transactions
from warehouses.access import Access
from warehouses.models import Organization, Warehouse
from warehouses.refusals import Refusal

if TYPE_CHECKING:
    _FormSet = forms.BaseFormSet["DoneForm"]
else:
    _FormSet = forms.BaseFormSet

__all__ = ["PutAwayAdmin"]

_LABELS: Final = {
    str(PutAwayState.OPEN.label): "info",
    str(PutAwayState.COMPLETED.label): "success",
    str(PutAwayState.CANCELLED.label): "",
}
_SHOWN: Final = 500


class TaskForm(forms.Form):
    """What holds for all lines."""

    reference = forms.CharField(max_length=120, required=False, widget=UnfoldAdminTextInputWidget)
    note = forms.CharField(max_length=500, required=False, widget=UnfoldAdminTextInputWidget)


class DoneForm(forms.Form):
    """What became of one line."""

    legend: str
    line: PutAwayLine

    quantity = forms.IntegerField(
        label="Put away",
        min_value=0,
        max_value=MAXIMUM_QUANTITY,
        widget=UnfoldAdminIntegerFieldWidget(attrs={"inputmode": "numeric"}),
    )
    to_bin = forms.CharField(
        label="Into bin", max_length=80, required=False, widget=UnfoldAdminTextInputWidget
    )


class _DoneFormSet(_FormSet):
    """A form for each line of the task, no more and no fewer, whatever is sent."""

    def __init__(self, *args: Any, planned: list[PutAwayLine], **kwargs: Any) -> None:
        self.planned = planned
        super().__init__(*args, **kwargs)

    def total_form_count(self) -> int:
        return len(self.planned)

    def initial_form_count(self) -> int:
        return len(self.planned)

    def add_fields(self, form: Any, index: Any) -> None:
        super().add_fields(form, index)
        line = self.planned[index]
        lot = f", lot {line.lot}" if line.lot else ""
        form.line = line
        way = f"{line.quantity:,} from {line.from_bin} to {line.to_bin}"
        form.legend = f"{line.sku.code} · {line.sku.title}{lot}: {way}"
        form.fields["to_bin"].widget.attrs["placeholder"] = line.to_bin.code


DoneFormSet: Any = forms.formset_factory(DoneForm, formset=_DoneFormSet, extra=0)


class TaskList(ChangeList):
    """The list's page, with what each task is about: one query for all of them, and one for what was put away."""

    result_list: Any

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        found: list[Any] = list(self.result_list)
        keys = [task.pk for task in found]
        rows: Iterable[Any] = (
            PutAwayLine.objects.order_by()
            .filter(put_away__in=keys)
            .values_list("put_away")
            .annotate(Count("pk"), Sum("quantity"))
        )
        sums = {key: (lines, units) for key, lines, units in rows}
        moved = put_away.moved_of(keys)
        for task in found:
            task.line_total, task.unit_total = sums.get(task.pk, (0, 0))
            task.moved_total = moved.get(task.pk)
        self.result_list = found


@admin.register(PutAway)
class PutAwayAdmin(GoodsPages):
    goods_title = "Put goods away"
    state_labels = _LABELS
    read_permission = put_away.READ
    write_permission = put_away.WRITE
    warehouse_path = "warehouse_id"
    icon = "pallet"
    list_display = (
        "number", "state_label", "warehouse", "line_count", "quantity", "moved", "note", "by", "created_at",
    )  # fmt: skip
    list_filter = ("state", "warehouse", "created_at")
    list_select_related = ("warehouse",)
    search_fields = ("reference__istartswith", "note__icontains")
    search_help_text = "Number, reference, SKU code, bin, or scan a barcode"
    ordering = ("-created_at", "-pk")
    actions_detail = ("complete", "cancel")
    fields = (
        "public_id", "state_shown", "warehouse", "reference", "note", "by", "created_at", "closed_at", "lines",
        "history",
    )  # fmt: skip
    empty_hint = "Tasks that bring received goods to their shelves stand here."

    # --- rows and rights

    def has_act_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return self.allows(request, put_away.WRITE, object_id)

    def get_actions_detail(self, request: HttpRequest, object_id: Any) -> list[Any]:
        """What its state and the caller's rights allow."""
        found = self.get_object(request, str(object_id))
        if found is None or not self.allows(request, put_away.WRITE, found):
            return []
        every = self._get_base_actions_detail()
        return [
            each for each in every if each.action_name.rpartition("_")[2] in put_away.ALLOWED[found.state]
        ]

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return TaskList

    def lines_about(self, organization: Organization, term: str) -> QuerySet[Any]:
        return PutAwayLine.objects.filter(put_away=OuterRef("pk")).filter(
            names_sku(organization, term) | Q(from_bin__code__iexact=term) | Q(to_bin__code__iexact=term)
        )

    def choice_label(self, obj: PutAway) -> str:
        return f"{obj.reference or obj.public_id} in {obj.warehouse}"

    # --- columns and fields

    @admin.display(description="task", ordering="reference")
    def number(self, task: PutAway) -> str:
        return task.reference or task.public_id

    @display(description="state", ordering="state", label=_LABELS)
    def state_label(self, task: PutAway) -> str:
        return str(PutAwayState(task.state).label)

    @admin.display(description="lines")
    def line_count(self, task: Any) -> int:
        return int(task.line_total)

    @admin.display(description="units")
    def quantity(self, task: Any) -> str:
        return f"{task.unit_total:,}"

    @admin.display(description="put away")
    def moved(self, task: Any) -> str | None:
        return None if task.moved_total is None else f"{task.moved_total:,}"

    @admin.display(description="lines")
    def lines(self, task: PutAway) -> SafeString:
        return once(task, "lines", lambda: self._lines(task))

    def _lines(self, task: PutAway) -> SafeString:
        rows = _lines_of(task)[:_SHOWN]
        moved = put_away.moved_of([line.pk for line in rows])
        cells = format_html_join(
            "",
            "<tr><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td></tr>",
            (
                (
                    line.sku.code,
                    line.lot or "",
                    f"{line.from_bin} → {line.to_bin}",
                    f"{line.quantity:,}",
                    f"{moved[line.pk]:,}" if line.pk in moved else "",
                    "suggested" if line.is_suggested else "",
                )
                for line in rows
            ),
        )
        return format_html(
            '<div class="goods" tabindex="0" role="region" aria-label="Lines">'
            '<table class="goods-table"><thead><tr><th>SKU</th><th>Lot</th><th>Bins</th>'
            "<th>Planned</th><th>Put away</th><th></th></tr></thead><tbody>{}</tbody></table></div>",
            cells,
        )

    # --- making one

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Two pages: the location, then the lines."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        access = self.require_access(request)
        places = self.open_locations(request)
        where = LocationForm(request.GET if "location" in request.GET else None, locations=places)
        if not where.is_valid():
            shown = {
                "where": where,
                "is_possible": places.exists(),
                "impossible": "There is no location at which you may put goods away.",
            }
            return self.goods_page(request, shown, status=422 if where.is_bound else 200)
        warehouse: Warehouse = where.cleaned_data["location"]
        return self.write_goods(
            request,
            head=TaskForm,
            given=lambda form: {
                "organization": access.organization,
                "source": warehouse,
                "destination": warehouse,
                "needs_from_bin": True,
            },
            subject=warehouse.name,
            explanation="Name no bin to bring them to, and one that holds the SKU is suggested, or an empty one.",
            verb="Create task",
            nothing="Say what shall be put away: at least one line.",
            make=lambda goods, values: put_away.create_put_away(
                access=access,
                warehouse=warehouse,
                goods=[
                    put_away.GoodsToPut(
                        each.sku, each.quantity, each.from_bin, each.lot, each.to_bin, each.index
                    )
                    for each in goods
                ],
                note=values["note"],
                reference=values["reference"],
            ),
            done=lambda made: f"Task {self.choice_label(made)} is planned.",
        )

    # --- what is done with one

    @action(description="Complete…", permissions=["act"], url_path="complete", icon="task_alt")
    def complete(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """What was put away, line by line: filled in with what was planned."""
        task = self.get_object(request, object_id)
        if task is None:
            raise Http404
        access = self.require_access(request)
        planned = _lines_of(task)
        shown = {
            "subject": self.choice_label(task),
            "explanation": "Say what was done otherwise than planned. What is not put away stays where it is.",
            "verb": "Complete",
            "back": self.page_of(task),
        }
        if request.method != "POST":
            initial = [{"quantity": line.quantity} for line in planned]
            lines = DoneFormSet(prefix="lines", planned=planned, initial=initial)
            return self.goods_page(request, {**shown, "form": NoteForm(), "lines": lines})
        form = NoteForm(request.POST)
        lines = DoneFormSet(request.POST, prefix="lines", planned=planned)
        done = self._complete(access, task, form, lines)
        if done is None:
            return self.goods_page(request, {**shown, "form": form, "lines": lines}, status=422)
        self.log_change(request, done, "Complete.")
        self.message_user(request, f"{self.choice_label(done)} is completed.", messages.SUCCESS)
        return HttpResponseRedirect(self.page_of(done))

    def _complete(self, access: Access, task: PutAway, form: Any, lines: Any) -> PutAway | None:
        if not (form.is_valid() and lines.is_valid()):
            return None
        bins = find_bins(task.warehouse, [line.cleaned_data["to_bin"] for line in lines.forms])
        said = []
        for index, line in enumerate(lines.forms):
            typed = line.cleaned_data["to_bin"].casefold()
            if typed and typed not in bins:
                line.add_error("to_bin", f"{task.warehouse.name} has no such bin.")
                continue
            said.append(put_away.PutLine(line.line.pk, line.cleaned_data["quantity"], bins.get(typed), index))
        if any(line.errors for line in lines.forms):
            return None
        try:
            return transactions.run(
                lambda: put_away.complete_put_away(
                    access=access, task=task, lines=said, note=form.cleaned_data["note"]
                )
            )
        except Refusal as refusal:
            show_refusal(refusal, form, lines.forms, {})
            return None

    @action(
        description="Cancel…",
        permissions=["act"],
        url_path="cancel",
        icon="cancel",
        variant=ActionVariant.DANGER,
    )
    def cancel(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self.act_on(
            request,
            object_id,
            form=lambda data, task: NoteForm(data),
            verb="Cancel task",
            explanation="The task is called off: the goods stay where they are.",
            figures=lambda task: {"Location": task.warehouse, "Lines": task.lines.count()},
            act=lambda access, task, values: put_away.cancel_put_away(
                access=access, task=task, note=values["note"]
            ),
            done=lambda found: f"{self.choice_label(found)} is cancelled.",
        )


def _lines_of(task: PutAway) -> list[PutAwayLine]:
    return list(task.lines.select_related("sku", "lot", "from_bin", "to_bin").order_by("position"))
