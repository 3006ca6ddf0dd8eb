"""Records that an organization knows by a name of their own: written so that no two share one."""

from __future__ import annotations

from typing import TypeVar

from django.db import IntegrityError, transaction
from django.db.models import ProtectedError

from stock_requests.models import Department, Stocklist
from warehouses.records import validate
from warehouses.refusals import Conflict, Problem

__all__ = ["delete_row", "save_named"]

Named = TypeVar("Named", Department, Stocklist)


def save_named(record: Named, *, code: str) -> None:
    """Validate and write. Raises InvalidInput `INVALID_INPUT`, and Conflict `code` where the name is taken."""
    validate(record)
    _refuse_taken(record, code)
    try:
        with transaction.atomic():
            record.save()
    except IntegrityError as error:  # somebody else took the name in this very moment
        _refuse_taken(record, code, cause=error)
        raise


def delete_row(record: Named, *, code: str) -> None:
    """Raises Conflict `code` where other records need it."""
    try:
        with transaction.atomic():
            record.delete()
    except ProtectedError as error:
        detail = f"“{record.name}” cannot be deleted: other records need it. Make it inactive instead."
        raise Conflict(code, detail) from error


def _refuse_taken(record: Named, code: str, *, cause: Exception | None = None) -> None:
    rows = type(record)._default_manager.filter(organization=record.organization_id)
    if rows.filter(name__iexact=record.name).exclude(pk=record.pk).exists():
        kind = record._meta.verbose_name
        detail = f"There is a {kind} “{record.name}” already (capitals make no difference)."
        raise Conflict(code, detail, problems=[Problem(code, detail, field="name")]) from cause
