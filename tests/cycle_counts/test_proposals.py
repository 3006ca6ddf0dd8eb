"""Counts of what is due, planned by themselves, and the tasks that see to it."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.conf import settings
from django.utils import timezone

from cycle_counts import abc, tasks
from cycle_counts.models import BatchState, CountBatch, CountCycle, Origin
from cycle_counts.planning import update_batch
from cycle_counts.preferences import change_settings, settings_of
from cycle_counts.proposals import propose
from cycle_counts.tolerances import Tolerance
from tests import factories
from tests.cycle_counts.conftest import Ground
from warehouses import transactions
from warehouses.models import Notice, Organization
from warehouses.refusals import Conflict

NOW = datetime(2026, 12, 1, 9, tzinfo=UTC)
DAY = timedelta(days=1)


def proposed(ground: Ground, now: datetime = NOW) -> list[CountBatch]:
    return propose(organization=ground.organization, now=now)


@pytest.fixture
def due(ground: Ground) -> Ground:
    """Everything is due."""
    abc.refresh_cycles(organization=ground.organization, now=NOW - DAY)
    return ground


def test_what_is_due_is_planned(due: Ground) -> None:
    [batch] = proposed(due)
    found = CountBatch.objects.get(pk=batch.pk)
    assert (found.origin, found.state, found.is_blind, found.due_on, found.name) == (
        Origin.PROPOSED,
        BatchState.DRAFT,
        True,
        date(2026, 12, 1),
        "Due on 1 December 2026",
    )
    assert (found.warehouse, found.actor_name, found.planned_by, found.created_at) == (
        due.warehouse,
        "system",
        None,
        NOW,
    )
    assert found.lines.count() == 6
    assert found.scope == {"due_only": True, "limit": 200}


def test_those_who_review_there_are_told(due: Ground) -> None:
    proposed(due)
    told = Notice.objects.values_list("user__email", flat=True)
    assert sorted(told) == ["approver@acme.example", "manager@acme.example", "owner@acme.example"]


def test_it_is_as_the_organization_counts(due: Ground) -> None:
    change_settings(access=due.access_of("owner"), is_blind=False, tolerance_units=2, proposed_lines=3)
    [batch] = proposed(due)
    assert (batch.is_blind, batch.tolerance_units, batch.lines.count()) == (False, 2, 3)


def test_what_is_longest_due_comes_first(due: Ground) -> None:
    change_settings(access=due.access_of("owner"), proposed_lines=2)
    CountCycle.objects.filter(sku=due.sku("SALINE")).update(next_due_on=date(2026, 1, 1))
    [batch] = proposed(due)
    assert {line.sku for line in batch.lines.select_related("sku")} == {due.sku("SALINE")}


def test_nothing_due_is_no_proposal(due: Ground) -> None:
    CountCycle.objects.update(next_due_on=NOW.date() + DAY)
    assert proposed(due) == []
    assert not CountBatch.objects.exists()


def test_a_day_has_one_proposal(due: Ground) -> None:
    [batch] = proposed(due)
    assert proposed(due, NOW + timedelta(hours=1)) == []
    CountBatch.objects.filter(pk=batch.pk).update(state=BatchState.CANCELLED)
    assert proposed(due, NOW + timedelta(hours=2)) == []
    assert len(proposed(due, NOW + DAY)) == 1


def test_an_untouched_proposal_waits(due: Ground) -> None:
    [batch] = proposed(due)
    factories.stock(due.sku("TAPE"), due.warehouse, 5)  # all else is in the first one
    assert proposed(due, NOW + 7 * DAY) == []
    transactions.run(
        lambda: update_batch(
            access=due.access_of("manager"), batch=batch, changes={"tolerance": Tolerance(units=1)}
        )
    )
    [second] = proposed(due, NOW + 7 * DAY)
    assert [str(line.sku) for line in second.lines.select_related("sku")] == ["TAPE"]


def test_the_day_is_the_organizations(due: Ground) -> None:
    due.organization.time_zone = "Pacific/Auckland"
    due.organization.save()
    evening = datetime(2026, 12, 1, 10, 30, tzinfo=UTC)  # 23:30 there
    [batch] = proposed(due, evening)
    assert batch.due_on == date(2026, 12, 1)
    CountBatch.objects.filter(pk=batch.pk).update(state=BatchState.CANCELLED)
    [second] = proposed(due, evening + timedelta(hours=1))
    assert second.due_on == date(2026, 12, 2)


@pytest.mark.parametrize("change", [{"is_active": False}, {"is_readonly": True}])
def test_where_nothing_can_be_posted_nothing_is_proposed(due: Ground, change: dict[str, Any]) -> None:
    for field, value in change.items():
        setattr(due.warehouse, field, value)
    due.warehouse.save()
    assert proposed(due) == []


def test_it_can_be_off(due: Ground) -> None:
    change_settings(access=due.access_of("owner"), proposes=False)
    assert proposed(due) == []


# --- tasks


def test_classes_are_refreshed_once_a_day_and_counts_proposed_after_that(
    ground: Ground, monkeypatch: pytest.MonkeyPatch
) -> None:
    tasks.propose_counts()
    assert not CountBatch.objects.exists()  # what is due is not known yet
    tasks.refresh_classes()
    first = settings_of(ground.organization).classified_at
    assert first is not None
    tasks.refresh_classes()
    assert settings_of(ground.organization).classified_at == first
    tasks.propose_counts()
    tasks.propose_counts()
    assert CountBatch.objects.filter(origin=Origin.PROPOSED).count() == 1
    tomorrow = timezone.now() + DAY
    monkeypatch.setattr(timezone, "now", lambda: tomorrow)
    tasks.refresh_classes()
    assert settings_of(ground.organization).classified_at == tomorrow


def test_a_day_begins_where_the_organization_is(monkeypatch: pytest.MonkeyPatch, db: None) -> None:
    kiwi = factories.make_organization("Kiwi", time_zone="Pacific/Auckland")
    coast = factories.make_organization("Coast", time_zone="America/Los_Angeles")
    at = datetime(2026, 3, 12, 10, 30, tzinfo=UTC)  # 23:30 of the 12th, and 03:30 of the 12th
    monkeypatch.setattr(timezone, "now", lambda: at)
    tasks.refresh_classes()
    later = at + timedelta(hours=1)
    monkeypatch.setattr(timezone, "now", lambda: later)
    tasks.refresh_classes()
    assert (settings_of(kiwi).classified_at, settings_of(coast).classified_at) == (later, at)


def test_one_can_be_asked_for_at_once(ground: Ground) -> None:
    tasks.refresh_classes()
    first = settings_of(ground.organization).classified_at
    other = factories.make_organization("Other")
    tasks.refresh_classes(str(ground.organization.pk))
    assert settings_of(ground.organization).classified_at != first
    assert settings_of(other).classified_at is None


def test_one_that_cannot_be_done_keeps_no_other_waiting(
    ground: Ground, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = factories.make_organization("Other")
    plain = abc.refresh

    def refresh(*, organization: Organization, now: datetime) -> int:
        if organization == ground.organization:
            raise Conflict("CONTENTION", "Too many changes to the same stock at once; try again.")
        return plain(organization=organization, now=now)

    monkeypatch.setattr(abc, "refresh", refresh)
    tasks.refresh_classes()
    assert settings_of(ground.organization).classified_at is None
    assert settings_of(other).classified_at is not None


def test_an_organization_that_is_closed_is_left_alone(ground: Ground) -> None:
    ground.organization.is_active = False
    ground.organization.save()
    tasks.refresh_classes()
    tasks.refresh_classes(str(ground.organization.pk))
    assert settings_of(ground.organization).classified_at is None


def test_both_are_on_the_schedule() -> None:
    scheduled = {entry["task"] for entry in settings.CELERY_BEAT_SCHEDULE.values()}
    assert {"cycle_counts.refresh_classes", "cycle_counts.propose_counts"} <= scheduled
