"""Counts that were sent before: a phone that got no answer sends them again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import UUID

from cycle_counts.counting.codes import read_codes
from cycle_counts.counting.counts import Counted
from cycle_counts.models import CountBatch, CountEntry, CountLine
from inventory.models import Sku
from warehouses.refusals import Problem, RuleBroken, gather

__all__ = ["find_replays"]


def find_replays(batch: CountBatch, counts: Sequence[Counted]) -> Mapping[int, CountLine | int]:
    """By the place of each count that was sent before: its line as it is now, or the place of its like in this call.

    A query, and two more where a scanned code has to be read. Raises RuleBroken `CLIENT_ID_REUSED` for every count
    whose id was given to something else.
    """
    names = {count.client_id for count in counts if count.client_id}
    if not names:
        return {}
    rows = CountEntry.objects.filter(batch=batch, client_id__in=names).order_by()
    entries = {entry.client_id: entry for entry in rows.select_related("line__bin", "line__sku", "line__lot")}
    again = [count for count in counts if count.client_id in entries]
    skus = read_codes(organization=batch.organization, codes=[count.code for count in again if not count.sku])
    first: dict[str, int] = {}
    replays: dict[int, CountLine | int] = {}
    reused = []
    for place, count in enumerate(counts):
        if not count.client_id:
            continue
        entry = entries.get(count.client_id)
        if entry is not None:
            if _is_same(entry, count, skus):
                replays[place] = entry.line
            else:
                reused.append(_reused(count))
        elif count.client_id not in first:
            first[count.client_id] = place
        elif _content(counts[first[count.client_id]]) == _content(count):
            replays[place] = first[count.client_id]
        else:
            reused.append(_reused(count))
    if reused:
        raise gather(reused)
    return replays


def _is_same(entry: CountEntry, count: Counted, skus: Mapping[str, Sku]) -> bool:
    """Whether the entry says what the count says. When is not asked: the clocks may have been set since."""
    if (entry.quantity, entry.remark, entry.note) != (count.quantity, count.remark, count.note):
        return False
    line = entry.line
    if count.line_id is not None:
        return line.pk == count.line_id
    if count.bin is None or line.bin_id != count.bin.pk:
        return False
    if count.sku is None and line.code and line.code == count.code.strip():
        return True
    sku = count.sku or skus.get(count.code)
    if sku is None or line.sku_id != sku.pk:
        return False
    lot_code = line.lot.code if line.lot is not None else line.lot_code
    if count.lot is not None:
        return line.lot_id == count.lot.pk
    return lot_code.casefold() == count.lot_code.casefold()


def _content(count: Counted) -> tuple[object, ...]:
    keys: list[UUID | None] = [getattr(record, "pk", None) for record in (count.sku, count.bin, count.lot)]
    return (count.quantity, count.remark, count.note, count.line_id, *keys, count.lot_code, count.code)


def _reused(count: Counted) -> RuleBroken:
    detail = f"The id {count.client_id} was given to another count: each count has one of its own."
    problem = Problem("CLIENT_ID_REUSED", detail, count.index, "client_id")
    return RuleBroken("CLIENT_ID_REUSED", detail, problems=[problem])
