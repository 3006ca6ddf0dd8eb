"""One SKU in a real browser: why is it 37? With keys, by their places, in both themes, and on a narrow screen."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from inventory.models import Sku
from tests import factories
from tests.browser.accessibility import serious_faults
from tests.browser.effort import Effort, of
from tests.browser.test_back_office import log_in
from warehouses.actors import Actor, ActorType

pytestmark = pytest.mark.django_db(transaction=True)

_THEME = "theme => localStorage.setItem('adminTheme', JSON.stringify(theme))"


def make_mug() -> Sku:
    """37 are there, after a delivery, a sale, a hold, a promise and a loss that somebody has told of."""
    acme = factories.make_organization("Acme")
    north = factories.make_warehouse(acme, "North")
    sku = factories.make_sku(acme, "MUG-RED", title="Red mug", reorder_point=20, safety_stock=5)
    ana = Actor(ActorType.USER, None, "ana@acme.example")
    factories.stock(sku, north, 43, code="supplier_receipt")
    factories.stock(sku, north, -2, code="SALE")
    factories.reserve(sku, north, 3, reference="SO-7")
    factories.hold(sku, north, 1, reason="Cracked")
    factories.stock(sku, north, -4, code="DAMAGE", note="Fell off the shelf", actor=ana)
    factories.make_person("alice@acme.example", {acme: ["Warehouse manager"]})
    return sku


def test_why_it_is_37_takes_one_key(page: Page, live_server: Any, complaints: list[str]) -> None:
    sku = make_mug()
    log_in(page, live_server.url, "alice@acme.example")
    page.goto(f"{live_server.url}/admin/stock/{sku.public_id}/")
    expect(page.locator(".card", has_text="On hand").locator(".card-value")).to_have_text("37")

    effort = Effort(page)
    effort.press("h")
    last = page.locator("tr[data-row]").first
    expect(last).to_contain_text("Fell off the shelf")
    assert effort.acts == of("M4") == 1
    expect(last).to_contain_text("ana@acme.example")
    expect(last.locator("td").nth(-3)).to_have_text("−4")
    expect(last.locator("td").nth(-2)).to_have_text("37")
    expect(page.locator("tr[data-row]")).to_have_count(5)
    expect(page.get_by_text("This is where its history begins")).to_be_visible()

    # From row to row, and to the record behind one, without a mouse.
    page.keyboard.press("j")
    expect(last.locator("a.row-link")).to_be_focused()
    page.keyboard.press("j")
    page.keyboard.press("k")
    expect(last.locator("a.row-link")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"/admin/inventory/adjustment/[^/]+/change/$"))


def test_a_line_has_an_address_of_its_own(page: Page, live_server: Any, complaints: list[str]) -> None:
    sku = make_mug()
    log_in(page, live_server.url, "alice@acme.example")
    page.goto(f"{live_server.url}/admin/stock/{sku.public_id}/timeline/")
    page.locator("tr[data-row]").nth(2).locator("a.timeline-time").click()
    row = page.locator("tr[data-row]:target")
    expect(row).to_contain_text("SO-7")
    expect(page.locator("tr[data-row]")).to_have_count(3)
    page.get_by_role("link", name="Holds", exact=True).click()
    expect(page.locator("tr[data-row]")).to_have_count(1)
    expect(page.locator("tr[data-row]")).to_contain_text("Cracked")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_nothing_serious_and_nothing_too_wide(
    page: Page, live_server: Any, complaints: list[str], theme: str
) -> None:
    sku = make_mug()
    log_in(page, live_server.url, "alice@acme.example")
    page.evaluate(_THEME, theme)
    for part in ("", "timeline/", "promise/"):
        page.set_viewport_size({"width": 1366, "height": 850})
        page.goto(f"{live_server.url}/admin/stock/{sku.public_id}/{part}")
        assert page.evaluate("document.documentElement.classList.contains('dark')") == (theme == "dark")
        assert serious_faults(page) == [], part
        page.set_viewport_size({"width": 390, "height": 844})
        assert page.evaluate("document.documentElement.scrollWidth") == 390, part
        small = page.locator("#content a:visible, #content button:visible, #content summary:visible")
        heights = small.evaluate_all(
            "all => all.filter(one => getComputedStyle(one).display !== 'inline'"
            " && one.getBoundingClientRect().height < 24).map(one => one.textContent)"
        )
        assert heights == [], part
