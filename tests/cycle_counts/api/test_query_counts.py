"""What each request costs in statements: literal numbers, the same for 1, 3 and 300 lines."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests import factories
from tests.cycle_counts.api.desk import PATH, done
from tests.inventory.api.callers import Caller
from tests.inventory.api.volume import make_levels, make_skus
from warehouses.models import Organization, Warehouse


def count(number: int, work: Callable[[], Any]) -> Any:
    with CaptureQueriesContext(connection) as captured:
        response = work()
    assert response.status_code < 300, response.content
    made = [query["sql"][:300] for query in captured.captured_queries]
    assert len(made) == number, f"{len(made)}\n" + "\n".join(made)
    return response.json() if response["Content-Type"] == "application/json" else None


@pytest.fixture
def organization(db: None) -> Organization:
    return factories.make_organization()


@pytest.fixture
def caller(organization: Organization) -> Caller:
    """Its key has been used in this minute: noting that is one statement more."""
    found = Caller(factories.make_key(organization, ("inventory.cyclecount",)))
    found.get(PATH)
    return found


@pytest.mark.parametrize("lines", [1, 3, 300])
def test_from_the_plan_to_the_adjustment(caller: Caller, organization: Organization, lines: int) -> None:
    place = Warehouse.objects.get(organization=organization)
    make_levels(organization, make_skus(organization, lines), [place], every=1)
    body = {"locationId": place.public_id}

    count(6, lambda: caller.post(f"{PATH}/preview", body))
    shown = count(22, lambda: caller.post(PATH, body))
    assert len(shown["lines"]) == lines
    path = f"{PATH}/{shown['id']}"
    count(6, lambda: caller.get(path))
    count(12, lambda: caller.post(path, {"action": "update", "name": "Weekly"}))
    count(18, lambda: caller.post(path, {"action": "start"}))
    rows = [{"lineId": line["id"], "countedQuantity": 1, "clientId": line["id"]} for line in shown["lines"]]
    count(19, lambda: caller.post(path, {"action": "count", "counts": rows}))
    count(11, lambda: caller.post(path, {"action": "count", "counts": rows}))
    count(5, lambda: caller.get(f"{PATH}/blind-form?batchId={shown['id']}"))
    text = "line_id,counted\n" + "".join(f"{line['id']},2\n" for line in shown["lines"])
    count(22, lambda: caller.post(f"{path}/sheet", {"csv": text}))
    count(20, lambda: caller.post(path, {"action": "submit"}))
    count(7, lambda: caller.get(path))
    count(9, lambda: caller.get(f"{path}?limit=1000"))
    decisions = [{"lineId": line["id"], "resolution": "accept"} for line in shown["lines"]]
    count(17, lambda: caller.post(f"{PATH}/decide", {"batchId": shown["id"], "lines": decisions}))
    again = [{**row, "resolution": "undecided"} for row in decisions]
    count(17, lambda: caller.post(f"{PATH}/decide", {"batchId": shown["id"], "lines": again}))
    ended = count(37, lambda: caller.post(f"{PATH}/resolve", {"batchId": shown["id"]}))
    assert (ended["status"], ended["adjustmentId"] is not None) == ("resolved", True)
    count(6, lambda: caller.get(path))
    count(2, lambda: caller.get(f"{PATH}/accuracy"))
    count(6, lambda: caller.get(f"{PATH}/abc"))


@pytest.mark.parametrize("number", [1, 3])
def test_a_list(caller: Caller, organization: Organization, number: int) -> None:
    place = Warehouse.objects.get(organization=organization)
    member = factories.make_person("counter@acme.example", {organization: ["Counter"]})
    for code in make_skus(organization, number):
        make_levels(organization, [code], [place], every=1)
        body = {"locationId": place.public_id, "skus": [code], "assigneeIds": [member.public_id]}
        done(caller.post(PATH, body), 201)

    found = count(8, lambda: caller.get(f"{PATH}?sort=-dueOn&late=false"))

    assert len(count(8, lambda: caller.get(PATH))["data"]) == number
    assert found["pagination"]["limit"] == 50


@pytest.mark.parametrize("lines", [1, 3])
def test_a_recount(caller: Caller, organization: Organization, lines: int) -> None:
    place = Warehouse.objects.get(organization=organization)
    make_levels(organization, make_skus(organization, lines), [place], every=1)
    shown = done(caller.post(PATH, {"locationId": place.public_id}), 201)
    path = f"{PATH}/{shown['id']}"
    done(caller.post(path, {"action": "start"}))
    rows = [{"lineId": line["id"], "countedQuantity": 1} for line in shown["lines"]]
    done(caller.post(path, {"action": "count", "counts": rows}))
    done(caller.post(path, {"action": "submit"}))
    decisions = [{"lineId": line["id"], "resolution": "recount"} for line in shown["lines"]]
    body = {"batchId": shown["id"], "lines": decisions}

    ended = count(28, lambda: caller.post(f"{PATH}/resolve", body))

    count(6, lambda: caller.get(f"{PATH}/{ended['recountIds'][0]}"))
