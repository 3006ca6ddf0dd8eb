"""The cycle counts' part of the overview."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Final

from django.urls import reverse
from django.utils.formats import date_format

from cycle_counts.abc.shares import Shares, shares_of
from cycle_counts.models import BatchState, CountBatch
from cycle_counts.reports import AccuracyRow, accuracy
from cycle_counts.rights import COUNT, REVIEW, places_with_book, visible_batches
from warehouses.access import Access
from warehouses.charts import Mark, curve, sparkline
from warehouses.home import Card, Chart, Key, Part, Work, bounded_count

__all__ = ["TARGET", "part"]

#: Percent of lines that are exact: what a well-kept warehouse reaches.
TARGET: Final = 98
_WEEKS: Final = 8
_READ: Final = "inventory.read"


def part(access: Access) -> Part:
    """Counts that are late or wait for the caller's review, how exact the books are, and what deserves counting."""
    if not access.may(COUNT):
        return Part()
    knows_book = places_with_book(access) != frozenset()
    weeks = [row for row in accuracy(access=access, weeks=_WEEKS) if not row.abc_class] if knows_book else []
    charts = [_accuracy(access, weeks)] if weeks else []
    # Classes are of the whole organization: for those only who see the stock of all of it.
    if access.everywhere(_READ) and access.everywhere(COUNT):
        charts += _pareto(access)
    return Part(work=_work(access), cards=[_card(weeks)] if weeks else [], charts=charts)


def _work(access: Access) -> list[Work]:
    page = reverse("admin:cycle_counts_countbatch_changelist")
    today = access.organization.today()
    running = (BatchState.DRAFT, BatchState.COUNTING)
    late = visible_batches(access=access).filter(state__in=running, due_on__lt=today)
    work = [
        Work(
            label="Late counts",
            count=bounded_count(late),
            link=f"{page}?due=late",
            icon="event_busy",
            tone="wrong",
            note="Due before today",
            rank=20,
        )
    ]
    if access.may(REVIEW):
        waiting = CountBatch.objects.order_by().filter(state=BatchState.REVIEW)
        work.append(
            Work(
                label="Counts to review",
                count=bounded_count(access.narrow(waiting, REVIEW)),
                link=f"{page}?state__exact={BatchState.REVIEW.value}",
                icon="fact_check",
                tone="waits",
                note="Differences wait for a decision",
                rank=25,
            )
        )
    return work


def _card(weeks: Sequence[AccuracyRow]) -> Card:
    """Of the weeks in which something was counted: the last one, against the median of those before it."""
    rates = [float(row.hit_rate) for row in weeks if row.hit_rate is not None]
    lines, hits = sum(row.lines for row in weeks), sum(row.hits for row in weeks)
    last = weeks[-1]
    return Card(
        label="Count accuracy",
        value=f"{rates[-1]:.1f}%" if rates else "–",
        link=reverse("admin:cycle_counts_accuracy"),
        note=f"Week of {_day(last.week)}; {hits:,} of {lines:,} lines exact in {_WEEKS} weeks",
        delta=_against_target(rates[-1]) if rates else "",
        spark=sparkline(list(rates)),
        rank=60,
    )


def _against_target(rate: float) -> str:
    away = round(rate - TARGET, 1)
    return "on target" if away >= 0 else f"{abs(away):g} points below target"


def _accuracy(access: Access, weeks: Sequence[AccuracyRow]) -> Chart:
    today = access.organization.today()
    monday = today - timedelta(days=today.weekday())
    mondays = [monday - timedelta(weeks=back) for back in reversed(range(_WEEKS))]
    by_week = {row.week: row for row in weeks}
    rates = {week: row.hit_rate for week, row in by_week.items()}
    points = [
        (
            place / (_WEEKS - 1),
            float(rate) if (rate := rates.get(week)) is not None else None,
            f"Week of {_day(week)}: {rate:.1f}%" if rate is not None else "",
        )
        for place, week in enumerate(mondays)
    ]
    known = [(week, rate) for week, rate in rates.items() if rate is not None]
    least = min([float(rate) for _week, rate in known], default=90.0)
    return Chart(
        key="accuracy",
        title="Count accuracy by week",
        summary=_told(known),
        drawing=curve(
            points,
            low=min(90.0, float(int(least // 10) * 10)),
            high=100.0,
            marks=[Mark(TARGET, f"Target {TARGET}%")],
            ends=(_day(mondays[0]), _day(mondays[-1])),
            told=lambda value: f"{value:g}%",
            has_dots=True,
        ),
        head=("Week of", "Lines", "Exact", "Exact, %"),
        rows=[
            (
                _day(row.week),
                f"{row.lines:,}",
                f"{row.hits:,}",
                f"{row.hit_rate:.1f}%" if row.hit_rate is not None else "–",
            )
            for row in weeks
        ],
        link=reverse("admin:cycle_counts_accuracy"),
        link_words="By class and location",
        rank=40,
    )


def _told(known: Sequence[tuple[date, Decimal]]) -> str:
    if not known:
        return "Nothing was counted in these weeks."
    (first, began), (last, rate) = known[0], known[-1]
    now = f"{rate:.1f}% of the lines counted in the week of {_day(last)} were exact; the target is {TARGET}%."
    return now if first == last else f"{now} In the week of {_day(first)} it was {began:.1f}%."


def _pareto(access: Access) -> list[Chart]:
    """How much of the consumption few SKUs make up: from the sums of the classes, and some ranks in between."""
    shares = shares_of(access=access)
    skus = shares.skus
    if not any(each.share for each in shares.classes):
        return []
    page = reverse("admin:cycle_counts_classes")
    points = [(0.0, 0.0, "")] + [
        (rank / skus, float(share), f"{rank:,} SKUs: {share:.1f}%") for rank, share in shares.points
    ]
    first, second = float(shares.a_share), float(shares.b_share)
    return [
        Chart(
            key="pareto",
            title="Which SKUs make up the consumption",
            summary=_summed(shares),
            drawing=curve(
                points,
                low=0.0,
                high=100.0,
                marks=[
                    Mark(first, f"A up to {first:g}%", below=True),
                    Mark(second, f"B up to {second:g}%", below=True),
                ],
                ends=("Most consumed", f"{skus:,} SKUs"),
                told=lambda value: f"{value:g}%",
            ),
            head=("Class", "SKUs", "Share of SKUs", "Share of value"),
            rows=[
                (
                    each.abc_class,
                    f"{each.skus:,}",
                    f"{100 * each.skus / skus:.1f}%",
                    f"{each.share:.1f}%",
                )
                for each in shares.classes
            ],
            keys=[
                Key(f"{each.abc_class}: {each.skus:,} SKUs", "", f"{page}?abc_class={each.abc_class}")
                for each in shares.classes
            ],
            link=page,
            link_words="SKUs by rank",
            rank=50,
        )
    ]


def _summed(shares: Shares) -> str:
    best = shares.classes[0]
    part_of_all = 100 * best.skus / shares.skus
    return (
        f"{best.skus:,} of {shares.skus:,} SKUs ({part_of_all:.0f}%) make up {best.share:.0f}% of what is consumed, "
        f"by value: class A."
    )


def _day(day: date) -> str:
    return date_format(day, "j M", use_l10n=False)
