"""Everybody takes from one shelf at once until it is empty."""

from __future__ import annotations

import json
from collections.abc import Iterator

from inventory.models import StockItem, StockLevel
from tests.bench.adjustments import PATH, adjusting_by_hand, body
from tests.bench.callers import Shelf
from tests.bench.databases import Database
from tests.bench.figures import AtLeast, Figure, expect, in_turns
from tests.bench.ground import Bench, Ground
from tests.bench.installation import Installation
from tests.bench.scale import CLIENTS

__all__ = ["measure_hot_sku"]


def measure_hot_sku(
    bench: Bench, ground: Ground, product: Installation, by_hand: Installation
) -> Iterator[Figure]:
    """Units a second. Accepted is the stock that was there, whoever asked, and nothing is left."""
    shelf, stock = ground.shelves[0], ground.scale.hot_stock
    # Whoever comes first, all of it may be taken by one client; each ends with the first refusal.
    wanted = json.dumps({"quantity": stock, "warehouseId": shelf.warehouse, "reason": "Refilled"}).encode()
    refill = ground.caller.write("PUT", f"/api/v1/inventory/{shelf.code}", wanted)
    selling = [[ground.caller.write("POST", PATH, body(shelf))] * (stock + 1)] * CLIENTS
    taking = [[adjusting_by_hand(ground, shelf)] * (stock + 1)] * CLIENTS

    def sold(number: int) -> float:
        bench.load.run(product.port, [[refill]]).require("Refilling")
        outcome = bench.load.run(product.port, selling, until=422)
        outcome.require("Selling", but=422)
        _require_sold_out(ground.product, shelf, accepted=outcome.statuses[200], stock=stock)
        return stock / outcome.seconds

    def taken(number: int) -> float:
        with ground.by_hand.plain() as connection:
            # What nobody keeps books of: the yardstick's stock is only there to be taken.
            for table, column in (("inventory_stocklevel", "id"), ("inventory_stockitem", "level_id")):
                statement = f"UPDATE {table} SET on_hand = %s WHERE {column} = %s"  # noqa: S608 - our own names
                connection.execute(statement, (stock, shelf.level_id))
        outcome = bench.load.run(by_hand.port, taking, until=422)
        outcome.require("The view by hand", but=422)
        _require_sold_out(ground.by_hand, shelf, accepted=outcome.statuses[200], stock=stock)
        return stock / outcome.seconds

    pairs = in_turns(ground.scale.pairs + 1, sold, taken)[1:]
    shelf.left = 0
    yield Figure.of("Hot SKU", "hot SKU: against a view by hand", "units/s", pairs, AtLeast(0.5))


def _require_sold_out(database: Database, shelf: Shelf, *, accepted: int, stock: int) -> None:
    expect(accepted == stock, f"{accepted} of {stock} units were sold.")
    with database.current():
        levels = StockLevel.objects.filter(pk=shelf.level_id).values_list("on_hand", flat=True)
        items = StockItem.objects.filter(level=shelf.level_id).values_list("on_hand", flat=True)
        expect((sum(levels), sum(items)) == (0, 0), "Something is left of what was sold out.")
