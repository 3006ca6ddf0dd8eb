"""Pages of lists, of a few SKUs and of many: the same page should cost the same."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from statistics import median
from typing import Any

from django.db import connection

from tests.bench.caller import Caller
from tests.bench.databases import Database
from tests.bench.figures import Figure, Pair, expect
from tests.bench.ground import Ground
from tests.bench.scale import WAREHOUSES

__all__ = ["measure_lists"]

_NEXUS = "/api/inventory"
_GATEWAY = "/gateway/api/v1/inventory"
_POS = "/pos/api/v1/inventory"
_PAGE = 50
_LARGEST_NEXUS_PAGE = 200


@dataclass(frozen=True)
class Listing:
    name: str
    path: str
    query: dict[str, Any]
    deep: bool = False


_LISTINGS = (
    Listing("nexus, first page", _NEXUS, {}),
    Listing("nexus, deep page", _NEXUS, {}, deep=True),
    Listing("nexus, low only", _NEXUS, {"status": "low"}),
    Listing("gateway, first page", _GATEWAY, {}),
    Listing("gateway, deep page", _GATEWAY, {}, deep=True),
    Listing("gateway, low only", _GATEWAY, {"low_stock": "true"}),
    Listing("pos, first page", _POS, {}),
    Listing("pos, deep page", _POS, {}, deep=True),
    Listing("pos, low only", _POS, {"low_stock": "true"}),
    Listing("pos, snapshot", f"{_POS}/snapshot", {}),
    Listing("pos, snapshot, deep page", f"{_POS}/snapshot", {}, deep=True),
)


class _Counts:
    """Times the exact total, one statement of the request, apart from the rest of it."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self, execute: Any, statement: str, parameters: Any, many: bool, context: Any) -> Any:
        if not statement.startswith("SELECT COUNT("):
            return execute(statement, parameters, many, context)
        began = time.perf_counter()
        try:
            return execute(statement, parameters, many, context)
        finally:
            self.seconds += time.perf_counter() - began


def measure_lists(ground: Ground) -> Iterator[Figure]:
    """The page without its total, and the total, in milliseconds at the large size; the limit is the small size."""
    for listing in _LISTINGS:
        small, large = _query(ground, listing, small=True), _query(ground, listing, small=False)
        pages: list[Pair] = []
        totals: list[Pair] = []
        for number in range(-1, ground.scale.pairs):  # the first is the warm-up
            taken = {}
            for is_small in (True, False) if number % 2 else (False, True):
                database = ground.small if is_small else ground.large
                caller = ground.small_caller if is_small else ground.caller
                query = small if is_small else large
                taken[is_small] = _sample(database, caller, listing.path, query, ground.scale.pages)
            if number >= 0:
                pages.append((taken[False][0], taken[True][0]))
                totals.append((taken[False][1], taken[True][1]))
        yield Figure.of(listing.name, "ms", pages)
        if not listing.deep:
            yield Figure.of(f"{listing.name}: its total", "ms", totals)


def _sample(
    database: Database, caller: Caller, path: str, query: dict[str, Any], times: int
) -> tuple[float, float]:
    pages, totals = [], []
    with database.current():
        for _ in range(times):
            counts = _Counts()
            with connection.execute_wrapper(counts):
                took = caller.timed_get(path, query)
            expect(counts.seconds > 0, f"{path} counted nothing.")
            pages.append(1000 * (took - counts.seconds))
            totals.append(1000 * counts.seconds)
    return median(pages), median(totals)


def _query(ground: Ground, listing: Listing, *, small: bool) -> dict[str, Any]:
    """The query of the page; deep is in the middle of the list. Checks that the page is a full one."""
    database, caller = (ground.small, ground.small_caller) if small else (ground.large, ground.caller)
    skus = ground.scale.small if small else ground.scale.large
    is_nexus = listing.path == _NEXUS
    query = {**listing.query, "per_page" if listing.path == _GATEWAY else "limit": _PAGE}
    with database.current():
        if listing.deep and is_nexus:
            query["cursor"] = _cursor(caller, skus // 2)
        elif listing.deep:
            query["page"] = max(skus * WAREHOUSES // 2 // _PAGE, 2)
        shown = caller.get(listing.path, query)
        total = shown["meta"]["total"] if is_nexus else shown["pagination"]["total"]
    rows = len(shown["data"])
    if listing.query:
        expect(0 < total < skus * WAREHOUSES, f"{listing.name}: {total} rows pass the filter.")
        expect(0 < rows <= min(total, _PAGE), f"{listing.name}: a page of {rows} rows.")
    else:
        expect(total == (skus if is_nexus else skus * WAREHOUSES), f"{listing.name}: a total of {total}.")
        expect(rows == _PAGE, f"{listing.name}: a page of {rows} rows.")
    return query


def _cursor(caller: Caller, depth: int) -> str:
    """The cursor after `depth` SKUs, found as an integration would: by following the pages."""
    cursor: str | None = None
    while depth > 0:
        query = {"limit": min(depth, _LARGEST_NEXUS_PAGE)} | ({} if cursor is None else {"cursor": cursor})
        cursor = caller.get(_NEXUS, query)["meta"]["nextCursor"]
        depth -= _LARGEST_NEXUS_PAGE
    expect(cursor is not None, "The list ended before its middle.")
    return str(cursor)
