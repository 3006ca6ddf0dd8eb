"""The web application, with a fault planted in it where PLANTED_FAULT names one.

A test of races that has never failed proves nothing: with these, the same test must see what it is there to see.
"""

from __future__ import annotations

import functools
import os
import random
import time
from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import QuerySet

from config.wsgi import application
from inventory import statements
from inventory.ledger import capacity, posting, rows, shortcut, stroke
from inventory.ledger.stroke import Missed
from inventory.models import StockItem, StockSummary
from warehouses import keys

__all__ = ["application"]


def _read_without_locking() -> None:
    """Read, compute, write: what everybody writes first. No version is checked either, or the chain would break."""
    plain = rows.lock_levels
    version = 9  # among the columns of a level

    def read_levels(keys: Sequence[Any]) -> list[Any]:
        found = plain(keys)
        return [(*row[:version], random.randrange(2**60), *row[version + 1 :]) for row in found]

    written = posting._write

    def write_later(*arguments: Any) -> None:
        time.sleep(0.1)  # until everybody else has read too, however busy the machine is
        written(*arguments)

    posting._write = write_later
    rows.lock_levels = read_levels
    rows._lock = lambda strength, alias: ""


def _lock_in_any_order() -> None:
    """Each batch locks its levels one after the other, in an order of its own."""
    plain = rows.lock_levels

    def lock_levels(keys: Sequence[Any]) -> list[Any]:
        found: list[Any] = []
        for key in random.sample(list(keys), len(keys)):
            found += plain([key])
            time.sleep(0.05)  # until everybody else holds some too, however busy the machine is
        return found

    rows.lock_levels = lock_levels
    # The order of the levels is what is looked at: the summaries are not locked at all.
    summaries = StockSummary.objects.order_by()
    rows.lock_summaries = lambda keys: dict(summaries.filter(pk__in=list(keys)).values_list("pk", "version"))


def _write_levels_and_items_apart() -> None:
    """Commit the levels some time before the items: a reader in between sees them differ."""
    plain = statements.update

    def update(model: Any, columns: Sequence[str], changed: Sequence[Any], **options: Any) -> None:
        plain(model, columns, changed, **options)
        if model is StockItem and changed:
            connection.cursor().execute("COMMIT; BEGIN")
            time.sleep(0.002)

    statements.update = update


def _lock_no_document() -> None:
    """Act on a document as it was when the request looked at it; the stock below is not locked either."""
    _read_without_locking()
    QuerySet.select_for_update = lambda self, *options, **named: self._chain()  # type: ignore[method-assign]


def _lock_no_bin() -> None:
    """Two who fill one bin each see the room that there was before."""
    capacity.rows.lock_bins = lambda warehouses, bins: None
    plain = capacity.rows.contents_of

    def contents_of(bins: Iterable[UUID]) -> dict[UUID, int]:
        found = plain(bins)
        time.sleep(0.1)
        return found

    capacity.rows.contents_of = contents_of


def _write_quickly_what_was_read() -> None:
    """The short way without its look at the version: what another one has changed meanwhile is not seen."""
    plain = shortcut._writing

    def writing(*arguments: Any) -> str:
        statement = plain(*arguments)
        guarded = statement.replace("l.version = g.version AND ", "")
        # The chain of versions would stop it: each movement gets a number of its own.
        return guarded.replace(
            "v.version + v.number, v.reason_id", "(random() * 2 ^ 60)::bigint, v.reason_id"
        )

    written = shortcut.write

    def write_later(**named: Any) -> bool:
        time.sleep(0.1)  # until everybody else has read too
        return written(**named)

    shortcut._writing, shortcut.write = writing, write_later  # type: ignore[assignment]
    stroke.change = lambda *arguments, **named: Missed.SPREAD  # type: ignore[assignment]


def _strike_without_locking() -> None:
    """One stroke with the figures that it began with, whatever others have made of them meanwhile."""
    plain = stroke._text

    def text(shape: Any, *, waits: bool) -> str:
        statement = plain(shape, waits=waits)
        for alias in "lui":
            statement = statement.replace(f" FOR NO KEY UPDATE OF {alias}", "")
        statement = statement.replace(" SKIP LOCKED", "")
        # Until everybody else has begun too, however busy the machine is.
        statement = statement.replace("FROM kept JOIN", "FROM kept CROSS JOIN pg_sleep(0.3) JOIN")
        # The chain of versions would stop it: each movement gets a number of its own.
        return statement.replace(" version + 1, reason_id", " (random() * 2 ^ 60)::bigint, reason_id")

    stroke._text = text


def _remember_keys() -> None:
    """Each process keeps the keys that it has seen, to spare a query."""
    keys._read = functools.cache(keys._read)


_FAULTS = {
    "remember-keys": _remember_keys,
    "strike-without-locking": _strike_without_locking,
    "write-quickly-what-was-read": _write_quickly_what_was_read,
    "lock-no-bin": _lock_no_bin,
    "lock-no-document": _lock_no_document,
    "read-without-locking": _read_without_locking,
    "lock-in-any-order": _lock_in_any_order,
    "write-apart": _write_levels_and_items_apart,
}

if os.environ.get("PLANTED_FAULT"):
    if os.environ["PLANTED_FAULT"] not in {"write-quickly-what-was-read", "strike-without-locking"}:
        shortcut.is_open = lambda: False  # the fault is in the general way
    _FAULTS[os.environ["PLANTED_FAULT"]]()
