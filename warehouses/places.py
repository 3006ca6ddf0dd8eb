"""Warehouses, rooms and bins: the one door through which they are made, changed, closed and removed.

Every function takes rows that the caller was allowed to fetch, and refuses rows of another organization as if they
did not exist. What stands above this floor is asked through `guards` before a place is closed, so that no stock is
ever in a place that is gone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, TypedDict, TypeVar

import structlog
from django.db import IntegrityError, transaction
from django.db.models import Max, Model, ProtectedError, QuerySet, RestrictedError

from warehouses import transactions
from warehouses.actors import Actor
from warehouses.models import Bin, Organization, Room, Warehouse
from warehouses.models.room import SELLABLE_BY_DEFAULT, RoomType
from warehouses.models.warehouse import READONLY_TYPES
from warehouses.records import validate
from warehouses.refusals import Conflict, NotFound, Problem, RuleBroken

if TYPE_CHECKING:
    from typing import Unpack

__all__ = [
    "DEFAULT_BIN",
    "DEFAULT_ROOM",
    "BinChanges",
    "Guard",
    "RoomChanges",
    "WarehouseChanges",
    "activate_bin",
    "activate_warehouse",
    "create_bin",
    "create_room",
    "create_warehouse",
    "deactivate_bin",
    "deactivate_warehouse",
    "delete_bin",
    "delete_room",
    "delete_warehouse",
    "guards",
    "update_bin",
    "update_room",
    "update_warehouse",
]

DEFAULT_ROOM = "Main"
DEFAULT_BIN = "MAIN"
#: Bins made without a pick sequence go to the end of the walk, with room for others in between.
PICK_SEQUENCE_STEP = 10

Guard = Callable[[Warehouse | Room | Bin], str | None]
#: What forbids closing a place. An app above adds its own in `AppConfig.ready`: a function that answers None, or why
#: not, as the rest of a sentence: "still holds 350 units of 12 SKUs".
guards: list[Guard] = []

Place = TypeVar("Place", Warehouse, Room, Bin)
_log = structlog.get_logger(__name__)


class WarehouseChanges(TypedDict, total=False):
    name: str
    type: str
    marketplace: str
    address: str
    is_readonly: bool


class RoomChanges(TypedDict, total=False):
    name: str
    room_type: str
    is_sellable: bool


class BinChanges(TypedDict, total=False):
    room: Room
    code: str
    barcode: str
    pick_sequence: int
    capacity: int | None


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
        _save(warehouse)
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
    _tell("warehouse.created", actor, warehouse)
    return warehouse


def update_warehouse(
    *, organization: Organization, actor: Actor, warehouse: Warehouse, **changes: Unpack[WarehouseChanges]
) -> Warehouse:
    """Change what is given. A type that a marketplace runs makes the warehouse read-only.

    Raises InvalidInput `INVALID_INPUT`, Conflict `NAME_TAKEN`, NotFound.
    """

    def work() -> Warehouse:
        current = _locked(Warehouse.objects.all(), organization, warehouse)
        _apply(current, changes)
        if "type" in changes and current.type in READONLY_TYPES and "is_readonly" not in changes:
            current.is_readonly = True
        _check_readonly(current)
        _save(current)
        return current

    return _finish("warehouse.updated", actor, warehouse, transactions.run(work))


def activate_warehouse(*, organization: Organization, actor: Actor, warehouse: Warehouse) -> Warehouse:
    def work() -> Warehouse:
        current = _locked(Warehouse.objects.all(), organization, warehouse)
        current.is_active = True
        current.save(update_fields=["is_active"])
        return current

    return _finish("warehouse.activated", actor, warehouse, transactions.run(work))


def deactivate_warehouse(*, organization: Organization, actor: Actor, warehouse: Warehouse) -> Warehouse:
    """Close an empty warehouse; it keeps its history and is still shown.

    Raises Conflict `WAREHOUSE_HAS_STOCK` (a guard said why) and `WAREHOUSE_IS_DEFAULT`.
    """

    def work() -> Warehouse:
        current = _locked(Warehouse.objects.all(), organization, warehouse)
        _check_not_default_warehouse(current, "deactivated")
        _ask_guards(current, "WAREHOUSE_HAS_STOCK", "deactivated")
        current.is_active = False
        current.save(update_fields=["is_active"])
        return current

    return _finish("warehouse.deactivated", actor, warehouse, transactions.run(work))


def delete_warehouse(*, organization: Organization, actor: Actor, warehouse: Warehouse) -> None:
    """Remove a warehouse that never had stock, with its rooms and bins.

    Raises Conflict `WAREHOUSE_HAS_STOCK`, `WAREHOUSE_HAS_HISTORY` (deactivate it instead), `WAREHOUSE_IS_DEFAULT`.
    """

    def work() -> None:
        current = _locked(Warehouse.objects.all(), organization, warehouse)
        _check_not_default_warehouse(current, "deleted")
        _ask_guards(current, "WAREHOUSE_HAS_STOCK", "deleted")
        instead = "deactivate it instead" if current.is_active else "it can only stay inactive"
        _delete(
            [Bin.objects.filter(warehouse=current), Room.objects.filter(warehouse=current)],
            current,
            Conflict(
                "WAREHOUSE_HAS_HISTORY",
                f"“{current}” has history, so it cannot be deleted: {instead}.",
            ),
        )

    transactions.run(work)
    _tell("warehouse.deleted", actor, warehouse)


def create_room(
    *,
    organization: Organization,
    actor: Actor,
    warehouse: Warehouse,
    name: str,
    room_type: str = RoomType.STORAGE,
    is_sellable: bool | None = None,
) -> Room:
    """A room; sellable as its type usually is, unless said otherwise.

    Raises InvalidInput `INVALID_INPUT`, Conflict `NAME_TAKEN`, NotFound.
    """
    _check_owner(organization, warehouse)
    room = Room(
        organization=organization,
        warehouse=warehouse,
        name=name.strip(),
        room_type=room_type,
        is_sellable=room_type in SELLABLE_BY_DEFAULT if is_sellable is None else is_sellable,
    )
    transactions.run(lambda: _save(room))
    _tell("room.created", actor, room)
    return room


def update_room(
    *, organization: Organization, actor: Actor, room: Room, **changes: Unpack[RoomChanges]
) -> Room:
    """Change what is given. Raises InvalidInput `INVALID_INPUT`, Conflict `NAME_TAKEN`, NotFound."""

    def work() -> Room:
        current = _locked(Room.objects.select_related("warehouse"), organization, room)
        _apply(current, changes)
        _save(current)
        return current

    return _finish("room.updated", actor, room, transactions.run(work))


def delete_room(*, organization: Organization, actor: Actor, room: Room) -> None:
    """Remove a room whose bins never had stock, with those bins.

    Raises Conflict `ROOM_IS_DEFAULT`, `ROOM_HAS_STOCK`, `ROOM_HAS_HISTORY`.
    """

    def work() -> None:
        current = _locked(Room.objects.select_related("warehouse"), organization, room)
        bins = Bin.objects.filter(room=current)
        if current.is_default or bins.filter(is_default=True).exists():
            raise Conflict(
                "ROOM_IS_DEFAULT",
                f"“{current}” holds the default bin of {current.warehouse}, so it cannot be deleted.",
            )
        _ask_guards(current, "ROOM_HAS_STOCK", "deleted")
        _delete(
            [bins],
            current,
            Conflict(
                "ROOM_HAS_HISTORY",
                f"Bins in “{current}” have history, so it cannot be deleted: move or deactivate its bins.",
            ),
        )

    transactions.run(work)
    _tell("room.deleted", actor, room)


def create_bin(
    *,
    organization: Organization,
    actor: Actor,
    room: Room,
    code: str,
    barcode: str = "",
    pick_sequence: int | None = None,
    capacity: int | None = None,
) -> Bin:
    """A bin in `room`; without a pick sequence it is the last of its warehouse's walk.

    Raises InvalidInput `INVALID_INPUT`, Conflict `CODE_TAKEN` and `BARCODE_TAKEN`, NotFound.
    """
    _check_owner(organization, room)

    def work() -> Bin:
        walk = pick_sequence
        if walk is None:
            last = Bin.objects.filter(warehouse_id=room.warehouse_id).aggregate(last=Max("pick_sequence"))
            walk = (last["last"] or 0) + PICK_SEQUENCE_STEP
        shelf = Bin(
            organization=organization,
            warehouse=room.warehouse,
            room=room,
            code=code.strip(),
            barcode=barcode.strip(),
            pick_sequence=walk,
            capacity=capacity,
        )
        return _save(shelf)

    shelf = transactions.run(work)
    _tell("bin.created", actor, shelf)
    return shelf


def update_bin(*, organization: Organization, actor: Actor, shelf: Bin, **changes: Unpack[BinChanges]) -> Bin:
    """Change what is given; another room of the same warehouse takes the bin with the stock in it.

    Raises RuleBroken `ROOM_IN_ANOTHER_WAREHOUSE`, InvalidInput `INVALID_INPUT`, Conflict `CODE_TAKEN` and
    `BARCODE_TAKEN`, NotFound.
    """
    room = changes.get("room")
    if room is not None:
        _check_owner(organization, room)

    def work() -> Bin:
        current = _locked(Bin.objects.select_related("warehouse", "room"), organization, shelf)
        if room is not None and room.warehouse_id != current.warehouse_id:
            detail = f"{room} is not a room of {current.warehouse}; move the stock, not the bin."
            raise RuleBroken(
                "ROOM_IN_ANOTHER_WAREHOUSE",
                detail,
                problems=[Problem("ROOM_IN_ANOTHER_WAREHOUSE", detail, field="room")],
            )
        _apply(current, changes)
        _save(current)
        return current

    return _finish("bin.updated", actor, shelf, transactions.run(work))


def activate_bin(*, organization: Organization, actor: Actor, shelf: Bin) -> Bin:
    def work() -> Bin:
        current = _locked(Bin.objects.select_related("warehouse", "room"), organization, shelf)
        current.is_active = True
        current.save(update_fields=["is_active"])
        return current

    return _finish("bin.activated", actor, shelf, transactions.run(work))


def deactivate_bin(*, organization: Organization, actor: Actor, shelf: Bin) -> Bin:
    """Close an empty bin. Raises Conflict `BIN_IS_DEFAULT`, `BIN_HAS_STOCK`."""

    def work() -> Bin:
        current = _locked(Bin.objects.select_related("warehouse", "room"), organization, shelf)
        _check_not_default_bin(current, "deactivated")
        _ask_guards(current, "BIN_HAS_STOCK", "deactivated")
        current.is_active = False
        current.save(update_fields=["is_active"])
        return current

    return _finish("bin.deactivated", actor, shelf, transactions.run(work))


def delete_bin(*, organization: Organization, actor: Actor, shelf: Bin) -> None:
    """Remove a bin that never had stock. Raises Conflict `BIN_IS_DEFAULT`, `BIN_HAS_STOCK`, `BIN_HAS_HISTORY`."""

    def work() -> None:
        current = _locked(Bin.objects.select_related("warehouse", "room"), organization, shelf)
        _check_not_default_bin(current, "deleted")
        _ask_guards(current, "BIN_HAS_STOCK", "deleted")
        _delete(
            [],
            current,
            Conflict(
                "BIN_HAS_HISTORY", f"“{current}” has history, so it cannot be deleted: deactivate it instead."
            ),
        )

    transactions.run(work)
    _tell("bin.deleted", actor, shelf)


def _check_owner(organization: Organization, place: Warehouse | Room | Bin) -> None:
    if place.organization_id != organization.pk:
        raise NotFound("NOT_FOUND", "There is no such place.")


def _locked(rows: QuerySet[Place], organization: Organization, place: Place) -> Place:
    """The row of this instant, locked: what the caller holds may be older."""
    current = rows.select_for_update(of=("self",)).filter(organization=organization, pk=place.pk).first()
    if current is None:
        raise NotFound("NOT_FOUND", "There is no such place.")
    return current


def _check_readonly(warehouse: Warehouse) -> None:
    if warehouse.type in READONLY_TYPES and not warehouse.is_readonly:
        detail = "FBA and FBS warehouses are read-only: only a sync changes them."
        raise RuleBroken(
            "READONLY_TYPE", detail, problems=[Problem("READONLY_TYPE", detail, field="is_readonly")]
        )


def _check_not_default_warehouse(warehouse: Warehouse, done: str) -> None:
    if Organization.objects.filter(default_warehouse=warehouse).exists():
        raise Conflict(
            "WAREHOUSE_IS_DEFAULT",
            f"“{warehouse}” is the organization's default warehouse, so it cannot be {done}: choose another first.",
        )


def _check_not_default_bin(shelf: Bin, done: str) -> None:
    if shelf.is_default:
        raise Conflict(
            "BIN_IS_DEFAULT",
            f"“{shelf}” is the default bin of {shelf.warehouse}, so it cannot be {done}.",
        )


def _ask_guards(place: Warehouse | Room | Bin, code: str, done: str) -> None:
    reasons = [reason for guard in guards if (reason := guard(place))]
    if reasons:
        raise Conflict(code, f"“{place}” {' and '.join(reasons)}, so it cannot be {done}.")


def _apply(place: Model, changes: Any) -> None:
    for name, value in changes.items():
        setattr(place, name, value.strip() if isinstance(value, str) else value)


def _save(place: Place) -> Place:
    """Validate and write; the names that must be unique are checked first, so that the answer can name them."""
    validate(place)
    for field, code, rows in _rivals(place):
        if rows.exclude(pk=place.pk).exists():
            raise _taken(place, field, code)
    try:
        with transaction.atomic():
            place.save()
    except IntegrityError as error:  # another request took the name in this very moment
        for field, code, rows in _rivals(place):
            if rows.exclude(pk=place.pk).exists():
                raise _taken(place, field, code) from error
        raise
    return place


def _rivals(place: Warehouse | Room | Bin) -> Iterable[tuple[str, str, QuerySet[Any]]]:
    """(field, code of the refusal, rows that already have that value) for each value that must be unique."""
    if isinstance(place, Warehouse):
        rows = Warehouse.objects.filter(organization=place.organization, name__iexact=place.name)
        return [("name", "NAME_TAKEN", rows)]
    if isinstance(place, Room):
        return [
            ("name", "NAME_TAKEN", Room.objects.filter(warehouse=place.warehouse, name__iexact=place.name))
        ]
    rivals: list[tuple[str, str, QuerySet[Any]]] = [
        ("code", "CODE_TAKEN", Bin.objects.filter(warehouse=place.warehouse, code__iexact=place.code))
    ]
    if place.barcode:
        same = Bin.objects.filter(organization=place.organization, barcode=place.barcode)
        rivals.append(("barcode", "BARCODE_TAKEN", same))
    return rivals


def _taken(place: Warehouse | Room | Bin, field: str, code: str) -> Conflict:
    kind = place._meta.verbose_name
    detail = f"There is already a {kind} with the {field} “{getattr(place, field)}”."
    return Conflict(code, detail, problems=[Problem(code, detail, field=field)])


def _delete(contents: Iterable[QuerySet[Any]], place: Model, refusal: Conflict) -> None:
    """Delete what is in a place, then the place. What the ledger points at is protected: then nothing is deleted."""
    try:
        with transaction.atomic():
            for rows in contents:
                rows.delete()
            place.delete()
    except (ProtectedError, RestrictedError) as error:
        raise refusal from error


def _finish(event: str, actor: Actor, given: Place, saved: Place) -> Place:
    """The caller's own instance shows what was saved."""
    given.__dict__.update(saved.__dict__)
    _tell(event, actor, given)
    return given


def _tell(event: str, actor: Actor, place: Warehouse | Room | Bin) -> None:
    _log.info(event, id=place.public_id, actor_type=actor.type.value, actor_id=str(actor.id or ""))
