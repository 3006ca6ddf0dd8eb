"""Who plans what: the place, what the books would tell, the tolerance, and who is asked to count."""

from __future__ import annotations

from collections.abc import Collection

from cycle_counts.models import CountSettings
from cycle_counts.planning.scopes import Scope
from cycle_counts.rights import COUNT, REVIEW, may_review, may_see_book, require_place
from cycle_counts.tolerances import Tolerance
from inventory.models.sku import MAXIMUM_QUANTITY
from inventory.resolution import require_open
from warehouses.access import Access
from warehouses.models import User, Warehouse
from warehouses.refusals import Forbidden, InvalidInput, NotFound, Problem, RuleBroken
from warehouses.who_may import people_who_may

__all__ = ["blindness_for", "require_assignees", "require_planner", "tolerance_for", "tolerance_of_settings"]


def require_planner(access: Access, *, warehouse: Warehouse, scope: Scope | None = None) -> None:
    """Refuse a place where the caller does not count, or where no difference could be posted.

    What is available is what the books say: who may not see them does not ask for it either. Raises Forbidden
    `PERMISSION_DENIED`, `READONLY_WAREHOUSE`, NotFound `WAREHOUSE_NOT_FOUND`, Conflict `WAREHOUSE_INACTIVE`.
    """
    access.require(COUNT)
    if warehouse.organization_id != access.organization.pk:
        detail = "There is no such warehouse."
        problem = Problem("WAREHOUSE_NOT_FOUND", detail, field="warehouse")
        raise NotFound("WAREHOUSE_NOT_FOUND", detail, problems=[problem])
    require_place(access, COUNT, warehouse.pk, warehouse.name)
    require_open(warehouse, field="warehouse")
    if scope is not None and scope.availability and not may_see_book(access, warehouse.pk):
        detail = f"What is available in {warehouse.name} is for those who may see its stock."
        problem = Problem("PERMISSION_DENIED", detail, field="availability")
        raise Forbidden(
            "PERMISSION_DENIED", detail, problems=[problem], extra={"missing": ["inventory.read"]}
        )


def blindness_for(access: Access, warehouse: Warehouse, wanted: bool | None, settings: CountSettings) -> bool:
    """Whether a new batch is blind. Raises Forbidden `BLIND_REQUIRED` for one that would show its planner the books."""
    if may_see_book(access, warehouse.pk):
        return settings.is_blind if wanted is None else wanted
    if wanted is False:
        detail = f"Whoever may not see the stock of {warehouse.name} counts it blind."
        problem = Problem("BLIND_REQUIRED", detail, field="is_blind")
        raise Forbidden("BLIND_REQUIRED", detail, problems=[problem])
    return True


def tolerance_for(
    access: Access, warehouse: Warehouse, wanted: Tolerance | None, standing: Tolerance
) -> Tolerance:
    """The tolerance of a batch that is `standing` otherwise.

    What is inside of it nobody reviews: one of their own is set by those who review. Raises Forbidden
    `PERMISSION_DENIED`, InvalidInput `INVALID_INPUT`.
    """
    if wanted is None or wanted == standing:
        return standing
    if not may_review(access, warehouse.pk):
        detail = f"A tolerance of its own is set by those who may review counts in {warehouse.name}."
        problem = Problem("PERMISSION_DENIED", detail, field="tolerance")
        raise Forbidden("PERMISSION_DENIED", detail, problems=[problem], extra={"missing": [REVIEW]})
    if any(limit is not None and limit < 0 for limit in (wanted.units, wanted.percent, wanted.value)):
        raise _bad_tolerance("A tolerance is not less than 0.")
    if wanted.units is not None and wanted.units > MAXIMUM_QUANTITY:
        raise _bad_tolerance(f"A tolerance is at most {MAXIMUM_QUANTITY:,} units.")
    return wanted


def _bad_tolerance(detail: str) -> InvalidInput:
    problem = Problem("INVALID_INPUT", detail, field="tolerance")
    return InvalidInput("INVALID_INPUT", detail, problems=[problem])


def tolerance_of_settings(settings: CountSettings) -> Tolerance:
    return Tolerance(settings.tolerance_units, settings.tolerance_percent, settings.tolerance_value)


def require_assignees(access: Access, warehouse: Warehouse, users: Collection[User]) -> list[User]:
    """Each of them once, by e-mail address. One query, none for nobody.

    Raises RuleBroken `ASSIGNEE_MAY_NOT_COUNT` unless all are members who may count there.
    """
    if not users:
        return []
    able = people_who_may(organization=access.organization, permission=COUNT, warehouse_id=warehouse.pk)
    keys = {person.pk for person in able}
    problems = [
        Problem(
            "ASSIGNEE_MAY_NOT_COUNT", f"{user.email} may not count in {warehouse.name}.", index, "assignees"
        )
        for index, user in enumerate(users)
        if user.pk not in keys
    ]
    if problems:
        raise RuleBroken("ASSIGNEE_MAY_NOT_COUNT", problems[0].detail, problems=problems)
    wanted = {user.pk for user in users}
    return [person for person in able if person.pk in wanted]
