"""The page of one request: what it says, what people say on it, and what it costs."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from inventory.labels.code128 import code128
from inventory.models import StockItem
from stock_requests.models import ApprovalRule, Comment, Priority
from tests.stock_requests.admin.conftest import LIST, Pages, approved, page_of, submitted
from tests.stock_requests.conftest import Ground

pytestmark = pytest.mark.django_db


def test_what_it_says_while_it_waits(ground: Ground, pages: Pages) -> None:
    rule = ApprovalRule.objects.create(organization=ground.organization, name="Dear ones", approvals=1)
    rule.approvers.add(ground.people["second_approver"])
    found = submitted(ground, 10, 150, priority=Priority.URGENT, note="The ward has two boxes left")
    page = pages("requester").get(page_of(found))
    words = page.content.decode()
    for told in (
        "SR-00001: Central → Clinic",
        "Submitted",
        "Urgent",
        "The ward has two boxes left",
        "Dear ones",
        "Waiting for second.approver@acme.example",
        "Too few",
        f"470.00 {ground.organization.currency}",
    ):
        assert told in words
    figures = [(shown.figures.available, shown.figures.after) for shown in page.context["shown_lines"]]
    assert figures == [(100, 90), (100, -50)]


def test_figures_are_gone_once_it_is_decided(ground: Ground, pages: Pages) -> None:
    page = pages("requester").get(page_of(approved(ground, 10)))
    assert not page.context["has_figures"]
    line = page.context["shown_lines"][0].line
    assert (line.requested, line.approved, line.remaining) == (10, 10, 10)


def test_only_who_sees_the_source_sees_its_stock(ground: Ground, pages: Pages) -> None:
    from tests import factories

    found = submitted(ground, 10)
    clinic_only = factories.make_person(
        "clinic@acme.example", {ground.organization: [("Viewer", ground.destination)]}
    )
    client = pages("viewer")
    client.force_login(clinic_only, backend="django.contrib.auth.backends.ModelBackend")
    page = client.get(page_of(found))
    assert page.status_code == 200
    assert not page.context["has_figures"]
    assert client.get(page_of(approved(ground, 10), "picking-list")).status_code == 403


def test_the_picking_list_is_scanned_from_bin_to_bin(ground: Ground, pages: Pages) -> None:
    words = pages("picker").get(page_of(approved(ground, 10), "picking-list")).content.decode()
    shelf = StockItem.objects.select_related("bin").get(sku=ground.skus[0]).bin
    for text in (shelf.barcode or shelf.code, "GLOVES"):
        assert code128(text) in words


def test_another_organizations_request_is_not_there(ground: Ground, pages: Pages) -> None:
    found = submitted(ground)
    outsider = pages("outsider")
    for page in ("change", "comment", "edit", "approve", "cancel", "picking-list"):
        assert outsider.get(page_of(found, page)).status_code == 404
        if page != "change":  # nobody posts there
            assert outsider.post(page_of(found, page), {"text": "x"}).status_code == 404
    assert pages("requester").get(f"{LIST}nonsense/change/").status_code == 404


class TestComments:
    def test_written_and_shown_escaped(self, ground: Ground, pages: Pages) -> None:
        found = submitted(ground)
        response = pages("requester").post(page_of(found, "comment"), {"text": "<b>When?</b>\nFriday"})
        assert response["Location"] == f"{page_of(found)}#comments"
        words = pages("approver").get(page_of(found)).content.decode()
        assert "&lt;b&gt;When?&lt;/b&gt;<br>Friday" in words

    def test_what_is_refused_stays_written(self, ground: Ground, pages: Pages) -> None:
        found = submitted(ground)
        page = pages("requester").post(page_of(found, "comment"), {"text": "@nobody@acme.example look"})
        assert page.status_code == 422
        words = page.content.decode()
        assert "No member who sees this request has the address nobody@acme.example." in words
        assert "@nobody@acme.example look" in words
        assert not Comment.objects.exists()
        page = pages("requester").post(page_of(found, "comment"), {"text": " "})
        assert page.status_code == 422
        assert "Write something first." in page.content.decode()

    def test_who_may_not_is_shown_no_form(self, ground: Ground, pages: Pages) -> None:
        found = submitted(ground)
        viewer = pages("viewer")
        assert "/comment/" not in viewer.get(page_of(found)).content.decode()
        assert viewer.post(page_of(found, "comment"), {"text": "x"}).status_code == 403
        assert not Comment.objects.exists()

    def test_a_get_only_shows_the_page(self, ground: Ground, pages: Pages) -> None:
        found = submitted(ground)
        assert pages("requester").get(page_of(found, "comment"))["Location"] == page_of(found)


@pytest.mark.parametrize("name", ["requester", "approver"])
def test_the_page_costs_the_same_for_one_and_three_lines(ground: Ground, pages: Pages, name: str) -> None:
    client = pages(name)
    for make in (submitted, approved):
        one, three = make(ground, 1), make(ground, 1, 2, 3)
        client.get(page_of(one))
        with CaptureQueriesContext(connection) as first:
            assert client.get(page_of(one)).status_code == 200
        with CaptureQueriesContext(connection) as second:
            assert client.get(page_of(three)).status_code == 200
        assert len(second) == len(first)


def test_the_page_is_only_read(ground: Ground, pages: Pages) -> None:
    found = submitted(ground)
    assert pages("owner").post(page_of(found), {"state": "approved"}).status_code == 403
    assert pages("owner").post(page_of(found, "delete"), {"post": "yes"}).status_code == 403
