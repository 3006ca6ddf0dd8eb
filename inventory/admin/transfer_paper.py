"""The paper that goes with a transfer: what is to be picked, loaded and counted at the other end, with bars to scan."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.safestring import SafeString
from django.views.decorators.http import require_safe

from inventory import transfers
from inventory.labels.code128 import code128
from inventory.models import Barcode, Transfer, TransferLine, TransferPick, TransferState
from warehouses.access import Access
from warehouses.http.organization import require_access

__all__ = ["pages"]


def pages(site: Any) -> list[URLPattern]:
    """Of the admin site. The setting ADMIN_PAGES names this."""
    view = site.admin_view(require_safe(_paper))
    return [path("transfers/<str:public_id>/paper/", view, name="transfer_paper")]


@dataclass(frozen=True, slots=True)
class PaperLine:
    """`scanned`, also as `bars`, is the SKU's barcode, or else its code. A bin is shown to those who see its end."""

    line: TransferLine
    bars: SafeString
    scanned: str
    lots: str
    from_bin: str
    to_bin: str


def _paper(request: HttpRequest, public_id: str) -> HttpResponse:
    """For sheets of A4. Six queries beside those of every page, however many lines it has."""
    access = require_access(request)
    found = transfers.find_transfer(access=access, public_id=public_id)
    number = found.reference or found.public_id
    lines = _lines(access, found)
    context = {
        "found": found,
        "organization": access.organization,
        "number": number,
        "bars": code128(number, narrowest=0.25),
        "state": str(TransferState(found.state).label),
        "lines": lines,
        "units": sum(row.line.quantity for row in lines),
        "printed_at": timezone.now(),
        "back": reverse("admin:inventory_transfer_change", args=[found.pk]),
    }
    return TemplateResponse(request, "inventory/admin/transfer_paper.html", context)


def _lines(access: Access, found: Transfer) -> list[PaperLine]:
    rows = list(found.lines.select_related("sku", "lot", "from_bin", "to_bin").order_by("position"))
    lots: dict[UUID, dict[str, None]] = defaultdict(dict)
    picks = TransferPick.objects.filter(line__transfer=found, lot__isnull=False).select_related("lot")
    for pick in picks.order_by("pk"):
        lots[pick.line_id][str(pick.lot)] = None
    barcodes: dict[UUID, str] = {}
    known = Barcode.objects.filter(organization=access.organization, sku__in=[row.sku_id for row in rows])
    for sku_id, code in known.order_by("code").values_list("sku", "code"):
        barcodes.setdefault(sku_id, code)
    sees_source = access.covers(transfers.READ, found.from_warehouse_id)
    sees_destination = access.covers(transfers.READ, found.to_warehouse_id)
    return [
        PaperLine(
            line=row,
            bars=code128(barcodes.get(row.sku_id, row.sku.code), narrowest=0.25),
            scanned=barcodes.get(row.sku_id, row.sku.code),
            lots=", ".join(lots[row.pk]) or (row.lot.code if row.lot else ""),
            from_bin=row.from_bin.code if row.from_bin and sees_source else "",
            to_bin=row.to_bin.code if row.to_bin and sees_destination else "",
        )
        for row in rows
    ]
