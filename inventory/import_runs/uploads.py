"""A file becomes an import."""

from __future__ import annotations

from datetime import datetime
from typing import Final

import structlog
from django.utils import timezone

from inventory.import_runs.kinds import kinds_for, require_kind
from inventory.models import ImportFile, ImportRun, ImportState
from warehouses.access import Access
from warehouses.actors import ActorType
from warehouses.models import User
from warehouses.refusals import Forbidden, InvalidInput, Problem

__all__ = ["LARGEST_FILE", "upload"]

#: Bytes. A hundred thousand rows of ten columns have six million or so.
LARGEST_FILE: Final = 20_000_000
_LONGEST_NAME: Final = 200

_log = structlog.get_logger(__name__)


def upload(*, access: Access, user: User, file_name: str, content: bytes, kind: str = "") -> ImportRun:
    """Keep the file until it is read. `kind` "" is told from its columns.

    Runs in the caller's transaction. Raises Forbidden `PERMISSION_DENIED`, InvalidInput `INVALID_INPUT`.
    """
    if kind:
        require_kind(access, kind)
    elif not kinds_for(access):
        raise Forbidden("PERMISSION_DENIED", "This needs the permission to change stock or the catalogue.")
    if not content:
        raise _refusal("The file is empty: choose another.")
    if len(content) > LARGEST_FILE:
        raise _refusal(f"The file is larger than {LARGEST_FILE // 1_000_000} MB: split it.")
    now: datetime = timezone.now()
    run = ImportRun(
        organization=access.organization,
        kind=kind,
        file_name=_clean(file_name),
        file_size=len(content),
        user=user,
        actor_type=ActorType.USER,
        actor_id=user.pk,
        actor_name=access.actor.name,
        state=ImportState.READING,
        next_attempt_at=now,
        created_at=now,
    )
    run.save(force_insert=True)
    ImportFile.objects.create(run=run, content=content)
    _log.info("import.uploaded", run=run.public_id, size=len(content), actor_id=str(user.pk))
    return run


def _clean(name: str) -> str:
    """A name that was somebody else's idea, as a line of text."""
    name = name.replace("\\", "/").rpartition("/")[2].encode("utf-8", "replace").decode("utf-8")
    name = "".join(letter for letter in " ".join(name.split()) if letter.isprintable())
    if len(name) > _LONGEST_NAME:  # the end says what kind of file it is
        name = f"{name[: _LONGEST_NAME - 21]}…{name[-20:]}"
    return name or "file"


def _refusal(detail: str) -> InvalidInput:
    return InvalidInput("INVALID_INPUT", detail, problems=[Problem("INVALID_INPUT", detail, field="file")])
