"""Lots: whose goods are found to be of another one, and which were used up after their last day."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.stateful import rule

from tests.machine.integrator import FEW, Integrator
from tests.machine.shop import HOUSES, LOTS

__all__ = ["LotRules"]

SKU = "SERUM"
HOUSE = st.sampled_from(HOUSES)
LOT = st.sampled_from(LOTS[SKU])


class LotRules(Integrator):
    @rule(
        house=HOUSE,
        lots=st.lists(LOT, min_size=2, max_size=2, unique=True),
        units=FEW,
        are_used_up=st.booleans(),
    )
    def lot(self, house: str, lots: list[str], units: int, *, are_used_up: bool) -> None:
        if are_used_up:
            self.used_up(house, lots[0], units)
        else:
            self.put_right(house, lots[0], lots[1], units)

    def put_right(self, house: str, wrong: str, right: str, units: int) -> None:
        """Two movements that sum to zero. What is promised, held or expired is in the way of no correction."""
        goods = self.shop.goods[SKU, house]
        body = {
            "sku": SKU,
            "locationId": self.houses[house],
            "fromLotId": self.lots[wrong],
            "toLotId": self.lots[right],
            "quantity": units,
        }
        path, must = "inventory/adjustments/lot-correction", units <= goods[wrong].units
        if self.acted(path, must=must, what="correct a lot", **body):
            goods[wrong].units -= units
            goods[right].units += units

    def used_up(self, house: str, lot: str, units: int) -> None:
        """What is expired leaves in this way only, and nothing else leaves in it."""
        place = (SKU, house)
        goods, is_over = self.shop.goods[place][lot], self.shop.is_over(lot)
        lines = [{"stockItemId": self.item(place, lot), "quantity": units}]
        what = "use up expired goods" if is_over else "use up good goods"
        must = is_over and units <= goods.free
        if self.acted("inventory/expired/mark-consumed", must=must, what=what, lines=lines):
            self.shop.bring(place, lot, -units)
