"""Changing stock, by each contract; sales and receipts, corrections and counts."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import rule

from tests.machine.integrator import ANY, FEW, PLACE, Integrator
from tests.machine.shop import LOTS, PLACES, Place

__all__ = ["StockRules"]

DELTA = st.integers(-9, 9).filter(bool)
WITHOUT_LOTS = [place for place in PLACES if LOTS[place[0]] == ("",)]


class StockRules(Integrator):
    writes = 0

    def changed(self, place: Place, delta: int, response: Any) -> None:
        """By so much, wherever it lies. More of a SKU with lots is of some lot: it has to be named."""
        shop, left = self.shop, self.shop.on_hand(place) + delta
        may = left >= 0 and (delta <= 0 or LOTS[place[0]] == ("",))
        if self.asked(response, must=may and left >= shop.held(place), may=may):
            shop.correct(place, delta)

    def adjusted(self, place: Place, delta: int) -> None:
        sku, house = place
        body = {"sku": sku, "adjustment": delta, "reason": "any", "warehouseId": self.houses[house]}
        self.changed(place, delta, self.first.post("/gateway/api/v1/inventory/adjust", body))

    @rule(place=PLACE, delta=DELTA)
    def gateway_adjusts(self, place: Place, delta: int) -> None:
        self.adjusted(place, delta)

    @rule(place=PLACE, quantity=st.integers(0, 20))
    def nexus_sets(self, place: Place, quantity: int) -> None:
        sku, house = place
        body = {"warehouse_id": self.houses[house], "quantity": quantity, "reason": "cycle_count"}
        response = self.first.put(f"/nexus/api/inventory/{sku}", body)
        self.changed(place, quantity - self.shop.on_hand(place), response)

    @rule(place=PLACE, which=ANY, delta=DELTA)
    def pos_changes(self, place: Place, which: int, delta: int) -> None:
        lot = self.lot_of(place, which)
        goods = self.shop.goods[place][lot]
        body = {"quantity_change": delta, "reason_code": "AUDIT"}
        response = self.first.send("PATCH", f"/pos/api/v1/inventory/{self.item(place, lot)}", body)
        left = goods.units + delta
        if self.asked(response, must=left >= goods.held, may=left >= 0):
            self.shop.bring(place, lot, delta)

    @rule(place=PLACE, which=ANY, units=FEW)
    def backoffice_receives(self, place: Place, which: int, units: int) -> None:
        self.receive(place[1], [(place[0], self.lot_of(place, which), units)])

    @rule(place=PLACE, which=ANY, units=FEW, again=st.booleans())
    def a_retry_counts_once(self, place: Place, which: int, units: int, *, again: bool) -> None:
        lot = self.lot_of(place, which)
        body = {
            "sku": place[0],
            "locationId": self.houses[place[1]],
            "quantityChange": units,
            "reasonCode": "found",
            **self.lot_named(lot),
        }
        self.writes += 1
        key = {"Idempotency-Key": f"write-{self.writes}"}
        for _ in range(2 if again else 1):
            response = self.first.post("/backoffice/api/inventory/adjust", body, headers=key)
            replayed = response.headers.get("Idempotent-Replayed") == "true"
            self.asked(response, must=True)
            if not replayed:
                self.shop.bring(place, lot, units)
        assert replayed or not again

    @rule(place=PLACE, which=ANY, units=FEW, takes_all=st.booleans())
    def sell(self, place: Place, which: int, units: int, *, takes_all: bool) -> None:
        """Of a lot, or of whichever is next: never what is expired, promised or held, and no other lot than named."""
        shop = self.shop
        lot = None if which % 2 else self.lot_of(place, which) or None
        if takes_all:
            units = max(shop.issuable(place, lot), 1)
        body = {
            "sku": place[0],
            "locationId": self.houses[place[1]],
            "quantityChange": -units,
            "reasonCode": "SALE",
            **self.lot_named(lot),
        }
        what = f"sell {'an expired lot' if lot and shop.is_over(lot) else 'a lot' if lot else 'whatever is next'}"
        if self.acted("inventory/adjust", must=units <= shop.issuable(place, lot), what=what, **body):
            if any(shop.is_over(name) and goods.units for name, goods in shop.goods[place].items()):
                self.reached["sell beside expired goods"] += 1
            shop.issue(place, units, lot)

    @rule(place=st.sampled_from(WITHOUT_LOTS), found=st.integers(0, 20), moves=st.integers(0, 3))
    def count(self, place: Place, found: int, moves: int) -> None:
        """Counted, changed meanwhile, reviewed: what is posted is the difference, and the change stays."""
        shop = self.shop
        body = {"locationId": self.houses[place[1]], "skus": [place[0]], "blind": True}
        batch = self.acted("inventory/cycle-count", must=True, **body)
        path = f"inventory/cycle-count/{batch['id']}"
        self.acted(path, must=True, action="start")
        lines = batch["lines"] or self.acted(path, must=True, action="count", counts=[])["lines"]
        booked = shop.on_hand(place)
        counts = [{"lineId": lines[0]["id"], "countedQuantity": found}]
        self.acted(path, must=True, action="count", counts=counts)
        if moves:
            self.adjusted(place, moves)
        done = self.acted(path, must=True, action="submit")
        if done["status"] == "review":
            resolved = self.second.post(
                "/backoffice/api/inventory/cycle-count/resolve", {"batchId": batch["id"]}
            )
            left = shop.on_hand(place) + found - booked
            if not self.asked(resolved, must=left >= shop.held(place), may=left >= 0):
                self.acted(path, must=True, action="cancel")
                return
        shop.correct(place, found - booked)
