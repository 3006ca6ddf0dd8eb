"""The demonstration's counts, told in the order in which they happened."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from functools import partial
from typing import Final

from cycle_counts import abc
from cycle_counts.demo.examples import add_examples
from cycle_counts.demo.goods import Goods
from cycle_counts.demo.telling import APPROVER, COUNTER, MANAGER, SECOND_COUNTER, Teller
from cycle_counts.models import CountBatch, CountLine, Origin, RootCause
from cycle_counts.review import LineResolution
from inventory.adjustments import adjust
from inventory.demo.documented import STORE, WAREHOUSE_A, key_of
from inventory.demo.people import People
from inventory.ledger import Line
from inventory.models import ReasonCode, Sku, Source
from warehouses import transactions
from warehouses.models import Notice, Organization, Warehouse

__all__ = ["UNKNOWN", "add_cycle_counts"]

#: Articles of which the story needs some to spare.
_ENOUGH: Final = 60
_READ_WITHIN: Final = timedelta(hours=20)
#: A code that was scanned and that nobody knows.
UNKNOWN: Final = "4006381333931"

#: Weeks ago, how many lines, and by how much some were off: the counts become better.
_WEEKS: Final = (
    (6, 9, (-3, 2, -1)),
    (5, 8, (-4, 1)),
    (4, 10, (2, -2)),
    (3, 9, (-1,)),
    (2, 10, ()),
    (1, 9, (-4, -1)),
)
_CAUSES: Final = (RootCause.PICKING, RootCause.MISPLACED, RootCause.NOT_RECORDED)


def add_cycle_counts(*, organization: Organization, now: datetime) -> None:
    """What the examples name; and where there are people and an assortment, all that they have counted."""
    people = People.of(organization)
    teller = Teller(people)
    goods = Goods(organization)
    transactions.run(partial(abc.refresh, organization=organization, now=now - timedelta(days=50)))
    if COUNTER in people.people and len(goods) >= _ENOUGH:
        for place, (weeks, lines, off) in enumerate(_WEEKS):
            at = _morning(now - timedelta(weeks=weeks), organization)
            transactions.run(partial(_past, teller, goods, at=at, lines=lines, off=off, place=place))
        for story in (_in_review, _half_done, _proposed):
            transactions.run(partial(story, teller, goods, now=now))
    transactions.run(partial(add_examples, teller, now=now))
    transactions.run(partial(abc.refresh, organization=organization, now=now))
    # Nobody gets an e-mail of what is only told here, and nobody has a week's notices still to read.
    notices = Notice.objects.filter(organization=organization)
    notices.update(email_due_at=None)
    notices.filter(created_at__lt=now - _READ_WITHIN, read_at__isnull=True).update(read_at=now - _READ_WITHIN)


def _morning(at: datetime, organization: Organization) -> datetime:
    """The morning of that day: a count is resolved before the day ends, and so the week, also where clocks change."""
    return datetime.combine(at.astimezone(organization.zone).date(), time(9), tzinfo=organization.zone)


def _past(
    teller: Teller, goods: Goods, *, at: datetime, lines: int, off: tuple[int, ...], place: int
) -> None:
    """A week's count. In the last one there was a line that somebody else has to count again."""
    first = Warehouse.objects.get(pk=key_of(WAREHOUSE_A))
    # Only what has not moved since then is posted.
    wrong = goods.idle(first, len(off), since=at)
    exact = goods.latest(first, lines - len(wrong))
    batch = teller.plan(
        first, [*wrong, *exact], at=at, name="Weekly count", origin=Origin.ABC, assignee=COUNTER
    )
    counter = COUNTER if place % 2 else SECOND_COUNTER
    teller.start(batch, by=counter, at=at + timedelta(hours=1))
    differences = {sku.pk: units for sku, units in zip(wrong, off, strict=False)}
    done = teller.count(
        batch, _lines(batch), by=counter, at=at + timedelta(hours=1, minutes=2), off=differences
    )
    teller.submit(batch, by=counter, at=done + timedelta(minutes=3))
    resolutions = [
        LineResolution(line.pk, "accept", root_cause=_CAUSES[index % 3])
        for index, line in enumerate(_lines(batch))
        if line.sku_id in differences and line.variance
    ]
    is_last = place == len(_WEEKS) - 1
    if is_last and resolutions:
        again = resolutions[0].line_id
        resolutions[0] = LineResolution(again, "recount", note="Four are missing from a shelf of small boxes")
    teller.resolve(
        batch,
        by=APPROVER if place % 2 else MANAGER,
        at=done + timedelta(hours=4),
        resolutions=resolutions,
        recounters=[COUNTER if counter == SECOND_COUNTER else SECOND_COUNTER],
    )


def _in_review(teller: Teller, goods: Goods, *, now: datetime) -> None:
    """Four lines differ, one has moved since, and of one thing nobody knows what it is."""
    first = Warehouse.objects.get(pk=key_of(WAREHOUSE_A))
    at = now - timedelta(hours=4)
    wrong = goods.idle(first, 4, since=at)
    exact = goods.idle(first, 7, since=at)
    batch = teller.plan(
        first, [*wrong, *exact], at=at, name="Shelves behind the packing tables", assignee=COUNTER
    )
    teller.start(batch, by=COUNTER, at=at + timedelta(minutes=30))
    off = dict(zip((sku.pk for sku in wrong), (-2, 1, -5, 3), strict=False))
    lines = _lines(batch)
    done = teller.count(batch, lines, by=COUNTER, at=at + timedelta(minutes=35), off=off)
    teller.find(batch, lines[-1].bin, code=UNKNOWN, quantity=3, by=COUNTER, at=done + timedelta(minutes=1))
    teller.submit(batch, by=COUNTER, at=done + timedelta(minutes=2))
    if wrong:
        _sell(teller, wrong[0], first, at=now - timedelta(hours=1))


def _half_done(teller: Teller, goods: Goods, *, now: datetime) -> None:
    """The counter's round of this morning, and they are in the middle of it."""
    first = Warehouse.objects.get(pk=key_of(WAREHOUSE_A))
    at = now - timedelta(hours=2)
    batch = teller.plan(
        first, goods.idle(first, 14, since=at), at=at, name="Round of the day", assignee=COUNTER
    )
    teller.start(batch, by=COUNTER, at=at + timedelta(minutes=80))
    lines = _lines(batch)
    teller.count(batch, lines[: len(lines) // 2], by=COUNTER, at=at + timedelta(minutes=85))


def _proposed(teller: Teller, goods: Goods, *, now: datetime) -> None:
    """What the product would have proposed this night for the shop, and nobody has looked at yet."""
    store = Warehouse.objects.get(pk=key_of(STORE))
    skus = goods.latest(store, 8)
    if skus:
        at = now - timedelta(hours=3)
        teller.plan(
            store,
            skus,
            at=at,
            name="Due today",
            origin=Origin.PROPOSED,
            due_on=teller.people.organization.today(),
        )


def _sell(teller: Teller, sku: Sku, warehouse: Warehouse, *, at: datetime) -> None:
    organization = teller.people.organization
    reason = ReasonCode.objects.get(organization=organization, code_key="sale")
    adjust(
        organization=organization,
        actor=teller.people.access(MANAGER).actor,
        source=Source.ADMIN,
        lines=[Line(sku=sku, warehouse=warehouse, quantity=-1, reason=reason, reference="Counter sale")],
        note="Sold over the counter",
        recorded_at=at,
    )


def _lines(batch: CountBatch) -> list[CountLine]:
    return list(batch.lines.select_related("bin").order_by("position"))
