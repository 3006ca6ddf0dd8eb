"""Rehearsing a restore: a backup is made (or brought), put into another database, upgraded and verified.

The database that is backed up is only read; what is made beside it is dropped again, whatever happens.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Protocol
from urllib.parse import quote, urlencode

import psycopg
from django.conf import settings
from django.db import connection, transaction

from inventory.checkpoints import heads

__all__ = ["Engine", "NotRestored", "Snapshot", "engine", "manage"]


class NotRestored(Exception):
    """A step failed; the text says which, and what its program said."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What there was at the moment of the backup: rows by table, and heads as `ledger_head` prints them."""

    rows: dict[str, int]
    heads: list[str]


class Engine(Protocol):
    """How one kind of database is backed up and restored."""

    def dump(self, file: Path) -> Snapshot:
        """Write a backup, and say what is in it: both are of one moment."""

    def restored(self, file: Path) -> contextlib.AbstractContextManager[str]:
        """A new database made of a backup, by its URL, until the end of the block."""

    def rows_of(self, url: str) -> dict[str, int]: ...


def engine(folder: Path) -> Engine:
    """That of the product's database; a copy that is a file is made in `folder`."""
    return _PostgreSQL() if connection.vendor == "postgresql" else _SQLite(folder)


def manage(url: str, *arguments: str, given: str = "") -> str:
    """What `manage.py` says, run on another database. Raises NotRestored with that, where it refuses."""
    return _run(
        [sys.executable, str(settings.BASE_DIR / "manage.py"), *arguments],
        environment={"DATABASE_URL": url},
        given=given,
    )


def _run(command: list[str], *, environment: dict[str, str], given: str = "") -> str:
    done = subprocess.run(  # noqa: S603 - our own program, or PostgreSQL's
        command, env=os.environ | environment, input=given, capture_output=True, text=True, check=False
    )
    if done.returncode:
        name = " ".join(Path(part).name for part in command[:3])
        raise NotRestored(f"{name}: {(done.stdout + done.stderr).strip()[-4000:]}")
    return done.stdout.strip()


def _counted(cursor: Any, tables: list[str]) -> dict[str, int]:
    found = {}
    for table in tables:
        cursor.execute(f'SELECT count(*) FROM "{table}"')  # noqa: S608 - the database's own names
        found[table] = cursor.fetchone()[0]
    return found


# --- PostgreSQL

_TABLES: Final = "SELECT tablename FROM pg_tables WHERE schemaname = current_schema() ORDER BY tablename"
#: What of Django's options PostgreSQL's own programs know too: where servers are, and how nobody listens.
_SHARED: Final = ("ssl", "gss", "channel_binding", "host", "port", "target_session_attrs")


class _PostgreSQL:
    def dump(self, file: Path) -> Snapshot:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
            cursor.execute("SET LOCAL statement_timeout = 0")
            cursor.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
            cursor.execute("SELECT pg_export_snapshot()")
            snapshot = cursor.fetchone()[0]
            cursor.execute(_TABLES)
            found = Snapshot(
                _counted(cursor, [row[0] for row in cursor.fetchall()]), [str(h) for h in heads()]
            )
            source = f"--dbname={_url(connection.settings_dict['NAME'], password=False)}"
            _program("pg_dump", "--format=custom", f"--snapshot={snapshot}", f"--file={file}", source)
        return found

    @contextlib.contextmanager
    def restored(self, file: Path) -> Iterator[str]:
        name = f"{connection.settings_dict['NAME'][:40]}_rehearsal_{secrets.token_hex(4)}"
        quoted = connection.ops.quote_name(name)
        with connection._nodb_cursor() as cursor:
            cursor.execute("SET statement_timeout = 0")
            cursor.execute(f"CREATE DATABASE {quoted} TEMPLATE template0")
        try:
            # A role that has no rights on the copy need not exist where it is restored.
            options = ("--no-owner", "--no-privileges", "--exit-on-error")
            _program("pg_restore", *options, f"--dbname={_url(name, password=False)}", str(file))
            yield _url(name)
        finally:
            with connection._nodb_cursor() as cursor:
                cursor.execute("SET statement_timeout = 0")
                cursor.execute(f"DROP DATABASE {quoted} WITH (FORCE)")

    def rows_of(self, url: str) -> dict[str, int]:
        with psycopg.connect(url) as copy, copy.cursor() as cursor:
            cursor.execute(_TABLES)
            return _counted(cursor, [row[0] for row in cursor.fetchall()])


def _program(name: str, *arguments: str) -> None:
    """One of PostgreSQL's. The password is in its environment only: everybody may read its command."""
    found = shutil.which(name) or _installed(name)
    if found is None:
        raise NotRestored(f"{name} is not installed.")
    _run([found, *arguments], environment={"PGPASSWORD": connection.settings_dict["PASSWORD"] or ""})


def _installed(name: str) -> str | None:
    """The newest that Debian keeps beside each other."""
    found = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), key=lambda path: float(path.parts[-3]))
    return str(found[-1]) if found else None


def _url(name: str, *, password: bool = True) -> str:
    """Where a database of the product's server is."""
    at = connection.settings_dict
    secret = f":{quote(at['PASSWORD'], safe='')}" if at["PASSWORD"] and password else ""
    who = f"{quote(at['USER'], safe='')}{secret}@" if at["USER"] else ""
    where = quote(at["HOST"] or "", safe=".:[]") + (f":{at['PORT']}" if at["PORT"] else "")
    options = {key: str(value) for key, value in at["OPTIONS"].items() if key.startswith(_SHARED)}
    return f"postgresql://{who}{where}/{quote(name, safe='')}" + (f"?{urlencode(options)}" if options else "")


# --- SQLite


class _SQLite:
    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def dump(self, file: Path) -> Snapshot:
        name = f"file:{quote(str(connection.settings_dict['NAME']))}?mode=ro"
        with contextlib.closing(sqlite3.connect(name, uri=True)) as source:
            source.execute("BEGIN")  # one moment for all that is read, the backup with it
            found = Snapshot(
                _counted(cursor := source.cursor(), _tables_of(cursor)), [str(h) for h in heads()]
            )
            with contextlib.closing(sqlite3.connect(file)) as copy:
                source.backup(copy)
        return found

    @contextlib.contextmanager
    def restored(self, file: Path) -> Iterator[str]:
        copy = self._folder / "restored.sqlite3"
        shutil.copyfile(file, copy)
        yield f"sqlite:///{copy}"

    def rows_of(self, url: str) -> dict[str, int]:
        with contextlib.closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as copy:
            return _counted(cursor := copy.cursor(), _tables_of(cursor))


def _tables_of(cursor: sqlite3.Cursor) -> list[str]:
    cursor.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")
    return [row[0] for row in cursor.fetchall()]
