"""Reservations and holds, and the time that goes by while they stand."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from hypothesis import strategies as st
from hypothesis.stateful import rule

from inventory import tasks
from inventory.models import Lot, LotState, Reservation, ReservationState, StockLevel
from tests.machine.documents import Hold, Promise
from tests.machine.integrator import ANY, FEW, PLACE, Integrator
from tests.machine.shop import PLACES, Place

__all__ = ["PromiseRules"]


ACT = st.sampled_from(["reserve", "reserve", "fulfil", "fulfil", "release", "look up"])


@dataclass(frozen=True)
class Wish:
    """`hours` is how long it is promised; `takes_all`: as many units as there are for it."""

    place: Place
    units: int
    hours: int | None
    takes_all: bool


WISH = st.builds(Wish, place=PLACE, units=FEW, hours=st.none() | st.integers(1, 5), takes_all=st.booleans())


class PromiseRules(Integrator):
    @rule(which=ANY, act=ACT, wish=WISH)
    def reservation(self, which: int, act: str, wish: Wish) -> None:
        if act == "reserve" or not self.shop.promises:
            self.reserved(wish)
        else:
            self.acted_on(*self.pick(self.shop.promises, which), act, wish.units)

    def reserved(self, wish: Wish) -> None:
        shop, now, place, units = self.shop, self.clock.now, wish.place, wish.units
        if wish.takes_all:  # to the last unit, and not one more
            units = max(shop.issuable(place), 1)
        until = None if wish.hours is None else now + timedelta(hours=wish.hours)
        body = {
            "sku": place[0],
            "locationId": self.houses[place[1]],
            "quantity": units,
            "referenceId": "SO",
            **({} if until is None else {"expiresAt": until.isoformat()}),
        }
        must = units <= shop.issuable(place)
        # Of goods that others were promised until a while ago, whether or not anybody has looked since.
        again = any(p.place == place and p.state(now) == "expired" for p in shop.promises.values())
        what = "reserve what ran out" if again else "reserve"
        if done := self.acted("inventory/reservations", must=must, what=what, **body):
            shop.promises[done["id"]] = Promise(place, units, until)

    def acted_on(self, name: str, promise: Promise, act: str, units: int) -> None:
        """One that ran out is so told, and nothing can be done with it, though nobody has swept it up."""
        path, state = f"inventory/reservations/{name}", promise.state(self.clock.now)
        what = f"{act} a reservation, {state}"
        if act == "look up":
            done = self.asked(self.first.get(f"/backoffice/api/{path}"), must=True, what=what)
            self.told_of(promise, done)
            return
        shop, place, fulfils = self.shop, promise.place, act == "fulfil"
        must = state == "active" and units <= promise.open
        if must and fulfils:
            # What was corrected away, is held or is expired by now cannot leave.
            must = units <= shop.free(place)
        if done := self.acted(path, must=must, what=what, action=act, quantity=units):
            promise.open -= units
            if fulfils:
                promise.fulfilled += units
                shop.issue(place, units)
            if not promise.open:
                promise.ended = "fulfilled" if fulfils else "released"
            self.told_of(promise, done)

    def told_of(self, promise: Promise, told: dict[str, object]) -> None:
        now = self.clock.now
        assert (told["state"], told["quantity"], told["open"], told["fulfilled"]) == (
            promise.state(now),
            promise.units,
            promise.open if promise.counts(now) else 0,
            promise.fulfilled,
        )

    # --- holds

    @rule(which=ANY, place=PLACE, units=FEW, releases=st.sampled_from(["", "part", "all"]))
    def hold(self, which: int, place: Place, units: int, releases: str) -> None:
        if releases and self.shop.holds:
            self.let_go(*self.pick(self.shop.holds, which), units if releases == "part" else None)
        else:
            self.held(place, units, None if which % 2 else self.lot_of(place, which) or None)

    def held(self, place: Place, units: int, lot: str | None) -> None:
        parts = self.shop.hold(place, units, lot)
        body = {
            "sku": place[0],
            "locationId": self.houses[place[1]],
            "quantity": units,
            "reason": "Broken",
            **self.lot_named(lot),
        }
        what = f"hold {'an expired lot' if lot and self.shop.is_over(lot) else 'goods'}"
        done = self.acted("inventory/holds", must=parts is not None, what=what, **body)
        if parts is not None:
            self.shop.holds[done["id"]] = Hold(place, parts)

    def let_go(self, name: str, hold: Hold, units: int | None) -> None:
        body = {"holdId": name} | ({} if units is None else {"quantity": units})
        must = 0 < (units or 1) <= hold.open
        if self.acted("inventory/holds/release", must=must, what="release", **body):
            left = units or hold.open
            for lot, there in hold.parts.items():
                part = min(left, there)
                hold.parts[lot] -= part
                self.shop.goods[hold.place][lot].held -= part
                left -= part

    # --- time

    @rule(hours=st.sampled_from([1, 2, 3, 4, 9, 18]), sweeps=st.booleans())
    def time_passes(self, hours: int, *, sweeps: bool) -> None:
        self.clock.now += timedelta(hours=hours)
        if sweeps:
            self.sweep_up()

    def sweep_up(self) -> None:
        """Nobody is any better or worse off for it: the records say now what held since the instant itself."""
        due = Reservation.objects.filter(state=ReservationState.ACTIVE, expires_at__lte=self.clock.now)
        if due.exists():
            self.reached["sweep up reservations"] += 1
        tasks.expire_reservations()
        assert not due.exists()
        levels = StockLevel.objects.values_list("sku__code", "warehouse__name", "reserved")
        assert {(sku, house): units for sku, house, units in levels} == {
            place: self.shop.reserved(place) for place in PLACES
        }
        expired = Lot.objects.filter(state=LotState.EXPIRED).values_list("code", flat=True)
        before = set(expired.all())
        tasks.expire_lots()
        over = {lot for lot in self.lots if self.shop.is_over(lot)}
        assert set(expired.all()) == over
        if over > before:
            self.reached["sweep up lots"] += 1
