"""An end to a request that does not depend on the other side.

A socket's timeout begins anew with every byte, so a peer that sends one now and then can hold a reader for as long
as it likes. A deadline shuts the connection down instead, which ends whatever read or write is waiting on it.
"""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from types import TracebackType

__all__ = ["Deadline"]


class Deadline:
    """Ends the connection that it watches after `seconds`, counted from when it was made."""

    def __init__(self, seconds: float) -> None:
        self._began = time.monotonic()
        self._end = self._began + seconds
        self._timer = threading.Timer(seconds, self._pass)
        self._timer.daemon = True
        self._lock = threading.Lock()
        self._watched: socket.socket | None = None
        self._has_passed = False

    def __enter__(self) -> Deadline:
        self._timer.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._timer.cancel()
        self._timer.join()
        if self._watched is not None:
            self._watched.close()

    @property
    def has_passed(self) -> bool:
        return self._has_passed or time.monotonic() >= self._end

    @property
    def remaining(self) -> float:
        """Seconds, never none: a socket takes zero for not to wait at all."""
        return max(self._end - time.monotonic(), 0.001)

    @property
    def milliseconds(self) -> int:
        """Since the beginning."""
        return round((time.monotonic() - self._began) * 1000)

    def watch(self, connection: socket.socket) -> None:
        """End this connection when the time has come, if it is still there.

        It is watched through a descriptor of its own: the one given may be closed any time, and its number given to
        another connection.
        """
        duplicate = connection.dup()
        with self._lock:
            self._watched = duplicate
            if self._has_passed:
                _shut_down(duplicate)

    def _pass(self) -> None:
        with self._lock:
            self._has_passed = True
            if self._watched is not None:
                _shut_down(self._watched)


def _shut_down(connection: socket.socket) -> None:
    with contextlib.suppress(OSError):  # the other side was faster
        connection.shutdown(socket.SHUT_RDWR)
