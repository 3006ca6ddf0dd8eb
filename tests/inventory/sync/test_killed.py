"""kill -9 of a worker, at any moment: no row is lost and none is counted twice."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from inventory.models import Adapter, Movement, PosConnection, SyncedRow, SyncRun
from inventory.sync.connections import connect
from inventory.verification import verify
from tests import factories
from tests.inventory.sync.feed_server import FeedServer
from tests.inventory.sync.syncing import counts, lose_leases, on_hand, problems, sale, start, work
from tests.races.conftest import ROOT, environment
from warehouses.access import Access
from warehouses.models import Organization, Warehouse

# Wherever the engine lets two processes write at once.
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.postgresql]

COUNT = 1700


@pytest.fixture
def worker(tmp_path: Path, settings: Any) -> Any:
    """Start a worker, wait for its word, and kill it after so many seconds."""

    def run(moment: str, seconds: float = 0.0) -> None:
        more = {"OUTGOING_NETWORKS": "127.0.0.0/8", "POS_DROP_DIR": str(settings.POS_DROP_DIR)}
        with (tmp_path / "log").open("wb") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "tests.inventory.sync.killed_worker", moment],
                cwd=ROOT,
                env=environment(tmp_path, LOG_LEVEL="ERROR", **more),
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
            assert process.stdout is not None
            said = process.stdout.readline()
            time.sleep(seconds)
            process.send_signal(signal.SIGKILL)
            process.wait(timeout=20)
            process.stdout.close()
        assert said == "ready\n", (tmp_path / "log").read_text()

    return run


@pytest.fixture
def changes(organization: Organization, shop: Warehouse, feed: FeedServer) -> list[Any]:
    """Returns of one SKU, three of which name another that nobody knows."""
    factories.make_sku(organization, "A")
    rows = [sale(f"k{n}", "A", 1) | {"reason_code": "RETURN"} for n in range(COUNT)]
    for bad in (3, 777, 1699):
        rows[bad]["sku"] = "NEW"
    feed.changes = rows
    return rows


def check(run: SyncRun, shop: Warehouse) -> None:
    """Everything was taken over, once."""
    assert counts(run) == (COUNT, COUNT - 3, 0, 0, 3)
    assert [row for row, _ in problems(run)] == [4, 778, 1700]
    assert on_hand(shop) == {"A": COUNT - 3}
    assert Movement.objects.count() == SyncedRow.objects.count() == COUNT - 3
    assert list(verify()) == []


@pytest.mark.usefixtures("changes")
@pytest.mark.parametrize("page_size", [300, COUNT], ids=["between pages", "within a page"])
@pytest.mark.parametrize(("moment", "done"), [("batch", 1), ("committed", 2), ("end", None)])
def test_killed(
    shop: Warehouse,
    connection: PosConnection,
    feed: FeedServer,
    worker: Any,
    moment: str,
    done: int | None,
    page_size: int,
) -> None:
    feed.page_size = page_size
    run = start(shop, "incremental")
    worker(moment)
    run.refresh_from_db()
    assert run.state == "running"
    rows_done = COUNT if done is None else done * min(page_size, 500)
    assert counts(run)[0] == rows_done
    assert work() is False  # its lease still holds
    lose_leases()
    assert work() is False
    run.refresh_from_db()
    assert run.state == "completed"
    check(run, shop)
    connection.refresh_from_db()
    assert connection.cursor == str(COUNT)


@pytest.mark.usefixtures("changes")
def test_killed_again_and_again(
    shop: Warehouse, connection: PosConnection, feed: FeedServer, worker: Any
) -> None:
    seed = random.randrange(10**6)
    chance = random.Random(seed)
    feed.page_size = 100
    run = start(shop, "incremental")
    for _ in range(4):
        worker("any", chance.uniform(0.0, 0.5))
        lose_leases()
    SyncRun.objects.update(tries=0)
    work()
    run.refresh_from_db()
    assert run.state == "completed", f"seed {seed}: {run.error}"
    check(run, shop)


def test_killed_before_a_file_is_moved(
    organization: Organization, access: Access, shop: Warehouse, worker: Any, settings: Any
) -> None:
    connect(access=access, warehouse=shop, adapter=Adapter.CSV_DROP, folder="shop-1")
    factories.make_sku(organization, "A")
    folder = Path(settings.POS_DROP_DIR) / "shop-1"
    lines = "".join(f"k{n},A,1,RETURN\n" for n in range(600))
    (folder / "changes.csv").write_text(f"key,sku,quantity_change,reason_code\n{lines}")
    run = start(shop, "incremental")
    worker("file")
    assert counts(run) == (600, 600, 0, 0, 0)
    lose_leases()
    work()
    run.refresh_from_db()
    assert (run.state, counts(run)) == ("completed", (600, 600, 0, 0, 0))
    assert len(list((folder / "done").iterdir())) == 1
    assert list((folder / "taken").iterdir()) == []
