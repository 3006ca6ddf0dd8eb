"""Old runs go; what somebody may still need stays."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from inventory.models import SyncedRow, SyncProblem, SyncRun
from inventory.sync.purge import purge
from tests import factories
from tests.inventory.api.syncs import make_run
from warehouses.models import Organization, Warehouse

pytestmark = pytest.mark.django_db


def made(shop: Warehouse, now: datetime, days: int, **fields: object) -> SyncRun:
    when = now - timedelta(days=days)
    return make_run(shop, created_at=when, started_at=when, finished_at=when, **fields)


def test_old_runs_go_and_their_rows_stay_counted(organization: Organization, shop: Warehouse) -> None:
    now = timezone.now()
    other = factories.make_warehouse(organization, "Other")
    old, resolved = made(shop, now, 40), made(shop, now, 39)
    SyncProblem.objects.create(run=resolved, row=1, code="INVALID_ROW", detail="", is_resolved=True)
    open_rows = made(shop, now, 38)
    SyncProblem.objects.create(run=open_rows, row=1, code="NEGATIVE_QUANTITY", detail="")
    retried = made(shop, now, 37)
    retry = made(shop, now, 29, sync_type="retry", retries=retried)
    newest, only = made(shop, now, 1), made(other, now, 400)
    running = make_run(
        factories.make_warehouse(organization, "Third"),
        state="running",
        created_at=now - timedelta(days=50),
        finished_at=None,
        next_attempt_at=now,
    )
    SyncedRow.objects.create(warehouse=shop, key="till-1/1", document_id=old.pk)

    assert purge(now) == 2

    assert set(SyncRun.objects.all()) == {open_rows, retried, retry, newest, only, running}
    assert SyncedRow.objects.count() == 1
    assert purge(now + timedelta(days=2)) == 2  # now the retry is old too, and then what it retried
    assert set(SyncRun.objects.all()) == {open_rows, newest, only, running}
