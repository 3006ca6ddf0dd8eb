"""The page of one count: what it says to whom, what is done on it, and what it costs."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from cycle_counts.counting import Counted, count_lines
from cycle_counts.models import BatchState, CountBatch
from cycle_counts.planning import BatchChanges, Scope, update_batch
from cycle_counts.review import resolve_batch
from tests.cycle_counts.admin.conftest import Pages, page_of
from tests.cycle_counts.conftest import Ground
from warehouses import transactions

pytestmark = pytest.mark.django_db


def resolved(ground: Ground) -> CountBatch:
    batch = ground.submitted(off={("GLOVES", "A-1"): 2})
    return transactions.run(
        lambda: resolve_batch(access=ground.access_of("approver"), batch=batch, accepts_rest=True)
    ).batch


def state_of(batch: CountBatch) -> str:
    batch.refresh_from_db()
    return batch.state


def test_what_it_says(ground: Ground, pages: Pages) -> None:
    batch = ground.started(name="Aisle A", note="Mind the ladder", assignees=[ground.people["counter"]])
    ground.count(batch, {("GLOVES", "A-1"): 9})
    page = pages("manager").get(page_of(batch))
    words = page.content.decode()
    for told in (
        "CC-00001 “Aisle A”",
        "Counting",
        "Blind",
        "Mind the ladder",
        "counter@acme.example",
        "Print the sheet",
    ):
        assert told in words
    assert (page.context["totals"].counted, page.context["totals"].pending, page.context["share"]) == (
        1,
        5,
        16,
    )
    assert [shown.state for shown in page.context["page"].lines][:2] == ["Counted", "Not counted"]


@pytest.mark.parametrize(
    ("state", "name", "offered"),
    [
        ("draft", "counter", ["Start…", "Edit", "Cancel…"]),
        ("counting", "counter", ["Count on this device", "Submit…", "Edit", "Cancel…"]),
        ("review", "counter", []),
        ("review", "approver", ["Cancel…"]),
        ("resolved", "approver", []),
    ],
)
def test_what_is_offered(ground: Ground, pages: Pages, state: str, name: str, offered: list[str]) -> None:
    make = {"draft": ground.plan, "counting": ground.started, "review": ground.submitted}
    batch = resolved(ground) if state == "resolved" else make[state]()
    page = pages(name).get(page_of(batch))
    assert [each["title"] for each in page.context["actions_detail"]] == offered
    is_reviewed = name == "approver" and state in {"review", "resolved"}
    assert bool(page.context["review_url"]) is is_reviewed


class TestActs:
    def test_started_counted_submitted(self, ground: Ground, pages: Pages) -> None:
        batch, client = ground.plan(), pages("counter")
        assert client.get(page_of(batch, "start")).status_code == 200
        assert state_of(batch) == BatchState.DRAFT
        client.post(page_of(batch, "start"))
        assert state_of(batch) == BatchState.COUNTING
        assert client.get(page_of(batch, "count"))["Location"] == f"/count/{batch.public_id}/"
        refused = client.post(page_of(batch, "submit"))
        assert refused.status_code == 422
        assert "counted" in refused.content.decode()
        ground.count(batch, {("GLOVES", "A-1"): 10})
        client.post(page_of(batch, "submit"))
        assert state_of(batch) == BatchState.REVIEW

    def test_cancelled_with_a_reason(self, ground: Ground, pages: Pages) -> None:
        batch = ground.started()
        pages("counter").post(page_of(batch, "cancel"), {"reason": "The aisle is closed"})
        assert state_of(batch) == BatchState.CANCELLED
        assert "The aisle is closed" in pages("manager").get(page_of(batch)).content.decode()

    def test_in_review_only_reviewers_call_it_off(self, ground: Ground, pages: Pages) -> None:
        batch = ground.submitted()
        assert pages("counter").post(page_of(batch, "cancel")).status_code == 403
        pages("approver").post(page_of(batch, "cancel"))
        assert state_of(batch) == BatchState.CANCELLED

    @pytest.mark.parametrize(
        "act",
        [
            "start",
            "submit",
            "edit",
            "upload",
            "key-in",
            "print-sheet",
            "sheet.csv",
            "review",
            "resolve",
            "cancel",
        ],
    )
    def test_too_late(self, ground: Ground, pages: Pages, act: str) -> None:
        batch = ground.plan()
        CountBatch.objects.filter(pk=batch.pk).update(state=BatchState.CANCELLED)
        response = pages("owner").post(page_of(batch, act), follow=True)
        assert "CC-00001 is cancelled" in response.content.decode()

    @pytest.mark.parametrize(
        "act",
        [
            "change",
            "start",
            "submit",
            "edit",
            "upload",
            "key-in",
            "print-sheet",
            "sheet.csv",
            "review",
            "resolve",
            "cancel",
            "count",
        ],
    )
    def test_nobody_elses(self, ground: Ground, pages: Pages, act: str) -> None:
        batch = ground.plan()
        assert pages("outsider").get(page_of(batch, act)).status_code == 404
        assert pages("viewer").get(page_of(batch, act)).status_code in {403, 404}
        if act not in {"change", "count"}:
            assert pages("outsider").post(page_of(batch, act)).status_code == 404
            assert pages("viewer").post(page_of(batch, act)).status_code in {403, 404}
        assert state_of(batch) == BatchState.DRAFT

    def test_it_is_only_read(self, ground: Ground, pages: Pages) -> None:
        batch = ground.plan()
        assert pages("owner").post(page_of(batch), {"state": "resolved"}).status_code == 403
        assert pages("owner").post(page_of(batch, "delete"), {"post": "yes"}).status_code == 403


class TestEditing:
    def sent(self, batch: CountBatch, **more: Any) -> dict[str, Any]:
        return {"name": batch.name, "is_blind": "on", "seen": batch.version} | more

    def test_changed(self, ground: Ground, pages: Pages) -> None:
        batch = ground.plan()
        data = self.sent(
            batch,
            name="New",
            due_on="2026-12-24",
            assignees=[ground.people["other_counter"].pk],
            tolerance_value="9.50",
        )
        del data["is_blind"]
        pages("manager").post(page_of(batch, "edit"), data)
        batch.refresh_from_db()
        assert (batch.name, str(batch.due_on), batch.is_blind, str(batch.tolerance_value)) == (
            "New", "2026-12-24", False, "9.50",
        )  # fmt: skip
        assert [person.email for person in batch.assignees.all()] == ["other.counter@acme.example"]

    def test_once_begun_it_stays_as_blind_as_it_is(self, ground: Ground, pages: Pages) -> None:
        batch = ground.started()
        client = pages("manager")
        assert "is_blind" not in client.get(page_of(batch, "edit")).context["form"].fields
        data = self.sent(batch, name="New")
        del data["is_blind"]
        assert client.post(page_of(batch, "edit"), data).status_code == 302
        batch.refresh_from_db()
        assert (batch.name, batch.is_blind) == ("New", True)

    def test_a_counter_sets_no_tolerance_and_unblinds_nothing(self, ground: Ground, pages: Pages) -> None:
        batch = ground.plan()
        data = self.sent(batch, name="New", tolerance_units="100")
        del data["is_blind"]
        assert pages("counter").post(page_of(batch, "edit"), data).status_code == 302
        batch.refresh_from_db()
        assert (batch.name, batch.tolerance_units, batch.is_blind) == ("New", None, True)

    def test_who_was_faster(self, ground: Ground, pages: Pages) -> None:
        batch = ground.plan(name="Old")
        changes: BatchChanges = {"name": "Theirs"}
        transactions.run(lambda: update_batch(access=ground.access_of("owner"), batch=batch, changes=changes))
        client = pages("manager")
        page = client.post(page_of(batch, "edit"), self.sent(batch, name="Mine"))
        assert page.status_code == 409
        assert page.context["conflict"].startswith("owner@acme.example changed this")
        assert ("Name", "Theirs", "Mine") in page.context["differences"]
        batch.refresh_from_db()
        assert batch.name == "Theirs"
        # Whoever saves again has seen it.
        again = {"name": "Mine", "is_blind": "on", "seen": page.context["form"]["seen"].value()}
        assert client.post(page_of(batch, "edit"), again).status_code == 302
        batch.refresh_from_db()
        assert batch.name == "Mine"

    def test_a_form_that_is_not_ours_changes_nothing(self, ground: Ground, pages: Pages) -> None:
        batch = ground.plan(name="Old")
        assert pages("manager").post(page_of(batch, "edit"), {"name": "New"}).status_code == 409
        batch.refresh_from_db()
        assert batch.name == "Old"


class TestBlindness:
    """7,919 units stand in the books of GLOVES in A-1, and nothing says so before it may be said."""

    @pytest.fixture
    def telling(self, ground: Ground) -> CountBatch:
        ground.stock_by("GLOVES", "A-1", 7909)
        return ground.started()

    def tells(self, pages: Pages, batch: CountBatch, name: str) -> bool:
        client = pages(name)
        seen = ""
        for page in (
            "change",
            "review",
            "resolve",
            "key-in",
            "print-sheet",
            "sheet.csv",
            "edit",
            "cancel",
            "submit",
            "upload",
        ):
            seen += client.get(page_of(batch, page)).content.decode()
        seen += client.get("/admin/cycle_counts/countbatch/").content.decode()
        return any(number in seen for number in ("7919", "7,919", "7916", "7,916"))

    @pytest.mark.parametrize("name", ["owner", "manager", "approver", "counter"])
    def test_nobody_is_told_while_it_is_counted(
        self, ground: Ground, pages: Pages, telling: CountBatch, name: str
    ) -> None:
        assert not self.tells(pages, telling, name)
        ground.count(telling, {("GLOVES", "A-1"): 3})
        assert not self.tells(pages, telling, name)

    def test_called_off_before_it_was_submitted_it_stays_blind(
        self, ground: Ground, pages: Pages, telling: CountBatch
    ) -> None:
        ground.count(telling, {("GLOVES", "A-1"): 3})
        pages("owner").post(page_of(telling, "cancel"))
        assert not self.tells(pages, telling, "owner")

    def test_once_submitted_only_those_who_review_or_see_stock(
        self, ground: Ground, pages: Pages, telling: CountBatch
    ) -> None:
        ground.count(telling, {("GLOVES", "A-1"): 3})
        ground.submit(telling)
        assert self.tells(pages, telling, "approver")
        assert not self.tells(pages, telling, "counter")
        page = pages("counter").get(page_of(telling))
        assert page.context["history"] == ""
        assert page.context["review_figures"] == []

    def test_one_that_is_not_blind_shows_the_books_from_the_start(self, ground: Ground, pages: Pages) -> None:
        ground.stock_by("GLOVES", "A-1", 7909)
        batch = ground.started(is_blind=False)
        ground.count(batch, {("GLOVES", "A-1"): 3})
        assert self.tells(pages, batch, "counter")

    def test_what_others_have_counted_is_for_those_who_see_the_books(
        self, ground: Ground, pages: Pages, telling: CountBatch
    ) -> None:
        ground.count(telling, {("GLOVES", "A-1"): 4711})
        assert "4,711" in pages("counter").get(page_of(telling)).content.decode()
        assert "4,711" in pages("manager").get(page_of(telling)).content.decode()
        assert "4,711" not in pages("other_counter").get(page_of(telling)).content.decode()


def test_what_is_found_is_shown_escaped(ground: Ground, pages: Pages) -> None:
    batch = ground.started()
    count = Counted(quantity=1, code="<b>123", bin=ground.bin("A-2"))
    transactions.run(lambda: count_lines(access=ground.access_of("counter"), batch=batch, counts=[count]))
    words = pages("manager").get(page_of(batch)).content.decode()
    assert "&lt;b&gt;123" in words
    assert "Nobody knows this code yet · found" in words


@pytest.mark.parametrize("name", ["manager", "counter"])
def test_the_page_costs_the_same_for_one_and_three_lines(ground: Ground, pages: Pages, name: str) -> None:
    client = pages(name)
    one = ground.plan(scope=Scope(bins=(ground.bin("A-2"),)))
    three = ground.plan(scope=Scope(bins=(ground.bin("A-1"), ground.bin("A-4"))))
    client.get(page_of(one))
    counts = []
    for batch in (one, three):
        with CaptureQueriesContext(connection) as found:
            assert client.get(page_of(batch)).status_code == 200
        counts.append(len(found))
    assert counts[0] == counts[1]
