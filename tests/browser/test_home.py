"""The overview in a browser: seen without an act, opened with a click, read by those who do not see charts."""

from __future__ import annotations

import re
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect

from inventory.day_figures import refresh
from inventory.models import StockLevel
from tests import factories
from tests.browser.accessibility import serious_faults
from tests.browser.effort import Effort, of
from tests.browser.test_back_office import log_in
from warehouses.models import Organization

pytestmark = pytest.mark.django_db(transaction=True)

OWNER = "olga@acme.example"


@pytest.fixture
def acme() -> Organization:
    """Sixty days of a little trade, a request that waits, a SKU that runs low, and one that is gone."""
    acme = factories.make_organization("Acme")
    factories.make_person(OWNER, {acme: ["Owner"]})
    factories.make_person("vera@acme.example", {acme: ["Viewer"]})
    north = factories.make_warehouse(acme, "North")
    south = factories.make_warehouse(acme, "South")
    now = timezone.now()
    mug = factories.make_sku(acme, "MUG-RED", title="Red mug", unit_cost=Decimal("2.50"))
    for weeks in range(8, 0, -1):
        factories.stock(mug, north, 30, code="supplier_receipt", recorded_at=now - timedelta(weeks=weeks))
        factories.stock(mug, north, -20, code="SALE", recorded_at=now - timedelta(weeks=weeks, days=-2))
    lamp = factories.make_sku(acme, "LAMP", title="Lamp")
    factories.stock(lamp, north, 3)
    StockLevel.objects.filter(sku=lamp).update(reorder_point=5)
    vase = factories.make_sku(acme, "VASE", title="Vase")
    factories.stock(vase, north, 1)
    factories.stock(vase, north, -1, code="SALE")
    factories.submitted_request(north, south, [(mug, 4)])
    refresh(organization=acme, now=timezone.now())
    return acme


def work(page: Page) -> list[str]:
    """What needs me, in words, as they are read."""
    return [" ".join(text.split()) for text in page.locator(".home-words").all_inner_texts()]


def test_what_needs_me_is_seen_at_once_and_opened_with_a_click(
    page: Page, live_server: Any, acme: Organization, complaints: list[str]
) -> None:
    log_in(page, live_server.url, OWNER)
    effort = Effort(page)
    expect(page.get_by_role("heading", name="What needs you now")).to_be_in_viewport()
    counts = page.locator(".home-count")
    assert counts.all_inner_texts() == ["1", "1", "1"]
    assert work(page)[0].startswith("Approvals")
    assert effort.acts == of("M1 see") == 0

    effort.click(page.locator(".home-task").first)
    expect(page).to_have_url(re.compile(r"/approvals/$"))
    expect(page.get_by_text("SR-00001").first).to_be_visible()
    assert effort.acts == of("M1") == 1


def test_with_the_keyboard_alone(
    page: Page, live_server: Any, acme: Organization, complaints: list[str]
) -> None:
    log_in(page, live_server.url, OWNER)
    page.keyboard.press("Tab")
    expect(page.locator(":focus")).to_have_text("Skip to main content")
    page.keyboard.press("Enter")
    tasks = page.locator(".home-task")
    for _ in range(20):
        page.keyboard.press("Tab")
        if page.locator(".home-task:focus").count():
            break
    expect(tasks.first).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"status=out_of_stock"))
    expect(page.locator("#result_list")).to_contain_text("VASE")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_can_be_read_by_everybody(
    page: Page, live_server: Any, acme: Organization, complaints: list[str], scheme: Any
) -> None:
    page.emulate_media(color_scheme=scheme)
    log_in(page, live_server.url, OWNER)
    for numbers in page.locator(".home-numbers > summary").all():
        numbers.click()
    assert serious_faults(page) == []
    pictures = page.get_by_role("img")
    sentences = [picture.get_attribute("aria-label") for picture in pictures.all()]
    assert sentences[0] is not None
    assert re.match(r"[\d,]+ EUR now; ", sentences[0]) or re.match(r"[\d,]+ \w{3} now; ", sentences[0])
    assert len(sentences) == page.locator(".home-chart").count() >= 3
    # Each links to nothing that is too small to be hit.
    for box in (each.bounding_box() for each in page.locator(".home-keys a, .home-clear a").all()):
        assert box is not None
        assert box["height"] >= 24


def test_on_a_telephone_nothing_is_moved_sideways(
    page: Page, live_server: Any, acme: Organization, complaints: list[str]
) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    log_in(page, live_server.url, OWNER)
    expect(page.locator(".home-task").first).to_be_in_viewport()
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    sizes = page.evaluate(
        """[...document.querySelectorAll(".drawing-chart text")].map(
            (text) => parseFloat(getComputedStyle(text).fontSize) * text.getScreenCTM().a)"""
    )
    assert min(sizes) >= 10


def test_it_works_without_scripts(browser: Browser, page: Page, live_server: Any, acme: Organization) -> None:
    log_in(page, live_server.url, OWNER)
    without = browser.new_context(java_script_enabled=False, storage_state=page.context.storage_state())
    plain = without.new_page()
    plain.goto(f"{live_server.url}/admin/")
    expect(plain.locator(".home-task")).to_have_count(3)
    expect(plain.locator(".drawing-chart").first).to_be_visible()
    plain.locator(".home-numbers > summary").first.click()
    expect(plain.locator(".home-numbers .data-table").first).to_be_visible()
    without.close()


def test_whoever_only_looks_is_told_that_nothing_waits(
    page: Page, live_server: Any, acme: Organization, complaints: list[str]
) -> None:
    log_in(page, live_server.url, "vera@acme.example")
    expect(page.get_by_role("heading", name="Nothing waiting")).to_be_visible()
    expect(page.locator(".home-nothing")).to_contain_text("Last activity: Retail sale: VASE −1 in North")
