"""The test database: a copy of one in which all migrations have run, made once for all that have the same migrations.

Migrating takes longer than most of what is tested, and each parallel process of each run needs a database of its own.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import django
from django.apps import apps
from django.conf import settings
from django.core.management import call_command
from django.core.management.sql import emit_post_migrate_signal
from django.db import connection

__all__ = ["gather_statistics", "test_database"]

#: One process makes the original while the others wait. Any number: nobody else takes locks of this kind here.
_LOCK = 7_226_001
_KEPT = 7 * 24 * 3600  # seconds, after it was last copied


@contextlib.contextmanager
def test_database() -> Iterator[None]:
    """Connections are to a new database of this process's own, which is gone afterwards."""
    usual = connection.settings_dict["NAME"]
    name = connection.creation._get_test_db_name()
    engine = _postgresql if connection.vendor == "postgresql" else _sqlite
    connection.close()
    with engine(name):
        _connect_to(name)
        # What is put in after every migration may have changed while the migrations have not.
        emit_post_migrate_signal(verbosity=0, interactive=False, db="default")
        try:
            yield
        finally:
            _connect_to(usual)


def gather_statistics() -> None:
    """What autovacuum would do within minutes, for all tables of ours.

    Not for the catalogs that all databases of a server share: in a transaction, their locks would hold up every other
    process of the suite that does the same.
    """
    tables = connection.introspection.django_table_names(only_existing=True, include_views=False)
    with connection.cursor() as cursor:
        cursor.execute(f"ANALYZE {', '.join(connection.ops.quote_name(table) for table in tables)}")


def _connect_to(name: str) -> None:
    connection.close()
    settings.DATABASES["default"]["NAME"] = connection.settings_dict["NAME"] = name


def _migrate(name: str) -> None:
    usual = connection.settings_dict["NAME"]
    _connect_to(name)
    call_command("migrate", verbosity=0, interactive=False)
    _connect_to(usual)


def _digest() -> str:
    """Of everything that decides what the migrations make."""
    found = hashlib.sha256(repr((django.VERSION, connection.vendor)).encode())
    for app in apps.get_app_configs():
        for file in sorted(Path(app.path, "migrations").glob("*.py")):
            found.update(f"{app.label}/{file.name}\n".encode())
            found.update(file.read_bytes())
    return found.hexdigest()[:12]


@contextlib.contextmanager
def _sqlite(name: str) -> Iterator[None]:
    folder = Path(settings.BASE_DIR) / ".data" / "tests"
    folder.mkdir(parents=True, exist_ok=True)
    original = folder / f"{_digest()}.sqlite3"
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not original.exists():
            _forget_old_ones(folder)
            half_done = folder / "half-done.sqlite3"
            _remove(half_done)
            _migrate(str(half_done))
            half_done.rename(original)
        os.utime(original)
        shutil.copyfile(original, name)
    try:
        yield
    finally:
        _remove(Path(name))


def _forget_old_ones(folder: Path) -> None:
    for file in folder.glob("*.sqlite3"):
        if time.time() - file.stat().st_mtime > _KEPT:
            _remove(file)


def _remove(file: Path) -> None:
    for suffix in ("", "-wal", "-shm"):
        Path(f"{file}{suffix}").unlink(missing_ok=True)


@contextlib.contextmanager
def _postgresql(name: str) -> Iterator[None]:
    """The original is beside the copies: what drops the databases of a run by their names drops it too."""
    quoted = connection.ops.quote_name
    beginning = f"test_{connection.settings_dict['NAME']}_of_"
    original = f"{beginning}{_digest()}"
    with _server() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [_LOCK])
        cursor.execute("SELECT datname FROM pg_database WHERE starts_with(datname, %s)", [beginning])
        there = {row[0] for row in cursor.fetchall()}
        if original not in there:
            for old in there:
                cursor.execute(f"DROP DATABASE {quoted(old)} WITH (FORCE)")
            half_done = f"{beginning}half_done"
            cursor.execute(f"CREATE DATABASE {quoted(half_done)} TEMPLATE template0")
            _migrate(half_done)
            cursor.execute(f"ALTER DATABASE {quoted(half_done)} RENAME TO {quoted(original)}")
        cursor.execute(f"DROP DATABASE IF EXISTS {quoted(name)} WITH (FORCE)")
        cursor.execute(f"CREATE DATABASE {quoted(name)} TEMPLATE {quoted(original)}")
        cursor.execute("SELECT pg_advisory_unlock(%s)", [_LOCK])
    try:
        yield
    finally:
        # A server that a test has started is told to end, and may take longer over it than this.
        with _server() as cursor:
            cursor.execute(f"DROP DATABASE IF EXISTS {quoted(name)} WITH (FORCE)")


@contextlib.contextmanager
def _server() -> Iterator[Any]:
    """A connection beside the test's own, to no database that is tested. It waits as long as it takes."""
    with connection._nodb_cursor() as cursor:
        cursor.execute("SET lock_timeout = 0")
        cursor.execute("SET statement_timeout = 0")
        yield cursor
