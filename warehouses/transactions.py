"""The one place where a write's transaction begins, and where it is retried.

Locks are taken in one global order, so deadlocks should not happen; where the database still gives up
(deadlock, serialization failure, a locked SQLite file), the whole unit of work is run again, a few times, and then
refused with `CONTENTION`, never half done.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from typing import TypeVar

import structlog
from django.db import DEFAULT_DB_ALIAS, OperationalError, connections, transaction

from warehouses.refusals import Conflict

__all__ = ["ATTEMPTS", "run"]

ATTEMPTS = 5
_RETRIED = {"40001", "40P01"}  # serialization_failure, deadlock_detected
_CONTENDED = _RETRIED | {"55P03"}  # lock_not_available: lock_timeout has already waited its seconds

_log = structlog.get_logger(__name__)
Result = TypeVar("Result")


def run(work: Callable[[], Result], *, using: str = DEFAULT_DB_ALIAS) -> Result:
    """Run `work` in a transaction and commit; run it again when the database asks for that.

    `work` must be repeatable: no HTTP, no message, nothing outside the database. Inside an outer transaction it is
    a savepoint and is not repeated, because a deadlock aborts the outer transaction as a whole.

    Raises Conflict `CONTENTION` when the database gave up `ATTEMPTS` times.
    """
    repeatable = not connections[using].in_atomic_block
    attempt = 1
    while True:
        try:
            with transaction.atomic(using=using):
                return work()
        except OperationalError as error:
            state = _state(error)
            if state not in _CONTENDED:
                raise
            if not repeatable or attempt == ATTEMPTS or state not in _RETRIED:
                raise Conflict(
                    "CONTENTION", "Too many changes to the same stock at once; try again."
                ) from error
            _log.info("transaction.retried", attempt=attempt, state=state)
        # Jitter keeps two retried transactions from meeting again; it is no secret.
        time.sleep(random.uniform(0.005, 0.02) * 2**attempt)  # noqa: S311
        attempt += 1


def _state(error: OperationalError) -> str | None:
    """The SQLSTATE of a database error; SQLite has none, so its "locked" is read as lock_not_available."""
    cause = error.__cause__
    state = getattr(cause, "sqlstate", None)
    if state is None and "locked" in str(error):
        return "55P03"
    return state if isinstance(state, str) else None
