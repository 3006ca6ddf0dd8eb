"""A batch as a form to be filled in: where to look for what, and no word of how much."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final
from uuid import UUID

from django.db.models import Min, Q

from cycle_counts.models import CountBatch, CountBin, CountLine
from cycle_counts.rights import counter
from inventory.models import Barcode
from warehouses.access import Access
from warehouses.models import Bin

__all__ = ["COLUMNS", "Form", "FormBin", "FormLine", "csv_rows", "form_of"]

#: Of the sheet, in their order; `counted` and `note` are for the counter to fill in.
COLUMNS: Final = ("line_id", "position", "bin", "sku", "title", "lot", "unit", "counted", "note")


@dataclass(frozen=True, slots=True)
class FormLine:
    """`line_id` is the public id; `barcode` the first of the SKU, if it has any; `sku_code` what was scanned if nobody
    knows the SKU.
    """

    line_id: str
    position: int
    sku_code: str
    title: str
    barcode: str
    lot_code: str
    expires_on: date | None
    unit: str


@dataclass(frozen=True, slots=True)
class FormBin:
    bin: Bin
    room_name: str
    lines: Sequence[FormLine]


@dataclass(frozen=True, slots=True)
class Form:
    batch: CountBatch
    bins: Sequence[FormBin]


def form_of(*, access: Access, batch: CountBatch) -> Form:
    """The bins in the order in which they are walked, each with its lines, the empty ones too.

    Without any quantity, whoever asks and whether or not the batch is blind, and without what somebody has found.
    Needs `inventory.cyclecount` in the warehouse. Three queries. Raises Forbidden `PERMISSION_DENIED`, NotFound
    `CYCLE_COUNT_NOT_FOUND`.
    """
    counter(access)(batch)
    lines = _lines(batch)
    barcodes = _barcodes({line.sku_id for line in lines if line.sku_id is not None})
    by_bin: dict[UUID, list[FormLine]] = defaultdict(list)
    bins = {place.bin_id: place.bin for place in _places(batch)}
    for line in lines:
        bins.setdefault(line.bin_id, line.bin)
        by_bin[line.bin_id].append(_form_line(line, barcodes))
    return Form(batch, [FormBin(bin, bin.room.name, by_bin[key]) for key, bin in bins.items()])


def csv_rows(form: Form) -> Iterator[Sequence[str | int]]:
    """The form as the rows of a sheet, its header first; an empty bin has a row of its own."""
    yield COLUMNS
    for place in form.bins:
        for line in place.lines:
            about = (line.line_id, line.position, place.bin.code, line.sku_code, line.title, line.lot_code)
            yield (*about, line.unit, "", "")
        if not place.lines:
            yield ("", "", place.bin.code, *[""] * 6)


def _lines(batch: CountBatch) -> list[CountLine]:
    rows = CountLine.objects.filter(Q(is_found=False) | Q(recount_of__isnull=False), batch=batch)
    named = rows.select_related("bin__room", "sku", "lot").order_by("position")
    # What is not shown is not read.
    shown = ("sku__code", "sku__title", "sku__base_unit", "lot__code", "lot__expires_on")
    return list(named.only("position", "code", "lot_code", "bin__code", "bin__room__name", *shown))


def _places(batch: CountBatch) -> Iterable[CountBin]:
    return CountBin.objects.filter(batch=batch).select_related("bin__room").order_by("position")


def _barcodes(skus: set[UUID]) -> dict[UUID, str]:
    rows = Barcode.objects.order_by().filter(sku__in=skus)
    return dict(rows.values_list("sku").annotate(first=Min("code")))


def _form_line(line: CountLine, barcodes: dict[UUID, str]) -> FormLine:
    sku, lot = line.sku, line.lot
    return FormLine(
        line_id=line.public_id,
        position=line.position,
        sku_code=sku.code if sku is not None else line.code,
        title=sku.title if sku is not None else "",
        barcode=barcodes.get(sku.pk, "") if sku is not None else "",
        lot_code=lot.code if lot is not None else line.lot_code,
        expires_on=lot.expires_on if lot is not None else None,
        unit=sku.base_unit if sku is not None else "",
    )
