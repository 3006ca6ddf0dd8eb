"""What people see of the classes: a page of SKUs by rank, and what each class comes to."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Final
from uuid import UUID

from django.db.models import Exists, F, OuterRef, Q, QuerySet

from cycle_counts.abc.cycles import NEVER
from cycle_counts.models import AbcClass, Classification, CountCycle
from cycle_counts.preferences import settings_of
from cycle_counts.rights import COUNT, REVIEW, require_place
from inventory.models import Barcode, Sku, sku_key
from warehouses.access import Access
from warehouses.actors import ActorType
from warehouses.models import Organization, Warehouse
from warehouses.refusals import NotFound, Problem

__all__ = ["MOST_DUE", "ClassRow", "ClassSummary", "Summary", "class_page", "class_rows", "summary_of"]

#: Where that many SKUs of a class are due, nobody needs to know how many more: a million are not counted for a page.
MOST_DUE: Final = 10_000


@dataclass(frozen=True, slots=True)
class ClassRow:
    """One SKU. `units` and `value` were consumed in the window, None for whoever may not see stock.

    The dates are those of the warehouse asked for, else of the one of the caller's where it is due first; None where
    nothing is to be counted, or nothing was.
    """

    sku: Sku
    abc_class: str
    rank: int
    units: int | None
    value: Decimal | None
    share: Decimal
    cumulative_share: Decimal
    last_counted_at: datetime | None
    next_due_on: date | None
    is_due: bool

    @property
    def title(self) -> str:
        return self.sku.title


@dataclass(frozen=True, slots=True)
class ClassSummary:
    """`share` of the value, in percent; `interval` days between two counts; `due`: SKUs that are due somewhere.

    They are counted up to MOST_DUE, which says: as many, or more.
    """

    abc_class: str
    skus: int
    value: Decimal | None
    share: Decimal
    due: int
    interval: int


@dataclass(frozen=True, slots=True)
class Summary:
    """`classified_at` None: never yet, and then the classes are empty."""

    classified_at: datetime | None
    classes: tuple[ClassSummary, ...]


def class_page(
    *,
    access: Access,
    warehouse: Warehouse | None = None,
    abc_class: str = "",
    due_only: bool = False,
    search: str = "",
) -> QuerySet[Classification]:
    """The SKUs by rank, with the SKU at hand: in the order of an index.

    Of a warehouse, or for callers who count in some only, those that are or were to be counted there. `search` is a
    barcode, the beginning of a code, or words of the title. Raises Forbidden `PERMISSION_DENIED`, NotFound
    `WAREHOUSE_NOT_FOUND`.
    """
    places = _places(access, warehouse)
    rows = Classification.objects.filter(organization=access.organization).order_by("rank", "pk")
    if abc_class:
        rows = rows.filter(abc_class=abc_class)
    cycles = _cycles(access.organization, places).filter(sku=OuterRef("pk"))
    if due_only:
        rows = rows.filter(Exists(cycles.filter(next_due_on__lte=access.organization.today())))
    elif places is not None:
        rows = rows.filter(Exists(cycles))
    if search.strip():
        # Sorted, not walked: the SKUs that a search means are few, and lie anywhere in the order of the index.
        rows = rows.filter(_searched(access.organization, search.strip())).order_by(F("rank") + 0, "pk")
    return rows.select_related("sku")


def class_rows(
    rows: Sequence[Classification], *, access: Access, warehouse: Warehouse | None = None
) -> list[ClassRow]:
    """What is told of each of `rows`, in their order. One query, and one if their SKUs are not at hand.

    Raises what `class_page` raises.
    """
    places = _places(access, warehouse)
    today = access.organization.today()
    first: dict[UUID, CountCycle] = {}
    for cycle in _cycles(access.organization, places).filter(sku__in=[row.pk for row in rows]):
        known = first.get(cycle.sku_id)
        if known is None or cycle.next_due_on < known.next_due_on:
            first[cycle.sku_id] = cycle
    shows_value = _shows_value(access)
    return [_row(row, first.get(row.pk), today, shows_value=shows_value) for row in rows]


def summary_of(*, access: Access, warehouse: Warehouse | None = None) -> Summary:
    """What each class comes to in the whole organization, as the task has computed it, and what of it is due now.

    Due in the warehouse asked for, else in one of those where the caller counts. Four queries. Raises what
    `class_page` raises.
    """
    settings = settings_of(access.organization)
    cycles = _cycles(access.organization, _places(access, warehouse))
    cycles = cycles.filter(sku=OuterRef("pk"), next_due_on__lte=access.organization.today())
    due = Classification.objects.order_by().filter(Exists(cycles), organization=access.organization)
    intervals = {"A": settings.a_interval, "B": settings.b_interval, "C": settings.c_interval}
    shows_value = _shows_value(access)
    nothing = {"skus": 0, "value": "0", "share": "0"}
    sums = {letter: settings.class_sums.get(letter, nothing) for letter in AbcClass.values}
    return Summary(
        settings.classified_at,
        tuple(
            ClassSummary(
                abc_class=letter,
                skus=sums[letter]["skus"],
                value=Decimal(sums[letter]["value"]) if shows_value else None,
                share=Decimal(sums[letter]["share"]),
                due=due.filter(abc_class=letter)[:MOST_DUE].count(),
                interval=intervals[letter],
            )
            for letter in AbcClass.values
        ),
    )


def _places(access: Access, warehouse: Warehouse | None) -> Collection[UUID] | None:
    """The warehouses whose due dates are told; None: all."""
    access.require(COUNT)
    if warehouse is None:
        return access.warehouse_ids(COUNT)
    if warehouse.organization_id != access.organization.pk:
        detail = "There is no such warehouse."
        problem = Problem("WAREHOUSE_NOT_FOUND", detail, field="warehouse")
        raise NotFound("WAREHOUSE_NOT_FOUND", detail, problems=[problem])
    require_place(access, COUNT, warehouse.pk, warehouse.name)
    return [warehouse.pk]


def _cycles(organization: Organization, places: Collection[UUID] | None) -> QuerySet[CountCycle]:
    rows = CountCycle.objects.order_by().filter(organization=organization)
    return rows if places is None else rows.filter(warehouse__in=places)


def _searched(organization: Organization, term: str) -> Q:
    """Where the term is no barcode and begins no code, titles are read, of which there is no index."""
    skus = Sku.objects.order_by().filter(organization=organization)
    barcode = Barcode.objects.order_by().filter(organization=organization, code=term)
    meant = Q(code_key__startswith=sku_key(term)) | Q(pk__in=barcode.values("sku"))
    if not skus.filter(meant).exists():
        meant = Q()
        for word in term.split():
            meant &= Q(title__icontains=word)
    return Q(pk__in=skus.filter(meant).values("pk"))


def _shows_value(access: Access) -> bool:
    """Whoever only counts is told neither what goods cost nor how many go: it says what may be there."""
    return access.actor.type == ActorType.KEY or access.may("inventory.read") or access.may(REVIEW)


def _row(row: Classification, cycle: CountCycle | None, today: date, *, shows_value: bool) -> ClassRow:
    due_on = cycle.next_due_on if cycle is not None and cycle.next_due_on != NEVER else None
    return ClassRow(
        sku=row.sku,
        abc_class=row.abc_class,
        rank=row.rank,
        units=row.units if shows_value else None,
        value=row.value if shows_value else None,
        share=row.share,
        cumulative_share=row.cumulative_share,
        last_counted_at=cycle.last_counted_at if cycle is not None else None,
        next_due_on=due_on,
        is_due=due_on is not None and due_on <= today,
    )
