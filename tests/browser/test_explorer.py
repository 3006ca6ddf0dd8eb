"""The stock explorer by keys alone, in both themes, on a desk and on a phone."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests import factories
from tests.browser.accessibility import serious_faults
from tests.browser.effort import Effort
from tests.browser.test_back_office import log_in
from warehouses.models import Organization

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def acme() -> Organization:
    acme = factories.make_organization("Acme")
    for number in range(4):
        sku = factories.make_sku(acme, f"MUG-{number}", title=f"Mug number {number}", reorder_point=5)
        factories.stock(sku, acme.default_warehouse, 3 * number + 1)
    factories.make_person("alice@acme.example", {acme: ["Warehouse manager"]})
    return acme


def focused(page: Page) -> Any:
    return page.locator("[data-open]:focus")


def test_a_sku_is_found_and_opened_by_keys_alone(
    page: Page, live_server: Any, complaints: list[str], acme: Organization
) -> None:
    log_in(page, live_server.url, "alice@acme.example")
    page.goto(f"{live_server.url}/admin/stock/")
    effort = Effort(page)
    effort.press("j")
    expect(focused(page)).to_have_text("MUG-0")
    effort.press("j")
    expect(focused(page)).to_have_text("MUG-1")
    effort.press("k")
    expect(focused(page)).to_have_text("MUG-0")
    effort.press("x")
    expect(page.locator("[data-chosen-words]")).to_have_text("1 selected")
    expect(page.get_by_role("button", name="Print labels")).to_be_visible()
    effort.press("x")
    expect(page.get_by_role("button", name="Print labels")).to_be_hidden()
    effort.press("c")
    expect(page.get_by_role("dialog")).to_be_visible()
    effort.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()

    # Three keys and a word from the list to the SKU.
    effort = Effort(page)
    effort.press("/")
    expect(page.locator("input[data-search]")).to_be_focused()
    effort.type("number 3")
    effort.press("Enter")
    expect(page.locator("[data-row]")).to_have_count(1)
    effort.press("j")
    expect(focused(page)).to_have_text("MUG-3")
    effort.press("Enter")
    expect(page).to_have_url(re.compile(r"/admin/stock/sku_\w+/"))
    assert effort.acts == 4


def test_low_stock_is_one_click_away_and_is_kept_as_a_view(
    page: Page, live_server: Any, complaints: list[str], acme: Organization
) -> None:
    log_in(page, live_server.url, "alice@acme.example")
    page.goto(f"{live_server.url}/admin/stock/")
    effort = Effort(page)
    effort.click(page.get_by_role("navigation", name="Views").get_by_role("link", name="Low"))
    expect(page.locator("[data-row]")).to_have_count(2)
    assert effort.acts == 1
    page.get_by_role("link", name="Available").click()
    expect(page.get_by_role("navigation", name="Views").locator("[aria-current]")).to_have_text("Low changed")
    page.locator("summary", has_text="Save view").click()
    page.get_by_label("Save what is shown as").fill("Lowest first")
    page.keyboard.press("Enter")
    expect(page.get_by_text("“Lowest first” is saved.")).to_be_visible()
    expect(page.get_by_role("navigation", name="Views").locator("[aria-current]")).to_have_text(
        "Lowest first"
    )
    expect(page.locator("th[aria-sort=ascending]")).to_have_text(re.compile("Available"))

    page.locator("summary", has_text="Columns").click()
    page.get_by_label("Reserved").uncheck()
    page.get_by_role("button", name="Show these").click()
    expect(page.get_by_role("columnheader", name="On hand")).to_be_visible()
    expect(page.get_by_role("columnheader", name="Reserved")).to_have_count(0)
    expect(page.locator("[data-row]")).to_have_count(2)


def test_columns_of_a_list_are_chosen_and_its_filters_kept(
    page: Page, live_server: Any, complaints: list[str], acme: Organization
) -> None:
    log_in(page, live_server.url, "alice@acme.example")
    page.goto(f"{live_server.url}/admin/inventory/sku/?q=MUG")
    page.locator("summary", has_text="Columns").click()
    page.get_by_label("Unit cost").uncheck()
    page.get_by_role("button", name="Show these").click()
    expect(page.locator("#result_list tbody tr")).to_have_count(4)
    expect(page.locator("#result_list th.column-unit_price")).to_be_visible()
    expect(page.locator("#result_list th.column-unit_cost")).to_have_count(0)
    page.locator("summary", has_text="Save view").click()
    page.get_by_label("Save what is shown as").fill("Mugs")
    page.keyboard.press("Enter")
    expect(page.get_by_role("navigation", name="Views").locator("[aria-current]")).to_have_text("Mugs")
    assert serious_faults(page, ".views") == []
    assert serious_faults(page, ".menu") == []


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_nothing_is_in_the_way_of_anybody(
    page: Page, live_server: Any, complaints: list[str], acme: Organization, theme: Any
) -> None:
    page.emulate_media(color_scheme=theme)
    log_in(page, live_server.url, "alice@acme.example")
    for query in ("view=all", "status=low&status=critical&sort=status&view=low", "q=nothing+like+it"):
        page.goto(f"{live_server.url}/admin/stock/?{query}")
        assert serious_faults(page) == []
    page.goto(f"{live_server.url}/admin/stock/?columns=warehouses,value,last_movement,category,atp,available")
    page.locator("summary", has_text="Columns").click()
    assert serious_faults(page) == []
    page.set_viewport_size({"width": 390, "height": 844})
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    assert serious_faults(page) == []
