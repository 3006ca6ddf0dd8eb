"""A file into the catalogue: a line for each SKU."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import fields, replace
from functools import partial
from hashlib import blake2b
from pathlib import Path

from inventory.catalogue import Saved, SkuEntry, find_skus, save_skus
from inventory.imports import online_retail
from inventory.imports.batches import chunks, keep_good, rehearsal
from inventory.imports.columns import match_columns, read_mapping
from inventory.imports.fields import (
    BadValue,
    quoted,
    read_boolean,
    read_code,
    read_count,
    read_money,
    read_text,
)
from inventory.imports.reading import Progress, no_progress, read_cells
from inventory.imports.report import Report, skipped_note
from inventory.imports.sheet import Record, Sheet
from inventory.models import sku_key
from warehouses.actors import Actor
from warehouses.models import Organization
from warehouses.refusals import Refusal

__all__ = ["COLUMNS", "Seen", "entry_of", "import_catalogue"]

COLUMNS = (
    *("sku", "title", "product", "category", "unit_cost", "unit_price", "barcode", "lot_controlled"),
    *("safety_stock", "reorder_point", "reorder_quantity"),
)
_REQUIRED = ("sku",)

Cells = Iterable[tuple[Record, dict[str, str]]]


def import_catalogue(
    *,
    organization: Organization,
    actor: Actor,
    path: Path,
    mapping: Sequence[str] = (),
    preset: str = "",
    dry_run: bool = False,
    progress: Progress = no_progress,
) -> Report:
    """Create and change the SKUs that the file names; the same file again changes nothing.

    Good lines are kept, in transactions of 500; bad ones are in the report's rejects. `mapping` is a list of
    "theirs=ours"; `preset` is "" or "online-retail". A dry run reports the same and leaves the database as it was.

    Raises SheetError where the file cannot be read at all or lacks a column.
    """
    is_preset = preset == "online-retail"
    known = online_retail.COLUMNS if is_preset else COLUMNS
    required = ("StockCode", "Description", "UnitPrice", "CustomerID") if is_preset else _REQUIRED
    renamed = read_mapping(mapping, known)
    report = Report()
    with Sheet(path, expected=(*known, *renamed)) as sheet, rehearsal(dry_run):
        columns = match_columns(sheet.header, known=known, required=required, mapping=renamed)
        report.open(sheet, columns)
        cells = read_cells(sheet, columns, report, progress)
        entries = _gather(organization, cells, report) if is_preset else _read(cells, report)
        for chunk in chunks(entries):
            if not _save(organization, actor, chunk, report):
                break
    return report


def _read(cells: Cells, report: Report) -> Iterator[tuple[Record, SkuEntry]]:
    seen = Seen()
    for record, row in cells:
        try:
            entry = entry_of(row, index=record.line)
            if seen.is_news(entry, record.line):
                yield record, entry
            else:
                report.unchanged += 1
        except BadValue as bad:
            report.rejects.add(record, str(bad))


class Seen:
    """What the lines before have said: a file that contradicts itself is told so."""

    def __init__(self) -> None:
        self._first: dict[str, tuple[int, bytes]] = {}
        self._categories: dict[str, tuple[int, str]] = {}

    def is_news(self, entry: SkuEntry, line: int) -> bool:
        """False for a line that says what an earlier one has said. Raises BadValue where it says something else."""
        key, content = sku_key(entry.code), _content_of(entry)
        first, said = self._first.setdefault(key, (line, content))
        if first != line:
            if said != content:
                raise BadValue("sku", f"{entry.code} is on line {first} already, with other values")
            return False
        if entry.product and entry.category:
            first, category = self._categories.setdefault(entry.product, (line, entry.category))
            if category.casefold() != entry.category.casefold():
                raise BadValue(
                    "category",
                    f"line {first} puts the product {quoted(entry.product)} into {quoted(category)}",
                )
        return True


def entry_of(row: Mapping[str, str], *, index: int) -> SkuEntry:
    """What a line says. Raises BadValue."""
    return SkuEntry(
        code=read_code(row, "sku"),
        title=read_text(row, "title", longest=200),
        product=read_text(row, "product", longest=200),
        category=read_text(row, "category", longest=120),
        unit_cost=read_money(row, "unit_cost"),
        unit_price=read_money(row, "unit_price"),
        barcode=read_text(row, "barcode", longest=80),
        is_lot_controlled=read_boolean(row, "lot_controlled"),
        safety_stock=read_count(row, "safety_stock"),
        reorder_point=read_count(row, "reorder_point"),
        reorder_quantity=read_count(row, "reorder_quantity"),
        index=index,
    )


def _content_of(entry: SkuEntry) -> bytes:
    """What two lines about one SKU must share in order not to contradict each other."""
    said = [sku_key(entry.code)]
    said += [repr(getattr(entry, name.name)) for name in fields(entry) if name.name not in ("code", "index")]
    return blake2b("\x00".join(said).encode("utf-8"), digest_size=16).digest()


def _gather(organization: Organization, cells: Cells, report: Report) -> Iterator[tuple[Record, SkuEntry]]:
    assortment = online_retail.Assortment()
    skipped: Counter[str] = Counter()
    for record, row in cells:
        try:
            left_out = assortment.add(record, row)
        except BadValue as bad:
            report.rejects.add(record, str(bad))
            continue
        if left_out is not None:
            report.skipped += 1
            skipped[left_out.code] += 1
    report.notes += [*skipped_note(skipped), *assortment.notes()]
    for chunk in chunks(assortment.entries()):
        untitled = [entry.code for _, entry in chunk if not entry.title]
        known = find_skus(organization=organization, codes=untitled)
        for record, entry in chunk:
            # A month in which an article is not described takes no title away.
            is_new = not entry.title and sku_key(entry.code) not in known
            yield record, replace(entry, title=entry.code) if is_new else entry


def _save(
    organization: Organization, actor: Actor, chunk: Sequence[tuple[Record, SkuEntry]], report: Report
) -> bool:
    """Save a chunk and count it; False where the database would not have it, and going on makes no sense."""
    records = {entry.index: record for record, entry in chunk}
    work = partial(_save_entries, organization, actor)
    try:
        saved, dropped = keep_good([entry for _, entry in chunk], work)
    except Refusal as refusal:
        report.stopped = f"{refusal.detail} The same file run again does the rest."
        return False
    for entry, problem in dropped:
        report.rejects.add(records[entry.index], problem)
    if saved is not None:
        report.created += len(saved.created)
        report.updated += len(saved.updated)
        report.unchanged += len(saved.unchanged)
    return True


def _save_entries(organization: Organization, actor: Actor, entries: Sequence[SkuEntry]) -> Saved:
    return save_skus(organization=organization, actor=actor, entries=entries)
