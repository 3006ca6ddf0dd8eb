"""A reader never sees a stock level that differs from its stock items, nor a total that differs from what there is,
whatever is being written.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable
from typing import Any

import psycopg
import pytest
from django.db import connection

from inventory.models import Sku, StockItem
from inventory.verification import verify
from tests import factories
from tests.races.backoffice import Business, Wish
from tests.races.conftest import Answer, Server
from tests.races.sessions import Other
from warehouses.models import Organization

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.postgresql]

DIFFERENCES = """
    SELECT count(*) FROM inventory_stocklevel l
    WHERE on_hand <> (SELECT COALESCE(SUM(on_hand), 0) FROM inventory_stockitem i WHERE i.level_id = l.id)
    OR on_hand <> (SELECT COALESCE(SUM(delta), 0) FROM inventory_movement m WHERE m.level_id = l.id)
"""
SUMMARIES = """
    SELECT count(*) FROM inventory_stocksummary u
    WHERE on_hand <> (SELECT SUM(on_hand) FROM inventory_stocklevel l WHERE l.sku_id = u.sku_id)
"""


@pytest.fixture
def skus() -> list[Sku]:
    """Four SKUs in two warehouses and several bins."""
    organization = factories.make_organization()
    main = organization.warehouses.get()
    other = factories.make_warehouse(organization, "Other")
    shelves = {warehouse: factories.make_bin(warehouse, "B") for warehouse in (main, other)}
    skus = [factories.make_sku(organization, f"R-{number}") for number in range(4)]
    for sku in skus:
        for warehouse in (main, other):
            factories.stock(sku, warehouse, 50)
            factories.stock(sku, warehouse, 50, bin=shelves[warehouse])
    return skus


def write(server: Server, key: str, organization: Organization, until: float, seed: int) -> int:
    """Bulk requests over both contracts until the time is over; how many were made."""
    chance = random.Random(seed)
    warehouses = [warehouse.public_id for warehouse in organization.warehouses.all()]
    made = 0
    with server.session(key) as session:
        while time.monotonic() < until:
            rows = [
                {
                    "sku": f"R-{number}",
                    "warehouse_id": warehouse,
                    "quantity": chance.randrange(200),
                    "reason": "cycle_count",
                }
                for number in range(4)
                for warehouse in warehouses
            ]
            chance.shuffle(rows)
            answer = session.send("POST", "/api/inventory/bulk", {"updates": rows})
            assert answer.status == 200, answer
            made += 1
    return made


def snapshots(until: float) -> tuple[int, int]:
    """How often was looked, and how many differences were seen: in one statement, and in one snapshot."""
    at = connection.settings_dict
    looks = differences = 0
    with psycopg.connect(
        host=at["HOST"], port=at["PORT"], user=at["USER"], password=at["PASSWORD"], dbname=at["NAME"]
    ) as reader:
        reader.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        while time.monotonic() < until:
            with reader.transaction():
                for query in (DIFFERENCES, SUMMARIES):
                    row = reader.execute(query).fetchone()  # type: ignore[call-overload]
                    assert row is not None
                    differences += row[0]
                # Two statements of one snapshot agree as well.
                levels = reader.execute("SELECT SUM(on_hand) FROM inventory_stocklevel").fetchone()
                items = reader.execute("SELECT SUM(on_hand) FROM inventory_stockitem").fetchone()
                differences += levels != items
            looks += 1
    return looks, differences


def read_over_http(server: Server, key: str, until: float) -> int:
    """Nexus's totals are the sums of its warehouses' rows, in every answer."""
    looks = 0
    with server.session(key) as session:
        while time.monotonic() < until:
            for record in session.send("GET", "/api/inventory").body["data"]:
                assert record["total_on_hand"] == sum(row["on_hand"] for row in record["warehouses"])
                assert record["total_available"] == sum(row["available"] for row in record["warehouses"])
                assert len(record["warehouses"]) == 2
            looks += 1
    return looks


def run(server: Server, organization: Organization, seconds: float, writers: int = 3) -> dict[str, Any]:
    """Write and read at once; what each thread found."""
    key = factories.make_key(organization)
    until = time.monotonic() + seconds
    found: dict[str, Any] = {}

    def keep(name: str, work: Callable[[], Any]) -> None:
        try:
            found[name] = work()
        except BaseException as error:
            found[name] = error
            raise
        finally:
            connection.close()

    jobs: dict[str, Callable[[], Any]] = {
        f"writer {number}": lambda number=number: write(server, key, organization, until, number)  # type: ignore[misc]
        for number in range(writers)
    }
    jobs |= {
        "snapshots": lambda: snapshots(until),
        "over http": lambda: read_over_http(server, key, until),
    }
    threads = [threading.Thread(target=keep, args=job) for job in jobs.items()]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found


def test_a_reader_never_sees_a_level_that_differs_from_its_items(server: Server, skus: list[Sku]) -> None:
    found = run(server, skus[0].organization, 5)
    looks, differences = found["snapshots"]
    assert differences == 0
    assert looks > 5  # with so many, the control below sees what is written apart
    assert all(found[f"writer {number}"] > 2 for number in range(3)), found
    assert found["over http"] > 2, found
    assert StockItem.objects.count() == 16
    assert list(verify()) == []


def test_if_the_two_were_written_apart_it_would_be_seen(
    transactional_db: None, start_server: Callable[[str], Server], skus: list[Sku]
) -> None:
    found = run(start_server("write-apart"), skus[0].organization, 2, writers=1)
    looks, differences = found["snapshots"]
    assert looks > 5
    assert differences > 0


# --- what is in transit is counted too

#: All there is, in the houses and between them: one statement, so one moment.
EVERYTHING = """
    SELECT (SELECT SUM(on_hand) FROM inventory_stocklevel)
    + (SELECT COALESCE(SUM(shipped - received + surplus - written_off), 0) FROM inventory_transferline)
"""
ON_HAND = "SELECT SUM(on_hand) FROM inventory_stocklevel"


def carry(server: Server, business: Business, until: float, turn: int) -> int:
    """Transfers there, or back: drafted, shipped, received in two parts, until the time is over; how many."""
    ends = (business.north, business.south) if turn % 2 else (business.south, business.north)
    made = 0
    with server.session(business.key) as session:

        def send(wish: Wish) -> Answer:
            answer = session.send("POST", wish.path, wish.body)
            assert answer.status in {200, 201}, answer
            return answer

        while time.monotonic() < until:
            draft = send(business.transfer(business.skus, 3, ends=ends))
            lines = send(business.act(draft, "ship")).body["lines"]
            part = [{"lineId": line["id"], "quantity": 1} for line in lines]
            send(business.act(draft, "receive", lines=part))
            send(business.act(draft, "receive"))
            made += 1
    return made


def totals(until: float) -> tuple[set[int], set[int]]:
    """Every total that was seen: of all there is, and of what is on hand alone."""
    at = connection.settings_dict
    everything, on_hand = set(), set()
    with psycopg.connect(
        host=at["HOST"],
        port=at["PORT"],
        user=at["USER"],
        password=at["PASSWORD"],
        dbname=at["NAME"],
        autocommit=True,
    ) as reader:
        while time.monotonic() < until:
            for query, seen in ((EVERYTHING, everything), (ON_HAND, on_hand)):
                row = reader.execute(query).fetchone()  # type: ignore[call-overload]
                assert row is not None
                seen.add(int(row[0]))
    return everything, on_hand


def transfers_and_readers(
    server: Server, business: Business, seconds: float, carriers: int = 4
) -> tuple[set[int], set[int], int]:
    """Carry in both directions and read meanwhile; the totals that two readers saw, and how many transfers ended."""
    until = time.monotonic() + seconds
    jobs: list[Callable[[], Any]] = [
        lambda turn=turn: carry(server, business, until, turn) for turn in range(carriers)
    ]  # type: ignore[misc]
    jobs += [lambda: totals(until)] * 2
    others = [Other(job) for job in jobs]
    results = [other.result() for other in others]
    everything = set().union(*(seen for seen, _ in results[carriers:]))
    on_hand = set().union(*(seen for _, seen in results[carriers:]))
    return everything, on_hand, sum(results[:carriers])


@pytest.fixture
def carriers() -> Business:
    """Four SKUs, fifty units of each at both ends."""
    business = Business(4)
    for place in (business.north, business.south):
        business.stock(50, place)
    return business


def test_while_transfers_go_there_and_back_everybody_sees_the_same_total(
    server: Server, carriers: Business
) -> None:
    everything, on_hand, made = transfers_and_readers(server, carriers, 3)
    assert everything == {400}
    assert len(on_hand) > 1, "nothing was in transit while somebody looked"
    assert made >= 4
    assert list(verify()) == []


def test_if_goods_left_before_they_were_in_transit_it_would_be_seen(
    transactional_db: None, start_server: Callable[[str], Server], carriers: Business
) -> None:
    everything, _, _ = transfers_and_readers(start_server("write-apart"), carriers, 2, carriers=1)
    assert len(everything) > 1
