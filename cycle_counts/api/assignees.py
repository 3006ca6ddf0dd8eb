"""The people whom a body names to count something."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from warehouses.access import Access
from warehouses.identifiers import decode
from warehouses.models import User
from warehouses.refusals import Problem, RuleBroken, within_rows

__all__ = ["find_assignees"]


def find_assignees(access: Access, public_ids: Sequence[str]) -> list[User]:
    """The members of these ids, in their order. One query, none without ids.

    Raises `ASSIGNEE_MAY_NOT_COUNT` for whoever is none, as for a member who may not count there.
    """
    keys = {public_id: decode(User.prefix, public_id) for public_id in public_ids}
    wanted = {key for key in keys.values() if key is not None}
    found: dict[UUID, User] = {}
    if wanted:
        members = User.objects.filter(
            pk__in=wanted,
            is_active=True,
            memberships__organization=access.organization,
            memberships__is_active=True,
        )
        found = {user.pk: user for user in members.order_by()}

    def member(public_id: str, index: int) -> User:
        key = keys[public_id]
        user = found.get(key) if key is not None else None
        if user is None:
            detail = "There is no such member, or they may not count there."
            problem = Problem("ASSIGNEE_MAY_NOT_COUNT", detail, index, "assignees")
            raise RuleBroken("ASSIGNEE_MAY_NOT_COUNT", detail, problems=[problem])
        return user

    return within_rows(public_ids, member)
