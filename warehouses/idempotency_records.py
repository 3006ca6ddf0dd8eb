"""The answers to idempotent writes: whose they are, and how long they are kept."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from warehouses.models import IdempotencyRecord

__all__ = ["KEPT_FOR", "RECORD_COLUMNS", "Claim", "purge_idempotency_records"]

KEPT_FOR = timedelta(days=7)
_BATCH = 1000

#: The fields of `Claim.row`.
RECORD_COLUMNS: Final = (
    "organization", "caller", "key", "fingerprint", "status", "headers", "body", "is_sealed", "created_at",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Claim:
    """A request with an `Idempotency-Key`: whose key it is, and what the request asked for."""

    organization_id: UUID
    caller: str
    key: str
    fingerprint: str

    @property
    def number(self) -> int:
        """The advisory lock that only one request with this key has at a time."""
        name = f"{self.organization_id}/{self.caller}/{self.key}"
        return int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big", signed=True)

    def row(
        self, *, status: int, headers: Mapping[str, str], body: str, is_sealed: bool, now: datetime
    ) -> tuple[Any, ...]:
        """The stored answer, in the order of `RECORD_COLUMNS`, as PostgreSQL takes it."""
        return (
            *(self.organization_id, self.caller, self.key, self.fingerprint),
            *(status, json.dumps(dict(headers)), body, is_sealed, now),
        )


def purge_idempotency_records(now: datetime) -> int:
    """Delete what is older than `KEPT_FOR`; returns how many. In batches: none holds its locks for long."""
    deleted = 0
    while True:
        old = IdempotencyRecord.objects.filter(created_at__lte=now - KEPT_FOR).order_by("created_at")
        keys = list(old.values_list("pk", flat=True)[:_BATCH])
        if not keys:
            return deleted
        deleted += IdempotencyRecord.objects.filter(pk__in=keys).delete()[0]
