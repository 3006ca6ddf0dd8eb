"""A page of the explorer, and all of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.db.models import QuerySet

from inventory.channels import channels_named
from inventory.explorer.columns import Column, chosen_columns
from inventory.explorer.filters import Filters
from inventory.explorer.narrowing import filtered, stock_of
from inventory.explorer.rows import Row, read_rows
from inventory.explorer.walk import walk
from inventory.models import Channel
from warehouses.access import Access
from warehouses.identifiers import decode

__all__ = ["PAGE_SIZE", "Page", "all_rows", "matching", "read_page", "sortable"]

PAGE_SIZE: Final = 50
#: Of an export: few enough to hold at once.
_AT_ONCE: Final = 500


@dataclass(frozen=True, slots=True)
class Page:
    """`before` and `after` are the marks that the pages around it are asked for with; empty where there is none."""

    rows: list[Row]
    before: str
    after: str


def matching(*, access: Access, filters: Filters) -> QuerySet[Any]:
    """The rows that the filters leave, in no order."""
    return filtered(stock_of(access=access, filters=filters), filters, access=access)


def sortable(*, access: Access, filters: Filters) -> bool:
    """Whether there is any order but that of codes: figures of several warehouses but not all are in no index."""
    return not stock_of(access=access, filters=filters).adds_up


def read_page(
    *,
    access: Access,
    filters: Filters,
    columns: Sequence[Column],
    channel: Channel | None = None,
    after: str = "",
    before: str = "",
    size: int = PAGE_SIZE,
) -> Page:
    """What the caller sees of the SKUs that the filters leave. Raises Forbidden `PERMISSION_DENIED`."""
    access.require("inventory.read")
    stock = stock_of(access=access, filters=filters)
    sort = filters.sort if not stock.adds_up or filters.sort.lstrip("-") == "code" else ""
    rows = filtered(stock, filters, access=access)
    found = walk(rows, sort, size, after=after.replace("\x00", ""), before=before.replace("\x00", ""))
    read = read_rows(
        access=access,
        levels=stock.levels,
        keys=found.keys,
        columns={column.name for column in columns},
        channel=channel,
    )
    return Page(read, found.before, found.after)


def all_rows(*, access: Access, filters: Filters, columns: Sequence[Column] | None = None) -> Iterator[Row]:
    """Every row that the filters leave, page by page in their order, as an export writes them: few are held at once."""
    shown = chosen_columns(filters.columns) if columns is None else columns
    channel = None
    if filters.channel and decode(Channel.prefix, filters.channel) is not None:
        channel = channels_named(access=access, public_ids=[filters.channel])[0]
    after = ""
    while True:
        page = read_page(
            access=access, filters=filters, columns=shown, channel=channel, after=after, size=_AT_ONCE
        )
        yield from page.rows
        after = page.after
        if not after:
            return
