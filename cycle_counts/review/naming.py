"""Naming what nobody knew when it was scanned: the SKU of a line that has only the code."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from cycle_counts.models import Classification, CountBatch, CountEntry, CountLine, LineState
from cycle_counts.models.entry import ENTRY_COLUMNS
from cycle_counts.wording import line_in_words
from inventory import statements
from inventory.book import Asked, read_book
from inventory.lots.finding import find_lots
from inventory.models import Sku
from warehouses.access import Access
from warehouses.identifiers import new_id
from warehouses.refusals import Conflict, Problem, Refusal, RuleBroken, gather

__all__ = ["Item", "Named", "Naming", "item_of", "name_skus", "write_naming"]

#: Bin, SKU, lot, and the code of a lot that nobody has made yet: what the stock of two lines is one and the same by.
Item = tuple[UUID, UUID | None, UUID | None, str]


@dataclass(frozen=True, slots=True)
class Named:
    """A line, the SKU that it is of, and the row of the request that says so."""

    line: CountLine
    sku: Sku
    index: int


@dataclass(frozen=True, slots=True)
class Naming:
    """What naming has changed. `targets` are the lines that have taken over a count, by the key of the one that had it;
    `entries` say so for ever.
    """

    lines: Sequence[CountLine] = ()
    targets: Mapping[UUID, CountLine] = field(default_factory=dict)
    entries: Sequence[tuple[Any, ...]] = ()


def item_of(line: CountLine) -> Item:
    """Reads `sku`. A lot's code says nothing of goods that are not kept by lot."""
    is_new_lot = line.lot_id is None and line.sku is not None and line.sku.is_lot_controlled
    return line.bin_id, line.sku_id, line.lot_id, line.lot_code.casefold() if is_new_lot else ""


def name_skus(
    *,
    access: Access,
    batch: CountBatch,
    known: Mapping[UUID, CountLine],
    named: Sequence[Named],
    decided: Mapping[UUID, int],
    at: datetime,
) -> Naming:
    """Set the SKU of lines, and with it what the books said when they were counted. Changes the records at hand.

    `known` are the lines at hand, `decided` those that the request is about, with its rows. Where another line of the
    batch is about the same goods in the same bin, it takes over the count, unless somebody has counted it as well.
    Locks the stock levels. Five queries, none without `named`. Raises, of several one refusal with every problem,
    Conflict `ITEM_COUNTED_TWICE`, RuleBroken `DUPLICATE_ROW`.
    """
    if not named:
        return Naming()
    written = [(each.sku.pk, each.line.lot_code) for each in named if each.line.lot_code]
    lots = find_lots(access.organization, written) if written else {}
    for each in named:
        each.line.sku = each.sku
        each.line.lot = lots.get((each.sku.pk, each.line.lot_code))
        if each.line.lot is not None:
            each.line.lot_code = ""
    others = _others(batch, known, named)
    targets: dict[UUID, CountLine] = {}
    faults: list[Refusal] = []
    for each in named:
        other = others.get(item_of(each.line))
        if other is None:
            others[item_of(each.line)] = each.line
        elif other.counted is not None:
            faults.append(_counted_twice(each, other))
        elif other.pk in decided:
            detail = (
                f"{line_in_words(other)} takes over the count of row {each.index + 1}: it is named twice."
            )
            problem = Problem("DUPLICATE_ROW", detail, decided[other.pk], "line")
            faults.append(RuleBroken("DUPLICATE_ROW", detail, problems=[problem]))
        else:
            targets[each.line.pk] = other
    if faults:
        raise gather(faults)
    _stamp(batch, named)
    entries = []
    for each in named:
        target = targets.get(each.line.pk)
        if target is not None:
            entries.append(_entry(batch, each.line, target, at))
            _take_over(each.line, target)
            each.line.sku = each.line.lot = None
    lines = [*(each.line for each in named), *targets.values()]
    return Naming(lines, targets, entries)


def write_naming(naming: Naming) -> None:
    """One statement at most; the lines themselves are written by whoever has decided on them."""
    statements.insert(CountEntry, ENTRY_COLUMNS, naming.entries)


def _others(
    batch: CountBatch, known: Mapping[UUID, CountLine], named: Sequence[Named]
) -> dict[Item, CountLine]:
    """The batch's other lines about the goods that are named, those at hand as the records at hand. One query."""
    mine = {each.line.pk for each in named}
    rows = CountLine.objects.filter(
        batch=batch,
        bin__in={each.line.bin_id for each in named},
        sku__in={each.sku.pk for each in named},
    ).exclude(pk__in=mine)
    found = (known.get(row.pk, row) for row in rows.select_related("sku", "lot", "bin"))
    return {item_of(line): line for line in found}


def _stamp(batch: CountBatch, named: Sequence[Named]) -> None:
    """What the books said at the instant of the count, what a unit costs, and the class."""
    asked = [
        Asked(
            item=(each.sku.pk, each.line.bin_id, each.line.lot_id),
            at=each.line.counted_at,
            is_new=bool(item_of(each.line)[-1]),
        )
        for each in named
    ]
    booked = read_book(warehouse_id=batch.warehouse_id, asked=asked)
    classes = Classification.objects.filter(sku__in={each.sku.pk for each in named})
    letters = dict(classes.values_list("sku", "abc_class"))
    for each, book in zip(named, booked, strict=True):
        line = each.line
        line.expected, line.level_version = book.expected, book.level_version
        line.variance = line.counted - book.expected  # type: ignore[operator]
        line.unit_cost = each.sku.unit_cost
        line.abc_class = letters.get(each.sku.pk, "")


_TAKEN: Final = (
    *("counted", "expected", "variance", "unit_cost", "level_version", "counted_at"),
    *("counter_type", "counter_id", "counter_name", "counted_by_id", "remark", "note"),
)


def _take_over(line: CountLine, target: CountLine) -> None:
    for name in _TAKEN:
        setattr(target, name, getattr(line, name))
    line.expected = line.variance = line.unit_cost = line.level_version = None
    line.abc_class = ""
    line.state, line.is_within = LineState.IGNORED, False
    line.review_note = f"Counted as line {target.position}."


def _entry(batch: CountBatch, line: CountLine, target: CountLine, at: datetime) -> tuple[Any, ...]:
    """Who counted it counted this: said again of the line that it belongs to."""
    return (
        *(
            new_id(),
            batch.pk,
            target.pk,
            f"named-{new_id()}",
            line.counted,
            line.expected,
            line.level_version,
        ),
        *(line.counted_at, at, line.counter_type, line.counter_id, line.counter_name, line.remark, line.note),
    )


def _counted_twice(each: Named, other: CountLine) -> Refusal:
    detail = (
        f"{line_in_words(other)} was counted as line {other.position} too: ignore one of the two, or let it be counted"
        " again."
    )
    problem = Problem("ITEM_COUNTED_TWICE", detail, each.index, "sku")
    return Conflict("ITEM_COUNTED_TWICE", detail, problems=[problem], extra={"lineId": other.public_id})
