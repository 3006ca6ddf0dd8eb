"""Who sees a stock request, and who may do what with it.

A request is seen by whoever may read requests at its source or at the warehouse that it goes to. Whoever may write at
one of the two makes it, changes it, submits it, calls it off and comments on it; whoever may write at the source picks,
fulfils, and takes an approval back; whoever may approve at the source decides.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from stock_requests.models import StockRequest
from stock_requests.states import not_found
from warehouses.access import Access
from warehouses.identifiers import decode
from warehouses.models.base import OrganizationQuerySet
from warehouses.refusals import Forbidden

__all__ = [
    "APPROVE",
    "READ",
    "WRITE",
    "approver",
    "covers_either",
    "editor",
    "find_request",
    "visible_requests",
    "warehouse_worker",
]

READ: Final = "stockrequests.read"
WRITE: Final = "stockrequests.write"
APPROVE: Final = "stockrequests.approve"


def visible_requests(*, access: Access, permission: str = READ) -> OrganizationQuerySet[StockRequest]:
    """The requests, in no order, for which the caller has the permission at one end or both. Raises Forbidden."""
    access.require(permission)
    rows = StockRequest.objects.for_organization(access.organization).filter(deleted_at__isnull=True)
    return rows.order_by().filter(access.at_either_end(permission))


def find_request(*, access: Access, public_id: str, permission: str = READ) -> StockRequest:
    """The request of this id with its places, category and persons, if the caller sees it or has `permission` there.

    Raises Forbidden `PERMISSION_DENIED` (nowhere), NotFound `STOCK_REQUEST_NOT_FOUND`.
    """
    access.require(permission)
    key = decode(StockRequest.prefix, public_id)
    if key is None:
        raise not_found()
    rows = StockRequest.objects.for_organization(access.organization).filter(deleted_at__isnull=True)
    found = (
        rows.select_related(
            "from_warehouse",
            "to_warehouse",
            "to_room",
            "department",
            "category",
            "requested_by",
            "submitted_by",
            "stocklist",
            "back_order_of",
            "transfer",
        )
        .filter(access.at_either_end(READ, permission), pk=key)
        .first()
    )
    if found is None:
        raise not_found()
    return found


def covers_either(access: Access, request: StockRequest, permission: str) -> bool:
    """Whether the caller has the permission at the source or at the warehouse that it goes to."""
    return access.covers_either(permission, request.from_warehouse_id, request.to_warehouse_id)


def editor(access: Access) -> Callable[[StockRequest], None]:
    """Raises Forbidden `PERMISSION_DENIED` unless the caller may write at either end of the request."""

    def check(request: StockRequest) -> None:
        _require_own(access, request)
        if not covers_either(access, request, WRITE):
            raise _denied(request, WRITE)

    return check


def warehouse_worker(access: Access) -> Callable[[StockRequest], None]:
    """Raises Forbidden `PERMISSION_DENIED` unless the caller may write at the source."""
    return _at_source(access, WRITE)


def approver(access: Access) -> Callable[[StockRequest], None]:
    """Raises Forbidden `PERMISSION_DENIED` unless the caller may approve at the source."""
    return _at_source(access, APPROVE)


def _at_source(access: Access, permission: str) -> Callable[[StockRequest], None]:
    def check(request: StockRequest) -> None:
        _require_own(access, request)
        if not access.covers(permission, request.from_warehouse_id):
            raise _denied(request, permission)

    return check


def _require_own(access: Access, request: StockRequest) -> None:
    if request.organization_id != access.organization.pk:
        raise not_found()


def _denied(request: StockRequest, permission: str) -> Forbidden:
    return Forbidden(
        "PERMISSION_DENIED",
        f"This needs the permission {permission} in {request.from_warehouse.name}.",
        extra={"missing": [permission]},
    )
