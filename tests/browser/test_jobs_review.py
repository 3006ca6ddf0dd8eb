"""What it costs to decide on a difference, and to key in a sheet of paper, as docs/jobs.md says."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from cycle_counts.models import LineState
from tests.browser.effort import Effort, of
from tests.browser.test_back_office import log_in
from tests.browser.test_count_review import BOUNCE, LIST, expect_current, open_page, reviewed
from tests.cycle_counts.conftest import Ground, ground

pytestmark = pytest.mark.django_db(transaction=True)

__all__ = ["ground"]


def test_a_difference_is_accepted_with_one_key(
    page: Page, live_server: Any, complaints: list[str], ground: Ground
) -> None:
    batch = reviewed(ground)
    open_page(page, live_server, batch)
    page.keyboard.press("j")
    expect_current(page, "MASKS")
    page.wait_for_timeout(BOUNCE)
    effort = Effort(page)
    effort.press("a")
    expect_current(page, "SALINE")
    assert ground.line(batch, "MASKS", "A-4").state == LineState.ACCEPTED
    assert effort.acts == of("A4") == 1


def test_a_box_of_a_sheet_is_a_number_and_enter(
    page: Page, live_server: Any, complaints: list[str], ground: Ground
) -> None:
    batch = ground.started()
    log_in(page, live_server.url, "counter@acme.example")
    page.goto(f"{live_server.url}{LIST}{batch.pk}/key-in/")
    fields = page.locator("[data-count]")
    expect(fields.first).to_be_focused()
    effort = Effort(page)
    effort.type("10")
    effort.press("Enter")
    expect(fields.nth(1)).to_be_focused()
    expect(fields.first).to_have_value("10")
    assert effort.acts == of("C8") == 1


def test_a_count_is_planned_as_it_is_suggested(
    page: Page, live_server: Any, complaints: list[str], ground: Ground
) -> None:
    """From the list of counts; what is suggested is due today."""
    log_in(page, live_server.url, "manager@acme.example")
    page.goto(f"{live_server.url}{LIST}")
    effort = Effort(page)
    effort.click(page.locator(f"main a[href^='{LIST}add/'], header a[href^='{LIST}add/']").first)
    expect(page.locator("[data-previewed]")).to_contain_text("6 lines in 4 bins")
    effort.click(page.get_by_role("button", name="Create and start"))
    expect(page.get_by_text("CC-00001 is being counted: 6 lines.")).to_be_visible()
    assert effort.acts == of("M5") == 2
