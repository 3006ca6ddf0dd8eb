"""Rows that say how much is there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from django.db.models.functions import Lower

from inventory.import_runs.effects import Effect, Judged, post_good
from inventory.import_runs.warehouse_rows import StockDocuments, joined
from inventory.imports.fields import BadValue, read_code, read_count, read_day, read_text
from inventory.ledger import Line, Mode
from inventory.lots import expiry_differs, find_or_make_lots
from inventory.models import ImportRow, Lot, ReasonCode, RowOutcome, Sku, Source, sku_key
from inventory.stock_documents import RESERVED_REASONS, Stated, record_stock
from warehouses.models import Bin, Warehouse
from warehouses.refusals import NotFound, Problem, Refusal, RuleBroken, gather

__all__ = ["StockRows"]


@dataclass(frozen=True, slots=True)
class _Stated:
    index: int
    sku_code: str
    warehouse: Warehouse
    bin_code: str
    lot_code: str
    expires_on: date | None
    quantity: int
    reason: ReasonCode
    note: str


class StockRows(StockDocuments):
    """A row is about a SKU in a warehouse, or in one bin or of one lot there; what no row is about stays as it is."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self._first: dict[tuple[str, UUID, str, str], int] = {}
        self._shapes: dict[tuple[str, UUID], tuple[bool, bool, int]] = {}

    def read(self, row: ImportRow, cells: Mapping[str, str]) -> _Stated:
        code = read_code(cells, "sku")
        warehouse = self.place(read_text(cells, "warehouse", longest=120))
        quantity = read_count(cells, "quantity")
        if quantity is None:
            raise BadValue("quantity", "is missing: 0 where there is nothing")
        bin_code = read_text(cells, "bin", longest=40)
        lot_code = read_text(cells, "lot", longest=80)
        expires_on = read_day(cells, "expires_on")
        if expires_on is not None and not lot_code:
            raise BadValue("lot", "is missing: only goods of a lot have an expiry date")
        reason = self.names.any_reason(read_text(cells, "reason_code", longest=40))
        if reason.code_key in RESERVED_REASONS:
            raise BadValue(
                "reason_code", f"{reason.code} is a reason of the product's own documents: choose another"
            )
        self._check(row.line, sku_key(code), warehouse, bin_code.casefold(), lot_code.casefold())
        note = read_text(cells, "note", longest=500, lines=True)
        return _Stated(row.number, code, warehouse, bin_code, lot_code, expires_on, quantity, reason, note)

    def _check(self, line: int, key: str, warehouse: Warehouse, bin_code: str, lot_code: str) -> None:
        """Refuse a second row about the same goods, all of them or some: which of the two would hold?"""
        first = self._first.setdefault((key, warehouse.pk, bin_code, lot_code), line)
        if first != line:
            raise BadValue("sku", f"line {first} says how much there is of the same goods already")
        shape = (bool(bin_code), bool(lot_code))
        *others, first = self._shapes.setdefault((key, warehouse.pk), (*shape, line))
        if tuple(others) != shape:
            wanted = {(True, True): "bin and lot", (True, False): "a bin", (False, True): "a lot"}.get(
                (others[0], others[1]), "the whole warehouse"
            )
            raise BadValue(
                "sku", f"line {first} is about {wanted}, this one is not: they might be the same goods"
            )

    def post(self, entries: Sequence[_Stated]) -> Judged:
        judged = Judged()
        good, skus = self.known(entries, judged)
        bins = self._bins(good)
        found: list[_Stated] = []
        for entry in good:
            if entry.bin_code and (entry.warehouse.pk, entry.bin_code.lower()) not in bins:
                judged.bad[entry.index] = [("bin", f"{entry.warehouse.name} has no bin {entry.bin_code}")]
            else:
                found.append(entry)
        return joined(judged, post_good(found, lambda left: self._record(left, skus, bins)))

    def _bins(self, entries: Sequence[_Stated]) -> dict[tuple[UUID, str], Bin]:
        wanted = {(entry.warehouse.pk, entry.bin_code.lower()) for entry in entries if entry.bin_code}
        if not wanted:
            return {}
        rows = Bin.objects.filter(warehouse__in={place for place, _ in wanted})
        rows = rows.annotate(lower_code=Lower("code")).filter(lower_code__in={code for _, code in wanted})
        return {(shelf.warehouse_id, shelf.code.lower()): shelf for shelf in rows}

    def _record(
        self, entries: Sequence[_Stated], skus: Mapping[str, Sku], bins: Mapping[tuple[UUID, str], Bin]
    ) -> dict[int, Effect]:
        lots = find_or_make_lots(
            organization=self.organization,
            actor=self.access.actor,
            wanted=[
                (skus[sku_key(entry.sku_code)].pk, entry.lot_code, entry.expires_on)
                for entry in entries
                if entry.lot_code
            ],
        )
        lines: list[Line] = []
        refused: list[Refusal] = []
        for entry in entries:
            sku = skus[sku_key(entry.sku_code)]
            lot: Lot | None = lots.get((sku.pk, entry.lot_code)) if entry.lot_code else None
            if entry.lot_code and lot is None:
                refused.append(_no_lot(entry))
            elif lot is not None and (differs := expiry_differs(lot, entry.expires_on, index=entry.index)):
                refused.append(differs)
            shelf = bins.get((entry.warehouse.pk, entry.bin_code.lower())) if entry.bin_code else None
            lines.append(
                Line(
                    sku=sku,
                    warehouse=entry.warehouse,
                    quantity=entry.quantity,
                    reason=entry.reason,
                    mode=Mode.TO,
                    bin=shelf,
                    lot=lot,
                    note=entry.note,
                    index=entry.index,
                )
            )
        if refused:
            raise gather(refused)
        recorded, stated = record_stock(
            access=self.access,
            source=Source.IMPORT,
            lines=lines,
            note=self.note(entries),
            reference=self.run.public_id,
        )
        unfit = [
            _unfit(each)
            for each in stated
            if each.line.reason is not None and not _fits(each.line.reason, each)
        ]
        if unfit:
            raise gather(unfit)
        document = recorded.adjustment.pk if recorded.adjustment is not None else None
        effects: dict[int, Effect] = {}
        for each in stated:
            outcome = RowOutcome.CHANGED if each.before else RowOutcome.NEW
            if each.before == each.after:
                outcome = RowOutcome.SAME
            changes = (
                [("quantity", str(each.before), str(each.after))] if outcome is not RowOutcome.SAME else []
            )
            effects[each.line.index] = Effect(outcome, changes, each.line.sku.pk, document)
        return effects


def _fits(reason: ReasonCode, stated: Stated) -> bool:
    return stated.difference == 0 or reason.allows(stated.difference)


def _unfit(stated: Stated) -> Refusal:
    reason = stated.line.reason
    if reason is None:
        raise ValueError("What has no reason fits.")
    kind = reason.get_direction_display().lower()
    detail = f"{reason.code} {kind}; a difference of {stated.difference:+d} does not fit it"
    problem = Problem("REASON_DIRECTION", detail, stated.line.index, "reason")
    return RuleBroken("REASON_DIRECTION", detail, problems=[problem])


def _no_lot(entry: _Stated) -> Refusal:
    detail = f"{entry.sku_code} has no lot {entry.lot_code}."
    return NotFound("LOT_NOT_FOUND", detail, problems=[Problem("LOT_NOT_FOUND", detail, entry.index, "lot")])
