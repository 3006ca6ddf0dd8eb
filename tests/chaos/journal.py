"""What the clients know: every write that they have sent, and what they were told of it in the end."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

__all__ = ["Journal", "Mark", "Write"]


@dataclass(frozen=True, slots=True)
class Mark:
    """What a write leaves in the database, by which it is found again: so many rows of a model with these values."""

    model: str
    values: Mapping[str, Any]
    count: int = 1


@dataclass(slots=True)
class Write:
    """One write, under one Idempotency-Key. `status` is the answer that settled it; None: nobody knows.

    What was answered with 2xx is acknowledged. What was answered with 4xx, and not only for now, is refused.
    """

    key: str
    kind: str
    mark: Mark
    status: int | None = None
    body: bytes = b""
    tries: int = 0

    @property
    def is_acknowledged(self) -> bool:
        return self.status is not None and self.status < 300

    @property
    def is_unclear(self) -> bool:
        return self.status is None


@dataclass(slots=True)
class Journal:
    """Of all clients. An acknowledgement is written down before the client goes on."""

    writes: list[Write] = field(default_factory=list)
    #: What was answered or met at each try: a status, with its code where it has one, or the name of an error.
    met: Counter[str] = field(default_factory=Counter)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def begin(self, write: Write) -> None:
        with self._lock:
            self.writes.append(write)

    def note(self, what: str) -> None:
        with self._lock:
            self.met[what] += 1

    @property
    def acknowledged_count(self) -> int:
        with self._lock:
            return sum(write.is_acknowledged for write in self.writes)

    @property
    def acknowledged(self) -> list[Write]:
        return [write for write in self.writes if write.is_acknowledged]

    @property
    def refused(self) -> list[Write]:
        return [write for write in self.writes if not write.is_acknowledged and not write.is_unclear]

    @property
    def unclear(self) -> list[Write]:
        return [write for write in self.writes if write.is_unclear]
