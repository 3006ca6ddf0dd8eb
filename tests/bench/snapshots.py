"""The stock of one warehouse as it was, the whole of it as CSV: sent while it is read, in constant memory."""

from __future__ import annotations

import http.client
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import urlencode

from django.utils import timezone

from tests.bench.figures import AtMost, BenchFault, Figure, Pair, expect
from tests.bench.lists import Site
from warehouses.identifiers import encode
from warehouses.models import Warehouse

__all__ = ["measure_snapshots"]

GROUP: Final = "Snapshot"
_PATH: Final = "/pos/api/v1/inventory/snapshot"
_AT_ONCE: Final = 65_536
#: The same, from each item's last movement by then, as one statement that the driver alone copies.
_BY_HAND: Final = """
    COPY (SELECT i.id, k.code, COALESCE(m.item_after, 0) FROM inventory_stockitem i
        JOIN inventory_sku k ON k.id = i.sku_id
        LEFT JOIN LATERAL (SELECT item_after FROM inventory_movement WHERE stock_item_id = i.id
            AND recorded_at <= '{instant}' ORDER BY recorded_at DESC, level_version DESC LIMIT 1) m ON true
        WHERE i.warehouse_id = '{warehouse}' AND i.created_at <= '{instant}' ORDER BY i.created_at, i.id)
    TO STDOUT WITH (FORMAT csv)
"""


def measure_snapshots(few: Site, many: Site, pairs: int) -> Iterator[Figure]:
    """Rows a second against the driver's, and the web process's memory at its most, of many SKUs against few."""
    with many.database.current():
        place = Warehouse.objects.filter(organization=many.caller.organization).order_by("name")[0]
    for name, days in (("today", 0), ("a year ago", 363)):
        instant = timezone.now() - timedelta(days=days)
        rates: list[Pair] = []
        memory: list[Pair] = []
        for number in range(pairs):
            small = _peak(few, instant)
            if number % 2:
                rows, units, limit = _by_hand(many, place, instant)
                found, value, peak = _over_http(many, place, instant)
            else:
                found, value, peak = _over_http(many, place, instant)
                rows, units, limit = _by_hand(many, place, instant)
            expect(
                found == (rows, units) and rows > 0,
                f"The snapshot of {name} has (rows, units) {found}, the ledger {(rows, units)}.",
            )
            rates.append((value, limit))
            memory.append((peak, small))
        yield Figure.of(GROUP, f"snapshot of {name}, whole as CSV", "rows/s", rates)
        yield Figure.of(GROUP, f"snapshot of {name}, whole as CSV: memory", "MiB", memory, AtMost(1.2))


def _peak(site: Site, instant: datetime) -> float:
    with site.database.current():
        place = Warehouse.objects.filter(organization=site.caller.organization).order_by("name")[0]
    return _over_http(site, place, instant)[2]


def _over_http(site: Site, place: Warehouse, instant: datetime) -> tuple[tuple[int, int], float, float]:
    """((rows, units), rows a second, MiB)."""
    query = {"date": instant.isoformat(), "location_id": encode(Warehouse.prefix, place.pk)}
    headers = {"X-API-Key": site.caller.key, "X-Forwarded-Proto": "https", "Accept": "text/csv"}
    site.installation.forget_peaks()
    connection = http.client.HTTPConnection("127.0.0.1", site.installation.port, timeout=120)
    rows = units = 0
    began = time.perf_counter()
    try:
        connection.request("GET", f"{_PATH}?{urlencode(query)}", headers=headers)
        answer = connection.getresponse()
        if answer.status != 200:
            raise BenchFault(f"{_PATH} answered {answer.status}: {answer.read(600)!r}")
        rest = b""
        while part := answer.read(_AT_ONCE):
            *lines, rest = (rest + part).split(b"\r\n")
            quantities = [line.rpartition(b",")[2] for line in lines]
            if not rows:
                del quantities[0]  # the names of the columns
            rows += len(quantities)
            units += sum(map(int, quantities))
        expect(not rest, f"The file ends with {rest[-100:]!r}.")
    finally:
        connection.close()
    return (rows, units), rows / (time.perf_counter() - began), site.installation.peak_megabytes()


def _by_hand(site: Site, place: Warehouse, instant: datetime) -> tuple[int, int, float]:
    """(rows, units, rows a second)"""
    statement = _BY_HAND.format(instant=instant.isoformat(), warehouse=place.pk)
    rows = units = 0
    began = time.perf_counter()
    with site.database.plain() as connection, connection.cursor().copy(statement) as copy:
        for part in copy:
            rows += 1
            units += int(bytes(part).rpartition(b",")[2])
    return rows, units, rows / (time.perf_counter() - began)
