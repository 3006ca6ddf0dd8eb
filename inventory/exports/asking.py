"""Asking for a file that is written in the background, and finding one's own."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Final
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from inventory.models import Export, ExportFormat, ExportState
from warehouses.access import Access
from warehouses.actors import ActorType
from warehouses.identifiers import decode
from warehouses.models import User
from warehouses.refusals import Conflict, Forbidden, InvalidInput, NotFound

__all__ = [
    "AT_ONCE",
    "KEPT",
    "MOST_OPEN",
    "OPEN",
    "ask",
    "delete_export",
    "exports_of",
    "find_export",
    "wakers",
]

#: Called once what was asked for is committed, so that nobody waits for the next look at the queue.
wakers: Final[list[Callable[[], None]]] = []

#: As many rows are written while the person waits: a second or two.
AT_ONCE: Final = 5_000
#: How long a file is kept.
KEPT: Final = timedelta(days=7)
#: That one person waits for.
MOST_OPEN: Final = 5
OPEN: Final = (ExportState.QUEUED, ExportState.RUNNING)

_LONGEST_QUERY: Final = 4000


def ask(
    *,
    access: Access,
    page: str,
    query: str,
    title: str,
    file_format: str,
    all_columns: bool = False,
) -> Export:
    """Queue the page as a file for the person who asks. The caller has seen that the page can be read.

    Raises Forbidden `PERSON_REQUIRED`, InvalidInput `INVALID_QUERY` or `INVALID_FORMAT`, Conflict `TOO_MANY_EXPORTS`.
    """
    person = _person(access)
    if len(query) > _LONGEST_QUERY:
        raise InvalidInput("INVALID_QUERY", "These filters are too long to be kept.")
    if file_format not in ExportFormat.values:
        raise InvalidInput("INVALID_FORMAT", "Choose CSV or Excel.")
    with transaction.atomic():
        # One asks after the other, so that nobody has more than so many.
        User.objects.select_for_update(of=("self",), no_key=True).get(pk=person)
        if exports_of(access=access).filter(state__in=OPEN).count() >= MOST_OPEN:
            raise Conflict(
                "TOO_MANY_EXPORTS", f"You wait for {MOST_OPEN} exports already: let one be ready first."
            )
        for wake in wakers:
            transaction.on_commit(wake, robust=True)
        return Export.objects.create(
            organization=access.organization,
            user_id=person,
            page=page,
            query=query,
            all_columns=all_columns,
            title=title[:120],
            format=file_format,
        )


def exports_of(*, access: Access) -> QuerySet[Export]:
    """The caller's own in this organization that are still kept, the newest first."""
    rows = Export.objects.for_organization(access.organization).filter(user=_person(access))
    return rows.filter(created_at__gt=timezone.now() - KEPT).order_by("-created_at", "-pk")


def find_export(*, access: Access, public_id: str) -> Export:
    """One's own; anybody else's is not there. Raises NotFound `EXPORT_NOT_FOUND`."""
    key = decode(Export.prefix, public_id)
    found = exports_of(access=access).filter(pk=key).first() if key is not None else None
    if found is None:
        raise NotFound("EXPORT_NOT_FOUND", "That export is not yours, or its seven days are over.")
    return found


def delete_export(*, access: Access, export: Export) -> None:
    """With its file; one that is being written is given up. Raises NotFound."""
    find_export(access=access, public_id=export.public_id).delete()


def _person(access: Access) -> UUID:
    if access.actor.type != ActorType.USER or access.actor.id is None:
        raise Forbidden("PERSON_REQUIRED", "Only a person exports pages.")
    return access.actor.id
