"""Random histories over HTTP: all four contracts, requests, counts, transfers, reservations, holds, and time.

Each step asks a documented route with an API key. Where the documentation says that it must be done, it must be;
where it says that it must not, nothing may change. After each step the quantities are the model's.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.db.models import F, Sum
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from inventory.models import Hold as HoldRecord
from inventory.models import HoldState, Movement, Reservation, StockItem, StockLevel, TransferLine
from inventory.verification import verify
from tests import factories
from tests.inventory.api.callers import Caller
from tests.inventory.api.routes import EVERY_SCOPE
from tests.machine.profile import IS_NIGHTLY, steps
from tests.machine.shop import Hold, Place, Promise, Request, Shop, Transfer
from warehouses.models import Organization, Warehouse

BEGINNING = datetime(2026, 3, 12, 6, tzinfo=UTC)
PLACES = [(sku, house) for sku in ("MUG", "JAR") for house in ("North", "South")]
PLACE = st.sampled_from(PLACES)
FEW = st.sampled_from([1, 1, 2, 3, 5, 8])
ANY = st.integers(0, 1000)


class Contracts(RuleBasedStateMachine):
    """What integrators do to one organization."""

    organization: Organization
    keys: tuple[str, str]
    now: datetime = BEGINNING

    def __init__(self) -> None:
        super().__init__()
        Contracts.now = BEGINNING
        self.savepoint = transaction.savepoint()
        self.writes = self.looks = 0
        self.houses = {house.name: house.public_id for house in Warehouse.objects.all()}
        self.shop = Shop(dict.fromkeys(PLACES, 0))
        self.first, self.second = (Caller(key) for key in self.keys)
        for place in PLACES:
            self.adjusted(place, 12)

    def teardown(self) -> None:
        try:
            assert list(verify()) == []
            connection.check_constraints()
        finally:
            transaction.savepoint_rollback(self.savepoint)

    # --- asking

    def asked(self, response: Any, *, must: bool, may: bool | None = None) -> Any:
        """The body where it was done, None where it was refused; `must` and `may` are what the documentation says."""
        done = response.status_code < 300
        assert done or 400 <= response.status_code < 500, response.content
        assert done >= must, response.content
        assert done <= (must if may is None else may), response.content
        return response.json() if done else None

    def acted(self, path: str, *, must: bool, **body: Any) -> Any:
        return self.asked(self.first.post(f"/backoffice/api/{path}", body), must=must)

    def pick(self, records: dict[str, Any], place: int) -> tuple[str, Any]:
        name = list(records)[place % len(records)]
        return name, records[name]

    # --- changing stock, by each contract

    def adjusted(self, place: Place, delta: int) -> None:
        sku, house = place
        body = {"sku": sku, "adjustment": delta, "reason": "any", "warehouseId": self.houses[house]}
        enough = self.shop.on_hand[place] + delta >= self.shop.held(place)
        if self.asked(
            self.first.post("/gateway/api/v1/inventory/adjust", body),
            must=enough,
            may=self.shop.on_hand[place] + delta >= 0,
        ):
            self.shop.change(place, delta)

    @rule(place=PLACE, delta=st.integers(-9, 9).filter(bool))
    def gateway_adjusts(self, place: Place, delta: int) -> None:
        self.adjusted(place, delta)

    @rule(place=PLACE, quantity=st.integers(0, 20))
    def nexus_sets(self, place: Place, quantity: int) -> None:
        sku, house = place
        body = {"warehouse_id": self.houses[house], "quantity": quantity, "reason": "cycle_count"}
        enough = quantity >= self.shop.held(place)
        if self.asked(self.first.put(f"/nexus/api/inventory/{sku}", body), must=enough, may=True):
            self.shop.change(place, quantity - self.shop.on_hand[place])

    @rule(place=PLACE, delta=st.integers(-9, 9).filter(bool))
    def pos_changes(self, place: Place, delta: int) -> None:
        sku, house = place
        item = StockItem.objects.get(sku__code=sku, warehouse__name=house)
        body = {"quantity_change": delta, "reason_code": "AUDIT"}
        response = self.first.send("PATCH", f"/pos/api/v1/inventory/{item.public_id}", body)
        left = self.shop.on_hand[place] + delta
        if self.asked(response, must=left >= self.shop.held(place), may=left >= 0):
            self.shop.change(place, delta)

    @rule(place=PLACE, units=FEW)
    def backoffice_receives(self, place: Place, units: int) -> None:
        lines = [{"sku": place[0], "quantity": units}]
        self.acted("inventory/record-stock", must=True, locationId=self.houses[place[1]], lines=lines)
        self.shop.change(place, units)

    @rule(place=PLACE, units=FEW, again=st.booleans())
    def a_retry_counts_once(self, place: Place, units: int, *, again: bool) -> None:
        body = {
            "sku": place[0],
            "locationId": self.houses[place[1]],
            "quantityChange": units,
            "reasonCode": "found",
        }
        self.writes += 1
        key = {"Idempotency-Key": f"write-{self.writes}"}
        for _ in range(2 if again else 1):
            response = self.first.post("/backoffice/api/inventory/adjust", body, headers=key)
            replayed = response.headers.get("Idempotent-Replayed") == "true"
            self.asked(response, must=True)
            if not replayed:
                self.shop.change(place, units)
        assert replayed or not again

    # --- reservations and time

    @rule(place=PLACE, units=FEW, hours=st.none() | st.integers(1, 5), takes_all=st.booleans())
    def reserve(self, place: Place, units: int, hours: int | None, *, takes_all: bool) -> None:
        if takes_all:  # to the last unit, and not one more
            units = max(self.shop.available(place, self.now), 1)
        until = None if hours is None else self.now + timedelta(hours=hours)
        body = {
            "sku": place[0],
            "locationId": self.houses[place[1]],
            "quantity": units,
            "referenceId": "SO",
            **({} if until is None else {"expiresAt": until.isoformat()}),
        }
        must = units <= self.shop.available(place, self.now)
        if done := self.acted("inventory/reservations", must=must, **body):
            self.shop.promises[done["id"]] = Promise(place, units, until)

    @precondition(lambda self: self.shop.promises)
    @rule(which=ANY, units=FEW, fulfils=st.booleans())
    def end_a_reservation(self, which: int, units: int, *, fulfils: bool) -> None:
        name, promise = self.pick(self.shop.promises, which)
        shop, place = self.shop, promise.place
        must = promise.counts(self.now) and units <= promise.open
        if must and fulfils:
            # What was corrected away, or is held, cannot leave.
            must = units <= shop.on_hand[place] - shop.held(place)
        action = "fulfil" if fulfils else "release"
        if self.acted(f"inventory/reservations/{name}", must=must, action=action, quantity=units):
            promise.open -= units
            if fulfils:
                shop.change(place, -units)

    @rule(hours=st.integers(1, 4))
    def time_passes(self, hours: int) -> None:
        Contracts.now += timedelta(hours=hours)

    # --- holds

    @rule(place=PLACE, units=FEW)
    def hold(self, place: Place, units: int) -> None:
        must = units <= self.shop.available(place, self.now)
        body = {"sku": place[0], "locationId": self.houses[place[1]], "quantity": units, "reason": "Broken"}
        if done := self.acted("inventory/holds", must=must, **body):
            self.shop.holds[done["id"]] = Hold(place, units)

    @precondition(lambda self: self.shop.holds)
    @rule(which=ANY, units=st.none() | FEW)
    def release_a_hold(self, which: int, units: int | None) -> None:
        name, hold = self.pick(self.shop.holds, which)
        body = {"holdId": name} | ({} if units is None else {"quantity": units})
        if self.acted("inventory/holds/release", must=0 < (units or 1) <= hold.open, **body):
            hold.open -= units or hold.open

    # --- transfers

    @rule(place=PLACE, units=FEW, ships=st.booleans())
    def draft_a_transfer(self, place: Place, units: int, *, ships: bool) -> None:
        sku, source = place
        destination = "South" if source == "North" else "North"
        ends = {"fromLocationId": self.houses[source], "toLocationId": self.houses[destination]}
        lines = [{"sku": sku, "quantity": units}]
        done = self.acted("inventory/transfers", must=True, lines=lines, **ends)
        transfer = self.shop.transfers[done["id"]] = Transfer(sku, source, destination, units)
        if ships:
            self.shipped(done["id"], transfer)

    def shipped(self, name: str, transfer: Transfer) -> None:
        place = (transfer.sku, transfer.source)
        must = transfer.state == "draft" and transfer.units <= self.shop.available(place, self.now)
        if self.acted(f"inventory/transfers/{name}", must=must, action="ship"):
            self.shop.on_hand[place] -= transfer.units
            transfer.in_transit, transfer.state = transfer.units, "in_transit"

    @precondition(lambda self: self.shop.transfers)
    @rule(which=ANY, action=st.sampled_from(["ship", "receive", "receive", "cancel"]))
    def act_on_a_transfer(self, which: int, action: str) -> None:
        name, transfer = self.pick(self.shop.transfers, which)
        if action == "ship":
            self.shipped(name, transfer)
            return
        must = transfer.state == {"receive": "in_transit", "cancel": "draft"}[action]
        if self.acted(f"inventory/transfers/{name}", must=must, action=action):
            self.shop.on_hand[transfer.sku, transfer.destination] += transfer.in_transit
            transfer.in_transit, transfer.state = 0, "received" if action == "receive" else "cancelled"

    # --- stock requests

    @rule(place=PLACE, units=FEW)
    def ask_for_goods(self, place: Place, units: int) -> None:
        sku, source = place
        destination = "South" if source == "North" else "North"
        ends = {"fromLocationId": self.houses[source], "toLocationId": self.houses[destination]}
        lines = [{"sku": sku, "quantity": units}]
        done = self.acted("stock-requests", must=True, lines=lines, **ends)
        line = done["lines"][0]["id"]
        self.shop.requests[done["id"]] = Request(place, destination, units, line)
        self.acted(f"stock-requests/{done['id']}/submit", must=True)
        self.shop.requests[done["id"]].state = "submitted"

    @precondition(lambda self: self.shop.requests)
    @rule(which=ANY)
    def approve(self, which: int) -> None:
        name, request = self.pick(self.shop.requests, which)
        must = request.state == "submitted" and request.units <= self.shop.available(request.place, self.now)
        response = self.second.post(f"/backoffice/api/stock-requests/{name}/approve", {})
        if self.asked(response, must=must):
            request.state, request.promised = "approved", request.units

    @precondition(lambda self: self.shop.requests)
    @rule(which=ANY)
    def nobody_approves_their_own(self, which: int) -> None:
        name, _ = self.pick(self.shop.requests, which)
        self.acted(f"stock-requests/{name}/approve", must=False)

    @precondition(lambda self: self.shop.requests)
    @rule(which=ANY)
    def call_a_request_off(self, which: int) -> None:
        name, request = self.pick(self.shop.requests, which)
        must = request.state in {"submitted", "approved"}
        path, body = f"stock-requests/{name}/status", {"status": "cancelled", "reason": "Not needed"}
        if self.acted(path, must=must, **body):
            request.state, request.promised = "cancelled", 0

    # --- counts

    @rule(place=PLACE, found=st.integers(0, 20), moves=st.integers(0, 3))
    def count(self, place: Place, found: int, moves: int) -> None:
        """Counted, changed meanwhile, reviewed: what is posted is the difference, and the change stays."""
        shop = self.shop
        body = {"locationId": self.houses[place[1]], "skus": [place[0]], "blind": True}
        batch = self.acted("inventory/cycle-count", must=True, **body)
        path = f"inventory/cycle-count/{batch['id']}"
        self.acted(path, must=True, action="start")
        line = self.acted(path, must=True, action="count", counts=[])["lines"] if not batch["lines"] else None
        lines = line or batch["lines"]
        booked = shop.on_hand[place]
        counts = [{"lineId": lines[0]["id"], "countedQuantity": found}]
        self.acted(path, must=True, action="count", counts=counts)
        if moves:
            self.adjusted(place, moves)
        done = self.acted(path, must=True, action="submit")
        if done["status"] == "review":
            resolved = self.second.post(
                "/backoffice/api/inventory/cycle-count/resolve", {"batchId": batch["id"]}
            )
            left = shop.on_hand[place] + found - booked
            if not self.asked(resolved, must=left >= shop.held(place), may=left >= 0):
                self.acted(path, must=True, action="cancel")
                return
        shop.change(place, found - booked)

    # --- what holds after each step

    @invariant()
    def the_quantities_are_the_models(self) -> None:
        shop = self.shop
        levels = StockLevel.objects.values_list("sku__code", "warehouse__name", "on_hand", "held")
        assert {(sku, house): (there, held) for sku, house, there, held in levels} == {
            place: (shop.on_hand[place], shop.held(place)) for place in PLACES
        }
        assert all(there >= 0 for there in shop.on_hand.values())
        ledger = Movement.objects.values("sku__code", "warehouse__name").annotate(units=Sum("delta"))
        sums = {(row["sku__code"], row["warehouse__name"]): row["units"] for row in ledger}
        assert {place: sums.get(place, 0) for place in PLACES} == shop.on_hand

    @invariant()
    def what_is_available_is_told(self) -> None:
        """Of another place at each step: what ran out by now is no promise, though nobody has swept it up."""
        self.looks += 1
        place = PLACES[self.looks % len(PLACES)]
        warehouse = self.houses[place[1]]
        path = f"/gateway/api/v1/inventory/{place[0]}?warehouse_id={warehouse}"
        body = self.asked(self.first.get(path), must=True)
        assert body["availableQuantity"] == self.shop.available(place, self.now)
        assert body["quantity"] == self.shop.on_hand[place]

    @invariant()
    def nothing_gets_lost_on_its_way(self) -> None:
        rest = F("shipped") - F("received") + F("surplus") - F("written_off")
        assert (TransferLine.objects.aggregate(units=Sum(rest))["units"] or 0) == self.shop.in_transit()
        assert sum(self.shop.on_hand.values()) + self.shop.in_transit() == self.shop.came

    @invariant()
    def promises_are_what_was_promised(self) -> None:
        for place in PLACES:
            mine = Reservation.objects.filter(sku__code=place[0], warehouse__name=place[1], state="active")
            alive = mine.exclude(expires_at__lte=self.now).aggregate(units=Sum("open"))["units"] or 0
            assert alive == self.shop.reserved(place, self.now)

    @invariant()
    def a_hold_ends_once(self) -> None:
        found = dict(HoldRecord.objects.values_list("pk", "state"))
        ended = sum(state == HoldState.RELEASED for state in found.values())
        assert ended == sum(not hold.open for hold in self.shop.holds.values())


@pytest.mark.django_db
@pytest.mark.timeout(7200 if IS_NIGHTLY else 600)
def test_random_histories_over_http(organization: Organization, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("django.utils.timezone.now", lambda: Contracts.now)
    Warehouse.objects.update(name="North")
    factories.make_warehouse(organization, "South")
    for code in ("MUG", "JAR"):
        factories.make_sku(organization, code)
    Contracts.organization = organization
    Contracts.keys = tuple(factories.make_key(organization, EVERY_SCOPE, name=name) for name in ("A", "B"))
    run_state_machine_as_test(Contracts, settings=steps(briefly=4, nightly=300))
