"""The list of requests: own rows only, found by number, code and requester, at a constant number of queries."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from stock_requests.admin.labels import LOOKS
from stock_requests.models import Priority, RequestState, StockRequest
from tests import factories
from tests.stock_requests.admin.conftest import LIST, Pages, approved, submitted
from tests.stock_requests.conftest import Ground

pytestmark = pytest.mark.django_db


def names_on(page: Any) -> list[str]:
    return [row.name for row in page.context["cl"].result_list]


def chips_on(page: Any) -> dict[str, int]:
    return {chip.words: chip.number for chip in page.context["cl"].chips}


def test_what_a_row_says(ground: Ground, pages: Pages) -> None:
    yesterday = timezone.localdate() - timedelta(days=1)
    found = submitted(ground, 10, 5, priority=Priority.URGENT, needed_by=yesterday)
    StockRequest.objects.filter(pk=found.pk).update(submitted_at=timezone.now() - timedelta(hours=3))
    page = pages("approver").get(LIST)
    words = page.content.decode()
    for told in (
        "SR-00001",
        "Central → Clinic",
        "Urgent",
        "Overdue",
        "requester@acme.example",
        "3 h",
        "35.00",
    ):
        assert told in words
    row = page.context["cl"].result_list[0]
    assert (row.totals.lines, row.totals.requested) == (2, 15)


def test_a_late_request_is_marked_only_while_it_is_open(ground: Ground, pages: Pages) -> None:
    yesterday = timezone.localdate() - timedelta(days=1)
    found = submitted(ground, needed_by=yesterday)
    today = submitted(ground, needed_by=timezone.localdate())
    page = pages("owner").get(f"{LIST}?due=overdue")
    assert names_on(page) == [found.name]
    assert chips_on(page)["Overdue"] == 1
    StockRequest.objects.filter(pk=found.pk).update(state=RequestState.FULFILLED)
    assert names_on(pages("owner").get(f"{LIST}?due=overdue")) == []
    assert names_on(pages("owner").get(f"{LIST}?due=week")) == [today.name]


def test_the_chips_count_and_filter(ground: Ground, pages: Pages) -> None:
    first = submitted(ground)
    second = approved(ground)
    requester = pages("requester")
    page = requester.get(LIST)
    counted = chips_on(page)
    assert (counted["All"], counted["Submitted"], counted["Approved"], counted["Draft"]) == (2, 1, 1, 0)
    assert counted["Mine"] == 2
    link = next(chip.link for chip in page.context["cl"].chips if chip.words == "Approved")
    assert names_on(requester.get(f"{LIST}{link}")) == [second.name]
    page = requester.get(f"{LIST}{link}&q=GLOVES")
    kept = next(chip.link for chip in page.context["cl"].chips if chip.words == "Submitted")
    assert names_on(requester.get(f"{LIST}{kept}")) == [first.name]
    assert "q=GLOVES" in kept
    assert names_on(pages("owner").get(f"{LIST}?mine=yes")) == []


@pytest.mark.parametrize(
    ("term", "found"),
    [
        ("SR-00002", ["SR-00002"]),
        ("sr-2", ["SR-00002"]),
        ("2", ["SR-00002"]),
        ("masks", ["SR-00002"]),
        ("4006381333931", ["SR-00002"]),
        ("requester@acme", ["SR-00002", "SR-00001"]),
        ("urgent matter", ["SR-00001"]),
        ("nothing of the kind", []),
    ],
)
def test_search(ground: Ground, pages: Pages, term: str, found: list[str]) -> None:
    from inventory.models import Barcode

    Barcode.objects.create(organization=ground.organization, sku=ground.skus[1], code="4006381333931")
    submitted(ground, 1, note="An urgent matter")
    submitted(ground, 1, 2)
    assert names_on(pages("owner").get(LIST, {"q": term})) == found


def test_a_public_id_finds_its_request(ground: Ground, pages: Pages) -> None:
    found = submitted(ground)
    submitted(ground)
    assert names_on(pages("owner").get(LIST, {"q": found.public_id})) == [found.name]


def test_who_sees_which_rows(ground: Ground, pages: Pages) -> None:
    elsewhere = factories.make_warehouse(ground.organization, "Elsewhere")
    here = submitted(ground)
    hidden = factories.make_request(elsewhere, None, [(ground.skus[0], 1)])
    assert names_on(pages("owner").get(LIST)) == [hidden.name, here.name]
    assert names_on(pages("approver").get(LIST)) == [here.name]
    assert names_on(pages("outsider").get(LIST)) == []
    nobody = factories.make_person("no@acme.example", {ground.organization: ["Counter"]})
    client = pages("owner")
    client.force_login(nobody, backend="django.contrib.auth.backends.ModelBackend")
    assert client.get(LIST).status_code == 403


def test_thrown_away_drafts_are_not_there(ground: Ground, pages: Pages) -> None:
    found = factories.make_request(ground.source, ground.destination, access=ground.requester)
    StockRequest.objects.filter(pk=found.pk).update(deleted_at=timezone.now())
    page = pages("requester").get(LIST)
    assert names_on(page) == []
    assert chips_on(page)["All"] == 0


def test_the_list_costs_the_same_for_one_and_three_rows(ground: Ground, pages: Pages) -> None:
    owner = pages("owner")
    submitted(ground, 1, 2, 3, needed_by=timezone.localdate())
    owner.get(LIST)
    with CaptureQueriesContext(
        connection,
    ) as one:
        assert owner.get(LIST).status_code == 200
    approved(ground, 1, 2, 3)
    submitted(ground, 4, to=ground.room)
    with CaptureQueriesContext(connection) as three:
        assert len(names_on(owner.get(LIST))) == 3
    assert len(three) == len(one)


def test_every_state_has_a_look_of_its_own_meaning() -> None:
    """What needs a person, what moves, what is done, what is not there: never colour alone."""
    assert set(LOOKS) == set(RequestState)
    assert all(look.icon for look in LOOKS.values())
    assert LOOKS[RequestState.SUBMITTED].variant == "warning"
    assert LOOKS[RequestState.PICKING].variant == "info"
    done = {LOOKS[state].extra for state in (RequestState.APPROVED, RequestState.FULFILLED)}
    assert done == {"symbol-label-plain"}
    gone = {LOOKS[state].extra for state in (RequestState.DRAFT, RequestState.CANCELLED)}
    assert gone == {"symbol-label-grey"}
    assert LOOKS[RequestState.REJECTED].extra == "symbol-label-outline"
    assert "danger" not in {look.variant for look in LOOKS.values()}


def test_what_waits_is_counted_beside_the_entry(ground: Ground, pages: Pages) -> None:
    def badge(name: str, page: str) -> str | None:
        groups = pages(name).get(page).context["sidebar_navigation"]
        entries = [entry for group in groups for entry in group["items"] if entry["title"] == "Approvals"]
        return entries[0].get("badge") if entries else "no entry"

    assert badge("approver", LIST) is None
    submitted(ground)
    submitted(ground, access=ground.owner)
    assert badge("approver", LIST) == badge("approver", "/admin/") == "2"
    assert badge("owner", LIST) == "1"  # the other one is their own
    assert badge("requester", LIST) == "no entry"
    assert badge("approver", "/admin/inventory/stocklevel/") is None
