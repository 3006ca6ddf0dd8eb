"""How stock is searched: by barcode, by the beginning of a SKU code, by words of the title."""

from __future__ import annotations

from typing import Any

from django.db.models import Q, QuerySet
from django.http import HttpRequest

from inventory.models import Barcode, sku_key
from warehouses.admin.model_admins import ScopedModelAdmin
from warehouses.http.organization import access_of
from warehouses.identifiers import decode
from warehouses.models import Organization

__all__ = ["SkuSearch", "names_sku", "number_typed"]


def names_sku(organization: Organization, term: str) -> Q:
    """Of lines with a `sku`: those whose SKU has a code that begins with the term, or the barcode that was scanned."""
    scanned = Barcode.objects.filter(organization=organization, code=term).values("sku")
    return Q(sku__code_key__startswith=sku_key(term)) | Q(sku__in=scanned)


def number_typed(term: str, prefix: str) -> int | None:
    """The number of `CC-00012`, `cc-12` or `12`, if the prefix is `CC-`; None for anything else."""
    digits = term.upper().removeprefix(prefix)
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) <= 9 else None


class SkuSearch(ScopedModelAdmin):
    """For records about a SKU. `sku_path` leads to it (empty on SKUs themselves), `code_path` to its code's key.

    A scanned barcode finds its SKU and nothing else, so that the scanner's Enter lands where it should. A code's
    beginning is one look-up in an index; only a term that no code begins with is searched for in titles.
    """

    sku_path = "sku"
    code_path = "sku__code_key"

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        term = search_term.strip()
        access = access_of(request)
        if not term or access is None:
            return super().get_search_results(request, queryset, search_term)
        prefix = getattr(self.model, "prefix", None)
        if prefix is not None and decode(prefix, term.lower()) is not None:
            return super().get_search_results(request, queryset, term)
        scanned = Barcode.objects.filter(organization=access.organization, code=term).values("sku")
        key = self.sku_path or "pk"
        if scanned.exists():
            return queryset.filter(**{f"{key}__in": scanned}), False
        begins = queryset.filter(**{f"{self.code_path}__startswith": sku_key(term)})
        if begins.exists():
            return begins, False
        title = f"{self.sku_path}__title" if self.sku_path else "title"
        words = Q()
        for word in term.split():
            words &= Q(**{f"{title}__icontains": word})
        return queryset.filter(words), False
