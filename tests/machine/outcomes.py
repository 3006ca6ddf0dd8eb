"""What has to come to pass in some history, or the machine has not looked at what it is for."""

from __future__ import annotations

__all__ = ["OFTEN", "OUTCOMES"]

#: So often in random histories that some hundred of them without it have missed something.
OFTEN = frozenset(
    {
        "approve whole",
        "ask again for what is back-ordered",
        "roll back, approved",
        "receive short",
        "receive over",
        "sell a lot",
        "sell beside expired goods",
        "sweep up reservations",
        "sweep up lots",
    }
)
#: In the history that is made by hand.
OUTCOMES = OFTEN | {
    "fulfil, fetched, whole",
    "fulfil, fetched, closed",
    "fulfil, sent, back_order",
    "roll back, submitted",
    "roll back several lines",
    "receive lost",
    "receive, in_transit then",
    "receive, received then",
    "receive, in_transit: refused",
    "reserve what ran out",
    "fulfil a reservation, active",
    "fulfil a reservation, active: refused",
    "fulfil a reservation, expired: refused",
    "sell an expired lot: refused",
    "use up expired goods",
    "use up good goods: refused",
}
