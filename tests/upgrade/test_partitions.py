"""docs/partitioning.sql, as its head says to use it: the ledger's books hold, and people can go on."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.sql import SQL

from tests.races.conftest import ROOT, environment

pytestmark = pytest.mark.postgresql

#: By every way that writes the ledger: at once, one alone by the general way, and by the short way.
WRITE = """
import django; django.setup()
import json
from inventory.models import Movement, Sku, StockLevel
from tests.factories import make_key, make_sku, stock
from tests.inventory.api.callers import Caller
from warehouses.models import Organization

organization = Organization.objects.get()
levels = StockLevel.objects.filter(warehouse__is_active=True, sku__is_lot_controlled=False)
level = levels.exclude(on_hand=6).select_related("sku").first()
before = Movement.objects.count()
caller = Caller(make_key(organization))
place = {"warehouse_id": level.warehouse.public_id}
adjust = {"sku": level.sku.code, "adjustment": 1, "warehouseId": level.warehouse.public_id}
said = [
    caller.post("/gateway/api/v1/inventory/adjust", adjust),
    caller.post("/gateway/api/v1/inventory/adjust", adjust, {"Idempotency-Key": "part"}),
    caller.post("/gateway/api/v1/inventory/adjust", adjust, {"Idempotency-Key": "part"}),
    caller.put(f"/nexus/api/inventory/{level.sku.code}", {"quantity": 8, "reason": "AUDIT", **place}),
    caller.get("/gateway/api/v1/inventory"),
    caller.get(f"/nexus/api/inventory/{level.sku.code}/adjustments"),
    caller.get("/pos/api/v1/inventory/snapshot?date=2026-01-01T00:00:00Z"),
]
stock(make_sku(organization, "ANEW"), level.warehouse, 5)
assert all(one.status_code == 200 for one in said), [one.content[:300] for one in said]
print(json.dumps({"said": [one.status_code for one in said], "made": Movement.objects.count() - before}))
"""


@pytest.mark.timeout(600)
def test_the_ledger_is_divided_by_months(url: str, tmp_path: Path) -> None:
    variables = environment(tmp_path, DATABASE_URL=url, LOG_LEVEL="ERROR", ALLOWED_HOSTS="testserver")

    def run(*arguments: str, status: int = 0) -> str:
        done = subprocess.run(
            [sys.executable, *arguments], cwd=ROOT, env=variables, capture_output=True, text=True, check=False
        )
        assert done.returncode == status, done.stdout + done.stderr
        return done.stdout

    def asked(question: str, *values: Any) -> list[tuple[Any, ...]]:
        return connection.execute(question, values).fetchall()

    run("manage.py", "migrate", "--no-input", "--verbosity=0")
    run("manage.py", "seed_demo", "--skus", "60", "--warehouses", "2", "--movements", "600")
    with psycopg.connect(url, autocommit=True) as connection:
        (before,) = asked("SELECT COUNT(*), SUM(delta) FROM inventory_movement")
        with connection.transaction():
            connection.execute((ROOT / "docs" / "partitioning.sql").read_bytes())
        run("manage.py", "migrate", "--no-input", "--verbosity=0")
        run("manage.py", "migrate", "--check")
        assert asked("SELECT COUNT(*), SUM(delta) FROM inventory_movement") == [before]
        parts = {name for (name,) in asked("SELECT relid::text FROM pg_partition_tree('inventory_movement')")}
        assert len(parts) == 1 + 1 + 12 + 1
        # Nothing was copied, and nothing is looked up otherwise than before.
        assert asked("SELECT COUNT(*) FROM ONLY inventory_movement_before") == [before[:1]]
        indexed = asked(
            "SELECT COUNT(*) FROM pg_index WHERE indrelid = 'inventory_movement_before'::regclass AND indisvalid"
        )
        assert indexed == [(6,)]

        assert "the stock is right" in run("manage.py", "verify_stock")
        assert json.loads(run("-c", WRITE)) == {"said": [200] * 7, "made": 4}
        assert "the stock is right" in run("manage.py", "verify_stock")
        assert "the books are as they were" in run("manage.py", "verify_ledger")

        # The months to come take what belongs to them, and what nobody made a month for is kept too.
        for years, name in ((0.2, "inventory_movement_2"), (5, "inventory_movement_other")):
            connection.execute(
                "INSERT INTO inventory_movement SELECT (m).* FROM (SELECT jsonb_populate_record(m, jsonb_build_object("
                "'id', gen_random_uuid(), 'recorded_at', now() + %s * interval '1 year')) AS m"
                " FROM inventory_movement m LIMIT 1) one",
                [years],
            )
            found = asked(
                "SELECT DISTINCT tableoid::regclass::text FROM inventory_movement"
                " WHERE recorded_at > now() + %s * interval '1 year' - interval '1 day'"
                " AND recorded_at < now() + %s * interval '1 year' + interval '1 day'",
                years,
                years,
            )
            assert [one.startswith(name) for (one,) in found] == [True], found
        # Two movements of one level with one version at different instants are no longer refused, but found.
        assert "movements-chain" in run("manage.py", "verify_stock", status=1)
        # What is written stays as it is, in every partition.
        for part in map(SQL, sorted(parts)):
            acts = [SQL("TRUNCATE {}")]
            if connection.execute(SQL("SELECT 1 FROM {} LIMIT 1").format(part)).fetchone():
                acts += [SQL("UPDATE {} SET delta = 1"), SQL("DELETE FROM {}")]  # refused for each row
            for act in acts:
                with pytest.raises(psycopg.errors.RestrictViolation):
                    connection.execute(act.format(part))
