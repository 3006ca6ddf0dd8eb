"""The run's databases: each a copy of one that is filled once and kept until the schema or the way of filling changes.

What is kept is named `tallyhouse_bench_<digest>_<SKUs>`, a run's own `tallyhouse_benchrun_<…>`; nothing else on the
server is looked at.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import subprocess
import sys
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any, LiteralString
from urllib.parse import urlsplit, urlunsplit

import psycopg
from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.utils import load_backend
from psycopg import sql

from tests.bench.figures import expect
from tests.bench.scale import MOVEMENTS_PER_SKU, WAREHOUSES

__all__ = ["ORGANIZATION", "Database", "Server", "seed_digest"]

ROOT = Path(__file__).resolve().parents[2]
ORGANIZATION = "Bulk Trading"
_KEPT, _OWN = "tallyhouse_bench_", "tallyhouse_benchrun_"
#: With the migrations, what decides what is in a database that was filled.
_SEEDS = (
    "inventory/demo/bulk.py",
    "inventory/guards.py",
    "inventory/ledger/bulk_rows.py",
    "inventory/ledger/seeding.py",
    "inventory/management/commands/seed_demo.py",
    "inventory/reason_codes.py",
    "warehouses/organizations.py",
)
_LOCK = 7_241_930_518  # any number, the same in every run


def seed_digest() -> str:
    """Of the code that makes the schema and the rows."""
    digest = hashlib.sha256(f"{WAREHOUSES} {MOVEMENTS_PER_SKU}".encode())
    for path in sorted([*ROOT.glob("*/migrations/[0-9]*.py"), *(ROOT / name for name in _SEEDS)]):
        digest.update(path.relative_to(ROOT).as_posix().encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


@dataclass(frozen=True)
class Database:
    """One copy, as the product's code in this process sees it while it is `current`."""

    wrapper: BaseDatabaseWrapper
    url: str

    @contextlib.contextmanager
    def current(self) -> Iterator[None]:
        before = connections["default"]
        connections["default"] = self.wrapper
        try:
            yield
        finally:
            connections["default"] = before

    def plain(self) -> psycopg.Connection[Any]:
        """A connection of the driver's own, without Django."""
        return psycopg.connect(self.url, autocommit=True)

    def close(self) -> None:
        self.wrapper.close()


class Server:
    """The PostgreSQL at `url`, whose database part is not used. One run at a time has it."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.connection = psycopg.connect(self._named("postgres"), autocommit=True)
        self.connection.execute("SELECT pg_advisory_lock(%s)", [_LOCK])
        self.copies: list[str] = []

    def close(self, *, discard: bool) -> None:
        """Drop the run's copies, and with `discard` what was filled as well."""
        for name in self._names(_OWN):
            self._drop(name)
        for name in self._names(_KEPT) if discard else []:
            self._drop(name)
        self.connection.close()

    def setting(self, name: str) -> str:
        row = self.connection.execute("SELECT current_setting(%s)", [name]).fetchone()
        assert row is not None
        return str(row[0])

    def forget(self, *, everything: bool) -> None:
        """Drop what an interrupted run has left, and what was filled by other code; `everything`: by this one too."""
        for name in self._names(_OWN):
            self._drop(name)
        for name in self._names(_KEPT):
            if everything or not name.startswith(f"{_KEPT}{seed_digest()}_"):
                self._drop(name)

    def fill(self, skus: int) -> bool:
        """Make the database that copies of so many SKUs are made of; False: it is there."""
        name = self._kept(skus)
        if name in self._names(_KEPT):
            return False
        if self._kept(0) not in self._names(_KEPT):
            self._make(self._kept(0), "template1", "migrate", "--verbosity", "0")
        size = ["--skus", str(skus), "--warehouses", str(WAREHOUSES)]
        size += ["--movements", str(MOVEMENTS_PER_SKU * skus), "--organization", ORGANIZATION]
        self._make(name, self._kept(0), "seed_demo", *size)
        return True

    def _make(self, name: str, template: str, *command: str) -> None:
        """A database of this name as `manage.py` leaves it; nobody sees it before that."""
        unfinished = f"{_OWN}filling"
        self._create(unfinished, template)
        # Only while it is made: should the machine go down, it is made again.
        self._alter(unfinished, "SET synchronous_commit = off")
        # Standard output has figures only; the progress bar is on standard error.
        finished = subprocess.run(
            [sys.executable, "manage.py", *command],
            cwd=ROOT,
            env=os.environ | {"DATABASE_URL": self._named(unfinished)},
            stdout=2,
            check=False,
        )
        expect(finished.returncode == 0, f"manage.py {command[0]} failed.")
        self._alter(unfinished, "RESET synchronous_commit")
        self.connection.execute(
            sql.SQL("ALTER DATABASE {} RENAME TO {}").format(sql.Identifier(unfinished), sql.Identifier(name))
        )

    def copy(self, skus: int, suffix: str) -> Database:
        """A database of so many SKUs for this run only."""
        name = f"{_OWN}{skus}_{suffix}"
        self._create(name, self._kept(skus))
        settings = deepcopy(connections["default"].settings_dict) | {"NAME": name}
        return Database(
            load_backend(settings["ENGINE"]).DatabaseWrapper(settings, alias="default"), self._named(name)
        )

    def drop(self, database: Database) -> None:
        database.close()
        self._drop(database.wrapper.settings_dict["NAME"])

    def checkpoint(self) -> None:
        """What was written so far is not written back while something else is measured."""
        self.connection.execute("CHECKPOINT")

    def _kept(self, skus: int) -> str:
        return f"{_KEPT}{seed_digest()}_{skus}"

    def _named(self, name: str) -> str:
        return urlunsplit(urlsplit(self.url)._replace(path=f"/{name}"))

    def _names(self, prefix: str) -> list[str]:
        rows = self.connection.execute(
            "SELECT datname FROM pg_database WHERE starts_with(datname, %s)", [prefix]
        )
        return [row[0] for row in rows.fetchall()]

    def _create(self, name: str, template: str) -> None:
        # Written as files, not by way of the log: gigabytes of it would be written twice.
        self.connection.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY FILE_COPY").format(
                sql.Identifier(name), sql.Identifier(template)
            )
        )

    def _alter(self, name: str, how: LiteralString) -> None:
        self.connection.execute(sql.SQL("ALTER DATABASE {} " + how).format(sql.Identifier(name)))

    def _drop(self, name: str) -> None:
        self.connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} (FORCE)").format(sql.Identifier(name)))
