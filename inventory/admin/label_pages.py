"""The page that labels are printed from: chosen on the screen, and on paper nothing but labels."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from django import forms
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.views.decorators.http import require_http_methods

from inventory import labels
from inventory.catalogue.own_barcodes import give_barcodes
from inventory.labels import Codes, Kind
from inventory.models import Sku
from warehouses import transactions
from warehouses.access import Access
from warehouses.http.organization import require_access
from warehouses.identifiers import decode
from warehouses.models import PagePreference
from warehouses.refusals import Refusal

__all__ = ["label_page", "pages"]

#: What one has chosen last is offered again.
_PAGE: Final = "labels"
_MOST_COPIES: Final = 100
_LISTS: Final = {
    Kind.BIN: "admin:warehouses_bin_changelist",
    Kind.SKU: "admin:inventory_sku_changelist",
    Kind.LOT: "admin:inventory_lot_changelist",
    Kind.WAREHOUSE: "admin:warehouses_warehouse_changelist",
}


def pages(site: Any) -> list[URLPattern]:
    """Of the admin site. The setting ADMIN_PAGES names this."""
    view = require_http_methods(["GET", "HEAD", "POST"])(_asked)
    return [path("labels/", site.admin_view(view), name="labels")]


class LabelForm(forms.Form):
    paper = forms.ChoiceField(
        label="Size", choices=[(paper.key, paper.name) for paper in labels.PAPERS.values()]
    )
    codes = forms.ChoiceField(label="Code", choices=Codes.choices)
    copies = forms.IntegerField(
        label="Copies of each",
        min_value=1,
        max_value=_MOST_COPIES,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "size": 3}),
        error_messages=dict.fromkeys(
            ("invalid", "required", "min_value", "max_value"), f"Enter a number from 1 to {_MOST_COPIES}."
        ),
    )
    first = forms.IntegerField(
        label="Begin at label",
        min_value=1,
        max_value=max(paper.per_sheet for paper in labels.PAPERS.values()),
        required=False,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "size": 3}),
        help_text="Of a sheet that was begun.",
        error_messages=dict.fromkeys(
            ("invalid", "min_value", "max_value"), "Enter its place on the sheet, from 1."
        ),
    )


def _asked(request: HttpRequest) -> HttpResponse:
    """Labels of the rows named in the address or, however many they are, in the form."""
    given = request.POST if request.method == "POST" else request.GET
    return label_page(request, kind=given.get("kind", ""), rows=given.getlist("row"))


def label_page(request: HttpRequest, *, kind: str, rows: Sequence[str]) -> HttpResponse:
    """The page with the labels of these rows (public ids). A list calls it with what is selected there.

    Raises NotFound `NOTHING_TO_PRINT` where the caller sees none of them.
    """
    access = require_access(request)
    of = Kind(kind) if kind in Kind.values else Kind.BIN
    given = request.POST if request.method == "POST" else request.GET
    problem = told = ""
    if request.method == "POST" and "generate" in given:
        told, problem = _generated(access, of, rows)
    subjects = labels.subjects_of(access=access, kind=of, public_ids=rows)
    kept = _kept(access)
    form = LabelForm({**kept, **{name: given[name] for name in LabelForm.base_fields if name in given}})
    status = 200
    if form.is_valid():
        values = form.cleaned_data
        if request.method == "POST" and "paper" in given:
            _keep(access, {"paper": values["paper"], "codes": values["codes"]})
    else:
        status = 422
        values = {**kept, "first": 1}
    paper = labels.PAPERS[values["paper"]]
    sheets = labels.print_sheets(
        subjects,
        paper=paper,
        codes=Codes(values["codes"]),
        copies=int(values["copies"]),
        first=values["first"] or 1,
    )
    count = len(subjects) * int(values["copies"])
    wants_bars = values["codes"] != Codes.QR
    context = {
        "form": form,
        "kind": of,
        "rows": [subject.public_id for subject in subjects],
        "paper": paper,
        "codes": values["codes"],
        "sheets": sheets,
        "count": min(count, labels.MOST_LABELS),
        "is_cut": count > labels.MOST_LABELS or len(rows) > labels.MOST_SUBJECTS,
        "most": labels.MOST_LABELS,
        "most_subjects": labels.MOST_SUBJECTS,
        "lacking": sum(subject.lacks_barcode for subject in subjects),
        "may_generate": access.everywhere("products.write") if access.may("products.write") else False,
        "too_fine": sum(1 for sheet in sheets for label in sheet.labels if wants_bars and not label.bars),
        "told": told,
        "problem": problem,
        "back": reverse(_LISTS[of]),
    }
    return TemplateResponse(request, "inventory/admin/labels.html", context, status=status)


def _generated(access: Access, kind: Kind, rows: Sequence[str]) -> tuple[str, str]:
    """What was done, or why not."""
    keys = [key for text in rows if (key := decode(Sku.prefix, text)) is not None]
    if kind != Kind.SKU:
        return "", ""
    try:
        found = Sku.objects.for_organization(access.organization).filter(pk__in=keys[: labels.MOST_SUBJECTS])
        given = give_barcodes(access=access, skus=list(found))
    except Refusal as refusal:
        return "", refusal.detail
    return f"{len(given)} SKU{'s' * (len(given) != 1)} got a barcode of your own.", ""


def _kept(access: Access) -> dict[str, Any]:
    usual = {"paper": next(iter(labels.PAPERS)), "codes": Codes.BARS.value, "copies": 1, "first": 1}
    mine = PagePreference.objects.filter(organization=access.organization, user=access.actor.id, page=_PAGE)
    value = mine.values_list("value", flat=True).first() or {}
    if value.get("paper") in labels.PAPERS and value.get("codes") in Codes.values:
        usual |= {"paper": value["paper"], "codes": value["codes"]}
    return usual


def _keep(access: Access, value: dict[str, str]) -> None:
    if access.actor.id is None:
        return
    given: dict[str, Any] = {"organization": access.organization, "user_id": access.actor.id, "page": _PAGE}
    transactions.run(lambda: PagePreference.objects.update_or_create(**given, defaults={"value": value}))
