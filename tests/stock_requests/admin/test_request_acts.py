"""What is done with a request on its page: by whom, in which state, and what becomes of it."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from inventory.models import Reservation, StockLevel
from inventory.verification import verify
from stock_requests.decisions import approving
from stock_requests.models import RequestState, StockRequest
from tests import factories
from tests.stock_requests.admin.conftest import (
    LIST,
    Pages,
    approved,
    page_of,
    picking,
    submitted,
)
from tests.stock_requests.conftest import Ground
from warehouses import transactions

pytestmark = pytest.mark.django_db


def draft(ground: Ground, quantity: int = 5) -> StockRequest:
    return factories.make_request(
        ground.source, ground.destination, [(ground.skus[0], quantity)], access=ground.requester
    )


def said(found: StockRequest, *rows: dict[str, Any], **more: Any) -> dict[str, Any]:
    """What the form with a row for each line sends."""
    sent: dict[str, Any] = {"lines-TOTAL_FORMS": len(rows), "lines-INITIAL_FORMS": len(rows)}
    for place, row in enumerate(rows):
        sent |= {f"lines-{place}-{name}": value for name, value in row.items()}
    return sent | {"seen": found.version, "note": "", "reason": "", "remainder": ""} | more


def state_of(found: StockRequest) -> str:
    return StockRequest.objects.get(pk=found.pk).state


def offered(page: Any) -> list[str]:
    """The buttons of a request's page."""
    return [str(each["title"]) for each in page.context["actions_detail"]]


def messages_of(page: Any) -> str:
    return " ".join(str(message) for message in page.context["messages"])


class TestWhatIsOffered:
    @pytest.mark.parametrize(
        ("state", "name", "titles"),
        [
            ("draft", "requester", ["Submit…", "Edit", "Cancel…", "Delete…"]),
            ("draft", "viewer", []),
            ("submitted", "requester", ["Edit", "Roll back…", "Cancel…"]),
            # The role of those who approve lets them write requests too.
            ("submitted", "approver", ["Approve…", "Reject…", "Edit", "Roll back…", "Cancel…"]),
            ("submitted", "viewer", []),
            ("approved", "picker", ["Pick…", "Picking list", "Roll back…", "Cancel…"]),
            ("approved", "requester", ["Picking list", "Cancel…"]),
            ("approved", "viewer", ["Picking list"]),
            ("picking", "picker", ["Pick…", "Hand over…", "Picking list"]),
            ("picking", "requester", ["Picking list"]),
        ],
    )
    def test_by_state_and_right(
        self, ground: Ground, pages: Pages, state: str, name: str, titles: list[str]
    ) -> None:
        make = {"draft": draft, "submitted": submitted, "approved": approved, "picking": picking}[state]
        assert offered(pages(name).get(page_of(make(ground)))) == titles

    def test_nobody_is_offered_to_decide_on_their_own(self, ground: Ground, pages: Pages) -> None:
        found = submitted(ground, access=ground.owner)
        page = pages("owner").get(page_of(found))
        assert "Approve…" not in offered(page)
        assert "Reject…" not in offered(page)
        assert page.context["verdict"].code == "SELF_APPROVAL"
        assert page.context["verdict"].why in page.content.decode()

    def test_who_has_approved_may_take_it_back(self, ground: Ground, pages: Pages) -> None:
        two_approvals(ground)
        found = submitted(ground)
        approver = pages("approver")
        approver.post(page_of(found, "approve"), said(found, {"quantity": 10}))
        titles = offered(approver.get(page_of(found)))
        assert "Take my approval back…" in titles
        assert "Approve…" not in titles
        assert "Take my approval back…" not in offered(pages("second_approver").get(page_of(found)))


def two_approvals(ground: Ground) -> None:
    from stock_requests.models import ApprovalRule

    ApprovalRule.objects.create(organization=ground.organization, name="Two", approvals=2)


ACTS = {
    "submit": ("draft", "requester"),
    "throw-away": ("draft", "requester"),
    "approve": ("submitted", "approver"),
    "reject": ("submitted", "approver"),
    "roll-back": ("submitted", "requester"),
    "cancel": ("submitted", "requester"),
    "pick": ("approved", "picker"),
    "fulfil": ("picking", "picker"),
    "picking-list": ("approved", "viewer"),
}


@pytest.mark.parametrize("act", ACTS)
def test_who_may_not_and_who_does_not_see_it(ground: Ground, pages: Pages, act: str) -> None:
    state, name = ACTS[act]
    make = {"draft": draft, "submitted": submitted, "approved": approved, "picking": picking}[state]
    found = make(ground)
    before = state_of(found)
    assert pages(name).get(page_of(found, act)).status_code == 200
    if act != "picking-list":
        assert pages("viewer").get(page_of(found, act)).status_code == 403
        assert pages("viewer").post(page_of(found, act), {}).status_code == 403
    for address in (page_of(found, act), f"{LIST}nonsense/{act}/"):
        assert pages("outsider").get(address).status_code == 404
        assert pages("outsider").post(address, {}).status_code == 404
    assert state_of(found) == before


@pytest.mark.parametrize("act", [name for name in ACTS if name != "picking-list"])
def test_too_late_says_who_was_faster(ground: Ground, pages: Pages, act: str) -> None:
    found = approved(ground) if ACTS[act][0] != "approved" else submitted(ground)
    if act in {"roll-back", "cancel"}:
        found = picking(ground)
    page = pages("owner").post(page_of(found, act), {"reason": "x", "note": ""}, follow=True)
    assert page.redirect_chain[0][0] == page_of(found)
    assert found.name in messages_of(page)
    assert "changed it at" in messages_of(page)


class TestSimpleActs:
    def test_submitted(self, ground: Ground, pages: Pages) -> None:
        found = draft(ground)
        page = pages("requester").post(page_of(found, "submit"), {"note": "please"}, follow=True)
        assert "is submitted" in messages_of(page)
        assert state_of(found) == RequestState.SUBMITTED

    def test_an_empty_one_is_refused_in_words(self, ground: Ground, pages: Pages) -> None:
        found = factories.make_request(ground.source, ground.destination, access=ground.requester)
        page = pages("requester").post(page_of(found, "submit"), {"note": ""})
        assert page.status_code == 422
        assert "asks for nothing yet" in page.content.decode()

    def test_rejecting_needs_a_reason(self, ground: Ground, pages: Pages) -> None:
        found = submitted(ground)
        page = pages("approver").post(page_of(found, "reject"), {"reason": " "})
        assert page.status_code == 422
        assert "Say why: the requester reads it." in page.content.decode()
        pages("approver").post(page_of(found, "reject"), {"reason": "Too many"})
        assert state_of(found) == RequestState.REJECTED
        assert "Too many" in pages("requester").get(page_of(found)).content.decode()

    def test_rolled_back_step_by_step(self, ground: Ground, pages: Pages) -> None:
        found = approved(ground, 10)
        picker = pages("picker")
        assert "is free again" in picker.get(page_of(found, "roll-back")).content.decode()
        picker.post(page_of(found, "roll-back"), {"reason": "wrong"})
        assert state_of(found) == RequestState.SUBMITTED
        assert StockLevel.objects.get(sku=ground.skus[0], warehouse=ground.source).reserved == 0
        pages("requester").post(page_of(found, "roll-back"), {"reason": ""})
        assert state_of(found) == RequestState.DRAFT

    def test_the_requester_does_not_take_an_approval_back(self, ground: Ground, pages: Pages) -> None:
        found = approved(ground)
        assert pages("requester").post(page_of(found, "roll-back"), {"reason": ""}).status_code == 403
        assert state_of(found) == RequestState.APPROVED

    def test_cancelled(self, ground: Ground, pages: Pages) -> None:
        found = approved(ground)
        pages("requester").post(page_of(found, "cancel"), {"reason": "no longer needed"})
        assert state_of(found) == RequestState.CANCELLED
        assert not Reservation.objects.filter(state="active").exists()
        assert list(verify()) == []

    def test_a_draft_is_thrown_away(self, ground: Ground, pages: Pages) -> None:
        found = draft(ground)
        requester = pages("requester")
        assert "Delete SR-00001?" in requester.get(page_of(found, "throw-away")).content.decode()
        assert requester.post(page_of(found, "throw-away"))["Location"] == LIST
        assert requester.get(page_of(found)).status_code == 404

    def test_an_approval_is_taken_back(self, ground: Ground, pages: Pages) -> None:
        two_approvals(ground)
        found = submitted(ground)
        approver = pages("approver")
        page = approver.post(page_of(found, "approve"), said(found, {"quantity": 10}), follow=True)
        assert "It needs another one" in messages_of(page)
        approver.post(page_of(found, "withdraw"), {"reason": "rethought"})
        assert not found.approvals.filter(withdrawn_at__isnull=True).exists()
        refused = approver.post(page_of(found, "withdraw"), {"reason": ""})
        assert refused.status_code == 422


class TestApproving:
    def test_all_of_it(self, ground: Ground, pages: Pages) -> None:
        found = submitted(ground, 10, 5)
        approver = pages("approver")
        page = approver.get(page_of(found, "approve"))
        assert [line["quantity"].value() for line in page.context["lines"].forms] == [10, 5]
        assert "100 available, 90 would be left" in page.content.decode()
        response = approver.post(page_of(found, "approve"), said(found, {"quantity": 10}, {"quantity": 5}))
        assert response["Location"] == page_of(found)
        assert state_of(found) == RequestState.APPROVED
        assert list(verify()) == []

    def test_less_needs_a_reason_at_its_line(self, ground: Ground, pages: Pages) -> None:
        found = submitted(ground, 10, 5)
        approver = pages("approver")
        page = approver.post(page_of(found, "approve"), said(found, {"quantity": 10}, {"quantity": 3}))
        assert page.status_code == 422
        assert list(page.context["lines"].forms[1].errors) == ["reason"]
        approver.post(
            page_of(found, "approve"),
            said(
                found,
                {"quantity": 10},
                {"quantity": 3, "reason": "too many", "remainder": "back_order"},
            ),
        )
        line = found.lines.get(position=2)
        assert (line.approved, line.back_ordered, line.change_reason) == (3, 2, "too many")

    def test_too_few_to_promise(self, ground: Ground, pages: Pages) -> None:
        found = submitted(ground, 10, 500)
        page = pages("approver").post(
            page_of(found, "approve"), said(found, {"quantity": 10}, {"quantity": 500})
        )
        assert page.status_code == 422
        assert list(page.context["lines"].forms[1].errors) == ["quantity"]
        assert state_of(found) == RequestState.SUBMITTED

    def test_something_else_instead(self, ground: Ground, pages: Pages) -> None:
        found = submitted(ground, 10)
        approver = pages("approver")
        row = {"quantity": 4, "reason": "too few", "substitute": "NOBODY", "substitute_quantity": 6}
        page = approver.post(page_of(found, "approve"), said(found, row))
        assert list(page.context["lines"].forms[0].errors) == ["substitute"]
        page = approver.post(
            page_of(found, "approve"),
            said(
                found,
                row
                | {
                    "substitute": "",
                },
            ),
        )
        assert list(page.context["lines"].forms[0].errors) == ["substitute"]
        page = approver.post(page_of(found, "approve"), said(found, row | {"substitute_quantity": ""}))
        assert list(page.context["lines"].forms[0].errors) == ["substitute_quantity"]
        approver.post(page_of(found, "approve"), said(found, row | {"substitute": "masks"}))
        assert found.lines.get(sku=ground.skus[1]).approved == 6
        assert "instead of GLOVES" in approver.get(page_of(found)).content.decode()

    def test_what_was_changed_meanwhile_is_looked_at_again(self, ground: Ground, pages: Pages) -> None:
        found = submitted(ground, 10)
        data = said(found, {"quantity": 10}, seen=found.version - 1)
        page = pages("approver").post(page_of(found, "approve"), data, follow=True)
        assert "has changed since version" in messages_of(page)
        assert state_of(found) == RequestState.SUBMITTED
        page = pages("approver").post(page_of(found, "approve"), data | {"seen": ""})
        assert page.status_code == 422

    def test_the_requester_may_not(self, ground: Ground, pages: Pages) -> None:
        found = submitted(ground, 10, access=ground.owner)
        page = pages("owner").post(page_of(found, "approve"), said(found, {"quantity": 10}))
        assert page.status_code == 422
        assert state_of(found) == RequestState.SUBMITTED


class TestPickingAndHandingOver:
    def test_picked_and_picked_again(self, ground: Ground, pages: Pages) -> None:
        found = approved(ground, 10, 5)
        picker = pages("picker")
        page = picker.get(page_of(found, "pick"))
        assert [line["quantity"].value() for line in page.context["lines"].forms] == [10, 5]
        picker.post(page_of(found, "pick"), said(found, {"quantity": 4}, {"quantity": 0}))
        assert state_of(found) == RequestState.PICKING
        assert list(found.lines.values_list("picked", flat=True)) == [4, 0]
        page = picker.get(page_of(found, "pick"))
        assert [line["quantity"].value() for line in page.context["lines"].forms] == [4, 0]
        found.refresh_from_db()
        picker.post(page_of(found, "pick"), said(found, {"quantity": 10}, {"quantity": 5}))
        assert list(found.lines.values_list("picked", flat=True)) == [10, 5]

    def test_more_than_approved_is_refused_at_its_line(self, ground: Ground, pages: Pages) -> None:
        found = approved(ground, 10, 5)
        page = pages("picker").post(page_of(found, "pick"), said(found, {"quantity": 10}, {"quantity": 6}))
        assert page.status_code == 422
        assert list(page.context["lines"].forms[1].errors) == ["quantity"]

    def test_handed_over_to_another_warehouse(self, ground: Ground, pages: Pages) -> None:
        found = picking(ground, 10, 5)
        picker = pages("picker")
        picker.post(page_of(found, "fulfil"), said(found, {"quantity": 10}, {"quantity": 5}))
        found.refresh_from_db()
        assert found.state == RequestState.FULFILLED
        assert found.transfer is not None
        words = picker.get(page_of(found)).content.decode()
        assert f"/admin/inventory/transfer/{found.transfer.pk}/change/" in words
        assert "Received" in words
        assert list(verify()) == []

    def test_what_is_missing_has_to_be_said(self, ground: Ground, pages: Pages) -> None:
        found = picking(ground, 10, 5)
        picker = pages("picker")
        page = picker.post(page_of(found, "fulfil"), said(found, {"quantity": 10}, {"quantity": 2}))
        assert page.status_code == 422
        assert page.context["lines"].forms[1].errors
        assert state_of(found) == RequestState.PICKING
        page = picker.post(
            page_of(found, "fulfil"),
            said(
                found,
                {"quantity": 9, "remainder": "closed", "reason": "broken"},
                {"quantity": 2},
                remainder="back_order",
            ),
        )
        first, second = found.lines.order_by("position")
        assert (first.closed, first.shortage_reason, second.back_ordered) == (1, "broken", 3)
        rest = StockRequest.objects.get(back_order_of=found)
        words = picker.get(page_of(found)).content.decode()
        assert page_of(rest) in words
        assert page_of(found) in picker.get(page_of(rest)).content.decode()

    def test_somebody_was_faster(self, ground: Ground, pages: Pages) -> None:
        found = picking(ground, 10)
        data = said(found, {"quantity": 10}, seen=found.version - 1)
        page = pages("picker").post(page_of(found, "fulfil"), data, follow=True)
        assert "has changed since version" in messages_of(page)
        assert state_of(found) == RequestState.PICKING


class TestPickingList:
    def test_bins_in_the_order_of_the_walk_with_what_expires_first(
        self, ground: Ground, pages: Pages
    ) -> None:
        from datetime import timedelta

        from django.utils import timezone

        today = timezone.localdate()
        near = factories.make_bin(ground.source, "A-1", pick_sequence=1)
        far = factories.make_bin(ground.source, "Z-9", pick_sequence=9)
        soon = factories.make_lot(ground.skus[0], "SOON", today + timedelta(days=5))
        gone = factories.make_lot(ground.skus[0], "GONE", today - timedelta(days=1))
        factories.stock(ground.skus[0], ground.source, 4, bin=far, lot=soon)
        factories.stock(ground.skus[0], ground.source, 50, bin=near, lot=gone)
        factories.stock(ground.skus[1], ground.source, 3, bin=near)
        found = approved(ground, 10, 101)
        page = pages("viewer").get(page_of(found, "picking-list"))
        stops = [
            (stop.bin_code, stop.line.sku.code, stop.lot_code, stop.quantity)
            for stop, _bin_bars, _sku_bars in page.context["stops"]
        ]
        assert stops == [
            ("MAIN", "GLOVES", "", 6),
            ("MAIN", "MASKS", "", 100),
            ("A-1", "MASKS", "", 1),
            ("Z-9", "GLOVES", "SOON", 4),
        ]
        assert "GONE" not in page.content.decode()
        assert "<button" not in page.content.decode()

    def test_two_lines_of_one_article_do_not_take_the_same_units(self, ground: Ground, pages: Pages) -> None:
        factories.stock(ground.skus[0], ground.source, -96)
        shelf = factories.make_bin(ground.source, "Z-9", pick_sequence=9)
        factories.stock(ground.skus[0], ground.source, 4, bin=shelf)
        lines = [(ground.skus[0], 3), (ground.skus[0], 3)]
        found = factories.submitted_request(ground.source, ground.destination, lines, access=ground.requester)
        transactions.run(lambda: approving.approve_request(access=ground.approver, request=found))
        page = pages("viewer").get(page_of(found, "picking-list"))
        stops = [stop for stop, *_bars in page.context["stops"]]
        taken = [(stop.bin_code, stop.line.position, stop.quantity) for stop in stops]
        assert taken == [("MAIN", 1, 3), ("MAIN", 2, 1), ("Z-9", 2, 2)]

    def test_what_is_not_there_is_said_last(self, ground: Ground, pages: Pages) -> None:
        found = approved(ground, 10)
        factories.stock(ground.skus[0], ground.source, -95)
        page = pages("viewer").get(page_of(found, "picking-list"))
        stops = [stop for stop, *_bars in page.context["stops"]]
        assert [(stop.is_missing, stop.quantity) for stop in stops] == [(False, 5), (True, 5)]
        assert "Not in stock" in page.content.decode()

    def test_it_costs_the_same_for_one_and_three_lines(self, ground: Ground, pages: Pages) -> None:
        viewer = pages("viewer")
        one, three = approved(ground, 1), approved(ground, 1, 2, 3)
        viewer.get(page_of(one, "picking-list"))
        with CaptureQueriesContext(connection) as first:
            viewer.get(page_of(one, "picking-list"))
        with CaptureQueriesContext(connection) as second:
            viewer.get(page_of(three, "picking-list"))
        assert len(second) == len(first)


@pytest.mark.parametrize("act", ["approve", "pick", "fulfil"])
def test_a_form_costs_the_same_for_one_and_three_lines(ground: Ground, pages: Pages, act: str) -> None:
    make = {"approve": submitted, "pick": approved, "fulfil": picking}[act]
    owner = pages("owner")
    one, three = make(ground, 1), make(ground, 1, 2, 3)
    owner.get(page_of(one, act))
    with CaptureQueriesContext(connection) as first:
        assert owner.get(page_of(one, act)).status_code == 200
    with CaptureQueriesContext(connection) as second:
        assert owner.get(page_of(three, act)).status_code == 200
    assert len(second) == len(first)
