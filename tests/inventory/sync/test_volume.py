"""100,000 rows take no more memory than 1,000, in one answer and in pages."""

from __future__ import annotations

import json
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from inventory.imports.batches import BATCH
from inventory.models import PosConnection, SyncType
from inventory.sync import engine
from inventory.sync.http_feed import HttpFeed
from tests import factories
from tests.inventory.sync.feed_server import FeedServer
from tests.inventory.sync.syncing import counts, on_hand, sync
from warehouses.models import Organization, Warehouse

pytestmark = pytest.mark.django_db

MANY = 100_000
FEW = 1_000
#: What the memory for 100,000 rows may be beyond that for 1,000. The rows alone would be 40 MB as objects.
MARGIN = 3_000_000


def document(count: int) -> bytes:
    """Rows about a thousand SKUs, over and over: each batch of 500 names a SKU once."""
    rows = ({"sku": f"S{n % 1000}", "quantity": 7} for n in range(count))
    return json.dumps({"rows": list(rows), "cursor": "end"}).encode()


def peak(work: Callable[[], Any]) -> int:
    """The most bytes that were in use at once, beyond those in use before."""
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        work()
        return tracemalloc.get_traced_memory()[1] - before
    finally:
        tracemalloc.stop()


def test_an_answer_is_read_in_constant_memory(feed: FeedServer) -> None:
    bodies = {count: document(count) for count in (FEW, MANY)}
    reader = HttpFeed(url=feed.url, kind=SyncType.FULL)

    def read(count: int) -> None:
        feed.document = lambda query: bodies[count]  # type: ignore[method-assign]
        with reader.page({}) as page:
            assert page is not None
            assert page.cursor == "end"
            assert sum(1 for _ in page.rows) == count

    read(FEW)  # what is loaded once
    few = peak(lambda: read(FEW))
    assert len(bodies[MANY]) > MARGIN
    assert peak(lambda: read(MANY)) < few + MARGIN


def resident() -> int:
    """The memory of this process, in bytes."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096


@pytest.mark.parametrize("page_size", [MANY, 5_000], ids=["one answer", "pages"])
def test_a_run_of_very_many_rows(
    organization: Organization,
    shop: Warehouse,
    connection: PosConnection,
    feed: FeedServer,
    monkeypatch: pytest.MonkeyPatch,
    page_size: int,
) -> None:
    """A till that sends its last two thousand returns fifty times over."""
    factories.make_sku(organization, "A")
    rows = [
        {"key": f"k{n % 2000}", "sku": "A", "quantity_change": 1, "reason_code": "RETURN"}
        for n in range(MANY)
    ]
    feed.changes = rows[:FEW]
    assert counts(sync(shop, "incremental")) == (FEW, FEW, 0, 0, 0)  # what is loaded once
    PosConnection.objects.update(cursor="")
    feed.page_size = page_size
    feed.changes = rows
    if page_size == MANY:
        body = feed.document({"mode": "changes"})
        feed.document = lambda query: body  # type: ignore[method-assign]
    used: list[int] = []
    plain = engine.take_over

    def take_over(*arguments: Any, **options: Any) -> None:
        plain(*arguments, **options)
        used.append(resident())

    monkeypatch.setattr(engine, "take_over", take_over)
    before = resident()
    run = sync(shop, "incremental")
    assert run.state == "completed"
    assert counts(run) == (MANY, FEW, 0, MANY - FEW, 0)
    assert on_hand(shop) == {"A": 2 * FEW}
    assert len(used) == MANY // BATCH
    # All rows at once, as they are read, would be 100 MB.
    assert max(used) - before < 30_000_000, max(used) - before
