"""Departments: the parts of an organization that use goods up. They are in no warehouse: all of them see all."""

from __future__ import annotations

import structlog

from stock_requests.models import Department
from stock_requests.named_rows import delete_row, save_named
from stock_requests.rights import READ, WRITE
from warehouses.access import Access
from warehouses.identifiers import decode
from warehouses.models.base import OrganizationQuerySet
from warehouses.refusals import Forbidden, NotFound, Problem

__all__ = [
    "change_department",
    "create_department",
    "delete_department",
    "find_department",
    "may_change_departments",
    "visible_departments",
]

_log = structlog.get_logger(__name__)


def visible_departments(*, access: Access) -> OrganizationQuerySet[Department]:
    """Those of the organization, for whoever may read or write requests somewhere. Raises Forbidden."""
    if not access.may(WRITE):
        access.require(READ)
    return Department.objects.for_organization(access.organization)


def find_department(*, access: Access, public_id: str, field: str | None = None) -> Department:
    """Raises NotFound `DEPARTMENT_NOT_FOUND`; `field` is the input that names it, None where the address does."""
    key = decode(Department.prefix, public_id)
    found = visible_departments(access=access).filter(pk=key).first() if key is not None else None
    if found is None:
        raise _not_found(field)
    return found


def may_change_departments(access: Access) -> bool:
    """Whether the caller may write requests in the whole organization, as what belongs to no warehouse needs."""
    return access.everywhere(WRITE)


def create_department(*, access: Access, name: str) -> Department:
    """Needs `stockrequests.write` in the whole organization, and a transaction of the caller's.

    Raises Forbidden `PERMISSION_DENIED`, InvalidInput `INVALID_INPUT`, Conflict `DEPARTMENT_NAME_TAKEN`.
    """
    _require_editor(access)
    department = Department(organization=access.organization, name=name.strip())
    save_named(department, code="DEPARTMENT_NAME_TAKEN")
    _tell("department.created", access, department)
    return department


def change_department(
    *, access: Access, department: Department, name: str | None = None, is_active: bool | None = None
) -> Department:
    """Give it another name, or say whether it is offered to new requests; None stays as it is.

    Locks it. Raises what `create_department` raises, and NotFound `DEPARTMENT_NOT_FOUND`.
    """
    _require_editor(access)
    current = _lock(access, department)
    current.name = current.name if name is None else name.strip()
    current.is_active = current.is_active if is_active is None else is_active
    save_named(current, code="DEPARTMENT_NAME_TAKEN")
    _tell("department.changed", access, current)
    return current


def delete_department(*, access: Access, department: Department) -> None:
    """Delete one that no request and no stocklist has ever named; another can be made inactive.

    Locks it. Raises Forbidden `PERMISSION_DENIED`, NotFound `DEPARTMENT_NOT_FOUND`, Conflict `DEPARTMENT_IN_USE`.
    """
    _require_editor(access)
    current = _lock(access, department, no_key=False)
    delete_row(current, code="DEPARTMENT_IN_USE")
    _tell("department.deleted", access, department)


def _require_editor(access: Access) -> None:
    access.require(WRITE)
    if not may_change_departments(access):
        raise Forbidden(
            "PERMISSION_DENIED",
            f"Departments are the whole organization's: this needs the permission {WRITE} in all of it.",
            extra={"missing": [WRITE]},
        )


def _lock(access: Access, department: Department, *, no_key: bool = True) -> Department:
    """Without `no_key` it also waits for every request that is just being made for the department."""
    rows = Department.objects.for_organization(access.organization).select_for_update(no_key=no_key)
    current = rows.filter(pk=department.pk).first()
    if current is None:
        raise _not_found(None)
    return current


def _not_found(field: str | None) -> NotFound:
    detail = "There is no such department."
    problems = [Problem("DEPARTMENT_NOT_FOUND", detail, field=field)] if field else []
    return NotFound("DEPARTMENT_NOT_FOUND", detail, problems=problems)


def _tell(event: str, access: Access, department: Department) -> None:
    actor = access.actor
    _log.info(event, id=department.public_id, actor_type=actor.type.value, actor_id=str(actor.id or ""))
