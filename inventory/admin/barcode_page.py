"""`/admin/barcodes/assign/`: a barcode that nobody knows is given to a SKU, so that the next scan of it finds that."""

from __future__ import annotations

from typing import Any, Final

from django import forms
from django.contrib import messages
from django.contrib.admin.sites import AdminSite
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from unfold.widgets import UnfoldAdminTextInputWidget

from inventory.admin.act_pages import ActForm
from inventory.catalogue import change_sku, find_skus, lock_sku
from inventory.models import Sku, sku_key
from warehouses import transactions
from warehouses.access import Access
from warehouses.http.organization import access_of
from warehouses.refusals import Refusal

__all__ = ["pages"]

_WRITE: Final = "products.write"


class BarcodeForm(ActForm):
    field_of = {"barcodes": "code"}

    code = forms.CharField(label="Barcode", max_length=80, widget=UnfoldAdminTextInputWidget)
    sku = forms.CharField(
        label="SKU code",
        max_length=64,
        widget=UnfoldAdminTextInputWidget(
            attrs={"autofocus": True, "autocomplete": "off", "spellcheck": "false"}
        ),
        error_messages={"required": "Enter the code of the SKU that the barcode is on."},
    )

    def __init__(self, *args: Any, access: Access, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.access = access

    def clean_sku(self) -> Sku:
        text: str = self.cleaned_data["sku"]
        found = find_skus(organization=self.access.organization, codes=[text]).get(sku_key(text))
        if found is None:
            raise forms.ValidationError(f"There is no SKU {text}. Look for it with Ctrl+K, or make it first.")
        return found


def pages(site: AdminSite) -> list[URLPattern]:
    def assign(request: HttpRequest) -> HttpResponse:
        return _assign(site, request)

    return [path("barcodes/assign/", site.admin_view(assign), name="inventory_barcode_assign")]


def _assign(site: AdminSite, request: HttpRequest) -> HttpResponse:
    access = access_of(request)
    if access is None or not access.everywhere(_WRITE):
        raise PermissionDenied
    is_sent = request.method == "POST"
    initial = {"code": request.GET.get("code", "").replace("\x00", "")[:80]}
    form = BarcodeForm(request.POST if is_sent else None, initial=initial, access=access)
    if is_sent and form.is_valid():
        code, sku = form.cleaned_data["code"], form.cleaned_data["sku"]
        try:
            transactions.run(lambda: _add(access, sku, code))
        except Refusal as refusal:
            form.show(refusal)
        else:
            messages.success(request, f"{code} is a barcode of {sku.code} from now on.")
            return redirect("admin:inventory_sku_page", sku.public_id)
    context = {
        **site.each_context(request),
        "title": "Assign a barcode",
        "subject": initial["code"],
        "explanation": "From then on a scan of it, here or on a counter's device, finds this SKU.",
        "figures": {},
        "form": form,
        "verb": "Assign barcode",
        "back": reverse("admin:index"),
    }
    return TemplateResponse(request, "inventory/admin/act.html", context, status=422 if form.errors else 200)


def _add(access: Access, sku: Sku, code: str) -> None:
    """To what the SKU has: nobody else changes that meanwhile, for the SKU is locked first."""
    current = lock_sku(access=access, sku=sku)
    held = list(current.barcodes.order_by("code").values_list("code", flat=True))
    change_sku(access=access, sku=current, barcodes=[*held, code])
