"""Making a transfer, finding it, and calling it off."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from uuid import UUID

from django.utils import timezone

from inventory import history, inbound, statements
from inventory.models import Lot, Sku, Transfer, TransferLine, TransferState
from inventory.models.sku import MAXIMUM_QUANTITY
from inventory.resolution import require_open
from inventory.transfers.states import Condition, not_found, seize
from warehouses.access import Access
from warehouses.identifiers import decode, new_id
from warehouses.models import Bin, Warehouse
from warehouses.models.base import OrganizationQuerySet
from warehouses.refusals import (
    Conflict,
    Forbidden,
    InvalidInput,
    NotFound,
    Problem,
    Refusal,
    RuleBroken,
    gather,
)

__all__ = [
    "MOST_LINES",
    "READ",
    "WRITE",
    "WantedLine",
    "authorized_at",
    "cancel_transfer",
    "create_transfer",
    "find_transfer",
    "may_act",
    "visible_transfers",
]

READ: Final = "transfers.read"
WRITE: Final = "transfers.write"
MOST_LINES: Final = 500


@dataclass(frozen=True, slots=True)
class WantedLine:
    """So many units of a SKU: of any lot and from any bin, picked FEFO, where none is named.

    Where `to_bin` is None they arrive in the destination's default bin. `index` is the row of the request, for the
    problems of a refusal.
    """

    sku: Sku
    quantity: int
    lot: Lot | None = None
    from_bin: Bin | None = None
    to_bin: Bin | None = None
    index: int = 0


def visible_transfers(*, access: Access, permission: str = READ) -> OrganizationQuerySet[Transfer]:
    """The transfers of which the caller has the permission at one end or both. Raises Forbidden."""
    access.require(permission)
    return Transfer.objects.for_organization(access.organization).filter(access.at_either_end(permission))


def find_transfer(*, access: Access, public_id: str, permission: str = READ) -> Transfer:
    """The transfer of this id, with its locations, if the caller sees it or has `permission` at one of its ends.

    Raises Forbidden `PERMISSION_DENIED` (nowhere), NotFound `TRANSFER_NOT_FOUND`.
    """
    access.require(permission)
    key = decode(Transfer.prefix, public_id)
    if key is None:
        raise not_found()
    rows = Transfer.objects.for_organization(access.organization).select_related(
        "from_warehouse", "to_warehouse"
    )
    found = rows.filter(access.at_either_end(READ, permission), pk=key).first()
    if found is None:
        raise not_found()
    return found


def may_act(access: Access, transfer: Transfer, action: str) -> bool:
    """Whether the caller has the right to the action, whatever the transfer's state."""
    place = transfer.to_warehouse_id if action == "receive" else transfer.from_warehouse_id
    return access.covers(WRITE, place)


def create_transfer(
    *,
    access: Access,
    from_warehouse: Warehouse,
    to_warehouse: Warehouse,
    lines: Sequence[WantedLine],
    note: str = "",
    reference: str = "",
    expected_on: date | None = None,
    key: UUID | None = None,
    created_at: datetime | None = None,
) -> Transfer:
    """Draft a transfer. Nothing is promised or moved by it: what is there is asked when it is shipped.

    Within one location each line names two bins. Needs `transfers.write` at both ends, and a transaction of the
    caller's; three statements, whatever the number of lines. `key` and `created_at` are for seeded demonstrations.

    Raises Forbidden `PERMISSION_DENIED`, `READONLY_WAREHOUSE` (nothing of a read-only location can be shipped or
    received), NotFound `WAREHOUSE_NOT_FOUND`, `BIN_NOT_FOUND`, `LOT_NOT_FOUND`, Conflict `WAREHOUSE_INACTIVE`,
    `BIN_INACTIVE`, RuleBroken `SAME_LOCATION`, InvalidInput `INVALID_QUANTITY`, `INVALID_REQUEST`; of several bad
    lines one refusal with every problem.
    """
    access.require(WRITE)
    for place, field in ((from_warehouse, "from_warehouse"), (to_warehouse, "to_warehouse")):
        if place.organization_id != access.organization.pk:
            detail = "There is no such warehouse."
            problem = Problem("WAREHOUSE_NOT_FOUND", detail, field=field)
            raise NotFound("WAREHOUSE_NOT_FOUND", detail, problems=[problem])
        _require_end(access, place, field)
        require_open(place, field)
    if not 0 < len(lines) <= MOST_LINES:
        raise InvalidInput("INVALID_REQUEST", f"A transfer has 1 to {MOST_LINES} lines.")
    faults = [fault for line in lines for fault in _faults_of(line, from_warehouse, to_warehouse)]
    if faults:
        raise gather(faults)
    now = created_at or timezone.now()
    transfer = Transfer(
        pk=key or new_id(),
        organization=access.organization,
        from_warehouse=from_warehouse,
        to_warehouse=to_warehouse,
        reference=reference,
        note=note,
        expected_on=expected_on,
        actor_type=access.actor.type,
        actor_id=access.actor.id,
        actor_name=access.actor.name,
        created_at=now,
    )
    transfer.save(force_insert=True)
    statements.insert(
        TransferLine,
        _LINE,
        [_row(transfer, position, line) for position, line in enumerate(lines, start=1)],
    )
    history.note(
        organization=access.organization,
        actor=access.actor,
        subject=transfer,
        action="create",
        to_state=TransferState.DRAFT,
        at=now,
        quantity=sum(line.quantity for line in lines),
        reason=note,
    )
    return transfer


def cancel_transfer(
    *, access: Access, transfer: Transfer, note: str = "", condition: Condition | None = None
) -> Transfer:
    """Call off a draft. Needs `transfers.write` at the source, and a transaction of the caller's; locks the transfer.

    Raises Forbidden `PERMISSION_DENIED`, NotFound `TRANSFER_NOT_FOUND`, Conflict `INVALID_TRANSITION` once it is
    shipped, and what `condition` raises.
    """
    locked = seize(
        transfer, action="cancel", authorize=authorized_at(access, "from_warehouse"), condition=condition
    )
    now = timezone.now()
    locked.state = TransferState.CANCELLED
    locked.version += 1
    locked.closed_at = now
    locked.save(update_fields=["state", "version", "closed_at"])
    inbound.follow_cancelled(
        organization=access.organization, actor=access.actor, transfer=locked, at=now, reason=note
    )
    history.note(
        organization=access.organization,
        actor=access.actor,
        subject=locked,
        action="cancel",
        from_state=TransferState.DRAFT,
        to_state=TransferState.CANCELLED,
        at=now,
        reason=note,
    )
    return locked


def authorized_at(access: Access, end: str) -> Callable[[Transfer], None]:
    """Raises Forbidden `PERMISSION_DENIED` unless the caller has `transfers.write` at that end of the transfer."""

    def check(transfer: Transfer) -> None:
        if transfer.organization_id != access.organization.pk:
            raise not_found()
        place: Warehouse = getattr(transfer, end)
        if not access.covers(WRITE, place.pk):
            raise Forbidden(
                "PERMISSION_DENIED",
                f"This needs the permission {WRITE} in {place.name}.",
                extra={"missing": [WRITE]},
            )

    return check


def _require_end(access: Access, place: Warehouse, field: str) -> None:
    if not access.covers(WRITE, place.pk):
        detail = f"This needs the permission {WRITE} in {place.name}."
        problem = Problem("PERMISSION_DENIED", detail, field=field)
        raise Forbidden("PERMISSION_DENIED", detail, problems=[problem], extra={"missing": [WRITE]})


def _faults_of(line: WantedLine, source: Warehouse, destination: Warehouse) -> Iterator[Refusal]:
    index = line.index
    if not 0 < line.quantity <= MAXIMUM_QUANTITY:
        detail = f"A quantity is from 1 to {MAXIMUM_QUANTITY:,} units."
        problem = Problem("INVALID_QUANTITY", detail, index, "quantity")
        yield InvalidInput("INVALID_QUANTITY", detail, problems=[problem])
    if line.lot is not None and line.lot.sku_id != line.sku.pk:
        detail = f"{line.sku.code} has no such lot."
        yield NotFound("LOT_NOT_FOUND", detail, problems=[Problem("LOT_NOT_FOUND", detail, index, "lot")])
    for shelf, place, field in ((line.from_bin, source, "from_bin"), (line.to_bin, destination, "to_bin")):
        if shelf is not None and shelf.warehouse_id != place.pk:
            detail = f"{place.name} has no such bin."
            yield NotFound("BIN_NOT_FOUND", detail, problems=[Problem("BIN_NOT_FOUND", detail, index, field)])
    if line.to_bin is not None and not line.to_bin.is_active:
        detail = f"The bin {line.to_bin.code} is inactive: nothing is put there."
        problem = Problem("BIN_INACTIVE", detail, index, "to_bin")
        yield Conflict("BIN_INACTIVE", detail, problems=[problem])
    if source.pk == destination.pk and (
        line.from_bin is None or line.to_bin is None or line.from_bin.pk == line.to_bin.pk
    ):
        detail = f"Both ends are {source.name}: name two bins, the one to take from and another to bring to."
        field = "from_bin" if line.from_bin is None else "to_bin"
        problem = Problem("SAME_LOCATION", detail, index, field)
        yield RuleBroken("SAME_LOCATION", detail, problems=[problem])


_LINE = (
    "id transfer position sku lot from_bin to_bin quantity shipped received surplus written_off shortage_reason"
).split()


def _row(transfer: Transfer, position: int, line: WantedLine) -> tuple[object, ...]:
    return (
        new_id(),
        transfer.pk,
        position,
        line.sku.pk,
        line.lot.pk if line.lot else None,
        line.from_bin.pk if line.from_bin else None,
        line.to_bin.pk if line.to_bin else None,
        line.quantity,
        *(0, 0, 0, 0, ""),
    )
