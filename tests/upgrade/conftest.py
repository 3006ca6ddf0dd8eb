from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import connection

from tests.races.conftest import database_url


@pytest.fixture
def url(db: None, tmp_path: Path) -> Iterator[str]:
    """A database that nothing is in."""
    if connection.vendor == "sqlite":
        yield f"sqlite:///{tmp_path}/first.sqlite3"
        return
    name = f"{connection.settings_dict['NAME']}_first"
    quoted = connection.ops.quote_name(name)
    with connection._nodb_cursor() as cursor:
        cursor.execute("SET statement_timeout = 0")
        cursor.execute(f"CREATE DATABASE {quoted} TEMPLATE template0")
    yield database_url().removesuffix(connection.settings_dict["NAME"]) + name
    with connection._nodb_cursor() as cursor:
        cursor.execute("SET statement_timeout = 0")
        cursor.execute(f"DROP DATABASE {quoted} WITH (FORCE)")
