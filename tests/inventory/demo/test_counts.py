"""What the demonstration's people have counted: every state, weeks of accuracy, and what the examples name."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

import pytest
from django.utils import timezone

from cycle_counts.api.batches import documentation as documented_batches
from cycle_counts.demo import documented
from cycle_counts.demo.counts import UNKNOWN
from cycle_counts.drift import moved_since
from cycle_counts.models import Classification, CountBatch, CountCycle, CountEntry, CountSettings, LineState
from cycle_counts.reports.accuracy import accuracy
from cycle_counts.totals import totals_of
from inventory.models import Movement
from inventory.verification import verify
from tests.inventory.demo.conftest import Demo
from warehouses.access import access_of_user
from warehouses.identifiers import decode
from warehouses.models import Notice, User

#: The marks are what a database is made for; the demonstration in it is the module's, loaded for the first test.
pytestmark = [pytest.mark.django_db, pytest.mark.timeout(600)]


def batches_of(demo: Demo) -> list[CountBatch]:
    return list(CountBatch.objects.filter(organization=demo.organization).order_by("number"))


def test_they_are_of_every_state_but_cancelled(demo: Demo) -> None:
    batches = batches_of(demo)
    assert Counter(batch.state for batch in batches) == {
        "resolved": 6,
        "review": 3,
        "counting": 2,
        "draft": 3,
    }
    assert Counter(batch.origin for batch in batches)["recount"] == 1
    assert [batch.number for batch in batches] == list(range(1, len(batches) + 1))
    assert list(verify()) == []


def test_one_waits_for_review_with_all_there_is_to_decide(demo: Demo) -> None:
    (batch,) = [each for each in batches_of(demo) if each.name.startswith("Shelves")]
    totals = totals_of([batch.pk])[batch.pk]
    # Some SKUs lie in two bins.
    assert totals.lines >= 12
    assert (totals.found, totals.pending) == (1, 0)
    lines = list(batch.lines.select_related("sku").order_by("position"))
    assert sorted(line.variance for line in lines if line.variance) == [-5, -2, 1, 3]
    assert [line.code for line in lines if line.sku_id is None] == [UNKNOWN]
    drifts = moved_since(lines)
    assert [drift.now - drift.then for drift in drifts.values() if drift.now != drift.then] == [-1]


def test_one_is_counted_by_half_and_blind(demo: Demo) -> None:
    (batch,) = [each for each in batches_of(demo) if each.name == "Round of the day"]
    assert batch.is_blind
    assert [user.email for user in batch.assignees.all()] == ["counter@demo.example"]
    states = Counter(line.state for line in batch.lines.all())
    assert set(states) == {LineState.COUNTED, LineState.PENDING}
    assert states[LineState.COUNTED] == states.total() // 2 >= 7


def test_the_counts_became_better(demo: Demo) -> None:
    access = access_of_user(User.objects.get(email="manager@demo.example"), demo.organization)
    assert access is not None
    weeks = [row for row in accuracy(access=access) if row.abc_class == "" and row.lines]
    assert len(weeks) == 6
    assert all(row.hit_rate is not None and 0 < row.hit_rate <= 100 for row in weeks)
    assert any(row.hit_rate == 100 for row in weeks)


def test_classes_and_due_dates_are_of_now(demo: Demo) -> None:
    settings = CountSettings.objects.get(organization=demo.organization)
    assert settings.classified_at is not None
    assert timezone.now() - settings.classified_at < timedelta(hours=1)
    classes = Counter(Classification.objects.values_list("abc_class", flat=True))
    assert set(classes) == {"A", "B", "C"}
    assert CountCycle.objects.filter(last_counted_at__isnull=False).count() >= 40


def test_a_recount_is_somebody_elses(demo: Demo) -> None:
    (recount,) = [batch for batch in batches_of(demo) if batch.recount_of_id is not None]
    (line,) = recount.lines.select_related("recount_of")
    assert line.recount_of is not None
    counters = set(CountEntry.objects.filter(line=line.recount_of).values_list("actor_name", flat=True))
    assert not counters & {user.email for user in recount.assignees.all()}
    assert recount.assignees.count() == 1


def test_nothing_is_posted_twice_and_nobody_is_sent_mail(demo: Demo) -> None:
    resolved = [batch for batch in batches_of(demo) if batch.state == "resolved"]
    for batch in resolved:
        posted = Movement.objects.filter(document_id=batch.adjustment_id)
        accepted = batch.lines.filter(state=LineState.ACCEPTED).exclude(variance=0)
        assert sorted(posted.values_list("delta", flat=True)) == sorted(
            accepted.values_list("variance", flat=True)
        )
    assert not Notice.objects.filter(organization=demo.organization, email_due_at__isnull=False).exists()


def test_the_examples_find_what_they_name(demo: Demo) -> None:
    states = {
        documented.DRAFT: "draft",
        documented.COUNTING: "counting",
        documented.REVIEW: "review",
        documented.OTHER_REVIEW: "review",
    }
    for public_id, state in states.items():
        batch = CountBatch.objects.get(pk=decode("cc", public_id))
        assert batch.state == state
        if public_id in documented.LINES:
            line = batch.lines.get(pk=decode("ccl", documented.LINES[public_id]))
            assert line.state == ("counted" if state == "review" else "pending")


def test_the_documentation_names_the_same() -> None:
    assert (documented_batches.DRAFT, documented_batches.COUNTING, documented_batches.REVIEW) == (
        documented.DRAFT,
        documented.COUNTING,
        documented.REVIEW,
    )
    assert documented.LINES[documented.COUNTING] == documented_batches.COUNTING_LINE
    assert documented.LINES[documented.REVIEW] == documented_batches.REVIEW_LINE
