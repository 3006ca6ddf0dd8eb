"""Who is told what of a cycle count, in the back office and by e-mail.

Nobody is told of what they did themselves. What a counter is told says nothing of the books: a recount looks like any
other count. Each of these runs in the transaction of what it tells of, and costs a constant number of statements.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Final

from django.urls import reverse

from cycle_counts.models import CountBatch, Origin
from cycle_counts.rights import REVIEW
from cycle_counts.totals import totals_of
from cycle_counts.wording import lines_in_words, money, title_of
from warehouses.access import Access
from warehouses.models import User
from warehouses.notices import Message, notify, settle
from warehouses.who_may import people_who_may, person_behind

__all__ = ["REASONS", "settle_batch", "tell_assigned", "tell_proposed", "tell_started", "tell_submitted"]

_TO_COUNT: Final = "cycle_count.to_count"
_TO_REVIEW: Final = "cycle_count.to_review"
_PROPOSED: Final = "cycle_count.proposed"

#: Why somebody gets the mail: what `warehouses.notices.reasons` is told when the app is ready.
REASONS: Final = {
    _TO_COUNT: "this count is assigned to you",
    _TO_REVIEW: "you may review this count",
    _PROPOSED: "you may plan and review counts there",
}


def tell_assigned(*, access: Access, batch: CountBatch, users: Iterable[User], at: datetime) -> None:
    """Tell those who are to count it. Three statements at most, none without users."""
    counters = list(users)
    if not counters:
        return
    # What a recount is called would say whose count it doubts.
    title = batch.label if batch.origin == Origin.RECOUNT else title_of(batch)
    message = Message(
        _TO_COUNT,
        f"{title} is yours to count",
        _text(_size(batch), f"By {access.actor.name}."),
        _round(batch),
    )
    notify(
        organization=access.organization,
        users=counters,
        message=message,
        at=at,
        by_email=True,
        doer=person_behind(access.actor),
    )


def tell_proposed(*, access: Access, batch: CountBatch, at: datetime) -> None:
    """Tell those who review there, who find it in the back office, that a count is proposed."""
    message = Message(_PROPOSED, f"{title_of(batch)} is proposed", _text(_size(batch)), _page(batch))
    _tell_reviewers(access, batch, message, at, by_email=False)


def tell_started(*, access: Access, batch: CountBatch, at: datetime) -> None:
    """What was proposed is taken up. One statement."""
    settle(organization=access.organization, kind=_PROPOSED, path=_page(batch), at=at)


def tell_submitted(*, access: Access, batch: CountBatch, at: datetime) -> None:
    """Tell those who review there; and nobody is to count it any more."""
    settle(organization=access.organization, kind=_TO_COUNT, path=_round(batch), at=at)
    totals = totals_of([batch.pk])[batch.pk]
    facts = [f"{totals.counted:,} of {lines_in_words(totals.lines)} counted"]
    if totals.undecided:
        worth = money(totals.value_net, access.organization.currency)
        facts.append(f"{totals.undecided:,} to decide on, differences of {worth}")
    else:
        facts.append("all inside the tolerance")
    message = Message(
        _TO_REVIEW,
        f"{title_of(batch)} waits for your review",
        _text(f"{batch.warehouse.name}: {'; '.join(facts)}.", f"By {access.actor.name}."),
        _page(batch),
    )
    _tell_reviewers(access, batch, message, at, by_email=True)


def settle_batch(*, access: Access, batch: CountBatch, at: datetime) -> None:
    """It waits for nobody any more: it is resolved, or called off. Three statements."""
    paths = {_TO_COUNT: _round(batch), _TO_REVIEW: _page(batch), _PROPOSED: _page(batch)}
    for kind, path in paths.items():
        settle(organization=access.organization, kind=kind, path=path, at=at)


def _tell_reviewers(
    access: Access, batch: CountBatch, message: Message, at: datetime, *, by_email: bool
) -> None:
    reviewers = people_who_may(
        organization=access.organization, permission=REVIEW, warehouse_id=batch.warehouse_id
    )
    notify(
        organization=access.organization,
        users=reviewers,
        message=message,
        at=at,
        by_email=by_email,
        doer=person_behind(access.actor),
    )


def _size(batch: CountBatch) -> str:
    lines = lines_in_words(batch.lines.order_by().count())
    due = f", due {batch.due_on:%-d %B %Y}" if batch.due_on is not None else ""
    return f"{batch.warehouse.name}: {lines}{due}."


def _text(*parts: str) -> str:
    return "\n".join(parts)


def _round(batch: CountBatch) -> str:
    return reverse("count:round", args=[batch.public_id])


def _page(batch: CountBatch) -> str:
    return reverse("admin:cycle_counts_countbatch_change", args=[batch.pk])
