"""What is asked of each line of a request when it is approved, picked, or handed over."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django import forms
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from inventory.admin.goods_form import typed_skus
from inventory.models.sku import MAXIMUM_QUANTITY
from stock_requests.decisions.approving import LineDecision, Substitute
from stock_requests.figures import Figures, figures_of
from stock_requests.fulfilment import Fulfilled, Picked
from stock_requests.models import Remainder, RequestLine, StockRequest
from warehouses.models import Organization
from warehouses.refusals import Refusal

if TYPE_CHECKING:
    _FormSet = forms.BaseFormSet["LineForm"]
else:
    _FormSet = forms.BaseFormSet

__all__ = [
    "ApprovalForm",
    "ApprovedLines",
    "FulfilledLines",
    "FulfilmentForm",
    "PickForm",
    "PickedLines",
    "Row",
    "show_refusal",
]

_REMAINDERS = [("", "As above"), *Remainder.choices]
_FIELD_OF: Mapping[str, str] = {"substitutes": "substitute", "line": "quantity", "sku": "substitute"}


@dataclass(frozen=True, slots=True)
class Row:
    """One line to ask about, with what fills its form in."""

    line: RequestLine
    legend: str
    initial: Mapping[str, Any]


def approval_rows(found: StockRequest) -> list[Row]:
    lines = _lines_of(found)
    figures = figures_of(found, lines)
    return [
        Row(line, _told(line, figures[line.pk]), {"quantity": _most(line)}) for line in lines if _most(line)
    ]


def picking_rows(found: StockRequest) -> list[Row]:
    lines = [line for line in _lines_of(found) if line.approved]
    is_begun = any(line.picked for line in lines)
    return [
        Row(
            line,
            f"{line.sku.code} · {line.sku.title}: {line.approved:,} approved",
            {"quantity": line.picked if is_begun else line.approved},
        )
        for line in lines
    ]


def _lines_of(found: StockRequest) -> list[RequestLine]:
    return list(found.lines.select_related("sku").order_by("position"))


def _most(line: RequestLine) -> int:
    return line.remaining if line.approved is None else line.approved


def _told(line: RequestLine, figures: Figures) -> str:
    asked = f"{line.requested:,} asked for"
    if line.approved is not None:
        asked += f", {line.approved:,} approved so far"
    after = f"{figures.after:,} would be left"
    order = f", {figures.on_order:,} on order" if figures.on_order else ""
    return f"{line.sku.code} · {line.sku.title}: {asked}; {figures.available:,} available, {after}{order}"


def _units(label: str, **more: Any) -> forms.IntegerField:
    return forms.IntegerField(
        label=label,
        max_value=MAXIMUM_QUANTITY,
        widget=UnfoldAdminTextInputWidget(attrs={"inputmode": "numeric", "autocomplete": "off"}),
        **{"min_value": 0} | more,
    )


def _words(label: str, longest: int = 200) -> forms.CharField:
    return forms.CharField(label=label, max_length=longest, required=False, widget=UnfoldAdminTextInputWidget)


def _remainder(label: str, choices: Sequence[Any]) -> forms.ChoiceField:
    return forms.ChoiceField(label=label, choices=choices, required=False, widget=UnfoldAdminSelectWidget)


class _WholeForm(forms.Form):
    """`seen` is the request's version when the form was shown."""

    note = _words("Note", 500)
    seen = forms.IntegerField(widget=forms.HiddenInput, error_messages={"required": "Open this page again."})


class ApprovalForm(_WholeForm):
    remainder = _remainder(
        "What is not approved",
        [("", "Closed"), *Remainder.choices[:1]],
    )
    reason = _words("Why not all")
    field_order = ("remainder", "reason", "note", "seen")


class PickForm(_WholeForm):
    pass


class FulfilmentForm(_WholeForm):
    remainder = _remainder("What is missing", [("", "As each line says"), *Remainder.choices])
    reason = _words("Why it is missing")
    field_order = ("remainder", "reason", "note", "seen")


class LineForm(forms.Form):
    row: Row
    legend: str


class ApprovedLineForm(LineForm):
    quantity = _units("Approve (0: none)")
    reason = _words("Why not all")
    remainder = _remainder("The rest is", _REMAINDERS)
    substitute = forms.CharField(
        label="Instead (SKU)", max_length=128, required=False, widget=UnfoldAdminTextInputWidget
    )
    substitute_quantity = _units("How many", min_value=1, required=False)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("substitute_quantity") and not cleaned.get("substitute"):
            self.add_error("substitute", "Say which SKU comes instead.")
        if cleaned.get("substitute") and not cleaned.get("substitute_quantity"):
            self.add_error("substitute_quantity", "Say how many come instead.")
        return cleaned


class PickedLineForm(LineForm):
    quantity = _units("Lie ready")


class FulfilledLineForm(LineForm):
    quantity = _units("Handed over")
    remainder = _remainder("The rest is", _REMAINDERS)
    reason = _words("Why it is missing")


class _RowFormSet(_FormSet):
    """A form for each of `rows`, no more and no fewer, whatever is sent."""

    def __init__(self, *args: Any, rows: Sequence[Row], **kwargs: Any) -> None:
        self.rows = rows
        initial = [dict(row.initial) for row in rows]
        super().__init__(*args, **{"prefix": "lines", "initial": initial} | kwargs)

    def total_form_count(self) -> int:
        return len(self.rows)

    def initial_form_count(self) -> int:
        return len(self.rows)

    def add_fields(self, form: Any, index: Any) -> None:
        super().add_fields(form, index)
        form.row = self.rows[index]
        form.legend = form.row.legend

    def wrong(self) -> bool:
        return any(form.errors for form in self.forms)


class _ApprovedLines(_RowFormSet):
    def said(self, organization: Organization) -> list[LineDecision]:
        """What the valid forms say; a name that nothing has becomes an error of its field. Two queries."""
        typed = [form.cleaned_data["substitute"] for form in self.forms]
        skus = typed_skus(organization, [text for text in typed if text]) if any(typed) else {}
        decisions = []
        for index, form in enumerate(self.forms):
            values = form.cleaned_data
            substitutes = []
            if values["substitute"]:
                sku = skus.get(values["substitute"])
                if sku is None:
                    form.add_error("substitute", "There is no such SKU.")
                    continue
                substitutes.append(Substitute(sku, values["substitute_quantity"]))
            decisions.append(
                LineDecision(
                    line_id=form.row.line.pk,
                    quantity=values["quantity"],
                    reason=values["reason"],
                    remainder=_chosen(values["remainder"]),
                    substitutes=substitutes,
                    index=index,
                )
            )
        return decisions


class _PickedLines(_RowFormSet):
    def said(self, organization: Organization) -> list[Picked]:
        return [
            Picked(line_id=form.row.line.pk, quantity=form.cleaned_data["quantity"], index=index)
            for index, form in enumerate(self.forms)
        ]


class _FulfilledLines(_RowFormSet):
    def said(self, organization: Organization) -> list[Fulfilled]:
        return [
            Fulfilled(
                line_id=form.row.line.pk,
                quantity=form.cleaned_data["quantity"],
                remainder=_chosen(form.cleaned_data["remainder"]),
                reason=form.cleaned_data["reason"],
                index=index,
            )
            for index, form in enumerate(self.forms)
        ]


ApprovedLines: Any = forms.formset_factory(ApprovedLineForm, formset=_ApprovedLines, extra=0)
PickedLines: Any = forms.formset_factory(PickedLineForm, formset=_PickedLines, extra=0)
FulfilledLines: Any = forms.formset_factory(FulfilledLineForm, formset=_FulfilledLines, extra=0)


def show_refusal(refusal: Refusal, form: Any, lines: Any) -> None:
    """Show why it was refused: beside the field of the line that is to blame, else above all of them."""
    for problem in refusal.problems:
        name = problem.field or ""
        if problem.index is None or problem.index >= len(lines.forms):
            form.add_error(name if name in form.fields else None, problem.detail)
            continue
        line = lines.forms[problem.index]
        name = name if name in line.fields else _FIELD_OF.get(name, name)
        line.add_error(name if name in line.fields else None, problem.detail)
    if not refusal.problems:
        form.add_error(None, refusal.detail)


def _chosen(word: str) -> Remainder | None:
    return Remainder(word) if word else None
