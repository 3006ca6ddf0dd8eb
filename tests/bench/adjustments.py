"""One-line adjustments over HTTP, by eight clients at once."""

from __future__ import annotations

import json
import os
import re
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

import psycopg

from tests.bench.callers import Shelf
from tests.bench.databases import Database
from tests.bench.figures import AtLeast, BenchFault, Figure, Pair, expect
from tests.bench.ground import Bench, Ground, movements_of, units_of
from tests.bench.installation import Installation
from tests.bench.load import request
from tests.bench.scale import CLIENTS

__all__ = ["PATH", "adjusting_by_hand", "body", "dealt", "measure_adjustments"]

PATH: Final = "/api/v1/inventory/adjust"
GROUP: Final = "Adjust"

#: What the ledger does at the least: lock the level, update it, update its item, insert the movement.
_SCRIPT: Final = r"""
\set n random(1, {shelves})
BEGIN;
SELECT l.id AS level, l.sku_id AS sku, l.warehouse_id AS warehouse, l.on_hand AS before, l.version AS version
    FROM inventory_stocklevel l WHERE l.id = (SELECT level_id FROM bench_shelf WHERE n = :n) FOR NO KEY UPDATE \gset
UPDATE inventory_stocklevel SET on_hand = :before - 1, version = :version + 1, updated_at = now()
    WHERE id = :level;
UPDATE inventory_stockitem SET on_hand = on_hand - 1, updated_at = now() WHERE level_id = :level
    RETURNING id AS item, on_hand AS after \gset
INSERT INTO inventory_movement (id, organization_id, level_id, stock_item_id, sku_id, warehouse_id, delta,
    level_before, level_after, item_after, level_version, reason_code_id, note, reference, actor_type, actor_name,
    document_type, document_id, recorded_at)
    VALUES (pg_temp_uuid7(), '{organization}', :level, :item, :sku, :warehouse, -1, :before, :before - 1,
    :after, :version + 1, '{reason}', '', '', 'system', 'pgbench', 'adjustment', pg_temp_uuid7(), now());
END;
"""
#: Keys that grow, as the product's do: random ones would cost more.
_UUID7: Final = """
    CREATE FUNCTION pg_temp_uuid7() RETURNS uuid LANGUAGE sql VOLATILE AS $$
    SELECT (lpad(to_hex((extract(epoch FROM clock_timestamp()) * 1000)::bigint), 12, '0') || '7'
        || substr(replace(gen_random_uuid()::text, '-', ''), 14))::uuid $$
"""


def body(shelf: Shelf) -> bytes:
    sent = {"sku": shelf.code, "adjustment": -1, "warehouseId": shelf.warehouse, "reason": "Sold"}
    return json.dumps(sent).encode()


def dealt(requests: Sequence[bytes]) -> list[Sequence[bytes]]:
    """The requests, a share for each client."""
    return [requests[place::CLIENTS] for place in range(CLIENTS)]


def adjusting_by_hand(ground: Ground, shelf: Shelf) -> bytes:
    sent = {
        "organization": str(ground.caller.organization.pk),
        "warehouse": str(shelf.warehouse_id),
        "reason": str(ground.reason),
        "sku": shelf.code.casefold(),
        "adjustment": -1,
    }
    return request("POST", "/adjust", body=json.dumps(sent).encode())


def measure_adjustments(
    bench: Bench, ground: Ground, product: Installation, by_hand: Installation
) -> Iterator[Figure]:
    """Against pgbench, against a view by hand, and what an Idempotency-Key adds, all in the same turns."""
    pgbench = Pgbench(ground)
    for name, idempotent in (("adjust", False), ("adjust, with Idempotency-Key", True)):
        over_pgbench: list[Pair] = []
        over_view: list[Pair] = []
        for number in range(-1, ground.scale.pairs):  # the first is the warm-up
            bench.server.checkpoint()
            taken: dict[str, float] = {}
            turns = ["product", "view", "pgbench"]
            for turn in turns if number % 2 else reversed(turns):
                if turn == "product":
                    taken[turn] = _product(bench, ground, product, idempotent=idempotent)
                elif turn == "view":
                    taken[turn] = _view(bench, ground, by_hand)
                else:
                    taken[turn] = pgbench.run(ground.scale.transactions)
            if number >= 0:
                over_pgbench.append((taken["product"], taken["pgbench"]))
                over_view.append((taken["product"], taken["view"]))
        yield Figure.of(GROUP, f"{name}: against a view by hand", "adjustments/s", over_view, AtLeast(0.5))
        yield Figure.of(GROUP, f"{name}: against pgbench", "adjustments/s", over_pgbench)
    ground.require_books()


def _product(bench: Bench, ground: Ground, installation: Installation, *, idempotent: bool) -> float:
    picked = ground.pick(ground.scale.adjustments)
    movements, units = movements_of(ground.product), units_of(ground.product)
    sent = [ground.caller.write("POST", PATH, body(shelf), idempotent=idempotent) for shelf in picked]
    outcome = bench.load.run(installation.port, dealt(sent))
    outcome.require(PATH)
    _require_posted(ground.product, len(picked), movements, units)
    return len(picked) / outcome.seconds


def _view(bench: Bench, ground: Ground, installation: Installation) -> float:
    count = ground.scale.adjustments
    movements, units = movements_of(ground.by_hand), units_of(ground.by_hand)
    sent = [adjusting_by_hand(ground, ground.dice.choice(ground.shelves)) for _ in range(count)]
    outcome = bench.load.run(installation.port, dealt(sent))
    outcome.require("The view by hand")
    _require_posted(ground.by_hand, count, movements, units)
    return count / outcome.seconds


def _require_posted(database: Database, accepted: int, movements: int, units: int) -> None:
    posted, taken = movements_of(database) - movements, units - units_of(database)
    expect(
        (posted, taken) == (accepted, accepted),
        f"Of {accepted} adjustments {posted} are movements, and the stock is {taken} less.",
    )


class Pgbench:
    """The same transaction without the product: four statements, by as many clients, as fast as PostgreSQL is."""

    def __init__(self, ground: Ground) -> None:
        self.ground = ground
        with ground.by_hand.plain() as connection:
            connection.execute(_UUID7)
            connection.execute("CREATE TABLE bench_shelf (n integer PRIMARY KEY, level_id uuid NOT NULL)")
            with connection.cursor().copy("COPY bench_shelf FROM STDIN") as copy:
                for number, shelf in enumerate(ground.shelves, start=1):
                    copy.write_row((number, shelf.level_id))
            connection.execute("VACUUM ANALYZE bench_shelf")
            row = connection.execute("SHOW server_version_num").fetchone()
        self.program = _program(int(row[0]) // 10000 if row else 0)
        self.script = _SCRIPT.format(
            shelves=len(ground.shelves), organization=ground.caller.organization.pk, reason=ground.reason
        )

    def run(self, transactions: int) -> float:
        """Transactions a second, by all clients together."""
        movements, units = movements_of(self.ground.by_hand), units_of(self.ground.by_hand)
        each = max(transactions // CLIENTS, 1)
        with tempfile.TemporaryDirectory() as folder:
            script = Path(folder) / "adjust.sql"
            script.write_text(self.script)
            command = [
                self.program,
                "--no-vacuum",
                "--client",
                str(CLIENTS),
                "--jobs",
                "2",
                "--protocol",
                "prepared",
            ]
            command += ["--transactions", str(each), "--file", str(script)]
            finished = subprocess.run(
                command, env=_environment(self.ground.by_hand), text=True, capture_output=True, check=False
            )
        expect(finished.returncode == 0, f"pgbench failed: {finished.stderr[-600:]}")
        _require_posted(self.ground.by_hand, each * CLIENTS, movements, units)
        found = re.search(r"tps = ([0-9.]+)", finished.stdout)
        if found is None:
            raise BenchFault(f"pgbench says no figure: {finished.stdout[-600:]}")
        return float(found[1])


def _program(version: int) -> str:
    """pgbench comes with PostgreSQL's server."""
    named = Path(f"/usr/lib/postgresql/{version}/bin/pgbench")
    return str(named) if named.exists() else "pgbench"


def _environment(database: Database) -> dict[str, str]:
    told = psycopg.conninfo.conninfo_to_dict(database.url)
    names = {
        "host": "PGHOST",
        "port": "PGPORT",
        "user": "PGUSER",
        "password": "PGPASSWORD",
        "dbname": "PGDATABASE",
    }
    return os.environ | {names[name]: str(value) for name, value in told.items() if name in names}
