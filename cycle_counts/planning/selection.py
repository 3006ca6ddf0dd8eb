"""Which lines and bins a scope means, as the stock is now."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final
from uuid import UUID

from django.db.models import (
    Case,
    Count,
    Exists,
    F,
    FilteredRelation,
    Model,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    When,
)
from django.db.models.functions import Random

from cycle_counts.models import AbcClass, Classification, CountBatch, CountBin, CountCycle, CountLine
from cycle_counts.planning.lines import MOST_LINES, PlannedLine
from cycle_counts.planning.scopes import Scope
from cycle_counts.preferences import settings_of
from cycle_counts.states import OPEN
from inventory.models import Sku, StockItem, StockLevel
from warehouses.models import Bin, Warehouse

__all__ = ["Selection", "select"]

_WALK: Final = (
    *("bin__pick_sequence", "bin__code", "sku__code_key"),
    *(F("lot__expires_on").asc(nulls_last=True), "lot__code", "pk"),
)


@dataclass(frozen=True, slots=True)
class Selection:
    """`lines` and `bins` as they are walked; `reasons` say what was left out, and why nothing is left if so.

    `is_cut`: there are more lines than a batch may have; `lines` are then one more than that.
    """

    lines: Sequence[PlannedLine]
    bins: Sequence[UUID]
    reasons: tuple[str, ...] = ()

    @property
    def is_cut(self) -> bool:
        return len(self.lines) > MOST_LINES

    @property
    def is_empty(self) -> bool:
        return not self.lines and not self.bins


def select(
    *,
    warehouse: Warehouse,
    scope: Scope,
    today: date,
    except_batch: CountBatch | None = None,
    is_shared: bool = False,
) -> Selection:
    """What the scope means in the warehouse: what is there, and of named SKUs or of an availability what is not.

    What another open batch leads to is left out and told, also where it is named; `except_batch` is no other, and where
    the goods may be shared with others (`is_shared`) nothing is left out. A named SKU that was never in the warehouse
    is looked for in its default bin. A constant number of statements, whatever the number of lines; where nothing is
    left, one more for each condition. It asks nobody's rights.
    """
    return _Search(warehouse, scope, today, _others(warehouse, except_batch, is_shared)).selection()


class _Search:
    def __init__(
        self, warehouse: Warehouse, scope: Scope, today: date, batches: QuerySet[CountBatch]
    ) -> None:
        self.warehouse = warehouse
        self.scope = scope
        self.today = today
        self.batches = batches
        self.is_classified = settings_of(warehouse.organization).classified_at is not None

    def selection(self) -> Selection:
        wanted = self._wanted()
        found = list(self._taken_first(wanted.filter(~self._is_elsewhere())))
        lines = [self._line(row) for row in found]
        bins = list(dict.fromkeys(line.bin_id for line in lines))
        never_there = self._never_there()
        if never_there:
            bins = self._walked({*bins, *(line.bin_id for line in never_there)})
            places = {key: place for place, key in enumerate(bins)}
            lines = sorted([*lines, *never_there], key=lambda line: places[line.bin_id])
        elsewhere = self._told_elsewhere(wanted)
        if self.scope.visits_empty_bins:
            empty, visited = self._empty_bins(bins)
            elsewhere += visited
            bins = self._walked([*bins, *empty]) if empty else bins
        reasons = elsewhere if lines or bins else (*elsewhere, *self._explained())
        return Selection(lines, bins, tuple(reasons))

    # --- conditions

    def _wanted(self) -> QuerySet[StockItem]:
        rows = StockItem.objects.order_by().filter(
            organization=self.warehouse.organization_id, warehouse=self.warehouse
        )
        if not self.scope.skus and not self.scope.availability:
            rows = rows.filter(on_hand__gt=0)
        for condition, _ in self._conditions():
            rows = rows.filter(condition)
        return rows

    def _conditions(self) -> list[tuple[Q, str]]:
        """Each condition on a stock item that is set, and how it is told where nothing meets it."""
        scope = self.scope
        found: list[tuple[Q, str]] = []
        if scope.bins:
            found.append((Q(bin__in=_keys(scope.bins)), "There is nothing in the bins named."))
        if scope.rooms:
            found.append((Q(bin__room__in=_keys(scope.rooms)), "There is nothing in the rooms named."))
        if scope.expiring_within is not None:
            last = self.today + timedelta(days=scope.expiring_within)
            words = f"No lot there expires by {last:%-d %B %Y}."
            found.append((Q(lot__expires_on__lte=last), words))
        return [*found, *self._conditions_on_sku("sku")]

    def _conditions_on_sku(self, path: str) -> list[tuple[Q, str]]:
        """`path` is that of the SKU: where it was never in the warehouse there is no stock item to ask."""
        scope = self.scope
        key = OuterRef("pk" if path == "" else f"{path}_id")
        dotted = f"{path}__" if path else ""
        found: list[tuple[Q, str]] = []
        if scope.categories:
            condition = Q(**{f"{dotted}product__category__in": _keys(scope.categories)})
            found.append((condition, "Nothing of the categories named is there."))
        if scope.skus:
            condition = Q(**{f"{dotted}pk__in": _keys(scope.skus)})
            found.append((condition, "None of the SKUs named is there."))
        if scope.classes:
            found.append((self._is_of_class(key), self._told_of_classes()))
        if scope.due_only:
            later = self._cycles(key).filter(next_due_on__gt=self.today)
            found.append((~Q(Exists(later)), "Nothing there is due."))
        if scope.not_counted_for is not None:
            counted = self._cycles(key).filter(last_counted_at__gte=self._days_ago(scope.not_counted_for))
            words = f"Everything there was counted within the last {scope.not_counted_for:,} days."
            found.append((~Q(Exists(counted)), words))
        if scope.availability:
            levels = StockLevel.objects.order_by().filter(sku=key, warehouse=self.warehouse)
            if scope.availability == "zero":
                # What has no level has nothing available.
                condition = ~Q(Exists(levels.exclude(available=0)))
            else:
                condition = Q(Exists(levels.filter(available__lt=0)))
            found.append((condition, "Nothing there has such an availability."))
        return found

    def _is_of_class(self, key: OuterRef) -> Q:
        """A SKU that came after the classes were computed has had no demand that they know: it is in the last one."""
        rows = Classification.objects.order_by().filter(sku=key)
        condition = Q(Exists(rows.filter(abc_class__in=self.scope.classes)))
        if self.is_classified and AbcClass.C in self.scope.classes:
            condition |= ~Q(Exists(rows))
        return condition

    def _told_of_classes(self) -> str:
        if not self.is_classified:
            return "The ABC classes have not been computed yet."
        return f"Nothing of class {', '.join(self.scope.classes)} is there."

    def _cycles(self, key: OuterRef) -> QuerySet[CountCycle]:
        return CountCycle.objects.order_by().filter(warehouse=self.warehouse, sku=key)

    def _days_ago(self, days: int) -> datetime:
        """The end of the organization's day so many days ago: what was counted since is counted within these days."""
        day = self.today - timedelta(days=days - 1)
        return datetime.combine(day, time.min, tzinfo=self.warehouse.organization.zone).astimezone(UTC)

    def _planned_lines(self) -> QuerySet[CountLine]:
        return CountLine.objects.order_by().filter(batch__in=self.batches)

    def _is_elsewhere(self) -> Q:
        """Looked up once for each line, and not once for each stock item."""
        return Q(pk__in=_planned_items(self._planned_lines(), StockItem.objects.order_by()).values("item"))

    # --- what is taken of it

    def _taken_first(self, rows: QuerySet[StockItem]) -> QuerySet[Any, Any]:
        scope = self.scope
        if scope.sample is not None:
            rows = StockItem.objects.filter(pk__in=rows.order_by(Random()).values("pk")[: scope.sample])
        if scope.limit is not None:
            rows = StockItem.objects.filter(pk__in=self._by_urgency(rows).values("pk")[: scope.limit])
        of_class = Classification.objects.order_by().filter(sku=OuterRef("sku_id")).values("abc_class")
        return rows.order_by(*_WALK).values_list("bin_id", "sku_id", "lot_id", Subquery(of_class[:1]))[
            : MOST_LINES + 1
        ]

    def _by_urgency(self, rows: QuerySet[StockItem]) -> QuerySet[StockItem]:
        """In the order in which a limit takes them. Joined and not looked up one by one: there may be a million."""
        order: list[Any] = []
        if self.scope.due_only or self.scope.not_counted_for is not None:
            here = Q(sku__count_cycles__warehouse=self.warehouse)
            rows = rows.annotate(cycle=FilteredRelation("sku__count_cycles", condition=here))
            order.append(F("cycle__next_due_on").asc(nulls_last=True))
        if order or self.scope.classes:
            order.append(F("sku__classification__rank").asc(nulls_last=True))
        return rows.order_by(*order, *_WALK)

    def _line(self, row: tuple[UUID, UUID, UUID | None, str | None]) -> PlannedLine:
        bin_id, sku_id, lot_id, abc_class = row
        return PlannedLine(
            bin_id, sku_id, lot_id, abc_class or (AbcClass.C.value if self.is_classified else "")
        )

    def _never_there(self) -> list[PlannedLine]:
        """Lines in the default bin for the SKUs that are named and have no stock item in the warehouse at all."""
        scope = self.scope
        if (
            not scope.skus
            or scope.expiring_within is not None
            or scope.sample is not None
            or scope.limit is not None
        ):
            return []
        shelf = Bin.objects.filter(warehouse=self.warehouse, is_default=True).select_related("room").first()
        if shelf is None or (scope.bins and shelf.pk not in _keys(scope.bins)):
            return []
        if scope.rooms and shelf.room_id not in _keys(scope.rooms):
            return []
        there = StockItem.objects.order_by().filter(warehouse=self.warehouse, sku=OuterRef("pk"))
        planned = CountLine.objects.order_by().filter(
            batch__in=self.batches, bin=shelf, sku=OuterRef("pk"), lot=None
        )
        rows = Sku.objects.filter(~Exists(there), ~Exists(planned))
        for condition, _ in self._conditions_on_sku(""):
            rows = rows.filter(condition)
        of_class = Classification.objects.order_by().filter(sku=OuterRef("pk")).values("abc_class")
        found = rows.order_by("code_key").values_list("pk", Subquery(of_class[:1]))[: MOST_LINES + 1]
        return [self._line((shelf.pk, key, None, abc_class)) for key, abc_class in found]

    # --- bins with nothing in them

    def _empty_bins(self, bins: Sequence[UUID]) -> tuple[list[UUID], list[str]]:
        """The bins in use of the places named that hold nothing, without those that another batch leads to."""
        rows = Bin.objects.filter(warehouse=self.warehouse, is_active=True).exclude(pk__in=bins)
        if self.scope.bins:
            rows = rows.filter(pk__in=_keys(self.scope.bins))
        if self.scope.rooms:
            rows = rows.filter(room__in=_keys(self.scope.rooms))
        there = StockItem.objects.order_by().filter(bin=OuterRef("pk"), on_hand__gt=0)
        visited = CountBin.objects.order_by().filter(batch__in=self.batches, bin=OuterRef("pk"))
        found = rows.filter(~Exists(there)).annotate(is_elsewhere=Exists(visited))
        kept, left = [], 0
        for key, is_elsewhere in found.order_by("pick_sequence", "code").values_list("pk", "is_elsewhere"):
            if is_elsewhere:
                left += 1
            else:
                kept.append(key)
        told = [f"{left:,} empty bin{'s are' if left > 1 else ' is'} in another open count already."]
        return kept, told if left else []

    def _walked(self, bins: Collection[UUID]) -> list[UUID]:
        rows = Bin.objects.filter(pk__in=bins).order_by("pick_sequence", "code")
        return list(rows.values_list("pk", flat=True))

    # --- what is said of it

    def _told_elsewhere(self, wanted: QuerySet[StockItem]) -> list[str]:
        """How many of the lines are in which other batch. One query."""
        in_both = _planned_items(self._planned_lines(), wanted)
        counts = in_both.values("batch__number").annotate(lines=Count("pk")).order_by("batch__number")
        return [
            f"{row['lines']:,} {'are' if row['lines'] > 1 else 'is'} in CC-{row['batch__number']:05d} already."
            for row in counts
        ]

    def _explained(self) -> list[str]:
        """Why nothing is left: the conditions that nothing meets even by themselves, else all of them together."""
        rows = StockItem.objects.order_by().filter(
            organization=self.warehouse.organization_id, warehouse=self.warehouse
        )
        if not self.scope.skus and not self.scope.availability:
            rows = rows.filter(on_hand__gt=0)
        conditions = self._conditions()
        alone = [words for condition, words in conditions if not rows.filter(condition).exists()]
        if alone:
            return alone
        if not conditions:
            return [] if rows.exists() else [f"There is nothing in {self.warehouse.name}."]
        if self._wanted().exists():
            return []  # it is all in other batches, which is told already
        return ["Nothing meets all of the conditions at once."]


def _others(warehouse: Warehouse, except_batch: CountBatch | None, is_shared: bool) -> QuerySet[CountBatch]:
    """The open batches whose goods are not planned once more."""
    rows = CountBatch.objects.order_by()
    if is_shared:
        return rows.none()
    rows = rows.filter(organization=warehouse.organization_id, warehouse=warehouse, state__in=OPEN)
    return rows if except_batch is None else rows.exclude(pk=except_batch.pk)


def _planned_items(lines: QuerySet[CountLine], items: QuerySet[StockItem]) -> QuerySet[Any]:
    """Those of `lines` that are about one of `items`, with its key as `item`.

    An index look-up for each line, however many stock items there are: each of the two has an index of its own.
    """
    there = items.filter(sku=OuterRef("sku_id"), bin=OuterRef("bin_id"))
    of_none = Subquery(there.filter(lot__isnull=True).values("pk")[:1])
    of_lot = Subquery(there.filter(lot=OuterRef("lot_id")).values("pk")[:1])
    found = lines.filter(lot_code="").annotate(
        item=Case(When(lot__isnull=True, then=of_none), default=of_lot)
    )
    return found.filter(item__isnull=False)


def _keys(rows: Sequence[Model]) -> list[Any]:
    return [row.pk for row in rows]
