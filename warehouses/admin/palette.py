"""What the palette finds of the ground floor: bins, by their label or their code, and API requests by their id."""

from __future__ import annotations

from collections.abc import Iterator

from django.db.models.functions import Lower
from django.urls import reverse

from warehouses.access import Access
from warehouses.models import Bin
from warehouses.palette import MOST_OF_A_KIND, Hit
from warehouses.request_log import requests_with

__all__ = ["find"]

_READ = "inventory.read"


def find(access: Access, term: str) -> Iterator[Hit]:
    """Three queries at most."""
    if term:
        yield from _bins(access, term)
        yield from _requests(access, term)


def _requests(access: Access, term: str) -> Iterator[Hit]:
    """What a caller of the API was answered, by the id that stood in the answer."""
    for record in requests_with(access=access, request_id=term):
        yield Hit(
            f"{record.method} {record.path}",
            "API request",
            reverse("admin:warehouses_requestrecord_change", args=[record.pk]),
            "receipt_long",
            detail=record.actor_name,
            facts=(f"{record.status} {record.code}".strip(),),
            is_exact=True,
        )


def _bins(access: Access, term: str) -> Iterator[Hit]:
    """The bin whose label was scanned; else those whose code is or begins with the term."""
    if not access.may(_READ):
        return
    bins = access.narrow(Bin.objects.order_by().select_related("warehouse", "room"), _READ)
    labelled = list(bins.filter(barcode=term))
    if labelled:
        yield from (_hit(row, is_exact=True) for row in labelled)
        return
    code = term.lower()
    begun = bins.alias(key=Lower("code")).filter(key__startswith=code)
    for row in begun.order_by(Lower("code"), "warehouse__name")[:MOST_OF_A_KIND]:
        yield _hit(row, is_exact=row.code.lower() == code)


def _hit(row: Bin, *, is_exact: bool) -> Hit:
    return Hit(
        f"{row.warehouse} / {row.code}",
        "Bin",
        reverse("admin:warehouses_bin_change", args=[row.pk]),
        "shelves",
        detail=row.room.name,
        is_exact=is_exact,
    )
