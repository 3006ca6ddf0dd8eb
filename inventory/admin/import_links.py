"""From what an import has posted back to the import."""

from __future__ import annotations

from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from inventory.import_runs.runs import visible_runs
from inventory.models import Adjustment, ImportRun, Source
from warehouses.access import Access
from warehouses.identifiers import decode

__all__ = ["import_of"]


def import_of(adjustment: Adjustment, access: Access) -> SafeString | None:
    """A link to the import that the adjustment is part of, for those who may see it. One query where it is of one."""
    if adjustment.source != Source.IMPORT:
        return None
    key = decode(ImportRun.prefix, adjustment.reference)
    run = visible_runs(access).filter(pk=key).first() if key is not None else None
    if run is None:
        return None
    link = reverse("admin:inventory_importrun_change", args=(run.pk,))
    return format_html('<a href="{}" class="text-link">{}</a>', link, run.file_name)
