"""Available to promise (ATP): the one formula, with every term of it by its name.

It stands twice: as Python over integers, and as a database expression over the columns of `cells`, by which the
database adds up what no page shows row by row. A test holds the two together.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Final

from inventory.models import ChannelPolicy

__all__ = ["ATP", "NO_CHANNEL", "Offer", "Promise", "Stock", "promise"]


@dataclass(frozen=True, slots=True)
class Stock:
    """What there is of a SKU in a location, each 0 or more.

    `on_hand` is everything; of it `not_sellable` lies in rooms that are not for selling, and of what lies in sellable
    rooms `quarantined` and `expired` are of such lots. `held` is what is held of the rest, and beside that what is held
    elsewhere although it is not there any more.
    """

    on_hand: int = 0
    not_sellable: int = 0
    quarantined: int = 0
    expired: int = 0
    reserved: int = 0
    held: int = 0
    safety_stock: int = 0
    is_active: bool = True

    @property
    def sellable(self) -> int:
        return self.on_hand - self.not_sellable - self.quarantined - self.expired


@dataclass(frozen=True, slots=True)
class Offer:
    """On which terms a channel may have a SKU in a location. `reserved`: open reservations of the channel there."""

    policy: ChannelPolicy = ChannelPolicy.SHARED
    allocation: int | None = None
    buffer: int = 0
    reserved: int = 0
    is_active: bool = True

    @property
    def allocation_left(self) -> int | None:
        """What is left of the allocation, negative where more is reserved than is allocated now; None without one."""
        return None if self.allocation is None else self.allocation - self.reserved


#: Whoever asks for no channel shares all there is.
NO_CHANNEL: Final = Offer()


@dataclass(frozen=True, slots=True)
class Promise:
    """What may still be promised, as signed terms: all of them together are `atp`, those down to `buffer` are
    `before_limits`.

    `below_zero` lifts what is less than nothing to nothing. `not_offered` takes away what the policy, or an inactive
    channel or location, keeps from the channel; `over_allocation` what is more than is left of its allocation.
    """

    on_hand: int
    not_sellable: int
    quarantined: int
    expired: int
    reserved: int
    held: int
    safety_stock: int
    buffer: int
    below_zero: int
    not_offered: int
    over_allocation: int

    @property
    def before_limits(self) -> int:
        return self.atp - self.below_zero - self.not_offered - self.over_allocation

    @property
    def atp(self) -> int:
        total: int = sum(getattr(self, term.name) for term in fields(self))
        return total


def promise(stock: Stock, offer: Offer = NO_CHANNEL) -> Promise:
    """ATP = sellable on hand - reserved - held - safety stock - buffer.

    At most what is left of the channel's allocation, and at least 0; 0 where the channel is excluded, or it or the
    location is inactive.
    """
    figure = stock.sellable - stock.reserved - stock.held - stock.safety_stock - offer.buffer
    there = max(figure, 0)
    is_offered = stock.is_active and offer.is_active and offer.policy != ChannelPolicy.EXCLUDED
    left = offer.allocation_left
    beyond = 0 if left is None or not is_offered else max(there - max(left, 0), 0)
    return Promise(
        on_hand=stock.on_hand,
        not_sellable=-stock.not_sellable,
        quarantined=-stock.quarantined,
        expired=-stock.expired,
        reserved=-stock.reserved,
        held=-stock.held,
        safety_stock=-stock.safety_stock,
        buffer=-offer.buffer,
        below_zero=there - figure,
        not_offered=0 if is_offered else -there,
        over_allocation=-beyond,
    )


_FIGURE: Final = (
    "(on_hand - not_sellable - quarantined - expired - reserved - held - safety_stock - channel_buffer)"
)
#: `promise(...).atp` over a row of `cells`.
ATP: Final = (
    f"CASE WHEN NOT location_is_active OR NOT channel_is_active OR policy = '{ChannelPolicy.EXCLUDED.value}'"
    f" OR {_FIGURE} <= 0 THEN 0"
    f" WHEN policy = '{ChannelPolicy.ALLOCATED.value}' AND allocation <= channel_reserved THEN 0"
    f" WHEN policy = '{ChannelPolicy.ALLOCATED.value}' AND allocation - channel_reserved < {_FIGURE}"
    f" THEN allocation - channel_reserved ELSE {_FIGURE} END"
)
