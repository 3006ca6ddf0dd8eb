"""What an approver's jobs cost, as docs/jobs.md says."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from stock_requests.models import Delegation, RequestState
from tests.browser.effort import Effort, of
from tests.browser.test_approvals import BOUNCE, asked, expect_open, open_queue, organization, state, told
from tests.browser.test_back_office import log_in
from tests.stock_requests.conftest import Ground, ground

pytestmark = pytest.mark.django_db(transaction=True)

__all__ = ["ground", "organization"]


def test_a_request_is_approved_with_one_key(
    page: Page, live_server: Any, complaints: list[str], ground: Ground
) -> None:
    requests = [asked(ground, number) for number in (1, 2)]
    open_queue(page, live_server)
    expect_open(page, requests[0])
    page.wait_for_timeout(BOUNCE)
    effort = Effort(page)
    effort.press("a")
    expect_open(page, requests[1])
    assert state(requests[0]) == RequestState.APPROVED
    assert effort.acts == of("A1") == 1

    # And one brings it back.
    page.wait_for_timeout(BOUNCE)
    undoing = Effort(page)
    undoing.press("z")
    expect(told(page)).to_contain_text(f"Undone: {requests[0].name} waits again.")
    assert state(requests[0]) == RequestState.SUBMITTED
    assert undoing.acts == of("A6") == 1


def test_all_that_match_are_approved_at_once(
    page: Page, live_server: Any, complaints: list[str], ground: Ground
) -> None:
    requests = [asked(ground, number) for number in (1, 2, 3)]
    open_queue(page, live_server)
    expect_open(page, requests[0])
    page.wait_for_timeout(BOUNCE)
    effort = Effort(page)
    effort.click(page.get_by_label("Select all 3"))
    expect(page.get_by_role("button", name="Approve 3 selected")).to_be_visible()
    effort.press("a")
    expect(page.get_by_role("heading", name="Queue clear")).to_be_visible()
    assert [state(request) for request in requests] == [RequestState.APPROVED] * 3
    assert effort.acts == of("A2") == 2


def test_less_is_approved(page: Page, live_server: Any, complaints: list[str], ground: Ground) -> None:
    requests = [asked(ground, number) for number in (4, 2)]
    open_queue(page, live_server)
    expect_open(page, requests[0])
    page.wait_for_timeout(BOUNCE)
    effort = Effort(page)
    effort.press("e")
    expect(page.locator("[data-quantity]")).to_be_focused()
    effort.type("3")
    effort.press("Enter")
    effort.press("2")
    effort.press("a")
    expect_open(page, requests[1])
    line = requests[0].lines.get()
    assert (line.approved, line.closed, line.change_reason) == (3, 1, "Too many asked for")
    assert effort.typed == 1
    assert effort.acts == of("A3") == 4


def test_a_request_is_rejected_with_a_reason(
    page: Page, live_server: Any, complaints: list[str], ground: Ground
) -> None:
    requests = [asked(ground, number) for number in (1, 2)]
    open_queue(page, live_server)
    expect_open(page, requests[0])
    page.wait_for_timeout(BOUNCE)
    effort = Effort(page)
    effort.press("r")
    effort.press("4")
    effort.press("Enter")
    expect_open(page, requests[1])
    assert state(requests[0]) == RequestState.REJECTED
    assert effort.acts == of("A5") == 3


def test_somebody_else_decides_for_a_while(
    page: Page, live_server: Any, complaints: list[str], ground: Ground
) -> None:
    listing = "/admin/stock_requests/delegation/"
    log_in(page, live_server.url, "approver@acme.example")
    page.goto(f"{live_server.url}{listing}")
    today = timezone.localdate()
    effort = Effort(page)
    effort.click(page.locator(f"a[href^='{listing}add/']").first)
    delegate = page.locator("select[name=delegate]")
    words = delegate.locator("option", has_text="second").first.inner_text()
    effort.choose(delegate, words)
    for name, day in (("starts_on", today), ("ends_on", today + timedelta(days=7))):
        page.locator(f"input[name={name}]").fill("")
        page.locator(f"input[name={name}]").focus()
        effort.type(day.isoformat())
    effort.click(page.get_by_role("button", name="Save", exact=True))
    page.wait_for_url(f"**{listing}**")
    assert Delegation.objects.get().delegator == ground.people["approver"]
    assert effort.acts == of("A7") == 2
