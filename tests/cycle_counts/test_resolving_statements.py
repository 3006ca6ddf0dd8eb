"""How many statements reviewing takes: the same, whatever the number of lines."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from cycle_counts.counting import Counted, count_lines
from cycle_counts.drift import moved_since
from cycle_counts.models import CountBatch, CountLine, LineState
from cycle_counts.planning import Scope
from cycle_counts.review import LineResolution, decide_lines, resolve_batch
from cycle_counts.totals import totals_of
from inventory.models import Sku
from tests import factories
from tests.cycle_counts.conftest import Ground
from warehouses import transactions

pytestmark = pytest.mark.django_db


def statements(work: Callable[[], Any]) -> int:
    with CaptureQueriesContext(connection) as queries:
        work()
    return len([query for query in queries if "SAVEPOINT" not in query["sql"]])


def many(ground: Ground, number: int) -> CountBatch:
    """So many lines of each of: differing, to be recounted, of a new lot, and unknown; all counted."""
    batch = ground.started(scope=Scope(skus=(ground.sku("TAPE"),)))
    counts = []
    bins = list(ground.bins.values())
    for n in range(number):
        goods = {"bin": bins[n % 4], "quantity": n + 1}
        counts += [
            Counted(sku=factories.make_sku(ground.organization, f"DIFFERS-{n}"), **goods),  # type: ignore[arg-type]
            Counted(sku=factories.make_sku(ground.organization, f"DOUBTED-{n}"), **goods),  # type: ignore[arg-type]
            Counted(sku=ground.sku("SALINE"), lot_code=f"NEW-{n}", **goods),  # type: ignore[arg-type]
            Counted(code=f"CODE-{n}", **goods),  # type: ignore[arg-type]
        ]
        factories.make_sku(ground.organization, f"NAMED-{n}")
    transactions.run(lambda: count_lines(access=ground.access_of("counter"), batch=batch, counts=counts))
    return ground.submit(batch)


def said(batch: CountBatch) -> list[LineResolution]:
    skus = {
        sku.code: sku
        for sku in Sku.objects.filter(organization=batch.organization).select_related("organization")
    }
    found = []
    for line in CountLine.objects.filter(batch=batch, counted__isnull=False).select_related("sku"):
        if line.sku is None:
            sku = skus[line.code.replace("CODE", "NAMED")]
            found.append(LineResolution(line.pk, "accept", sku=sku, index=len(found)))
        else:
            is_doubted = line.sku.code.startswith("DOUBTED")
            found.append(LineResolution(line.pk, "recount" if is_doubted else "accept", index=len(found)))
    return found


@pytest.mark.parametrize("number", [1, 3])
def test_deciding(ground: Ground, number: int) -> None:
    batch = many(ground, number)
    resolutions = said(batch)
    access = ground.access_of("approver")
    spent = statements(
        lambda: transactions.run(lambda: decide_lines(access=access, batch=batch, resolutions=resolutions))
    )
    assert spent == 11


@pytest.mark.parametrize("number", [1, 3])
def test_resolving(ground: Ground, number: int) -> None:
    batch = many(ground, number)
    resolutions = said(batch)
    access = ground.access_of("approver")
    spent = statements(
        lambda: transactions.run(
            lambda: resolve_batch(
                access=access,
                batch=batch,
                resolutions=resolutions,
                recount_assignees=[ground.people["other_counter"]],
            )
        )
    )
    batch.refresh_from_db()
    assert batch.state == "resolved"
    assert spent == 51


@pytest.mark.parametrize("number", [1, 3])
def test_totals_and_drift(ground: Ground, number: int) -> None:
    batches = [many(ground, 1)]
    lines = list(
        CountLine.objects.filter(batch__in=batches).exclude(state=LineState.PENDING).select_related("sku")
    )
    for line in lines:
        if line.sku is not None:
            line.sku.organization = ground.organization
    assert statements(lambda: totals_of([batch.pk for batch in batches * number])) == 1
    assert statements(lambda: moved_since(lines * number)) == 2
    assert statements(lambda: moved_since([])) == statements(lambda: totals_of([])) == 0
