"""Who asks: two integrators with keys of their own, a clock, and a model of what they have done.

Each step asks a documented route. Where the documentation says that it must be done, it must be; where it says that
it must not, nothing may change.
"""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from django.db import connection, transaction
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine

from inventory.models import Lot, StockItem
from inventory.verification import verify
from tests.inventory.api.callers import Caller
from tests.machine.shop import HOUSES, LOTS, PLACES, Clock, Place, Shop
from warehouses.models import Warehouse

__all__ = ["ANY", "FEW", "PLACE", "TIME_ZONE", "Integrator"]

#: Its days end nine hours before those of UTC: a lot is good until then, and no longer.
TIME_ZONE = "Asia/Tokyo"
BEGINNING = datetime(2026, 3, 12, 6, tzinfo=UTC)
#: After how many days lots are no longer good; C keeps.
GOOD_FOR = {"A": 0, "B": 2}

PLACE = st.sampled_from(PLACES)
FEW = st.sampled_from([1, 1, 2, 3, 5, 8])
ANY = st.integers(0, 1000)


class Integrator(RuleBasedStateMachine):
    """What all rules need: callers, the clock, and the model of one organization's shop."""

    keys: tuple[str, str]
    clock: ClassVar[Clock] = Clock(BEGINNING, ZoneInfo(TIME_ZONE))
    #: How often something was done, and how often it was refused, in all histories.
    reached: ClassVar[Counter[str]] = Counter()

    def __init__(self) -> None:
        super().__init__()
        self.clock.now = BEGINNING
        self.savepoint = transaction.savepoint()
        today = self.clock.today
        self.shop = Shop(self.clock, {lot: today + timedelta(days=days) for lot, days in GOOD_FOR.items()})
        self.houses = {house.name: house.public_id for house in Warehouse.objects.all()}
        self.first, self.second = (Caller(key) for key in self.keys)
        # What leaves last has come first: nothing but their last days puts lots in order.
        goods = [(sku, lot, 5 if lot else 12) for sku, lots in LOTS.items() for lot in reversed(lots)]
        for house in HOUSES:
            self.receive(house, goods)
        self.lots = {lot.code: lot.public_id for lot in Lot.objects.all()}

    def teardown(self) -> None:
        try:
            assert list(verify()) == []
            connection.check_constraints()
        finally:
            transaction.savepoint_rollback(self.savepoint)

    # --- asking

    def asked(self, response: Any, *, must: bool, may: bool | None = None, what: str = "") -> Any:
        """The body where it was done, None where it was refused; `must` and `may` are what the documentation says."""
        done = response.status_code < 300
        assert done or 400 <= response.status_code < 500, response.content
        assert done >= must, response.content
        assert done <= (must if may is None else may), response.content
        if what:
            self.reached[what if done else f"{what}: refused"] += 1
        return response.json() if done else None

    def acted(self, path: str, *, must: bool, by: Caller | None = None, what: str = "", **body: Any) -> Any:
        response = (by or self.first).post(f"/backoffice/api/{path}", body)
        return self.asked(response, must=must, what=what)

    def pick(self, records: dict[str, Any], which: int) -> tuple[str, Any]:
        """Any of them, mostly one with which something is left to do."""
        names = list(records)
        if which % 4 != 3:
            names = [name for name in names if records[name].is_open(self.clock.now)] or names
        name = names[which % len(names)]
        return name, records[name]

    # --- goods

    def receive(self, house: str, goods: list[tuple[str, str, int]]) -> None:
        """So many units of each SKU and lot have come; of an expired lot the answer warns."""
        lines: list[dict[str, Any]] = []
        for sku, lot, units in goods:
            lines.append({"sku": sku, "quantity": units})
            if lot:
                day = self.shop.last_days.get(lot)
                lines[-1]["lot"] = {"code": lot, "expiresOn": day.isoformat() if day else None}
            self.shop.bring((sku, house), lot, units)
        done = self.acted("inventory/record-stock", must=True, locationId=self.houses[house], lines=lines)
        assert [line["warnings"] for line in done["lines"]] == [
            ["LOT_EXPIRED"] if self.shop.is_over(lot) else [] for _, lot, _ in goods
        ]

    def item(self, place: Place, lot: str) -> str:
        """The public id of the stock item of that lot, or of what has none."""
        items = StockItem.objects.filter(sku__code=place[0], warehouse__name=place[1])
        item: StockItem = items.get(lot__code=lot) if lot else items.get(lot__isnull=True)
        return item.public_id

    def lot_of(self, place: Place, which: int) -> str:
        lots = LOTS[place[0]]
        return lots[which % len(lots)]

    def lot_named(self, lot: str | None) -> dict[str, str]:
        """What a body says of the lot: nothing, where none is named."""
        return {"lotId": self.lots[lot]} if lot else {}
