"""A record of the catalogue as a row, whatever its kind: found, locked, written, deleted, told to the log."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final, TypeVar

import structlog
from django.db import IntegrityError, transaction
from django.db.models import ProtectedError, QuerySet, RestrictedError

from inventory.models import Category, Product, Sku
from warehouses.access import Access
from warehouses.identifiers import decode
from warehouses.records import validate
from warehouses.refusals import Conflict, Forbidden, NotFound, Problem, Refusal

__all__ = ["Rival", "delete", "find", "lock", "require_editor", "save", "tell"]

Record = TypeVar("Record", Category, Product, Sku)
#: The field of a value that must be unique, the refusal's code and words, and the rows that have the value already.
Rival = tuple[str, str, str, QuerySet[Any]]

_WRITE: Final = "products.write"
_log = structlog.get_logger(__name__)


def require_editor(access: Access) -> None:
    """Raise Forbidden `PERMISSION_DENIED` unless the caller may change the catalogue, which is in no warehouse."""
    access.require(_WRITE)
    if not access.everywhere(_WRITE):
        raise Forbidden(
            "PERMISSION_DENIED",
            f"The catalogue is the whole organization's: this needs the permission {_WRITE} in all of it.",
            extra={"missing": [_WRITE]},
        )


def find(rows: QuerySet[Record], access: Access, public_id: str, missing: NotFound) -> Record:
    """The organization's record of that id. Raises `missing`."""
    key = decode(rows.model.prefix, public_id)
    found = rows.filter(organization=access.organization, pk=key).first() if key is not None else None
    if found is None:
        raise missing
    return found


def lock(
    rows: QuerySet[Record], access: Access, record: Record, missing: NotFound, *, no_key: bool = True
) -> Record:
    """The row of this instant, until the transaction ends; what the caller holds may be older. Raises `missing`.

    Without `no_key` it also waits for everything that is just being made to point at the record.
    """
    locked = rows.select_for_update(of=("self",), no_key=no_key)
    current = locked.filter(organization=access.organization, pk=record.pk).first()
    if current is None:
        raise missing
    return current


def save(record: Record, rivals: Iterable[Rival] = (), *, exclude: tuple[str, ...] = ()) -> None:
    """Validate and write. What must be unique is looked for first, so that the answer can name it."""
    validate(record, exclude=exclude)
    rivals = list(rivals)
    _refuse_rivals(record, rivals)
    try:
        with transaction.atomic():
            record.save()
    except IntegrityError as error:  # somebody else took the value in this very moment
        _refuse_rivals(record, rivals, cause=error)
        raise


def _refuse_rivals(record: Record, rivals: Iterable[Rival], *, cause: Exception | None = None) -> None:
    for field, code, detail, rows in rivals:
        if rows.exclude(pk=record.pk).exists():
            raise Conflict(code, detail, problems=[Problem(code, detail, field=field)]) from cause


def delete(record: Record, refusal: Refusal) -> None:
    """Delete the record with what belongs to it alone. Raises `refusal` where other records need it."""
    try:
        with transaction.atomic():
            record.delete()
    except (ProtectedError, RestrictedError) as error:
        raise refusal from error


def tell(event: str, access: Access, record: Record) -> None:
    actor = access.actor
    _log.info(event, id=record.public_id, actor_type=actor.type.value, actor_id=str(actor.id or ""))
