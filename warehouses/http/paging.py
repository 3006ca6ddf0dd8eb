"""Paging: by number with an exact total, or by an opaque cursor over one unique column.

Both first cut the page out of the primary keys, from an index, and then fetch the rows of that page only (a deferred
join). Where a listing is `Counted`, its total is known and a page begins near its place: page 50,000 costs about what
page 1 does. Envelopes are the contracts' own.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, ClassVar, Generic, Protocol, TypeVar

from django.core import signing
from django.core.exceptions import FieldDoesNotExist, ValidationError
from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest

from warehouses.access import Access
from warehouses.http.faults import RequestFault, invalid_parameters

__all__ = ["Counted", "CursorPage", "CursorPaging", "Page", "PageNumberPaging", "in_order"]

_NUMBER = re.compile(r"[0-9]{1,15}")
Row = TypeVar("Row")
Record = TypeVar("Record", bound=Model)


@dataclass(frozen=True, slots=True)
class Page(Generic[Row]):
    """`rows` of page `page` (from 1), of `size` at most; `total` over all pages."""

    rows: list[Row]
    page: int
    size: int
    total: int

    @property
    def total_pages(self) -> int:
        return -(-self.total // self.size)


@dataclass(frozen=True, slots=True)
class CursorPage(Generic[Row]):
    """`next_cursor` is None on the last page; `total` is of all rows, wherever the cursor stands."""

    rows: list[Row]
    size: int
    total: int
    next_cursor: str | None


class Counted(Protocol):
    """What knows how many keys a listing has, without looking at them."""

    def total(self) -> int:
        """The exact number."""

    def near(self, start: int) -> tuple[Q, int] | None:
        """A condition that leaves out rows at the beginning of the listing, `start` at most, and how many these are;
        None where that is not known. Asked for pages far from the beginning only.
        """


def in_order(keys: Sequence[Any], records: Iterable[Record]) -> list[Record]:
    """`records` in the order of their primary `keys`; one that was deleted in between is left out."""
    found = {record.pk: record for record in records}
    return [found[key] for key in keys if key in found]


class PageNumberPaging:
    """Subclass per contract, naming its parameters."""

    page_parameter: ClassVar[str] = "page"
    size_parameter: ClassVar[str] = "limit"
    default_size: ClassVar[int] = 50
    maximum_size: ClassVar[int] = 100
    largest_page: ClassVar[int] = 10**15 - 1
    #: So many rows are skipped sooner than a place near them is looked up.
    near_enough: ClassVar[int] = 2000

    @classmethod
    def parameters(cls) -> frozenset[str]:
        return frozenset({cls.page_parameter, cls.size_parameter})

    def page(
        self,
        request: HttpRequest,
        keys: QuerySet[Any],
        rows: Callable[[list[Any]], list[Row]],
        *,
        counted: Counted | None = None,
    ) -> Page[Row]:
        """The page that the request asks for.

        `keys` is filtered and ordered by something unique, best by an index; `rows` gets the primary keys of the page
        and returns its rows in that order (`in_order`). A count, the keys, and what `rows` does: three queries, and a
        look-up for a page far down what is `counted`, which counts exactly what `keys` are. A page past the end is
        empty. Raises 400 naming the parameter for a bad value or a size over the maximum.
        """
        number = _number(request, self.page_parameter, default=1, maximum=self.largest_page)
        size = _number(request, self.size_parameter, default=self.default_size, maximum=self.maximum_size)
        total = keys.count() if counted is None else counted.total()
        start = (number - 1) * size
        # Past the end there is nothing to ask for, and an offset beyond 64 bits would be an error of the database.
        found = self._keys(keys, start, size, counted) if start < total else []
        return Page(rows=rows(found) if found else [], page=number, size=size, total=total)

    def _keys(self, keys: QuerySet[Any], start: int, size: int, counted: Counted | None) -> list[Any]:
        near = counted.near(start) if counted is not None and start > self.near_enough else None
        if near is not None:
            condition, before = near
            keys, start = keys.filter(condition), start - before
        return list(keys.values_list("pk", flat=True)[start : start + size])

    def page_of(self, request: HttpRequest, rows: Sequence[Row]) -> Page[Row]:
        """The page that the request asks for, of few rows that are all at hand. Raises as `page` does."""
        number = _number(request, self.page_parameter, default=1, maximum=self.largest_page)
        size = _number(request, self.size_parameter, default=self.default_size, maximum=self.maximum_size)
        start = (number - 1) * size
        return Page(rows=list(rows[start : start + size]), page=number, size=size, total=len(rows))


class CursorPaging:
    """Keyset paging over `ordering`: never-null columns that are unique together, with `-` in front all descending.

    The cursor is signed, and good only for the organization, listing and filters that it was made for. It names the
    last row's values, so rows that come or go in between neither repeat nor skip others.
    """

    cursor_parameter: ClassVar[str] = "cursor"
    size_parameter: ClassVar[str] = "limit"
    default_size: ClassVar[int] = 50
    maximum_size: ClassVar[int] = 200
    longest_cursor: ClassVar[int] = 4000
    ordering: ClassVar[tuple[str, ...]] = ("-id",)

    @classmethod
    def parameters(cls) -> frozenset[str]:
        return frozenset({cls.cursor_parameter, cls.size_parameter})

    def page(
        self,
        request: HttpRequest,
        keys: QuerySet[Any],
        rows: Callable[[list[Any]], list[Row]],
        *,
        access: Access,
        listing: str,
        ordering: tuple[str, ...] | None = None,
        counted: Counted | None = None,
    ) -> CursorPage[Row]:
        """The page after the request's cursor. `listing` names the view and its path arguments.

        Like `PageNumberPaging.page` otherwise; the order of `keys` is replaced. Raises 400 `INVALID_CURSOR` for a
        cursor that is not ours, or not for this.
        """
        size = _number(request, self.size_parameter, default=self.default_size, maximum=self.maximum_size)
        order = ordering or self.ordering
        columns = tuple(column.lstrip("-") for column in order)
        binding = _binding(access, listing, order, request.GET.items(), besides=self.parameters())
        remaining = keys.order_by(*order)
        cursor = request.GET.get(self.cursor_parameter)
        if cursor is not None:
            values = self._read(cursor, binding, keys.model, columns)
            remaining = remaining.filter(_beyond(columns, values, descending=order[0].startswith("-")))
        total = keys.count() if counted is None else counted.total()
        found = [(key, values) for key, *values in remaining.values_list("pk", *columns)[: size + 1]]
        more = len(found) > size
        found = found[:size]
        return CursorPage(
            rows=rows([key for key, _ in found]) if found else [],
            size=size,
            total=total,
            next_cursor=_write(found[-1][1], binding) if more else None,
        )

    def _read(self, cursor: str, binding: str, model: type[Model], columns: Sequence[str]) -> list[Any]:
        try:
            if len(cursor) > self.longest_cursor:
                raise signing.BadSignature("too long")
            texts = signing.loads(cursor, salt=binding)
            fields: list[Any] = [model._meta.get_field(column) for column in columns]
            return [field.to_python(text) for field, text in zip(fields, texts, strict=True)]
        except (signing.BadSignature, ValidationError, FieldDoesNotExist, ValueError):
            fault = (self.cursor_parameter, "INVALID_CURSOR", "This cursor does not belong to this listing.")
            raise invalid_parameters([fault], code="INVALID_CURSOR") from None


def _number(request: HttpRequest, name: str, *, default: int, maximum: int) -> int:
    text = request.GET.get(name)
    if text is None:
        return default
    if not _NUMBER.fullmatch(text) or int(text) < 1:
        raise _bad(name, "Give a whole number from 1.")
    if int(text) > maximum:
        raise _bad(name, f"Give at most {maximum}.")
    return int(text)


def _bad(name: str, detail: str) -> RequestFault:
    return invalid_parameters([(name, "INVALID", detail)])


def _beyond(columns: Sequence[str], values: Sequence[Any], *, descending: bool) -> Q:
    """Rows after `values` in the order of `columns`; the first column's bound alone lets an index begin there."""
    further = "lt" if descending else "gt"
    found = Q()
    for place, column in enumerate(columns):
        equal = dict(zip(columns[:place], values, strict=False))
        found |= Q(**equal, **{f"{column}__{further}": values[place]})
    return Q(**{f"{columns[0]}__{further}e": values[0]}) & found


def _binding(
    access: Access,
    listing: str,
    order: tuple[str, ...],
    query: Iterable[tuple[str, Any]],
    *,
    besides: frozenset[str],
) -> str:
    filters = sorted((name, str(value)) for name, value in query if name not in besides)
    parts = [str(access.organization.pk), listing, list(order), filters]
    return f"warehouses.http.paging:{hashlib.sha256(json.dumps(parts).encode()).hexdigest()}"


def _write(values: Sequence[Any], binding: str) -> str:
    texts = [value.isoformat() if isinstance(value, date | datetime) else str(value) for value in values]
    return signing.dumps(texts, salt=binding)
