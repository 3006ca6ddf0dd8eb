"""Deciding on a request of 500 lines takes as many statements as on one of a single line."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, Final

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from inventory.adjustments import adjust
from inventory.ledger import Line
from inventory.models import Sku, Source, sku_key
from stock_requests.decisions.approving import (
    LineDecision,
    Substitute,
    approve_request,
    reject_request,
    withdraw_approval,
)
from stock_requests.decisions.rollbacks import cancel_request, rollback_request
from stock_requests.drafting import MOST_LINES
from stock_requests.models import StockRequest
from tests import factories
from tests.stock_requests.conftest import Ground
from tests.stock_requests.deciding import lines_of, make_rule, sound
from warehouses import transactions
from warehouses.actors import SYSTEM

#: Without the ends of transactions.
STATEMENTS: Final = {
    "approve": 28,
    "approve with substitutes": 31,
    "approve as the first of two": 11,
    "reject": 8,
    "withdraw": 7,
    "roll back": 30,
    "roll back with substitutes": 31,
    "cancel": 17,
}


@pytest.fixture
def skus(ground: Ground) -> list[Sku]:
    """500 of one product, ten units of each at the source."""
    product = factories.make_product(ground.organization)
    made = Sku.objects.bulk_create(
        Sku(
            organization=ground.organization,
            product=product,
            code=f"BULK-{place}",
            code_key=sku_key(f"BULK-{place}"),
            title="Bulk",
        )
        for place in range(500)
    )
    reason = factories.reason(ground.organization)
    lines = [Line(sku=sku, warehouse=ground.source, quantity=10, reason=reason) for sku in made]
    transactions.run(
        lambda: adjust(organization=ground.organization, actor=SYSTEM, source=Source.SYSTEM, lines=lines)
    )
    return made


def statements(work: Callable[[], Any]) -> int:
    with CaptureQueriesContext(connection) as queries:
        transactions.run(work)
    told = [query["sql"] for query in queries.captured_queries]
    return sum(1 for sql in told if not sql.startswith(("BEGIN", "SAVEPOINT", "RELEASE", "COMMIT")))


@pytest.mark.parametrize("number", [1, 3, 500])
def test_as_many_statements_for_many_lines_as_for_one(ground: Ground, skus: list[Sku], number: int) -> None:
    approver, second, picker = ground.approver, ground.second_approver, ground.picker
    counts: dict[str, int] = {}

    def made(number: int = number) -> StockRequest:
        lines = [(sku, 2) for sku in skus[:number]]
        return factories.submitted_request(ground.source, ground.destination, lines, access=ground.requester)

    request = made()
    counts["approve"] = statements(partial(approve_request, access=approver, request=request))
    counts["roll back"] = statements(partial(rollback_request, access=picker, request=request))
    half = min(number, MOST_LINES // 2)  # each has a substitute, which is a line as well
    request = made(half)
    cut = [
        LineDecision(line.pk, 1, "Few", substitutes=(Substitute(ground.skus[0], 1),), index=place)
        for place, line in enumerate(lines_of(request))
    ]
    factories.stock(ground.skus[0], ground.source, 1000)
    counts["approve with substitutes"] = statements(
        partial(approve_request, access=approver, request=request, lines=cut)
    )
    assert len(lines_of(request)) == 2 * half
    counts["roll back with substitutes"] = statements(
        partial(rollback_request, access=picker, request=request)
    )
    counts["reject"] = statements(partial(reject_request, access=approver, request=request, reason="No"))
    request = made()
    transactions.run(partial(approve_request, access=approver, request=request))
    counts["cancel"] = statements(partial(cancel_request, access=picker, request=request))
    make_rule(ground, "Four eyes", approvals=2)
    request = made()
    counts["approve as the first of two"] = statements(
        partial(approve_request, access=second, request=request)
    )
    counts["withdraw"] = statements(partial(withdraw_approval, access=second, request=request))
    assert counts == STATEMENTS
    assert sound()
