"""One stroke: a change of one stock level by an amount, looked up, locked, checked and written in a single statement.

For what stands in front of a counter all day: one SKU in one warehouse, a unit more or less, on PostgreSQL. The
statement waits for the level at most once, and decides by what is in it then: nothing has been read before that could
be out of date, and nothing of ours, only the commit, stands between the lock and its end. So many who want the same
level go through one after the other as fast as the database commits.

A statement sees the rows as they were when it began; only those that it locks are read anew once they are its own. So
every figure that is decided by or written is taken from a locked row: the level, its summary, and the one item that
holds all of the level's stock. That it does is seen under the lock (the item holds as much as the level, so that
whatever else has come meanwhile is empty); where stock is in several items, it is not this module's to say which.

Nothing is refused here: what cannot be done this way goes another one. Why this is right:
docs/decisions/0019-the-short-way.md.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from typing import Any, Final, NamedTuple

from django.db import IntegrityError, OperationalError, connection

from inventory.ledger import crowds
from inventory.ledger.shortcut import ASKED_AGAIN, Asked, Reading
from inventory.models import Adjustment, AdjustmentKind, Direction, DocumentType, Movement, Nature, Source
from inventory.models.sku import MAXIMUM_QUANTITY
from inventory.outbox import SUBSCRIBED
from warehouses import prepared
from warehouses.actors import Actor
from warehouses.idempotency_records import Claim
from warehouses.identifiers import new_id
from warehouses.models import Organization
from warehouses.models.room import RoomType
from warehouses.prepared import integer

__all__ = ["Missed", "Wish", "change", "has_crowd"]


class Wish(NamedTuple):
    """By how much the stock of what is `asked` for is to change, and in what words."""

    asked: Asked
    delta: int
    note: str
    reference: str


class Missed(enum.Enum):
    """Nothing was written."""

    SPREAD = "spread"  # the level's stock is not all in one item that this could be about
    REFUSED = "refused"  # not plain, too little of it, or somebody has changed what it hangs on: the general way says


def change(
    organization: Organization,
    actor: Actor,
    source: Source,
    wish: Wish,
    now: datetime,
    *,
    claim: Claim | None = None,
    with_product: bool = False,
) -> Reading | Missed:
    """Post `wish` as an adjustment of one line; the level as it is now, without its items.

    It is recorded `now`, or later than anything in the level. With `claim`, nothing is done where the answer to that
    request is stored already or the request is just being done; storing it is the caller's, in the same transaction.
    Outside of a transaction it is one of its own, and what the database gives up for a deadlock is `Missed`.
    """
    if wish.delta == 0 or abs(wish.delta) > MAXIMUM_QUANTITY:
        return Missed.REFUSED
    values: dict[str, Any] = {
        "organization": organization.pk,
        "code": wish.asked.code_key,
        "warehouse": wish.asked.warehouse_id,
        "reason": wish.asked.reason_key,
        "delta": integer(wish.delta),
        "now": now,
        "movement": new_id(),
        "document": new_id(),
        "note": wish.note,
        "reference": wish.reference,
        "source": source.value,
        "actor_type": actor.type.value,
        "actor": actor.id,
        "actor_name": actor.name,
    }
    if claim is not None:
        values |= {"claim": integer(claim.number), "caller": claim.caller, "key": claim.key}
    shape = _Shape(wish.delta < 0, wish.asked.warehouse_id is not None, with_product, claim is not None)
    level = _place(organization, wish)
    try:
        found = None
        if not crowds.is_at(level):
            found = _done(_statement(shape, waits=False), values)
            if found is None:
                crowds.remember(level)
        if found is None:
            found = _done(_statement(shape, waits=True), values, after=_waiting(shape.names_warehouse))
    except (IntegrityError, OperationalError) as error:
        if connection.in_atomic_block or getattr(error.__cause__, "sqlstate", None) not in ASKED_AGAIN:
            raise
        return Missed.REFUSED
    return found or Missed.REFUSED


def has_crowd(organization: Organization, wish: Wish) -> bool:
    """Whether several wanted the level at once, a moment ago: then nothing that is read before the lock will last."""
    return crowds.is_at(_place(organization, wish))


def _place(organization: Organization, wish: Wish) -> crowds.Place:
    return organization.pk, wish.asked.code_key, wish.asked.warehouse_id


class _Shape(NamedTuple):
    takes: bool
    names_warehouse: bool
    with_product: bool
    is_claimed: bool


_Statement = tuple[str, tuple[str, ...]]  # the names are those of its parameters, in their order


def _done(
    statement: _Statement, values: Mapping[str, Any], *, after: _Statement | None = None
) -> Reading | Missed | None:
    """What the statement has done; None where somebody else has the level, whom it does not wait for."""
    text, names = statement
    parameters = [values[name] for name in names]
    if after is None:
        rows = prepared.fetch(text, parameters)
    else:
        rows = prepared.fetch_after(after[0], [values[name] for name in after[1]], text, parameters)
    if len(rows) != 1:
        return Missed.REFUSED
    is_in_one, is_taken, is_done, *level = rows[0]
    if is_done:
        return Reading._make((0, *level, ()))
    if is_taken:
        return None
    return Missed.REFUSED if is_in_one else Missed.SPREAD


_KINDS: Final[Mapping[str, str]] = {
    "organization": "uuid",
    "code": "varchar",
    "warehouse": "uuid",
    "reason": "varchar",
    "delta": "bigint",
    "now": "timestamptz",
    "movement": "uuid",
    "document": "uuid",
    "note": "varchar",
    "reference": "varchar",
    "source": "varchar",
    "actor_type": "varchar",
    "actor": "uuid",
    "actor_name": "varchar",
    "claim": "bigint",
    "caller": "varchar",
    "key": "varchar",
}


@cache
def _waiting(names_warehouse: bool) -> _Statement:
    """What waits for the level. Where a long statement finds a row newer than it began with, PostgreSQL makes all of
    its plan anew to look at that row again, for each such row, and others wait meanwhile; this one is short.
    """
    return _numbered(
        "SELECT l.id FROM inventory_sku k JOIN inventory_stocklevel l ON l.sku_id = k.id"
        + (" AND l.warehouse_id = {warehouse}" if names_warehouse else "")
        + " WHERE k.organization_id = {organization} AND k.code_key = {code}"
        + ("" if names_warehouse else f" AND {_ONLY}")
        + " FOR KEY SHARE OF k FOR NO KEY UPDATE OF l"
    )


#: There is but one level of the SKU.
_ONLY: Final = "NOT EXISTS (SELECT 1 FROM inventory_stocklevel o WHERE o.sku_id = k.id AND o.id <> l.id)"


@cache
def _statement(shape: _Shape, *, waits: bool) -> _Statement:
    return _numbered(_text(shape, waits=waits))


def _numbered(text: str) -> _Statement:
    names: list[str] = []

    def place(match: re.Match[str]) -> str:
        if match[1] not in names:
            names.append(match[1])
        return f"${names.index(match[1]) + 1}::{_KINDS[match[1]]}"

    return re.sub(r"\{(\w+)\}", place, text), tuple(names)


def _text(shape: _Shape, *, waits: bool) -> str:
    """Each part is joined to the one before it: so the locks are taken in the order of the general way, and nothing is
    written unless all of them were had and everything was in order.
    """
    return (
        "WITH "
        + (
            "claim AS MATERIALIZED (SELECT pg_try_advisory_xact_lock({claim}) AS is_ours), "
            if shape.is_claimed
            else ""
        )
        + f"r AS MATERIALIZED ({_looked_up(shape)}),"
        # The SKU before its levels: whoever renames it has it first, too.
        " kept AS MATERIALIZED (SELECT r.level_id FROM r JOIN inventory_sku k ON k.id = r.sku_id"
        " WHERE r.item_id IS NOT NULL AND NOT k.is_lot_controlled"
        + (" AND (SELECT is_ours FROM claim)" if shape.is_claimed else "")
        + " FOR KEY SHARE OF k),"
        " level AS MATERIALIZED (SELECT l.id, l.sku_id, l.on_hand, l.reserved, l.held, l.safety_stock,"
        " l.reorder_point, l.reorder_quantity, l.version,"
        " GREATEST({now}, l.updated_at + interval '1 microsecond') AS recorded_at"
        " FROM kept JOIN inventory_stocklevel l ON l.id = kept.level_id FOR NO KEY UPDATE OF l"
        + ("" if waits else " SKIP LOCKED")
        + "),"
        " summary AS MATERIALIZED (SELECT u.sku_id, u.on_hand, u.version"
        " FROM level JOIN inventory_stocksummary u ON u.sku_id = level.sku_id FOR NO KEY UPDATE OF u),"
        " place AS MATERIALIZED (SELECT r.item_id FROM summary JOIN r ON r.sku_id = summary.sku_id"
        " JOIN warehouses_bin b ON b.id = r.bin_id JOIN warehouses_warehouse w ON w.id = b.warehouse_id"
        " WHERE b.is_default AND w.is_active AND NOT w.is_readonly FOR SHARE OF w, b),"
        " item AS MATERIALIZED (SELECT i.on_hand, i.held"
        " FROM place JOIN inventory_stockitem i ON i.id = place.item_id FOR NO KEY UPDATE OF i),"
        " ready AS MATERIALIZED (SELECT level.*, level.on_hand + {delta} AS after, summary.on_hand AS summed,"
        " summary.version + 1 AS summary_version, r.item_id, r.warehouse_id, r.reason_id"
        " FROM r, level, summary, item WHERE item.on_hand = level.on_hand"
        f" AND {_allowed(shape.takes)}),"
        " levels AS (UPDATE inventory_stocklevel l SET on_hand = ready.after, version = ready.version + 1,"
        " updated_at = ready.recorded_at FROM ready WHERE l.id = ready.id),"
        " items AS (UPDATE inventory_stockitem i SET on_hand = ready.after, updated_at = ready.recorded_at"
        " FROM ready WHERE i.id = ready.item_id),"
        " summaries AS (UPDATE inventory_stocksummary u SET on_hand = ready.summed + {delta},"
        " version = ready.summary_version, updated_at = ready.recorded_at"
        " FROM ready WHERE u.sku_id = ready.sku_id),"
        f" movements AS (INSERT INTO {Movement._meta.db_table} (id, organization_id, level_id, stock_item_id, sku_id,"
        " warehouse_id, delta, level_before, level_after, item_after, level_version, reason_code_id, note, reference,"
        " actor_type, actor_id, actor_name, document_type, document_id, recorded_at)"
        " SELECT {movement}, {organization}, id, item_id, sku_id, warehouse_id, {delta}, on_hand, after, after,"
        " version + 1, reason_id, {note}, {reference}, {actor_type}, {actor}, {actor_name},"
        f" '{DocumentType.ADJUSTMENT.value}', {{document}}, recorded_at FROM ready),"
        f" documents AS (INSERT INTO {Adjustment._meta.db_table} (id, organization_id, source, kind, reason_code_id,"
        " note, reference, line_count, actor_type, actor_id, actor_name, reverses_id, created_at)"
        f" SELECT {{document}}, {{organization}}, {{source}}, '{AdjustmentKind.ADJUSTMENT.value}', reason_id,"
        " {note}, {reference}, 1, {actor_type}, {actor}, {actor_name}, NULL, recorded_at FROM ready)"
        " SELECT r.item_id IS NOT NULL, EXISTS (SELECT 1 FROM kept) AND NOT EXISTS (SELECT 1 FROM level),"
        " ready.id IS NOT NULL, r.sku_id, r.code, r.title, r.product_id,"
        " r.product_name, ready.summary_version, r.level_id, r.warehouse_id, r.warehouse_name, r.warehouse_type,"
        " ready.after, ready.reserved, ready.held, ready.safety_stock, ready.reorder_point, ready.reorder_quantity,"
        " ready.version + 1, ready.recorded_at, r.bin_id, r.reason_id, r.direction, r.nature"
        " FROM r LEFT JOIN ready ON true"
    )


def _looked_up(shape: _Shape) -> str:
    """What needs no lock, and which the item is: nothing to decide by that is not looked at again under a lock."""
    product = (
        ("p.name", " JOIN inventory_product p ON p.id = k.product_id")
        if shape.with_product
        else ("''::text", "")
    )
    if shape.takes:  # whatever is to be destroyed leaves in another way
        shelf = (
            " JOIN warehouses_bin b ON b.id = i.bin_id JOIN warehouses_room m ON m.id = b.room_id"
            f" AND m.room_type <> '{RoomType.DESTRUCTION.value}'"
        )
        where = ""
    else:
        shelf, where = "", " AND i.bin_id = d.id"
    return (
        f"SELECT k.id AS sku_id, k.code, k.title, k.product_id, {product[0]} AS product_name, l.id AS level_id,"
        " l.warehouse_id, w.name AS warehouse_name, w.type AS warehouse_type, d.id AS bin_id, c.id AS reason_id,"
        " c.direction, c.nature, i.id AS item_id FROM inventory_sku k"
        " JOIN inventory_stocklevel l ON l.sku_id = k.id"
        + (" AND l.warehouse_id = {warehouse}" if shape.names_warehouse else "")
        + " JOIN warehouses_warehouse w ON w.id = l.warehouse_id AND w.is_active AND NOT w.is_readonly"
        " JOIN warehouses_bin d ON d.warehouse_id = w.id AND d.is_default"
        " JOIN inventory_reasoncode c ON c.organization_id = k.organization_id AND c.code_key = {reason}"
        f" AND c.is_active{product[1]}"
        f" LEFT JOIN LATERAL (SELECT i.id FROM inventory_stockitem i{shelf} WHERE i.level_id = l.id"
        f" AND i.on_hand = l.on_hand AND i.lot_id IS NULL{where} LIMIT 1) i ON true"
        " WHERE k.organization_id = {organization} AND k.code_key = {code} AND NOT k.is_lot_controlled"
        " AND NOT EXISTS (SELECT 1 FROM inventory_reservation"
        " WHERE level_id = l.id AND state = 'active' AND expires_at <= {now})"
        " AND NOT EXISTS (SELECT 1 FROM inventory_webhookendpoint"
        f" WHERE organization_id = {{organization}} AND {SUBSCRIBED})"
        + ("" if shape.names_warehouse else f" AND {_ONLY}")
        + (
            " AND NOT EXISTS (SELECT 1 FROM warehouses_idempotencyrecord"
            " WHERE organization_id = {organization} AND caller = {caller} AND key = {key})"
            if shape.is_claimed
            else ""
        )
    )


def _allowed(takes: bool) -> str:
    """The rules of `inventory.ledger.planning` for a level whose stock is in one item without a lot; a test holds them
    together.
    """
    if not takes:
        return f"r.direction <> '{Direction.OUT.value}' AND level.on_hand + {{delta}} <= {MAXIMUM_QUANTITY}"
    return (
        f"r.direction <> '{Direction.IN.value}' AND item.on_hand - item.held + {{delta}} >= 0"
        f" AND (r.nature <> '{Nature.ISSUE.value}' OR (item.on_hand - item.held - level.reserved + {{delta}} >= 0"
        " AND level.on_hand - level.reserved - level.held + {delta} >= 0))"
    )
