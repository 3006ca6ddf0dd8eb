"""What was asked for in the demonstration, how long ago, and what became of it: a table."""

from __future__ import annotations

from typing import Final, NamedTuple

from stock_requests.demo.cast import APPROVER, MANAGER, OWNER, STORE_MANAGER
from stock_requests.models import Priority, RequestState

__all__ = ["ASKS", "BACK_ORDERED", "CLOSED", "DEARLY", "IMPOSSIBLE", "WATCHED", "Ask"]

#: Kinds of goods that are no ordinary ones.
DEARLY: Final = "dearly"
WATCHED: Final = "watched"
IMPOSSIBLE: Final = "impossible"
#: What becomes of a third of the first line, that cannot be found when it is picked.
BACK_ORDERED: Final = "back_ordered"
CLOSED: Final = "closed"

_A: Final = "Warehouse A"
_B: Final = "Warehouse B"
_SHOP: Final = "Store Berlin Mitte"


class Ask(NamedTuple):
    """`hours` ago it was drafted; ten minutes later it was submitted, if it was.

    `to` is a warehouse, a room of the source, a department, or nobody. `quantities` has one for each line; without any
    the goods are of the `kind`. `needed` is in days from today. `decided`, `picked` and `fulfilled` come so many hours
    after what was before, `fulfilled` also the end of what is rejected or cancelled. `short` is what becomes of what
    is not found. `told` is why it was rejected or cancelled, or what is noted with a yes.
    """

    by: str
    source: str
    to: str
    quantities: tuple[int, ...]
    hours: float
    state: RequestState
    note: str = ""
    priority: Priority = Priority.NORMAL
    needed: int | None = None
    kind: str = ""
    decided: float = 3
    picked: float = 2
    fulfilled: float = 1.5
    told: str = ""
    short: str = ""
    comment: tuple[str, str] = ("", "")
    is_first_yes_given: bool = False
    is_received: bool = False


_DRAFT, _SUBMITTED, _APPROVED = RequestState.DRAFT, RequestState.SUBMITTED, RequestState.APPROVED
_PICKING, _FULFILLED = RequestState.PICKING, RequestState.FULFILLED
_REJECTED, _CANCELLED = RequestState.REJECTED, RequestState.CANCELLED
_LOW, _HIGH, _URGENT = Priority.LOW, Priority.HIGH, Priority.URGENT

ASKS: Final = (
    # Over and done
    Ask(STORE_MANAGER, _A, _SHOP, (12, 8), 130, _FULFILLED, "For the weekend", decided=4, is_received=True),
    Ask(MANAGER, _A, _B, (10, 6, 6), 108, _FULFILLED, "Hamburg sells faster than planned", decided=9),
    Ask(MANAGER, _A, "Office", (4,), 98, _FULFILLED, "For the kitchen on the second floor", _LOW, decided=20),
    Ask(STORE_MANAGER, _A, _SHOP, (9, 6), 84, _FULFILLED, "Window and till", decided=6, is_received=True),
    Ask(
        MANAGER,
        _A,
        "Photo studio",
        (3, 3),
        66,
        _FULFILLED,
        "Pictures for the new catalogue",
        short=CLOSED,
        told="Two from the display will do",
    ),
    Ask(MANAGER, _A, "Shipping", (10,), 54, _FULFILLED, "To be packed for the trade order", decided=2),
    Ask(
        STORE_MANAGER, _A, _SHOP, (12, 6), 46, _FULFILLED, "The shelf by the door", _HIGH, short=BACK_ORDERED
    ),
    Ask(MANAGER, _A, "", (4,), 30, _FULFILLED, "Handed to the caterer at the gate", decided=1),
    # Not to come
    Ask(
        STORE_MANAGER,
        _A,
        _SHOP,
        (40,),
        310,
        _REJECTED,
        "For the sale in May",
        _LOW,
        decided=22,
        told="The sale is off; ask again when there is a new date",
    ),
    Ask(
        MANAGER,
        _A,
        "Events",
        (25, 25),
        205,
        _REJECTED,
        "Give-aways for the fair",
        decided=7,
        told="Marketing has 60 of them left from the spring",
    ),
    Ask(MANAGER, _A, _B, (15,), 260, _CANCELLED, told="Hamburg has found its own again"),
    Ask(
        STORE_MANAGER,
        _A,
        _SHOP,
        (8,),
        150,
        _CANCELLED,
        "For a customer",
        told="The customer did not come back",
    ),
    # On their way
    Ask(STORE_MANAGER, _A, _SHOP, (10, 5), 27, _PICKING, "Before Saturday", _HIGH, 1, decided=3),
    Ask(MANAGER, _A, _B, (8, 8), 22, _PICKING, "With the night truck", needed=2, decided=5),
    Ask(
        MANAGER, _A, "Photo studio", (2, 2), 12, _PICKING, "Back on the shelf by Friday", needed=1, decided=1
    ),
    Ask(STORE_MANAGER, _A, _SHOP, (6, 6, 4), 20, _APPROVED, "Usual restock", needed=2, decided=4),
    Ask(MANAGER, _A, "Office", (3,), 16, _APPROVED, "For the meeting rooms", _LOW, 6, decided=6),
    Ask(
        MANAGER,
        _B,
        _SHOP,
        (6,),
        9,
        _APPROVED,
        "Warehouse A has none of these",
        needed=3,
        decided=2,
        told="The driver passes by on Thursday",
    ),
    # Waiting
    Ask(
        STORE_MANAGER,
        _A,
        _SHOP,
        (12, 6),
        98,
        _SUBMITTED,
        "The second shelf is empty since Monday",
        _HIGH,
        -2,
        comment=(
            STORE_MANAGER,
            "@approver@demo.example we have sent two customers away already. Could this go today?",
        ),
    ),
    Ask(MANAGER, _A, _B, (10,), 75, _SUBMITTED, "For the order of the hotel", needed=-1),
    Ask(
        STORE_MANAGER,
        _A,
        _SHOP,
        (),
        29,
        _SUBMITTED,
        "A school asks for as many as we can get",
        kind=IMPOSSIBLE,
    ),
    Ask(
        MANAGER,
        _A,
        _B,
        (),
        26,
        _SUBMITTED,
        "Stock for the new tenant of the hall",
        needed=5,
        kind=DEARLY,
        is_first_yes_given=True,
        comment=(APPROVER, "Fine with me; the amount needs a second pair of eyes, @owner@demo.example."),
    ),
    Ask(MANAGER, _A, "Events", (), 23, _SUBMITTED, "To build the stand at the fair", needed=4, kind=WATCHED),
    Ask(STORE_MANAGER, _A, _SHOP, (8, 4, 4), 19, _SUBMITTED, "Usual restock", needed=2),
    Ask(APPROVER, _A, "Office", (2,), 17, _SUBMITTED, "Thank-you presents", _LOW, 9),
    Ask(MANAGER, _B, _A, (9,), 14, _SUBMITTED, "Balances what was sent in March", _LOW),
    Ask(STORE_MANAGER, _A, _SHOP, (5,), 6, _SUBMITTED, "A customer waits for it", _URGENT, 1),
    Ask(MANAGER, _A, "Photo studio", (2, 2, 2), 4, _SUBMITTED, "Winter pictures", needed=8),
    Ask(STORE_MANAGER, _A, _SHOP, (15,), 1.5, _SUBMITTED, "Runs low faster than usual", needed=3),
    # Not handed in
    Ask(STORE_MANAGER, _A, _SHOP, (6, 2), 40, _DRAFT, "For next week; to be completed"),
    Ask(OWNER, _A, "Events", (20,), 3, _DRAFT, "Bags for the visitors", _LOW, 14),
)
