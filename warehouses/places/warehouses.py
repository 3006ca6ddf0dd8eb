"""Warehouses: born with a default room and bin, closed only when empty, removed only without history."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypedDict

from warehouses import transactions
from warehouses.actors import Actor
from warehouses.models import Bin, Organization, Room, Warehouse
from warehouses.models.warehouse import READONLY_TYPES
from warehouses.places.closing import ask_guards
from warehouses.places.rows import apply, delete, finish, locked, save, tell
from warehouses.refusals import Conflict, Problem, RuleBroken

if TYPE_CHECKING:
    from typing import Unpack

__all__ = [
    "DEFAULT_BIN",
    "DEFAULT_ROOM",
    "WarehouseChanges",
    "activate_warehouse",
    "create_warehouse",
    "deactivate_warehouse",
    "delete_warehouse",
    "update_warehouse",
]

DEFAULT_ROOM = "Main"
DEFAULT_BIN = "MAIN"


class WarehouseChanges(TypedDict, total=False):
    name: str
    type: str
    marketplace: str
    address: str
    is_readonly: bool


def create_warehouse(
    *,
    organization: Organization,
    actor: Actor,
    name: str,
    type: str = "own",  # noqa: A002 - the contracts' and the model's word
    marketplace: str = "",
    address: str = "",
    is_readonly: bool | None = None,
) -> Warehouse:
    """A warehouse with its default room and bin, in one transaction; the organization's default if it has none yet.

    FBA and FBS are read-only, whatever `is_readonly` says by default; asking for one that is not is refused.

    Raises InvalidInput `INVALID_INPUT` (with a problem per field) and Conflict `NAME_TAKEN`.
    """
    warehouse = Warehouse(
        organization=organization,
        name=name.strip(),
        type=type,
        marketplace=marketplace.strip(),
        address=address.strip(),
        is_readonly=type in READONLY_TYPES if is_readonly is None else is_readonly,
    )
    _check_readonly(warehouse)

    def work() -> Warehouse:
        save(warehouse)
        room = Room(organization=organization, warehouse=warehouse, name=DEFAULT_ROOM, is_default=True)
        room.save(force_insert=True)
        Bin(
            organization=organization, warehouse=warehouse, room=room, code=DEFAULT_BIN, is_default=True
        ).save(force_insert=True)
        # Compare-and-set: of two first warehouses made at once, one becomes the default.
        Organization.objects.filter(pk=organization.pk, default_warehouse=None).update(
            default_warehouse=warehouse
        )
        return warehouse

    transactions.run(work)
    organization.refresh_from_db(fields=["default_warehouse"])
    tell("warehouse.created", actor, warehouse)
    return warehouse


def update_warehouse(
    *, organization: Organization, actor: Actor, warehouse: Warehouse, **changes: Unpack[WarehouseChanges]
) -> Warehouse:
    """Change what is given. A type that a marketplace runs makes the warehouse read-only.

    Raises InvalidInput `INVALID_INPUT`, Conflict `NAME_TAKEN`, NotFound.
    """

    def work() -> Warehouse:
        current = locked(Warehouse.objects.all(), organization, warehouse)
        apply(current, changes)
        if "type" in changes and current.type in READONLY_TYPES and "is_readonly" not in changes:
            current.is_readonly = True
        _check_readonly(current)
        save(current)
        return current

    return finish("warehouse.updated", actor, warehouse, transactions.run(work))


def activate_warehouse(*, organization: Organization, actor: Actor, warehouse: Warehouse) -> Warehouse:
    def work() -> Warehouse:
        current = locked(Warehouse.objects.all(), organization, warehouse)
        current.is_active = True
        current.save(update_fields=["is_active"])
        return current

    return finish("warehouse.activated", actor, warehouse, transactions.run(work))


def deactivate_warehouse(*, organization: Organization, actor: Actor, warehouse: Warehouse) -> Warehouse:
    """Close an empty warehouse; it keeps its history and is still shown.

    Raises Conflict `WAREHOUSE_HAS_STOCK` (a guard said why) and `WAREHOUSE_IS_DEFAULT`.
    """

    def work() -> Warehouse:
        current = locked(Warehouse.objects.all(), organization, warehouse)
        _check_not_default(current, "deactivated")
        ask_guards(current, "WAREHOUSE_HAS_STOCK", "deactivated")
        current.is_active = False
        current.save(update_fields=["is_active"])
        return current

    return finish("warehouse.deactivated", actor, warehouse, transactions.run(work))


def delete_warehouse(*, organization: Organization, actor: Actor, warehouse: Warehouse) -> None:
    """Remove a warehouse that never had stock, with its rooms and bins.

    Raises Conflict `WAREHOUSE_HAS_STOCK`, `WAREHOUSE_HAS_HISTORY` (deactivate it instead), `WAREHOUSE_IS_DEFAULT`.
    """

    def work() -> None:
        current = locked(Warehouse.objects.all(), organization, warehouse)
        _check_not_default(current, "deleted")
        ask_guards(current, "WAREHOUSE_HAS_STOCK", "deleted")
        instead = "deactivate it instead" if current.is_active else "it can only stay inactive"
        delete(
            [Bin.objects.filter(warehouse=current), Room.objects.filter(warehouse=current)],
            current,
            Conflict(
                "WAREHOUSE_HAS_HISTORY",
                f"“{current}” has history, so it cannot be deleted: {instead}.",
            ),
        )

    transactions.run(work)
    tell("warehouse.deleted", actor, warehouse)


def _check_readonly(warehouse: Warehouse) -> None:
    if warehouse.type in READONLY_TYPES and not warehouse.is_readonly:
        detail = "FBA and FBS warehouses are read-only: only a sync changes them."
        raise RuleBroken(
            "READONLY_TYPE", detail, problems=[Problem("READONLY_TYPE", detail, field="is_readonly")]
        )


def _check_not_default(warehouse: Warehouse, done: str) -> None:
    if Organization.objects.filter(default_warehouse=warehouse).exists():
        raise Conflict(
            "WAREHOUSE_IS_DEFAULT",
            f"“{warehouse}” is the organization's default warehouse, so it cannot be {done}: choose another first.",
        )
