"""How an organization wants its requests decided: its approval rules, and its settings.

They belong to no warehouse, so that writing them needs the permission `organization.manage` in the whole organization.
A change holds from now on, also for requests that wait already; it is logged with who made it.
"""

from __future__ import annotations

from collections.abc import Collection
from decimal import Decimal
from typing import Any, Final, TypedDict, Unpack

import structlog
from django.db import IntegrityError, transaction

from inventory.models import Category
from stock_requests.approvals.approvers import covers, places_of_people
from stock_requests.models import ApprovalRule, RequestSettings
from warehouses.access import Access
from warehouses.models import User, Warehouse
from warehouses.models.base import OrganizationQuerySet
from warehouses.records import validate
from warehouses.refusals import Conflict, Forbidden, NotFound, Problem, RuleBroken

__all__ = [
    "MANAGE",
    "RuleValues",
    "change_approval_rule",
    "change_request_settings",
    "create_approval_rule",
    "delete_approval_rule",
    "request_settings",
    "visible_approval_rules",
]

MANAGE: Final = "organization.manage"

_log = structlog.get_logger(__name__)


class RuleValues(TypedDict, total=False):
    """What a rule says; a change leaves out what stays."""

    name: str
    warehouse: Warehouse | None
    category: Category | None
    minimum_value: Decimal | None
    minimum_quantity: int | None
    approvals: int
    approvers: Collection[User]
    is_active: bool


def visible_approval_rules(*, access: Access) -> OrganizationQuerySet[ApprovalRule]:
    """Those of the organization, for whoever manages it."""
    _require_manager(access)
    return ApprovalRule.objects.for_organization(access.organization)


def create_approval_rule(*, access: Access, **values: Unpack[RuleValues]) -> ApprovalRule:
    """Write a rule; `name` is needed. Runs in the caller's transaction.

    Raises Forbidden `PERMISSION_DENIED`, InvalidInput `INVALID_INPUT`, NotFound `WAREHOUSE_NOT_FOUND`,
    `CATEGORY_NOT_FOUND`, Conflict `APPROVAL_RULE_NAME_TAKEN`, RuleBroken `TOO_FEW_APPROVERS` (more approvals than
    people who count) and `APPROVER_LACKS_RIGHT`.
    """
    _require_manager(access)
    rule = ApprovalRule(organization=access.organization)
    _write(access, rule, values)
    _tell("approval_rule.created", access, rule)
    return rule


def change_approval_rule(*, access: Access, rule: ApprovalRule, **values: Unpack[RuleValues]) -> ApprovalRule:
    """Change what is given. Locks the rule.

    Raises what `create_approval_rule` raises, and NotFound `APPROVAL_RULE_NOT_FOUND`.
    """
    current = _lock(access, rule)
    _write(access, current, values)
    _tell("approval_rule.changed", access, current)
    return current


def delete_approval_rule(*, access: Access, rule: ApprovalRule) -> None:
    """Nothing is asked by it any more; what was approved under it stays approved.

    Locks it. Raises Forbidden `PERMISSION_DENIED`, NotFound `APPROVAL_RULE_NOT_FOUND`.
    """
    current = _lock(access, rule)
    _tell("approval_rule.deleted", access, current)
    current.delete()


def request_settings(*, access: Access) -> RequestSettings:
    """The settings of the organization, which need not be written yet. One query."""
    found = RequestSettings.objects.filter(organization=access.organization).first()
    return found or RequestSettings(organization=access.organization)


def change_request_settings(*, access: Access, allows_self_approval: bool) -> RequestSettings:
    """Runs in the caller's transaction. Raises Forbidden `PERMISSION_DENIED`."""
    _require_manager(access)
    written, _ = RequestSettings.objects.update_or_create(
        organization=access.organization, defaults={"allows_self_approval": allows_self_approval}
    )
    _log.info(
        "request_settings.changed",
        organization=access.organization.public_id,
        allows_self_approval=allows_self_approval,
        actor_type=access.actor.type.value,
        actor_id=str(access.actor.id or ""),
    )
    return written


def _write(access: Access, rule: ApprovalRule, values: RuleValues) -> None:
    given: dict[str, Any] = dict(values)
    approvers: Collection[User] | None = given.pop("approvers", None)
    for name, value in given.items():
        setattr(rule, name, value.strip() if isinstance(value, str) else value)
    validate(rule)
    _check_conditions(access, rule)
    people = list(
        approvers if approvers is not None else ([] if rule._state.adding else rule.approvers.all())
    )
    _check_approvers(access, rule, people)
    _refuse_taken(rule)
    rule.names_approvers = bool(people) or (approvers is None and rule.names_approvers)
    try:
        with transaction.atomic():
            rule.save()
    except IntegrityError as error:  # somebody else took the name in this very moment
        _refuse_taken(rule, cause=error)
        raise
    if approvers is not None:
        rule.approvers.set(people)


def _check_conditions(access: Access, rule: ApprovalRule) -> None:
    for field, code, row in (
        ("warehouse", "WAREHOUSE_NOT_FOUND", rule.warehouse),
        ("category", "CATEGORY_NOT_FOUND", rule.category),
    ):
        if row is not None and row.organization_id != access.organization.pk:
            detail = f"There is no such {field}."
            raise NotFound(code, detail, problems=[Problem(code, detail, field=field)])


def _check_approvers(access: Access, rule: ApprovalRule, people: Collection[User]) -> None:
    """A rule that nobody can satisfy would keep every request that meets it waiting for good."""
    if not people:
        return
    if len(people) < rule.approvals:
        detail = f"The rule asks for {rule.approvals} approvals, and only {len(people)} of the approvers named count."
        problem = Problem("TOO_FEW_APPROVERS", detail, field="approvers")
        raise RuleBroken("TOO_FEW_APPROVERS", detail, problems=[problem])
    places = places_of_people(access.organization.pk, {person.pk for person in people})
    lacking = [
        person.email
        for person in people
        if person.pk not in places
        or (rule.warehouse_id is not None and not covers(places, person.pk, rule.warehouse_id))
    ]
    if lacking:
        where = f" in {rule.warehouse.name}" if rule.warehouse is not None else ""
        detail = f"{', '.join(sorted(lacking))} may not approve stock requests{where}."
        problem = Problem("APPROVER_LACKS_RIGHT", detail, field="approvers")
        raise RuleBroken("APPROVER_LACKS_RIGHT", detail, problems=[problem])


def _refuse_taken(rule: ApprovalRule, *, cause: Exception | None = None) -> None:
    rows = ApprovalRule.objects.filter(organization=rule.organization_id, name__iexact=rule.name)
    if rows.exclude(pk=rule.pk).exists():
        detail = f"There is an approval rule “{rule.name}” already (capitals make no difference)."
        problem = Problem("APPROVAL_RULE_NAME_TAKEN", detail, field="name")
        raise Conflict("APPROVAL_RULE_NAME_TAKEN", detail, problems=[problem]) from cause


def _lock(access: Access, rule: ApprovalRule) -> ApprovalRule:
    _require_manager(access)
    rows = ApprovalRule.objects.for_organization(access.organization).select_for_update(no_key=True)
    current = rows.filter(pk=rule.pk).first()
    if current is None:
        raise NotFound("APPROVAL_RULE_NOT_FOUND", "There is no such approval rule.")
    return current


def _require_manager(access: Access) -> None:
    access.require(MANAGE)
    if not access.everywhere(MANAGE):
        raise Forbidden(
            "PERMISSION_DENIED",
            f"This needs the permission {MANAGE} in the whole organization.",
            extra={"missing": [MANAGE]},
        )


def _tell(event: str, access: Access, rule: ApprovalRule) -> None:
    actor = access.actor
    _log.info(event, id=rule.public_id, actor_type=actor.type.value, actor_id=str(actor.id or ""))
