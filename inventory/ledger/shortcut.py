"""The ledger's short way, for the commonest posting there is: two statements instead of a dozen, on PostgreSQL.

It knows one case: each line is about an existing level of its own in an open warehouse, without lots, and takes from
what is free; no reservation of the level has run out, and nobody is subscribed to events. `read`
looks at all of that without locking anything; `growths` decides, by the rules of `inventory.ledger.planning`; `write`
locks as `inventory.ledger.post` does and in its order, sees under the locks that everything is as it was read (a level
by its version, which every posting counts up), and only then writes: one statement, which is its own transaction.

Nothing is ever refused here. Whatever is not the plain case, or has changed in between, goes the general way, which
locks, reads, checks and explains. Why this is right: docs/decisions/0019-the-short-way.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any, NamedTuple
from uuid import UUID

from django.db import IntegrityError, OperationalError, connection
from django.db.models import Model

from inventory.formulas import available
from inventory.ledger.lines import DocumentRef, Mode
from inventory.models import Direction, Nature
from inventory.models.sku import MAXIMUM_QUANTITY
from inventory.outbox import SUBSCRIBED
from inventory.statements import cast_of
from warehouses import prepared
from warehouses.actors import Actor
from warehouses.identifiers import new_id
from warehouses.models import Organization
from warehouses.models.room import RoomType
from warehouses.prepared import integer

__all__ = [
    "ASKED_AGAIN",
    "Asked",
    "Growth",
    "Insert",
    "Reading",
    "grown",
    "growths",
    "insert",
    "instant_after",
    "is_open",
    "lock",
    "read",
    "write",
]


class Asked(NamedTuple):
    """What a line is about: the key of a SKU's code, a warehouse (None: the one that has a level), a reason's key."""

    code_key: str
    warehouse_id: UUID | None
    reason_key: str


class Item(NamedTuple):
    """A stock item without a lot."""

    id: UUID
    on_hand: int
    held: int
    is_in_default_bin: bool
    room_type: str
    is_sellable: bool

    @property
    def free(self) -> int:
        """What may leave, as `ItemState` has it."""
        return max(self.on_hand - self.held, 0) if self.room_type != RoomType.DESTRUCTION else 0


class Reading(NamedTuple):
    """A stock level with the items that matter, as it was read. `place` is that of what was asked for."""

    place: int
    sku_id: UUID
    code: str
    title: str
    product_id: UUID
    product_name: str
    summary_version: int
    level_id: UUID
    warehouse_id: UUID
    warehouse_name: str
    warehouse_type: str
    on_hand: int
    reserved: int
    held: int
    safety_stock: int
    reorder_point: int
    reorder_quantity: int
    version: int
    updated_at: datetime
    default_bin_id: UUID
    reason_id: UUID
    direction: str
    nature: str
    items: tuple[Item, ...]


class Growth(NamedTuple):
    """One movement: by how much one item of the level `of` changes; `item_id` None is a new one in the default bin.

    `number` counts the movements of the level from 1, and `before` is what the level held before this one.
    """

    of: Reading
    number: int
    delta: int
    before: int
    item_id: UUID | None
    item_before: int


@dataclass(frozen=True, slots=True)
class Insert:
    """A row that is written with the movements: `columns` are the fields of `model`, in the order of `values`."""

    model: type[Model]
    columns: tuple[str, ...]
    values: tuple[Any, ...]


def is_open() -> bool:
    """Whether there is a short way at all: the general one serves SQLite."""
    return prepared.is_possible()


def read(
    organization: Organization,
    asked: Sequence[Asked],
    now: datetime,
    *,
    claim: tuple[str, str] | None = None,
    with_product: bool = False,
) -> list[Reading] | None:
    """The plain levels of what is asked for, in its order; None unless each has exactly one in this state.

    `claim` is the caller and the key of an idempotent request: None too where its answer is stored already.
    `now` is when reservations run out. `with_product` reads the products' names along, which are empty otherwise.
    One statement, which locks nothing.
    """
    is_single = len(asked) == 1
    statement = _reading(is_single, asked[0].warehouse_id is not None, with_product, claim is not None)
    source: list[Any]
    if is_single:
        one = asked[0]
        source = [one.code_key, one.reason_key, *([] if one.warehouse_id is None else [one.warehouse_id])]
    else:
        source = [
            [one.code_key for one in asked],
            [one.reason_key for one in asked],
            [one.warehouse_id for one in asked],
        ]
    caller = () if claim is None else (organization.pk, *claim)
    rows = prepared.fetch(statement, [*source, organization.pk, now, organization.pk, *caller])
    found = _grouped(rows)
    if found is None or len(found) != len(asked):
        return None
    # Two lines about one level are for the general way, and so is a SKU that is in several warehouses.
    return found if len({reading.level_id for reading in found}) == len(found) else None


_ITEM = len(Item._fields) + 1


def _grouped(rows: Sequence[tuple[Any, ...]]) -> list[Reading] | None:
    """The levels of `rows`, which have one for each item, by their places; None where something is not plain."""
    found: dict[int, Reading] = {}
    for row in rows:
        level, (has_lot, *item) = row[:-_ITEM], row[-_ITEM:]
        if has_lot:
            return None
        items = (Item._make(item),) if item[0] is not None else ()
        known = found.get(row[0])
        if known is None:
            found[row[0]] = Reading._make((*level, items))
        elif known.level_id == level[_LEVEL_ID]:
            found[row[0]] = known._replace(items=known.items + items)
        else:
            return None
    return [found[place] for place in sorted(found)]


_LEVEL_ID = Reading._fields.index("level_id")


def lock(found: Sequence[Reading]) -> None:
    """Lock the levels that were read, and hold their SKUs as the general way does, until the transaction ends."""
    prepared.fetch(
        _LOCK,
        [[reading.level_id for reading in found], [reading.sku_id for reading in found], integer(len(found))],
    )


_LOCK = (
    "WITH g AS MATERIALIZED (SELECT * FROM unnest(%s::uuid[], %s::uuid[]) AS g(level_id, sku_id)),"
    " held AS MATERIALIZED (SELECT k.id FROM g JOIN inventory_sku k ON k.id = g.sku_id"
    " ORDER BY g.sku_id, g.level_id FOR KEY SHARE OF k)"
    " SELECT l.id FROM g JOIN inventory_stocklevel l ON l.id = g.level_id"
    " WHERE (SELECT count(*) FROM held) = %s::bigint ORDER BY l.sku_id, l.warehouse_id FOR NO KEY UPDATE OF l"
)


def growths(of: Reading, mode: Mode, quantity: int) -> Sequence[Growth] | None:
    """The movements of a line in `mode` (`BY` or `TO`), perhaps none; None where the general way has to say.

    The rules of `inventory.ledger.planning` for a level without lots; a test holds the two together.
    """
    if abs(quantity) > MAXIMUM_QUANTITY or (mode is Mode.TO and quantity < 0):
        return None
    delta = quantity
    if mode is Mode.TO:
        delta -= sum(item.on_hand for item in of.items)
    elif (of.direction == Direction.IN and delta < 0) or (of.direction == Direction.OUT and delta > 0):
        return None
    if delta == 0:
        return ()
    if delta < 0:
        return _taken(of, -delta, is_issue=mode is Mode.BY and of.nature == Nature.ISSUE)
    if of.on_hand + delta > MAXIMUM_QUANTITY:
        return None
    for item in of.items:
        if item.is_in_default_bin:
            return (Growth(of, 1, delta, of.on_hand, item.id, item.on_hand),)
    return (Growth(of, 1, delta, of.on_hand, None, 0),)


def _taken(of: Reading, amount: int, *, is_issue: bool) -> Sequence[Growth] | None:
    if is_issue:
        there = available(on_hand=of.on_hand, reserved=of.reserved, held=of.held)
        if amount > min(sum(item.free for item in of.items) - of.reserved, there):
            return None
    found: list[Growth] = []
    left = of.on_hand
    for item in of.items if len(of.items) < 2 else sorted(of.items, key=_fefo):
        part = min(amount, item.free)
        if part > 0:
            found.append(Growth(of, len(found) + 1, -part, left, item.id, item.on_hand))
            left -= part
            amount -= part
    return None if amount else found  # what is held is taken last, which is the general way's to do


def _fefo(item: Item) -> tuple[bool, UUID]:
    """The order in which stock leaves, as `ItemState.fefo` has it for what has no lot."""
    return not item.is_sellable, item.id


def insert(rows: Sequence[Insert]) -> None:
    """Write `rows` by themselves, in the caller's transaction."""
    for row in rows:
        prepared.fetch(_inserting(row.model, row.columns), row.values)


@cache
def _inserting(model: type[Model], columns: tuple[str, ...]) -> str:
    table = model._meta.db_table
    return f"INSERT INTO {table} ({_names(model, columns)}) VALUES ({_casts(model, columns)}) RETURNING true"


def instant_after(found: Sequence[Reading], now: datetime) -> datetime:
    """When a posting is recorded that follows what was `found`: now, or later than anything in these levels, even if
    another machine's clock is ahead of ours.
    """
    return max(now, max(reading.updated_at for reading in found) + timedelta(microseconds=1))


def grown(of: Reading, by: Sequence[Growth], recorded_at: datetime) -> Reading:
    """The figures of the level as `write` leaves them."""
    return of._replace(
        on_hand=of.on_hand + sum(growth.delta for growth in by),
        version=of.version + len(by),
        summary_version=of.summary_version + 1,
        updated_at=recorded_at,
    )


def write(
    *,
    organization: Organization,
    actor: Actor,
    growths: Sequence[Growth],
    words: tuple[Sequence[str], Sequence[str]],
    document: DocumentRef,
    recorded_at: datetime,
    besides: Sequence[Insert] = (),
    claim: int | None = None,
) -> bool:
    """Post `growths` with the rows `besides`, if all is as it was read. `words` are the notes and the references of the
    movements.

    False: nothing was written, because something has changed since, because the database gave up a deadlock, or
    because another request has the `claim` (the number of an advisory lock) or has stored what `besides` would store.
    `recorded_at` is `instant_after` of what was read.
    Locks the SKUs, the levels, the summaries and the places, in the order of the general way. Outside of a
    transaction it is one of its own.
    """
    several = len(growths) > 1
    rows = [_row(*each) for each in zip(growths, *words, strict=True)]
    columns: list[Any] = [list(column) for column in zip(*rows, strict=True)] if several else list(rows[0])
    parameters = [
        *columns,
        *([] if claim is None else [integer(claim)]),
        integer(len({each.of.level_id for each in growths}) if several else 1),
        integer(len({each.of.sku_id for each in growths}) if several else 1),
        integer(len({each.of.default_bin_id for each in growths}) if several else 1),
        recorded_at,
        organization.pk,
        *[recorded_at] * 4,
        organization.pk,
        *(actor.type.value, actor.id, actor.name, document.type.value, document.id, recorded_at),
        *(value for insert in besides for value in insert.values),
    ]
    statement = _writing(
        several, claim is not None, tuple((insert.model, insert.columns) for insert in besides)
    )
    try:
        ((done,),) = prepared.fetch(statement, parameters)
    except (IntegrityError, OperationalError) as error:
        state = getattr(error.__cause__, "sqlstate", None)
        # Where this was a transaction of its own nothing is left of it, and the general way finds out why.
        if connection.in_atomic_block or state not in ASKED_AGAIN:
            raise
        return False
    return bool(done)


ASKED_AGAIN = {"40001", "40P01", "23505"}  # serialization_failure, deadlock_detected, unique_violation


def _row(each: Growth, note: str, reference: str) -> tuple[Any, ...]:
    of = each.of
    return (
        *(
            of.level_id,
            integer(of.version),
            of.sku_id,
            of.warehouse_id,
            of.default_bin_id,
            integer(each.number),
        ),
        *(new_id() if each.item_id is None else each.item_id, each.item_id is None),
        *(integer(each.delta), integer(each.before), integer(each.item_before)),
        *(new_id(), of.reason_id, note, reference),
    )


_GROWTH = {
    "level_id": "uuid",
    "version": "bigint",
    "sku_id": "uuid",
    "warehouse_id": "uuid",
    "bin_id": "uuid",
    "number": "bigint",
    "item_id": "uuid",
    "is_new": "boolean",
    "delta": "bigint",
    "before": "bigint",
    "item_before": "bigint",
    "movement_id": "uuid",
    "reason_id": "uuid",
    "note": "varchar",
    "reference": "varchar",
}


def _source(columns: dict[str, str], *, several: bool, numbered: bool = False) -> str:
    """A table of parameters: arrays, or plain values where there is one row, of which the planner makes less."""
    if not several:
        number = "1::bigint AS place, " if numbered else ""
        return "SELECT " + number + ", ".join(f"%s::{kind} AS {name}" for name, kind in columns.items())
    casts = ", ".join(f"%s::{kind}[]" for kind in columns.values())
    names = ", ".join(columns)
    if numbered:
        return f"SELECT * FROM unnest({casts}) WITH ORDINALITY AS v({names}, place)"
    return f"SELECT * FROM unnest({casts}) AS v({names})"


@cache
def _reading(is_single: bool, names_warehouse: bool, with_product: bool, is_claimed: bool) -> str:
    columns = {"code_key": "varchar", "reason_key": "varchar"}
    if names_warehouse:
        columns["warehouse_id"] = "uuid"
    source = _source(columns, several=not is_single, numbered=True)
    at_warehouse = " AND l.warehouse_id = v.warehouse_id" if names_warehouse else ""
    product = (
        ("p.name", " JOIN inventory_product p ON p.id = k.product_id") if with_product else ("''::text", "")
    )
    unclaimed = (
        " AND NOT EXISTS (SELECT 1 FROM warehouses_idempotencyrecord"
        " WHERE organization_id = %s::uuid AND caller = %s::varchar AND key = %s::varchar)"
        if is_claimed
        else ""
    )
    return (
        "SELECT v.place - 1, k.id, k.code, k.title, k.product_id, " + product[0] + ", u.version,"
        " l.id, l.warehouse_id, w.name, w.type, l.on_hand, l.reserved, l.held, l.safety_stock, l.reorder_point,"
        " l.reorder_quantity, l.version, l.updated_at, d.id, c.id, c.direction, c.nature,"
        " i.lot_id IS NOT NULL, i.id, i.on_hand, i.held, b.is_default, r.room_type, r.is_sellable"
        f" FROM ({source}) AS v"
        " JOIN inventory_sku k ON k.organization_id = %s::uuid AND k.code_key = v.code_key AND NOT k.is_lot_controlled"
        f" JOIN inventory_stocklevel l ON l.sku_id = k.id{at_warehouse}"
        " JOIN inventory_stocksummary u ON u.sku_id = k.id"
        " JOIN warehouses_warehouse w ON w.id = l.warehouse_id AND w.is_active AND NOT w.is_readonly"
        " JOIN warehouses_bin d ON d.warehouse_id = w.id AND d.is_default"
        " JOIN inventory_reasoncode c ON c.organization_id = k.organization_id AND c.code_key = v.reason_key"
        " AND c.is_active" + product[1] + " LEFT JOIN inventory_stockitem i ON i.level_id = l.id"
        " LEFT JOIN warehouses_bin b ON b.id = i.bin_id LEFT JOIN warehouses_room r ON r.id = b.room_id"
        " WHERE NOT EXISTS (SELECT 1 FROM inventory_reservation"
        " WHERE level_id = l.id AND state = 'active' AND expires_at <= %s::timestamptz)"
        " AND NOT EXISTS (SELECT 1 FROM inventory_webhookendpoint"
        f" WHERE organization_id = %s::uuid AND {SUBSCRIBED})" + unclaimed
    )


@cache
def _writing(
    several: bool, is_claimed: bool, besides: tuple[tuple[type[Model], tuple[str, ...]], ...]
) -> str:
    """Each part counts what the one before it has found: that is what keeps the locks in their order, and every
    change from being made unless all of them are.
    """
    claim = " claim AS MATERIALIZED (SELECT pg_try_advisory_xact_lock(%s::bigint) AS is_ours),"
    only = " WHERE (SELECT is_as_read FROM ready)"
    inserts = "".join(
        f", beside_{number} AS (INSERT INTO {model._meta.db_table} ({_names(model, columns)})"
        f" SELECT {_casts(model, columns)}{only})"
        for number, (model, columns) in enumerate(besides)
    )
    return (
        f"WITH v AS MATERIALIZED ({_source(_GROWTH, several=several)}),"
        + (
            " g AS MATERIALIZED (SELECT level_id, version, sku_id, warehouse_id, bin_id, sum(delta)::bigint AS delta,"
            " count(*) AS movements FROM v GROUP BY 1, 2, 3, 4, 5),"
            if several
            else " g AS (SELECT level_id, version, sku_id, warehouse_id, bin_id, delta, 1 AS movements FROM v),"
        )
        + (claim if is_claimed else "")
        + " expected AS (SELECT %s::bigint AS levels, %s::bigint AS skus, %s::bigint AS bins),"
        # The SKU before its levels: whoever renames it has it first, too.
        " held AS MATERIALIZED (SELECT k.id FROM g JOIN inventory_sku k ON k.id = g.sku_id"
        " WHERE NOT k.is_lot_controlled"
        + (" AND (SELECT is_ours FROM claim)" if is_claimed else "")
        + " ORDER BY g.sku_id, g.warehouse_id FOR KEY SHARE OF k),"
        " locked AS MATERIALIZED (SELECT l.id FROM g JOIN inventory_stocklevel l ON l.id = g.level_id"
        " WHERE l.version = g.version AND (SELECT count(*) FROM held) = (SELECT levels FROM expected)"
        " ORDER BY l.sku_id, l.warehouse_id FOR NO KEY UPDATE OF l),"
        " summed AS MATERIALIZED (SELECT u.sku_id FROM (SELECT DISTINCT sku_id FROM g) AS s"
        " JOIN inventory_stocksummary u ON u.sku_id = s.sku_id"
        " WHERE (SELECT count(*) FROM locked) = (SELECT levels FROM expected)"
        " ORDER BY u.sku_id FOR NO KEY UPDATE OF u),"
        " placed AS MATERIALIZED (SELECT b.id FROM (SELECT DISTINCT bin_id FROM g) AS s"
        " JOIN warehouses_bin b ON b.id = s.bin_id JOIN warehouses_warehouse w ON w.id = b.warehouse_id"
        " WHERE b.is_default AND w.is_active AND NOT w.is_readonly"
        " AND (SELECT count(*) FROM summed) = (SELECT skus FROM expected)"
        " ORDER BY w.id, b.id FOR SHARE OF w, b),"
        " ready AS MATERIALIZED"
        " (SELECT (SELECT count(*) FROM placed) = (SELECT bins FROM expected) AS is_as_read),"
        " items AS (UPDATE inventory_stockitem i SET on_hand = i.on_hand + v.delta,"
        f" updated_at = %s::timestamptz FROM v{only} AND NOT v.is_new AND i.id = v.item_id),"
        " new_items AS (INSERT INTO inventory_stockitem (id, organization_id, level_id, sku_id, warehouse_id, bin_id,"
        " on_hand, held, created_at, updated_at) SELECT v.item_id, %s::uuid, v.level_id, v.sku_id, v.warehouse_id,"
        f" v.bin_id, v.delta, 0, %s::timestamptz, %s::timestamptz FROM v{only} AND v.is_new),"
        " levels AS (UPDATE inventory_stocklevel l SET on_hand = l.on_hand + g.delta,"
        " version = l.version + g.movements,"
        f" updated_at = %s::timestamptz FROM g{only} AND l.id = g.level_id),"
        " summaries AS (UPDATE inventory_stocksummary u SET on_hand = u.on_hand + s.delta, version = u.version + 1,"
        " updated_at = %s::timestamptz"
        f" FROM (SELECT sku_id, sum(delta)::bigint AS delta FROM g GROUP BY sku_id) AS s{only}"
        " AND u.sku_id = s.sku_id),"
        " movements AS (INSERT INTO inventory_movement (id, organization_id, level_id, stock_item_id, sku_id,"
        " warehouse_id, delta, level_before, level_after, item_after, level_version, reason_code_id, note, reference,"
        " actor_type, actor_id, actor_name, document_type, document_id, recorded_at)"
        " SELECT v.movement_id, %s::uuid, v.level_id, v.item_id, v.sku_id, v.warehouse_id, v.delta, v.before,"
        " v.before + v.delta, v.item_before + v.delta, v.version + v.number, v.reason_id, v.note, v.reference,"
        f" %s::varchar, %s::uuid, %s::varchar, %s::varchar, %s::uuid, %s::timestamptz FROM v{only}){inserts}"
        " SELECT is_as_read FROM ready"
    )


def _names(model: type[Model], columns: Sequence[str]) -> str:
    return ", ".join(f'"{_field(model, name).column}"' for name in columns)


def _casts(model: type[Model], columns: Sequence[str]) -> str:
    return ", ".join(f"%s::{cast_of(_field(model, name))}" for name in columns)


def _field(model: type[Model], name: str) -> Any:
    return model._meta.get_field(name)
