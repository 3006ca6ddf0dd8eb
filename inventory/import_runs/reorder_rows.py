"""Rows that say when a SKU is to be ordered again in a warehouse."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from inventory.import_runs.effects import Change, Effect, Judged, Trouble, post_good
from inventory.import_runs.warehouse_rows import WarehouseRows, joined
from inventory.imports.fields import BadValue, read_code, read_count, read_text
from inventory.ledger import Line, Settings, post
from inventory.ledger.locking import Locked
from inventory.models import ImportRow, ReplenishmentRule, RowOutcome, Sku, sku_key
from warehouses.models import Warehouse
from warehouses.refusals import Problem, Refusal, RuleBroken, gather

__all__ = ["ReorderRows"]

_NAMES: Final = ("safety_stock", "reorder_point", "reorder_quantity")


@dataclass(frozen=True, slots=True)
class _Wanted:
    index: int
    sku_code: str
    warehouse: Warehouse
    values: Mapping[str, int]


class ReorderRows(WarehouseRows):
    permission = "replenishment.write"

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self._first: dict[tuple[str, UUID], int] = {}

    def read(self, row: ImportRow, cells: Mapping[str, str]) -> _Wanted:
        code = read_code(cells, "sku")
        warehouse = self.place(read_text(cells, "warehouse", longest=120))
        given = {name: read_count(cells, name) for name in _NAMES}
        values = {name: value for name, value in given.items() if value is not None}
        if not values:
            raise BadValue("reorder_point", "is missing, and so are safety stock and reorder quantity")
        first = self._first.setdefault((sku_key(code), warehouse.pk), row.line)
        if first != row.line:
            raise BadValue("sku", f"line {first} is about {code} in {warehouse.name} already")
        return _Wanted(row.number, code, warehouse, values)

    def post(self, entries: Sequence[_Wanted]) -> Judged:
        judged = Judged()
        good, skus = self.known(entries, judged)
        return joined(judged, post_good(good, lambda left: self._set(left, skus)))

    def _set(
        self,
        entries: Sequence[_Wanted],
        skus: Mapping[str, Sku],
        expected: Mapping[int, Mapping[str, int]] | None = None,
    ) -> dict[int, Effect]:
        """Set the thresholds through the ledger. `expected`: only where they are these."""
        by_level = {(skus[sku_key(entry.sku_code)].pk, entry.warehouse.pk): entry for entry in entries}
        maxima = self._maxima(by_level)
        effects: dict[int, Effect] = {}

        def look(locked: Locked) -> None:
            refused: list[Refusal] = []
            for key, entry in by_level.items():
                level = locked.levels[key]
                point = entry.values.get("reorder_point", level.reorder_point)
                if key in maxima and maxima[key] < point:
                    refused.append(_refusal(entry, "reorder_point", f"is above its maximum, {maxima[key]:,}"))
                for name, value in (expected or {}).get(entry.index, {}).items():
                    if getattr(level, name) != value:
                        now = getattr(level, name)
                        refused.append(_refusal(entry, name, f"somebody has changed it to {now:,} since"))
                changes: list[Change] = [
                    (name, str(getattr(level, name)), str(value))
                    for name, value in entry.values.items()
                    if getattr(level, name) != value
                ]
                outcome = RowOutcome.NEW if level.is_new else RowOutcome.CHANGED
                effects[entry.index] = Effect(outcome if changes else RowOutcome.SAME, changes, key[0])
            if refused:
                raise gather(refused)

        post(
            organization=self.organization,
            actor=self.access.actor,
            lines=[
                Line(
                    sku=skus[sku_key(entry.sku_code)],
                    warehouse=entry.warehouse,
                    quantity=None,
                    reason=None,
                    settings=Settings(**entry.values),
                    index=entry.index,
                )
                for entry in entries
            ],
            document=None,
            precondition=look,
        )
        return effects

    def _maxima(self, levels: Mapping[tuple[UUID, UUID], _Wanted]) -> dict[tuple[UUID, UUID], int]:
        rules = ReplenishmentRule.objects.order_by().filter(
            organization=self.organization, sku__in={sku for sku, _ in levels}, maximum__isnull=False
        )
        found = rules.values_list("sku_id", "warehouse_id", "maximum")
        return {
            (sku, place): most for sku, place, most in found if (sku, place) in levels and most is not None
        }

    def undo(self, rows: Iterable[ImportRow]) -> dict[int, Trouble]:
        """The old thresholds, where nobody has changed them since."""
        entries: list[_Wanted] = []
        expected: dict[int, dict[str, int]] = {}
        kept: dict[int, Trouble] = {}
        changed = {row.number: row for row in rows if row.changes}
        asked: list[_Wanted] = []
        for row in changed.values():
            try:
                asked.append(self._again(row))
            except BadValue as bad:  # its warehouse is another one's to change by now
                kept[row.number] = (bad.field, bad.detail)
        judged = Judged()
        good, skus = self.known(asked, judged)
        for number, troubles in judged.bad.items():
            kept[number] = troubles[0]
        for entry in good:
            changes = changed[entry.index].changes
            expected[entry.index] = {name: int(after) for name, _, after in changes}
            before = {name: int(before) for name, before, _ in changes}
            entries.append(_Wanted(entry.index, entry.sku_code, entry.warehouse, before))
        found = post_good(entries, lambda left: self._set(left, skus, expected))
        return kept | {number: troubles[0] for number, troubles in found.bad.items()}

    def _again(self, row: ImportRow) -> _Wanted:
        """A row that was good once."""
        self._first.clear()
        return self.read(row, self.cells(row))


def _refusal(entry: _Wanted, field: str, detail: str) -> RuleBroken:
    return RuleBroken("REFUSED", detail, problems=[Problem("REFUSED", detail, entry.index, field)])
