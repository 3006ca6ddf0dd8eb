"""How a request of the demonstration comes to be as it is: through the product's own doors, act by act."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

from inventory.models import Sku
from inventory.transfers import receive_transfer
from stock_requests.comments import add_comment
from stock_requests.decisions.approving import approve_request, reject_request
from stock_requests.decisions.rollbacks import cancel_request
from stock_requests.demo.asks import BACK_ORDERED, CLOSED, DEARLY, IMPOSSIBLE, WATCHED, Ask
from stock_requests.demo.cast import APPROVER, MANAGER, Cast
from stock_requests.demo.goods import Goods
from stock_requests.demo.ground import VALUABLE_FROM
from stock_requests.drafting import Destination, WantedLine, create_request, submit_request
from stock_requests.fulfilment import Fulfilled, Picked, fulfil_request, pick_request
from stock_requests.models import Department, Remainder, RequestState, StockRequest
from warehouses.access import access_of_system
from warehouses.models import Room, Warehouse

__all__ = ["Tale"]

_PAUSE = timedelta(minutes=10)
_DECIDED = frozenset({RequestState.APPROVED, RequestState.PICKING, RequestState.FULFILLED})


class Tale:
    """One request, from its draft to where it is now. What has taken longer than planned delays what comes next."""

    def __init__(self, ask: Ask, cast: Cast, goods: Goods, *, now: datetime) -> None:
        self.ask = ask
        self.cast = cast
        self.now = now
        self.source = Warehouse.objects.get(organization=cast.organization, name=ask.source)
        self.began = now - timedelta(hours=ask.hours)
        self.lines = self._choose(goods)
        self.last = self.began
        self.request: StockRequest

    def acts(self) -> Iterator[tuple[datetime, Callable[[datetime], Any]]]:
        """What is done, and when: to be done in the order of the times over all requests."""
        ask = self.ask
        yield self.began, self._draft
        if ask.state == RequestState.DRAFT:
            return
        yield self.began + _PAUSE, self._submit
        if ask.comment[1]:
            yield self._after(min(ask.hours, 24) / 2), self._comment
        if ask.is_first_yes_given or ask.state in _DECIDED:
            yield self._after(ask.decided), self._approve
        if ask.state == RequestState.REJECTED:
            yield self._after(ask.decided), self._reject
        if ask.state == RequestState.CANCELLED:
            yield self._after(ask.decided), self._cancel
        if ask.state in {RequestState.PICKING, RequestState.FULFILLED}:
            yield self._after(ask.decided + ask.picked), self._pick
        if ask.state == RequestState.FULFILLED:
            yield self._after(ask.decided + ask.picked + ask.fulfilled), self._fulfil
        if ask.is_received:
            yield self._after(ask.decided + ask.picked + ask.fulfilled + 16), self._receive

    def _after(self, hours: float) -> datetime:
        return self.began + timedelta(hours=hours) + _PAUSE

    def _choose(self, goods: Goods) -> Sequence[tuple[Sku, int]]:
        ask = self.ask
        if ask.kind == DEARLY:
            return goods.worth_most(self.source, 3)
        if ask.kind == IMPOSSIBLE:
            return [goods.too_little(self.source)]
        if ask.kind == WATCHED:
            return [(goods.watched(self.source), 4)]
        since = self._after(ask.decided)
        # All lines together are less than what needs a second approval.
        worth_below = VALUABLE_FROM / max(len(ask.quantities), 1)
        return [
            (
                goods.idle(self.source, since=since, quantity=quantity, worth_below=worth_below),
                quantity,
            )
            for quantity in ask.quantities
        ]

    def _draft(self, at: datetime) -> None:
        needed = self.ask.needed
        today = self.cast.organization.today()
        self.request = create_request(
            access=self.cast.access(self.ask.by),
            from_warehouse=self.source,
            to=self._destination(),
            priority=self.ask.priority,
            needed_by=None if needed is None else today + timedelta(days=needed),
            note=self.ask.note,
            lines=[WantedLine(sku, quantity) for sku, quantity in self.lines],
            created_at=at,
        )

    def _destination(self) -> Destination:
        name, organization = self.ask.to, self.cast.organization
        place = Warehouse.objects.filter(organization=organization, name=name).first()
        room = Room.objects.filter(warehouse=self.source, name=name).first()
        department = Department.objects.filter(organization=organization, name=name).first()
        return Destination(place, room, department)

    def _submit(self, at: datetime) -> None:
        submit_request(access=self.cast.access(self.ask.by), request=self.request, at=at)

    def _comment(self, at: datetime) -> None:
        by, text = self.ask.comment
        add_comment(access=self.cast.access(by), request=self.request, text=text, created_at=at)

    def _approve(self, at: datetime) -> None:
        approved = approve_request(
            access=self.cast.access(APPROVER),
            request=self.request,
            note=self.ask.told if self.ask.state == RequestState.APPROVED else "",
            recorded_at=at,
        )
        self.last = max(approved.decided_at or at, at)

    def _reject(self, at: datetime) -> None:
        reject_request(
            access=self.cast.access(APPROVER), request=self.request, reason=self.ask.told, recorded_at=at
        )

    def _cancel(self, at: datetime) -> None:
        cancel_request(
            access=self.cast.access(self.ask.by), request=self.request, reason=self.ask.told, recorded_at=at
        )

    def _pick(self, at: datetime) -> None:
        lines = self.request.lines.order_by("position")
        picked = [(line.pk, line.approved or 0) for line in lines]
        if self.ask.state == RequestState.PICKING or self.ask.short:
            # Somebody is still at it, or has not found all of it.
            first, quantity = picked[0]
            picked[0] = (first, quantity - max(quantity // 3, 1))
        self.last = self._next(at)
        pick_request(
            access=self.cast.access(MANAGER),
            request=self.request,
            picked=[Picked(key, quantity) for key, quantity in picked],
            recorded_at=self.last,
        )

    def _fulfil(self, at: datetime) -> None:
        short = self.ask.short
        lines: list[Fulfilled] = []
        if short:
            first = self.request.lines.get(position=1)
            remainder = Remainder.BACK_ORDER if short == BACK_ORDERED else Remainder.CLOSED
            reason = self.ask.told if short == CLOSED else ""
            lines.append(Fulfilled(first.pk, remainder=remainder, reason=reason))
        fulfilled = fulfil_request(
            access=self.cast.access(MANAGER), request=self.request, lines=lines, recorded_at=self._next(at)
        )
        self.request = fulfilled
        self.last = fulfilled.closed_at or at

    def _receive(self, at: datetime) -> None:
        if self.request.transfer is not None:
            receive_transfer(
                access=access_of_system(self.cast.organization)
                if self.ask.by not in self.cast.people
                else self.cast.access(self.ask.by),
                transfer=self.request.transfer,
                recorded_at=self._next(at),
            )

    def _next(self, at: datetime) -> datetime:
        """At that time, but after what has been before, and not after today."""
        return min(max(at, self.last + _PAUSE), self.now)
