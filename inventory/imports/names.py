"""The warehouses and reasons that lines of a file name, looked up once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from inventory.imports.fields import BadValue, quoted
from inventory.models import ReasonCode
from warehouses.access import Access
from warehouses.models import Organization, Warehouse
from warehouses.refusals import InvalidInput

__all__ = ["Names"]

_OPENING = "opening_stock"


@dataclass(frozen=True, slots=True)
class Names:
    """`default_warehouse` and `default_reason` stand in where a line names none. `closed` are the names of warehouses
    that the caller may see and not change; those that the caller may not see are unknown.
    """

    warehouses: dict[str, Warehouse]
    reasons: dict[str, ReasonCode]
    default_warehouse: Warehouse | None
    default_reason: ReasonCode | None
    closed: frozenset[str] = frozenset()

    @classmethod
    def of(cls, organization: Organization, *, warehouse: str = "", reason: str = "") -> Self:
        """Two queries. Raises InvalidInput where `warehouse` or `reason` is unknown."""
        places: dict[str, Warehouse] = {}
        for place in Warehouse.objects.filter(organization=organization).order_by():
            places[place.name.casefold()] = places[place.public_id] = place
        reasons = {
            each.code_key: each
            for each in ReasonCode.objects.filter(organization=organization, is_active=True)
        }
        by_pk = {place.pk: place for place in places.values()}
        default = by_pk.get(organization.default_warehouse_id)  # type: ignore[arg-type]
        try:
            return cls(
                places,
                reasons,
                _find_warehouse(places, warehouse) if warehouse else default,
                _find_reason(reasons, reason) if reason else None,
            )
        except BadValue as bad:
            raise InvalidInput("INVALID_INPUT", str(bad)) from bad

    @classmethod
    def for_access(
        cls,
        access: Access,
        permission: str,
        *,
        warehouse: Warehouse | None = None,
        reason: ReasonCode | None = None,
    ) -> Self:
        """The names of the warehouses in which the caller has the permission, and of all active reasons. Three queries.

        `warehouse` and `reason` stand in where a line names none; without one, the organization's default warehouse
        does, or the only one that the caller may change.
        """
        places: dict[str, Warehouse] = {}
        for place in access.narrow(Warehouse.objects.order_by(), permission, warehouse="pk"):
            places[place.name.casefold()] = places[place.public_id] = place
        seen = access.narrow(Warehouse.objects.order_by(), "inventory.read", warehouse="pk")
        by_pk = {place.pk: place for place in places.values()}
        closed = frozenset(place.name.casefold() for place in seen if place.pk not in by_pk)
        reasons = {
            each.code_key: each
            for each in ReasonCode.objects.filter(organization=access.organization, is_active=True)
        }
        default = by_pk.get(access.organization.default_warehouse_id)  # type: ignore[arg-type]
        if default is None and len(by_pk) == 1:
            (default,) = by_pk.values()
        return cls(
            places, reasons, by_pk.get(warehouse.pk) if warehouse is not None else default, reason, closed
        )

    def any_reason(self, code: str) -> ReasonCode:
        """For a line whose direction shows only in the ledger. Raises BadValue where it is unknown or missing."""
        found = _find_reason(self.reasons, code) if code else self.default_reason
        if found is None:
            raise BadValue("reason_code", "is missing: name one, or choose one for all rows")
        return found

    def warehouse(self, name: str) -> Warehouse:
        """Raises BadValue where it is unknown, missing, or its stock may not be changed."""
        if name.casefold() in self.closed:
            raise BadValue("warehouse", f"you may not change the stock of {name}")
        found = _find_warehouse(self.warehouses, name) if name else self.default_warehouse
        if found is None:
            raise BadValue("warehouse", "is missing, and the organization has no default warehouse")
        if found.is_readonly:
            raise BadValue("warehouse", f"{found.name} is read-only: only its sync changes it")
        if not found.is_active:
            raise BadValue("warehouse", f"{found.name} is inactive: its stock cannot change")
        return found

    def reason(self, code: str, change: int) -> ReasonCode:
        """Raises BadValue where it is unknown, missing, or does not fit the sign of the change."""
        found = _find_reason(self.reasons, code) if code else self.default_reason
        if found is None:
            raise BadValue("reason_code", "is missing, and no --reason stands in for it")
        if not found.allows(change):
            kind = found.get_direction_display().lower()
            raise BadValue("reason_code", f"{found.code} {kind}; a change of {change:+d} does not fit it")
        return found

    def opening_reason(self) -> ReasonCode:
        if _OPENING not in self.reasons:
            raise InvalidInput("INVALID_INPUT", f"The organization has no active reason code {_OPENING}.")
        return self.reasons[_OPENING]


def _find_warehouse(places: dict[str, Warehouse], name: str) -> Warehouse:
    found = places.get(name.casefold())
    if found is None:
        raise BadValue("warehouse", f"there is no warehouse {quoted(name)}")
    return found


def _find_reason(reasons: dict[str, ReasonCode], code: str) -> ReasonCode:
    found = reasons.get(code.casefold())
    if found is None:
        raise BadValue("reason_code", f"there is no active reason code {quoted(code)}")
    return found
