"""What a counter's jobs cost, as docs/jobs.md says: with a scanner almost nothing."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from cycle_counts.models import CountLine
from tests.browser.counting import PHONE, Floor, counts_of, enter, everything_is_sent
from tests.browser.effort import Effort, of

pytestmark = [pytest.mark.django_db(transaction=True), PHONE]


def two_bins(floor: Floor) -> Any:
    shelf, following = floor.bin("A-01-1", 1), floor.bin("A-02-1", 2)
    for number in range(2):
        sku = floor.sku(f"PART-{number}")
        for bin in (shelf, following):
            floor.stock(sku, bin, 9)
    return shelf, following


def test_a_round_is_begun_and_gone_through_by_scanning(
    page: Page, live_server: Any, complaints: list[str]
) -> None:
    floor = Floor()
    batch = floor.plan(*two_bins(floor))
    enter(page, live_server.url)
    expect(page.get_by_role("heading", name="2 bins")).to_be_visible()

    effort = Effort(page)
    effort.scan("BINA-01-1")
    expect(page.get_by_text("0 of 2 lines counted")).to_be_visible()
    assert effort.acts == of("C1") == 0

    effort = Effort(page)
    effort.scan("PART-0")
    expect(page.get_by_label("Counted")).to_have_text("1 each")
    effort.type("30")
    expect(page.get_by_label("Counted")).to_have_text("30 each")
    effort.scan("PART-1")  # which takes the thirty
    assert effort.acts == of("C3") == 0

    effort = Effort(page)
    effort.scan("BINA-02-1")
    expect(page.get_by_role("heading", name="A-02-1")).to_be_visible()
    expect(page.get_by_text("0 of 2 lines counted")).to_be_visible()
    assert effort.acts == of("C6") == 0
    everything_is_sent(page)
    assert counts_of(batch) == {
        ("A-01-1", "PART-0"): 30,
        ("A-01-1", "PART-1"): 1,
        ("A-02-1", "PART-0"): None,
        ("A-02-1", "PART-1"): None,
    }


def test_the_bin_is_confirmed_by_its_label(page: Page, live_server: Any, complaints: list[str]) -> None:
    floor = Floor()
    floor.started(*two_bins(floor))
    enter(page, live_server.url)
    page.get_by_role("link", name="Go on").click()
    expect(page.get_by_role("heading", name="A-01-1")).to_be_visible()
    effort = Effort(page)
    effort.scan("BINA-02-1")
    expect(page.get_by_role("alert")).to_contain_text("This is A-02-1. Go to A-01-1.")
    effort.scan("BINA-01-1")
    expect(page.get_by_text("0 of 2 lines counted")).to_be_visible()
    assert effort.acts == of("C2") == 0


def test_a_slip_is_mended_and_damage_is_told(page: Page, live_server: Any, complaints: list[str]) -> None:
    floor = Floor()
    batch = floor.started(*two_bins(floor))
    enter(page, live_server.url)
    page.get_by_role("link", name="Go on").click()
    expect(page.get_by_role("heading", name="A-01-1")).to_be_visible()
    effort = Effort(page)
    effort.scan("BINA-01-1")
    effort.scan("PART-0")
    effort.scan("PART-0")
    counted = page.get_by_label("Counted")
    expect(counted).to_have_text("2 each")
    effort.tap(page.get_by_role("button", name="−1", exact=True))
    expect(counted).to_have_text("1 each")
    assert effort.acts == of("C4") == 1

    effort = Effort(page)
    effort.tap(page.get_by_role("button", name="Remark"))
    effort.tap(page.get_by_role("button", name="Damaged"))
    expect(page.get_by_text("PART-0: Damaged")).to_be_visible()
    assert effort.acts == of("C5") == 2
    effort.scan("PART-1")
    everything_is_sent(page)
    assert CountLine.objects.get(batch=batch, bin__code="A-01-1", sku__code="PART-0").remark == "damaged"


def test_without_a_network_nothing_is_different(page: Page, live_server: Any, complaints: list[str]) -> None:
    floor = Floor()
    batch = floor.started(*two_bins(floor))
    enter(page, live_server.url)
    page.get_by_role("link", name="Go on").click()
    expect(page.get_by_role("heading", name="A-01-1")).to_be_visible()
    page.context.set_offline(True)
    expect(page.locator("[data-pill]")).to_contain_text("Offline")
    effort = Effort(page)
    for code in ("BINA-01-1", "PART-0", "PART-1", "BINA-02-1"):
        effort.scan(code)
    expect(page.get_by_role("heading", name="A-02-1")).to_be_visible()
    page.context.set_offline(False)
    everything_is_sent(page)
    assert counts_of(batch)["A-01-1", "PART-1"] == 1
    assert effort.acts == of("C7") == 0
    complaints[:] = [one for one in complaints if "ERR_INTERNET_DISCONNECTED" not in one]
