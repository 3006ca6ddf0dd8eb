"""What was scanned, read as a SKU."""

from __future__ import annotations

from collections.abc import Iterable

from inventory.catalogue import find_skus
from inventory.models import Barcode, Sku, sku_key
from warehouses.models import Organization

__all__ = ["read_codes"]


def read_codes(*, organization: Organization, codes: Iterable[str]) -> dict[str, Sku]:
    """The SKUs that the codes mean, as they were scanned: by a barcode, else by the SKU's own code.

    A code that means nothing is absent. Two queries; one where all are barcodes, none without codes.
    """
    wanted = {code for code in codes if code}
    if not wanted:
        return {}
    labels = Barcode.objects.order_by().filter(organization=organization, code__in=wanted)
    found = {label.code: label.sku for label in labels.select_related("sku")}
    rest = wanted - found.keys()
    if rest:
        by_key = find_skus(organization=organization, codes=rest)
        found |= {code: by_key[sku_key(code)] for code in rest if sku_key(code) in by_key}
    return found
