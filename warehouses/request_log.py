"""The log of the requests to the HTTP API: what came, what was answered, and how long it took.

A request only puts its record into a list in memory; a thread of each web process writes the list down, many records
in one statement, about once a second. So the log costs a request no query and no time of waiting, and whatever happens
to the log, the request has been answered. The list is bounded: while the database takes nothing, what no longer fits
is dropped and counted.
"""

from __future__ import annotations

import atexit
import os
import re
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import structlog
from django.conf import settings
from django.db import DatabaseError, DataError, IntegrityError, InterfaceError, connection

from warehouses.access import Access
from warehouses.models import Organization, RequestRecord

__all__ = ["MOST_KEPT", "READ", "RequestLog", "first_id_of", "log", "purge", "redacted", "requests_with"]

#: Who may look into the log, in the whole organization: it holds what was asked of every warehouse.
READ: Final = "integrations.manage"
#: The newest of each organization, however young those beyond are: a million is some hundreds of megabytes.
MOST_KEPT: Final = 1_000_000
_CAPACITY: Final = 5_000
_BATCH: Final = 250
_PURGED_AT_ONCE: Final = 2_000
_SECONDS_BETWEEN: Final = 1.0
_SECRET: Final = re.compile(r"(th_live_|whsec_)[0-9A-Za-z+/=_-]*")
_UNPRINTABLE: Final = re.compile("[\x00-\x1f\x7f\ud800-\udfff]")

_events = structlog.get_logger(__name__)


class RequestLog:
    """Records on their way to the database. Safe to be used by many threads.

    `capacity` records wait at most. `write` puts some into the database, all or none of them.
    """

    def __init__(
        self,
        *,
        write: Callable[[Sequence[RequestRecord]], None] | None = None,
        capacity: int = _CAPACITY,
        in_background: bool | None = None,
    ) -> None:
        self._write = write or _insert
        self._capacity = capacity
        self._in_background = in_background
        self._waiting: deque[RequestRecord] = deque()
        self._dropped = 0
        self._lock = threading.Lock()
        self._writing = threading.Lock()
        self._process = 0  # the one that the thread belongs to: a fork has none

    def __len__(self) -> int:
        return len(self._waiting)

    @property
    def dropped(self) -> int:
        """How many did not fit, since it was last written down that they did not."""
        return self._dropped

    def note(self, record: RequestRecord) -> None:
        """Keep `record` to be written soon. It never waits and never fails."""
        with self._lock:
            if len(self._waiting) >= self._capacity:
                self._dropped += 1
                return
            self._waiting.append(record)
            if self._process != os.getpid():
                self._start()

    def forget(self) -> None:
        """Write nothing of what is waiting."""
        with self._lock:
            self._waiting.clear()
            self._dropped = 0

    def flush(self) -> int:
        """Write down what is waiting; returns how many. What the database does not take now waits for the next time.

        A record that the database refuses for what it is (its organization is gone) is dropped.
        """
        written = 0
        with self._writing:
            while batch := self._taken():
                try:
                    written += self._put(batch)
                except (DatabaseError, InterfaceError) as error:
                    self._put_back(batch)
                    _events.warning("request_log.not_written", waiting=len(self._waiting), reason=str(error))
                    break
            if self._dropped:
                with self._lock:
                    dropped, self._dropped = self._dropped, 0
                _events.warning("request_log.dropped", count=dropped)
        return written

    def _taken(self) -> list[RequestRecord]:
        with self._lock:
            return [self._waiting.popleft() for _ in range(min(_BATCH, len(self._waiting)))]

    def _put(self, batch: list[RequestRecord]) -> int:
        try:
            self._write(batch)
        except (IntegrityError, DataError) as error:
            if len(batch) == 1:
                _events.warning("request_log.refused", request_id=batch[0].request_id, reason=str(error))
                return 0
            return sum(self._put([record]) for record in batch)
        return len(batch)

    def _put_back(self, batch: list[RequestRecord]) -> None:
        with self._lock:
            room = max(self._capacity - len(self._waiting), 0)
            self._dropped += max(len(batch) - room, 0)
            self._waiting.extendleft(reversed(batch[len(batch) - min(room, len(batch)) :]))

    def _start(self) -> None:
        wanted = settings.REQUEST_LOG_IN_BACKGROUND if self._in_background is None else self._in_background
        self._process = os.getpid()
        if wanted:
            threading.Thread(target=self._work, name="request-log", daemon=True).start()
            atexit.register(self._last)

    def _work(self) -> None:
        while True:
            time.sleep(_SECONDS_BETWEEN)
            if self._waiting or self._dropped:
                self._last()

    def _last(self) -> None:
        try:
            self.flush()
        except Exception as error:  # noqa: BLE001 - the thread has to live, whatever goes wrong once
            _events.error("request_log.failed", exc_info=error)
        finally:
            connection.close()  # it is this thread's own, and none is kept for the quiet hours


def requests_with(*, access: Access, request_id: str) -> list[RequestRecord]:
    """The newest requests of the organization with that id, ten at most; none for whoever may not see the log.

    One look-up in an index. A caller that names its requests itself may give one name to several.
    """
    if not access.everywhere(READ):
        return []
    rows = RequestRecord.objects.for_organization(access.organization)
    return list(rows.filter(request_id=request_id.strip()).order_by("-pk")[:10])


def purge(now: datetime, *, kept: timedelta | None = None, most: int = MOST_KEPT) -> int:
    """Delete what is older than `kept` (REQUEST_LOG_KEPT), and of each organization all but the newest `most`.

    Returns how many. In batches: none holds its locks for long.
    """
    before = first_id_of(now - (settings.REQUEST_LOG_KEPT if kept is None else kept))
    deleted = _delete_before(before)
    for organization in Organization.objects.order_by("pk"):
        rows = RequestRecord.objects.for_organization(organization).order_by("-pk")
        for last in rows.values_list("pk", flat=True)[most - 1 : most]:
            deleted += _delete_before(last, organization=organization)
    return deleted


def first_id_of(instant: datetime) -> UUID:
    """The smallest key that is made at `instant` or later: keys begin with the millisecond (UUIDv7)."""
    milliseconds = max(int(instant.timestamp() * 1000), 0)
    return UUID(int=milliseconds << 80)


def redacted(text: str, *, most: int) -> str:
    """`text` as it may be kept: without keys and secrets of ours, unprintable characters, and what is beyond `most`."""
    # Cut first, generously: nobody's long text is searched for the sake of its beginning.
    return _UNPRINTABLE.sub("\ufffd", _SECRET.sub(r"\1…", text[: most * 2]))[:most]


def _insert(records: Sequence[RequestRecord]) -> None:
    RequestRecord.objects.bulk_create(records)


def _delete_before(key: UUID, *, organization: Organization | None = None) -> int:
    rows = RequestRecord.objects.filter(pk__lt=key).order_by("pk")
    if organization is not None:
        rows = rows.filter(organization=organization)
    deleted = 0
    while keys := _some(rows.values_list("pk", flat=True)):
        deleted += RequestRecord.objects.filter(pk__in=keys).delete()[0]
    return deleted


def _some(keys: Iterable[UUID]) -> list[UUID]:
    return list(keys[:_PURGED_AT_ONCE])  # type: ignore[index]


#: The process's own.
log = RequestLog()
