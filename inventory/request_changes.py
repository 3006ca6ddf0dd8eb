"""What a request to the API has changed: the adjustments and the documents' history that its caller made meanwhile.

The ledger knows who did something and when, not by which request. What a caller did between a request's beginning and
its answer is that request's, unless another of theirs was under way in the same moment: then it is told so.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.db.models import QuerySet

from inventory.models import Adjustment, StateChange
from warehouses.access import Access
from warehouses.identifiers import encode
from warehouses.models import RequestRecord
from warehouses.request_log import first_id_of

__all__ = ["MOST", "Change", "Changes", "changes_of"]

READ: Final = "inventory.read"
#: Of each kind; a bulk request is one adjustment.
MOST: Final = 50
_SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})
#: No request is answered later than this.
_LONGEST: Final = timedelta(minutes=2)


@dataclass(frozen=True, slots=True)
class Change:
    """`prefix` and `key` are of the record that was changed or made: they make its public id."""

    prefix: str
    key: UUID
    what: str
    at: datetime

    @property
    def public_id(self) -> str:
        return encode(self.prefix, self.key)


@dataclass(frozen=True, slots=True)
class Changes:
    """`is_shared`: other requests of the same caller were under way, and some of these may be theirs."""

    rows: tuple[Change, ...] = ()
    is_shared: bool = False


def changes_of(*, access: Access, record: RequestRecord) -> Changes:
    """What the request did, in order. Nothing where it only read, was refused, or repeated a stored answer.

    For those who may read all stock; others are told nothing. Two look-ups in primary keys, which begin with the
    millisecond, and a third where there is something to tell.
    """
    if (
        record.method in _SAFE
        or record.status >= 400
        or record.is_replay
        or record.organization_id != access.organization.pk
        or not access.everywhere(READ)
    ):
        return Changes()
    ended_at = record.started_at + timedelta(milliseconds=record.milliseconds + 1)
    # A key holds whole milliseconds: the one that it began in, to the one that it ended in.
    span = {
        "pk__gte": first_id_of(record.started_at),
        "pk__lt": first_id_of(ended_at + timedelta(milliseconds=1)),
        "organization": access.organization,
        "actor_id": record.actor_id,
    }
    adjustments: QuerySet[Adjustment] = Adjustment.objects.filter(**span).order_by("pk")[:MOST]
    history: QuerySet[StateChange] = StateChange.objects.filter(**span).order_by("pk")[:MOST]
    rows = [
        Change(
            Adjustment.prefix,
            row.pk,
            f"posted {row.line_count} movement{'' if row.line_count == 1 else 's'}",
            row.created_at,
        )
        for row in adjustments
    ]
    rows += [
        Change(row.subject_type, row.subject_id, row.action.replace("_", " "), row.created_at)
        for row in history
    ]
    rows.sort(key=lambda change: change.at)
    return Changes(tuple(rows), bool(rows) and _others(record, ended_at))


def _others(record: RequestRecord, ended_at: datetime) -> bool:
    """Whether another write of the caller was under way meanwhile."""
    rows = RequestRecord.objects.filter(
        organization=record.organization_id,
        actor_id=record.actor_id,
        pk__gte=first_id_of(record.started_at),
        pk__lt=first_id_of(ended_at + _LONGEST),
        started_at__lte=ended_at,
    )
    return rows.exclude(pk=record.pk).exclude(method__in=_SAFE).exists()
