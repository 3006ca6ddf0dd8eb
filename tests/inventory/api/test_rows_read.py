"""No page reads more rows than it shows, times a small constant: measured on PostgreSQL by EXPLAIN ANALYZE.

Three thousand SKUs of ours in three warehouses and two thousand of a rival's, one SKU in a hundred low. What a page's
statements touch in their scans (rows found and rows thrown away by a filter) and the 8 kB buffers that they look at
are held; the count behind an exact total is left out, it reads an index.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any
from unittest.mock import patch

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from inventory import tallies
from inventory.models import Product, StockItem, TallyKind
from tests.databases import gather_statistics
from tests.factories import (
    make_bin,
    make_category,
    make_key,
    make_organization,
    make_person,
    make_warehouse,
)
from tests.inventory.api.callers import Caller
from tests.inventory.api.volume import make_history, make_levels, make_skus
from warehouses import prepared
from warehouses.models import Organization, Room, Warehouse

pytestmark = pytest.mark.postgresql

SIZE = 20
#: A row of a page is found in its index, then its level, SKU, product, summary and warehouse are fetched: of each
#: SKU one in every warehouse.
ROWS = SIZE * 24
BUFFERS = SIZE * 60 + 200


@pytest.fixture
def places(organization: Organization) -> list[Warehouse]:
    first = Warehouse.objects.get(organization=organization)
    return [first, make_warehouse(organization, "Second"), make_warehouse(organization, "Third")]


@pytest.fixture
def stocked(organization: Organization, places: list[Warehouse]) -> None:
    """A- and Z- codes: what begins with Z comes after 2,000 others."""
    make_levels(organization, make_skus(organization, 2000, prefix="A-"), places)
    make_history(organization, "A-01000", places, 1500)  # and thousands of movements of others since
    make_levels(organization, make_skus(organization, 1000, prefix="Z-"), places)
    # The last warehouse alone has these, so that its page must not walk past all the others. They are the youngest,
    # the only ones in a vault, and the only ones of their category.
    make_levels(organization, make_skus(organization, 60, prefix="ZZ-"), places[2:], hours=9)
    vault = Room.objects.create(
        organization=organization, warehouse=places[2], name="Vault", room_type="vault"
    )
    StockItem.objects.filter(sku__code__startswith="ZZ-").update(bin=make_bin(places[2], "V-1", room=vault))
    few = make_category(organization, "Few")
    Product.objects.filter(skus__code__startswith="ZZ-").update(category=few)
    for kind in TallyKind:
        tallies.pack(organization.pk, kind)
    rival = make_organization("Rival")
    theirs = list(Warehouse.objects.filter(organization=rival))
    make_levels(rival, make_skus(rival, 2000, prefix="A-"), theirs)
    gather_statistics()
    with connection.cursor() as cursor:
        # Five thousand SKUs fit a hundred pages, which the planner would rather read whole than look up sixty of them:
        # the plans of a million are asked for.
        cursor.execute("SET LOCAL enable_seqscan = off")


def scans(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    if "Scan" in plan["Node Type"]:
        yield plan
    for child in plan.get("Plans", ()):
        yield from scans(child)


def touched(node: dict[str, Any]) -> int:
    removed = ("Rows Removed by Filter", "Rows Removed by Index Recheck", "Rows Removed by Join Filter")
    return int((node["Actual Rows"] + sum(node.get(name, 0) for name in removed)) * node["Actual Loops"])


def explained(sql: str) -> dict[str, Any]:
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {sql}")
        (found,) = cursor.fetchone()
    plan: dict[str, Any] = (json.loads(found) if isinstance(found, str) else found)[0]["Plan"]
    return plan


def explained_prepared(statement: str, parameters: Sequence[Any]) -> dict[str, Any]:
    """The plan for any values: that is what a statement gets once it is prepared."""
    with connection.cursor() as cursor:
        cursor.execute(f"PREPARE looked_at AS {prepared._numbered(statement)}")
        try:
            given = ", ".join(["%s"] * len(parameters))
            cursor.execute(
                f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) EXECUTE looked_at({given})", list(parameters)
            )
            (found,) = cursor.fetchone()
        finally:
            cursor.execute("DEALLOCATE looked_at")
    plan: dict[str, Any] = (json.loads(found) if isinstance(found, str) else found)[0]["Plan"]
    return plan


def cost(caller: Caller, path: str) -> tuple[int, int, int, str]:
    """(rows shown, rows touched, buffers, the plans) of a page's statements but the count and the caller's own."""
    sent: list[tuple[str, Sequence[Any]]] = []
    fetch = prepared.fetch

    def noted(statement: str, parameters: Sequence[Any]) -> list[tuple[Any, ...]]:
        sent.append((statement, parameters))
        return fetch(statement, parameters)

    with CaptureQueriesContext(connection) as captured, patch.object(prepared, "fetch", noted):
        response = caller.get(path)
    assert response.status_code == 200, response.content
    looked_at = [
        (query["sql"], partial(explained, query["sql"]))
        for query in captured.captured_queries
        if query["sql"].startswith("SELECT") and '"inventory_' in query["sql"]
    ] + [
        (statement, partial(explained_prepared, statement, parameters))
        for statement, parameters in sent
        if " inventory_" in statement
    ]
    rows = buffers = 0
    plans = []
    for sql, explain in looked_at:
        if "COUNT(*)" in sql:
            continue
        plan = explain()
        rows += sum(touched(node) for node in scans(plan))
        buffers += plan["Shared Hit Blocks"] + plan["Shared Read Blocks"]
        plans.append(f"{sql[:300]} …\n{json.dumps(plan, indent=1)[:6000]}")
    assert looked_at, "nothing was read"
    return len(response.json()["data"]), rows, buffers, "\n\n".join(plans)


G, N, P = "/gateway/api/v1/inventory", "/nexus/api/inventory", "/pos/api/v1/inventory"
PAGES = [
    f"{G}?per_page={SIZE}",
    f"{G}?per_page={SIZE}&low_stock=true",
    f"{G}?per_page={SIZE}&low_stock=false",
    f"{G}?per_page={SIZE}&sku_prefix=z-",
    f"{G}?per_page={SIZE}&sku_prefix=Z-005",
    f"{G}?per_page={SIZE}&sku_prefix=nothing",
    f"{G}?per_page={SIZE}&sku_prefix=z-&low_stock=true",
    f"{G}?per_page={SIZE}&warehouse_id={{}}",
    f"{G}?per_page={SIZE}&warehouse_id={{}}&low_stock=true",
    f"{G}?per_page={SIZE}&warehouse_id={{}}&sku_prefix=z-",
    f"{G}/low-stock?per_page={SIZE}",
    f"{G}/low-stock?per_page={SIZE}&warehouse_id={{}}",
    f"{G}/low-stock?per_page={SIZE}&sku_prefix=z",
    f"{N}?limit={SIZE}",
    f"{N}?limit={SIZE}&sku=z-00500",
    f"{N}?limit={SIZE}&warehouse_id={{}}",
    f"{N}?limit={SIZE}&warehouse_id={{}}&status=low",
    f"{N}?limit={SIZE}&warehouse_id={{}}&status=critical",
    f"{N}/A-01000/adjustments?limit={SIZE}",
    f"{N}/A-01000/adjustments?limit={SIZE}&start_date=2026-03-01&end_date=2026-03-02",
    f"{N}/A-01000/adjustments?limit={SIZE}&warehouse_id={{}}",
    f"{P}?limit={SIZE}",
    f"{P}?limit={SIZE}&location_id={{}}",
    f"{P}?limit={SIZE}&room_type=vault",
    f"{P}?limit={SIZE}&room_type=secret_menu",
    f"{P}?limit={SIZE}&low_stock=true&room_type=vault",
    f"{P}/snapshot?limit={SIZE}",
    f"{P}/snapshot?limit={SIZE}&location_id={{}}",
    f"{P}/snapshot?limit={SIZE}&date=2026-01-01T00:10:00Z",
    f"{P}/snapshot?limit={SIZE}&date=2026-02-10&location_id={{}}",
]


OF_STATUS = [f"{N}?limit={SIZE}&status={status}" for status in ("low", "normal", "out_of_stock")]


@pytest.mark.parametrize("pages", [PAGES, OF_STATUS], ids=["", "of a status"])
def test_pages_of_every_caller(
    organization: Organization,
    places: list[Warehouse],
    stocked: None,
    subtests: pytest.Subtests,
    pages: list[str],
) -> None:
    bob = make_person("bob@example.com", {organization: [("Viewer", places[0]), ("Viewer", places[2])]})
    callers = {
        "all warehouses": Caller(make_key(organization)),
        "one of three": Caller(make_key(organization, warehouses=places[2:])),
        "two of three": Caller.person(bob),
    }
    for name, caller in callers.items():
        for page in pages:
            path = page.format(places[2].public_id)
            with subtests.test(f"{name}: {page}"):
                shown, rows, buffers, plans = cost(caller, path)
                assert rows <= ROWS, f"{shown} rows shown, {rows} touched\n{plans}"
                assert buffers <= BUFFERS, f"{shown} rows shown, {buffers} buffers\n{plans}"


def test_the_few_items_of_a_category_are_found_without_the_others(
    organization: Organization, stocked: None
) -> None:
    """A limited caller's warehouse is so small here that reading it whole is less work."""
    shown, rows, buffers, plans = cost(Caller(make_key(organization)), f"{P}?limit={SIZE}&category=few")
    assert shown == SIZE
    assert rows <= ROWS, f"{rows} touched\n{plans}"
    assert buffers <= BUFFERS, f"{buffers} buffers\n{plans}"


def test_a_later_page_by_cursor_costs_what_the_first_does(
    organization: Organization, stocked: None, subtests: pytest.Subtests
) -> None:
    caller = Caller(make_key(organization))
    for path in (
        f"{N}?limit={SIZE}",
        f"{N}?limit={SIZE}&status=normal",
        f"{N}/A-01000/adjustments?limit={SIZE}",
    ):
        cursor = caller.get(path.replace(f"={SIZE}", "=200")).json()["meta"]["nextCursor"]
        for _ in range(3):
            cursor = caller.get(f"{path.replace(f'={SIZE}', '=200')}&cursor={cursor}").json()["meta"][
                "nextCursor"
            ]
        with subtests.test(path):
            shown, rows, buffers, plans = cost(caller, f"{path}&cursor={cursor}")
            assert shown == SIZE
            assert rows <= ROWS, f"{rows} touched\n{plans}"
            assert buffers <= BUFFERS, f"{buffers} buffers\n{plans}"


def test_one_sku_and_one_write_read_a_handful(organization: Organization, stocked: None) -> None:
    caller = Caller(make_key(organization))
    for path in (f"{G}/a-01500", f"{N}/a-01500"):
        with CaptureQueriesContext(connection) as captured:
            assert caller.get(path).status_code == 200
        sql = captured.captured_queries[-1]["sql"]
        with connection.cursor() as cursor:
            cursor.execute(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {sql}")
            (found,) = cursor.fetchone()
        plan = (json.loads(found) if isinstance(found, str) else found)[0]["Plan"]
        assert sum(touched(node) for node in scans(plan)) <= 20, json.dumps(plan, indent=1)
