"""Reading from a replica of the database: reports only, and never inside a transaction.

Whoever computes a report does it in `read` or `each`. Everything else is read from the primary, and everything is
written there. A replica is asked only while it is known to be at most `settings.REPLICA_MAX_LAG` behind: one that is
further behind, does not answer, or is no replica any more is left alone for some seconds, and the primary answers in
its place. Without `REPLICA_DATABASE_URL` all of this costs no statement.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from contextvars import ContextVar
from datetime import datetime, timedelta
from typing import Any, Final, TypeVar

import structlog
from django.conf import settings
from django.db import (
    DEFAULT_DB_ALIAS,
    DatabaseError,
    InterfaceError,
    OperationalError,
    connections,
    transaction,
)
from django.utils import timezone

__all__ = ["ALIAS", "Router", "alias", "each", "read"]

ALIAS: Final = "replica"
#: How long an answer of whether it may be asked holds, and how long one that failed is left alone.
_LOOK_EVERY: Final = 1.0
_REST: Final = 10.0
#: What was seen a moment ago has aged since, and what was recorded before an instant may be committed after it.
_SLACK: Final = timedelta(seconds=5)
_TOOK_TOO_LONG: Final = "57014"

_asked: ContextVar[bool] = ContextVar("replica_asked", default=False)
_log = structlog.get_logger(__name__)
Item = TypeVar("Item")
Result = TypeVar("Result")


def read(work: Callable[[], Result], *, as_of: datetime | None = None) -> Result:
    """What `work` returns, read from the replica where there is one that may be asked, and else from the primary.

    Of something that is told `as_of` an instant the replica is asked only if it cannot lack anything of that time.
    `work` reads only, leaves nothing to be read later, and is repeatable: where the replica fails in the middle of it
    (it has gone, or had to drop what was being read to follow the primary), it is done again on the primary. A
    statement that took too long is not.
    """
    if not _may_be_asked(as_of):
        return work()
    try:
        with _reading():
            return work()
    except (OperationalError, InterfaceError) as error:
        if getattr(error.__cause__, "sqlstate", None) == _TOOK_TOO_LONG:
            raise
        connections[ALIAS].close()
        _freshness.rest()
        _log.warning("replica.failed", reason=type(error).__name__)
    return work()


def each(items: Iterator[Item], *, as_of: datetime | None = None) -> Iterator[Item]:
    """`items`, each computed on the replica where that may be asked; what is done between two of them is not.

    Where the replica fails meanwhile, so does this: half of a file cannot be taken back.
    """
    nothing: Any = object()
    while True:
        with _reading() if _may_be_asked(as_of) else nullcontext():
            item = next(items, nothing)
        if item is nothing:
            return
        yield item


def alias() -> str:
    """The database to read from, here and now, for statements that go past the ORM."""
    return ALIAS if _asked.get() and not _in_transaction() else DEFAULT_DB_ALIAS


class Router:
    """For `DATABASE_ROUTERS`. It always answers: where a record was read says nothing of where to read next."""

    def db_for_read(self, model: Any, **hints: Any) -> str:
        return alias()

    def db_for_write(self, model: Any, **hints: Any) -> str:
        return DEFAULT_DB_ALIAS

    def allow_relation(self, one: Any, other: Any, **hints: Any) -> bool:
        return True  # they are the same rows

    def allow_migrate(self, db: str, app_label: str, **hints: Any) -> bool:
        return db == DEFAULT_DB_ALIAS


def _may_be_asked(as_of: datetime | None) -> bool:
    if ALIAS not in connections.databases or _in_transaction():
        return False
    if as_of is not None and as_of > timezone.now() - settings.REPLICA_MAX_LAG - _SLACK:
        return False
    return _freshness.is_fresh()


@contextmanager
def _reading() -> Iterator[None]:
    token = _asked.set(True)
    try:
        yield
    finally:
        _asked.reset(token)


def _in_transaction() -> bool:
    return transaction.get_connection(DEFAULT_DB_ALIAS).in_atomic_block


class Freshness:
    """How far behind the replica is, found by asking both: where the primary's log ends, and how far it was replayed.

    The clocks of the two machines do not matter: what is remembered is when this process has seen the primary's log end
    where. The replica is as old as the latest of these places that it has passed.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._seen: deque[tuple[float, int]] = deque(maxlen=600)
        self._holds_until = 0.0
        self._is_fresh = False

    def rest(self) -> None:
        """Leave the replica alone for some time."""
        with self._lock:
            self._is_fresh, self._holds_until = False, time.monotonic() + _REST

    def is_fresh(self) -> bool:
        """Whether it may be asked. Two statements, one on each, at most once a second in each process."""
        with self._lock:
            if time.monotonic() >= self._holds_until:
                self._is_fresh, holds = self._look()
                self._holds_until = time.monotonic() + holds
            return self._is_fresh

    def _look(self) -> tuple[bool, float]:
        now = time.monotonic()
        try:
            with connections[ALIAS].cursor() as cursor:
                cursor.execute("SELECT pg_is_in_recovery(), pg_last_wal_replay_lsn() - '0/0'")
                is_replica, replayed = cursor.fetchone()
        except (DatabaseError, InterfaceError) as error:
            connections[ALIAS].close()
            _log.warning("replica.unreachable", reason=type(error).__name__)
            return False, _REST
        if not is_replica:  # promoted: what it says may not be what the primary says
            _log.warning("replica.is_none")
            return False, _REST
        with connections[DEFAULT_DB_ALIAS].cursor() as cursor:
            cursor.execute("SELECT pg_current_wal_lsn() - '0/0'")
            (written,) = cursor.fetchone()
        self._seen.append((now, int(written)))
        passed = [when for when, place in self._seen if place <= int(replayed or 0)]
        lag = now - max(passed) if passed else None
        if lag is not None and lag <= settings.REPLICA_MAX_LAG.total_seconds():
            return True, _LOOK_EVERY
        _log.warning("replica.behind", seconds=None if lag is None else round(lag, 1))
        return False, _LOOK_EVERY


_freshness = Freshness()
