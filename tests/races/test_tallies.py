"""What a list says it has is what it has in every snapshot, while writers cross the reorder point, new SKUs come, and
several packers fold and split at once.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import psycopg
import pytest
from django.db import connection

from inventory import tallies
from inventory.ledger import Mode
from inventory.models import Sku, StockTally, TallyKind
from inventory.tallies import packing
from inventory.verification import verify
from tests import factories
from tests.races.sessions import Other
from warehouses.models import Organization

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.postgresql]

_SECONDS = 3.0
#: Table → what is counted of it, as the tallies name it.
_LISTS = {
    "inventory_stocklevel": ("level", "is_low"),
    "inventory_stockitem": ("item", "is_low"),
    "inventory_stocksummary": ("summary", "status = 'low'"),
}


def write(organization: Organization, seed: int, until: float) -> int:
    """Set random SKUs to quantities on either side of every border; make new ones now and then."""
    dice = random.Random(seed)
    places = list(organization.warehouses.all())
    skus = [
        factories.make_sku(organization, f"T-{seed}-{number}", safety_stock=5, reorder_point=20)
        for number in range(5)
    ]
    shared = list(Sku.objects.filter(organization=organization, code__startswith="S-"))
    made = 0
    while time.monotonic() < until:
        if dice.random() < 0.2:
            code = f"T-{seed}-{dice.randrange(10**6):06d}"
            skus.append(factories.make_sku(organization, code, safety_stock=5, reorder_point=20))
        sku = dice.choice(skus + shared)
        factories.stock(sku, dice.choice(places), dice.choice([0, 3, 10, 40]), mode=Mode.TO)
        made += 1
    return made


def pack(organization: Organization, until: float) -> int:
    packed = 0
    while time.monotonic() < until:
        packed += sum(tallies.pack(organization.pk, kind) for kind in TallyKind)
    return packed


def differences(until: float) -> tuple[int, list[Any]]:
    """How often was looked, and what was not the same in one statement, which has one snapshot."""
    at = connection.settings_dict
    looks, found = 0, []
    with psycopg.connect(
        host=at["HOST"],
        port=at["PORT"],
        user=at["USER"],
        password=at["PASSWORD"],
        dbname=at["NAME"],
        autocommit=True,
    ) as reader:
        while time.monotonic() < until:
            for table, (kind, low) in _LISTS.items():
                row = reader.execute(
                    f"SELECT (SELECT COUNT(*) FROM {table}), (SELECT COUNT(*) FROM {table} WHERE {low}),"  # type: ignore[arg-type]  # noqa: S608
                    " SUM(amount)::bigint, COALESCE(SUM(amount) FILTER (WHERE"
                    f" {low}), 0)::bigint FROM inventory_stocktally"
                    f" WHERE kind = '{kind}' AND form IN ('total', 'change')"
                ).fetchone()
                assert row is not None
                if row[:2] != row[2:]:
                    found.append((kind, row))
            blocks = reader.execute(
                "SELECT (SELECT COUNT(*) FROM inventory_stocklevel), SUM(amount)::bigint FROM inventory_stocktally"
                " WHERE kind = 'level' AND form IN ('block', 'change') HAVING BOOL_OR(form = 'block')"
            ).fetchone()
            if blocks is not None and blocks[0] != blocks[1]:
                found.append(("places", blocks))
            looks += 1
    return looks, found


def run(
    organization: Organization, packer: Callable[[Organization, float], int]
) -> tuple[int, int, list[Any]]:
    """(postings, looks, differences)."""
    until = time.monotonic() + _SECONDS
    writers = [Other(partial(write, organization, seed, until)) for seed in range(3)]
    packers = [Other(partial(packer, organization, until)) for _ in range(2)]
    looks, found = differences(until)
    assert all(other.result() for other in packers)
    return sum(writer.result() for writer in writers), looks, found


@pytest.fixture
def organization(transactional_db: None, monkeypatch: pytest.MonkeyPatch) -> Organization:
    monkeypatch.setattr(packing, "ROWS", 4)
    organization = factories.make_organization()
    factories.make_warehouse(organization, "Second")
    for number in range(20):
        sku = factories.make_sku(organization, f"S-{number:02d}", safety_stock=5, reorder_point=20)
        for place in organization.warehouses.all():
            factories.stock(sku, place, 40)
    return organization


def test_lists_have_what_they_say_in_every_snapshot(organization: Organization) -> None:
    made, looks, found = run(organization, pack)
    assert found == []
    assert made > 10
    assert looks > 10
    assert StockTally.objects.filter(kind="level", form="block").exists()
    assert list(verify()) == []


def pack_in_two_steps(organization: Organization, until: float) -> int:
    """As somebody would who reads the sum, and then puts it in the place of all that is there."""
    packed = 0
    while time.monotonic() < until:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT organization_id, warehouse_id, kind, status, is_low, SUM(amount) FROM inventory_stocktally"
                " WHERE form IN ('total', 'change') GROUP BY 1, 2, 3, 4, 5"
            )
            rows = cursor.fetchall()
            time.sleep(0.02)
            cursor.execute("BEGIN")
            cursor.execute("DELETE FROM inventory_stocktally")
            cursor.executemany(
                "INSERT INTO inventory_stocktally"
                " (organization_id, warehouse_id, kind, form, status, is_low, mark, amount)"
                " VALUES (%s, %s, %s, 'total', %s, %s, '', %s)",
                rows,
            )
            cursor.execute("COMMIT")
        packed += 1
    return packed


def test_a_packer_that_reads_before_it_writes_would_be_seen(organization: Organization) -> None:
    _made, _looks, found = run(organization, pack_in_two_steps)
    assert found
