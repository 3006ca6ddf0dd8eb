"""A place as a row, whatever its kind: read under its lock, changed, written, deleted, told to the log."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TypeVar

import structlog
from django.db import IntegrityError, transaction
from django.db.models import Model, ProtectedError, QuerySet, RestrictedError

from warehouses.actors import Actor
from warehouses.models import Bin, Organization, Room, Warehouse
from warehouses.records import validate
from warehouses.refusals import Conflict, NotFound, Problem

__all__ = ["apply", "check_owner", "delete", "finish", "locked", "save", "tell"]

Place = TypeVar("Place", Warehouse, Room, Bin)
_log = structlog.get_logger(__name__)


def check_owner(organization: Organization, place: Warehouse | Room | Bin) -> None:
    """Raise NotFound for another organization's place."""
    if place.organization_id != organization.pk:
        raise NotFound("NOT_FOUND", "There is no such place.")


def locked(rows: QuerySet[Place], organization: Organization, place: Place) -> Place:
    """The row of this instant, locked: what the caller holds may be older."""
    current = rows.select_for_update(of=("self",)).filter(organization=organization, pk=place.pk).first()
    if current is None:
        raise NotFound("NOT_FOUND", "There is no such place.")
    return current


def apply(place: Model, changes: Any) -> None:
    """Set what is given; texts lose the space around them."""
    for name, value in changes.items():
        setattr(place, name, value.strip() if isinstance(value, str) else value)


def save(place: Place) -> Place:
    """Validate and write; the names that must be unique are checked first, so that the answer can name them."""
    validate(place)
    for field, code, rows in _rivals(place):
        if rows.exclude(pk=place.pk).exists():
            raise _taken(place, field, code)
    try:
        with transaction.atomic():
            place.save()
    except IntegrityError as error:  # another request took the name in this very moment
        for field, code, rows in _rivals(place):
            if rows.exclude(pk=place.pk).exists():
                raise _taken(place, field, code) from error
        raise
    return place


def _rivals(place: Warehouse | Room | Bin) -> Iterable[tuple[str, str, QuerySet[Any]]]:
    """(field, code of the refusal, rows that already have that value) for each value that must be unique."""
    if isinstance(place, Warehouse):
        rows = Warehouse.objects.filter(organization=place.organization, name__iexact=place.name)
        return [("name", "NAME_TAKEN", rows)]
    if isinstance(place, Room):
        return [
            ("name", "NAME_TAKEN", Room.objects.filter(warehouse=place.warehouse, name__iexact=place.name))
        ]
    rivals: list[tuple[str, str, QuerySet[Any]]] = [
        ("code", "CODE_TAKEN", Bin.objects.filter(warehouse=place.warehouse, code__iexact=place.code))
    ]
    if place.barcode:
        same = Bin.objects.filter(organization=place.organization, barcode=place.barcode)
        rivals.append(("barcode", "BARCODE_TAKEN", same))
    return rivals


def _taken(place: Warehouse | Room | Bin, field: str, code: str) -> Conflict:
    kind = place._meta.verbose_name
    detail = f"There is already a {kind} with the {field} “{getattr(place, field)}”."
    return Conflict(code, detail, problems=[Problem(code, detail, field=field)])


def delete(contents: Iterable[QuerySet[Any]], place: Model, refusal: Conflict) -> None:
    """Delete what is in a place, then the place. What the ledger points at is protected: then nothing is deleted."""
    try:
        with transaction.atomic():
            for rows in contents:
                rows.delete()
            place.delete()
    except (ProtectedError, RestrictedError) as error:
        raise refusal from error


def finish(event: str, actor: Actor, given: Place, saved: Place) -> Place:
    """The caller's own instance shows what was saved."""
    given.__dict__.update(saved.__dict__)
    tell(event, actor, given)
    return given


def tell(event: str, actor: Actor, place: Warehouse | Room | Bin) -> None:
    _log.info(event, id=place.public_id, actor_type=actor.type.value, actor_id=str(actor.id or ""))
