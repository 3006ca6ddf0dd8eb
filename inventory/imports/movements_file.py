"""A file into the ledger: a line for each change of stock."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from uuid import UUID

from inventory.adjustments import adjust
from inventory.catalogue import find_skus
from inventory.imports import online_retail
from inventory.imports.batches import BATCH, chunks, keep_good, rehearsal
from inventory.imports.columns import Columns, match_columns, read_mapping
from inventory.imports.fields import BadValue
from inventory.imports.movement_lines import (
    MovementLine,
    MovementReader,
    known_digests,
    ledger_lines,
    remember,
)
from inventory.imports.names import Names
from inventory.imports.opening_stock import OpeningStock
from inventory.imports.reading import Progress, no_progress, read_cells
from inventory.imports.report import Report, skipped_note
from inventory.imports.sheet import Sheet
from inventory.ledger import Line
from inventory.models import Sku, Source, sku_key
from warehouses.actors import Actor
from warehouses.models import Organization
from warehouses.refusals import Refusal

__all__ = ["COLUMNS", "import_movements"]

COLUMNS = ("sku", "warehouse", "quantity_change", "reason_code", "note", "reference", "occurred_at")
_REQUIRED = ("sku", "quantity_change")


def import_movements(
    *,
    organization: Organization,
    actor: Actor,
    path: Path,
    mapping: Sequence[str] = (),
    preset: str = "",
    warehouse: str = "",
    reason: str = "",
    opening_cover: bool = False,
    opening_extra: int = 0,
    dry_run: bool = False,
    progress: Progress = no_progress,
) -> Report:
    """Post the file's lines to the ledger in its order; the same file again changes nothing.

    Up to 500 lines are one adjustment and one transaction. Lines that the ledger refuses are left out, the others of
    their batch are posted; what was refused is tried again after the last line, when more goods may be there, and is
    rejected only then. A line that an earlier run posted is known by its values (`ImportedLine`, written in the same
    transaction) and left alone, so a run that was killed is finished by another.

    `warehouse` and `reason` stand in where a line names none. `opening_cover` first receives per SKU what the lines
    still to be posted need beyond what is available, and `opening_extra` more.

    Raises SheetError where the file cannot be read at all or lacks a column, InvalidInput for an unknown warehouse or
    reason.
    """
    is_preset = preset == "online-retail"
    known = online_retail.COLUMNS if is_preset else COLUMNS
    required = online_retail.COLUMNS if is_preset else _REQUIRED
    renamed = read_mapping(mapping, known)
    names = Names.of(organization, warehouse=warehouse, reason=reason)
    report = Report()
    source = _Source(path, known, required, renamed, is_preset, names, organization)
    with rehearsal(dry_run):
        posting = _Posting(organization, actor, path.name, report)
        share = 0.5 if opening_cover else 1.0
        with source.sheet() as sheet:
            columns = source.columns(sheet)
            report.open(sheet, columns)
            if opening_cover and not _open(
                source, posting, opening_extra, lambda done: progress(share * done)
            ):
                return report
            lines = source.lines(sheet, columns, report, lambda done: progress(1 - share + share * done))
            for chunk in chunks(lines):
                if not posting.post(chunk):
                    break
            else:
                posting.finish()
    report.notes += [*posting.notes(), *skipped_note(source.skipped)]
    return report


class _Source:
    """The file as movements. It can be read several times."""

    def __init__(
        self,
        path: Path,
        known: Sequence[str],
        required: Sequence[str],
        renamed: dict[str, str],
        is_preset: bool,
        names: Names,
        organization: Organization,
    ) -> None:
        self.path = path
        self.known = known
        self.required = required
        self.renamed = renamed
        self.is_preset = is_preset
        self.names = names
        self.zone = organization.zone
        self.skipped: Counter[str] = Counter()

    def sheet(self) -> Sheet:
        return Sheet(self.path, expected=(*self.known, *self.renamed))

    def columns(self, sheet: Sheet) -> Columns:
        return match_columns(sheet.header, known=self.known, required=self.required, mapping=self.renamed)

    def lines(
        self, sheet: Sheet, columns: Columns, report: Report, progress: Progress
    ) -> Iterator[MovementLine]:
        self.skipped.clear()
        reader = MovementReader(self.names, self.zone)
        for record, cells in read_cells(sheet, columns, report, progress):
            try:
                translated = online_retail.movement_cells(cells) if self.is_preset else cells
                if isinstance(translated, online_retail.NoStock):
                    report.skipped += 1
                    self.skipped[translated.code] += 1
                    continue
                yield reader.read(translated, record=record, index=record.line)
            except BadValue as bad:
                report.rejects.add(record, str(bad))


class _Posting:
    """Posts chunks of movements, keeps count of them, and comes back to those that the ledger refused."""

    def __init__(self, organization: Organization, actor: Actor, name: str, report: Report) -> None:
        self.organization = organization
        self.actor = actor
        self.name = name
        self.report = report
        self.refused: list[tuple[MovementLine, str]] = []
        self.by_reason: Counter[str] = Counter()
        self.undated = 0
        self.opened: tuple[int, int] = (0, 0)

    def post(self, chunk: Sequence[MovementLine]) -> bool:
        """False where the database would not have it, and going on makes no sense."""
        skus = find_skus(organization=self.organization, codes={movement.sku_code for movement in chunk})
        good: list[MovementLine] = []
        for movement in chunk:
            if sku_key(movement.sku_code) in skus:
                good.append(movement)
            else:
                self.report.rejects.add(movement.record, f"sku: there is no SKU {movement.sku_code}")
        return self._post(good, skus)

    def finish(self) -> None:
        """Try what was refused again and again, until nothing more of it can be posted; reject the rest.

        The same file run again would try it too: what can be posted must be posted now.
        """
        progressing = True
        while self.refused and progressing:
            again, self.refused = self.refused, []
            for chunk in chunks(again):
                movements = [movement for movement, _ in chunk]
                codes = {movement.sku_code for movement in movements}
                if not self._post(movements, find_skus(organization=self.organization, codes=codes)):
                    return
            progressing = len(self.refused) < len(again)
        for movement, problem in self.refused:
            self.report.rejects.add(movement.record, problem)

    def receive(self, lines: Sequence[Line]) -> bool:
        """Post the opening stock, ahead of everything else."""
        skus = units = 0
        for chunk in chunks(lines):
            try:
                posted, _ = keep_good(chunk, partial(self._write_opening))
            except Refusal as refusal:
                self.report.stopped = f"{refusal.detail} The same file run again does the rest."
                return False
            # What is refused here is missing later, and said then, at the line that misses it.
            skus += len(posted or ())
            units += sum(line.quantity or 0 for line in posted or ())
        self.opened = (skus, units)
        return True

    def known(self, movements: Sequence[MovementLine]) -> set[str]:
        """The digests among those of `movements` that are posted already. One query."""
        return known_digests(self.organization, movements)

    def notes(self) -> list[str]:
        notes = []
        if self.opened[0]:
            notes.append(f"opening stock: {self.opened[1]:,} units of {self.opened[0]:,} SKUs")
        if self.by_reason:
            listing = ", ".join(f"{code} {count:,}" for code, count in self.by_reason.most_common())
            notes.append(f"by reason: {listing}")
        if self.undated:
            notes.append(
                f"{self.undated:,} of the unchanged lines have neither reference nor occurred_at: if they are new and"
                " only look like lines imported before, give them one"
            )
        return notes

    def _post(self, movements: Sequence[MovementLine], skus: dict[str, Sku]) -> bool:
        try:
            posted, dropped = keep_good(movements, partial(self._write, skus))
        except Refusal as refusal:
            self.report.stopped = f"{refusal.detail} The same file run again does the rest."
            return False
        self.refused += dropped
        fresh, known = posted or ([], [])
        self.report.created += len(fresh)
        self.report.unchanged += len(known)
        self.by_reason.update(movement.reason.code for movement in fresh)
        self.undated += sum(not movement.reference and movement.occurred_at is None for movement in known)
        return True

    def _write(
        self, skus: dict[str, Sku], movements: Sequence[MovementLine]
    ) -> tuple[list[MovementLine], list[MovementLine]]:
        """Post what is not known yet, and make it known, in one transaction; (posted, known before)."""
        digests = self.known(movements)
        fresh = [movement for movement in movements if movement.digest not in digests]
        known = [movement for movement in movements if movement.digest in digests]
        if fresh:
            lines = ledger_lines(fresh, skus)
            through = f"lines {fresh[0].index:,} to {fresh[-1].index:,}"
            adjustment = self._adjust(lines, f"Import of {self.name}, {through}")
            remember(self.organization, fresh, adjustment)
        return fresh, known

    def _write_opening(self, lines: Sequence[Line]) -> Sequence[Line]:
        self._adjust(lines, f"Opening stock for {self.name}")
        return lines

    def _adjust(self, lines: Sequence[Line], note: str) -> UUID:
        recorded = adjust(
            organization=self.organization,
            actor=self.actor,
            source=Source.IMPORT,
            lines=lines,
            note=note[:500],
        )
        if recorded.adjustment is None:
            raise RuntimeError("Movements that are not 0 made no adjustment.")
        return recorded.adjustment.pk


def _open(source: _Source, posting: _Posting, extra: int, progress: Progress) -> bool:
    """Read the file once ahead, and receive what its new lines will need."""
    opening = OpeningStock(posting.organization, source.names.opening_reason(), extra)
    with source.sheet() as sheet:
        ahead = Report()  # this reading only looks; the next one counts and rejects
        for chunk in chunks(source.lines(sheet, source.columns(sheet), ahead, progress), BATCH):
            known = posting.known(chunk)
            for movement in chunk:
                if movement.digest not in known:
                    opening.note(
                        movement.sku_code, movement.warehouse, movement.quantity, movement.occurred_at
                    )
    return posting.receive(opening.lines())
