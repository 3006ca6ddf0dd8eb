"""Who sees a cycle count, and who may do what with it.

Whoever may count in its warehouse sees it, plans one, counts, submits, and calls it off. Whether the differences are
posted is decided by whoever has the right to review there. A person needs `inventory.countreview` for that; for an API
key the contract's documented `inventory.cyclecount` is enough, because that is all its routes name.
"""

from __future__ import annotations

from typing import Final
from uuid import UUID

from cycle_counts.models import CountBatch
from cycle_counts.states import Condition, not_found
from warehouses.access import Access
from warehouses.actors import ActorType
from warehouses.identifiers import decode
from warehouses.models.base import OrganizationQuerySet
from warehouses.refusals import Forbidden

__all__ = [
    "COUNT",
    "REVIEW",
    "counter",
    "find_batch",
    "may_review",
    "may_see_book",
    "places_with_book",
    "require_place",
    "reviewer",
    "visible_batches",
]

COUNT: Final = "inventory.cyclecount"
REVIEW: Final = "inventory.countreview"
_READ: Final = "inventory.read"


def visible_batches(*, access: Access) -> OrganizationQuerySet[CountBatch]:
    """The batches, in no order, where the caller may count. Raises Forbidden `PERMISSION_DENIED`."""
    access.require(COUNT)
    rows = CountBatch.objects.order_by()
    return access.narrow(rows, COUNT)  # type: ignore[return-value]


def find_batch(*, access: Access, public_id: str) -> CountBatch:
    """The batch of this id with its warehouse. Raises Forbidden, NotFound `CYCLE_COUNT_NOT_FOUND`."""
    access.require(COUNT)
    key = decode(CountBatch.prefix, public_id)
    if key is None:
        raise not_found()
    rows = visible_batches(access=access).select_related(
        "warehouse", "planned_by", "submitted_by", "recount_of", "adjustment"
    )
    found = rows.filter(pk=key).first()
    if found is None:
        raise not_found()
    return found


def require_place(access: Access, permission: str, warehouse_id: UUID, name: str) -> None:
    """Raise Forbidden `PERMISSION_DENIED` unless the caller has the permission in the warehouse called `name`."""
    if not access.covers(permission, warehouse_id):
        raise Forbidden(
            "PERMISSION_DENIED",
            f"This needs the permission {permission} in {name}.",
            extra={"missing": [permission]},
        )


def counter(access: Access) -> Condition:
    """Raises Forbidden `PERMISSION_DENIED` unless the caller may count in the batch's warehouse."""

    def check(batch: CountBatch) -> None:
        if batch.organization_id != access.organization.pk:
            raise not_found()
        require_place(access, COUNT, batch.warehouse_id, batch.warehouse.name)

    return check


def reviewer(access: Access) -> Condition:
    """Raises Forbidden `PERMISSION_DENIED` unless the caller may review in the batch's warehouse."""

    def check(batch: CountBatch) -> None:
        if batch.organization_id != access.organization.pk:
            raise not_found()
        if not may_review(access, batch.warehouse_id):
            require_place(access, REVIEW, batch.warehouse_id, batch.warehouse.name)

    return check


def may_review(access: Access, warehouse_id: UUID) -> bool:
    """Whether the caller decides on the differences there."""
    return access.covers(COUNT if access.actor.type == ActorType.KEY else REVIEW, warehouse_id)


def may_see_book(access: Access, warehouse_id: UUID) -> bool:
    """Whether the caller may know what the books say there at all, whatever a batch says."""
    return may_review(access, warehouse_id) or access.covers(_READ, warehouse_id)


def places_with_book(access: Access) -> frozenset[UUID] | None:
    """The warehouses in which `may_see_book` holds; None for all."""
    places: set[UUID] = set()
    for permission in (COUNT if access.actor.type == ActorType.KEY else REVIEW, _READ):
        some = access.warehouse_ids(permission)
        if some is None:
            return None
        places |= some
    return frozenset(places)
