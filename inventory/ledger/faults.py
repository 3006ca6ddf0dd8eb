"""What is wrong with lines before their quantities are looked at."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from uuid import UUID

from inventory.ledger.lines import PHYSICAL, Line, Mode
from inventory.ledger.planning import overlaps, refuse
from inventory.ledger.rows import LevelKey
from inventory.ledger.state import BinState
from warehouses.models import Organization
from warehouses.refusals import Conflict, Forbidden, NotFound, Refusal, RuleBroken

__all__ = ["check_organization", "faults_of"]


def check_organization(organization: Organization, lines: Sequence[Line]) -> None:
    """The caller looked these up within the organization; anything else is a programming error, not an answer."""
    for line in lines:
        owners = (line.sku, line.warehouse, line.reason, line.lot, line.to_lot, *line.bins)
        if any(record is not None and record.organization_id != organization.pk for record in owners):
            raise ValueError("A ledger line names a record of another organization.")


def faults_of(lines: Sequence[Line], bins: Mapping[UUID, BinState], *, by_sync: bool) -> dict[int, Refusal]:
    """The first fault of each line that has one, by its position in the batch."""
    closed = {shelf.warehouse_id: shelf for shelf in bins.values()}
    faults: dict[int, Refusal] = {}
    for place, line in enumerate(lines):
        fault = _fault_of(line, bins, closed[line.warehouse.pk], by_sync=by_sync)
        if fault is not None:
            faults[place] = fault
    for place, line in _duplicates(lines):
        faults.setdefault(
            place,
            refuse(
                line,
                RuleBroken,
                "DUPLICATE_ROW",
                f"{line.sku.code} in {line.warehouse.name} is set by more than one row; which one holds?",
                field="sku",
            ),
        )
    return faults


def _fault_of(
    line: Line, bins: Mapping[UUID, BinState], warehouse: BinState, *, by_sync: bool
) -> Refusal | None:
    name = line.warehouse.name
    if warehouse.warehouse_is_readonly and not by_sync:
        detail = f"{name} is read-only: only its sync changes it."
        return refuse(line, Forbidden, "READONLY_WAREHOUSE", detail, field="warehouse")
    if not warehouse.warehouse_is_active:
        detail = f"{name} is inactive: its stock cannot change."
        return refuse(line, Conflict, "WAREHOUSE_INACTIVE", detail, field="warehouse")
    for field, named in (("bin", line.bin), ("to_bin", line.to_bin)):
        shelf = bins.get(named.pk) if named is not None else None
        if named is not None and (shelf is None or shelf.warehouse_id != line.warehouse.pk):
            return refuse(line, NotFound, "BIN_NOT_FOUND", f"{name} has no such bin.", field=field)
        if shelf is not None and not shelf.is_active and named == line.target and line.quantity:
            detail = f"The bin {named} is inactive: nothing is put there."
            return refuse(line, Conflict, "BIN_INACTIVE", detail, field=field)
    for field, lot in (("lot", line.lot), ("to_lot", line.to_lot)):
        if lot is not None and lot.sku_id != line.sku.pk:
            return refuse(line, NotFound, "LOT_NOT_FOUND", f"{line.sku.code} has no such lot.", field=field)
    return None


def _duplicates(lines: Sequence[Line]) -> list[tuple[int, Line]]:
    """Lines that set what another line of the batch sets or changes: an absolute quantity leaves room for no other."""
    grouped: dict[LevelKey, list[tuple[int, Line]]] = defaultdict(list)
    for place, line in enumerate(lines):
        if line.quantity is not None and line.mode in PHYSICAL:
            grouped[line.level_key].append((place, line))
    found: list[tuple[int, Line]] = []
    for group in grouped.values():
        absolute = [entry for entry in group if entry[1].mode is Mode.TO]
        if absolute and len(absolute) < len(group):
            found += absolute
            continue
        for position, (place, line) in enumerate(absolute):
            if any(overlaps(line, other) for _, other in absolute[:position]):
                found.append((place, line))
    return found
