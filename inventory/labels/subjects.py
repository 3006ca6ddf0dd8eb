"""What gets a label: bins, SKUs, lots and locations, as the caller sees them, and what a scanner is to read of each."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from django.db import models
from django.db.models import F

from inventory.lots.records import visible_lots
from inventory.models import Lot, Sku
from warehouses.access import Access
from warehouses.identifiers import decode
from warehouses.models import Bin, Warehouse
from warehouses.refusals import Forbidden, NotFound

__all__ = ["KINDS", "MOST_SUBJECTS", "Kind", "Subject", "subjects_of"]

#: That labels are made for at once.
MOST_SUBJECTS: Final = 500


class Kind(models.TextChoices):
    BIN = "bin", "bins"
    SKU = "sku", "SKUs"
    LOT = "lot", "lots"
    WAREHOUSE = "warehouse", "locations"


KINDS: Final = tuple(Kind)


@dataclass(frozen=True, slots=True)
class Subject:
    """`code` is what is scanned: `/count/`, the lists and the palette find it as it is, without a prefix. `name` is
    what people call it, `title` and `note` are smaller. `lacks_barcode`: it is a SKU, and its own code is printed.
    """

    public_id: str
    code: str
    name: str
    title: str = ""
    note: str = ""
    lacks_barcode: bool = False


def subjects_of(*, access: Access, kind: Kind, public_ids: Iterable[str]) -> list[Subject]:
    """Of those that the caller may see, in the order in which one walks or reads them; at most MOST_SUBJECTS.

    Raises Forbidden `PERMISSION_DENIED`, NotFound `NOTHING_TO_PRINT` where none of them is there. Two queries at most.
    """
    wanted, model, of = _SOURCES[kind]
    keys = [key for text in public_ids if (key := decode(model.prefix, text)) is not None]
    if not access.may(wanted):
        raise Forbidden("PERMISSION_DENIED", "You may not see these.")
    found = of(access, keys[:MOST_SUBJECTS])
    if not found:
        raise NotFound("NOTHING_TO_PRINT", "There is nothing to print: choose some in a list first.")
    return found


def _bins(access: Access, keys: list[UUID]) -> list[Subject]:
    rows = access.narrow(Bin.objects.filter(pk__in=keys), "inventory.read").select_related(
        "room", "warehouse"
    )
    return [
        Subject(
            shelf.public_id, shelf.barcode or shelf.code, shelf.code, str(shelf.warehouse), shelf.room.name
        )
        for shelf in rows.order_by("warehouse__name", "pick_sequence", "code", "pk")
    ]


def _skus(access: Access, keys: list[UUID]) -> list[Subject]:
    rows = Sku.objects.for_organization(access.organization).filter(pk__in=keys)
    return [
        _sku(sku, [barcode.code for barcode in sku.barcodes.all()])
        for sku in rows.prefetch_related("barcodes").order_by("code_key")
    ]


def _sku(sku: Sku, barcodes: list[str]) -> Subject:
    code = barcodes[0] if barcodes else sku.code
    return Subject(sku.public_id, code, sku.code, sku.title, code if barcodes else "", not barcodes)


def _lots(access: Access, keys: list[UUID]) -> list[Subject]:
    rows = Lot.objects.filter(pk__in=visible_lots(access).filter(pk__in=keys).values("pk")).select_related(
        "sku"
    )
    ordered = rows.order_by("sku__code_key", F("expires_on").asc(nulls_last=True), "pk")
    return [
        Subject(
            lot.public_id,
            lot.code,
            f"Lot {lot.code}",
            f"{lot.sku.code} {lot.sku.title}",
            f"Expires {lot.expires_on:%Y-%m-%d}" if lot.expires_on else "",
        )
        for lot in ordered
    ]


def _warehouses(access: Access, keys: list[UUID]) -> list[Subject]:
    rows = access.narrow(Warehouse.objects.filter(pk__in=keys), "inventory.read", warehouse="pk")
    return [
        Subject(place.public_id, place.public_id, place.name, place.get_type_display(), place.address[:60])
        for place in rows.order_by("name", "pk")
    ]


_SOURCES: Final[dict[Kind, tuple[str, Any, Any]]] = {
    Kind.BIN: ("inventory.read", Bin, _bins),
    Kind.SKU: ("products.read", Sku, _skus),
    Kind.LOT: ("inventory.read", Lot, _lots),
    Kind.WAREHOUSE: ("inventory.read", Warehouse, _warehouses),
}
