"""One history by hand, in which each rule is reached that random ones reach now and then, and refused where it must be.

It is the machine's own: its model says what has to come of each step, and after each step all that it holds is checked.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.machine import promise_rules, request_rules
from tests.machine.contracts import Contracts
from tests.machine.outcomes import OUTCOMES
from tests.machine.transfer_rules import Parcel

Step = tuple[str, dict[str, Any]]


def ask(
    *skus: str, source: str = "North", units: int, until: str = "picking", is_fetched: bool = False
) -> Step:
    wish = request_rules.Wish(list(skus), source, units, is_fetched=is_fetched, until=until)
    return request("ask", wish=wish)


def request(
    act: str,
    which: int = 0,
    *,
    wish: Any = None,
    cut: int = 0,
    shares: tuple[str, str] = ("", ""),
    rest: str = "",
) -> Step:
    """`which` counts those with which something is left to do."""
    return "request", {
        "which": which,
        "act": act,
        "wish": wish,
        "cut": cut,
        "shares": list(shares),
        "rest": rest,
    }


def send(*skus: str, source: str, units: int, lot: int | None = None) -> Step:
    parcel = Parcel(list(skus), source, units, lot, is_shipped=True)
    return "transfer", {"which": 0, "act": "draft", "parcel": parcel, "how": ["", ""], "final": False}


def receive(*how: str, final: bool = False) -> Step:
    return "transfer", {"which": 0, "act": "receive", "parcel": None, "how": [*how, ""], "final": final}


def reserve(
    sku: str, house: str, units: int = 1, *, hours: int | None = None, takes_all: bool = False
) -> Step:
    wish = promise_rules.Wish((sku, house), units, hours, takes_all)
    return "reservation", {"which": 0, "act": "reserve", "wish": wish}


def reservation(act: str, units: int = 1, which: int = 0) -> Step:
    wish = promise_rules.Wish(("MUG", "North"), units, None, takes_all=False)
    return "reservation", {"which": which, "act": act, "wish": wish}


def sell(house: str, units: int, which: int) -> Step:
    return "sell", {"place": ("SERUM", house), "which": which, "units": units, "takes_all": False}


def lot(house: str, *lots: str, units: int, are_used_up: bool = False) -> Step:
    return "lot", {"house": house, "lots": list(lots), "units": units, "are_used_up": are_used_up}


def history() -> Iterator[Step]:
    # Of lots A and B there are 5 each: the 7 are of both. What does not come is asked for again.
    yield ask("MUG", "SERUM", units=7)
    yield request("fulfil", shares=("less", ""), rest="")
    yield request("fulfil", shares=("less", ""), rest="back_order")
    yield receive("unexplained", "whole")
    yield receive("short", "part", final=True)
    yield receive("short", "part")
    yield receive("", "over")
    yield request("approve")
    yield request("roll back")
    yield request("roll back")
    yield request("call off")
    # Of several lines nothing stays reserved. Who fetches the goods takes them for good.
    yield ask("JAR", "SERUM", source="South", units=3, until="approved", is_fetched=True)
    yield request("roll back")
    yield request("approve", cut=1, rest="back_order")
    yield request("pick")
    yield request("fulfil")
    yield ask("JAR", units=4, is_fetched=True)
    yield request("fulfil", which=1, shares=("less", ""), rest="closed")
    yield send("MUG", source="South", units=5, lot=0)
    yield receive("lost")
    # Promised until an hour later, and no longer.
    yield reserve("MUG", "North", hours=1, takes_all=True)
    yield reserve("MUG", "North")
    yield ("time_passes", {"hours": 1, "sweeps": False})
    yield reservation("look up", which=3)
    yield reservation("fulfil", which=3)
    yield reserve("MUG", "North", hours=1, takes_all=True)
    yield reserve("SERUM", "South", takes_all=True)
    yield ("time_passes", {"hours": 1, "sweeps": True})
    # It is past midnight now: A is over, whatever was promised of it, and though nobody has written it down.
    yield ("time_passes", {"hours": 9, "sweeps": False})
    yield reservation("fulfil", units=20)
    yield reservation("fulfil", units=2)
    yield reservation("release", units=17)
    yield sell("South", units=1, which=0)
    yield sell("South", units=2, which=1)
    yield sell("South", units=1, which=2)
    yield ("time_passes", {"hours": 1, "sweeps": True})
    yield lot("South", "A", "C", units=2, are_used_up=True)
    yield lot("South", "B", "C", units=1, are_used_up=True)
    yield lot("South", "A", "B", units=1)
    yield ("hold", {"which": 0, "place": ("SERUM", "South"), "units": 1, "releases": ""})
    yield ("backoffice_receives", {"place": ("SERUM", "South"), "which": 0, "units": 2})
    # What the contracts change of a SKU with lots, and a count.
    yield ("gateway_adjusts", {"place": ("SERUM", "North"), "delta": -4})
    yield ("nexus_sets", {"place": ("SERUM", "North"), "quantity": 20})
    yield ("pos_changes", {"place": ("SERUM", "North"), "which": 1, "delta": 2})
    yield ("a_retry_counts_once", {"place": ("SERUM", "North"), "which": 0, "units": 2, "again": True})
    yield ("count", {"place": ("MUG", "North"), "found": 9, "moves": 2})


@pytest.mark.usefixtures("prepared_shop")
def test_a_history_reaches_every_rule() -> None:
    machine = Contracts()
    for name, arguments in history():
        getattr(machine, name)(**arguments)
        machine.what_holds()
    machine.teardown()
    assert machine.reached.keys() >= OUTCOMES, OUTCOMES - machine.reached.keys()
