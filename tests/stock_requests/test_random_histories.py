"""Requests in random histories: whatever is done in whatever order, the stock is right, and refusals leave no trace."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from django.db.models import Sum
from django.utils import timezone

from inventory.models import Reservation, ReservationState, StateChange, StockLevel
from inventory.verification import verify
from stock_requests.decisions.approving import approve_request, reject_request, withdraw_approval
from stock_requests.decisions.line_decisions import LineDecision, Substitute
from stock_requests.decisions.rollbacks import cancel_request, rollback_request
from stock_requests.drafting import (
    ChangedLine,
    Destination,
    WantedLine,
    add_line,
    create_request,
    submit_request,
    update_request,
)
from stock_requests.fulfilment import Fulfilled, Picked, fulfil_request, pick_request
from stock_requests.models import ApprovalRule, Remainder, RequestLine, RequestState, StockRequest
from stock_requests.states import ALLOWED
from tests import factories
from tests.stock_requests.conftest import Ground
from warehouses import transactions
from warehouses.refusals import Refusal

STEPS = 70
PROMISING = (RequestState.APPROVED, RequestState.PICKING)
#: Where a request can be before it is where it is now; a submitted one may have been made as a back-order.
BEFORE = {(state.value, target.value) for state, targets in ALLOWED.items() for target in targets}


class World:
    """Some requests, and a hand that does something to one of them, allowed or not."""

    def __init__(self, ground: Ground, seed: int) -> None:
        self.ground = ground
        self.dice = random.Random(seed)
        self.owner, self.picker = ground.owner, ground.picker
        self.approvers = [ground.approver, ground.second_approver]
        self.fitting: dict[str, list[Callable[[], Any]]] = {
            RequestState.DRAFT: [self.submit, self.submit, self.submit, self.change, self.add, self.cancel],
            RequestState.SUBMITTED: [
                *(self.approve, self.approve, self.approve, self.approve, self.reject, self.withdraw),
                *(self.rollback, self.cancel, self.change),
            ],
            RequestState.APPROVED: [self.pick, self.pick, self.pick, self.rollback, self.cancel],
            RequestState.PICKING: [self.pick, self.fulfil, self.fulfil],
            RequestState.REJECTED: [self.rollback],
            RequestState.FULFILLED: [],
            RequestState.CANCELLED: [],
        }
        self.elsewhere: list[Callable[[], Any]] = [self.make, self.sell, self.receive]
        self.request = self.make()
        self.done: Counter[str] = Counter()
        self.refused: Counter[str] = Counter()
        if self.dice.random() < 0.5:
            ApprovalRule.objects.create(
                organization=ground.organization, name="Much", minimum_quantity=60, approvals=2
            )

    def act(self) -> None:
        """Most of the time something that the request's state allows, else whatever comes to mind."""
        self.request = self.some()
        acts = [act for acts in self.fitting.values() for act in acts] + self.elsewhere
        if self.dice.random() < 0.75:
            acts = self.fitting[self.request.state] or self.elsewhere
        act = self.dice.choice(acts)
        before = self.picture()
        try:
            transactions.run(act)
        except Refusal as refusal:
            self.refused[refusal.code] += 1
            assert self.picture() == before, f"{act.__name__} was refused and changed something"
        else:
            self.done[act.__name__] += 1

    def picture(self) -> list[Any]:
        """All that an act could change, and does not when it is refused."""
        return [
            list(StockLevel.objects.order_by("pk").values_list("pk", "on_hand", "reserved", "version")),
            list(StockRequest.objects.order_by("pk").values_list("pk", "state", "version")),
            list(RequestLine.objects.order_by("pk").values_list("pk", "requested", "approved", "fulfilled")),
            StateChange.objects.count(),
        ]

    # --- acts

    def some(self) -> StockRequest:
        return self.dice.choice(list(StockRequest.objects.order_by("-pk")[:5]))

    def make(self) -> StockRequest:
        ground = self.ground
        to = self.dice.choice(
            [
                Destination(warehouse=ground.destination),
                Destination(warehouse=ground.destination, room=ground.room),
                Destination(warehouse=ground.source, room=ground.ward),
                Destination(department=ground.department),
                Destination(),
            ]
        )
        lines = [
            WantedLine(self.dice.choice(ground.skus), self.dice.randint(1, 45))
            for _ in range(self.dice.randint(1, 3))
        ]
        return create_request(access=self.owner, from_warehouse=ground.source, to=to, lines=lines)

    def submit(self) -> None:
        submit_request(access=self.owner, request=self.request)

    def approve(self) -> None:
        lines = self.request.lines.all()
        decisions = [self.decision(line) for line in lines if self.dice.random() < 0.4]
        approve_request(access=self.dice.choice(self.approvers), request=self.request, lines=decisions)

    def decision(self, line: RequestLine) -> LineDecision:
        quantity = self.dice.randint(0, line.requested)
        substitutes: list[Substitute] = []
        if quantity < line.requested and self.dice.random() < 0.3:
            others = [sku for sku in self.ground.skus if sku.pk != line.sku_id]
            most = line.requested - quantity
            substitutes = [Substitute(self.dice.choice(others), self.dice.randint(1, most))]
        return LineDecision(
            line_id=line.pk,
            quantity=quantity,
            reason="Not so many",
            remainder=self.dice.choice(list(Remainder)),
            substitutes=substitutes,
        )

    def reject(self) -> None:
        reject_request(access=self.approvers[0], request=self.request, reason="Not now")

    def withdraw(self) -> None:
        withdraw_approval(access=self.approvers[0], request=self.request)

    def rollback(self) -> None:
        rollback_request(access=self.owner, request=self.request, reason="Once more")

    def cancel(self) -> None:
        if self.dice.random() < 0.3:
            cancel_request(access=self.owner, request=self.request, reason="No need")

    def pick(self) -> None:
        picked = [
            Picked(line.pk, self.dice.randint(0, line.approved or 1))
            for line in self.request.lines.all()
            if self.dice.random() < 0.3
        ]
        pick_request(access=self.picker, request=self.request, picked=picked)

    def fulfil(self) -> None:
        lines = [
            Fulfilled(line.pk, self.dice.randint(0, line.approved or 1), self.dice.choice(list(Remainder)))
            for line in self.request.lines.all()
            if self.dice.random() < 0.3
        ]
        fulfil_request(
            access=self.picker,
            request=self.request,
            lines=lines,
            remainder=self.dice.choice(list(Remainder)),
            reason="Broken",
        )

    def change(self) -> None:
        lines = [
            ChangedLine(line.pk, None, self.dice.randint(1, 40))
            for line in self.request.lines.filter(substitute_for=None)
            if self.dice.random() < 0.8
        ]
        update_request(access=self.owner, request=self.request, changes={"lines": lines})

    def add(self) -> None:
        line = WantedLine(self.dice.choice(self.ground.skus), self.dice.randint(1, 20))
        add_line(access=self.owner, request=self.request, line=line)

    def sell(self) -> None:
        sku = self.dice.choice(self.ground.skus)
        factories.stock(sku, self.ground.source, -self.dice.randint(1, 15), code="SALE")

    def receive(self) -> None:
        factories.stock(self.dice.choice(self.ground.skus), self.ground.source, self.dice.randint(1, 15))


def check(world: World) -> None:
    """What is true after every act."""
    promised: Counter[Any] = Counter()
    for line in RequestLine.objects.filter(request__state__in=PROMISING):
        promised[line.sku_id] += line.approved or 0
    for level in StockLevel.objects.filter(warehouse=world.ground.source):
        assert level.reserved == promised[level.sku_id]
        assert level.on_hand >= level.reserved, "more is promised than is there"
    for line in RequestLine.objects.select_related("request"):
        assert line.remaining >= 0
        if line.request.state == RequestState.FULFILLED:
            assert line.remaining == 0, "a request has ended, and nobody has said what becomes of the rest"
        if line.request.state in {RequestState.DRAFT, RequestState.REJECTED}:
            assert line.fulfilled + line.back_ordered + line.closed + line.substituted == 0
    owed = RequestLine.objects.filter(request__state=RequestState.FULFILLED).aggregate(n=Sum("back_ordered"))
    made = RequestLine.objects.filter(
        request__back_order_of__isnull=False, request__version=1, substitute_for=None
    )
    if all(request.version == 1 for request in StockRequest.objects.filter(back_order_of__isnull=False)):
        assert (owed["n"] or 0) == (made.aggregate(n=Sum("requested"))["n"] or 0)
    open_ones = Reservation.objects.filter(state=ReservationState.ACTIVE)
    assert not open_ones.exclude(document_type="stock_request").exists()


@pytest.mark.parametrize("seed", range(4))
def test_stock_is_right_and_refusals_leave_no_trace(ground: Ground, seed: int) -> None:
    world = World(ground, seed)
    for _ in range(STEPS):
        world.act()
        check(world)
    assert [str(finding) for finding in verify()] == []
    steps = StateChange.objects.filter(subject_type=StockRequest.prefix).exclude(from_state="")
    taken = {pair for pair in steps.values_list("from_state", "to_state") if pair[0] != pair[1]}
    assert taken <= BEFORE, "a step that the table has not"
    assert {"approve", "fulfil", "rollback", "change"} <= set(world.done), "the history was too dull"
    assert timezone.now() >= max(StateChange.objects.values_list("created_at", flat=True))
