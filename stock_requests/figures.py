"""What the stock says to a request: what there is at the source, what could be promised, and what that leaves."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from django.utils import timezone

from inventory.availability.reservable import reservable_units
from inventory.inbound import Inbound, inbound_to
from inventory.models import StockLevel
from stock_requests.models import RequestLine, RequestState, StockRequest
from warehouses.models import Organization

__all__ = [
    "NOTHING",
    "Figures",
    "Risks",
    "StockThere",
    "asked_of",
    "figures_of",
    "figures_of_many",
    "stock_at",
]

#: SKU and location.
Place = tuple[UUID, UUID]

#: In which its goods are still to be reserved; afterwards they are, or nothing comes of it any more.
_UNDECIDED: Final = (RequestState.DRAFT, RequestState.SUBMITTED)


@dataclass(frozen=True, slots=True)
class StockThere:
    """What there is of a SKU in a location. `available` could be promised now; `on_order` is what is expected there,
    on order or on its way.
    """

    on_hand: int = 0
    available: int = 0
    on_order: int = 0
    safety_stock: int = 0


#: Where a SKU never had stock.
NOTHING: Final = StockThere()


@dataclass(frozen=True, slots=True)
class Figures:
    """What a line meets at the source. `after` is what `available` comes to once all that its request asks of the SKU
    is reserved: negative where there is too little. What a request holds already is not in `available` any more.
    """

    on_hand: int
    available: int
    after: int
    on_order: int
    safety_stock: int

    @property
    def is_short(self) -> bool:
        return self.after < 0

    @property
    def falls_below_safety(self) -> bool:
        """Whether less is left than is to be kept back. Also where it is less already."""
        return self.after < self.safety_stock


@dataclass(frozen=True, slots=True)
class Risks:
    """What is wrong with at least one line of a request that is to be decided."""

    is_short: bool = False
    falls_below_safety: bool = False


def figures_of(request: StockRequest, lines: Iterable[RequestLine]) -> dict[UUID, Figures]:
    """The figures of lines of one request, which are all that it has, by the lines' keys.

    Three queries, whatever the number of lines, none without any; and one for the organization where it is not at hand.
    """
    mine = list(lines)
    there = stock_at(
        organization=request.organization,
        places={(line.sku_id, request.from_warehouse_id) for line in mine},
    )
    return _figures(request, mine, there)


def figures_of_many(requests: Sequence[StockRequest]) -> dict[UUID, Risks]:
    """The risks of requests of one organization, by their keys: only those that are not decided yet have any.

    Two queries, whatever the number of requests, and one for the organization where it is not at hand.
    """
    undecided = {request.pk: request for request in requests if request.state in _UNDECIDED}
    lines: dict[UUID, list[RequestLine]] = defaultdict(list)
    if undecided:
        for line in RequestLine.objects.order_by("request", "position").filter(request__in=list(undecided)):
            lines[line.request_id].append(line)
    places = {(line.sku_id, undecided[key].from_warehouse_id) for key, some in lines.items() for line in some}
    there = _levels(requests[0].organization, places) if places else {}
    found = {}
    for request in requests:
        figures = _figures(request, lines.get(request.pk, ()), there).values()
        found[request.pk] = Risks(
            is_short=any(each.is_short for each in figures),
            falls_below_safety=any(each.falls_below_safety for each in figures),
        )
    return found


def stock_at(*, organization: Organization, places: Collection[Place]) -> dict[Place, StockThere]:
    """What there is in each of `places`. Three queries, none without places."""
    levels = _levels(organization, places)
    inbound = inbound_to(organization=organization, places=places)
    return {
        place: StockThere(
            on_hand=level.on_hand,
            available=level.available,
            on_order=inbound.get(place, Inbound()).total,
            safety_stock=level.safety_stock,
        )
        for place in places
        for level in (levels.get(place, NOTHING),)
    }


def asked_of(line: RequestLine) -> int:
    """Units of a line that are to be reserved: what is approved so far, or else whatever was asked for."""
    return line.remaining if line.approved is None else line.approved


def _levels(organization: Organization, places: Collection[Place]) -> dict[Place, StockThere]:
    """`places` without what is on order; one that never had stock is absent. One query, none without places."""
    if not places:
        return {}
    rows: Iterable[Any] = (
        StockLevel.objects.order_by()
        .filter(
            organization=organization,
            sku__in={sku_id for sku_id, _ in places},
            warehouse__in={warehouse_id for _, warehouse_id in places},
        )
        .values_list("sku_id", "warehouse_id", "on_hand", "safety_stock")
        .annotate(free=reservable_units(today=organization.today(), now=timezone.now()))
    )
    return {
        (sku_id, warehouse_id): StockThere(on_hand=on_hand, available=free, safety_stock=safety_stock)
        for sku_id, warehouse_id, on_hand, safety_stock, free in rows
    }


def _figures(
    request: StockRequest, lines: Sequence[RequestLine], there: Mapping[Place, StockThere]
) -> dict[UUID, Figures]:
    asked: dict[UUID, int] = defaultdict(int)
    if request.state in _UNDECIDED:
        for line in lines:
            asked[line.sku_id] += asked_of(line)
    found = {}
    for line in lines:
        level = there.get((line.sku_id, request.from_warehouse_id), NOTHING)
        found[line.pk] = Figures(
            on_hand=level.on_hand,
            available=level.available,
            after=level.available - asked[line.sku_id],
            on_order=level.on_order,
            safety_stock=level.safety_stock,
        )
    return found
