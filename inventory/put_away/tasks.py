"""Making a put-away task, completing it, and calling it off."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from django.utils import timezone

from inventory import history, statements
from inventory.history import Entry
from inventory.ledger import DocumentRef, Line, Mode, post
from inventory.models import (
    DocumentType,
    Lot,
    PutAway,
    PutAwayLine,
    PutAwayState,
    ReasonCode,
    Sku,
    StateChange,
    StockItem,
)
from inventory.models.sku import MAXIMUM_QUANTITY
from inventory.put_away.suggestions import Shelves
from inventory.resolution import require_open
from inventory.transitions import require_transition
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
    readdressed,
)

__all__ = [
    "ALLOWED",
    "READ",
    "WRITE",
    "Condition",
    "GoodsToPut",
    "PutLine",
    "cancel_put_away",
    "complete_put_away",
    "create_put_away",
    "find_put_away",
    "moved_of",
    "visible_tasks",
]

READ: Final = "inventory.read"
WRITE: Final = "inventory.write"
MOST_LINES: Final = 500

#: What can be done in each state.
ALLOWED: Final[Mapping[str, tuple[str, ...]]] = {
    PutAwayState.OPEN: ("complete", "cancel"),
    PutAwayState.COMPLETED: (),
    PutAwayState.CANCELLED: (),
}

#: Looks at the locked task and may refuse, as If-Match does.
Condition = Callable[[PutAway], None]


@dataclass(frozen=True, slots=True)
class GoodsToPut:
    """So many units of a SKU that lie in a bin, of one lot or picked FEFO. Where `to_bin` is None, one is suggested.

    `index` is the row of the request, for the problems of a refusal.
    """

    sku: Sku
    quantity: int
    from_bin: Bin
    lot: Lot | None = None
    to_bin: Bin | None = None
    index: int = 0


@dataclass(frozen=True, slots=True)
class PutLine:
    """What became of a line: how many units were put away (None: all of them), and where, if not as planned."""

    line_id: UUID | None  # None: an id that nothing has
    quantity: int | None = None
    to_bin: Bin | None = None
    index: int = 0


def visible_tasks(*, access: Access) -> OrganizationQuerySet[PutAway]:
    """The tasks of the locations that the caller may read. Raises Forbidden `PERMISSION_DENIED`."""
    access.require(READ)
    rows: OrganizationQuerySet[PutAway] = access.narrow(PutAway.objects.all(), READ)  # type: ignore[assignment]
    return rows


def find_put_away(*, access: Access, public_id: str, permission: str = READ) -> PutAway:
    """The task of this id, with its location, where the caller has the permission.

    Raises Forbidden `PERMISSION_DENIED` (nowhere, or where they may only read), NotFound `PUT_AWAY_NOT_FOUND`.
    """
    access.require(permission)
    key = decode(PutAway.prefix, public_id)
    rows = PutAway.objects.for_organization(access.organization).select_related("warehouse")
    found = rows.filter(pk=key).first() if key is not None else None
    if found is None:
        raise _not_found()
    _authorize(access, found, permission)
    return found


def create_put_away(
    *,
    access: Access,
    warehouse: Warehouse,
    goods: Sequence[GoodsToPut],
    note: str = "",
    reference: str = "",
    key: UUID | None = None,
    created_at: datetime | None = None,
) -> PutAway:
    """Plan where goods shall go; nothing moves yet.

    Goods without a named bin become as many lines as it takes bins to hold them. Whether a named bin has room is
    asked when they are put there. Needs `inventory.write` in the location, and a transaction of the caller's; a
    constant number of statements. `key` and `created_at` are for seeded demonstrations.

    Raises Forbidden `PERMISSION_DENIED`, `READONLY_WAREHOUSE`, NotFound `WAREHOUSE_NOT_FOUND`, `BIN_NOT_FOUND`,
    `LOT_NOT_FOUND`, Conflict `WAREHOUSE_INACTIVE`, `BIN_INACTIVE`, `STOCK_UNAVAILABLE` (less lies in the bin and may be
    moved), `NO_BIN`, RuleBroken `SAME_BIN`, InvalidInput `INVALID_QUANTITY`, `INVALID_REQUEST`; of several bad rows one
    refusal with every problem.
    """
    access.require(WRITE)
    if warehouse.organization_id != access.organization.pk:
        raise _refusal(NotFound, "WAREHOUSE_NOT_FOUND", "There is no such warehouse.", None, "warehouse")
    if not access.covers(WRITE, warehouse.pk):
        detail = f"This needs the permission {WRITE} in {warehouse.name}."
        raise _refusal(Forbidden, "PERMISSION_DENIED", detail, None, "warehouse")
    require_open(warehouse, "warehouse")
    if not 0 < len(goods) <= MOST_LINES:
        raise InvalidInput("INVALID_REQUEST", f"A task has 1 to {MOST_LINES} lines.")
    faults = [fault for each in goods if (fault := _fault_of(each, warehouse)) is not None]
    if not faults:
        faults = _missing(access, goods)
    if faults:
        raise gather(faults)
    planned = _plan(warehouse, goods)
    now = created_at or timezone.now()
    task = PutAway(
        pk=key or new_id(),
        organization=access.organization,
        warehouse=warehouse,
        reference=reference,
        note=note,
        actor_type=access.actor.type,
        actor_id=access.actor.id,
        actor_name=access.actor.name,
        created_at=now,
    )
    task.save(force_insert=True)
    statements.insert(
        PutAwayLine,
        ("id", "put_away", "position", "sku", "lot", "from_bin", "to_bin", "is_suggested", "quantity"),
        [
            (
                *(new_id(), task.pk, position, each.sku.pk, each.lot.pk if each.lot else None),
                *(each.from_bin.pk, bin_id, each.to_bin is None, quantity),
            )
            for position, (each, bin_id, quantity) in enumerate(planned, start=1)
        ],
    )
    history.note(
        organization=access.organization,
        actor=access.actor,
        subject=task,
        action="create",
        to_state=PutAwayState.OPEN,
        at=now,
        quantity=sum(each.quantity for each in goods),
        reason=note,
    )
    return task


def complete_put_away(
    *,
    access: Access,
    task: PutAway,
    lines: Sequence[PutLine] = (),
    note: str = "",
    condition: Condition | None = None,
    recorded_at: datetime | None = None,
) -> PutAway:
    """Move the goods to their shelves: as planned, but for `lines`, which say otherwise.

    What a line was meant to bring and did not stays where it is, and is written down. The bins keep to their capacity,
    also when two tasks are completed at once. Needs `inventory.write` in the location, and a transaction of the
    caller's. Locks the task, then posts. `recorded_at` is the clock, for seeded demonstrations.

    Raises Conflict `INVALID_TRANSITION`, `STOCK_UNAVAILABLE`, `BIN_FULL`, `BIN_INACTIVE`, `WAREHOUSE_INACTIVE`,
    NotFound `PUT_AWAY_NOT_FOUND`, `PUT_AWAY_LINE_NOT_FOUND`, `BIN_NOT_FOUND`, InvalidInput `INVALID_QUANTITY` (more
    than planned, or nothing of anything), RuleBroken `SAME_BIN`, `DUPLICATE_ROW`, and what `condition` raises.
    """
    locked = _seize(access, task, "complete", condition)
    planned = list(locked.lines.select_related("sku", "lot", "from_bin", "to_bin").order_by("position"))
    said = _said(planned, lines, locked.warehouse)
    moved = {line.pk: line.quantity for line in planned}
    elsewhere: dict[UUID, str] = {}
    for line in planned:
        told = said.get(line.pk)
        if told is None:
            continue
        if told.quantity is not None:
            moved[line.pk] = told.quantity
        if told.to_bin is not None and told.to_bin.pk != line.to_bin_id:
            elsewhere[line.pk] = f"{told.to_bin.code} instead of {line.to_bin.code}"
            line.to_bin, line.is_suggested = told.to_bin, False
    put = [line for line in planned if moved[line.pk]]
    if not put:
        raise InvalidInput("INVALID_QUANTITY", "Nothing was put away: cancel the task instead.")
    reason = ReasonCode.objects.get(organization=access.organization, code_key="put_away")
    try:
        posting = post(
            organization=access.organization,
            actor=access.actor,
            lines=[
                Line(
                    sku=line.sku,
                    warehouse=locked.warehouse,
                    quantity=moved[line.pk],
                    reason=reason,
                    mode=Mode.MOVE,
                    bin=line.from_bin,
                    lot=line.lot,
                    to_bin=line.to_bin,
                    keeps_capacity=True,
                    note=note,
                    reference=locked.reference,
                    index=place,
                )
                for place, line in enumerate(put)
            ],
            document=DocumentRef(DocumentType.PUT_AWAY, locked.pk),
            recorded_at=recorded_at,
        )
    except Refusal as refusal:
        rows = [said[line.pk].index if line.pk in said else None for line in put]
        raise readdressed(refusal, rows) from refusal
    statements.update(
        PutAwayLine,
        ("to_bin", "is_suggested"),
        [(line.pk, line.to_bin_id, line.is_suggested) for line in planned if line.pk in elsewhere],
    )
    _close(locked, PutAwayState.COMPLETED, posting.recorded_at)
    history.note_all(
        organization=access.organization,
        actor=access.actor,
        entries=_entries(locked, planned, moved, elsewhere, note),
        at=posting.recorded_at,
    )
    return locked


def cancel_put_away(
    *, access: Access, task: PutAway, note: str = "", condition: Condition | None = None
) -> PutAway:
    """Call off an open task: the goods stay where they are. Locks the task. Raises as `complete_put_away` does."""
    locked = _seize(access, task, "cancel", condition)
    now = timezone.now()
    _close(locked, PutAwayState.CANCELLED, now)
    history.note(
        organization=access.organization,
        actor=access.actor,
        subject=locked,
        action="cancel",
        from_state=PutAwayState.OPEN,
        to_state=PutAwayState.CANCELLED,
        at=now,
        reason=note,
    )
    return locked


def moved_of(records: Collection[UUID]) -> dict[UUID, int]:
    """How many units of completed tasks, or of their lines, were put away; by their keys. One query."""
    found = StateChange.objects.order_by().filter(
        subject_id__in=records, action="complete", to_state=PutAwayState.COMPLETED
    )
    return {key: units or 0 for key, units in found.values_list("subject_id", "quantity")}


def _seize(access: Access, task: PutAway, action: str, condition: Condition | None) -> PutAway:
    """The task as it is now and until the transaction ends, if the action is allowed in its state."""
    access.require(WRITE)
    rows = PutAway.objects.for_organization(access.organization).select_related("warehouse")
    locked = rows.select_for_update(of=("self",), no_key=True).filter(pk=task.pk).first()
    if locked is None:
        raise _not_found()
    _authorize(access, locked, WRITE)
    if condition is not None:
        condition(locked)
    require_transition(locked, action=action, state=locked.state, allowed=ALLOWED[locked.state])
    return locked


def _authorize(access: Access, task: PutAway, permission: str) -> None:
    if access.covers(permission, task.warehouse_id):
        return
    if access.covers(READ, task.warehouse_id):
        raise Forbidden(
            "PERMISSION_DENIED",
            f"This needs the permission {permission} in {task.warehouse.name}.",
            extra={"missing": [permission]},
        )
    raise _not_found()


def _fault_of(each: GoodsToPut, warehouse: Warehouse) -> Refusal | None:
    index = each.index
    if not 0 < each.quantity <= MAXIMUM_QUANTITY:
        detail = f"A quantity is from 1 to {MAXIMUM_QUANTITY:,} units."
        return _refusal(InvalidInput, "INVALID_QUANTITY", detail, index, "quantity")
    if each.lot is not None and each.lot.sku_id != each.sku.pk:
        return _refusal(NotFound, "LOT_NOT_FOUND", f"{each.sku.code} has no such lot.", index, "lot")
    for shelf, field in ((each.from_bin, "from_bin"), (each.to_bin, "to_bin")):
        if shelf is not None and shelf.warehouse_id != warehouse.pk:
            return _refusal(NotFound, "BIN_NOT_FOUND", f"{warehouse.name} has no such bin.", index, field)
    if each.to_bin is None:
        return None
    if each.to_bin.pk == each.from_bin.pk:
        return _same_bin(each.sku, each.from_bin, index)
    if not each.to_bin.is_active:
        detail = f"The bin {each.to_bin.code} is inactive: nothing is put there."
        return _refusal(Conflict, "BIN_INACTIVE", detail, index, "to_bin")
    return None


def _missing(access: Access, goods: Sequence[GoodsToPut]) -> list[Refusal]:
    """A refusal for each row that wants more than may be moved out of its bin, the rows before it counted in."""
    today = access.organization.today()
    items = StockItem.objects.order_by().filter(
        sku__in={each.sku.pk for each in goods},
        bin__in={each.from_bin.pk for each in goods},
        on_hand__gt=0,
    )
    free: dict[tuple[UUID, UUID], dict[UUID | None, int]] = defaultdict(dict)
    unpickable: set[UUID] = set()
    for item in items.select_related("lot"):
        free[item.sku_id, item.bin_id][item.lot_id] = max(item.on_hand - item.held, 0)
        if item.lot is not None and not item.lot.is_pickable(today):
            unpickable.add(item.lot.pk)
    refused: list[Refusal] = []
    # What names its lot first, as the ledger does.
    for each in sorted(goods, key=lambda one: one.lot is None):
        lots = free[each.sku.pk, each.from_bin.pk]
        usable = [key for key in lots if each.lot is None and key not in unpickable]
        if each.lot is not None and each.lot.pk in lots:
            usable = [each.lot.pk]
        there = sum(lots[key] for key in usable)
        if each.quantity > there:
            detail = (
                f"{each.sku.code} has {there} units in {each.from_bin.code} that can be moved;"
                f" {each.quantity} were asked for."
            )
            refused.append(
                _refusal(Conflict, "STOCK_UNAVAILABLE", detail, each.index, "quantity", available=there)
            )
            continue
        rest = each.quantity
        for key in usable:
            part = min(rest, lots[key])
            lots[key] -= part
            rest -= part
    return sorted(refused, key=lambda refusal: refusal.problems[0].index or 0)


def _plan(warehouse: Warehouse, goods: Sequence[GoodsToPut]) -> list[tuple[GoodsToPut, UUID, int]]:
    """(goods, bin, units) for each line of the task. Raises Conflict `NO_BIN` for what fits nowhere."""
    planned: dict[int, list[tuple[GoodsToPut, UUID, int]]] = {}
    undecided = [each for each in goods if each.to_bin is None]
    shelves = Shelves(warehouse, {each.sku.pk for each in undecided}) if undecided else None
    for place, each in enumerate(goods):
        if each.to_bin is not None:
            planned[place] = [(each, each.to_bin.pk, each.quantity)]
            if shelves is not None:
                shelves.reserve(each.sku.pk, each.to_bin.pk, each.quantity)
    refused: list[Refusal] = []
    for place, each in enumerate(goods):
        if each.to_bin is not None or shelves is None:
            continue
        found = list(shelves.place(each.sku.pk, each.quantity, never=each.from_bin.pk))
        planned[place] = [(each, bin_id, units) for bin_id, units in found]
        room = sum(units for _, units in found)
        if room < each.quantity:
            detail = (
                f"There is no bin with room for {each.quantity - room} of the {each.quantity} units of"
                f" {each.sku.code}: name one."
            )
            refused.append(_refusal(Conflict, "NO_BIN", detail, each.index, "to_bin", available=room))
    if refused:
        raise gather(refused)
    return [line for place in sorted(planned) for line in planned[place]]


def _said(
    planned: Sequence[PutAwayLine], lines: Sequence[PutLine], warehouse: Warehouse
) -> dict[UUID, PutLine]:
    known = {line.pk: line for line in planned}
    said: dict[UUID, PutLine] = {}
    refused: list[Refusal] = []
    for told in lines:
        line = known.get(told.line_id) if told.line_id is not None else None
        index = told.index
        if line is None:
            detail = "The task has no such line."
            refused.append(_refusal(NotFound, "PUT_AWAY_LINE_NOT_FOUND", detail, index, "line"))
        elif line.pk in said:
            detail = f"{line.sku.code}: this line is there twice; which one holds?"
            refused.append(_refusal(RuleBroken, "DUPLICATE_ROW", detail, index, "line"))
        elif told.quantity is not None and not 0 <= told.quantity <= line.quantity:
            detail = f"The line is about {line.quantity} units of {line.sku.code}: put away 0 to as many."
            refused.append(_refusal(InvalidInput, "INVALID_QUANTITY", detail, index, "quantity"))
        elif told.to_bin is not None and told.to_bin.warehouse_id != warehouse.pk:
            detail = f"{warehouse.name} has no such bin."
            refused.append(_refusal(NotFound, "BIN_NOT_FOUND", detail, index, "to_bin"))
        elif told.to_bin is not None and told.to_bin.pk == line.from_bin_id:
            refused.append(_same_bin(line.sku, line.from_bin, index))
        else:
            said[line.pk] = told
    if refused:
        raise gather(refused)
    return said


def _close(task: PutAway, state: PutAwayState, at: datetime) -> None:
    task.state = state
    task.version += 1
    task.closed_at = at
    task.save(update_fields=["state", "version", "closed_at"])


def _entries(
    task: PutAway,
    lines: Sequence[PutAwayLine],
    moved: Mapping[UUID, int],
    elsewhere: Mapping[UUID, str],
    note: str,
) -> list[Entry]:
    """The task's own line, one for what was left, and one for each of its lines."""
    done, is_open = PutAwayState.COMPLETED.value, PutAwayState.OPEN.value
    found = [Entry(task, "complete", done, is_open, sum(moved.values()), note)]
    left = [(line, line.quantity - moved[line.pk]) for line in lines if moved[line.pk] < line.quantity]
    if left:
        words = "; ".join(f"{units} of {line.sku.code} in {line.from_bin.code}" for line, units in left)
        units_left = sum(units for _, units in left)
        found.append(Entry(task, "leave", done, is_open, units_left, history.shortened(words)))
    found += [
        Entry(line, "complete", done, is_open, moved[line.pk], elsewhere.get(line.pk, "")) for line in lines
    ]
    return found


def _same_bin(sku: Sku, shelf: Bin, index: int) -> Refusal:
    detail = f"{sku.code} lies in {shelf.code} already: name another bin."
    return _refusal(RuleBroken, "SAME_BIN", detail, index, "to_bin")


def _refusal(
    category: type[Refusal],
    code: str,
    detail: str,
    index: int | None,
    field: str,
    *,
    available: int | None = None,
) -> Refusal:
    extra = {} if available is None else {"available": available}
    return category(code, detail, problems=[Problem(code, detail, index, field)], extra=extra)


def _not_found() -> NotFound:
    return NotFound("PUT_AWAY_NOT_FOUND", "There is no such put-away task.")
