"""Who is told what of a count: those whom it concerns, once, and nothing of the books to those who count."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.core import mail
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from cycle_counts import notifications
from cycle_counts.counting import cancel_batch
from cycle_counts.models import CountBatch, CountLine, Origin
from tests.cycle_counts.conftest import Ground
from tests.cycle_counts.reviewing import decide, resolve
from warehouses import notices, transactions
from warehouses.access import Access, access_of_system
from warehouses.models import Notice
from warehouses.notice_mail import send_due

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 3, 31, 12, tzinfo=UTC)
GLOVES, MASKS = ("GLOVES", "A-1"), ("MASKS", "A-1")
REVIEWERS = {"approver": True, "manager": True, "owner": True}


def told(kind: str) -> dict[str, bool]:
    """Whom (the part before the @) and whether also by e-mail; everybody at most once."""
    rows = Notice.objects.filter(kind=kind, read_at__isnull=True).select_related("user")
    found = [(row.user.email.split("@")[0], row.email_due_at is not None) for row in rows]
    assert len(found) == len(dict(found))
    return dict(found)


def tell(
    what: Callable[..., None], ground: Ground, batch: CountBatch, *, by: Access | None = None, **fields: Any
) -> None:
    with transaction.atomic():
        what(access=by or ground.access_of("manager"), batch=batch, at=NOW, **fields)


def page_of(batch: CountBatch) -> str:
    return reverse("admin:cycle_counts_countbatch_change", args=[batch.pk])


def test_whoever_is_to_count_is_told(ground: Ground) -> None:
    users = [ground.people[name] for name in ("counter", "other_counter", "manager")]
    batch = ground.plan(assignees=users, name="Aisle A", due_on=date(2026, 4, 3))
    assert told("cycle_count.to_count") == {"counter": True, "other.counter": True}
    notice = Notice.objects.filter(kind="cycle_count.to_count")[0]
    assert notice.title == "CC-00001 “Aisle A” is yours to count"
    assert notice.text == "North: 6 lines, due 3 April 2026.\nBy manager@acme.example."
    assert notice.path == f"/count/{batch.public_id}/"


def test_without_anybody_nobody_is_told(ground: Ground) -> None:
    batch, access = ground.plan(), ground.access_of("manager")
    with CaptureQueriesContext(connection) as queries:
        tell(notifications.tell_assigned, ground, batch, by=access, users=[])
    assert not [query for query in queries if "SAVEPOINT" not in query["sql"]]
    assert not Notice.objects.exists()


def test_a_recount_is_told_like_any_other_count(ground: Ground) -> None:
    batch = ground.plan(name="Recount of CC-00007")
    CountBatch.objects.filter(pk=batch.pk).update(origin=Origin.RECOUNT)
    batch.refresh_from_db()
    tell(notifications.tell_assigned, ground, batch, users=[ground.people["counter"]])
    notice = Notice.objects.get()
    assert notice.title == "CC-00001 is yours to count"
    assert "ecount" not in notice.text


def test_submitting_asks_for_a_review_and_for_no_more_counting(ground: Ground) -> None:
    batch = ground.submitted(
        off={GLOVES: -2, MASKS: 1}, assignees=[ground.people["other_counter"]], name="Aisle A"
    )
    assert told("cycle_count.to_count") == {}
    assert told("cycle_count.to_review") == REVIEWERS
    notice = Notice.objects.filter(kind="cycle_count.to_review")[0]
    assert notice.title == "CC-00001 “Aisle A” waits for your review"
    assert notice.text == (
        "North: 6 of 6 lines counted; 2 to decide on, differences of -1.00 EUR.\nBy counter@acme.example."
    )
    assert notice.path == page_of(batch)


def test_where_all_is_inside_the_tolerance_that_is_said(ground: Ground) -> None:
    batch = ground.started()
    ground.count(batch, {GLOVES: 10})
    ground.submit(batch)
    notice = Notice.objects.filter(kind="cycle_count.to_review")[0]
    assert notice.text.startswith("North: 1 of 6 lines counted; all inside the tolerance.")


def test_whoever_submits_is_not_asked(ground: Ground) -> None:
    ground.submitted(by="approver")
    assert told("cycle_count.to_review") == {"manager": True, "owner": True}


def test_nobody_is_asked_once_it_is_resolved(ground: Ground) -> None:
    batch = ground.submitted(off={GLOVES: -2, MASKS: 1})
    decide(ground, batch, {GLOVES: "accept"})
    assert told("cycle_count.to_review") == REVIEWERS
    resolve(ground, batch, {MASKS: "ignore"})
    assert told("cycle_count.to_review") == {}


def test_nobody_is_asked_once_it_is_called_off(ground: Ground) -> None:
    batch = ground.submitted(off={GLOVES: -2})
    transactions.run(lambda: cancel_batch(access=ground.access_of("manager"), batch=batch))
    assert told("cycle_count.to_review") == {}
    again = ground.plan(assignees=[ground.people["counter"]])
    assert told("cycle_count.to_count") == {"counter": True}
    transactions.run(lambda: cancel_batch(access=ground.access_of("manager"), batch=again))
    assert told("cycle_count.to_count") == {}


def test_a_proposal_is_told_in_the_back_office_until_it_is_taken_up(ground: Ground) -> None:
    batch = ground.plan(name="Due on 31 March")
    tell(notifications.tell_proposed, ground, batch, by=access_of_system(ground.organization))
    assert told("cycle_count.proposed") == dict.fromkeys(REVIEWERS, False)
    notice = Notice.objects.filter(kind="cycle_count.proposed")[0]
    assert (notice.title, notice.text) == ("CC-00001 “Due on 31 March” is proposed", "North: 6 lines.")
    assert notice.path == page_of(batch)
    ground.start(batch)
    assert told("cycle_count.proposed") == {}


def test_settling_one_batch_settles_no_other(ground: Ground) -> None:
    batch = ground.submitted(off={GLOVES: -2})
    resolve(ground, batch)
    second = ground.submitted(off={GLOVES: 1})
    tell(notifications.settle_batch, ground, batch)
    assert told("cycle_count.to_review") == REVIEWERS
    tell(notifications.settle_batch, ground, second)
    assert told("cycle_count.to_review") == {}


def test_who_only_counts_is_told_nothing_of_the_books(ground: Ground) -> None:
    """7919 are expected and 7901 were counted."""
    ground.stock_by("GLOVES", "A-1", 7909)
    users = [ground.people[name] for name in ("counter", "other_counter")]
    batch = ground.started(assignees=users)
    ground.count(batch, {GLOVES: 7901, MASKS: 4})
    ground.submit(batch)
    resolve(ground, batch, {GLOVES: "recount", MASKS: "accept"}, recount_assignees=users[1:])
    for notice in Notice.objects.filter(user__in=users):
        for word in ("7919", "7901", "18", "36", "ecount", "differ", "mismatch"):
            assert word not in notice.title + notice.text, notice.text


def test_the_mail_says_why(ground: Ground) -> None:
    assert set(notifications.REASONS) <= set(notices.reasons)
    ground.plan(assignees=[ground.people["counter"]])
    send_due(timezone.now() + timedelta(minutes=1))
    (message,) = mail.outbox
    assert message.to == ["counter@acme.example"]
    assert "this count is assigned to you" in message.body


COSTS: list[tuple[str, int]] = [
    ("tell_assigned", 3),
    ("tell_proposed", 4),
    ("tell_started", 1),
    ("tell_submitted", 5),
    ("settle_batch", 3),
]


@pytest.mark.parametrize(("name", "cost"), COSTS)
def test_what_telling_costs(ground: Ground, name: str, cost: int) -> None:
    batch = ground.submitted(off={GLOVES: -2, MASKS: 1})
    fields = {"users": list(ground.people.values())} if name == "tell_assigned" else {}
    CountLine.objects.filter(batch=batch).update(note="more")
    access = ground.access_of("manager")
    with CaptureQueriesContext(connection) as queries:
        tell(getattr(notifications, name), ground, batch, by=access, **fields)
    assert len([query for query in queries if "SAVEPOINT" not in query["sql"]]) == cost
