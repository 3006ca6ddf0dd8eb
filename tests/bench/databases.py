"""The run's databases: the small one, the large one, and a copy of the large one for what is written by hand."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator, Sequence
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

import psycopg
from django.core.management import call_command
from django.db import connection, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.utils import load_backend

from tests.bench.figures import expect

__all__ = ["Database", "Plain", "migrated"]


class Plain:
    """A connection of the driver's own, without Django, with the same tables and the same durability."""

    def __init__(self, settings: dict[str, Any]) -> None:
        self.is_postgresql = settings["ENGINE"].endswith("postgresql")
        self.driver: Any
        if self.is_postgresql:
            self.driver = psycopg.connect(**_address(settings), autocommit=True)
        else:
            self.driver = sqlite3.connect(settings["NAME"], timeout=20, isolation_level=None)
            self.driver.executescript(
                "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA foreign_keys=ON"
            )

    def execute(self, statement: str, parameters: Sequence[Any] = ()) -> Any:
        return self.driver.execute(
            statement if self.is_postgresql else statement.replace("%s", "?"), parameters
        )

    @contextlib.contextmanager
    def transaction(self) -> Iterator[None]:
        self.driver.execute("BEGIN" if self.is_postgresql else "BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self.driver.execute("ROLLBACK")
            raise
        self.driver.execute("COMMIT")

    def lock(self, strength: str) -> str:
        """SQLite's transaction holds the only write lock already."""
        return f" FOR {strength}" if self.is_postgresql else ""

    def close(self) -> None:
        self.driver.close()


@dataclass(frozen=True)
class Database:
    wrapper: BaseDatabaseWrapper

    @contextlib.contextmanager
    def current(self) -> Iterator[None]:
        """Meanwhile the product works on this one."""
        before = connections["default"]
        connections["default"] = self.wrapper
        try:
            yield
        finally:
            connections["default"] = before

    def plain(self) -> Plain:
        return Plain(self.wrapper.settings_dict)

    def close(self) -> None:
        self.wrapper.close()

    def copy(self, suffix: str) -> Database:
        """A copy as it is now, named like this one and `suffix`."""
        self.close()
        settings = deepcopy(self.wrapper.settings_dict)
        source = settings["NAME"]
        settings["NAME"] = f"{source}_{suffix}"
        if self.wrapper.vendor == "postgresql":
            with psycopg.connect(**(_address(settings) | {"dbname": "postgres"}), autocommit=True) as server:
                names = (psycopg.sql.Identifier(settings["NAME"]), psycopg.sql.Identifier(source))
                server.execute(psycopg.sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(*names))
        else:
            with (
                contextlib.closing(sqlite3.connect(source)) as one,
                contextlib.closing(sqlite3.connect(settings["NAME"])) as other,
            ):
                one.backup(other)
        return Database(load_backend(settings["ENGINE"]).DatabaseWrapper(settings, alias="default"))


def migrated() -> Database:
    """The database that the settings name, with the product's tables. It has to be empty: nobody's data is in it."""
    expect(not connection.introspection.table_names(), "The database to measure on is not empty.")
    call_command("migrate", verbosity=0)
    return Database(connections["default"])


def _address(settings: dict[str, Any]) -> dict[str, Any]:
    names = {"NAME": "dbname", "USER": "user", "PASSWORD": "password", "HOST": "host", "PORT": "port"}
    return {theirs: settings[ours] for ours, theirs in names.items() if settings.get(ours)}
