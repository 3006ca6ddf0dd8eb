"""Transfers: shipped, received in parts, short and over, and called off."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import rule

from tests.machine.documents import Sent, Transfer
from tests.machine.integrator import ANY, Integrator
from tests.machine.shop import HOUSES, SKUS

__all__ = ["HOUSE", "SEVERAL", "SOME_SKUS", "TransferRules"]

HOUSE = st.sampled_from(HOUSES)
SOME_SKUS = st.lists(st.sampled_from(SKUS), min_size=1, max_size=2, unique=True)
ACT = st.sampled_from(["draft", "draft", "go on", "go on", "go on", "ship", "receive", "cancel"])
#: What is said of a line's arrival, see `Arrival`; "" is nothing.
HOW = st.sampled_from(["", "whole", "part", "part", "part", "short", "short", "lost", "over", "unexplained"])
#: Enough for a part of them to arrive.
SEVERAL = st.sampled_from([1, 2, 3, 5, 5, 8])


class Arrival:
    """What a body says of one line, and what is to come of it."""

    def __init__(self, line: Sent, how: str) -> None:
        self.line, self.how = line, how
        there = line.in_transit
        self.quantity = {
            "whole": there,
            "part": there // 2,
            "short": there // 2,
            "lost": 0,
            "over": there + 2,
            "unexplained": there + 1,
        }[how]
        self.short, self.extra = max(there - self.quantity, 0), max(self.quantity - there, 0)
        self.writes_off = how in {"short", "lost"}

    def body(self) -> dict[str, Any]:
        said: dict[str, Any] = {"lineId": self.line.line, "quantity": self.quantity}
        if self.writes_off:
            said["shortageReason"] = "Broken on the way"
        if self.how == "over":
            said["surplusReason"] = "Packed wrongly"
        return said

    def is_right(self, *, is_final: bool) -> bool:
        """Whatever is missing or too much has a reason, and something has happened."""
        if self.extra and self.how != "over":
            return False
        if self.short and is_final and not self.writes_off:
            return False
        return bool(self.quantity or (self.short and self.writes_off))


@dataclass(frozen=True)
class Parcel:
    """So many units of each SKU, to the other location; with a `lot`, of the one of each that it picks."""

    skus: list[str]
    source: str
    units: int
    lot: int | None
    is_shipped: bool


PARCEL = st.builds(
    Parcel, skus=SOME_SKUS, source=HOUSE, units=SEVERAL, lot=st.none() | ANY, is_shipped=st.booleans()
)


class TransferRules(Integrator):
    @rule(
        which=ANY,
        act=ACT,
        parcel=PARCEL,
        how=st.lists(HOW, min_size=2, max_size=2),
        final=st.sampled_from([False, False, True]),
    )
    def transfer(self, which: int, act: str, parcel: Parcel, how: list[str], *, final: bool) -> None:
        if act == "draft" or not self.shop.transfers:
            self.drafted(parcel)
            return
        name, transfer = self.pick(self.shop.transfers, which)
        if act == "go on":
            act = "ship" if transfer.state == "draft" else "receive"
        if act == "ship":
            self.shipped(name, transfer)
        elif act == "receive":
            self.received(name, transfer, how, is_final=final)
        elif self.acted(f"inventory/transfers/{name}", must=transfer.state == "draft", action="cancel"):
            transfer.state = "cancelled"

    def drafted(self, parcel: Parcel) -> None:
        source, destination = parcel.source, HOUSES[1 - HOUSES.index(parcel.source)]
        ends = {"fromLocationId": self.houses[source], "toLocationId": self.houses[destination]}
        named = {
            sku: None if parcel.lot is None else self.lot_of((sku, source), parcel.lot) or None
            for sku in parcel.skus
        }
        lines = [{"sku": sku, "quantity": parcel.units, **self.lot_named(lot)} for sku, lot in named.items()]
        done = self.acted("inventory/transfers", must=True, lines=lines, **ends)
        sent = [Sent(line["sku"], parcel.units, line["id"], named[line["sku"]]) for line in done["lines"]]
        transfer = self.shop.transfers[done["id"]] = Transfer(source, destination, sent)
        if parcel.is_shipped:
            self.shipped(done["id"], transfer)

    def shipped(self, name: str, transfer: Transfer) -> None:
        shop = self.shop
        must = transfer.state == "draft" and all(
            line.units <= shop.issuable((line.sku, transfer.source), line.lot) for line in transfer.lines
        )
        if done := self.acted(f"inventory/transfers/{name}", must=must, what="ship", action="ship"):
            for line in transfer.lines:
                self.left(transfer.source, line)
            transfer.state = "in_transit"
            self.told_of_transfer(transfer, done)

    def left(self, source: str, line: Sent) -> None:
        line.parts = self.shop.take((line.sku, source), line.units, line.lot)
        line.shipped = line.units
        if len(line.parts) > 1:
            self.reached["ship several lots of one line"] += 1

    def received(self, name: str, transfer: Transfer, how: list[str], *, is_final: bool) -> None:
        said = [Arrival(line, each) for line, each in zip(transfer.lines, how, strict=False) if each]
        must = transfer.state == "in_transit" and all(each.is_right(is_final=is_final) for each in said)
        body: dict[str, Any] = {"isFinal": is_final}
        if said:
            body["lines"] = [each.body() for each in said]
            mentioned = [each.line for each in said]
            if is_final and any(line.in_transit for line in transfer.lines if line not in mentioned):
                must = False  # of each line that is short it has to be said why
        else:
            said = [Arrival(line, "whole") for line in transfer.lines]
        if done := self.acted(f"inventory/transfers/{name}", must=must, action="receive", **body):
            self.arrived(transfer, said)
            self.told_of_transfer(transfer, done)
            self.reached.update(f"receive {each.how}" for each in said)
            self.reached[f"receive, {transfer.state} then"] += 1
        else:
            self.reached[f"receive, {transfer.state}: refused"] += 1

    def arrived(self, transfer: Transfer, said: Sequence[Arrival]) -> None:
        """Lot by lot, as they were picked; nobody can tell more of a lot from what was shipped last."""
        for each in said:
            line, left = each.line, each.quantity - each.extra
            place = (line.sku, transfer.destination)
            for lot, there in line.parts.items():
                part = min(left, there)
                line.parts[lot] -= part
                self.shop.goods[place][lot].units += part
                left -= part
            line.arrived += each.quantity
            if each.extra:
                line.surplus += each.extra
                self.shop.bring(place, list(line.parts)[-1], each.extra)
            if each.writes_off:
                line.lost += each.short
                self.shop.came -= each.short
                line.parts = dict.fromkeys(line.parts, 0)
        if not transfer.in_transit:
            transfer.state = "received"

    def told_of_transfer(self, transfer: Transfer, told: dict[str, Any]) -> None:
        assert told["state"] == transfer.state
        shown = ("shipped", "received", "surplus", "writtenOff", "inTransit")
        assert {line["id"]: tuple(line[name] for name in shown) for line in told["lines"]} == {
            line.line: (line.shipped, line.arrived, line.surplus, line.lost, line.in_transit)
            for line in transfer.lines
        }
        if transfer.state == "draft":
            return
        assert {
            line["id"]: {lot["lotCode"] or "": lot["inTransit"] for lot in line["lots"]}
            for line in told["lines"]
        } == {line.line: line.parts for line in transfer.lines}
