"""Pages of lists, of a few SKUs and of many: the same page should cost the same."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from typing import Any, Final
from urllib.parse import urlencode

from django.urls import reverse
from django.utils import timezone

from cycle_counts import abc
from tests.bench.callers import Caller
from tests.bench.databases import Database
from tests.bench.figures import AtLeast, AtMost, BenchFault, Figure, Pair, expect
from tests.bench.installation import Installation
from tests.bench.load import Load, request
from tests.bench.scale import WAREHOUSES
from warehouses import transactions
from warehouses.identifiers import encode
from warehouses.models import Warehouse

__all__ = ["Site", "measure_lists"]

GROUP: Final = "Lists"
_NEXUS: Final = "/nexus/api/inventory"
_GATEWAY: Final = "/gateway/api/v1/inventory"
_POS: Final = "/pos/api/v1/inventory"
_BACKOFFICE: Final = "/backoffice/api/inventory"
_LARGEST_NEXUS_PAGE: Final = 200


@dataclass(frozen=True)
class Site:
    """An installation over a database of so many SKUs."""

    skus: int
    database: Database
    installation: Installation
    caller: Caller
    load: Load

    def get(self, path: str, query: Mapping[str, Any]) -> dict[str, Any]:
        outcome = self.load.run(self.installation.port, [[self.caller.get(path, query)]])
        outcome.require(path)
        found = json.loads(outcome.last)
        if not isinstance(found, dict):
            raise BenchFault(f"{path} answered no object.")
        return found


@dataclass(frozen=True)
class Listing:
    """`size` is the parameter for the rows of a page, `rows` how many; `by_sku`: a row a SKU, else a row a stock level.

    `some` of the rows pass the query. `at` names a moment: so many days ago.
    """

    name: str
    path: str
    size: str
    rows: int
    query: Mapping[str, Any] = field(default_factory=dict)
    deep: bool = False
    by_sku: bool = False
    some: bool = False
    in_one: bool = False  # warehouse, named by `location_id`
    days_ago: int | None = None


_LISTINGS: Final = (
    Listing("nexus, first page of 50", _NEXUS, "limit", 50, by_sku=True),
    Listing("nexus, deep page of 50", _NEXUS, "limit", 50, by_sku=True, deep=True),
    Listing("nexus, status=low", _NEXUS, "limit", 50, {"status": "low"}, by_sku=True, some=True),
    Listing("gateway, first page of 100", _GATEWAY, "per_page", 100),
    Listing("gateway, deep page of 100", _GATEWAY, "per_page", 100, deep=True),
    Listing("gateway, low-stock", f"{_GATEWAY}/low-stock", "per_page", 100, some=True),
    Listing("pos, first page of 50", _POS, "limit", 50),
    Listing("pos, deep page of 50", _POS, "limit", 50, deep=True),
    Listing("pos, low stock", _POS, "limit", 50, {"low_stock": "true"}, some=True),
    Listing("snapshot of one warehouse, today", f"{_POS}/snapshot", "limit", 50, in_one=True),
    Listing(
        "snapshot of one warehouse, a year ago", f"{_POS}/snapshot", "limit", 50, in_one=True, days_ago=363
    ),
    Listing("backoffice, availability by channel", f"{_BACKOFFICE}/availability", "limit", 50),
    Listing("backoffice, ABC classes", f"{_BACKOFFICE}/cycle-count/abc", "limit", 50, by_sku=True),
)
#: Pages of the back office, by their URL's name, with the query of a page in the middle where there is one by number.
_PAGES: Final = (
    ("explorer, first page", "admin:inventory_explorer"),
    ("explorer, low only", "admin:inventory_explorer"),
    ("admin, stock levels", "admin:inventory_stocklevel_changelist"),
    ("admin, SKUs", "admin:inventory_sku_changelist"),
    ("admin, movements", "admin:inventory_movement_changelist"),
    ("admin, matrix of channels", "admin:inventory_channel_matrix"),
)

#: What is written by hand as well: the path, the parameter for the rows of a page, and how many.
_VIEWS: Final = {
    "nexus": (_NEXUS, "limit", 50),
    "gateway": (_GATEWAY, "per_page", 100),
    "pos": (_POS, "limit", 50),
}


def measure_lists(few: Site, many: Site, by_hand: Installation, pairs: int, pages: int) -> Iterator[Figure]:
    """Milliseconds of a page of many against the same of a few; then pages a second against views by hand."""
    for site in (few, many):
        with site.database.current():
            transactions.run(partial(abc.refresh, organization=site.caller.organization, now=timezone.now()))
    for listing in _LISTINGS:
        sent = {
            site.skus: [site.caller.get(listing.path, _query(site, listing))] * pages for site in (few, many)
        }
        yield _against_few(listing.name, few, many, sent, pairs)
    for name, view in _PAGES:
        query = {"status": "low"} if name.endswith("low only") else {}
        sent = {site.skus: [site.caller.get(reverse(view), query, page=True)] * pages for site in (few, many)}
        yield _against_few(name, few, many, sent, pairs)
    for name in _VIEWS:
        yield _against_view(name, many, by_hand, pairs, pages)


def _against_few(name: str, few: Site, many: Site, sent: Mapping[int, list[bytes]], pairs: int) -> Figure:
    found: list[Pair] = []
    for number in range(-1, pairs):  # the first is the warm-up
        taken = {}
        for site in (few, many) if number % 2 else (many, few):
            outcome = site.load.run(site.installation.port, [sent[site.skus]])
            outcome.require(name)
            expect(bool(outcome.last), f"{name}: an empty answer.")
            taken[site.skus] = outcome.milliseconds
        if number >= 0:
            found.append((taken[many.skus], taken[few.skus]))
    return Figure.of(GROUP, name, "ms", found, AtMost(1.2))


def _query(site: Site, listing: Listing) -> dict[str, Any]:
    """The query of the page; deep is in the middle of the list. Checks that the page is what it should be."""
    rows_there = site.skus * (1 if listing.by_sku or listing.in_one else WAREHOUSES)
    query = {**listing.query, listing.size: listing.rows}
    if listing.in_one:
        with site.database.current():
            first = Warehouse.objects.filter(organization=site.caller.organization).order_by("name")[0]
            query["location_id"] = encode(Warehouse.prefix, first.pk)
    if listing.days_ago is not None:
        query["date"] = (timezone.now() - timedelta(days=listing.days_ago)).date().isoformat()
    is_nexus = listing.path == _NEXUS
    if listing.deep and is_nexus:
        query["cursor"] = _cursor(site, site.skus // 2)
    elif listing.deep:
        query["page"] = max(rows_there // 2 // listing.rows, 2)
    shown = site.get(listing.path, query)
    total = shown["meta"]["total"] if is_nexus else shown["pagination"]["total"]
    rows = len(shown["data"])
    if listing.some:
        expect(0 < total < rows_there, f"{listing.name}: {total} rows pass the filter.")
        expect(rows == min(total, listing.rows), f"{listing.name}: a page of {rows} rows.")
    else:
        expect(total == rows_there, f"{listing.name}: a total of {total}, not of {rows_there}.")
        expect(rows == listing.rows, f"{listing.name}: a page of {rows} rows.")
    return query


def _cursor(site: Site, depth: int) -> str:
    """The cursor after `depth` SKUs, found as an integration would: by following the pages; 20,000 are deep enough."""
    cursor: str | None = None
    depth = min(depth, 20_000)
    while depth > 0:
        query = {"limit": min(depth, _LARGEST_NEXUS_PAGE)} | ({} if cursor is None else {"cursor": cursor})
        cursor = site.get(_NEXUS, query)["meta"]["nextCursor"]
        depth -= _LARGEST_NEXUS_PAGE
    expect(cursor is not None, "The list ended before its middle.")
    return str(cursor)


def _against_view(name: str, many: Site, by_hand: Installation, pairs: int, pages: int) -> Figure:
    """Pages a second for one caller. The view shows the same rows, which is looked at first."""
    path, size, limit = _VIEWS[name]
    query = urlencode({"organization": many.caller.organization.pk, "limit": limit})
    requests = {
        many.installation.port: many.caller.get(path, {size: limit}),
        by_hand.port: request("GET", f"/{name}?{query}"),
    }
    shown = []
    for port, sent in requests.items():
        outcome = many.load.run(port, [[sent]])
        outcome.require(name)
        shown.append([_figures(row) for row in json.loads(outcome.last)["data"]])
    expect(shown[0] == shown[1] and len(shown[0]) == limit, f"{name}: the view by hand shows other rows.")
    found: list[Pair] = []
    for number in range(-1, pairs):
        taken = {}
        for port in requests if number % 2 else reversed(requests):
            outcome = many.load.run(port, [[requests[port]] * pages])
            outcome.require(name)
            taken[port] = 1000 / outcome.milliseconds
        if number >= 0:
            found.append((taken[many.installation.port], taken[by_hand.port]))
    return Figure.of(GROUP, f"{name}, first page: against a view by hand", "pages/s", found, AtLeast(0.5))


def _figures(row: Mapping[str, Any]) -> tuple[str, list[int]]:
    """The SKU of a row and its quantity, or those of its warehouses, whatever they are called."""
    code = row["sku"] if "sku" in row else row["sku__code"]
    if "warehouses" in row:
        return code, sorted(place["on_hand"] for place in row["warehouses"])
    return code, [row["on_hand"] if "on_hand" in row else row["quantity"]]
