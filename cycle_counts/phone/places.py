"""What a scanned code is: a bin where the caller may count, with the round that leads there, or a SKU."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from django.db.models import Case, Exists, IntegerField, OuterRef, Q, Value, When
from django.db.models.functions import Lower

from cycle_counts.counting import read_codes
from cycle_counts.models import BatchState, CountBatch, CountBin
from cycle_counts.phone.rounds import bin_data, skus_data
from cycle_counts.rights import COUNT
from warehouses.access import Access
from warehouses.models import Bin

__all__ = ["LONGEST", "Found", "find_bins", "what_is"]

#: What our own labels may begin with, as in `B:A-03-1`.
_BIN, _SKU = "B:", "S:"
#: As long as the longest of the codes may be.
LONGEST: Final = 128
#: A code is one bin's in a warehouse; somebody with more warehouses than this says which by the barcode.
_MOST: Final = 20


@dataclass(frozen=True, slots=True)
class Found:
    """A bin, and the open round that leads to it."""

    bin: Bin
    batch: CountBatch | None


def find_bins(*, access: Access, code: str) -> list[Found]:
    """The bins that the code means where the caller may count, each with its round: one's own before another's.

    A barcode is one bin's; a code may be used in several warehouses. Two queries.
    """
    text = _without(_BIN, code)
    if not text:
        return []
    bins = access.narrow(Bin.objects.filter(is_active=True, warehouse__is_active=True), COUNT)
    bins = bins.alias(key=Lower("code")).filter(Q(barcode=text) | Q(key=text.lower()))
    found = list(bins.select_related("warehouse", "room").order_by("warehouse__name", "code")[:_MOST])
    found = [bin for bin in found if bin.barcode == text] or found
    rounds = _rounds_of(access, found)
    return [Found(bin, rounds.get(bin.pk)) for bin in found]


def _rounds_of(access: Access, bins: Sequence[Bin]) -> dict[UUID, CountBatch]:
    assigned = CountBatch.assignees.through.objects.filter(countbatch=OuterRef("batch"))
    rows = CountBin.objects.filter(
        bin__in=[bin.pk for bin in bins], batch__state__in=(BatchState.DRAFT, BatchState.COUNTING)
    )
    rows = rows.annotate(
        turn=Case(
            When(Exists(assigned.filter(user=access.actor.id)), then=Value(0)),
            When(~Exists(assigned), then=Value(1)),
            default=Value(2),
            output_field=IntegerField(),
        )
    )
    found: dict[UUID, CountBatch] = {}
    # "counting" sorts before "draft": what is begun goes on.
    ordered = rows.order_by("turn", "batch__state", "batch__due_on", "batch__number")
    for row in ordered.select_related("batch__warehouse"):
        found.setdefault(row.bin_id, row.batch)
    return found


def what_is(*, access: Access, batch: CountBatch, code: str) -> dict[str, Any]:
    """A code that the round does not know: another bin of the batch's warehouse, a SKU, or nothing that has a name.

    Four queries at most.
    """
    text = _without(_BIN, code)
    bins = Bin.objects.filter(warehouse=batch.warehouse_id, is_active=True).select_related("room")
    bins = bins.alias(key=Lower("code")).filter(Q(barcode=text) | Q(key=text.lower()))
    found = sorted(bins[:2], key=lambda bin: bin.barcode != text) if text else []
    if found:
        return {"kind": "bin", "bin": bin_data(found[0]) | {"besides": True}}
    text = _without(_SKU, code)
    sku = read_codes(organization=access.organization, codes=[text]).get(text)
    if sku is not None:
        return {"kind": "sku", "sku": sku.code, "skus": skus_data([sku])}
    return {"kind": "unknown"}


def _without(prefix: str, code: str) -> str:
    text = code.replace("\x00", "").strip()[:LONGEST]
    return text[len(prefix) :].strip() if text.upper().startswith(prefix) else text
