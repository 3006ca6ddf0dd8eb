"""Counting 300 lines takes as many statements as counting one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from cycle_counts.counting import Counted, Visited, count_lines, start_batch, submit_batch
from cycle_counts.models import CountBatch, CountLine
from cycle_counts.planning import Scope
from cycle_counts.sheets import csv_rows, form_of, upload_sheet
from inventory.adjustments import adjust
from inventory.ledger import Line
from inventory.models import Sku, Source, sku_key
from tests import factories
from tests.cycle_counts.conftest import Ground
from warehouses import transactions
from warehouses.actors import SYSTEM
from warehouses.http.rendering import csv_text

pytestmark = pytest.mark.django_db

#: Without the ends of transactions. A person counts, in a warehouse where somebody reviews.
STATEMENTS: Final = {
    "count now": 9,
    "count again": 9,
    "count what was counted before": 8,
    "count by codes": 10,
    "count what was found": 15,
    "send again": 2,
    "see bins": 6,
    "start": 12,
    "start with more": 16,
    "submit": 10,
    "form": 3,
    "upload a sheet": 14,
}


@pytest.fixture
def skus(ground: Ground) -> list[Sku]:
    """60 of one product, ten units of each in every bin; and none of anything else."""
    product = factories.make_product(ground.organization)
    made = Sku.objects.bulk_create(
        Sku(
            organization=ground.organization,
            product=product,
            code=f"BULK-{place:02d}",
            code_key=sku_key(f"BULK-{place:02d}"),
            title="Bulk",
        )
        for place in range(60)
    )
    reason = factories.reason(ground.organization)
    lines = [
        Line(sku=sku, warehouse=ground.warehouse, quantity=10, reason=reason, bin=shelf)
        for sku in made
        for shelf in ground.bins.values()
    ]
    transactions.run(
        lambda: adjust(organization=ground.organization, actor=SYSTEM, source=Source.SYSTEM, lines=lines)
    )
    return made


def statements(work: Callable[[], Any]) -> int:
    """Of a transaction; ones of more than a screen count as one."""
    with CaptureQueriesContext(connection) as queries:
        transactions.run(work)
    ends = ("SAVEPOINT", "RELEASE", "BEGIN", "COMMIT")
    return sum(1 for query in queries if not query["sql"].startswith(ends))


def planned(ground: Ground, skus: list[Sku], number: int, *, is_started: bool = True) -> CountBatch:
    """A batch of the first SKUs, which has four lines of each."""
    CountBatch.objects.update(state="cancelled")
    batch = ground.plan(scope=Scope(skus=tuple(skus[:number])))
    return ground.start(batch) if is_started else batch


def lines_of(batch: CountBatch) -> list[CountLine]:
    return list(CountLine.objects.filter(batch=batch).order_by("position"))


@pytest.mark.parametrize("number", [1, 3, 60])
def test_counting(ground: Ground, skus: list[Sku], number: int) -> None:
    batch = planned(ground, skus, number)
    access = ground.access_of("counter")
    before = timezone.now()
    lines = lines_of(batch)
    assert len(lines) == 4 * number

    def take(counts: list[Counted], **fields: Any) -> int:
        return statements(lambda: count_lines(access=access, batch=batch, counts=counts, **fields))

    found = {
        "count now": take([Counted(9, line_id=line.pk, client_id=str(line.pk)) for line in lines]),
        "count again": take([Counted(8, line_id=line.pk, client_id=f"{line.pk}-2") for line in lines]),
        "send again": take([Counted(8, line_id=line.pk, client_id=f"{line.pk}-2") for line in lines]),
        "count what was counted before": take(
            [Counted(9, line_id=line.pk, counted_at=before, client_id=f"{line.pk}-3") for line in lines]
        ),
        "count by codes": take(
            [Counted(9, code=sku.code, bin=shelf) for sku in skus[:number] for shelf in ground.bins.values()]
        ),
    }
    shelves = [factories.make_bin(ground.warehouse, f"B-{place}") for place in range(number)]
    fresh = [Counted(1, sku=sku, bin=shelf) for sku, shelf in zip(skus, shelves, strict=False)]
    unknown = [Counted(1, code=f"4006-{place}", bin=shelf) for place, shelf in enumerate(shelves)]
    found["count what was found"] = take([*fresh, *unknown])
    more = [factories.make_bin(ground.warehouse, f"C-{place}") for place in range(number)]
    found["see bins"] = take([], visited=[Visited(shelf) for shelf in (*shelves, *more)])
    found["submit"] = statements(lambda: submit_batch(access=access, batch=batch))
    assert found == {name: STATEMENTS[name] for name in found}


@pytest.mark.parametrize("number", [1, 3, 60])
def test_starting(ground: Ground, skus: list[Sku], number: int) -> None:
    access = ground.access_of("counter")
    batch = planned(ground, skus, number, is_started=False)
    found = {"start": statements(lambda: start_batch(access=access, batch=batch))}
    other = planned(ground, skus, number, is_started=False)
    shelf = factories.make_bin(ground.warehouse, "B-1")
    for sku in skus[: min(number, 3)]:
        factories.stock(sku, ground.warehouse, 1, bin=shelf)
    found["start with more"] = statements(lambda: start_batch(access=access, batch=other))
    assert found == {name: STATEMENTS[name] for name in found}


@pytest.mark.parametrize("number", [1, 3, 60])
def test_sheets(ground: Ground, skus: list[Sku], number: int) -> None:
    batch = planned(ground, skus, number)
    access = ground.access_of("counter")
    with CaptureQueriesContext(connection) as queries:
        form = form_of(access=access, batch=batch)
    rows = [list(row) for row in csv_rows(form)]
    for row in rows[1:]:
        row[rows[0].index("counted")] = 9
    text = csv_text(rows)
    found = {
        "form": len(queries),
        "upload a sheet": statements(lambda: upload_sheet(access=access, batch=batch, text=text)),
    }
    assert set(CountLine.objects.filter(batch=batch).values_list("counted", flat=True)) == {9}
    assert found == {name: STATEMENTS[name] for name in found}
