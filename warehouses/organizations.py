"""Organizations: founding one, and changing its settings."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, TypedDict

import structlog
from django.db import IntegrityError, transaction

from warehouses import places, transactions
from warehouses.actors import SYSTEM, Actor
from warehouses.models import Organization, Warehouse
from warehouses.records import validate
from warehouses.refusals import Conflict, NotFound, Problem, RuleBroken

if TYPE_CHECKING:
    from typing import Unpack

__all__ = [
    "DEFAULT_WAREHOUSE",
    "Founder",
    "OrganizationChanges",
    "create_organization",
    "founders",
    "update_organization",
]

DEFAULT_WAREHOUSE = ("Main warehouse", "own")

Founder = Callable[[Organization], None]
#: What else a new organization is born with. An app above adds its own in `AppConfig.ready`, such as reason codes;
#: each runs in the transaction that makes the organization.
founders: list[Founder] = []

_log = structlog.get_logger(__name__)


class OrganizationChanges(TypedDict, total=False):
    name: str
    time_zone: str
    currency: str
    default_warehouse: Warehouse
    expiry_warning_days: int
    rate_limit: int | None
    is_active: bool


def create_organization(
    *,
    name: str,
    actor: Actor = SYSTEM,
    warehouses: Sequence[tuple[str, str]] = (DEFAULT_WAREHOUSE,),
    time_zone: str = "UTC",
    currency: str = "EUR",
) -> Organization:
    """An organization with its warehouses, given as (name, type), of which the first is the default.

    Raises InvalidInput `INVALID_INPUT` and Conflict `NAME_TAKEN`; then nothing is made.
    """

    def work() -> Organization:
        organization = Organization(name=name.strip(), time_zone=time_zone, currency=currency)
        _save(organization)
        for warehouse, kind in warehouses or (DEFAULT_WAREHOUSE,):
            places.create_warehouse(organization=organization, actor=actor, name=warehouse, type=kind)
        for found in founders:
            found(organization)
        return organization

    organization = transactions.run(work)
    _log.info("organization.created", id=organization.public_id, actor_type=actor.type.value)
    return organization


def update_organization(
    *, organization: Organization, actor: Actor, **changes: Unpack[OrganizationChanges]
) -> Organization:
    """Change what is given; `organization` shows it afterwards.

    Raises InvalidInput `INVALID_INPUT`, Conflict `NAME_TAKEN`, RuleBroken `WAREHOUSE_INACTIVE` and NotFound for a
    default warehouse of another organization.
    """

    def work() -> Organization:
        current = Organization.objects.select_for_update().get(pk=organization.pk)
        if (warehouse := changes.get("default_warehouse")) is not None:
            _check_default(current, warehouse)
        for name, value in changes.items():
            setattr(current, name, value.strip() if isinstance(value, str) else value)
        _save(current)
        return current

    organization.__dict__.update(transactions.run(work).__dict__)
    _log.info(
        "organization.updated", id=organization.public_id, fields=sorted(changes), actor_type=actor.type.value
    )
    return organization


def _check_default(organization: Organization, warehouse: Warehouse) -> None:
    # Locked, so that it is not deactivated between this look and the commit.
    current = Warehouse.objects.select_for_update().filter(organization=organization, pk=warehouse.pk).first()
    if current is None:
        raise NotFound("NOT_FOUND", "There is no such warehouse.")
    if not current.is_active:
        detail = f"“{current}” is not active, so it cannot be the default warehouse."
        raise RuleBroken(
            "WAREHOUSE_INACTIVE",
            detail,
            problems=[Problem("WAREHOUSE_INACTIVE", detail, field="default_warehouse")],
        )


def _save(organization: Organization) -> None:
    validate(organization)
    if _name_is_taken(organization):
        raise _taken(organization)
    try:
        with transaction.atomic():
            organization.save()
    except IntegrityError as error:  # another request took the name in this very moment
        if _name_is_taken(organization):
            raise _taken(organization) from error
        raise


def _name_is_taken(organization: Organization) -> bool:
    return Organization.objects.filter(name__iexact=organization.name).exclude(pk=organization.pk).exists()


def _taken(organization: Organization) -> Conflict:
    detail = f"There is already an organization “{organization.name}”."
    return Conflict("NAME_TAKEN", detail, problems=[Problem("NAME_TAKEN", detail, field="name")])
