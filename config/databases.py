"""The options of the two engines."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import dj_database_url
from django.core.exceptions import ImproperlyConfigured

__all__ = ["database", "replica"]


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


def replica(url: str, primary: dict[str, Any]) -> dict[str, Any]:
    """The entry of a replica: it is reached at `url`, and talked to as the primary is."""
    if not primary["ENGINE"].endswith("postgresql"):
        raise ImproperlyConfigured(
            "REPLICA_DATABASE_URL is for PostgreSQL: DATABASE_URL names another database."
        )
    try:
        entry: dict[str, Any] = dict(dj_database_url.parse(url))
    except (ValueError, KeyError):
        raise ImproperlyConfigured("REPLICA_DATABASE_URL is not a database URL.") from None
    # Where the primary is, and which of several it is, is not what is passed on.
    kept = {
        name: value
        for name, value in primary["OPTIONS"].items()
        if name not in {"host", "port", "hostaddr", "target_session_attrs"}
    }
    # Who waits for a report waits no longer than this before the primary makes it.
    entry["OPTIONS"] = kept | {"connect_timeout": 2} | entry.get("OPTIONS", {})
    entry["TEST"] = {"MIRROR": "default"}
    return {**primary, **entry, "CONN_MAX_AGE": primary["CONN_MAX_AGE"], "CONN_HEALTH_CHECKS": True}


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
            # Of `warehouses.prepared`, whose statements look up single rows: planning takes longer than running them.
            "plan_cache_mode": "force_generic_plan",
            "jit": "off",  # compiling costs more than it saves on lists that read one page
        }
        given = options.get("options", "")
        options["options"] = " ".join(
            [f"-c {name}={value}" for name, value in limits.items()] + [given]
        ).strip()
        # Django's own cursors put the values into the text, and prepare nothing; those of `warehouses.prepared` do.
        options.setdefault("prepare_threshold", 2)
    entry["OPTIONS"] = options
    return entry
