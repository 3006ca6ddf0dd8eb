"""A sheet that somebody has filled in, read as counts."""

from __future__ import annotations

import csv
import hashlib
import io
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from django.utils import timezone

from cycle_counts.counting import MOST_COUNTS, Counted, Counts, count_lines, read_codes
from cycle_counts.models import CountBatch, CountEntry, CountLine
from cycle_counts.rights import counter
from cycle_counts.sheets.forms import COLUMNS
from cycle_counts.states import Condition
from inventory import history
from inventory.models import Sku, sku_key
from inventory.models.sku import MAXIMUM_QUANTITY
from warehouses.access import Access
from warehouses.identifiers import decode
from warehouses.models import Bin
from warehouses.refusals import InvalidInput, NotFound, Problem, Refusal, RuleBroken, gather, readdressed

__all__ = ["read_sheet", "upload_sheet"]

_WHEN: Final = "counted_at"
_KNOWN: Final = frozenset({*COLUMNS, _WHEN})
_DELIMITERS: Final = (",", ";", "\t")
_QUANTITY: Final = re.compile(r"[0-9]{1,12}", re.ASCII)
#: What the sheet writes in front of a text that a spreadsheet would take for a formula.
_GUARDED: Final = re.compile(r"\A'(?=[=+\-@\t\r])")
#: In which columns the fields of a count are.
_FIELDS: Final = {"line": "line_id", "quantity": "counted", "lot_code": "lot"}
_TOLD_QUANTITY: Final = (
    f"Enter a whole number from 0 to {MAXIMUM_QUANTITY:,}, or leave it empty: then it is not counted."
)
_TOLD_WHEN: Final = "Enter a time such as 2026-11-21 14:30, or leave it empty: then it is now."


def upload_sheet(
    *,
    access: Access,
    batch: CountBatch,
    text: str,
    condition: Condition | None = None,
    recorded_at: datetime | None = None,
) -> Counts:
    """Count what the sheet says, all or nothing; the same sheet once more changes nothing.

    Needs what `count_lines` needs, and raises what it and `read_sheet` raise, with the rows and columns of the sheet.
    """
    counts = read_sheet(access=access, batch=batch, text=text)
    try:
        done = count_lines(
            access=access, batch=batch, counts=counts, condition=condition, recorded_at=recorded_at
        )
    except Refusal as refusal:
        raise readdressed(refusal, range(counts[-1].index + 1), fields=_FIELDS) from refusal
    fresh = len(counts) - done.replayed
    if fresh:
        history.note(
            organization=access.organization,
            actor=access.actor,
            subject=done.batch,
            action="upload",
            from_state=done.batch.state,
            to_state=done.batch.state,
            at=recorded_at or timezone.now(),
            quantity=fresh,
        )
    return done


def read_sheet(*, access: Access, batch: CountBatch, text: str) -> list[Counted]:
    """The rows that say how much there is, as counts: of a line by its id, or of a SKU (and lot) in a bin by codes.

    CSV with comma, semicolon or tab, its columns in any order, those that it does not know ignored. A row without a
    quantity is not counted. `counted_at` is a column that it may have, for what was counted earlier on paper. A count's
    client id comes of what its row says: so the same sheet counts once, and the first sheet after a corrected one again
    as what it says. `index` is the row under the header, from 0.

    Needs `inventory.cyclecount` in the warehouse. Five queries. Raises, for all bad cells together, InvalidInput
    `INVALID_SHEET`, `INVALID_QUANTITY`, `INVALID_INPUT`, NotFound `COUNT_LINE_NOT_FOUND`, `BIN_NOT_FOUND`,
    `INVENTORY_NOT_FOUND`, RuleBroken `DUPLICATE_ROW`, `TOO_MANY_COUNTS`; and Forbidden `PERMISSION_DENIED`.
    """
    counter(access)(batch)
    rows = [row for row in _rows_of(text) if row.cells.get("counted")]
    if not rows:
        raise _no_sheet("No row of the sheet says how much there is.")
    if len(rows) > MOST_COUNTS:
        raise RuleBroken("TOO_MANY_COUNTS", f"At most {MOST_COUNTS:,} counts are taken at once.")
    reader = _Reader(access, batch, rows)
    counts = [count for row in rows if (count := reader.read(row)) is not None]
    if reader.refused:
        raise gather(reader.refused)
    return counts


@dataclass(frozen=True, slots=True)
class _Row:
    """`cells` by column, without the blanks around them."""

    index: int
    cells: Mapping[str, str]


def _rows_of(text: str) -> list[_Row]:
    text = text.removeprefix("\ufeff")
    if not text.strip():
        raise _no_sheet("The sheet is empty.")
    if "\x00" in text:
        raise _no_sheet("The sheet holds a null character: save it as “CSV UTF-8”.")
    first, _, rest = text.partition("\n")
    named = re.fullmatch(r"sep=(.)\s*", first)
    if named:  # how a spreadsheet is told the delimiter
        text, first = rest, rest.partition("\n")[0]
    delimiter = max(_DELIMITERS, key=lambda sign: len(_KNOWN & set(_names(first.split(sign)))))
    try:
        records = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True))
    except csv.Error as error:
        raise _no_sheet(f"This is not CSV: {error}.") from error
    names = _names(records[0])
    twice = sorted({name for name in names if name in _KNOWN and names.count(name) > 1})
    if twice:
        raise _no_sheet(f"The header names {', '.join(twice)} more than once.")
    if "counted" not in names or not ("line_id" in names or {"bin", "sku"} <= set(names)):
        raise _no_sheet("The header needs the column counted, and line_id or bin and sku.")
    places = {name: place for place, name in enumerate(names) if name in _KNOWN}
    return [
        _Row(index, {name: _cell(record[place]) for name, place in places.items() if place < len(record)})
        for index, record in enumerate(records[1:])
    ]


def _names(cells: Iterable[str]) -> list[str]:
    return ["_".join(cell.strip().strip('"').casefold().split()) for cell in cells]


def _cell(text: str) -> str:
    return _GUARDED.sub("", text.strip()).strip()


class _Reader:
    """Rows against what the batch and the warehouse have."""

    def __init__(self, access: Access, batch: CountBatch, rows: Sequence[_Row]) -> None:
        self.batch = batch
        self.zone = access.organization.zone
        self.refused: list[Refusal] = []
        lines = CountLine.objects.filter(batch=batch).order_by().select_related("sku", "bin", "lot")
        self.lines = {line.pk: line for line in lines.defer("expected", "variance", "level_version")}
        self.by_place = {
            (line.bin_id, line.sku_id, _lot_code(line)): line
            for line in self.lines.values()
            if line.sku_id is not None
        }
        self.bins = self._bins(rows)
        named = {row.cells.get("sku", "") for row in rows}
        self.skus: Mapping[str, Sku] = read_codes(organization=access.organization, codes=named)
        self.bin_codes = {line.bin.code.casefold() for line in self.lines.values()}
        self.sku_keys = {line.sku.code_key for line in self.lines.values() if line.sku is not None}
        self.entries = self._entries()
        self.seen: set[tuple[object, ...]] = set()

    def read(self, row: _Row) -> Counted | None:
        """The row as a count, unless something in it is wrong: that is put to `refused`."""
        before = len(self.refused)
        quantity, at = self._quantity(row), self._when(row)
        line_id = row.cells.get("line_id", "")
        if line_id:
            line = self._line(row, line_id)
            if line is None:
                return None
            self._once(row, (line.pk,))
            count = self._counted(row, quantity, at, ("line", line.pk), line_id=line.pk)
        else:
            shelf, sku = self._bin(row), self._sku(row)
            if shelf is None or sku is None:
                return None
            lot_code = row.cells.get("lot", "")
            place = (shelf.pk, sku.pk, lot_code.casefold())
            line = self.by_place.get(place)
            self._once(row, (line.pk,) if line is not None else place)
            count = self._counted(row, quantity, at, place, bin=shelf, sku=sku, lot_code=lot_code)
        return count if len(self.refused) == before else None

    def _counted(
        self,
        row: _Row,
        quantity: int,
        at: datetime | None,
        about: tuple[object, ...],
        *,
        line_id: UUID | None = None,
        bin: Bin | None = None,
        sku: Sku | None = None,
        lot_code: str = "",
    ) -> Counted:
        note = row.cells.get("note", "")
        said = "\x1f".join(map(str, (*about, quantity, note, row.cells.get(_WHEN, ""))))
        return Counted(
            quantity=quantity,
            line_id=line_id,
            bin=bin,
            sku=sku,
            lot_code=lot_code,
            client_id=self._client_id(said),
            counted_at=at,
            note=note,
            index=row.index,
        )

    # --- cells

    def _quantity(self, row: _Row) -> int:
        text = row.cells["counted"]
        if not _QUANTITY.fullmatch(text) or int(text) > MAXIMUM_QUANTITY:
            self._refuse(InvalidInput, "INVALID_QUANTITY", _TOLD_QUANTITY, row, "counted")
            return 0
        return int(text)

    def _when(self, row: _Row) -> datetime | None:
        text = row.cells.get(_WHEN, "")
        if not text:
            return None
        try:
            at = datetime.fromisoformat(text)
        except ValueError:
            self._refuse(InvalidInput, "INVALID_INPUT", _TOLD_WHEN, row, _WHEN)
            return None
        return at.replace(tzinfo=self.zone) if at.tzinfo is None else at

    def _line(self, row: _Row, line_id: str) -> CountLine | None:
        key = decode(CountLine.prefix, line_id)
        line = self.lines.get(key) if key is not None else None
        if line is None:
            detail = f"{self.batch.label} has no line {line_id}."
            self._refuse(NotFound, "COUNT_LINE_NOT_FOUND", detail, row, "line_id")
        else:
            self._require_whole(row, line)
        return line

    def _require_whole(self, row: _Row, line: CountLine) -> None:
        """Refuse a row whose other cells are of another line: the sheet was sorted, and not all of its columns.

        A code that is of no line at all may be what a spreadsheet has made of one, such as 123 of 00123.
        """
        shelf, code = row.cells.get("bin", "").casefold(), sku_key(row.cells.get("sku", ""))
        own = line.sku.code_key if line.sku is not None else None
        for column, is_other in (
            ("bin", shelf != line.bin.code.casefold() and shelf in self.bin_codes),
            ("sku", code != own and code in self.sku_keys),
        ):
            if is_other:
                detail = (
                    f"The line {line.public_id} is of another {column}: were only some of the columns sorted?"
                )
                self._refuse(InvalidInput, "INVALID_SHEET", detail, row, column)

    def _bin(self, row: _Row) -> Bin | None:
        text = row.cells.get("bin", "")
        found = self.bins.get(text.casefold()) if text else None
        if found is None:
            detail = (
                f"{self.batch.warehouse.name} has no bin {text}." if text else "Name the bin, or the line."
            )
            self._refuse(NotFound, "BIN_NOT_FOUND", detail, row, "bin")
        return found

    def _sku(self, row: _Row) -> Sku | None:
        text = row.cells.get("sku", "")
        found = self.skus.get(text)
        if found is None:
            detail = f"There is no SKU {text!r}." if text else "Name the SKU, or the line."
            self._refuse(NotFound, "INVENTORY_NOT_FOUND", detail, row, "sku")
        return found

    def _once(self, row: _Row, about: tuple[object, ...]) -> None:
        if about in self.seen:
            column = "line_id" if row.cells.get("line_id") else "sku"
            detail = "Another row of the sheet is about the same: write what there is of it in one."
            self._refuse(RuleBroken, "DUPLICATE_ROW", detail, row, column)
        self.seen.add(about)

    def _refuse(self, kind: type[Refusal], code: str, detail: str, row: _Row, column: str) -> None:
        self.refused.append(kind(code, detail, problems=[Problem(code, detail, row.index, column)]))

    # --- what there is

    def _bins(self, rows: Sequence[_Row]) -> dict[str, Bin]:
        """The bins of the rows that name no line, by their codes."""
        if all(row.cells.get("line_id") for row in rows):
            return {}
        bins = Bin.objects.filter(warehouse=self.batch.warehouse_id).order_by()
        return {shelf.code.casefold(): shelf for shelf in bins}

    def _entries(self) -> dict[str, tuple[int, bool]]:
        """Of each thing that a sheet has said before: how often, and whether it is still what holds of its line."""
        rows = CountEntry.objects.filter(batch=self.batch).order_by("counted_at", "pk")
        entries = list(rows.values_list("client_id", "line"))
        holds = {line: client_id for client_id, line in entries}
        said: dict[str, tuple[int, bool]] = {}
        for client_id, line in entries:
            ours = _CLIENT_ID.fullmatch(client_id)
            if ours is not None:
                said[ours[1]] = int(ours[2]), holds[line] == client_id
        return said

    def _client_id(self, said: str) -> str:
        base = _SHEET + hashlib.sha256(said.encode()).hexdigest()[:40]
        times, is_held = self.entries.get(base, (0, False))
        return f"{base}.{times if is_held else times + 1}"


_SHEET: Final = "sheet-"
_CLIENT_ID: Final = re.compile(r"(sheet-[0-9a-f]{40})\.([0-9]{1,9})", re.ASCII)


def _lot_code(line: CountLine) -> str:
    return (line.lot.code if line.lot is not None else line.lot_code).casefold()


def _no_sheet(detail: str) -> InvalidInput:
    return InvalidInput("INVALID_SHEET", detail)
