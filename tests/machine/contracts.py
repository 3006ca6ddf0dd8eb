"""The whole machine: what integrators do to one organization, and what holds after each step of it.

After each step the quantities are the model's, to the unit, in each lot and location.
"""

from __future__ import annotations

from collections import Counter

from django.db.models import Sum
from hypothesis.stateful import invariant

from inventory.models import Hold, HoldState, Movement, Reservation, StockItem, StockLevel, TransferLine
from tests.machine.lot_rules import LotRules
from tests.machine.promise_rules import PromiseRules
from tests.machine.request_rules import RequestRules
from tests.machine.shop import PLACES
from tests.machine.stock_rules import StockRules

__all__ = ["Contracts"]


class Contracts(StockRules, PromiseRules, RequestRules, LotRules):
    looks = 0

    def what_holds(self) -> None:
        """All of it: where histories are not drawn, nobody else asks."""
        self.the_quantities_are_the_models()
        self.what_is_available_is_told()
        self.nothing_gets_lost_on_its_way()
        self.promises_are_what_was_promised()
        self.a_hold_ends_once()

    @invariant()
    def the_quantities_are_the_models(self) -> None:
        shop = self.shop
        levels = StockLevel.objects.values_list("sku__code", "warehouse__name", "on_hand", "held")
        assert {(sku, house): (there, held) for sku, house, there, held in levels} == {
            place: (shop.on_hand(place), shop.held(place)) for place in PLACES
        }
        items = StockItem.objects.values_list("sku__code", "warehouse__name", "lot__code", "on_hand", "held")
        assert {(sku, house, lot or ""): units for sku, house, lot, *units in items} == {
            (*place, lot): [goods.units, goods.held]
            for place in PLACES
            for lot, goods in shop.goods[place].items()
        }
        assert all(goods.units >= 0 for place in PLACES for goods in shop.goods[place].values())
        ledger = Movement.objects.values_list("sku__code", "warehouse__name").annotate(units=Sum("delta"))
        assert {(sku, house): units for sku, house, units in ledger} == {
            place: shop.on_hand(place) for place in PLACES
        }

    @invariant()
    def what_is_available_is_told(self) -> None:
        """Of another place at each step: what ran out by now is no promise, though nobody has swept it up."""
        self.looks += 1
        sku, house = place = PLACES[self.looks % len(PLACES)]
        warehouse = self.houses[house]
        path = f"/gateway/api/v1/inventory/{sku}?warehouse_id={warehouse}"
        body = self.asked(self.first.get(path), must=True)
        assert body["availableQuantity"] == self.shop.available(place)
        assert body["quantity"] == self.shop.on_hand(place)

    @invariant()
    def nothing_gets_lost_on_its_way(self) -> None:
        """What was taken is what arrived as it was sent, what is on its way, and what was written off with a reason."""
        shop, sums = self.shop, Counter[str]()
        for transfer in shop.transfers.values():
            for line in transfer.lines:
                assert line.shipped == line.arrived - line.surplus + line.in_transit + line.lost
                sums.update(
                    shipped=line.shipped, received=line.arrived, surplus=line.surplus, written_off=line.lost
                )
        names = ("shipped", "received", "surplus", "written_off")
        found = TransferLine.objects.aggregate(**{f"all_{name}": Sum(name) for name in names})
        assert [found[f"all_{name}"] or 0 for name in names] == [sums[name] for name in names]
        assert sum(map(shop.on_hand, PLACES)) + shop.in_transit() == shop.came

    @invariant()
    def promises_are_what_was_promised(self) -> None:
        alive = Reservation.objects.filter(state="active").exclude(expires_at__lte=self.clock.now)
        units = alive.values_list("sku__code", "warehouse__name").annotate(units=Sum("open"))
        found = {(sku, house): there for sku, house, there in units}
        assert {place: found.get(place, 0) for place in PLACES} == {
            place: self.shop.reserved(place) for place in PLACES
        }

    @invariant()
    def a_hold_ends_once(self) -> None:
        ended = Hold.objects.filter(state=HoldState.RELEASED).count()
        assert ended == sum(not hold.open for hold in self.shop.holds.values())
