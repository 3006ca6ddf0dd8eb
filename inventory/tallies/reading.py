"""The count of a list, and where in it a page begins: sums over some hundred rows."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from django.db import DEFAULT_DB_ALIAS, connection, connections
from django.db.models import Q
from django.utils import timezone

from inventory.models import TallyForm, TallyKind
from inventory.tallies.kinds import KINDS
from warehouses import prepared, replica
from warehouses.access import Access

__all__ = ["Tally", "tally_of"]


_TOTAL: Final = (
    "SELECT COALESCE(SUM(amount), 0) FROM inventory_stocktally WHERE organization_id = %s::uuid"
    f" AND kind = %s::varchar AND form IN ('{TallyForm.TOTAL}', '{TallyForm.CHANGE}')"
)
#: A list as of an instant so short ago is nearly the list as it is.
_PRESENT: Final = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Tally:
    """How many rows of a kind there are: in `warehouses` (None: all), with `statuses` (None: any), low or not.

    For lists in the order of the kind, which page by number; `is_ordered` is False where the list has another order.
    """

    kind: TallyKind
    organization_id: UUID
    warehouses: Collection[UUID] | None = None
    statuses: Collection[str] | None = None
    is_low: bool | None = None
    is_ordered: bool = True

    def total(self) -> int:
        """The exact number of rows. One query."""
        total, given = self._total()
        ((found,),) = _fetch(f"SELECT {total}", given)
        return int(found)

    def near(self, start: int) -> tuple[Q, int] | None:
        """A condition that leaves out rows at the beginning of the list, and how many: `start` at most, and nearly.

        One query. None where that is not known, because the list is short or much of it has just come.
        """
        if not self.is_ordered or self.statuses is not None:
            return None
        edges, parameters = self._edges()
        statement = (
            f"WITH {edges} SELECT mark, before FROM summed WHERE is_block AND before <= %s::bigint"
            " AND NOT EXISTS (SELECT FROM edges WHERE mark IS NULL) ORDER BY mark DESC LIMIT 1"
        )
        found = _fetch(statement, [*parameters, prepared.integer(start)])
        if not found or not found[0][0]:
            return None
        kind, (mark, before) = KINDS[self.kind], found[0]
        return Q(**{f"{kind.order}__gte": kind.value_of(mark)}), int(before)

    def total_by(self, instant: datetime) -> int:
        """How many rows come no later than `instant` in a list by instants. One query."""
        kind = KINDS[self.kind]
        condition, given = self._where("r")
        if instant >= timezone.now() - _PRESENT:
            # All of them but the few that have come since: from the last block on there may be ten thousand.
            total, parameters = self._total()
            statement = (
                f"SELECT {total} - (SELECT COUNT(*) FROM {kind.table} r WHERE {condition}"
                f" AND r.{kind.order} > %s::timestamptz)"
            )
            ((found,),) = _fetch(statement, [*parameters, *given, instant])
            return int(found)
        edges, parameters = self._edges()
        statement = (
            f"WITH {edges}, place AS (SELECT mark, before FROM summed WHERE is_block AND mark <= %s::varchar"
            " AND NOT EXISTS (SELECT FROM edges WHERE mark IS NULL) ORDER BY mark DESC LIMIT 1)"
            " SELECT COALESCE((SELECT before FROM place), 0) + (SELECT COUNT(*)"
            f" FROM {kind.table} r WHERE {condition} AND r.{kind.order} <= %s::timestamptz AND r.{kind.order} >="
            f" COALESCE((SELECT {kind.of_mark('mark')} FROM place), '-infinity'))"
        )
        ((found,),) = _fetch(statement, [*parameters, kind.mark_at(instant), *given, instant])
        return int(found)

    def _total(self) -> tuple[str, list[Any]]:
        """The number of rows, as a term."""
        conditions = [_TOTAL]
        given: list[Any] = [self.organization_id, str(self.kind)]
        if self.warehouses is not None:
            conditions.append("warehouse_id = ANY(%s::uuid[])")
            given.append(list(self.warehouses))
        if self.statuses is not None:
            conditions.append("status = ANY(%s::varchar[])")
            given.append([str(status) for status in self.statuses])
        if self.is_low is not None:
            conditions.append("is_low" if self.is_low else "NOT is_low")
        return f"({' AND '.join(conditions)})", given

    def _edges(self) -> tuple[str, list[Any]]:
        """`summed` has every mark of the list with how many rows come before it; right where the mark is a block's."""
        condition, parameters = self._where("t")
        return (
            "edges AS (SELECT t.mark, BOOL_OR(t.form = 'block') AS is_block, SUM(t.amount) AS amount"
            " FROM inventory_stocktally t WHERE t.kind = %s::varchar AND t.form IN ('block', 'change')"
            f" AND {condition} GROUP BY t.mark), summed AS (SELECT mark, is_block,"
            " SUM(amount) OVER (ORDER BY mark) - amount AS before FROM edges)"
        ), [str(self.kind), *parameters]

    def _where(self, row: str) -> tuple[str, list[Any]]:
        conditions = [f"{row}.organization_id = %s::uuid"]
        given: list[Any] = [self.organization_id]
        if self.warehouses is not None:
            conditions.append(f"{row}.warehouse_id = ANY(%s::uuid[])")
            given.append(list(self.warehouses))
        if self.is_low is not None:
            # In the statement, not beside it: only so does a plan for all values use the index of what is low.
            conditions.append(f"{row}.is_low" if self.is_low else f"NOT {row}.is_low")
        return " AND ".join(conditions), given


def tally_of(
    kind: TallyKind,
    *,
    access: Access,
    permission: str = "inventory.read",
    warehouse_id: UUID | None = None,
    statuses: Collection[str] | None = None,
    is_low: bool | None = None,
    is_ordered: bool = True,
) -> Tally | None:
    """The tally of what the caller may read, in the one warehouse if it is named. None on an engine that has none."""
    if connection.vendor != "postgresql":
        return None
    places = access.warehouse_ids(permission) if KINDS[kind].has_warehouse else None
    if warehouse_id is not None:
        places = frozenset({warehouse_id} if places is None or warehouse_id in places else ())
    return Tally(kind, access.organization.pk, places, statuses, is_low, is_ordered)


def _fetch(statement: str, given: list[Any]) -> list[tuple[Any, ...]]:
    """The rows of a statement, from where reports are read where this is part of one."""
    alias = replica.alias()
    if alias == DEFAULT_DB_ALIAS:
        return prepared.fetch(statement, given)
    with connections[alias].cursor() as cursor:
        cursor.execute(statement, given)
        found: list[tuple[Any, ...]] = cursor.fetchall()
    return found
