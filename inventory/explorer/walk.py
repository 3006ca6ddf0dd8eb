"""One page of rows after or before a given one, in an order that is stable: no row is counted, none is skipped over."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from django.db.models import F, Q, QuerySet
from django.db.models.fields.tuple_lookups import Tuple, TupleGreaterThan, TupleLessThan

from inventory.formulas import StockStatus
from inventory.seen_stock import MOST_URGENT_FIRST

__all__ = ["Stretch", "walk"]

_BEYOND_64_BITS: Final = 2**63


@dataclass(frozen=True, slots=True)
class Stretch:
    """The SKUs of a page in order; the marks that lead to the pages before and after it, empty where there is none."""

    keys: list[UUID]
    before: str = ""
    after: str = ""


@dataclass(frozen=True, slots=True)
class _Part:
    """Rows that are walked in one piece; `name` is their status, where the order is that of status."""

    name: str
    rows: QuerySet[Any]
    columns: tuple[str, ...]
    is_descending: bool

    def page(self, mark: Sequence[Any] | None, size: int, *, backwards: bool) -> list[tuple[Any, ...]]:
        """(SKU, name, values of the columns) of the `size` rows beyond the mark. One query."""
        is_descending = self.is_descending != backwards
        rows = self.rows if mark is None else self.rows.filter(_beyond(self.columns, mark, is_descending))
        order = [f"-{column}" if is_descending else column for column in self.columns]
        found = rows.order_by(*order).values_list("sku_id", *self.columns)[:size]
        return [(key, self.name, *values) for key, *values in found]


def walk(rows: QuerySet[Any], sort: str, size: int, *, after: str = "", before: str = "") -> Stretch:
    """The page of `rows` (as in `seen_stock`) after the mark, or before it, or the first.

    A mark that is none of ours leads to the first page, and so does one before which there is less than a page. One
    query, up to four where the order is that of status; two where one comes back to the first page.
    """
    parts = _parts(rows, sort)
    backwards = bool(before)
    mark = _read_mark(before or after, parts)
    found = _collect(parts, mark, size + 1, backwards=backwards and mark is not None)
    if mark is None:
        backwards = False
    if backwards and len(found) <= size:
        mark, backwards = None, False
        found = _collect(parts, None, size + 1, backwards=False)
    has_more = len(found) > size
    found = found[:size]
    if backwards:
        found.reverse()
    if not found:
        return Stretch([])
    return Stretch(
        keys=[row[0] for row in found],
        before=_mark(found[0]) if backwards or mark is not None else "",
        after=_mark(found[-1]) if backwards or has_more else "",
    )


def _collect(
    parts: Sequence[_Part], mark: tuple[str, Sequence[Any]] | None, size: int, *, backwards: bool
) -> list[tuple[Any, ...]]:
    found: list[tuple[Any, ...]] = []
    for part in reversed(parts) if backwards else parts:
        if mark is not None and part.name != mark[0]:
            continue  # behind us
        found += part.page(mark[1] if mark is not None else None, size - len(found), backwards=backwards)
        mark = None
        if len(found) >= size:
            break
    return found


def _parts(rows: QuerySet[Any], sort: str) -> list[_Part]:
    name, is_descending = sort.lstrip("-") or "code", sort.startswith("-")
    if name == "status":
        statuses: list[StockStatus] = (
            [*reversed(MOST_URGENT_FIRST)] if is_descending else [*MOST_URGENT_FIRST]
        )
        return [_Part(str(each), rows.filter(status=each), ("sort_code",), False) for each in statuses]
    columns = ("sort_code",) if name == "code" else (name, "sort_code")
    return [_Part("", rows, columns, is_descending)]


def _beyond(columns: tuple[str, ...], mark: Sequence[Any], is_descending: bool) -> Any:
    """Compared as pairs, so that PostgreSQL begins in the index right there, among any number of equal quantities."""
    if len(columns) == 1:
        return Q(**{f"{columns[0]}__{'lt' if is_descending else 'gt'}": mark[0]})
    lookup = TupleLessThan if is_descending else TupleGreaterThan
    return lookup(Tuple(*map(F, columns)), tuple(mark))


def _mark(row: tuple[Any, ...]) -> str:
    _key, name, *values = row
    return ":".join([*([name] if name else []), *map(str, values)])


def _read_mark(text: str, parts: Sequence[_Part]) -> tuple[str, Sequence[Any]] | None:
    """The part that a mark is in, and the values of its row; None for what is no mark of this order."""
    if not text:
        return None
    if parts[0].name:
        name, _, code = text.partition(":")
        return (name, [code]) if code and name in {part.name for part in parts} else None
    if len(parts[0].columns) == 1:
        return "", [text]
    quantity, _, code = text.partition(":")
    try:
        number = int(quantity)
    except ValueError:
        return None
    return ("", [number, code]) if code and abs(number) < _BEYOND_64_BITS else None
