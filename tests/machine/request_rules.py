"""Stock requests: approved, in part too, picked, fulfilled, rolled back, rejected and called off."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import rule

from inventory.models import Transfer as TransferRecord
from stock_requests.models import StockRequest
from tests.machine.documents import Request, Row, Sent, Transfer
from tests.machine.integrator import ANY
from tests.machine.shop import HOUSES
from tests.machine.transfer_rules import HOUSE, SEVERAL, SOME_SKUS, TransferRules
from warehouses.identifiers import decode

__all__ = ["RequestRules"]

#: How much of a line, of what was approved; "" says nothing of it.
SHARE = st.sampled_from(["", "", "all", "less", "less", "more"])
#: What becomes of units that were approved and do not come.
REST = st.sampled_from(["", "closed", "closed for no reason", "back_order", "back_order"])
#: What brings a request on from each state; of one that has come to its end nothing does.
NEXT = {
    "draft": "submit",
    "submitted": "approve",
    "approved": "pick",
    "picking": "fulfil",
    "rejected": "roll back",
}
ACTS = ["submit", "approve", "approve one's own", "reject", "roll back", "pick", "fulfil", "call off"]
ACT = st.sampled_from([*["ask"] * 3, *["go on"] * 9, *ACTS, "roll back"])
ROLLED_BACK = {"approved": "submitted", "rejected": "submitted", "submitted": "draft"}


@dataclass(frozen=True)
class Wish:
    """So many units of each SKU, for the other location or whoever fetches them; how far it comes at once."""

    skus: list[str]
    source: str
    units: int
    is_fetched: bool
    until: str


WISH = st.builds(
    Wish,
    skus=SOME_SKUS,
    source=HOUSE,
    units=SEVERAL,
    is_fetched=st.booleans(),
    until=st.sampled_from(["submitted", "approved", "picking"]),
)


class RequestRules(TransferRules):
    @rule(
        which=ANY,
        act=ACT,
        wish=WISH,
        cut=st.integers(0, 2),
        shares=st.lists(SHARE, min_size=2, max_size=2),
        rest=REST,
    )
    def request(self, which: int, act: str, wish: Wish, cut: int, shares: list[str], rest: str) -> None:
        if act == "ask" or not self.shop.requests:
            self.asked_for(wish)
            return
        name, request = self.pick(self.shop.requests, which)
        if act == "go on":
            act = NEXT.get(request.state, "roll back")
        match act:
            case "submit":
                self.submitted(name, request)
            case "approve":
                self.approved(name, request, cut, rest)
            case "approve one's own":
                self.acted(f"stock-requests/{name}/approve", must=False)
            case "reject":
                self.rejected(name, request)
            case "roll back":
                self.rolled_back(name, request)
            case "pick":
                self.picked(name, request, self.named(request, shares))
            case "fulfil":
                self.fulfilled(name, request, self.named(request, shares), rest)
            case "call off":
                self.called_off(name, request)

    # --- asked for

    def asked_for(self, wish: Wish) -> None:
        destination = None if wish.is_fetched else HOUSES[1 - HOUSES.index(wish.source)]
        ends = {"fromLocationId": self.houses[wish.source]}
        if destination is not None:
            ends["toLocationId"] = self.houses[destination]
        lines = [{"sku": sku, "quantity": wish.units} for sku in wish.skus]
        done = self.acted("stock-requests", must=True, lines=lines, **ends)
        name, rows = done["id"], [Row(line["sku"], wish.units, line["id"]) for line in done["lines"]]
        request = self.shop.requests[name] = Request(wish.source, destination, rows, "draft")
        self.submitted(name, request)
        if wish.until != "submitted":
            self.approved(name, request, 0, "")
        if wish.until == "picking":
            self.picked(name, request, {})

    # --- decided

    def submitted(self, name: str, request: Request) -> None:
        must = request.state == "draft"
        if done := self.acted(f"stock-requests/{name}/submit", must=must, what="submit"):
            request.state = "submitted"
            self.told_of_request(request, done)

    def approved(self, name: str, request: Request, cut: int, rest: str) -> None:
        """`cut` units less of the first line than it asks for."""
        shop, first = self.shop, request.rows[0]
        body: dict[str, Any] = {}
        amounts = [row.units for row in request.rows]
        if cut := min(cut, first.units):
            amounts[0] -= cut
            body["lines"] = [{"lineId": first.line, "quantity": amounts[0]}]
            body |= self.words(rest)
        must = (
            request.state == "submitted"
            and any(amounts)
            and not (cut and "reason" not in body)
            and all(
                units <= shop.issuable((row.sku, request.source))
                for row, units in zip(request.rows, amounts, strict=True)
            )
        )
        path, what = f"stock-requests/{name}/approve", f"approve {rest or 'closed' if cut else 'whole'}"
        if done := self.acted(path, must=must, by=self.second, what=what, **body):
            request.state = "approved"
            for row, units in zip(request.rows, amounts, strict=True):
                row.approved = row.promised = units
            first.missing(cut, rest)
            self.told_of_request(request, done)

    @staticmethod
    def words(rest: str) -> dict[str, str]:
        """What a body says of units that do not come."""
        remainder, _, without = rest.partition(" ")
        return ({"remainder": remainder} if remainder else {}) | ({} if without else {"reason": "Scarce"})

    def rejected(self, name: str, request: Request) -> None:
        path, must = f"stock-requests/{name}/reject", request.state == "submitted"
        if done := self.acted(path, must=must, by=self.second, what="reject", reason="Too much"):
            request.state = "rejected"
            self.told_of_request(request, done)

    def rolled_back(self, name: str, request: Request) -> None:
        """One step: what was reserved is free again, of every line, and the lines are as they were asked for."""
        goal, what = ROLLED_BACK.get(request.state), f"roll back, {request.state}"
        if done := self.acted(f"stock-requests/{name}/rollback", must=goal is not None, what=what):
            if len(request.rows) > 1 and request.state == "approved":
                self.reached["roll back several lines"] += 1
            request.state = str(goal)
            request.rows = [Row(row.sku, row.units, row.line) for row in request.rows]
            self.told_of_request(request, done)

    def called_off(self, name: str, request: Request) -> None:
        must, what = request.state in {"draft", "submitted", "approved"}, f"call off, {request.state}"
        body = {"status": "cancelled", "reason": "Not needed"}
        if done := self.acted(f"stock-requests/{name}/status", must=must, what=what, **body):
            request.state = "cancelled"
            for row in request.rows:
                row.promised = 0
            self.told_of_request(request, done)

    # --- picked and fulfilled

    def named(self, request: Request, shares: list[str]) -> dict[str, int]:
        """Units of each line that is named, by its id."""
        more = {"all": 0, "less": -1, "more": 1}
        return {
            row.line: max((row.approved or 0) + more[share], 0)
            for row, share in zip(request.rows, shares, strict=False)
            if share
        }

    @staticmethod
    def lines_of(named: dict[str, int]) -> dict[str, Any]:
        lines = [{"lineId": line, "quantity": units} for line, units in named.items()]
        return {"lines": lines} if lines else {}

    def picked(self, name: str, request: Request, named: dict[str, int]) -> None:
        must = request.state in {"approved", "picking"} and all(
            named.get(row.line, 0) <= (row.approved or 0) for row in request.rows
        )
        body: dict[str, Any] = {"status": "picking", **self.lines_of(named)}
        what = "pick in part" if named else "begin to pick"
        if done := self.acted(f"stock-requests/{name}/status", must=must, what=what, **body):
            request.state = "picking"
            for row in request.rows:
                row.picked = named.get(row.line, row.picked)
            self.told_of_request(request, done)

    def fulfilled(self, name: str, request: Request, named: dict[str, int], rest: str) -> None:
        """What goes is what was picked, or else approved, unless it is said; of the rest it is said what becomes."""
        rows, begun = request.rows, any(row.picked for row in request.rows)
        going = [named.get(row.line, row.picked if begun else row.approved or 0) for row in rows]
        missing = [(row.approved or 0) - units for row, units in zip(rows, going, strict=True)]
        must = (
            request.state == "picking"
            and min(missing) >= 0
            and (not any(missing) or rest in {"closed", "back_order"})
            and all(
                units <= self.shop.free((row.sku, request.source))
                for row, units in zip(rows, going, strict=True)
            )
        )
        body = {"status": "fulfilled", **self.lines_of(named), **self.words(rest)}
        where = "fetched" if request.destination is None else "sent"
        what = f"fulfil, {where}, {rest if any(missing) else 'whole'}"
        if done := self.acted(f"stock-requests/{name}/status", must=must, what=what, **body):
            request.state = "fulfilled"
            for row, units, short in zip(rows, going, missing, strict=True):
                row.fulfilled, row.promised = units, 0
                row.missing(short, rest)
            self.told_of_request(request, done)
            self.gone(request, done)
            if any(row.back_ordered for row in rows):
                self.asked_again(name, request)

    def gone(self, request: Request, done: dict[str, Any]) -> None:
        """For good, or with a transfer that is on its way already."""
        going = [row for row in request.rows if row.fulfilled]
        if request.destination is None or not going:
            assert done["transferId"] is None
            for row in going:
                self.shop.issue((row.sku, request.source), row.fulfilled)
            return
        record = TransferRecord.objects.get(pk=decode(TransferRecord.prefix, done["transferId"]))
        lines = {line.sku.code: line for line in record.lines.select_related("sku")}
        assert {sku: line.shipped for sku, line in lines.items()} == {row.sku: row.fulfilled for row in going}
        sent = [Sent(row.sku, row.fulfilled, lines[row.sku].public_id) for row in going]
        for line in sent:
            self.left(request.source, line)
        self.shop.transfers[done["transferId"]] = Transfer(
            request.source, request.destination, sent, "in_transit"
        )

    def asked_again(self, name: str, request: Request) -> None:
        """What is back-ordered is a request of its own, which waits for a decision."""
        record = StockRequest.objects.get(back_order_of=decode(StockRequest.prefix, name))
        lines = {line.sku.code: line.public_id for line in record.lines.select_related("sku")}
        rows = [Row(row.sku, row.back_ordered, lines[row.sku]) for row in request.rows if row.back_ordered]
        again = self.shop.requests[record.public_id] = Request(request.source, request.destination, rows)
        told = self.asked(self.first.get(f"/backoffice/api/stock-requests/{record.public_id}"), must=True)
        self.told_of_request(again, told)
        self.reached["ask again for what is back-ordered"] += 1

    def told_of_request(self, request: Request, told: dict[str, Any]) -> None:
        assert told["status"] == request.state
        shown = ("requested", "approved", "picked", "fulfilled", "backOrdered", "closed")
        assert {line["id"]: tuple(line[name] for name in shown) for line in told["lines"]} == {
            row.line: (row.units, row.approved, row.picked, row.fulfilled, row.back_ordered, row.closed)
            for row in request.rows
        }
