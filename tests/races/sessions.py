"""Two sessions, step by step: one goes on when the other is known to wait."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

from django.db import connection

__all__ = ["Other", "wait_until_somebody_waits"]


def wait_until_somebody_waits(count: int = 1) -> None:
    """Until so many other sessions of this database wait for a lock."""
    query = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_stat_clear_snapshot()")  # or a transaction sees the first look for ever
            cursor.execute(query)
            if cursor.fetchone()[0] >= count:
                return
        time.sleep(0.01)
    raise AssertionError("nobody waits")


class Other(threading.Thread):
    """Work on a connection of its own; `result` raises what the work raised."""

    def __init__(self, work: Callable[[], Any]) -> None:
        super().__init__()
        self.work = work
        self.value: Any = None
        self.error: BaseException | None = None
        self.start()

    def run(self) -> None:
        try:
            self.value = self.work()
        except BaseException as error:  # noqa: BLE001 - raised again by result()
            self.error = error
        finally:
            connection.close()

    def result(self) -> Any:
        self.join(timeout=20)
        if self.error is not None:
            raise self.error
        return self.value
