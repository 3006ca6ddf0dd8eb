"""The options of the two engines."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import dj_database_url
from django.core.exceptions import ImproperlyConfigured

__all__ = ["database"]


def database(url: str, *, statement_timeout: timedelta, behind_pgbouncer: bool) -> dict[str, Any]:
    """One entry of Django's DATABASES."""
    try:
        entry: dict[str, Any] = dict(dj_database_url.parse(url))
    except (ValueError, KeyError):
        # The URL holds a password, so neither it nor the parser's message is repeated.
        raise ImproperlyConfigured("DATABASE_URL is not a database URL.") from None
    if entry["ENGINE"] == "django.db.backends.sqlite3":
        return _sqlite(entry)
    return _postgresql(entry, statement_timeout=statement_timeout, behind_pgbouncer=behind_pgbouncer)


def _sqlite(entry: dict[str, Any]) -> dict[str, Any]:
    entry["OPTIONS"] = {
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
        "timeout": 20,
        # With the default (deferred), a transaction that reads before it writes fails at once when another one
        # wrote in between, however long the timeout.
        "transaction_mode": "IMMEDIATE",
    } | entry.get("OPTIONS", {})
    return entry


def _postgresql(
    entry: dict[str, Any], *, statement_timeout: timedelta, behind_pgbouncer: bool
) -> dict[str, Any]:
    # A new connection for every request costs three quarters of the requests a second.
    entry["CONN_MAX_AGE"] = 60
    entry["CONN_HEALTH_CHECKS"] = True
    options = {"connect_timeout": 5, "application_name": "tallyhouse"} | entry.get("OPTIONS", {})
    if behind_pgbouncer:
        # In transaction mode a session is not ours for two statements in a row, and start-up options are refused:
        # docs/operating.md sets the same limits on the role.
        entry["DISABLE_SERVER_SIDE_CURSORS"] = True
    else:
        # These, not the web server's, are the limits that end a request which waits or computes for ever.
        limits = {
            "lock_timeout": "3s",
            "statement_timeout": f"{int(statement_timeout.total_seconds() * 1000)}ms",
            "idle_in_transaction_session_timeout": "15s",
            "jit": "off",  # compiling costs more than it saves on lists that read one page
        }
        given = options.get("options", "")
        options["options"] = " ".join(
            [f"-c {name}={value}" for name, value in limits.items()] + [given]
        ).strip()
    entry["OPTIONS"] = options
    return entry
