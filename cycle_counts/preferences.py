"""How an organization counts: its settings, which without a row are the model's defaults.

They belong to no warehouse, so that writing them needs the permission `organization.manage` in the whole organization.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Final, TypedDict, Unpack

import structlog

from cycle_counts.models import CountSettings
from inventory.models.sku import MAXIMUM_QUANTITY
from warehouses.access import Access
from warehouses.models import Organization
from warehouses.records import validate
from warehouses.refusals import Forbidden, InvalidInput, Problem

__all__ = ["MANAGE", "SettingsValues", "change_settings", "may_change_settings", "settings_of"]

MANAGE: Final = "organization.manage"

_log = structlog.get_logger(__name__)


class SettingsValues(TypedDict, total=False):
    """What is to change; the rest stays."""

    a_share: Decimal
    b_share: Decimal
    window_days: int
    a_interval: int
    b_interval: int
    c_interval: int
    is_blind: bool
    tolerance_units: int | None
    tolerance_percent: Decimal | None
    tolerance_value: Decimal | None
    proposes: bool
    proposed_lines: int
    allows_spot_counts: bool
    allows_own_review: bool
    seconds_per_line: int


def settings_of(organization: Organization) -> CountSettings:
    """The settings, which need not be written yet. One query."""
    found = CountSettings.objects.filter(organization=organization).first()
    return found or CountSettings(organization=organization)


def may_change_settings(access: Access) -> bool:
    return access.everywhere(MANAGE)


def change_settings(*, access: Access, **values: Unpack[SettingsValues]) -> CountSettings:
    """Change what is given. It holds for batches that are made from now on; classes and due dates are computed anew by
    the task. Locks the row; runs in the caller's transaction.

    Raises Forbidden `PERMISSION_DENIED`, InvalidInput `INVALID_INPUT`.
    """
    _require_manager(access)
    given: dict[str, Any] = dict(values)
    unknown = given.keys() - SettingsValues.__annotations__.keys()
    if unknown:
        raise TypeError(f"These are no count settings: {', '.join(sorted(unknown))}.")
    current = _locked(access.organization)
    before = {name: getattr(current, name) for name in given}
    for name, value in given.items():
        setattr(current, name, value)
    validate(current)
    if current.a_share > current.b_share:
        raise _bad("b_share", "Class B reaches at least as far as class A.")
    if current.tolerance_units is not None and current.tolerance_units > MAXIMUM_QUANTITY:
        raise _bad("tolerance_units", f"A tolerance is at most {MAXIMUM_QUANTITY:,} units.")
    changed = {name: str(value) for name, value in given.items() if value != before[name]}
    if changed:
        current.save(update_fields=list(changed))
        _log.info(
            "count_settings.changed",
            organization=access.organization.public_id,
            changed=changed,
            actor_type=access.actor.type.value,
            actor_id=str(access.actor.id or ""),
        )
    return current


def _locked(organization: Organization) -> CountSettings:
    """The row, written if it was not yet; two who are first at once meet at it."""
    rows = CountSettings.objects.select_for_update(no_key=True).filter(organization=organization)
    found = rows.first()
    if found is None:
        CountSettings.objects.get_or_create(organization=organization)
        found = rows.get()
    return found


def _bad(field: str, detail: str) -> InvalidInput:
    return InvalidInput("INVALID_INPUT", detail, problems=[Problem("INVALID_INPUT", detail, field=field)])


def _require_manager(access: Access) -> None:
    access.require(MANAGE)
    if not may_change_settings(access):
        raise Forbidden(
            "PERMISSION_DENIED",
            f"This needs the permission {MANAGE} in the whole organization.",
            extra={"missing": [MANAGE]},
        )
