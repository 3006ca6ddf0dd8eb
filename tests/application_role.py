"""A test database in which requests act as a role that sees one organization; tests themselves act as the owner."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from django.db import connection
from django.test import override_settings

from warehouses import row_security

__all__ = ["requests_act_as_a_role"]


@contextlib.contextmanager
def requests_act_as_a_role() -> Iterator[str]:
    """Gives the name of the role: one of this database alone, for roles belong to the whole server.

    Within a transaction it is all undone with that. Without one, the role stays until `DROP OWNED` and `DROP ROLE`.
    """
    role = f"app_of_{connection.settings_dict['NAME']}"[:63]
    unguarded = list(connection.execute_wrappers)
    with override_settings(DATABASE_APP_ROLE=role), contextlib.ExitStack() as after:
        after.callback(lambda: connection.execute_wrappers.__setitem__(slice(None), unguarded))
        row_security.guard_connection(connection)
        if connection.in_atomic_block:
            with connection.cursor() as cursor:  # what waits for the end of the transaction holds the tables
                cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
                cursor.execute("SET CONSTRAINTS ALL DEFERRED")
                # Policies are put on whole tables: the server's own cleaning may be at them for a while.
                cursor.execute("SET LOCAL lock_timeout = '60s'")
        row_security.install()
        yield role
