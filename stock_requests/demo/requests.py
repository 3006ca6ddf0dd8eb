"""The demonstration's requests, told in the order in which they happened."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial
from typing import Final

from stock_requests.demo.asks import ASKS
from stock_requests.demo.cast import OWNER, Cast
from stock_requests.demo.examples import examples
from stock_requests.demo.goods import Goods
from stock_requests.demo.ground import lay_ground
from stock_requests.demo.telling import Tale
from warehouses import transactions
from warehouses.models import Notice, Organization

__all__ = ["add_stock_requests"]

#: Articles of which the story needs some to spare.
_ENOUGH: Final = 50
_READ_WITHIN: Final = timedelta(hours=20)


def add_stock_requests(*, organization: Organization, now: datetime) -> None:
    """What the examples name; and where there are people and an assortment, all that they have asked for."""
    cast = Cast.of(organization)
    transactions.run(partial(lay_ground, cast, now=now))
    acts = list(examples(cast, now=now))
    goods = Goods(organization)
    if OWNER in cast.people and len(goods) >= _ENOUGH:
        # Those who waited for their goods the longest choose first.
        for ask in sorted(ASKS, key=lambda ask: ask.decided - ask.hours):
            acts.extend(Tale(ask, cast, goods, now=now).acts())
    for at, act in sorted(acts, key=lambda each: each[0]):
        transactions.run(partial(act, at))
    # Nobody gets an e-mail of what is only told here, and nobody has a week's notices still to read.
    notices = Notice.objects.filter(organization=organization)
    notices.update(email_due_at=None)
    notices.filter(created_at__lt=now - _READ_WITHIN, read_at__isnull=True).update(read_at=now - _READ_WITHIN)
